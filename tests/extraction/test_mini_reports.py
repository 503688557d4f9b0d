"""Whole small reports: sections told by the formulas of many years, and above all the growth target of the year."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from extraction import regions
from extraction.extract import extract_report
from extraction.model import Identity
from tests.extraction.reading import number

REPORTS: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("mini_reports.yml").read_text(encoding="utf-8")
)


def stated(report: dict[str, Any]) -> list[str]:
    """Facts of the whole region: ``gdp.growth_rate=5 target 2026``; bounds are left to the sentences' tests."""
    place = regions.by_name(report["region"])
    assert place is not None
    identity = Identity(place.code, place.name, report["year"], "full")
    lines = []
    for o in extract_report(report["text"], identity).observations:
        if not o.metric_code or o.scope != "whole" or o.statistic in ("comparison", "rank"):
            continue
        value = number(o.value) + (f"..{number(o.value_high)}" if o.value_high is not None else "")
        period = str(o.period_end)
        if o.period_start != o.period_end:
            period = f"{o.period_start}-{o.period_end}"
        lines.append(f"{o.metric_code}.{o.statistic}={value} {o.role} {period}")
    return lines


@pytest.mark.parametrize("report", REPORTS, ids=[f"{r['region']}-{r['year']}" for r in REPORTS])
def test_finds_what_a_report_states(report: dict[str, Any]) -> None:
    found = stated(report)
    assert [fact for fact in report["facts"] if fact not in found] == []


@pytest.mark.parametrize("report", REPORTS, ids=[f"{r['region']}-{r['year']}" for r in REPORTS])
def test_growth_target_of_the_year_is_the_stated_one_and_no_other(report: dict[str, Any]) -> None:
    def targets(facts: list[str]) -> set[str]:
        return {f for f in facts if f.startswith("gdp.growth_rate=") and " target " in f}

    assert targets(stated(report)) == targets(report["facts"])
