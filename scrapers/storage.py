"""Files by name under a root, on a local disk or on any fsspec path: the archive, staging, what is published.

A file appears under its name when it is whole, or not at all. On a local disk: written under ``_tmp/``,
synced, renamed. Elsewhere (``s3://bucket/folder``): written to a local temporary file and put as one object, which
an object store shows whole or not at all. There is no rename there, and nothing here needs one: what must change
together is named by one small object, written last.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

#: Unfinished files older than this belong to writers that were killed.
ABANDONED_AFTER_SECONDS = 48 * 3600

#: Read at a time from an object store: a request costs as much as some megabytes.
_BLOCK = 4 << 20


class StorageError(Exception):
    """An object store that cannot be used; the message names the address and what to look at."""


@dataclass(frozen=True, slots=True)
class Detail:
    """What a listing says of a file. mark changes whenever the content does (an ETag, or size and time);
    modified is seconds since 1970."""

    size: int
    mark: str
    modified: float


class Store:
    """A folder, by local path or URL (``s3://bucket/archive``). Names are relative, with ``/``.

    Raises StorageError where an object store does not answer, does not let us in, or is not there.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.url = os.fspath(root)
        with _told(self.url):
            # Other processes write here: a listing that is remembered is a wrong one.
            self._fs, path = fsspec.core.url_to_fs(self.url, use_listings_cache=False)
        self.root: str = path
        self.local: bool = isinstance(self._fs, LocalFileSystem)

    def _full(self, name: str) -> str:
        return f"{self.root.rstrip('/')}/{name}"

    def address(self, name: str) -> str:
        """The file as an operator finds it: a path, or a URL."""
        return self._full(name) if self.local else f"{self.url.rstrip('/')}/{name}"

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        """Errors of a local disk are left as they are; those of an object store say what to look at."""
        if self.local:
            yield
        else:
            with _told(self.address(name)):
                yield

    def exists(self, name: str) -> bool:
        with self._told(name):
            return bool(self._fs.exists(self._full(name)))

    def size(self, name: str) -> int:
        with self._told(name):
            return int(self._fs.size(self._full(name)))

    def files(self, folder: str, suffix: str) -> list[str]:
        """Names under ``folder`` (all levels, ``_tmp`` apart) that end with suffix, sorted."""
        return [name for name in sorted(self.details(folder)) if name.endswith(suffix)]

    def details(self, folder: str = "") -> dict[str, Detail]:
        """What lies under ``folder`` (all levels, ``_tmp`` apart), by name."""
        start = self._full(folder).rstrip("/") if folder else self.root
        with self._told(folder):
            try:
                found: dict[str, dict[str, Any]] = self._fs.find(start, detail=True)
            except FileNotFoundError:
                return {}
        prefix = self.root.rstrip("/") + "/"
        return {
            path[len(prefix) :]: _detail(info)
            for path, info in found.items()
            if path.startswith(prefix) and "_tmp" not in PurePosixPath(path[len(prefix) :]).parts
        }

    def detail(self, name: str) -> Detail | None:
        """What is known of one file; None where there is none."""
        with self._told(name):
            try:
                return _detail(self._fs.info(self._full(name)))
            except FileNotFoundError:
                return None

    def open(self, name: str) -> IO[bytes]:
        """For reading, seekable."""
        options = {} if self.local else {"block_size": _BLOCK, "cache_type": "readahead"}
        with self._told(name):
            handle: IO[bytes] = self._fs.open(self._full(name), "rb", **options)
        return handle

    def read(self, name: str) -> bytes:
        with self._told(name), self.open(name) as handle:
            return handle.read()

    def fetch(self, name: str, target: Path) -> None:
        """Copy a file to a local path, which appears whole or not at all. Raises FileNotFoundError."""
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, path = tempfile.mkstemp(dir=target.parent, prefix=".cityreports-")
        try:
            with self._told(name), os.fdopen(descriptor, "wb") as out, self.open(name) as source:
                shutil.copyfileobj(source, out, _BLOCK)
            Path(path).replace(target)
        finally:
            Path(path).unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        """No matter if somebody else removed it first."""
        with self._told(name), suppress(FileNotFoundError):
            self._fs.rm_file(self._full(name))

    @contextmanager
    def writing(self, name: str, *, durable: bool = True) -> Iterator[IO[bytes]]:
        """A file that gets its name when the block ends well; when it does not, nothing remains of it. What
        is not durable may be lost in a power cut."""
        if self.local:
            target = Path(self._full(name))
            folder = Path(self.root) / "_tmp"
            folder.mkdir(parents=True, exist_ok=True)
            target.parent.mkdir(parents=True, exist_ok=True)
        else:
            folder = Path(tempfile.gettempdir())
        descriptor, path = tempfile.mkstemp(dir=folder, prefix="cityreports-")
        unfinished = Path(path)
        try:
            with os.fdopen(descriptor, "w+b") as handle:
                yield handle
                handle.flush()
                if durable:
                    os.fsync(handle.fileno())
            if self.local:
                unfinished.chmod(0o644)
                unfinished.replace(target)
                if durable:
                    _sync_folder(target.parent)
            else:
                self.put(unfinished, name)
        finally:
            unfinished.unlink(missing_ok=True)

    def write(self, name: str, data: bytes, *, durable: bool = True) -> None:
        with self.writing(name, durable=durable) as handle:
            handle.write(data)

    def put(self, source: Path, name: str) -> None:
        """Copy a local file here under ``name``, whole or not at all."""
        if self.local:
            with source.open("rb") as data, self.writing(name) as handle:
                shutil.copyfileobj(data, handle, _BLOCK)
            return
        with self._told(name):
            self._fs.put_file(str(source), self._full(name))

    def sweep(self) -> None:
        """Remove what killed writers left under ``_tmp/``."""
        folder = Path(self.root) / "_tmp"
        if not self.local or not folder.is_dir():
            return
        for path in folder.iterdir():
            try:
                if time.time() - path.stat().st_mtime > ABANDONED_AFTER_SECONDS:
                    path.unlink()
            except FileNotFoundError:
                continue


class Mirror:
    """Local copies of a store's files, for readers that want paths (DuckDB, Arrow). Of a local store, the files
    themselves. May be deleted at any time while nothing runs."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self.folder = folder

    def path(self, name: str, detail: Detail) -> Path:
        """A path at which the content that ``detail`` was listed with can be read.

        Raises FileNotFoundError where it is gone.
        """
        if self._store.local:
            return Path(self._store.address(name))
        copy = self._copy(name, detail)
        if not copy.is_file() or copy.stat().st_size != detail.size:
            self._store.fetch(name, copy)
        return copy

    def _copy(self, name: str, detail: Detail) -> Path:
        mark = hashlib.sha256(detail.mark.encode()).hexdigest()[:16]
        path = self.folder / name
        return path.with_name(f"{mark}-{path.name}")

    def keep_only(self, details: dict[str, Detail]) -> None:
        """Forget copies of what is not among ``details`` any more."""
        if self._store.local or not self.folder.is_dir():
            return
        alive = {self._copy(name, detail) for name, detail in details.items()}
        for path in self.folder.rglob("*-*"):
            if path.is_file() and path not in alive and "_empty" not in path.parts:
                path.unlink(missing_ok=True)


@contextmanager
def _told(address: str) -> Iterator[None]:
    """Name the address, and what to look at, in whatever a library raises; a missing file stays one."""
    try:
        yield
    except FileNotFoundError as error:
        if "bucket does not exist" in str(error).lower():
            raise StorageError(f"{address}: no such bucket; make it, or correct the URL") from error
        raise
    except StorageError:
        raise
    except ImportError as error:
        raise StorageError(
            f"{address}: {error}. Object storage on S3 needs the extra: pip install 'cityreports[s3]'"
        ) from error
    except PermissionError as error:
        raise StorageError(
            f"{address}: not allowed ({error}); look at the credentials (AWS_ACCESS_KEY_ID, AWS_PROFILE or the "
            "machine's role) and at what they may do"
        ) from error
    except Exception as error:
        if not _is_remote(error):
            raise
        raise StorageError(
            f"{address}: cannot be reached or does not answer as it should ({type(error).__name__}: {error}); "
            "look at the network, the endpoint (AWS_ENDPOINT_URL) and the credentials, then run again"
        ) from error


def _is_remote(error: Exception) -> bool:
    """Whether an error comes from the network or a storage library, and not from our disk or our code."""
    if isinstance(error, OSError):
        return error.errno not in (errno.ENOSPC, errno.EDQUOT) and error.filename is None
    room = type(error).__module__.partition(".")[0]
    return room in (
        "botocore",
        "aiobotocore",
        "aiohttp",
        "s3fs",
        "fsspec",
        "asyncio",
        "builtins",
    ) and not isinstance(error, TypeError | AttributeError | AssertionError)


def _detail(info: dict[str, Any]) -> Detail:
    modified = info.get("mtime") or info.get("LastModified") or info.get("created") or 0.0
    seconds = float(modified if isinstance(modified, int | float) else modified.timestamp())
    size = int(info.get("size") or 0)
    mark = str(info.get("ETag") or info.get("etag") or f"{size}-{seconds!r}")
    return Detail(size, mark.strip('"'), seconds)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
