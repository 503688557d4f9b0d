"""Planted errors: at least 95 of 100 are caught, and the good world raises nothing. Writes the table of the docs."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from expectations import run_gate
from expectations.model import CheckResult
from tests.expectations import good
from tests.expectations.conftest import TODAY
from tests.expectations.docs_tables import Caught, expect_table, mutation_table
from tests.expectations.mutations import (
    ALONE_IN_STAGING,
    IN_STAGING,
    IN_STAGING_2,
    IN_WAREHOUSE,
    Planted,
    Spoilt,
    Sql,
)

Staging = dict[str, list[Path]]


def not_passed(results: list[CheckResult]) -> list[CheckResult]:
    return [result for result in results if result.status != "passed"]


def test_good_world_raises_nothing(good_staging: Staging, good_warehouse: Path, tmp_path: Path) -> None:
    published = tmp_path / "published.duckdb"
    shutil.copy(good_warehouse, published)
    results = [
        *run_gate("staging", staging=good_staging, today=TODAY),
        *run_gate("warehouse", database=good_warehouse, published=published, today=TODAY),
        *run_gate("publish", database=good_warehouse, published=published, today=TODAY),
    ]
    assert len(results) > 100
    assert [(r.check, r.detail) for r in not_passed(results)] == []


@pytest.mark.slow
def test_planted_errors_are_caught(good_warehouse: Path, tmp_path: Path) -> None:
    world = good.staging_rows()
    caught = [
        *plant_together(world, IN_STAGING, tmp_path / "a"),
        *plant_together(world, IN_STAGING_2, tmp_path / "b"),
        *(plant_alone(world, spoilt, tmp_path / f"c{n}") for n, spoilt in enumerate(ALONE_IN_STAGING)),
        *(plant_by_sql(good_warehouse, error, tmp_path) for error in IN_WAREHOUSE),
    ]
    assert len(caught) >= 100
    missed = [c.name for c in caught if not c.checks]
    assert len(missed) <= 0.05 * len(caught), missed
    expect_table("mutations", mutation_table(caught))


def plant_together(
    world: dict[str, list[good.Row]], errors: tuple[Planted, ...], folder: Path
) -> list[Caught]:
    """All errors at once, each into a report of its own; caught only where a check names one of its rows."""
    tables = copy.deepcopy(world)
    # The newest reports first: errors in them have a past to be compared with.
    documents = sorted(tables["documents"], key=lambda d: (-d["report_year"], d["region_code"]))
    assert len(documents) >= len(errors) - 1
    planted = {}
    for index, error in enumerate(errors):
        planted[error.name] = error.plant(tables, documents[index % len(documents)])
    results = run_gate("staging", staging=good.write_staging(folder, tables), today=TODAY, samples=5000)
    return [
        Caught(
            error.name,
            error.threat,
            "staging",
            tuple(r for r in not_passed(results) if {s.row_id for s in r.samples} & planted[error.name]),
        )
        for error in errors
    ]


def plant_alone(world: dict[str, list[good.Row]], error: Spoilt, folder: Path) -> Caught:
    tables = copy.deepcopy(world)
    error.spoil(tables)
    staging = good.write_staging(folder, tables)
    if error.drop_column:
        table, column = error.drop_column
        path = staging[table][0]
        pq.write_table(pq.read_table(path).drop_columns([column]), path)
    results = run_gate("staging", staging=staging, today=TODAY)
    return Caught(error.name, error.threat, "staging", tuple(not_passed(results)))


def plant_by_sql(warehouse: Path, error: Sql, folder: Path) -> Caught:
    build, published = folder / "build.duckdb", folder / "published.duckdb"
    shutil.copy(warehouse, build)
    if not published.exists():
        shutil.copy(warehouse, published)
    with duckdb.connect(str(build)) as connection:
        connection.execute(error.sql)
    results = run_gate(error.gate, database=build, published=published, today=TODAY)  # type: ignore[arg-type]
    return Caught(error.name, error.threat, error.gate, tuple(not_passed(results)))


@pytest.mark.parametrize("gate", ["staging", "warehouse", "publish"])
def test_every_check_catches_something(gate: str) -> None:
    """A check that no planted error trips may be one that cannot fail."""
    from expectations.gate import load_checks
    from tests.expectations.docs_tables import checks_that_caught

    idle = {check.name for check in load_checks(gate)} - checks_that_caught()  # type: ignore[arg-type]
    assert idle <= NOT_YET_TRIPPED, f"plant an error for {sorted(idle - NOT_YET_TRIPPED)}"


#: Depends on the day of the year: tested in test_checks.py.
NOT_YET_TRIPPED = {
    "sources_speak_in_season",
    "known_failures_are_current",
    "known_failures_end_soon",
    "known_failures_name_a_check",
}
