"""`cityreports pull`: the published warehouse from another machine, by http(s), object storage or a path.

Nothing is transferred while the manifest's ETag is what it was. What is transferred counts only once its sha256 is the
manifest's and DuckDB here can open it; then it takes the place of the old file by one rename.

    <dest>               the warehouse
    <dest>.pulled.json   from where it came, with the ETag; may be deleted
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx

from scrapers.storage import StorageError, Store
from warehouse.files import sync_folder, write_json
from warehouse.manifest import Manifest, ManifestError, file_sha256

NAME = "cityreports.duckdb"

#: A transfer that breaks off goes on where it was, so many times.
ATTEMPTS = 4
PAUSE_SECONDS = 1.0
TIMEOUT = httpx.Timeout(30.0, connect=15.0)

_CHUNK = 1 << 20


class PullError(Exception):
    """The warehouse could not be fetched; the file that was there is untouched. The message says what to do."""


class NothingPublished(PullError):
    """No manifest lies at that address."""


class SourceUnreachable(PullError):
    """The address does not answer, or does not let us in."""


class NotWhatWasPublished(PullError):
    """What came is not what the manifest names."""


class TooNew(PullError):
    """Published by a release that this one cannot read."""


class _BrokenOff(Exception):
    """A transfer ended early."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """changed is False where the file was what is published already; transferred counts bytes of the file."""

    changed: bool
    path: Path
    manifest: Manifest
    transferred: int


def pull(url: str, dest: Path) -> Pulled:
    """Make ``dest`` what is published at ``url`` (the file's address, or its folder's).

    Raises PullError; ``dest`` is then as it was.
    """
    dest = dest / NAME if dest.is_dir() else dest
    dest.parent.mkdir(parents=True, exist_ok=True)
    _sweep(dest)
    with _source(url) as source:
        known = _known(dest, source.address)
        try:
            answer = source.manifest(known.get("etag", ""))
            if answer is None:
                return Pulled(False, dest, Manifest.from_bytes(known["manifest"].encode(), source.address), 0)
            data, etag = answer
            manifest = Manifest.from_bytes(data, source.address)
        except ManifestError as error:
            raise NothingPublished(str(error)) from error
        _refuse_newer(manifest, source.address)
        transferred = 0
        if not (dest.is_file() and file_sha256(dest) == manifest.sha256):
            transferred = _transfer(source, manifest, dest)
    stat = dest.stat()
    write_json(
        _state_file(dest),
        {
            "url": source.address,
            "etag": etag,
            "size": stat.st_size,
            "mtime_ns": stat.st_mtime_ns,
            "manifest": data.decode(),
        },
        dest.parent,
    )
    return Pulled(transferred > 0, dest, manifest, transferred)


def _state_file(dest: Path) -> Path:
    return dest.with_name(dest.name + ".pulled.json")


def _known(dest: Path, address: str) -> dict[str, Any]:
    """What the last pull from this address noted; empty where the file is not the one that it left."""
    try:
        value: dict[str, Any] = json.loads(_state_file(dest).read_text(encoding="utf-8"))
        stat = dest.stat()
        fits = (value["url"], value["size"], value["mtime_ns"]) == (address, stat.st_size, stat.st_mtime_ns)
        return value if fits and value["etag"] and value["manifest"] else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _refuse_newer(manifest: Manifest, address: str) -> None:
    from warehouse.publish import SCHEMA_VERSION

    if manifest.schema_version > SCHEMA_VERSION:
        raise TooNew(
            f"{address}: published by cityreports {manifest.cityreports_version} with schema version "
            f"{manifest.schema_version}; this one reads up to {SCHEMA_VERSION}. Upgrade"
        )


def _transfer(source: _Source, manifest: Manifest, dest: Path) -> int:
    descriptor, name = tempfile.mkstemp(dir=dest.parent, prefix=_prefix(dest))
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "w+b") as out:
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    source.file(manifest, out)
                    break
                except _BrokenOff as error:
                    if attempt == ATTEMPTS:
                        raise SourceUnreachable(
                            f"{source.address}: the transfer broke off {ATTEMPTS} times, at {out.tell():,} of "
                            f"{manifest.size:,} bytes ({error}); run again"
                        ) from error
                    time.sleep(PAUSE_SECONDS * attempt)
            out.flush()
            os.fsync(out.fileno())
            size = out.tell()
            out.seek(0)
            digest = hashlib.file_digest(out, "sha256").hexdigest()
        if (size, digest) != (manifest.size, manifest.sha256):
            raise NotWhatWasPublished(
                f"{source.address}: what came has {size:,} bytes and sha256 {digest[:12]}…, the manifest says "
                f"{manifest.size:,} and {manifest.sha256[:12]}…; run again. If it stays so, publish again there"
            )
        _open_once(draft, manifest, source.address)
        draft.chmod(0o444)
        draft.replace(dest)
        sync_folder(dest.parent)
        return size
    finally:
        draft.unlink(missing_ok=True)


def _open_once(draft: Path, manifest: Manifest, address: str) -> None:
    import duckdb

    from warehouse.reading import open_warehouse

    try:
        with open_warehouse(draft) as connection:
            connection.execute("select count(*) from meta.publication").fetchall()
    except duckdb.Error as error:
        raise TooNew(
            f"{address}: DuckDB {duckdb.__version__} here cannot open what DuckDB {manifest.duckdb_version} wrote "
            f"({error}); upgrade"
        ) from error


def _prefix(dest: Path) -> str:
    return f".{dest.name}.pull-"


def _sweep(dest: Path) -> None:
    """Drafts of pulls that were killed."""
    for path in dest.parent.glob(f"{_prefix(dest)}*"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > 24 * 3600:
                path.unlink()


# --- where from ---------------------------------------------------------------------------------------------


class _Source:
    """Where the warehouse is published; ``address`` is the manifest's, without passwords."""

    address: str

    def manifest(self, etag: str) -> tuple[bytes, str] | None:
        """The manifest and its ETag; None where that is ``etag`` still."""
        raise NotImplementedError

    def file(self, manifest: Manifest, out: IO[bytes]) -> None:
        """Append what ``out`` lacks of the published file. Raises _BrokenOff."""
        raise NotImplementedError


