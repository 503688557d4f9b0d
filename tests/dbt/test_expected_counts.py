"""The reviewed counts catch a year in which the reader lost half of what reports state, or found it twice."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

PROJECT = Path(__file__).parents[2] / "dbt_project"
QUERY = re.sub(
    r"\{\{ ref\('(\w+)'\) \}\}",
    r"\1",
    (PROJECT / "tests" / "counts_by_year_and_edition_stay_near_what_was_reviewed.sql").read_text("utf-8"),
)


@pytest.mark.parametrize(
    ("mapped", "quantities", "length", "caught"),
    [
        (110, 190, 18_000, False),
        (50, 190, 18_000, True),  # a metric of every sentence lost
        (110, 400, 18_000, True),  # twice the numbers, none of the new ones with a metric
        (220, 380, 18_000, True),  # everything found twice
        (20, 22, 900, False),  # pages too short to judge by
    ],
)
def test_a_year_that_states_too_little_or_too_much_is_named(
    mapped: int, quantities: int, length: int, caught: bool
) -> None:
    with duckdb.connect() as connection:
        connection.sql(
            f"create table expected_counts as from read_csv('{PROJECT / 'seeds' / 'expected_counts.csv'}')"
        )
        connection.execute(
            "create table dim_report as select 2026 as report_year, 'full' as edition, null as superseded_by,"
            " $1 as mapped_count, $2 as quantity_count, $3 as char_count from range(6)",
            [mapped, quantities, length],
        )
        found = connection.sql(QUERY).fetchall()
    assert bool(found) == caught
