"""The good world as staging files and as a warehouse that dbt built, once for all tests of this folder."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from filelock import FileLock

from tests.expectations import good

TODAY = date(2026, 3, 2)


@pytest.fixture(scope="session")
def good_staging(shared_folder: Path) -> dict[str, list[Path]]:
    """Staging files of the good world, by table."""
    with FileLock(shared_folder / "good-staging.lock"):
        return good.write_staging(shared_folder / "good-staging", good.staging_rows())


@pytest.fixture(scope="session")
def good_warehouse(shared_folder: Path, good_staging: dict[str, list[Path]]) -> Path:
    """A warehouse that the project's own dbt models made of the good world. Copy it before you change it."""
    from tests.dbt.staging_rows import build

    folder = shared_folder / "good"
    database = folder / "good.duckdb"
    done = folder / "done"
    with FileLock(shared_folder / "good.lock"):
        if not done.exists():
            folder.mkdir(exist_ok=True)
            build(database, {table: [str(path) for path in paths] for table, paths in good_staging.items()})
            done.touch()
    return database
