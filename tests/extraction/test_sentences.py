"""Sentences of our own in the manner of reports of many regions and years, with all that must come out of each.

``sentences.csv`` holds one sentence a line with what it stands in (section, report's year, region) and its facts of
the whole region, written as :func:`tests.extraction.reading.line` writes them. ``may_also`` names metrics that the
sentence speaks of, too, and that the case is not about. The figures are invented or approximate, the facts were written down before
the sentence was first read. To add a case, add a line.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from extraction import regions
from extraction.extract import extract_report
from extraction.model import Identity
from tests.extraction.reading import mapped

LEADS = {
    "review": "一、{last}年工作回顾\n",
    "five": "一、过去五年工作回顾\n五年来，",
    "outlook": "二、今后五年主要目标\n",
    "targets": "三、{year}年工作安排\n今年经济社会发展主要预期目标是：",
    "tasks": "三、{year}年重点工作\n",
}

with Path(__file__).with_name("sentences.csv").open(encoding="utf-8", newline="") as handle:
    CASES = list(csv.DictReader(handle))


@pytest.mark.parametrize("case", CASES, ids=[f"{c['year']}-{c['sentence'][:20]}" for c in CASES])
def test_reads_all_that_is_said_and_nothing_else(case: dict[str, str]) -> None:
    year = int(case["year"])
    place = regions.by_name(case["region"])
    assert place is not None
    lead = LEADS[case["section"]].format(year=year, last=year - 1)
    text = lead + case["sentence"] + "\n"
    reading = extract_report(text, Identity(place.code, place.name, year, "full"))
    found = mapped([o for o in reading.observations if o.char_end > len(lead)])
    expected = [fact for fact in case["facts"].split("; ") if fact]
    also = set(case["may_also"].split())
    missed = [fact for fact in expected if fact not in found]
    extra = [fact for fact in found if fact not in expected and fact.partition(".")[0] not in also]
    assert (missed, extra) == ([], [])
