"""Failures that are known, each with a reason and a date on which it is looked at again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from expectations.session import CheckError, read_yaml

KNOWN_FAILURES = Path(__file__).with_name("known_failures.yml")

_COLUMN = re.compile(r"[a-z_]+")


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """One entry of ``known_failures.yml``: rows of ``check`` that match all of ``rows`` are expected to fail until
    ``expires``, because of ``reason``, says ``by``."""

    check: str
    rows: dict[str, Any]
    reason: str
    by: str
    expires: date

    def condition(self) -> str:
        """SQL over the columns that the check gives. A column it does not give breaks the check, which is right:
        an excuse that excuses nothing must be seen."""
        return (
            "(" + " and ".join(f"{column} = {_literal(value)}" for column, value in self.rows.items()) + ")"
        )


def _literal(value: Any) -> str:
    if isinstance(value, bool | int | float):
        return str(value).lower()
    return "'" + str(value).replace("'", "''") + "'"


@cache
def load_known_failures(path: Path = KNOWN_FAILURES) -> tuple[KnownFailure, ...]:
    """All entries, expired ones included. Raises CheckError for one that lacks its reason, its end or its rows."""
    entries = read_yaml(path) or []
    found = []
    for entry in entries:
        missing = {"check", "rows", "reason", "by", "expires"} - entry.keys()
        if missing or not entry["rows"] or not isinstance(entry["expires"], date):
            raise CheckError(
                f"{path}: entry for {entry.get('check', '?')}: needs check, rows (at least one column), reason, by, "
                f"and expires as YYYY-MM-DD; missing or empty: {', '.join(sorted(missing)) or 'rows or expires'}"
            )
        odd = [column for column in entry["rows"] if not _COLUMN.fullmatch(column)]
        if odd:
            raise CheckError(f"{path}: entry for {entry['check']}: no column name: {', '.join(odd)}")
        found.append(KnownFailure(**{k: entry[k] for k in ("check", "rows", "reason", "by", "expires")}))
    return tuple(found)
