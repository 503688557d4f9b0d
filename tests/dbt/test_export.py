"""Exports hold what the warehouse holds, in a shape that Excel and Stata open."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from warehouse.export import ExportError, export, left_out

TABLES = ["fct_region_metric_year", "marts.dim_region", "dim_report"]


def test_parquet_holds_the_rows_and_the_manifest_their_hash(world_database: Path, tmp_path: Path) -> None:
    done = export(world_database, tmp_path, "parquet")
    assert {table.table for table in done} >= {"fct_observation", "mart_coverage", "hist_published_value"}
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert "licence_note" in manifest
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        ["manifest.json", *(table["file"] for table in manifest["tables"])]
    )
    with duckdb.connect(str(world_database), read_only=True) as connection:
        for table in manifest["tables"]:
            path = tmp_path / table["file"]
            assert hashlib.sha256(path.read_bytes()).hexdigest() == table["sha256"]
            assert table["description"]
            assert all(column["description"] for column in table["columns"])
            difference = connection.execute(
                f"select count(*) from (select * from marts.{table['table']} except all "
                f"select * from read_parquet('{path}'))"
            ).fetchall()
            assert difference == [(0,)]
            rows = connection.execute(f"select count(*) from read_parquet('{path}')").fetchall()
            assert rows == [(table["rows"],)]


def test_units_stand_in_the_manifest(world_database: Path, tmp_path: Path) -> None:
    (table,) = export(world_database, tmp_path, "parquet", ["mart_city_comparison"])
    units = {column.name: column.unit for column in table.columns}
    assert units["value"] == "column unit"
    assert units["gap_to_province"] == "column gap_unit"
    assert units["growth_stated_pct"] == "%"
    assert units["growth_difference_pp"] == "个百分点"
    assert units["year"] == ""


def test_csv_opens_in_excel_with_its_chinese(world_database: Path, tmp_path: Path) -> None:
    export(world_database, tmp_path, "csv", TABLES)
    body = (tmp_path / "dim_region.csv").read_bytes()
    assert body.startswith(b"\xef\xbb\xbfregion_code,")
    with (tmp_path / "dim_region.csv").open(encoding="utf-8-sig", newline="") as handle:
        names = {row["region_code"]: (row["region_name"], row["aliases"]) for row in csv.DictReader(handle)}
    assert names["420600"] == ("襄阳市", "襄樊|襄樊市")


def test_csv_runs_no_formula(tmp_path: Path) -> None:
    database = tmp_path / "w.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "create schema marts; create table marts.t as "
            "select unnest(['=1+1', '@x', '-2.1', '-x', '+x', '太原']) as words"
        )
    export(database, tmp_path / "out", "csv")
    lines = (tmp_path / "out" / "t.csv").read_text(encoding="utf-8-sig").split()
    assert sorted(lines[1:]) == sorted(["'=1+1", "'@x", "-2.1", "'-x", "'+x", "太原"])


def test_csv_keeps_what_excel_would_turn_into_a_date(tmp_path: Path) -> None:
    database = tmp_path / "w.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "create schema marts; create table marts.t as "
            "select unnest(['2-3', '1/3', '14-5', '4.5-5', '2026-2030年', '-2.6', '140100']) as words, "
            "date '2026-02-03' as day"
        )
    export(database, tmp_path / "out", "csv")
    with (tmp_path / "out" / "t.csv").open(encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert {row["words"] for row in rows} == {
        "'2-3",
        "'1/3",
        "'14-5",
        "4.5-5",
        "2026-2030年",
        "-2.6",
        "140100",
    }
    assert {row["day"] for row in rows} == {"2026-02-03"}


def test_csv_leaves_out_what_no_sheet_holds_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouse.export._SHEET_ROWS", 3)
    database = tmp_path / "w.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "create schema marts; create table marts.small as select 1 as x; "
            "create table marts.long as select unnest(range(4)) as x"
        )
    assert [made.table for made in export(database, tmp_path / "out", "csv")] == ["small"]
    assert left_out(database, "csv") == {"long": "its 4 rows are more than a sheet of Excel holds"}
    assert left_out(database, "parquet") == {}
    assert [made.table for made in export(database, tmp_path / "out", "csv", ["long"])] == ["long"]
    assert [made.table for made in export(database, tmp_path / "out", "parquet")] == ["long", "small"]


def test_stata_file_has_labels_and_the_same_values(world_database: Path, tmp_path: Path) -> None:
    export(world_database, tmp_path, "dta", TABLES)
    path = tmp_path / "fct_region_metric_year.dta"
    with pd.io.stata.StataReader(path) as reader:
        assert reader.data_label.startswith("The best statement of each value")
        assert reader.variable_labels()["region_name"] == "Full name of the region"
    frame = pd.read_stata(path)
    row = frame[(frame.region_name == "太原市") & (frame.metric_code == "gdp") & (frame.statistic == "level")]
    assert list(row.value) == [5012.5]
    assert list(row.quote) == ["gdplevel5012.5"]


def test_equal_warehouses_give_equal_bytes(world_database: Path, tmp_path: Path) -> None:
    for format in ("parquet", "csv", "dta"):
        first = export(world_database, tmp_path / "1", format, TABLES)
        assert first == export(world_database, tmp_path / "2", format, TABLES)


def test_what_cannot_be_exported_is_named(world_database: Path, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no table nowhere in marts; there are dim_metric"):
        export(world_database, tmp_path, "csv", ["nowhere"])
    with pytest.raises(ExportError, match="'xlsx' is none of parquet, csv, dta"):
        export(world_database, tmp_path, "xlsx")
    with pytest.raises(ExportError, match="is not there; run"):
        export(tmp_path / "none.duckdb", tmp_path, "csv")
    assert list(tmp_path.iterdir()) == []
