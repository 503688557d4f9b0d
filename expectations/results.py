"""Results of all runs: kept as one JSON lines file a run, loaded into ``checks.results`` of each build.

<home>/checks/<run_id>.jsonl     one line a check, with the run's time
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.model import CheckResult, result_from_dict

if TYPE_CHECKING:
    import duckdb

_COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("run_id", "varchar", "run in which the check was evaluated"),
    ("checked_at", "timestamp", "time of the check, UTC"),
    ("gate", "varchar", "staging, warehouse or publish"),
    ("check_name", "varchar", "name of the check; what it guards: docs/data-quality.md"),
    ("threat", "varchar", "what the check guards against"),
    ("severity", "varchar", "error (stops publishing) or warn, as it counted in this run"),
    ("status", "varchar", "passed, failed, or broke: the check itself could not be evaluated"),
    ("failing_rows", "bigint", "rows that fail, known failures not counted"),
    ("withheld_rows", "bigint", "of them, rows that were set aside"),
    ("known_failures", "bigint", "rows that fail as foreseen in known_failures.yml"),
    ("detail", "varchar", "what was found, in words"),
    ("samples", "json", "some of the failing rows"),
    ("duration_s", "double", "seconds that the check took"),
)


def write_results(
    database: Path | None,
    results: Sequence[CheckResult],
    run_id: str,
    *,
    home: Path,
    at: datetime | None = None,
) -> Path:
    """Keep ``results`` under ``home``; load the results of all runs into ``checks.results`` of ``database``, and what is
    withheld and released into ``checks.withheld`` and ``checks.released``.

    Called again with the same ``run_id`` it replaces what that run said about the same gates. Without ``database``
    only the file is written. Returns the file.
    """
    at = (at or datetime.now(UTC)).astimezone(UTC)
    folder = home / "checks"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{run_id}.jsonl"
    gates = {result.gate for result in results}
    lines = [line for line in _lines(target) if line["gate"] not in gates]
    lines += [{"run_id": run_id, "checked_at": at.isoformat(), **_trimmed(result)} for result in results]
    draft = folder / f".{run_id}.{os.getpid()}.{secrets.token_hex(4)}"
    try:
        with draft.open("w", encoding="utf-8") as handle:
            handle.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
            handle.flush()
            os.fsync(handle.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    if database is not None:
        from expectations.quarantine import load_quarantine

        load_results(database, home)
        load_quarantine(database, home)
    return target


def _trimmed(result: CheckResult) -> dict[str, Any]:
    """Twenty samples are enough for history; rows that were set aside are listed in checks.withheld."""
    data = result.as_dict()
    data["samples"] = data["samples"][:20]
    return data


def read_results(home: Path, run_id: str) -> list[CheckResult]:
    """What one run said, all gates; empty where it said nothing."""
    return [result_from_dict(line) for line in _lines(home / "checks" / f"{run_id}.jsonl")]


def _lines(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def all_lines(home: Path) -> list[dict[str, Any]]:
    """Every result of every run, oldest run first."""
    lines = [line for path in sorted((home / "checks").glob("*.jsonl")) for line in _lines(path)]
    return sorted(lines, key=lambda line: (line["checked_at"], line["run_id"]))


def load_results(database: Path, home: Path) -> None:
    """(Re)make ``checks.results`` in ``database`` from the files of all runs, with a description of each column."""
    import duckdb

    rows = [
        (
            line["run_id"],
            datetime.fromisoformat(line["checked_at"]).replace(tzinfo=None),
            line["gate"],
            line["check"],
            line["threat"],
            line["severity"],
            line["status"],
            line["failing_rows"],
            line.get("withheld_rows", 0),
            line.get("known_failures", 0),
            line["detail"],
            json.dumps(line["samples"], ensure_ascii=False),
            line["duration"],
        )
        for line in all_lines(home)
    ]
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema if not exists checks")
        described(
            connection,
            "checks.results",
            "Every check of every run: one row per run and check.",
            _COLUMNS,
            rows,
        )


def described(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    comment: str,
    columns: Sequence[tuple[str, str, str]],
    rows: Sequence[Sequence[Any]],
) -> None:
    """Make ``table`` anew with its rows, its comment and its columns' comments, in one transaction."""
    connection.execute("begin")
    connection.execute(
        f"create or replace table {table} ({', '.join(f'{name} {kind}' for name, kind, _ in columns)})"
    )
    if rows:
        import pyarrow as pa

        # One insert of an Arrow table: row by row, ten thousand results cost seconds.
        arrays = {name: [row[i] for row in rows] for i, (name, _, _) in enumerate(columns)}
        connection.register("incoming", pa.table(arrays))
        connection.execute(f"insert into {table} select * from incoming")  # noqa: S608
        connection.unregister("incoming")
    connection.execute(f"comment on table {table} is '{_quoted(comment)}'")
    for name, _, text in columns:
        connection.execute(f"comment on column {table}.{name} is '{_quoted(text)}'")
    connection.execute("commit")


def _quoted(text: str) -> str:
    return text.replace("'", "''")
