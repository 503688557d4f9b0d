"""The world, built once for all tests of the models."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from filelock import FileLock

from tests.dbt import staging_rows, world


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all builds: dbt parses the project in the first and remembers it for the others."""
    return tmp_path_factory.mktemp("dbt")


@pytest.fixture(scope="session")
def world_database(home: Path, shared_folder: Path) -> Path:
    """The world, built and tested by `dbt build`, once for all workers; a copy of this one's own."""
    made = shared_folder / "world.duckdb"
    with FileLock(shared_folder / "world.lock"):
        if not made.exists():
            database = home / "warehouse.duckdb"
            # Another module of this process may have left the corpus there, and history remembers.
            database.unlink(missing_ok=True)
            staging_rows.build(database, staging_rows.write(shared_folder / "world", **world.staging()))
            draft = made.with_suffix(".draft")
            draft.write_bytes(database.read_bytes())
            draft.rename(made)
    kept = home / "world.duckdb"
    kept.write_bytes(made.read_bytes())
    return kept


@pytest.fixture(scope="session")
def ask(world_database: Path, home: Path) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
    """Ask the world's warehouse in SQL; gives rows."""
    # A copy of its own: DuckDB refuses to open, in one process, a file that is open under other settings, and this
    # connection stays open while other modules open the world as `cityreports sql` does.
    copy = home / "asked.duckdb"
    copy.write_bytes(world_database.read_bytes())
    with duckdb.connect(str(copy), read_only=True) as connection:
        yield lambda query, *values: connection.execute(query, values).fetchall()
