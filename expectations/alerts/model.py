"""What an alert says. Plain data: it is written to disk before it is sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from expectations.model import CheckResult

Level = Literal["error", "warn", "info"]
Kind = Literal["run", "broke", "late", "silent", "test"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, with what is needed to act on it.

    key       the same problem has the same key in every run
    status    ``failed``, ``broke`` (could not be checked), or ``open`` for what is no check
    since     when it was first reported, ISO time; set by ``alerts.state``
    evidence  failing rows as (where, what, sentence, link)
    news_of   what else makes it another problem, to be told of again, when it changes; not shown
    """

    key: str
    severity: Level
    status: str
    title: str
    what: str = ""
    detail: str = ""
    count: int = 0
    cities: tuple[str, ...] = ()
    evidence: tuple[tuple[str, str, str, str], ...] = ()
    runbook: str = ""
    since: str = ""
    news_of: str = ""

    @property
    def fingerprint(self) -> str:
        """Changes when the problem becomes another: worse, of other kind, in other cities or figures."""
        shown = sorted({(where, what) for where, what, _, _ in self.evidence})
        said = [self.key, self.severity, self.status, sorted(self.cities), shown]
        said += [self.news_of] if self.news_of else []
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Alert:
    """One message: all problems of a run, those that go on, and those that are over.

    alert_id   the same at every attempt to deliver it, so that a receiver can tell a repetition
    published  whether analysts see this run's data; None where the question does not arise
    news       keys of the problems that are new or changed
    resolved   (title, since) of the problems that are over
    """

    alert_id: str
    kind: Kind
    level: Level
    run_id: str
    at: str
    published: bool | None = None
    problems: tuple[Problem, ...] = ()
    news: tuple[str, ...] = ()
    resolved: tuple[tuple[str, str], ...] = ()
    report: str = ""
    notes: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """For JSON; ``alert_from_dict`` reads it back."""
        return asdict(self)


def alert_from_dict(data: dict[str, Any]) -> Alert:
    """The inverse of ``Alert.as_dict`` after a way through JSON."""
    problems = tuple(
        Problem(
            **{
                **problem,
                "cities": tuple(problem["cities"]),
                "evidence": tuple((e[0], e[1], e[2], e[3]) for e in problem["evidence"]),
            }
        )
        for problem in data["problems"]
    )
    return Alert(
        **{
            **data,
            "problems": problems,
            "news": tuple(data["news"]),
            "resolved": tuple((title, since) for title, since in data["resolved"]),
            "notes": tuple(data["notes"]),
        }
    )


def problems_of(results: Sequence[CheckResult]) -> tuple[Problem, ...]:
    """The checks that did not pass, errors first."""
    found = [_problem(result) for result in results if result.status != "passed"]
    return tuple(sorted(found, key=lambda p: (p.severity != "error", p.status != "broke", p.key)))


def _problem(result: CheckResult) -> Problem:
    evidence = tuple(
        (
            " ".join(part for part in (s.region, str(s.year) if s.year else None) if part) or (s.file or ""),
            " ".join(part for part in (s.metric, s.value, s.note) if part),
            s.sentence or "",
            s.url or s.file or "",
        )
        for s in result.samples[:20]
    )
    return Problem(
        key=f"{result.gate}/{result.check}",
        severity=result.severity,
        status=result.status,
        title=result.check,
        what=result.what,
        detail=result.detail,
        count=result.failing_rows,
        cities=tuple(dict.fromkeys(s.region for s in result.samples if s.region))[:50],
        evidence=evidence,
        runbook=result.runbook,
    )


def worst(problems: Sequence[Problem]) -> Level:
    """``info`` where there is none."""
    levels = {problem.severity for problem in problems}
    return "error" if "error" in levels else "warn" if "warn" in levels else "info"
