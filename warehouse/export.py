"""Exports: tables of a published warehouse as Parquet, CSV or Stata files, with a manifest that says what they hold.

    <out>/<table>.parquet | .csv | .dta
    <out>/manifest.json      schema, units, licence note, rows and sha256 of each file; written last

CSV is UTF-8 with a byte order mark, as Excel wants it. Stata files (version 118, Stata 14 and later)
carry table and column descriptions as labels.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

FORMATS = ("parquet", "csv", "dta")

LICENCE_NOTE = (
    "Figures and quoted sentences come from public reports of the governments named in each row (url, file). "
    "The selection and arrangement are cityreports' and free to use; name the reports as the source."
)

#: Left out unless named: a cell for every blank, and whole texts, are not what Stata is opened for.
NOT_FOR_STATA = ("mart_coverage", "mart_passage")

#: Stata's own limits.
_STATA_LABEL = 80
_STATA_NAME = 32
#: Stata wants a moment in its header; a fixed one keeps equal exports equal.
_NO_MOMENT = datetime(2000, 1, 1)
#: Longer text goes into strL, which takes room by its length and not by the longest.
_STATA_FIXED = 120

#: What a spreadsheet would run as a formula (negative numbers are none), and what it would turn into a date for good:
#: 2-3 (家), 1/3, the session 14-5.
_NOT_PLAIN = r"^([=@\t\r]|\+|-[^0-9.]|\d{1,4}[-/]\d{1,2}([-/]\d{1,4})?$)"

#: Rows that a sheet of Excel holds below its header.
_SHEET_ROWS = 1_048_575


class ExportError(Exception):
    """An export that cannot be made; the message says what to change."""


@dataclass(frozen=True, slots=True)
class ExportedColumn:
    """A column of an exported table; ``unit`` is a unit, ``column unit`` where each row has its own, or empty."""

    name: str
    type: str
    unit: str
    description: str


@dataclass(frozen=True, slots=True)
class ExportedTable:
    """One file of an export."""

    table: str
    file: str
    rows: int
    bytes: int
    sha256: str
    description: str
    columns: tuple[ExportedColumn, ...]


def export(
    database: Path, out: Path, format: str = "parquet", tables: Sequence[str] | None = None
) -> list[ExportedTable]:
    """Write the marts of ``database`` to ``out``, all or those named (``fct_observation``, ``marts.dim_region``).

    Stata files leave out NOT_FOR_STATA unless named, CSV files what no sheet holds; `left_out` says which.

    Files are whole or not there; the same warehouse gives the same bytes. Raises ExportError for an unknown format
    or table, a database that is not there, and a table that a format cannot hold.
    """
    import duckdb

    if format not in FORMATS:
        raise ExportError(f"format {format!r} is none of {', '.join(FORMATS)}")
    if not database.is_file():
        raise ExportError(f"{database} is not there; run `cityreports run` first")
    out.mkdir(parents=True, exist_ok=True)
    scratch = out / "_tmp"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            connection.execute("set timezone = 'UTC'")
            done = [
                _export_table(connection, table, scratch, format)
                for table in _chosen(connection, tables, format)
            ]
        manifest = {
            "source": database.name,
            "format": format,
            "licence_note": LICENCE_NOTE,
            "tables": [asdict(table) for table in done],
        }
        text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
        (scratch / "manifest.json").write_text(text, encoding="utf-8")
        for name in (*(table.file for table in done), "manifest.json"):
            (scratch / name).replace(out / name)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return done


def _tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "select table_name from information_schema.tables where table_schema = 'marts' order by table_name"
    ).fetchall()
    return [str(name) for (name,) in rows]


def _chosen(connection: duckdb.DuckDBPyConnection, tables: Sequence[str] | None, format: str) -> list[str]:
    there = _tables(connection)
    if tables is None:
        left = _too_much(connection, format)
        return [table for table in there if table not in left]
    chosen = [table.removeprefix("marts.") for table in tables]
    unknown = sorted(set(chosen) - set(there))
    if unknown:
        raise ExportError(f"no table {', '.join(unknown)} in marts; there are {', '.join(there)}")
    return chosen


def left_out(database: Path, format: str) -> dict[str, str]:
    """Tables that an export in this format leaves out unless they are named, and why."""
    import duckdb

    with duckdb.connect(str(database), read_only=True) as connection:
        return _too_much(connection, format)


def _too_much(connection: duckdb.DuckDBPyConnection, format: str) -> dict[str, str]:
    if format == "dta":
        return dict.fromkeys(NOT_FOR_STATA, "too long for Stata")
    if format != "csv":
        return {}
    counts = {
        table: connection.execute(f'select count(*) from marts."{table}"').fetchall()[0][0]  # noqa: S608
        for table in _tables(connection)
    }
    return {
        table: f"its {rows} rows are more than a sheet of Excel holds"
        for table, rows in counts.items()
        if rows > _SHEET_ROWS
    }


def _export_table(
    connection: duckdb.DuckDBPyConnection, table: str, folder: Path, format: str
) -> ExportedTable:
    columns = _columns(connection, table)
    (description,) = connection.execute(
        "select coalesce(max(comment), '') from (select table_name, comment, schema_name from duckdb_tables() "
        "union all select view_name, comment, schema_name from duckdb_views()) "
        "where schema_name = 'marts' and table_name = ?",
        [table],
    ).fetchall()[0]
    path = folder / f"{table}.{format}"
    writers: dict[str, Callable[[], None]] = {
        "parquet": lambda: _write_parquet(connection, table, path),
        "csv": lambda: _write_csv(connection, table, columns, path),
        "dta": lambda: _write_stata(connection, table, columns, description, path),
    }
    writers[format]()
    (rows,) = connection.execute(f'select count(*) from marts."{table}"').fetchall()[0]  # noqa: S608
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(1 << 20):
            digest.update(chunk)
    return ExportedTable(
        table, path.name, rows, path.stat().st_size, digest.hexdigest(), description, tuple(columns)
    )


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[ExportedColumn]:
    rows = connection.execute(
        "select column_name, data_type, coalesce(comment, '') from duckdb_columns() "
        "where schema_name = 'marts' and table_name = ? order by column_index",
        [table],
    ).fetchall()
    names = {name for name, _, _ in rows}
    return [ExportedColumn(name, kind, _unit(name, kind, names), comment) for name, kind, comment in rows]


def _unit(name: str, kind: str, names: set[str]) -> str:
    """The unit that a column's name or its neighbour fixes: ``growth_pct`` %, ``gap_pp`` 个百分点, values ``unit``."""
    if kind != "DOUBLE":
        return ""
    if name.endswith("_pct") or name.startswith("percentile_"):
        return "%"
    if name.endswith("_pp"):
        return "个百分点"
    if name.startswith(("gap_", "change_")) and "gap_unit" in names:
        return "column gap_unit"
    if name == "confidence" or name.startswith("plausible_"):
        return ""
    return "column unit" if "unit" in names else ""


