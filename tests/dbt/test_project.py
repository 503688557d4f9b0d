"""The project as a whole: seeds are up to date, everything is documented, dbt's own tests pass."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import yaml

from extraction.catalogue import load_catalogue
from tests.dbt import staging_rows
from warehouse import seeds

PROJECT = staging_rows.PROJECT
SCHEMAS = "('staging', 'intermediate', 'marts')"


def test_seed_of_regions_is_what_extraction_knows() -> None:
    committed = seeds.SEED_REGIONS.read_text(encoding="utf-8")
    assert committed == seeds.regions_csv(), "seed_regions.csv is behind: run python -m warehouse.seeds"


def test_metrics_are_those_of_the_catalogue(ask: Callable[..., list[tuple[Any, ...]]]) -> None:
    metrics = ask("select metric_code, unit from marts.dim_metric order by metric_code")
    assert metrics == sorted((metric.code, metric.unit) for metric in load_catalogue().metrics)


def test_each_model_and_seed_has_its_description_beside_it() -> None:
    models = [*PROJECT.glob("models/**/*.sql"), *PROJECT.glob("seeds/*.csv")]
    assert len(models) > 20
    for model in models:
        (entry,) = next(
            v for k, v in yaml.safe_load(model.with_suffix(".yml").read_text()).items() if k != "version"
        )
        assert entry["name"] == model.stem
        assert "One row per" in entry["description"] or "one row per" in entry["description"], model.stem


def test_no_table_and_no_column_is_undocumented(ask: Callable[..., list[tuple[Any, ...]]]) -> None:
    where = f"where schema_name in {SCHEMAS}"
    relations = ask(
        f"select schema_name, table_name, comment from duckdb_tables() {where} union all "
        f"select schema_name, view_name, comment from duckdb_views() {where}"
    )
    assert len(relations) > 25
    assert [row[:2] for row in relations if not row[2]] == []
    columns = ask(f"select schema_name, table_name, column_name, comment from duckdb_columns() {where}")
    assert len(columns) > 400
    assert [row[:3] for row in columns if not row[3]] == []


def test_everything_that_analysts_read_is_there_under_any_file_name(
    world_database: Path, tmp_path: Path
) -> None:
    published = tmp_path / "cityreports.duckdb"
    published.write_bytes(world_database.read_bytes())
    with duckdb.connect(
        str(published), read_only=True, config={"enable_external_access": False}
    ) as connection:
        tables = connection.execute(
            "select 'marts.' || table_name from information_schema.tables where table_schema = 'marts'"
        ).fetchall()
        assert len(tables) >= 11
        for (table,) in tables:
            assert connection.execute(f"select count(*) from {table}").fetchall()[0][0] > 0, table
        left_over = connection.execute(
            "select count(*) from duckdb_views() where schema_name = 'files'"
        ).fetchall()
        assert left_over == [(0,)]


def test_a_missing_list_of_files_is_named(home: Path, world_database: Path) -> None:
    database = home / "warehouse.duckdb"
    database.write_bytes(world_database.read_bytes())
    result = staging_rows.dbt(["build"], database, {"documents": ["/nowhere.parquet"]})
    assert not result.success
    assert 'No staging files for "sections"' in str(result.exception)


def test_dbts_unit_tests_and_thorough_tests_pass(home: Path, world_database: Path) -> None:
    database = home / "warehouse.duckdb"
    database.write_bytes(world_database.read_bytes())
    result = staging_rows.dbt(["test", "--select", "test_type:unit", "tag:thorough"], database)
    outcomes = {r.node.name: r.status for r in result.result if r.node.resource_type != "operation"}
    assert len(outcomes) >= 10
    assert {name: status for name, status in outcomes.items() if status != "pass"} == {}
