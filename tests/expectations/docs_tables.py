"""Tables in docs/data-quality.md that tests make: written anew and failed once where they differ, like golden files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from expectations.model import CheckResult

DOCS = Path(__file__).parents[2] / "docs" / "data-quality.md"


@dataclass(frozen=True)
class Caught:
    """What became of a planted error."""

    name: str
    threat: str
    gate: str
    checks: tuple[CheckResult, ...]


def mutation_table(caught: list[Caught]) -> str:
    """One line an error: what was planted, and which checks caught it."""
    lines = ["| planted error | threat | gate | caught by |", "| --- | --- | --- | --- |"]
    for error in caught:
        by = ", ".join(f"`{r.check}`" + ("" if r.severity == "error" else " (warn)") for r in error.checks)
        lines.append(f"| {error.name} | {error.threat} | {error.gate} | {by or '**missed**'} |")
    found = sum(bool(error.checks) for error in caught)
    stopped = sum(any(r.severity == "error" for r in error.checks) for error in caught)
    lines += [
        "",
        f"{found} of {len(caught)} planted errors are caught; {stopped} of them by a check of level `error`.",
    ]
    return "\n".join(lines)


def checks_that_caught() -> set[str]:
    """Names of the checks that stand in the table of planted errors."""
    return set(re.findall(r"`(\w+)`", _section("mutations") or ""))


def _markers(name: str) -> tuple[str, str]:
    return f"<!-- {name}: made by tests/expectations, do not edit -->\n", f"\n<!-- /{name} -->"


def _section(name: str) -> str | None:
    start, end = _markers(name)
    text = DOCS.read_text(encoding="utf-8")
    if start not in text or end not in text:
        return None
    return text.split(start, 1)[1].split(end, 1)[0]


def expect_table(name: str, table: str) -> None:
    """Fail where the docs say something else; what is right is then already written there, to be reviewed."""
    start, end = _markers(name)
    now = _section(name)
    assert now is not None, f"docs/data-quality.md lacks the markers of {name}"
    if now == table:
        return
    text = DOCS.read_text(encoding="utf-8")
    head, rest = text.split(start, 1)
    DOCS.write_text(head + start + table + end + rest.split(end, 1)[1], encoding="utf-8")
    raise AssertionError(
        f"table {name} of docs/data-quality.md was out of date; it is written anew: review, commit"
    )