class _Web(_Source):
    def __init__(self, url: str, client: httpx.Client) -> None:
        self._url = url
        self._client = client
        parts = urlsplit(url)
        self.address = urlunsplit(
            parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="")
        )

    def manifest(self, etag: str) -> tuple[bytes, str] | None:
        headers = {"If-None-Match": etag} if etag else {}
        try:
            answer = self._client.get(self._url, headers=headers)
        except httpx.HTTPError as error:
            raise SourceUnreachable(
                f"{self.address}: not reached ({type(error).__name__}: {error}); look at the address and the network"
            ) from error
        if answer.status_code == httpx.codes.NOT_MODIFIED:
            return None
        self._check(answer)
        return answer.content, answer.headers.get("etag", "")

    def file(self, manifest: Manifest, out: IO[bytes]) -> None:
        start = out.seek(0, os.SEEK_END)
        if start >= manifest.size:
            return
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        try:
            with self._client.stream("GET", urljoin(self._url, manifest.file), headers=headers) as answer:
                self._check(answer)
                if start and answer.status_code != httpx.codes.PARTIAL_CONTENT:
                    out.seek(0)
                    out.truncate()
                for chunk in answer.iter_bytes():  # as it comes: what arrived before a break counts
                    out.write(chunk)
                    if out.tell() > manifest.size:
                        return  # not what was published: said by its size and digest
        except httpx.HTTPError as error:
            raise _BrokenOff(f"{type(error).__name__}: {error}") from error

    def _check(self, answer: httpx.Response) -> None:
        code = answer.status_code
        if answer.is_success:
            return
        if code in (404, 410):
            raise NothingPublished(
                f"{self.address}: nothing is published there (HTTP {code}); give the address of {NAME} or its folder, "
                "published by this release or a newer one"
            )
        if code >= 500:
            raise SourceUnreachable(f"{self.address}: HTTP {code}; try again later")
        raise SourceUnreachable(
            f"{self.address}: HTTP {code}; look at the credentials (~/.netrc or user:password@ in the address)"
        )


class _Stored(_Source):
    def __init__(self, url: str, name: str) -> None:
        try:
            self._store = Store(url)
        except (StorageError, ValueError) as error:
            raise SourceUnreachable(str(error)) from error
        self._name = name
        self.address = self._store.address(name)

    def manifest(self, etag: str) -> tuple[bytes, str] | None:
        try:
            detail = self._store.detail(self._name)
            if detail is None:
                raise NothingPublished(
                    f"{self.address}: nothing is published there; give the address of {NAME} or its folder, "
                    "published by this release or a newer one"
                )
            if etag and detail.mark == etag:
                return None
            return self._store.read(self._name), detail.mark
        except StorageError as error:
            raise SourceUnreachable(str(error)) from error

    def file(self, manifest: Manifest, out: IO[bytes]) -> None:
        out.seek(0)
        out.truncate()
        try:
            with self._store.open(manifest.file) as source:
                while chunk := source.read(_CHUNK):
                    out.write(chunk)
        except (FileNotFoundError, StorageError) as error:
            raise _BrokenOff(str(error)) from error


@contextmanager
def _source(url: str) -> Iterator[_Source]:
    base = url.rstrip("/")
    base = base.removesuffix(".json")
    if not urlsplit(base).path.endswith(".duckdb"):
        base = f"{base}/{NAME}"
    if urlsplit(base).scheme in ("http", "https"):
        with httpx.Client(
            follow_redirects=True, timeout=TIMEOUT, auth=_netrc(), headers={"User-Agent": "cityreports-pull"}
        ) as client:
            yield _Web(f"{base}.json", client)
        return
    folder, _, name = base.rpartition("/")
    yield _Stored(folder or ".", f"{name}.json")


def _netrc() -> httpx.Auth | None:
    """Credentials of ~/.netrc (or $NETRC), where there is one: none belong into a command line."""
    try:
        return httpx.NetRCAuth(os.environ.get("NETRC"))
    except (OSError, SyntaxError):
        return None
