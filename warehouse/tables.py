"""Tables for people and programs: aligned text (a Chinese character takes two cells), CSV, JSON lines."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rich.cells import cell_len, set_cell_size

#: Wider columns are cut in aligned tables; CSV and JSON never cut.
WIDEST = 60

FORMATS = ("table", "csv", "json")

#: Control characters, and those that turn the direction of writing round.
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def aligned(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, widest: int = WIDEST) -> list[str]:
    """Lines of a table: a head, a rule, one line a row. Numbers stand right, text left; null is empty."""
    cells = [[_cell(value) for value in row] for row in rows]
    right = [_is_numeric(row[i] for row in rows) for i in range(len(columns))]
    widths = [
        min(widest, max([cell_len(name), *(cell_len(row[i]) for row in cells)]))
        for i, name in enumerate(columns)
    ]
    lines = [
        _line([plain(name) for name in columns], widths, right),
        "  ".join("─" * width for width in widths),
    ]
    lines += [_line(row, widths, right) for row in cells]
    return lines


def _line(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    parts = []
    for text, width, is_right in zip(row, widths, right, strict=True):
        shown = text if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"
        padding = " " * (width - cell_len(shown))
        parts.append(padding + shown if is_right else shown + padding)
    return "  ".join(parts).rstrip()


def _is_numeric(values: Iterable[Any]) -> bool:
    known = [value for value in values if value is not None]
    return bool(known) and all(
        isinstance(v, int | float | Decimal) and not isinstance(v, bool) for v in known
    )


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return number(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(_cell, value))
    return plain(str(value))


def plain(text: str) -> str:
    """One line, without what steers a terminal."""
    return harmless(" ".join(text.split()))


def harmless(text: str) -> str:
    """Text without anything that steers a terminal but line ends and tabs: names and titles come from pages that
    anybody may write."""
    return _STEERING.sub("\N{REPLACEMENT CHARACTER}", text)


def number(value: float) -> str:
    """12 significant digits, no exponent and no trailing zeros: 0.1 and 120000000, never 1.2e+08."""
    text = f"{value:.12g}"
    if "e" in text:
        text = f"{Decimal(text):f}"
    return text


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """CSV lines with their ends; floats in full, dates in ISO 8601, null empty."""
    for row in (columns, *rows) if isinstance(rows, Sequence) else _chain(columns, rows):
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerow(["" if v is None else _plain(v) for v in row])
        yield buffer.getvalue()


def _chain(first: Sequence[Any], rest: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    yield first
    yield from rest


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


def as_json_lines(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """One JSON object a row, each with its line end."""
    import orjson

    for row in rows:
        yield orjson.dumps(
            dict(zip(columns, row, strict=True)), default=_json_default, option=orjson.OPT_APPEND_NEWLINE
        )


def _json_default(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else str(value)
