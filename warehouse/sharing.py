"""What is published, for others: exports into object storage, and the published file from another machine."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.settings import Settings

if TYPE_CHECKING:
    from warehouse.export import ExportedTable
    from warehouse.pull import Pulled


class NotOurs(Exception):
    """The place is not for what was asked; the message says what to do."""


def export_to(
    database: Path, out: str, format: str, tables: Sequence[str] | None
) -> list[tuple[str, ExportedTable]]:
    """Write an export to a folder, or to a URL: there each file is one object, and the manifest, which names them
    all with their hashes, is put last. Returns addresses and what they hold.

    Raises ExportError, StorageError.
    """
    from warehouse.export import export

    if "://" not in out:
        folder = Path(out)
        return [(str(folder / made.file), made) for made in export(database, folder, format, tables)]
    from scrapers.storage import Store

    store = Store(out)
    with tempfile.TemporaryDirectory(prefix="cityreports-export-") as scratch:
        written = export(database, Path(scratch), format, tables)
        for name in (*(made.file for made in written), "manifest.json"):
            store.put(Path(scratch) / name, name)
    return [(store.address(made.file), made) for made in written]


def pull_published(settings: Settings, url: str, dest: Path | None) -> Pulled:
    """Fetch what is published at ``url`` to ``dest`` (default: where this home's warehouse is read).

    Raises PullError; NotOurs where this home publishes itself, and its next run would undo the pull.
    """
    from warehouse.pull import pull

    if dest is None:
        dest = settings.published
        if (settings.home / "build" / "state.json").exists():
            raise NotOurs(
                f"{dest}: this home publishes its own warehouse; name another file to pull into, or another --home"
            )
    return pull(url, dest)
