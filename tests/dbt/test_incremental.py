"""A night on top of what is there gives what a build of everything gives; and it heals what broke off."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.dbt import staging_rows, world
from tests.dbt.staging_rows import Row, copy, document, night, observation

#: Made of moments of the build, or of when what was new; equal by content, not by these.
NOT_COMPARED = ("hist_published_value", "build_state")


def second_night() -> dict[str, list[Row]]:
    """A new report, one parsed again to other values, one to none, a new text at an old address."""
    again = {"parse_id": "r1/b0", "run_id": "r1", "parsed_at": night(9)}
    of = world.documents()
    new = document("长治2026", "140400", "长治市", 2026, fetched_at=night(9), **again)
    reread = document("运城2025", *world.YUNCHENG, 2025, **again)
    emptied = document("太原2026速览", *world.TAIYUAN, 2026, edition="digest", mapped_count=0, **again)
    changed = document(
        "山西2026改",
        *world.SHANXI,
        2026,
        url=of["山西2026"]["url"],
        text="改过。",
        fetched_at=night(9),
        **again,
    )
    documents = [new, reread, emptied, changed]
    return {
        "documents": documents,
        "copies": [copy(row) for row in documents],
        "observations": [
            observation(new, "gdp", 5.5, role="target"),
            observation(new, "gdp", 900.0, statistic="level", unit="亿元"),
            observation(reread, "gdp", 1010.0, statistic="level", unit="亿元"),
            observation(reread, "gdp", 5.5, role="target"),
            observation(changed, "gdp", 6.0, role="target"),
        ],
    }


def contents(database: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Rows of every table and view that analysts or models read, sorted."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_schema in ('staging', 'intermediate', 'marts') order by all"
        ).fetchall()
        return {
            f"{schema}.{table}": connection.execute(f"select * from {schema}.{table} order by all").fetchall()
            for schema, table in tables
            if table not in NOT_COMPARED and table != "mart_coverage"
        }


def comments(database: Path) -> list[tuple[Any, ...]]:
    """Schema, table, column (null: the table itself) and comment of what lies in the file; not of book-keeping."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(
            "select schema_name, table_name, column_name, comment from duckdb_columns() "
            "where not internal and table_name != 'build_state' "
            "union all select schema_name, table_name, null, comment from duckdb_tables() where not internal "
            "order by all"
        ).fetchall()


@pytest.fixture(scope="module")
def nights(home: Path, world_database: Path, shared_folder: Path) -> dict[str, Any]:
    """The world, then a second night on top of it; and both nights at once, from nothing."""
    database = home / "warehouse.duckdb"
    shutil.copyfile(world_database, database)
    first = {table: [str(shared_folder / "world" / table / "r0-b0.parquet")] for table in staging_rows.TABLES}
    both = staging_rows.together(first, staging_rows.write(home / "staging", "r1-b0", **second_night()))
    staging_rows.build(database, both)
    stepwise, stepwise_comments = contents(database), comments(database)
    with duckdb.connect(str(database), read_only=True) as connection:
        history = connection.execute(
            "select region_name, value, published_until is null from marts.hist_published_value "
            "where metric_code = 'gdp' and role = 'target' and period_start = 2026 and period_end = 2026 "
            "order by region_name, published_from"
        ).fetchall()
    database.unlink()
    staging_rows.build(database, both)
    return {
        "stepwise": stepwise,
        "at_once": contents(database),
        "history": history,
        "stepwise_comments": stepwise_comments,
        "at_once_comments": comments(database),
    }


@pytest.mark.slow
def test_a_night_on_top_equals_a_build_of_everything(nights: dict[str, Any]) -> None:
    assert nights["stepwise"].keys() == nights["at_once"].keys()
    for table, rows in nights["at_once"].items():
        assert nights["stepwise"][table] == rows, table


def test_tables_that_stay_keep_their_comments(nights: dict[str, Any]) -> None:
    assert nights["stepwise_comments"] == nights["at_once_comments"]
    assert all(comment for *_, comment in nights["at_once_comments"])


def test_what_was_parsed_again_is_not_there_twice(nights: dict[str, Any]) -> None:
    facts = nights["at_once"]["staging.observations"]
    assert len({row[0] for row in facts}) == len(facts)
    of_yuncheng = [row for row in facts if row[3] == "运城2025.html"]
    assert len(of_yuncheng) == 2


def test_history_keeps_what_was_published_before(nights: dict[str, Any]) -> None:
    assert nights["history"] == [
        ("全国", 5.0, True),
        ("太原市", 5.5, True),
        ("山西省", 4.5, False),
        ("山西省", 6.0, True),
        ("运城市", 5.0, True),
        ("长治市", 5.5, True),
        ("青岛市", 6.0, True),
    ]


@pytest.mark.slow
def test_what_tests_refused_is_refused_again_until_it_is_put_right(
    home: Path, world_database: Path, shared_folder: Path
) -> None:
    """Old rows are not tested every night; those that no whole run of tests has passed are."""
    database = home / "warehouse.duckdb"
    shutil.copyfile(world_database, database)
    first = {table: [str(shared_folder / "world" / table / "r0-b0.parquet")] for table in staging_rows.TABLES}
    again = {"parse_id": "r2/b0", "run_id": "r2"}
    odd = document("阳泉2026", "140300", "阳泉市", 2026, **again)
    facts = [observation(odd, "gdp", 5.0, role="target", qualifier="perhaps")]
    with_odd = staging_rows.together(
        first, staging_rows.write(home / "staging", "r2-b0", documents=[odd], observations=facts)
    )
    for _ in range(2):
        failed = {
            r.node.name: r.status
            for r in staging_rows.dbt(["build"], database, with_odd).result
            if r.status in ("fail", "error")
        }
        assert list(failed.values()) == ["fail"]
        assert "qualifier" in next(iter(failed))
    right = document(
        "阳泉2026", "140300", "阳泉市", 2026, **{**again, "parse_id": "r3/b0", "parsed_at": night(9)}
    )
    facts = [observation(right, "gdp", 5.0, role="target")]
    staging_rows.build(
        database,
        staging_rows.together(
            with_odd, staging_rows.write(home / "staging", "r3-b0", documents=[right], observations=facts)
        ),
    )
    with duckdb.connect(str(database), read_only=True) as connection:
        untested = connection.execute(
            "select count(*) from intermediate.build_state where model != 'project' and made_in > "
            "(select version::integer from intermediate.build_state where key = 'tested')"
        ).fetchall()
    assert untested == [(0,)]


def test_history_ends_what_is_gone_also_on_the_night_of_a_new_release(
    home: Path, world_database: Path, nights: dict[str, Any]
) -> None:
    """The book-keeping of other logic is forgotten; a region's year that went that night ends nevertheless."""
    database = home / "warehouse.duckdb"
    shutil.copyfile(world_database, database)
    gone = "region_code = '140800' and period_end = 2025"
    with duckdb.connect(str(database)) as connection:
        before = f"select count(*) from marts.hist_published_value where {gone} and published_until is null"
        assert connection.execute(before).fetchone() != (0,)
        connection.execute(
            "update intermediate.build_state set version = 'of another release' where model = 'project' and key = 'logic'"
        )
    tables = world.staging()
    of_yuncheng = {row["document_id"] for row in tables["observations"] if row["region_code"] == "140800"}
    tables = {
        **tables,
        "observations": [row for row in tables["observations"] if row["document_id"] not in of_yuncheng],
    }
    staging_rows.build(database, staging_rows.write(home / "staging", "release", **tables))
    with duckdb.connect(str(database), read_only=True) as connection:
        assert connection.execute(before).fetchone() == (0,)
