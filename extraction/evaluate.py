"""How well reports were read, by labelled facts: recall, precision, qualifier agreement, and whether
confidence means what it says.

The rules are those of the labels' own scorer, so that figures can be compared:

recall      labelled facts that some observation states: same file, metric, statistic, role, period and
            value(s) (relative tolerance 1e-4); a fact without a value needs the same qualifier
qualifier   of the recalled facts, those whose qualifier agrees, too
precision   observations about a labelled metric, in a role and period that are labelled in their file, that
            agree with a label. A gold that labels only part of each text has none

Only observations with a metric and scope ``whole`` count. An observation that no label supports is counted as
wrong, though the label may be what is missing: the list of extras is there to be read.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from extraction.model import Observation

#: Statistics that state a metric's own value; ranks and comparisons are judged by nobody.
JUDGED = (
    "level",
    "growth_rate",
    "annual_average_growth_rate",
    "change_pp",
    "cumulative_level",
    "cumulative_growth_rate",
    "annual_average",
)

TOLERANCE = 1e-4

#: A bound further than this share from the value it is set on was read from something else.
NEAR = 0.25

#: Bands of confidence: (name, above this, up to this).
BANDS = ((">0.9", 0.9, 1.0), ("0.7-0.9", 0.7, 0.9), ("<=0.7", -1.0, 0.7))

_COLUMNS = (
    "file",
    "region",
    "report_year",
    "role",
    "period_start",
    "period_end",
    "metric_code",
    "statistic",
    "value",
    "value_high",
    "unit",
    "qualifier",
)

#: What a fact is about: file, metric, statistic, role, first and last year.
Key = tuple[str, str, str, str, int, int]


class GoldError(Exception):
    """A file of labels that cannot be used; the message names file, line and column."""


@dataclass(frozen=True, slots=True)
class Label:
    """One labelled fact. ``optional``: it can fairly be read either way: not asked for, right when given."""

    key: Key
    value: float | None
    value_high: float | None
    qualifier: str
    region: str
    report_year: int
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Stated:
    """An observation with the name of the file, and the sentence, that it was read from."""

    file: str
    sentence: str
    observation: Observation

    @property
    def key(self) -> Key:
        o = self.observation
        return (self.file, o.metric_code or "", o.statistic, o.role, o.period_start, o.period_end)


@dataclass(slots=True)
class Tally:
    """Counts of one group of facts, and the shares that follow. A share of nothing is 0."""

    asked: int = 0
    recalled: int = 0
    same_qualifier: int = 0
    judged: int = 0
    correct: int = 0

    @property
    def recall(self) -> float:
        return _share(self.recalled, self.asked)

    @property
    def qualifier(self) -> float:
        return _share(self.same_qualifier, self.recalled)

    @property
    def precision(self) -> float:
        return _share(self.correct, self.judged)

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(slots=True)
class Band:
    """Observations of one band of confidence.

    labelled, right          those about a fact that is labelled, and how many are right: they agree with a label, or
                             are a bound that a labelled value keeps (首次突破3000亿元 beside 完成3120亿元)
    judged, judged_right     all that precision judges, by its rule
    """

    labelled: int = 0
    right: int = 0
    judged: int = 0
    judged_right: int = 0


@dataclass(frozen=True, slots=True)
class Miss:
    """A labelled fact that was not found.

    same_fact    what was read about the same thing, with another value
    same_number  what else was made of a number of that size in the same file
    """

    label: Label
    same_fact: tuple[Stated, ...]
    same_number: tuple[Stated, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """``total`` and the same by metric and by role; ``bands`` and ``extras`` are empty for a partial gold."""

    partial: bool
    total: Tally
    by_metric: dict[str, Tally]
    by_role: dict[str, Tally]
    bands: dict[str, Band]
    misses: tuple[Miss, ...]
    extras: tuple[Stated, ...]

    def summary(self) -> dict[str, float | int]:
        """The figures that are compared from one version to the next."""
        return tally_figures(self.total, partial=self.partial)


def tally_figures(tally: Tally, *, partial: bool) -> dict[str, float | int]:
    """A tally as names and numbers; without precision for a partial gold."""
    figures: dict[str, float | int] = {
        "gold": tally.asked,
        "recalled": tally.recalled,
        "recall": tally.recall,
        "qualifier": tally.qualifier,
    }
    if not partial:
        figures |= {"judged": tally.judged, "precision": tally.precision, "f1": tally.f1}
    return figures


def read_gold(path: Path) -> list[Label]:
    """Labels of a CSV file with the columns ``file, region, report_year, role, period_start, period_end,
    metric_code, statistic, value, value_high, unit, qualifier`` and, where wanted, ``optional``.

    Raises GoldError.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle)
            missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise GoldError(f"{path}: no column {', '.join(missing)}; needed are {', '.join(_COLUMNS)}")
            return [_label(path, reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise GoldError(f"{path}: cannot be read as CSV in UTF-8 ({error})") from error


def _label(path: Path, line: int, row: Mapping[str, str]) -> Label:
    def number(column: str) -> float | None:
        text = row[column]
        try:
            return float(text) if text else None
        except (TypeError, ValueError):
            raise GoldError(f"{path}, line {line}: {column} is {text!r}, not a number") from None

    def year(column: str) -> int:
        value = number(column)
        if value is None or value != int(value):
            raise GoldError(f"{path}, line {line}: {column} is {row[column]!r}, not a year")
        return int(value)

    return Label(
        (
            Path(row["file"]).name,
            row["metric_code"],
            row["statistic"],
            row["role"],
            year("period_start"),
            year("period_end"),
        ),
        number("value"),
        number("value_high"),
        row["qualifier"],
        row["region"],
        year("report_year"),
        bool(row.get("optional")),
    )


def evaluate(gold: Sequence[Label], stated: Iterable[Stated], *, partial: bool = False) -> Evaluation:
    """Judge ``stated`` by ``gold``; ``partial``: the gold labels only part of each text."""
    seen = list(stated)
    counting = [s for s in seen if s.observation.metric_code and s.observation.scope == "whole"]
    by_key: dict[Key, list[Stated]] = defaultdict(list)
    for one in counting:
        by_key[one.key].append(one)
    total = Tally()
    by_metric: dict[str, Tally] = defaultdict(Tally)
    by_role: dict[str, Tally] = defaultdict(Tally)
    missed: list[Label] = []
    for label in gold:
        if label.optional:
            continue
        groups = (total, by_metric[label.key[1]], by_role[label.key[3]])
        found = [s for s in by_key.get(label.key, ()) if agrees(label, s.observation)]
        same = any(s.observation.qualifier == label.qualifier for s in found)
        for tally in groups:
            tally.asked += 1
            tally.recalled += bool(found)
            tally.same_qualifier += same
        if not found:
            missed.append(label)
    extras: list[Stated] = []
    bands: dict[str, Band] = {}
    if not partial:
        bands = {name: Band() for name, _, _ in BANDS}
        labels: dict[Key, list[Label]] = defaultdict(list)
        for label in gold:
            labels[label.key].append(label)
        for one in _judged(gold, counting):
            right = any(agrees(label, one.observation) for label in labels.get(one.key, ()))
            for tally in (total, by_metric[one.key[1]], by_role[one.key[3]]):
                tally.judged += 1
                tally.correct += right
            band = bands[_band(one.observation.confidence)]
            band.judged += 1
            band.judged_right += right
            if one.key in labels:
                band.labelled += 1
                band.right += right or any(_kept(one.observation, label) for label in labels[one.key])
            if not right:
                extras.append(one)
    misses = tuple(
        Miss(label, tuple(by_key.get(label.key, ())), _same_number(label, seen)) for label in missed
    )
    return Evaluation(partial, total, dict(by_metric), dict(by_role), bands, misses, tuple(extras))


def agrees(label: Label, observation: Observation) -> bool:
    """True where an observation about the same thing says what the label says."""
    if label.value is None:
        return observation.value is None and observation.qualifier == label.qualifier
    return _close(label.value, observation.value) and _close(label.value_high, observation.value_high)


def _kept(o: Observation, label: Label) -> bool:
    """True where ``o`` is a bound on the labelled value, a near one, and the value keeps it."""
    if o.value is None or o.value_high is not None or label.value is None or label.value_high is not None:
        return False
    if o.qualifier in ("more_than", "at_least"):
        return o.value <= label.value <= o.value + NEAR * abs(o.value)
    if o.qualifier in ("less_than", "at_most"):
        return o.value - NEAR * abs(o.value) <= label.value <= o.value
    return False


def _judged(gold: Sequence[Label], counting: Iterable[Stated]) -> Iterable[Stated]:
    """Observations that precision asks about; the same value stated twice is asked about once."""
    metrics = {label.key[1] for label in gold}
    places = {(label.key[0], *label.key[3:]) for label in gold}
    known = set()
    for one in counting:
        key = one.key
        identity = (key, one.observation.value, one.observation.value_high)
        if key[1] in metrics and key[2] in JUDGED and (key[0], *key[3:]) in places and identity not in known:
            known.add(identity)
            yield one


def _same_number(label: Label, seen: Iterable[Stated]) -> tuple[Stated, ...]:
    """What was read from numbers of the label's size in its file: where a missed fact usually went."""
    if label.value is None:
        return ()
    return tuple(
        one
        for one in seen
        if one.file == label.key[0] and one.key != label.key and _close(label.value, one.observation.value)
    )


def _band(confidence: float) -> str:
    return next(name for name, above, up_to in BANDS if above < confidence <= up_to)


def _close(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is None and b is None
    return abs(a - b) <= TOLERANCE * max(1.0, abs(a), abs(b))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
