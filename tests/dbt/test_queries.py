"""The questions of docs/queries.md, asked of the corpus as the real extractor reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.dbt import corpus as corpus_rows
from tests.dbt import staging_rows

DOCUMENT = Path(__file__).parents[2] / "docs" / "queries.md"
QUESTIONS = dict(
    re.findall(r"^### (\d+)\..*?```sql\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.S | re.M)
)


@pytest.fixture(scope="module")
def warehouse(home: Path, corpus: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The corpus' warehouse, as the command line opens a published one."""
    database = home / "warehouse.duckdb"
    database.unlink(missing_ok=True)
    staging_rows.build(database, staging_rows.write(home / "corpus", **corpus_rows.staging(corpus)))
    with duckdb.connect(
        str(database), read_only=True, config={"enable_external_access": False}
    ) as connection:
        yield connection


def test_there_are_twenty_questions() -> None:
    assert list(QUESTIONS) == [str(number) for number in range(1, 21)]


@pytest.mark.corpus
@pytest.mark.parametrize("number", QUESTIONS)
def test_question_is_answered(warehouse: duckdb.DuckDBPyConnection, number: str) -> None:
    query = QUESTIONS[number]
    rows = warehouse.execute(query).fetchall()
    assert rows or "-- may be empty" in query


@pytest.mark.corpus
def test_the_two_cities_are_there_with_their_targets(warehouse: duckdb.DuckDBPyConnection) -> None:
    query = (
        "select region_name, value, value_high, unit, qualifier from marts.fct_region_metric_year "
        "where metric_code = ? and role = 'target' and year = 2026 and region_name in ('太原市', '运城市') order by value"
    )
    assert warehouse.execute(query, ["demonstration_villages_built"]).fetchall() == [
        ("太原市", 20.0, None, "个", "exact"),
        ("运城市", 40.0, None, "个", "exact"),
    ]
    assert warehouse.execute(query, ["grain_output"]).fetchall() == [
        ("太原市", 26.2, None, "万吨", "at_least"),
        ("运城市", 290.0, None, "万吨", "at_least"),
    ]


@pytest.mark.corpus
def test_a_citys_record_of_six_years_is_judged_as_a_reader_would(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    query = (
        "select year, target_value, actual_value, verdict from marts.mart_target_attainment where "
        "region_name = '驻马店市' and metric_code = 'gdp' and statistic = 'growth_rate' and period_start = year "
        "and actual_value is not null order by year"
    )
    rows = warehouse.execute(query).fetchall()
    assert (2021, 8.0, 7.2, "missed") in rows
    assert (2023, 7.0, 4.5, "missed") in rows
