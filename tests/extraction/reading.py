"""Helpers: read one sentence as it would stand in a report of 2026, and say what came out in one line a fact."""

from __future__ import annotations

from extraction import regions
from extraction.extract import extract_report
from extraction.model import Identity, Observation

LEADS = {
    "review": "一、2025年工作回顾\n",
    "five": "一、“十四五”时期工作回顾\n五年来，",
    "outlook": "二、“十五五”时期主要目标\n",
    "targets": "三、2026年工作安排\n今年经济社会发展主要预期目标是：",
    "tasks": "三、2026年重点工作\n",
}


def read(section: str, sentence: str, year: int = 2026, region: str = "驻马店市") -> list[Observation]:
    """Observations of ``sentence`` in a section of the given kind; offsets are checked on the way."""
    place = regions.by_name(region)
    assert place is not None
    lead = LEADS[section].replace("2026", str(year)).replace("2025", str(year - 1))
    text = lead + sentence + "\n"
    found = extract_report(text, Identity(place.code, place.name, year, "full")).observations
    for o in found:
        assert text[o.char_start : o.char_end] == o.quote
        assert o.char_start <= o.number_start <= o.number_end <= o.char_end
    return [o for o in found if o.char_end > len(lead)]


def number(value: float | None) -> str:
    return "-" if value is None else f"{value:.6g}"


def line(o: Observation) -> str:
    """``gdp.growth_rate=5 around target 2026``; a range as ``5..5.5``, a span as ``2021-2025``."""
    value = number(o.value) + (f"..{number(o.value_high)}" if o.value_high is not None else "")
    period = str(o.period_start) if o.period_start == o.period_end else f"{o.period_start}-{o.period_end}"
    return f"{o.metric_code}.{o.statistic}={value} {o.qualifier} {o.role} {period}"


def mapped(observations: list[Observation]) -> list[str]:
    """Facts of the whole region that speak of a metric's own value, as lines, in order."""
    return [
        line(o)
        for o in observations
        if o.metric_code and o.scope == "whole" and o.statistic not in ("comparison", "rank")
    ]
