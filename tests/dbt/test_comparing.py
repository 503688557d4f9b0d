"""`cityreports compare` and `sql` on the world: names as people type them, and problems that say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from warehouse.comparing import comparison
from warehouse.reading import open_warehouse


@pytest.fixture(scope="module")
def warehouse(world_database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_warehouse(world_database) as connection:
        yield connection


@pytest.mark.parametrize("province", ["山西省", "山西", "140000"])
def test_a_province_goes_by_any_of_its_names(warehouse: duckdb.DuckDBPyConnection, province: str) -> None:
    found = comparison(warehouse, "GDP", year=2026, role="target", province=province)
    assert [row[0] for row in found.rows] == ["山西省", "太原市", "运城市"]


@pytest.mark.parametrize(
    ("metric", "year", "province", "problem"),
    [
        ("gpd", None, "", "no metric 'gpd'; near: gdp ("),
        ("gdp", None, "太原", "no province '太原'"),
        ("gdp", 1999, "", "states gdp (地区生产总值) as a target for 1999"),
        ("gdp", 2026, "江苏", "no report of province 320000 "),
    ],
)
def test_a_problem_says_what_is_wrong(
    warehouse: duckdb.DuckDBPyConnection, metric: str, year: int | None, province: str, problem: str
) -> None:
    assert problem in comparison(warehouse, metric, year=year, role="target", province=province).problem


def test_amounts_show_their_share_and_rates_their_distance(warehouse: duckdb.DuckDBPyConnection) -> None:
    def shown(role: str, year: int, statistic: str) -> dict[str, object]:
        found = comparison(warehouse, "gdp", year=year, role=role, province="")
        (row,) = [row for row in found.rows if row[0] == "太原市" and row[3] == statistic]
        return dict(zip(found.columns, row, strict=True))

    amount = shown("actual", 2025, "level")
    assert amount["to province"] is None
    assert amount["% of province"] is not None
    rate = shown("target", 2026, "growth_rate")
    assert rate["to province"] == 0.75
    assert rate["% of province"] is None


def test_a_rank_says_of_how_many(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = comparison(warehouse, "gdp", year=2026, role="target", province="")
    place, among = found.columns.index("rank"), found.columns.index("of")
    assert {row[0]: (row[place], row[among]) for row in found.rows}["太原市"] == (2, 3)


def test_marts_need_no_schema(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert warehouse.execute(
        "select region_name from dim_region where region_code = '140100'"
    ).fetchall() == [("太原市",)]
    assert ("mart_coverage",) in warehouse.execute("show tables").fetchall()
