"""Do two published files say the same, row for row?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse.publish import CONTENT_SCHEMAS, VOLATILE_COLUMNS


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows of a table that only one of the two files has."""

    table: str
    only_left: int
    only_right: int
    example: str


def differences(left: Path, right: Path) -> tuple[int, list[Difference]]:
    """Rows compared, and the tables and views that differ. Points in time and columns that name a run are left out, as
    in the content hash; numbers count to nine digits after the point."""
    with duckdb.connect() as connection:
        for name, path in (("l", left), ("r", right)):
            connection.execute(f"attach '{str(path).replace(chr(39), chr(39) * 2)}' as {name} (read_only)")
        shapes = {
            name: connection.execute(
                "select c.schema_name || '.' || c.table_name as t, c.column_name, c.data_type "
                "from duckdb_columns() c "
                "where database_name = $name and c.schema_name in (select unnest($schemas)) order by all",
                {"name": name, "schemas": list(CONTENT_SCHEMAS)},
            ).fetchall()
            for name in "lr"
        }
        if shapes["l"] != shapes["r"]:
            odd = set(shapes["l"]) ^ set(shapes["r"])
            return 0, [Difference("(columns)", 0, 0, str(sorted(odd)[:5]))]
        tables: dict[str, list[str]] = {}
        for table, column, kind in shapes["l"]:
            parts = tables.setdefault(table, [])
            if not kind.startswith("TIMESTAMP") and column not in VOLATILE_COLUMNS:
                parts.append(
                    f'round("{column}", 9) as "{column}"' if kind in ("DOUBLE", "FLOAT") else f'"{column}"'
                )
        rows, found = 0, []
        for table, parts in tables.items():
            columns = ", ".join(parts) or "1"
            one, other = (f"select {columns} from {name}.{table}" for name in "lr")
            rows += _count(connection, one)
            only = [f"({a}) except all ({b})" for a, b in ((one, other), (other, one))]
            counts = [_count(connection, query) for query in only]
            if any(counts):
                query = only[0 if counts[0] else 1]
                example = connection.execute(f"{query} limit 1").fetchone()
                found.append(Difference(table, counts[0], counts[1], str(example)))
        if not rows:
            found.append(Difference("(all)", 0, 0, "neither file has any row"))
        return rows, found


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(f"select count(*) from ({query})").fetchone()
    assert row is not None
    return int(row[0])
