"""The published warehouse, read-only: where it is, queries on it, what it says of itself."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from warehouse.settings import Settings

#: Folder for what does not fit into memory; DuckDB makes it when it is needed, and removes it. Its own choice lies beside
#: the file, where readers need not, and should not, be able to write. One a process: all connections of a process to a
#: file must have the same settings.
_SPILL = f"cityreports-{secrets.token_hex(8)}"


class NoWarehouse(Exception):
    """Nothing is published; the message says how to come by something."""


def warehouse_to_read(settings: Settings) -> tuple[Path, bool]:
    """The published file; where there is none, the sample's. The flag says that it is the sample's."""
    if settings.published.is_file():
        return settings.published, False
    sample = settings.at(settings.home / "sample").published
    if sample.is_file():
        return sample, True
    raise NoWarehouse(
        f"nothing is published under {settings.home} yet. `cityreports run --sample` makes a warehouse of sample "
        "pages, `cityreports run --folder DIR` one of reports that you have, `cityreports run` fetches the real ones"
    )


@contextmanager
def open_warehouse(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that can read this file, and nothing else: no writes, no other files, no network, no settings."""
    connection = duckdb.connect(
        str(database),
        read_only=True,
        config={
            "enable_external_access": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",
            "temp_directory": str(Path(tempfile.gettempdir()) / _SPILL),
        },
    )
    try:
        # dim_region is marts.dim_region, and `show tables` shows the marts; functions lie in main.
        connection.execute("set search_path = 'marts,main'")
        connection.execute("set lock_configuration = true")
        yield connection
    finally:
        connection.close()


def query(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Any = None
) -> tuple[list[str], Iterator[Sequence[Any]]]:
    """Column names and rows, fetched as they are asked for."""
    found = connection.execute(sql, parameters)
    columns = [column[0] for column in found.description or ()]

    def rows() -> Iterator[Sequence[Any]]:
        while chunk := found.fetchmany(1000):
            yield from chunk

    return columns, rows()
