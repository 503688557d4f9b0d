"""Files of the archive, on a local disk or on any fsspec path: the only place of this room that opens them.

A file appears under its name when it is whole, or not at all. On a local disk: written under ``_tmp/``,
synced, renamed. Elsewhere: written to a local temporary file and put as one object.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import IO

import fsspec
from fsspec.implementations.local import LocalFileSystem

#: Unfinished files older than this belong to writers that were killed.
ABANDONED_AFTER_SECONDS = 48 * 3600


class Store:
    """A folder, by local path or URL (``s3://bucket/archive``). Names are relative, with ``/``."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self._fs, path = fsspec.core.url_to_fs(os.fspath(root))
        self.root: str = path
        self.local: bool = isinstance(self._fs, LocalFileSystem)

    def _full(self, name: str) -> str:
        return f"{self.root.rstrip('/')}/{name}"

    def exists(self, name: str) -> bool:
        return bool(self._fs.exists(self._full(name)))

    def size(self, name: str) -> int:
        return int(self._fs.size(self._full(name)))

    def files(self, folder: str, suffix: str) -> list[str]:
        """Names under ``folder`` (all levels, ``_tmp`` apart) that end with suffix, sorted."""
        start = self._full(folder).rstrip("/") if folder else self.root
        try:
            found = self._fs.find(start)
        except FileNotFoundError:
            return []
        prefix = self.root.rstrip("/") + "/"
        names = [path[len(prefix) :] for path in found if path.startswith(prefix) and path.endswith(suffix)]
        return sorted(name for name in names if "_tmp" not in PurePosixPath(name).parts)

    def open(self, name: str) -> IO[bytes]:
        """For reading, seekable."""
        handle: IO[bytes] = self._fs.open(self._full(name), "rb")
        return handle

    def read(self, name: str) -> bytes:
        with self.open(name) as handle:
            return handle.read()

    def remove(self, name: str) -> None:
        """No matter if somebody else removed it first."""
        with suppress(FileNotFoundError):
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
                self._fs.put_file(str(unfinished), self._full(name))
        finally:
            unfinished.unlink(missing_ok=True)

    def write(self, name: str, data: bytes, *, durable: bool = True) -> None:
        with self.writing(name, durable=durable) as handle:
            handle.write(data)

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


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
