"""From document text to observations: the one entry point of the reading."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from extraction import regions
from extraction.compact import Compact, compact
from extraction.documents.tables import find_tables
from extraction.facts import Reader
from extraction.figures import Fact, observed
from extraction.identity import second_report
from extraction.model import Identity, Observation, Reading, Section
from extraction.names import load_names
from extraction.structure import SENTENCE, sections
from extraction.tables import read_tables


def extract_report(
    text: str, identity: Identity, recognised: Sequence[tuple[int, int, float]] = ()
) -> Reading:
    """Sections and observations of a report's stored text. Any text in, no exception out.

    recognised  stretches of the text that OCR read, and how surely: ``DocumentText.recognised``

    Offsets are code points of ``text``; ``text[o.char_start:o.char_end] == o.quote`` for every observation.
    """
    year = identity.report_year
    if year is None or not text.strip():
        return Reading((), ())
    tables = find_tables(text)
    matching = compact(text, [line for table in tables for line in table.lines])
    if (another := second_report(matching.text)) is not None:
        tables = [table for table in tables if table.lines[-1][1] <= matching.start(another)]
        matching = replace(matching, text=matching.text[:another])
    early = identity.delivered_on is not None and identity.delivered_on.year == year - 1
    if early:
        # delivered in December for the year to come: what it calls 今年 is the year reported on, 明年 the year planned
        matching = replace(matching, text=matching.text.replace("今年", "去年").replace("明年", "今年"))
    stretches = sections(matching.text, year)
    names = load_names()
    own, others, foreign = _places(identity.region_code)
    reader = Reader(matching.text, names.find(matching.text), names, year, own, others, foreign)
    observations: list[Observation] = []
    listed: list[Section] = []
    body = matching.text
    marks, mark = reader.marks, 0
    for seq, stretch in enumerate(stretches):
        listed.append(
            Section(
                seq, stretch.kind, stretch.heading, matching.start(stretch.start), matching.end(stretch.end)
            )
        )
        for sentence in SENTENCE.finditer(body, stretch.start, stretch.end):
            start, end = sentence.span()
            while marks[mark] < start:
                mark += 1
            if marks[mark] >= end:
                reader.silent(start)
                continue
            facts = reader.sentence(start, end, stretch)
            if facts:
                shift = matching.shift(start, end)
                for fact in facts:
                    observations.append(_observation(fact, matching, stretch.kind, start, end, shift))
    if tables:
        observations += read_tables(text, tables, year, names, (own, others, foreign), relative=not early)
        observations.sort(key=lambda o: o.sentence_start)
    _doubt_contradictions(observations)
    if recognised:
        _doubt_recognition(observations, recognised)
    return Reading(tuple(listed), tuple(observations))


#: Exact statements of one thing in one report may differ by rounding; further apart, one of them is misread or misprinted.
_APART = 0.2
_BUILT = re.compile(r"新建|改扩?建|扩建|改造|续建")
_RENEWED = re.compile(r"(?<!新)(?<!新建)(?<!新建、)(?<!新建和)(?:改扩?建|扩建|改造|续建)")


def _doubt_contradictions(observations: list[Observation]) -> None:
    """Lower the confidence of exact statements that contradict another of the same report."""
    stated: dict[tuple[object, ...], list[Observation]] = {}
    for o in observations:
        own = o.metric_code and o.scope == "whole" and o.statistic not in ("comparison", "rank")
        if own and o.qualifier == "exact" and o.value is not None:
            key = (o.metric_code, o.statistic, o.role, o.period_start, o.period_end, o.basis)
            stated.setdefault(key, []).append(o)
    for same in stated.values():
        if len(same) > 1:
            values = [abs(o.value) for o in same if o.value is not None]
            if max(values) - min(values) > _APART * max(values):
                works = {bool(_RENEWED.search(o.quote)) for o in same if _BUILT.search(o.quote)}
                for o in same:
                    o.confidence = min(o.confidence, 0.6)
                    if len(works) == 2:
                        o.scope = (
                            "part"  # 新建幼儿园18所、改扩建35所: the metric is their sum, which nobody states
                        )


#: What OCR read is trusted no more than this, however sure it was: a digit that looks like another has a high score, too.
_RECOGNISED = 0.9


def _doubt_recognition(observations: list[Observation], recognised: Sequence[tuple[int, int, float]]) -> None:
    """Lower the confidence of what was read off pictures, unless another place of the report says the same."""
    places: dict[tuple[object, ...], set[int]] = {}
    for o in observations:
        if o.metric_code and o.value is not None:
            places.setdefault(_stated(o), set()).add(o.number_start)
    starts = [start for start, _, _ in recognised]
    for o in observations:
        if o.metric_code and o.value is not None and len(places[_stated(o)]) > 1:
            continue
        index = max(0, bisect_right(starts, o.char_start) - 1)
        while index < len(recognised) and recognised[index][0] < o.char_end:
            if recognised[index][1] > o.char_start:
                o.confidence = min(o.confidence, _RECOGNISED, round(recognised[index][2], 2))
            index += 1


def _stated(o: Observation) -> tuple[object, ...]:
    years = (o.period_start, o.period_end)
    return (o.metric_code, o.statistic, o.basis, o.role, years, o.scope, o.value, o.value_high, o.qualifier)


def _observation(
    fact: Fact, matching: Compact, section: str, begin: int, end: int, shift: int | None
) -> Observation:
    """The fact with its positions in the stored text. ``shift`` is what all positions of the sentence move by, where
    nothing was dropped inside it."""
    if shift is None:
        start, stop = matching.start(fact.start), matching.end(fact.end)
        number_start, number_end = matching.start(fact.number_start), matching.end(fact.number_end)
        begin, end = matching.start(begin), matching.end(end)
    else:
        start, stop = fact.start + shift, fact.end + shift
        number_start, number_end = fact.number_start + shift, fact.number_end + shift
        begin, end = begin + shift, end + shift
    quote = matching.stored[start:stop]
    return observed(fact, quote, start, stop, number_start, number_end, section, begin, end)


@lru_cache(maxsize=512)
def _places(region_code: str | None) -> tuple[tuple[str, ...], re.Pattern[str], re.Pattern[str] | None]:
    """Names of the reporting region, the longest first, a pattern of the wholes that are *not* it, and the one of them
    that may stand inside a metric's name (全省生产总值).

    A city's report that says 全省 or 我省 speaks of another region; a province's does not.
    """
    region = regions.by_code(region_code) if region_code else None
    if region is None:
        return (), re.compile(r"全国|全球|世界|中部六?省"), None
    own = {region.name, region.short_name, *(name for name in region.aliases if len(name) > 1)}
    if region.level == "province" and region.name.endswith("自治区"):
        own.add("自治区")
    others = [
        "全国",
        "全球",
        "世界",
        "中部地区",
        "西部地区",
        "东部地区",
        "中部六省",
        "国内外(?!游客|旅游)",
        "市本级",
        "省本级",
        "区本级",
        "本级",
        "中央",
        "县级",
        "市级(?!重点|以上|科)",
        "区级",
        "脱贫",
        "贫困",
    ]
    if region.level not in ("province", "nation"):
        others += ["全省", "我省", "全区(?!域)" if region.level == "prefecture" else "全省"]
    foreign = re.compile("全省|我省") if region.level not in ("province", "nation") else None
    # the longest first: 贵州 taken out of 贵州省 leaves 省
    return (
        tuple(sorted(filter(None, own), key=lambda name: (-len(name), name))),
        re.compile("|".join(others)),
        foreign,
    )
