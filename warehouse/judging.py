"""`cityreports eval`: read the labelled files of a folder, judge what was read, show it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from extraction.evaluate import Evaluation, Label, Miss, Stated, evaluate, read_gold, tally_figures
from warehouse.extracting import files_of, readings
from warehouse.settings import Settings
from warehouse.tables import aligned, number


class NothingLabelled(Exception):
    """None of the labelled files is in the folder; the message says which were looked for."""


def judge(
    gold: Path, folder: Path, *, partial: bool, settings: Settings
) -> tuple[Evaluation, dict[str, str]]:
    """The evaluation of what the reader itself makes of ``folder`` (no corrections), and the labelled files that
    were not read, with the reason.

    Raises GoldError, and NothingLabelled.
    """
    labels = read_gold(gold)
    wanted = {label.key[0] for label in labels}
    files = [file for file in files_of([folder]) if file.path.name in wanted]
    unread = dict.fromkeys(wanted - {file.path.name for file in files}, "not in the folder")
    if not files:
        raise NothingLabelled(f"{folder} holds none of the {len(wanted)} files that {gold} labels")
    stated: list[Stated] = []
    for done in readings(
        files,
        jobs=settings.parsers,
        seconds=settings.document_seconds,
        most_bytes=settings.document_megabytes * 2**20,
    ):
        if done.result is None:
            unread[done.item.path.name] = str(done.error)
            continue
        text = done.result.document.text
        stated += [
            Stated(done.item.path.name, " ".join(text[o.sentence_start : o.sentence_end].split()), o)
            for o in done.result.reading.observations
        ]
    return evaluate(labels, stated, partial=partial), unread


def as_json(evaluation: Evaluation, unread: dict[str, str]) -> dict[str, Any]:
    """Everything that the evaluation says, for programs."""
    partial = evaluation.partial
    return {
        **evaluation.summary(),
        "partial": partial,
        "by_metric": {
            code: tally_figures(t, partial=partial) for code, t in sorted(evaluation.by_metric.items())
        },
        "by_role": {
            role: tally_figures(t, partial=partial) for role, t in sorted(evaluation.by_role.items())
        },
        "confidence": {
            name: {
                "labelled": band.labelled,
                "right": band.right,
                "judged": band.judged,
                "judged_right": band.judged_right,
            }
            for name, band in evaluation.bands.items()
        },
        "misses": [_miss_as_json(miss) for miss in evaluation.misses],
        "extras": [_stated_as_json(one) for one in evaluation.extras],
        "unread": unread,
    }


def _miss_as_json(miss: Miss) -> dict[str, Any]:
    file, metric, statistic, role, start, end = miss.label.key
    return {
        "file": file,
        "metric_code": metric,
        "statistic": statistic,
        "role": role,
        "period_start": start,
        "period_end": end,
        "value": miss.label.value,
        "value_high": miss.label.value_high,
        "qualifier": miss.label.qualifier,
        "same_fact": [_stated_as_json(one) for one in miss.same_fact],
        "same_number": [_stated_as_json(one) for one in miss.same_number],
    }


def _stated_as_json(one: Stated) -> dict[str, Any]:
    o = one.observation
    return {
        "file": one.file,
        "metric_code": o.metric_code,
        "statistic": o.statistic,
        "role": o.role,
        "period_start": o.period_start,
        "period_end": o.period_end,
        "value": o.value,
        "value_high": o.value_high,
        "unit": o.unit,
        "qualifier": o.qualifier,
        "scope": o.scope,
        "confidence": o.confidence,
        "rule": o.rule,
        "sentence": one.sentence,
    }


def lines(evaluation: Evaluation, unread: dict[str, str]) -> Iterator[str]:
    """The evaluation for people: figures, by role, by metric (those with a fault), confidence, misses, extras."""
    yield "  ".join(
        f"{name} {value:.4f}" if isinstance(value, float) else f"{name} {value}"
        for name, value in evaluation.summary().items()
    )
    for name, why in sorted(unread.items()):
        yield f"NOT READ  {name}: {why}"
    yield ""
    yield from _tallies("role", evaluation.by_role, evaluation.partial)
    faulty = {
        code: tally
        for code, tally in evaluation.by_metric.items()
        if tally.recalled < tally.asked
        or tally.same_qualifier < tally.recalled
        or tally.correct < tally.judged
    }
    good = len(evaluation.by_metric) - len(faulty)
    yield ""
    yield f"{good} of {len(evaluation.by_metric)} metrics without a fault" + (
        "; the others:" if faulty else ""
    )
    if faulty:
        yield from _tallies("metric", faulty, evaluation.partial)
    if evaluation.bands:
        yield ""
        yield "Confidence: observations about labelled facts, and all that precision judges (without a label: wrong)"
        yield from aligned(
            ("confidence", "labelled", "right", "share", "judged", "right", "share"),
            [
                (
                    name,
                    b.labelled,
                    b.right,
                    _part(b.right, b.labelled),
                    b.judged,
                    b.judged_right,
                    _part(b.judged_right, b.judged),
                )
                for name, b in evaluation.bands.items()
            ],
        )
    if evaluation.misses:
        yield ""
        yield f"Missed: {len(evaluation.misses)}"
        for miss in evaluation.misses:
            yield from _miss_lines(miss)
    if evaluation.extras:
        yield ""
        yield f"Stated, and supported by no label: {len(evaluation.extras)}"
        for one in evaluation.extras:
            yield f"  {one.file}  {_stated_words(one)}"
            yield f"      «{one.sentence}»"


def _tallies(name: str, tallies: dict[str, Any], partial: bool) -> list[str]:
    head = [name, "labelled", "found", "recall", "qualifier"]
    head += [] if partial else ["judged", "right", "precision"]
    rows = []
    for group, t in sorted(tallies.items()):
        row = [group, t.asked, t.recalled, _part(t.recalled, t.asked), _part(t.same_qualifier, t.recalled)]
        row += [] if partial else [t.judged, t.correct, _part(t.correct, t.judged)]
        rows.append(row)
    return aligned(head, rows)


def _part(part: int, whole: int) -> str:
    """A share for people; nothing is no share."""
    return f"{part / whole:.4f}" if whole else ""


def _miss_lines(miss: Miss) -> Iterator[str]:
    label: Label = miss.label
    file, metric, statistic, role, start, end = label.key
    period = str(start) if start == end else f"{start}–{end}"
    value = "no value" if label.value is None else number(label.value)
    high = f"–{number(label.value_high)}" if label.value_high is not None else ""
    yield f"  {file}  {metric}.{statistic} = {value}{high} {label.qualifier}, {role} {period}"
    near = [("instead", one) for one in miss.same_fact]
    near += [("that number", one) for one in miss.same_number]
    for how, one in near[:4]:
        yield f"      {how}: {_stated_words(one)}  «{one.sentence}»"
    if not near:
        yield "      nothing was read of it, nor of a number of that size"


def _stated_words(one: Stated) -> str:
    o = one.observation
    period = str(o.period_start) if o.period_start == o.period_end else f"{o.period_start}–{o.period_end}"
    value = "no value" if o.value is None else number(o.value)
    high = f"–{number(o.value_high)}" if o.value_high is not None else ""
    part = " (part)" if o.scope == "part" else ""
    return (
        f"{o.metric_code or 'no metric'}.{o.statistic} = {value}{high} {o.unit} {o.qualifier}, {o.role} {period}"
        f"{part}  {o.confidence:.2f} {o.rule}"
    )
