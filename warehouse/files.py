"""Files that are whole or not there, and durable. Apart from ``warehouse.staging``, which loads pyarrow."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def whole_file(target: Path, scratch: Path) -> Iterator[Path]:
    """A path to write to; it becomes ``target`` by one rename, durably, once the block ends without an error.

    After an error (a full disk, Ctrl-C) nothing is left behind and ``target`` is as it was.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = scratch / f"{target.name}.{os.getpid()}.{secrets.token_hex(4)}"
    try:
        yield draft
        with draft.open("rb") as handle:
            os.fsync(handle.fileno())
        draft.replace(target)
        sync_folder(target.parent)
    finally:
        draft.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make a rename in ``folder`` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_json(target: Path, value: Any, scratch: Path | None = None) -> None:
    """``value`` as JSON at ``target``, whole or not at all."""
    with whole_file(target, scratch or target.parent / "_tmp") as draft:
        draft.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
