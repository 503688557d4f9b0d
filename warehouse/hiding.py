"""Libraries that others load only because they are installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class _Hider:
    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name.partition(".")[0] in self._names:
            raise ModuleNotFoundError(f"{name} is hidden (warehouse.hiding)", name=name)


@contextmanager
def hidden(*names: str) -> Iterator[None]:
    """Let packages that are not loaded yet be as if they were not installed, while the block runs."""
    hider = _Hider(names)
    sys.meta_path.insert(0, hider)
    try:
        yield
    finally:
        sys.meta_path.remove(hider)
