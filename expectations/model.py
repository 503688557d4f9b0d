"""What flows through the checks: a check as written in YAML, and what came of it.

Great Expectations is imported nowhere here, so that the command line can read results without paying for it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Gate = Literal["staging", "warehouse", "publish"]
Severity = Literal["error", "warn"]
Status = Literal["passed", "failed", "broke"]

GATES: tuple[Gate, ...] = ("staging", "warehouse", "publish")


@dataclass(frozen=True, slots=True)
class Check:
    """One check, as data.

    name       unique over all gates, a statement of what holds (``quote_matches_text``)
    severity   ``error`` stops publishing, ``warn`` publishes and reports
    threat     id of an entry in ``threats.yml``: what the check guards against
    what       one sentence for the operator: what is wrong where this fails
    sql        a query that gives the failing rows, none where all is well; columns of these names are shown to
               people: ``region_name, metric_code, year, value, unit, quote, url, file, note``
    expect     or the name of a Great Expectations class, with ``table`` and ``args``
    sets_aside ``observation`` or ``document`` where failing rows can be withheld one by one (the query gives
               ``observation_id`` or ``document_id``), else None
    tolerance  failing rows up to this share (0-1) of the table ``staging.observations`` (or ``documents``) are
               withheld and the rest goes on; above it the whole gate fails
    row_id     column that names a failing row where the check is about single rows: somebody can release it
    condition  for checks of single rows (``fails_where``): the condition itself, over the relation ``over``; ``sql``
               holds the whole query
    needs_published  passes without a look where nothing is published yet
    """

    name: str
    gate: Gate
    severity: Severity
    threat: str
    what: str
    runbook: str
    sql: str | None = None
    expect: str | None = None
    table: str | None = None
    args: dict[str, Any] = field(default_factory=dict)
    sets_aside: Literal["observation", "document"] | None = None
    tolerance: float = 0.0
    row_id: str | None = None
    condition: str | None = None
    over: str | None = None
    needs_published: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A row as people need to see it; None where there is no such thing."""

    region: str | None = None
    metric: str | None = None
    year: int | None = None
    value: str | None = None
    sentence: str | None = None
    url: str | None = None
    file: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Sample(Shown):
    """One failing row; ``row_id`` where the check is about single rows."""

    row_id: str | None = None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What came of one check in one run.

    severity       as it counts in this run: an ``error`` whose failing rows were all withheld counts as ``warn``
    status         ``broke``: the check itself could not be evaluated, which says nothing about the data
    failing_rows   number of rows that fail, known failures not counted; 0 for ``passed`` and ``broke``
    withheld_rows  of them, those set aside
    known_failures rows that fail as named in ``known_failures.yml``
    duration       seconds
    """

    check: str
    gate: Gate
    threat: str
    severity: Severity
    status: Status
    failing_rows: int = 0
    samples: tuple[Sample, ...] = ()
    detail: str = ""
    duration: float = 0.0
    what: str = ""
    runbook: str = ""
    withheld_rows: int = 0
    known_failures: int = 0

    @property
    def stops(self) -> bool:
        """Whether this result forbids publishing."""
        return self.severity == "error" and self.status != "passed"

    def as_dict(self) -> dict[str, Any]:
        """Plain dictionary for JSON."""
        return asdict(self)


def may_publish(results: list[CheckResult]) -> bool:
    """True where at least one check ran and none of level ``error`` failed or broke.

    An empty list is no permission: a gate that checked nothing proves nothing.
    """
    return bool(results) and not any(result.stops for result in results)


def result_from_dict(data: dict[str, Any]) -> CheckResult:
    """The inverse of ``CheckResult.as_dict``; unknown keys of a newer version are left out."""
    known = {name: data[name] for name in CheckResult.__dataclass_fields__ if name in data}
    known["samples"] = tuple(
        Sample(**{k: v for k, v in sample.items() if k in Sample.__dataclass_fields__})
        for sample in data.get("samples") or ()
    )
    return CheckResult(**known)
