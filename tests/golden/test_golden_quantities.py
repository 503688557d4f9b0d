"""Every quantity of the two city documents, labelled by reading, against what is read.

``<document>.quantities.csv``: the number as written, which occurrence of it in the document text (1 is the
first), value and unit (canonical where there is a metric, else as written), metric or empty, role, period,
qualifier, at most twelve characters around it, and a note. Rows whose note begins with ``optional`` count the
text's own items: they may be read or not. The corpus is no part of the project; the labels are figures only.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from extraction import regions
from extraction.extract import extract_report
from extraction.model import Identity, Observation

FOLDER = Path(__file__).parent
DOCUMENTS = {"太原市_2026": "140100", "运城市_2026": "140800"}
Row = dict[str, str]


def labels(document: str) -> list[Row]:
    with (FOLDER / f"{document}.quantities.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def place(text: str, row: Row) -> int:
    """Offset of the labelled number."""
    at = -1
    for _ in range(int(row["nth"])):
        at = text.index(row["number"], at + 1)
    return at


def at_label(text: str, row: Row, observations: tuple[Observation, ...]) -> list[Observation]:
    start = place(text, row)
    stop = start + len(row["number"])
    return [o for o in observations if o.number_start < stop and start < o.number_end]


def same(a: float | None, b: str) -> bool:
    if a is None or not b:
        return a is None and not b
    return abs(a - float(b)) <= 1e-6 * max(1.0, abs(a))


@pytest.fixture(scope="module", params=sorted(DOCUMENTS))
def read(request: pytest.FixtureRequest, corpus: Path) -> tuple[str, list[Row], tuple[Observation, ...]]:
    document = str(request.param)
    text = (corpus / "reports_2026" / f"{document}.txt").read_text(encoding="utf-8")
    region = regions.by_code(DOCUMENTS[document])
    assert region is not None
    reading = extract_report(text, Identity(region.code, region.name, 2026))
    return text, labels(document), reading.observations


@pytest.mark.corpus
def test_labels_stand_in_the_document(read: tuple[str, list[Row], tuple[Observation, ...]]) -> None:
    text, rows, _ = read
    assert len(rows) >= 25
    seen: set[int] = set()
    for row in rows:
        at = place(text, row)
        assert at not in seen, f"labelled twice: {row['context']}"
        seen.add(at)
        inside = row["context"].index(row["number"])
        assert text[at - inside :].startswith(row["context"]), row["context"]


@pytest.mark.corpus
def test_99_of_100_quantities_are_found_with_value_and_unit(
    read: tuple[str, list[Row], tuple[Observation, ...]],
) -> None:
    text, rows, observations = read
    asked = [row for row in rows if not row["note"].startswith("optional")]
    missed = [
        row["context"]
        for row in asked
        if not any(
            same(o.value, row["value"]) and same(o.value_high, row["value_high"]) and o.unit == row["unit"]
            for o in at_label(text, row, observations)
        )
    ]
    assert len(missed) <= len(asked) / 100, missed


@pytest.mark.corpus
def test_no_quantity_is_taken_for_another_metric(
    read: tuple[str, list[Row], tuple[Observation, ...]],
) -> None:
    text, rows, observations = read
    wrong = []
    for row in rows:
        for o in at_label(text, row, observations):
            right = {row["metric_code"], *(word.strip(",") for word in row["note"].split())}
            stated = o.metric_code and o.scope == "whole" and o.statistic != "comparison"
            if stated and o.metric_code not in right:
                wrong.append(f"{row['context']}: {o.metric_code}")
    assert not wrong


@pytest.mark.corpus
def test_metric_role_period_and_bound_are_right(
    read: tuple[str, list[Row], tuple[Observation, ...]],
) -> None:
    text, rows, observations = read
    for row in rows:
        if not row["metric_code"]:
            continue
        stated = {
            (o.metric_code, o.role, str(o.period_start), str(o.period_end), o.qualifier)
            for o in at_label(text, row, observations)
        }
        label = tuple(row[k] for k in ("metric_code", "role", "period_start", "period_end", "qualifier"))
        assert label in stated, row["context"]
