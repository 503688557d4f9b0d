"""One writer a home. Apart from ``warehouse.staging``, so that who only holds the lock need not load pyarrow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


class StagingError(Exception):
    """Staging is not as its commits say, or another run holds it; the message says what to do."""


@contextmanager
def exclusive(home: Path, what: str) -> Iterator[None]:
    """Hold the home for one writer; the lock goes with the process, however that ends.

    Raises StagingError at once when another process holds it.
    """
    home.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise StagingError(
            f"{home} is in use by another run; {what} must wait until it has ended (`cityreports status`)"
        ) from error
    try:
        yield
    finally:
        lock.release()