def _write_parquet(connection: duckdb.DuckDBPyConnection, table: str, path: Path) -> None:
    target = str(path).replace("'", "''")
    query = f'select * from marts."{table}" order by all'  # noqa: S608 - names of our own
    connection.execute(f"copy ({query}) to '{target}' (format parquet, compression zstd)")


def _flat(table: str, columns: Sequence[ExportedColumn], fields: Mapping[str, str]) -> str:
    """A query for all rows in a fixed order, lists as text with ``|`` between, and some columns as given."""
    names = []
    for column in columns:
        name = f'"{column.name}"'
        if column.type.endswith("[]"):
            name = f"array_to_string({name}, '|') as {name}"
        names.append(fields.get(column.name, name))
    return f'select {", ".join(names)} from marts."{table}" order by all'  # noqa: S608 - names of our own


def _write_csv(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[ExportedColumn], path: Path
) -> None:
    """Text that a spreadsheet would change gets an apostrophe before it, as Excel itself does."""
    guarded = {}
    for column in columns:
        if column.type == "VARCHAR":
            name = f'"{column.name}"'
            is_changed = f"regexp_matches({name}, '{_NOT_PLAIN}')"
            guarded[column.name] = f"if({is_changed}, chr(39) || {name}, {name}) as {name}"
    body = path.with_suffix(".body")
    target = str(body).replace("'", "''")
    connection.execute(f"copy ({_flat(table, columns, guarded)}) to '{target}' (format csv, header true)")
    with body.open("rb") as source, path.open("wb") as handle:
        handle.write(b"\xef\xbb\xbf")
        shutil.copyfileobj(source, handle)
    body.unlink()


def _write_stata(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Sequence[ExportedColumn],
    description: str,
    path: Path,
) -> None:
    long_names = [column.name for column in columns if len(column.name) > _STATA_NAME]
    if long_names:
        raise ExportError(f"{table}: Stata has no room for the column names {', '.join(long_names)}")
    frame = connection.execute(_flat(table, columns, {})).df()
    long_text = []
    for column in columns:
        values = _stata_values(frame[column.name], column.type)
        frame[column.name] = values
        if values.dtype == object and _longest(values) > _STATA_FIXED:
            long_text.append(column.name)
    frame.to_stata(
        path,
        write_index=False,
        version=118,
        data_label=_label(description),
        variable_labels={column.name: _label(column.description) for column in columns},
        convert_strl=long_text,
        time_stamp=_NO_MOMENT,
    )


def _stata_values(values: pd.Series[Any], kind: str) -> pd.Series[Any]:
    """Values as Stata knows them: no booleans, no missing integers, no time zones, no infinity."""
    import numpy as np
    import pandas as pd

    if kind == "BOOLEAN":
        return values.map({True: 1.0, False: 0.0}).astype("float64")
    if kind.endswith("INT") or kind in ("INTEGER", "DOUBLE"):
        numbers = pd.to_numeric(values).astype("float64")
        # Stata has no infinity; a bound that nothing holds is missing there.
        return numbers.where(np.isfinite(numbers))
    if kind.startswith("TIMESTAMP") or kind == "DATE":
        shape = "%Y-%m-%d" if kind == "DATE" else "%Y-%m-%d %H:%M:%S"
        return pd.to_datetime(values, utc=True).dt.strftime(shape).fillna("").astype(object)
    return values.astype(object).where(values.notna(), "")


def _longest(values: pd.Series[Any]) -> int:
    return int(values.map(lambda text: len(text.encode())).max()) if len(values) else 0


def _label(text: str) -> str:
    """The first sentence, cut to what Stata takes."""
    first = re.split(r"[.;:。]\s|[.。]$", text, maxsplit=1)[0]
    return first if len(first) <= _STATA_LABEL else first[: _STATA_LABEL - 1] + "…"
