"""What is published, copied into object storage (``publish_url``), and whose place that is.

    <url>/owner.json                     the home that copies to it, by its number
    <url>/cityreports.duckdb.json, <url>/history/…    see warehouse.manifest
    <home>/home.json                     this home's number, and the files of history that it copied last

Two homes that copied to one place would undo each other's work, a night each, and every reader would see figures come
and go. So a home copies only to a place that is nobody's or its own: ``owner.json`` has its number, and what stands
there is what it put there itself. The second tells the copy of a home (``cp -r``), which has the number, too. A
number is not in a back-up: a home that was restored is another one, and says so, until somebody decides
(``cityreports take-over``).
"""

from __future__ import annotations

import json
import socket
import uuid
from collections.abc import Collection
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path

from scrapers.storage import Store
from warehouse.files import write_json
from warehouse.manifest import Manifest, ManifestError, manifest_of, read_manifest
from warehouse.sharing import NotOurs

OWNER = "owner.json"

#: Files of history that are younger stay in object storage, however many: somebody may be fetching one.
KEEP_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a place is; ``host`` and ``path`` are for people, who look for the home."""

    home: str
    host: str
    path: str
    since: str


@dataclass(frozen=True, slots=True)
class _Home:
    """A home's number, and the files of history that it copied: the last one, and one that may have got there."""

    path: Path
    number: str
    copied: tuple[str, ...]

    def keep(self) -> None:
        write_json(self.path / "home.json", {"number": self.number, "copied": list(self.copied)})


def copy_published(home: Path, published: Path, url: str, *, keep: int, take_over: bool = False) -> Manifest:
    """Put what is published into object storage: the file first, the manifest that names it last.

    Does nothing where it is there already. ``keep`` files stay, and those younger than a day.

    Raises NotOurs where another home copies to ``url``, which ``take_over`` ends; StorageError, ManifestError.
    """
    manifest = read_manifest(published)
    if manifest is None:
        raise ManifestError(f"{manifest_of(published)} is missing or damaged; publish again")
    store = Store(url)
    name = manifest_of(published).name
    there = store.details()
    stands = store.read(name) if name in there else b""
    ours = _home(home)
    if not take_over:
        _refuse_others(ours, store, there.keys(), stands, published)
    # Before anything is put: a night that is killed must know its own work again.
    ours = replace(ours, copied=tuple(dict.fromkeys(filter(None, (_file_of(stands), manifest.file)))))
    ours.keep()
    if OWNER not in there or take_over:
        claim = Owner(ours.number, socket.gethostname(), str(home), datetime.now(UTC).isoformat())
        store.write(OWNER, json.dumps(asdict(claim), indent=1).encode())
    if stands == manifest.as_bytes() and manifest.file in there:
        return manifest
    held = there.get(manifest.file)
    if held is None or held.size != manifest.size:
        store.put(published.parent / manifest.file, manifest.file)
    # Two homes may have found the place free at once: the one that wrote its number last has it.
    owner = _owner(store)
    if owner is None or owner.home != ours.number:
        raise NotOurs(_words(store, "another home began to copy to it at the same time"))
    store.write(name, manifest.as_bytes())
    _prune(store, manifest, keep)
    return manifest


def _refuse_others(ours: _Home, store: Store, there: Collection[str], stands: bytes, published: Path) -> None:
    """Raises NotOurs where the place is another home's, or what stands there is not what this home put there."""
    if OWNER in there:
        owner = _owner(store)
        if owner is None:
            raise NotOurs(_words(store, f"its {OWNER} cannot be read"))
        if owner.home != ours.number:
            raise NotOurs(
                _words(store, f"another home copies to it: {owner.path} on {owner.host}, since {owner.since}")
            )
    put = _file_of(stands)
    # A place that an older cityreports copied to has no owner, and is ours when our history has the file.
    if put and put not in ours.copied and not (published.parent / put).is_file():
        raise NotOurs(_words(store, f"{put} stands there, and not by this home: has it been copied?"))


def _words(store: Store, why: str) -> str:
    return (
        f"{store.url}: not copied to, {why}. Give each home a publish_url of its own; or, if this home is to take the "
        "other's place (it was restored from a back-up, or made again), end the other and run `cityreports take-over`"
    )


def _owner(store: Store) -> Owner | None:
    """Whose the place is; None where that cannot be read."""
    try:
        value = json.loads(store.read(OWNER))
        return Owner(**{field.name: str(value[field.name]) for field in fields(Owner)})
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _file_of(stands: bytes) -> str:
    """The file of history that a manifest names; empty where there is no manifest that can be read."""
    try:
        return Manifest.from_bytes(stands, "").file
    except ManifestError:
        return ""


def _home(path: Path) -> _Home:
    try:
        value = json.loads((path / "home.json").read_text(encoding="utf-8"))
        return _Home(path, str(value["number"]), tuple(value["copied"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return _Home(path, uuid.uuid4().hex, ())


def _prune(store: Store, manifest: Manifest, keep: int) -> None:
    files = store.details("history")
    if not files:
        return
    # By the store's clock, which need not be ours.
    now = max(detail.modified for detail in files.values())
    for name in sorted(files)[:-keep]:
        if name != manifest.file and now - files[name].modified > KEEP_SECONDS:
            store.remove(name)
