"""Scores: the same figures as the labels' own scorer gives, and what each rule of judging does."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import asdict, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from extraction.evaluate import GoldError, Label, Stated, evaluate, read_gold
from extraction.model import Observation

PLAIN = Observation(
    metric_code="gdp",
    subject="地区生产总值",
    statistic="growth_rate",
    basis=None,
    role="target",
    is_estimate=False,
    period_start=2026,
    period_end=2026,
    value=5.0,
    value_high=None,
    unit="%",
    qualifier="around",
    stretch_clause=False,
    scope="whole",
    raw_value="5",
    raw_unit="%",
    quote="地区生产总值增长5%左右",
    char_start=0,
    char_end=12,
    number_start=8,
    number_end=10,
    section="annual_targets",
    confidence=0.97,
    rule="name_before/stated",
    sentence_start=0,
    sentence_end=12,
)


def stated(file: str = "a.txt", **changed: Any) -> Stated:
    return Stated(file, "地区生产总值增长5%左右。", replace(PLAIN, **changed))


def label(
    value: float | None = 5.0,
    *,
    file: str = "a.txt",
    metric: str = "gdp",
    statistic: str = "growth_rate",
    role: str = "target",
    years: tuple[int, int] = (2026, 2026),
    high: float | None = None,
    qualifier: str = "around",
    optional: bool = False,
) -> Label:
    return Label((file, metric, statistic, role, *years), value, high, qualifier, "某市", 2026, optional)


def test_a_fact_is_recalled_where_all_that_it_is_about_agrees() -> None:
    assert evaluate([label()], [stated()]).total.recall == 1.0
    for different in (
        {"metric_code": "retail_sales"},
        {"metric_code": None},
        {"statistic": "level"},
        {"role": "actual"},
        {"period_end": 2027},
        {"value": 5.1},
        {"value_high": 6.0},
        {"scope": "part"},
    ):
        assert evaluate([label()], [stated(**different)]).total.recall == 0.0, different
    assert evaluate([label()], [stated(file="b.txt")]).total.recall == 0.0


def test_values_agree_within_the_tolerance_and_not_beyond() -> None:
    assert evaluate([label(50000)], [stated(value=50004.9)]).total.recall == 1.0
    assert evaluate([label(50000)], [stated(value=50005.1)]).total.recall == 0.0


def test_a_qualifier_is_asked_of_recalled_facts_only_and_decides_where_there_is_no_value() -> None:
    other = evaluate([label()], [stated(qualifier="exact")]).total
    assert (other.recall, other.qualifier) == (1.0, 0.0)
    wordless = label(None, qualifier="in_step_with_growth")
    assert evaluate([wordless], [stated(value=None, qualifier="in_step_with_growth")]).total.recall == 1.0
    assert evaluate([wordless], [stated(value=None, qualifier="positive_growth")]).total.recall == 0.0
    assert evaluate([wordless], [stated(qualifier="in_step_with_growth")]).total.recall == 0.0


def test_an_optional_label_is_not_asked_for_and_right_when_given() -> None:
    gold = [label(), label(4.5, years=(2025, 2025), role="actual", optional=True)]
    silent = evaluate(gold, [stated()])
    assert (silent.total.asked, silent.total.judged, silent.total.correct) == (1, 1, 1)
    given = evaluate(gold, [stated(), stated(value=4.5, role="actual", period_start=2025, period_end=2025)])
    assert (given.total.asked, given.total.judged, given.total.correct) == (1, 2, 2)


def test_precision_asks_about_labelled_metrics_roles_and_periods_and_about_each_value_once() -> None:
    gold = [label(), label(3.0, metric="cpi", qualifier="exact")]
    seen = [
        stated(),
        stated(confidence=0.75),
        stated(value=7.0),
        stated(statistic="level", value=900.0),
        stated(metric_code="retail_sales"),
        stated(role="actual"),
        stated(statistic="rank", value=3.0),
    ]
    found = evaluate(gold, seen)
    assert (found.total.judged, found.total.correct) == (3, 1)
    assert [one.observation.value for one in found.extras] == [7.0, 900.0]
    assert found.by_metric["gdp"].precision == pytest.approx(1 / 3)
    assert found.by_metric["cpi"].recall == 0.0
    assert found.by_role["target"].f1 == pytest.approx(2 * (1 / 3) * 0.5 / (1 / 3 + 0.5))


def test_a_partial_gold_has_no_precision_and_no_extras() -> None:
    found = evaluate([label()], [stated(), stated(value=7.0)], partial=True)
    assert set(found.summary()) == {"gold", "recalled", "recall", "qualifier"}
    assert (found.extras, found.bands) == ((), {})


def test_confidence_is_set_against_what_was_right() -> None:
    gold = [label(3120, statistic="level", qualifier="exact"), label()]
    level = {"statistic": "level", "unit": "亿元"}
    found = evaluate(
        gold,
        [
            stated(),
            stated(value=3120.0, qualifier="exact", **level),
            stated(value=3000.0, qualifier="more_than", **level),  # 首次突破3000亿元: right, too
            stated(value=300.0, qualifier="more_than", **level),  # true, and read from something else
            stated(value=3300.0, qualifier="at_least", confidence=0.9, **level),
            stated(value=8.0, confidence=0.5),
            stated(metric_code="gdp", statistic="change_pp", value=1.0, confidence=0.95),
        ],
    )
    sure, middle, unsure = (found.bands[name] for name in (">0.9", "0.7-0.9", "<=0.7"))
    assert (sure.labelled, sure.right, sure.judged, sure.judged_right) == (4, 3, 5, 2)
    assert (middle.labelled, middle.right) == (1, 0)
    assert (unsure.labelled, unsure.right) == (1, 0)


def test_a_miss_shows_what_was_made_of_it() -> None:
    seen = [stated(value=6.0), stated(metric_code=None), stated(file="b.txt", metric_code=None)]
    (miss,) = evaluate([label()], seen).misses
    assert [one.observation.value for one in miss.same_fact] == [6.0]
    assert [(one.file, one.observation.metric_code) for one in miss.same_number] == [("a.txt", None)]


HEAD = "file,region,report_year,role,period_start,period_end,metric_code,statistic,value,value_high,unit,qualifier"


def test_labels_are_read_from_csv_and_mistakes_named(tmp_path: Path) -> None:
    path = tmp_path / "gold.csv"
    row = "texts/a.txt,某市,2026,target,2026,2026,gdp,growth_rate,5,,%,around"
    path.write_text(f"\ufeff{HEAD},optional\n{row},1\n{row},\n", encoding="utf-8")
    assert read_gold(path) == [label(optional=True), label()]
    for content, words in (
        (HEAD.replace(",qualifier", ""), "no column qualifier"),
        (f"{HEAD}\n{row.replace(',5,', ',five,')}", "line 2: value is 'five', not a number"),
        (f"{HEAD}\n{row.replace(',2026,gdp', ',,gdp')}", "line 2: period_end is '', not a year"),
    ):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(GoldError, match=words):
            read_gold(path)
    with pytest.raises(GoldError, match=r"absent\.csv: cannot be read"):
        read_gold(tmp_path / "absent.csv")


def scorer(corpus: Path) -> ModuleType:
    """The labels' own scorer, as a module."""
    spec = importlib.util.spec_from_file_location("score", corpus.parent / "tools" / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def spoiled(seen: list[Stated]) -> list[Stated]:
    """The same with faults of every kind in it, so that no figure is a round 1."""
    out = []
    for i, one in enumerate(seen):
        o = one.observation
        if i % 7 == 0:
            continue
        if i % 11 == 0 and o.value is not None:
            o = replace(o, value=o.value * 1.1)
        if i % 5 == 0:
            o = replace(o, qualifier="nearly")
        if i % 17 == 0:
            o = replace(o, role="actual" if o.role == "target" else "target")
        if i % 19 == 0:
            o = replace(o, metric_code="gdp")
        out.append(replace(one, observation=o))
    return out


@pytest.mark.corpus
@pytest.mark.parametrize("spoil", [False, True], ids=["as read", "spoiled"])
@pytest.mark.parametrize(
    ("gold", "folder", "partial"),
    [
        ("provinces_2026", "reports_2026", False),
        ("cities_2026", "reports_2026", False),
        ("city_history_partial", "city_history", True),
    ],
)
def test_the_figures_are_those_of_the_labels_own_scorer(
    corpus: Path,
    corpus_facts: dict[str, list[Stated]],
    tmp_path: Path,
    gold: str,
    folder: str,
    partial: bool,
    spoil: bool,
) -> None:
    seen = corpus_facts[folder]
    if spoil:
        seen = spoiled(seen)
    lines = tmp_path / "facts.jsonl"
    lines.write_text(
        "".join(json.dumps({"file": s.file} | asdict(s.observation)) + "\n" for s in seen), encoding="utf-8"
    )
    path = corpus.parent / "gold" / f"{gold}.csv"
    theirs = scorer(corpus)
    figures, misses, extras = theirs.score(
        theirs.read_gold(path), theirs.read_observations(lines), partial=partial
    )
    found = evaluate(read_gold(path), seen, partial=partial)
    assert found.summary() == pytest.approx(figures)
    assert (len(found.misses), len(found.extras)) == (len(misses), len(extras))
    if spoil:
        assert found.total.recall < 0.95
        assert found.total.qualifier < 0.95
