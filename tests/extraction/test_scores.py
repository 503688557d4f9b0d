"""The reading's scores on the labelled reports: never below the bars, never below what was reached before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from extraction.evaluate import Evaluation, Stated, evaluate, read_gold

pytestmark = pytest.mark.corpus

RESULTS = Path(__file__).resolve().parents[2] / "bench" / "results.json"

#: What a score may lie below the committed one: a label more or less, not a class of errors.
SLACK = 0.002

GOLDS = {
    "provinces_2026": ("reports_2026", {"recall": 0.98, "precision": 0.97, "qualifier": 0.97}),
    "cities_2026": ("reports_2026", {"recall": 0.97}),
    "city_history_partial": ("city_history", {"recall": 0.96}),
}


@pytest.fixture(scope="module")
def evaluations(corpus: Path, corpus_facts: dict[str, list[Stated]]) -> dict[str, Evaluation]:
    return {
        name: evaluate(
            read_gold(corpus.parent / "gold" / f"{name}.csv"),
            corpus_facts[folder],
            partial=name.endswith("_partial"),
        )
        for name, (folder, _) in GOLDS.items()
    }


@pytest.mark.parametrize("name", GOLDS)
def test_scores_reach_the_bars(evaluations: dict[str, Evaluation], name: str) -> None:
    reached = evaluations[name].summary()
    below = {key: reached[key] for key, bar in GOLDS[name][1].items() if reached[key] < bar}
    assert below == {}, "`cityreports eval` lists what is missed"


@pytest.mark.parametrize("name", GOLDS)
def test_scores_do_not_fall(evaluations: dict[str, Evaluation], name: str) -> None:
    before = json.loads(RESULTS.read_text(encoding="utf-8"))["scores"][name]
    assert {"recall", "qualifier"} <= set(before)
    reached = evaluations[name].summary()
    fallen = {key: (was, reached[key]) for key, was in before.items() if reached[key] < was - SLACK}
    assert fallen == {}, "worse than bench/results.json; `cityreports eval` lists what is missed"


def test_every_labelled_growth_target_of_gdp_is_read(evaluations: dict[str, Evaluation]) -> None:
    for name, found in evaluations.items():
        missed = [
            miss.label
            for miss in found.misses
            if miss.label.key[1] == "gdp"
            and miss.label.key[2] == "growth_rate"
            and miss.label.key[3] == "target"
        ]
        assert missed == [], name


def test_confidence_above_nine_tenths_is_right_99_times_in_100(evaluations: dict[str, Evaluation]) -> None:
    bands = [found.bands[">0.9"] for found in evaluations.values() if not found.partial]
    labelled, right = sum(b.labelled for b in bands), sum(b.right for b in bands)
    assert labelled > 250
    assert right / labelled >= 0.99


@pytest.mark.parametrize(
    ("sections", "share"), [(("annual_targets",), 0.95), (("review", "five_year_review"), 0.5)]
)
def test_quantities_of_targets_and_reviews_are_mapped(
    corpus_facts: dict[str, list[Stated]], sections: tuple[str, ...], share: float
) -> None:
    here = [
        s.observation for seen in corpus_facts.values() for s in seen if s.observation.section in sections
    ]
    assert len(here) > 150
    assert sum(o.metric_code is not None for o in here) / len(here) >= share
