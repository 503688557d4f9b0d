"""Rows of staging tables for tests: whole, plausible, with what a test cares about put in by name."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from warehouse.schemas import TABLES

AT = datetime(2026, 2, 1, 2, 0, tzinfo=UTC)


def row(table: str, **given: Any) -> dict[str, Any]:
    """A row of ``table`` with all of its columns; those not given are null."""
    unknown = set(given) - set(TABLES[table].names)
    assert not unknown, f"no such columns in {table}: {unknown}"
    return {name: given.get(name) for name in TABLES[table].names}


def document(text: str = "二〇二六年报告", *, parse_id: str = "run1/b", **given: Any) -> dict[str, Any]:
    document_id = hashlib.sha256(text.encode()).hexdigest()
    values = {
        "document_id": document_id,
        "parse_id": parse_id,
        "run_id": parse_id.partition("/")[0],
        "parsed_at": AT,
        "parser_version": "v1",
        "source_id": "folder",
        "doubts": [],
        "text": text,
    }
    return row("documents", **(values | given))


def observation(of: dict[str, Any], value: float = 5.0, **given: Any) -> dict[str, Any]:
    values = {
        "observation_id": f"{of['document_id'][:8]}-{value}",
        "document_id": of["document_id"],
        "parse_id": of["parse_id"],
        "value": value,
        "char_start": 0,
        "char_end": 2,
    }
    return row("observations", **(values | given))
