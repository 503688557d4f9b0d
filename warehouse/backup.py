"""Back-up and restore: what cannot be made again, to a folder or into object storage, and back.

    <backup>/archive/…  staging/…  published/…  quarantine/…  checks/…  alerts.yml
    <backup>/backup.json     every file with size and sha256; written last. What it does not name is not there

A back-up may be made while a run is going: staging's commits are read before the files that they name, which are
never changed, and the archive after them, so it holds every page that a row came from. A back-up onto an earlier one
transfers what is new. The archive only grows: what it lost here stays in the back-up, and is said.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scrapers.storage import Detail, Store
from warehouse.settings import Remote, Settings

NAME = "backup.json"

#: Grows when an older cityreports could not restore it.
BACKUP_VERSION = 1

#: Of the home; the rest is made again, or is of one night.
FOLDERS = ("quarantine", "checks")
FILES = ("alerts.yml", "logs/alerts.jsonl")


class BackupError(Exception):
    """A back-up or a restore that cannot be done; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A file of a back-up. mark is what the original's listing said, to know it again without reading it."""

    size: int
    sha256: str
    mark: str


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What a back-up holds, what of it was transferred now, and files of the archive that are gone here."""

    files: int
    size: int
    transferred: int
    lost: tuple[str, ...]


def backup(settings: Settings, dest: str) -> BackedUp:
    """Back up the home to a folder or URL. Raises BackupError, StorageError, StagingError."""
    store = Store(dest)
    before = _read(store) if store.exists(NAME) else {}
    _refuse_inside(settings, store)
    saved: dict[str, Saved] = {}
    transferred = 0
    for name, source, original, detail in _originals(settings):
        known = before.get(name)
        if known is not None and (known.size, known.mark) == (detail.size, detail.mark):
            saved[name] = known
            continue
        try:
            saved[name] = _copy(source, original, store, name, detail.mark)
        except FileNotFoundError:
            if name.startswith(
                "archive/index/"
            ):  # merged into another a moment ago; made again where it is missing
                continue
            raise BackupError(
                f"{source.address(original)}: gone while it was backed up; run the back-up again"
            ) from None
        transferred += saved[name].size
    if not saved:
        raise BackupError(f"{settings.home}: there is nothing to back up")
    kept = {
        name: entry for name, entry in before.items() if name.startswith("archive/") and name not in saved
    }
    lost = tuple(name for name in sorted(kept) if not name.startswith("archive/index/"))
    value = {
        "backup_version": BACKUP_VERSION,
        "at": datetime.now(UTC).isoformat(),
        "files": {name: asdict(entry) for name, entry in sorted((saved | kept).items())},
    }
    store.write(NAME, json.dumps(value, indent=0).encode())
    for name in before.keys() - saved.keys() - kept.keys():
        store.remove(name)
    return BackedUp(len(saved), sum(entry.size for entry in saved.values()), transferred, lost)


def restore(settings: Settings, source: str) -> int:
    """Put a back-up into an empty home (and its object storage); returns the number of files.

    Every file is compared with its sha256 before it gets its name. Interrupted, it goes on when called again.
    Raises BackupError where something else lies there, or the back-up is damaged.
    """
    store = Store(source)
    if not store.exists(NAME):
        raise BackupError(f"{store.address(NAME)}: no back-up lies there (or one that was never finished)")
    files = _read(store)
    targets = {"archive": Store(settings.archive), "staging": _staging(settings)}
    home = Store(settings.home)

    def place(name: str) -> tuple[Store, str]:
        room, _, rest = name.partition("/")
        return (targets[room], rest) if room in targets else (home, name)

    todo = []
    for name, entry in files.items():
        target, path = place(name)
        there = target.detail(path)
        if there is None:
            todo.append(name)
        elif there.size != entry.size or _digest(target, path) != entry.sha256:
            raise BackupError(
                f"{target.address(path)}: another file lies there; restore into an empty home, or set this one aside"
            )
    unknown = [
        target.address(name)
        for room, target in targets.items()
        for name in target.details()
        if f"{room}/{name}" not in files and not name.startswith(("_empty/", "index/"))
    ]
    if unknown:
        raise BackupError(
            f"{unknown[0]}: not of this back-up; restore into an empty home, or set this one aside"
        )
    # Commits last: until they are there, their rows do not count.
    for name in sorted(todo, key=lambda name: name.startswith("staging/commits/")):
        target, path = place(name)
        _put_back(store, name, files[name], target, path)
    _publish_again(settings)
    return len(files)


def _originals(settings: Settings) -> Iterator[tuple[str, Store, str, Detail]]:
    """Name in the back-up, and store, name and listing of the original; in an order that fits together."""
    staging = _staging(settings)
    listed = staging.details()
    commits = {name: staging.read(name) for name in listed if name.startswith("commits/")}
    named = {f"{table}/{entry['name']}" for data in commits.values() for table, entry in _named(data)}
    for name in sorted(listed):
        if name in named:
            yield f"staging/{name}", staging, name, listed[name]
    for name in sorted(commits):
        yield f"staging/{name}", staging, name, listed[name]
    archive = Store(settings.archive)
    for name, detail in sorted(archive.details().items()):
        yield f"archive/{name}", archive, name, detail
    home = Store(settings.home)
    published = _published(settings)
    names = [*published, *FILES, *(name for folder in FOLDERS for name in sorted(home.details(folder)))]
    for name in names:
        found = home.detail(name)
        if found is not None and not name.endswith(".lock"):
            yield name, home, name, found


def _named(commit: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        for table, entries in json.loads(commit)["files"].items():
            for entry in entries:
                yield table, entry


def _published(settings: Settings) -> list[str]:
    """The manifest and the file that it names: the history of published values stands nowhere else."""
    from warehouse.manifest import manifest_of, read_manifest
    from warehouse.publish import keep_manifest

    if not settings.published.is_file():
        return []
    keep_manifest(settings.published)
    manifest = read_manifest(settings.published)
    assert manifest is not None
    folder = settings.published.parent.relative_to(settings.home).as_posix()
    return [f"{folder}/{manifest.file}", f"{folder}/{manifest_of(settings.published).name}"]


def _publish_again(settings: Settings) -> None:
    from warehouse.manifest import read_manifest
    from warehouse.publish import link_or_copy

    manifest = read_manifest(settings.published)
    if manifest is not None and not settings.published.exists():
        folder = settings.published.parent
        (folder / manifest.file).chmod(0o444)
        link_or_copy(folder / manifest.file, settings.published, folder / "_tmp")


def _staging(settings: Settings) -> Store:
    root = settings.staging
    return Store(root.url if isinstance(root, Remote) else root)


def _refuse_inside(settings: Settings, store: Store) -> None:
    if store.local and Path(store.root).resolve().is_relative_to(settings.home.resolve()):
        raise BackupError(f"{store.root}: lies in the home that is to be backed up; name a folder elsewhere")


def _read(store: Store) -> dict[str, Saved]:
    address = store.address(NAME)
    try:
        value = json.loads(store.read(NAME))
        version = value["backup_version"]
        files = {name: Saved(**entry) for name, entry in value["files"].items()}
    except (ValueError, KeyError, TypeError) as error:
        raise BackupError(
            f"{address}: no readable back-up ({error}); name another, or an empty folder"
        ) from error
    if version > BACKUP_VERSION:
        raise BackupError(f"{address}: made by a newer cityreports (back-up version {version}); upgrade")
    outside = [name for name in files if name.startswith("/") or ".." in Path(name).parts]
    if outside:
        raise BackupError(f"{address}: names {outside[0]!r}, which lies outside; do not trust this back-up")
    return files


def _copy(source: Store, original: str, store: Store, name: str, mark: str) -> Saved:
    """Transfer one file; its digest is of the bytes that were sent."""
    with _local(source, original) as path, path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
        size = handle.tell()
        store.put(path, name)
    return Saved(size, digest, mark)


def _put_back(store: Store, name: str, entry: Saved, target: Store, path: str) -> None:
    try:
        with _local(store, name) as copy:
            with copy.open("rb") as handle:
                digest = hashlib.file_digest(handle, "sha256").hexdigest()
            if digest != entry.sha256:
                raise BackupError(f"{store.address(name)}: not as it was backed up; look for another back-up")
            target.put(copy, path)
    except FileNotFoundError:
        raise BackupError(f"{store.address(name)}: gone from the back-up; look for another") from None


def _digest(store: Store, name: str) -> str:
    with store.open(name) as handle:
        digest = hashlib.sha256()
        while chunk := handle.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def _local(store: Store, name: str) -> Iterator[Path]:
    """A path at which a store's file can be read. Raises FileNotFoundError."""
    if store.local:
        path = Path(store.address(name))
        if not path.is_file():
            raise FileNotFoundError(path)
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="cityreports-backup-") as folder:
        path = Path(folder) / "file"
        store.fetch(name, path)
        yield path
