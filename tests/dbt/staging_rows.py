"""Rows of staging in few words, written as Parquet, and dbt run over them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.schemas import TABLES
from warehouse.seeds import write_metrics

PROJECT = Path(__file__).parents[2] / "dbt_project"
FIRST_NIGHT = datetime(2026, 3, 1, 18, 0, tzinfo=UTC)

Row = dict[str, Any]


def night(number: int) -> datetime:
    """02:00 in Shanghai, ``number`` nights after the first."""
    return FIRST_NIGHT + timedelta(days=number)


def document(name: str, region_code: str, region_name: str, report_year: int, **fields: Any) -> Row:
    """A parsed document; ``name`` stands for its bytes: the same name is the same document."""
    text = fields.get("text", f"{region_name}{report_year}年政府工作报告，{name}。")
    return {
        "document_id": hashlib.sha256(name.encode()).hexdigest(),
        "parse_id": "r0/b0",
        "run_id": "r0",
        "parsed_at": FIRST_NIGHT,
        "parser_version": "test",
        "source_id": region_code,
        "url": f"https://{region_code}.example/{name}",
        "file": f"{name}.html",
        "fetched_at": FIRST_NIGHT,
        "published": None,
        "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "media_type": "text/html",
        "encoding": "utf-8",
        "byte_size": len(text.encode()),
        "char_count": len(text),
        "region_code": region_code,
        "region_name": region_name,
        "report_year": report_year,
        "edition": "full",
        "title": f"{report_year}年{region_name}政府工作报告",
        "delivered_on": None,
        "session": None,
        "claimed_region": region_name,
        "claimed_year": report_year,
        "claimed_edition": None,
        "doubts": [],
        "quantity_count": 1,
        "mapped_count": 1,
        **fields,
        "text": text,
    }


def observation(of: Row, metric_code: str | None, value: float | None, **fields: Any) -> Row:
    """A stated fact of a document: by default last year's growth, exact, from the review."""
    year = of["report_year"]
    role = fields.get("role", "actual")
    period = year if role == "target" else year - 1
    statistic = fields.get("statistic", "growth_rate")
    quote = fields.get("quote", f"{metric_code}{statistic}{value}")
    row: Row = {
        "document_id": of["document_id"],
        "parse_id": of["parse_id"],
        "file": of["file"],
        "region_code": of["region_code"],
        "region_name": of["region_name"],
        "report_year": year,
        "metric_code": metric_code,
        "subject": metric_code or "某事",
        "statistic": statistic,
        "basis": None,
        "role": role,
        "is_estimate": False,
        "period_start": period,
        "period_end": period,
        "value": value,
        "value_high": None,
        "unit": "个百分点" if statistic == "change_pp" else "%",
        "qualifier": "exact" if value is not None else "unstated",
        "stretch_clause": False,
        "scope": "whole",
        "raw_value": "" if value is None else f"{value:g}",
        "raw_unit": "%",
        "quote": quote,
        "char_start": 0,
        "char_end": len(quote),
        "number_start": 0,
        "number_end": len(quote),
        "sentence": f"{quote}。",
        "sentence_start": 0,
        "sentence_end": len(quote) + 1,
        "section": "annual_targets" if role == "target" else "review",
        "confidence": 0.95,
        "rule": "test",
        **fields,
    }
    identity = {k: v for k, v in row.items() if k not in ("parse_id", "file", "confidence")}
    row["observation_id"] = hashlib.sha256(
        json.dumps(identity, sort_keys=True, default=str).encode()
    ).hexdigest()
    return row


def copy(of: Row, **fields: Any) -> Row:
    """A place where the document was seen."""
    return {
        **{
            k: of[k] for k in ("run_id", "document_id", "source_id", "url", "file", "fetched_at", "published")
        },
        "warc_file": "2026/r0-b0.warc.gz",
        "warc_offset": 0,
        **fields,
    }


def look(source_id: str, region_code: str, at: datetime, **fields: Any) -> Row:
    """A look at a source that found nothing new."""
    return {
        "run_id": "r0",
        "source_id": source_id,
        "region_code": region_code,
        "looked_at": at,
        "ok": True,
        "error": None,
        "detail": None,
        "requests": 1,
        "links_seen": 3,
        "links_new": 0,
        "documents_new": 0,
        **fields,
    }


def write(folder: Path, name: str = "r0-b0", **tables: Sequence[Row]) -> dict[str, list[str]]:
    """Write one Parquet file a staging table (empty ones, too) and list them by table."""
    files = {}
    for table, schema in TABLES.items():
        path = folder / table / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(list(tables.get(table, ())), schema=schema), path)
        files[table] = [str(path)]
    return files


def together(*runs: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The files of several runs."""
    return {table: [path for run in runs for path in run[table]] for table in TABLES}


def macros_sha256() -> str:
    """What the pipeline gives dbt as ``macros_sha256``."""
    digest = hashlib.sha256()
    for path in sorted((PROJECT / "macros").glob("*.sql")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def dbt(command: Iterable[str], database: Path, files: Mapping[str, list[str]] | None = None) -> Any:
    """Run dbt in process, as the pipeline does, and let go of the database; gives dbtRunnerResult.

    The listing of files lies beside the database under a constant name, so that only the first run in a
    folder parses the project.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    os.environ["CITYREPORTS_BUILD_DB"] = str(database)
    listing = database.parent / "staging.json"
    if files is not None:
        metrics = write_metrics(database.parent / "metrics.parquet")
        listing.write_text(json.dumps({**files, "metrics": [str(metrics)]}))
    variables = {"staging_files": str(listing), "macros_sha256": macros_sha256()}
    folders = {
        "--project-dir": PROJECT,
        "--profiles-dir": PROJECT,
        "--target-path": database.parent / "target",
        "--log-path": database.parent / "logs",
    }
    try:
        return dbtRunner().invoke(
            [
                *command,
                *(str(part) for option in folders.items() for part in option),
                *("--vars", json.dumps(variables), "--quiet"),
            ]
        )
    finally:
        DuckDBConnectionManager.close_all_connections()


def build(database: Path, files: Mapping[str, list[str]], *options: str) -> Any:
    """``dbt build``; raises AssertionError naming what failed."""
    result = dbt(["build", *options], database, files)
    failed = [
        f"{r.node.name}: {r.status} {r.message}"
        for r in (result.result or [])
        if r.status not in ("success", "pass", "skipped", "warn")
    ]
    assert result.success, "\n".join(failed) or repr(result.exception)
    return result
