"""Corrections as data: ``corrections.yml`` says which facts are dropped, overridden or flagged, which documents are
dropped or belong to another year or region, why, and what the source must still say for that to hold.

Those of a document are applied once it is known what it is, before it is read (``place``): a report's year decides
what 去年 means. They show among its ``doubts``, or in quarantine (``dropped_by_correction``). Those of a fact are
applied after extraction, where a document's rows are made. What was corrected shows in the evidence: its
rule ends in ``/corrected:<id>``; quote, ``raw_value`` and offsets stay as the source has them. An entry whose
source no longer says what it expects is *stale*: it changes nothing, is set aside in quarantine as
``stale_correction``, and stops nobody. The format is explained in docs/corrections.md.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from extraction import regions
from extraction.catalogue import load_catalogue
from extraction.model import EDITIONS, QUALIFIERS, STATISTICS, DocumentError, Identity, Observation
from warehouse.settings import CHECKOUT

FILE = CHECKOUT / "corrections.yml"

ACTIONS = ("drop", "override", "flag")

#: Reason under which a correction that no longer holds stands in quarantine.
STALE = "stale_correction"

#: Reason under which a document that a correction drops stands in quarantine.
DROPPED = "dropped_by_correction"

#: What the rule of a corrected fact ends in, before the correction's id.
MARK = "/corrected:"

#: Names the entry in what is said of a document: among its doubts, and in quarantine.
_BY = re.compile(r"by correction ([a-z0-9-]+):")

#: Refusals that a correction can mend: the page is a report, and only whose or of which year was not to be read.
_MENDABLE = ("region_unknown", "year_unknown")

#: Confidence of a flagged fact: below every band that is called sure.
FLAGGED_CONFIDENCE = 0.5

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_WITHOUT_VALUE = ("in_step_with_growth", "positive_growth", "faster_than_growth", "unstated")
_CHANGEABLE = (
    "metric",
    "statistic",
    "role",
    "period",
    "value",
    "value_high",
    "unit",
    "qualifier",
    "scope",
    "basis",
    "is_estimate",
)


class CorrectionError(Exception):
    """An entry of ``corrections.yml`` that cannot be used, or no longer holds; names it, and what to do."""


@dataclass(frozen=True, slots=True)
class Correction:
    """One entry.

    document   ``sha256`` of the raw bytes, or region, year and edition (``any``: all of them, the default)
    fact       metric (None: a number that was read without one), statistic, role, first and last year
    whole      it speaks of the document as a whole, and of no fact: metric, statistic, role, period say nothing
    expect     words that the fact's sentence (of a whole document: its text) must still hold, and/or the value
               that must still be read
    change     of an override: contract field → value; ``period_start`` and ``period_end`` for ``period``; of a
               whole document ``report_year``, ``region_code`` and ``region_name``
    """

    id: str
    action: str
    sha256: str | None
    region_code: str | None
    year: int | None
    edition: str
    reason: str
    evidence: str
    author: str
    date: date
    metric: str | None = None
    statistic: str = ""
    role: str = ""
    period: tuple[int, int] = (0, 0)
    expect_quote: str | None = None
    expect_value: float | None = None
    change: tuple[tuple[str, Any], ...] = ()
    whole: bool = False

    def concerns(self, document_id: str, identity: Identity) -> bool:
        """Whether the entry speaks of this document."""
        if self.sha256 is not None:
            return self.sha256 == document_id
        return (
            self.region_code == identity.region_code
            and self.year == identity.report_year
            and self.edition in ("any", identity.edition)
        )

    def about(self, o: Observation) -> bool:
        """Whether the entry speaks of this fact, whatever its value."""
        return (self.metric, self.statistic, self.role, *self.period) == (
            o.metric_code,
            o.statistic,
            o.role,
            o.period_start,
            o.period_end,
        )


@dataclass(frozen=True, slots=True)
class Note:
    """What came of a correction in one document: how many facts it changed; or none, and why (stale)."""

    correction_id: str
    facts: int
    problem: str = ""


def place(
    corrections: Iterable[Correction], document_id: str, identity: Identity, text: str
) -> tuple[Identity, tuple[Note, ...]]:
    """What a document is, with the corrections that speak of it as a whole, and what came of each.

    An entry that changes what the document is says so among its ``doubts``. One that does not hold changes nothing
    and says so in its note. Raises DocumentError (``dropped_by_correction``) where an entry drops the document.
    """
    notes = []
    placed = identity
    for correction in corrections:
        # By what the reader made of it: no entry depends on another.
        if not correction.whole or not correction.concerns(document_id, identity):
            continue
        problem = _not_as_expected(correction, identity, text)
        if problem:
            todo = "look at the source, then mend the entry or remove it"
            notes.append(
                Note(correction.id, 0, f"correction {correction.id} no longer holds: {problem}; {todo}")
            )
            continue
        if correction.action == "drop":
            raise DocumentError(
                DROPPED, f"by correction {correction.id}: {correction.reason} ({correction.evidence})"
            )
        placed = _placed(correction, placed)
        notes.append(Note(correction.id, 0))
    return placed, tuple(notes)


def _not_as_expected(correction: Correction, identity: Identity, text: str) -> str:
    if _bare(correction.expect_quote or "") not in _bare(text):
        return f"«{correction.expect_quote}» does not stand in the document any more"
    change = dict(correction.change)
    if change and all(getattr(identity, name) == value for name, value in change.items()):
        return "the document is read so without it"
    return ""


def _placed(correction: Correction, identity: Identity) -> Identity:
    change = dict(correction.change)
    words = []
    if "report_year" in change:
        words.append(f"report year {identity.report_year or 'unknown'} → {change['report_year']}")
    if "region_code" in change:
        words.append(f"region {identity.region_name or 'unknown'} → {change['region_name']}")
    doubt = f"{', '.join(words)} by correction {correction.id}: {correction.reason} ({correction.evidence})"
    after = replace(identity, **change, doubts=(*identity.doubts, doubt))
    is_known = after.report_year is not None and after.region_code is not None
    if after.rejected in _MENDABLE and is_known:
        after = replace(after, rejected=None, rejected_detail="")
    return after


def named_in(words: str) -> list[str]:
    """Ids of the corrections that a doubt, or the detail of a dropped document, names."""
    return _BY.findall(words)


def apply(
    corrections: Iterable[Correction],
    document_id: str,
    identity: Identity,
    text: str,
    observations: Sequence[Observation],
) -> tuple[tuple[Observation, ...], tuple[Note, ...]]:
    """The facts of a document with all corrections of facts that concern it, and what came of each. Never raises:
    an entry that does not hold leaves the facts alone and says so in its note.

    ``identity`` is what the document is with corrections (``place``)."""
    corrected = tuple(observations)
    notes = []
    for correction in corrections:
        if correction.whole or not correction.concerns(document_id, identity):
            continue
        try:
            corrected, facts = apply_one(correction, text, corrected)
        except CorrectionError as error:
            notes.append(Note(correction.id, 0, str(error)))
        else:
            notes.append(Note(correction.id, facts))
    return corrected, tuple(notes)


def apply_one(
    correction: Correction, text: str, observations: Sequence[Observation]
) -> tuple[tuple[Observation, ...], int]:
    """The facts with one correction that concerns their document, and how many facts it changed.

    Raises CorrectionError, naming the entry, where the document no longer says what the entry expects.
    """
    about = [o for o in observations if correction.about(o)]
    held = [o for o in about if _as_expected(correction, o, text)]
    if not held:
        raise CorrectionError(
            f"correction {correction.id} no longer holds: {_instead(correction, about, text)}"
        )
    chosen = {id(o) for o in held}
    return tuple(_corrected(correction, o) if id(o) in chosen else o for o in observations), len(held)


def _as_expected(correction: Correction, o: Observation, text: str) -> bool:
    if correction.expect_value is not None and not _same(correction.expect_value, o.value):
        return False
    if correction.expect_quote is None:
        return True
    return _bare(correction.expect_quote) in _bare(text[o.sentence_start : o.sentence_end])


def _instead(correction: Correction, about: Sequence[Observation], text: str) -> str:
    expected = [f"«{correction.expect_quote}»"] if correction.expect_quote else []
    expected += [_shown(correction.expect_value)] if correction.expect_value is not None else []
    wanted = " ".join(expected)
    start, end = correction.period
    metric = correction.metric or "a number without a metric"
    period = f"{start}" if start == end else f"{start}–{end}"
    name = f"{metric}.{correction.statistic} {correction.role} {period}"
    todo = "look at the source, then mend the entry or remove it"
    if correction.sha256 is None and correction.edition == "any":
        todo += ", or name the document.edition that it is about"
    if not about:
        return f"the document states no {name} any more ({wanted} was corrected); {todo}"
    after = dict(correction.change)
    if any("value" in after and _same(after["value"], o.value) for o in about):
        return f"{name} is read as {_shown(after['value'])} without it; remove the entry"
    seen = "; ".join(
        f"{_shown(o.value)} in «{text[o.sentence_start : o.sentence_end][:60]}»" for o in about[:3]
    )
    return f"{name} is now {seen}, where {wanted} was corrected; {todo}"


def _shown(value: float | None) -> str:
    return "no value" if value is None else f"{value:.12g}"


def _corrected(correction: Correction, o: Observation) -> Observation:
    rule = f"{o.rule}{MARK}{correction.id}"
    match correction.action:
        case "drop":
            # The number stays, as one that speaks of no metric: nothing that the text says is lost.
            return replace(o, metric_code=None, rule=rule, confidence=min(o.confidence, FLAGGED_CONFIDENCE))
        case "flag":
            return replace(o, rule=rule, confidence=min(o.confidence, FLAGGED_CONFIDENCE))
        case _:
            after = replace(o, **dict(correction.change), rule=rule, confidence=1.0)
            problem = _odd(after)
            if problem:
                raise CorrectionError(f"correction {correction.id} cannot be applied: {problem}")
            return after


def _odd(o: Observation) -> str:
    """What is wrong with an overridden fact taken as a whole, by the contract; empty where nothing is."""
    if o.period_end < o.period_start:
        return f"the period {o.period_start}–{o.period_end} ends before it begins"
    if (o.value is None) != (o.qualifier in _WITHOUT_VALUE):
        return f"qualifier {o.qualifier} does not go with {_shown(o.value)}; set both"
    if (o.value_high is not None) != (o.qualifier == "range"):
        return f"qualifier {o.qualifier} does not go with value_high {_shown(o.value_high)}; set both"
    if o.value is not None and o.value_high is not None and o.value_high < o.value:
        return "value_high is below value"
    if o.metric_code is not None:
        wanted = load_catalogue().by_code[o.metric_code].unit
        rate = o.statistic in ("growth_rate", "annual_average_growth_rate", "cumulative_growth_rate")
        if rate and o.unit != "%":
            return f"a {o.statistic} is in %, not {o.unit or 'a bare number'}; set unit"
        if o.statistic in ("level", "cumulative_level", "annual_average") and o.unit != wanted:
            return (
                f"{o.metric_code} is in {wanted or 'bare numbers'}, not {o.unit or 'a bare number'}; set unit"
            )
    return ""


def _same(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is b
    return abs(a - b) <= 1e-9 * max(1.0, abs(a), abs(b))


def _bare(text: str) -> str:
    return "".join(text.split())


# --- the file -------------------------------------------------------------------------------------------


def load(path: Path | None = None) -> tuple[Correction, ...]:
    """The entries of ``path`` (default: the project's ``corrections.yml``), in order.

    Raises CorrectionError, naming entry and field. A missing file is an error, too: without it, figures that
    are known to be wrong would come back in silence.
    """
    path = FILE if path is None else path
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a safe loader
    except OSError as error:
        raise CorrectionError(
            f"{path}: cannot be read ({error.strerror}); a file without corrections holds `corrections: []`"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CorrectionError(f"{path}: no valid YAML ({error})") from error
    if not isinstance(content, dict) or set(content) != {"corrections"}:
        raise CorrectionError(f"{path}: must hold one key, `corrections`, with a list")
    entries = content["corrections"]
    if not isinstance(entries, list):
        raise CorrectionError(f"{path}: `corrections` must be a list")
    found = []
    for number, entry in enumerate(entries, 1):
        name = entry.get("id") if isinstance(entry, dict) else None
        try:
            found.append(_entry(entry))
        except _Wrong as wrong:
            raise CorrectionError(f"{path}, entry {name or f'number {number}'}: {wrong}") from None
    for i, one in enumerate(found):
        for other in found[:i]:
            if one.id == other.id:
                raise CorrectionError(f"{path}: two entries have the id {one.id}")
            if _target(one) == _target(other):
                what = "document" if one.whole else "fact"
                raise CorrectionError(f"{path}: {other.id} and {one.id} correct the same {what}; join them")
    return tuple(found)


class _Loader(yaml.CSafeLoader):
    """Safe, and refuses a key that is given twice: YAML would keep the last in silence."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key) for key, _ in node.value]
    twice = {str(key) for key in keys if keys.count(key) > 1}
    if twice:
        raise yaml.YAMLError(f"{', '.join(sorted(twice))} given twice, {node.start_mark}")
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


class _Wrong(Exception):
    """What is wrong with an entry; ``load`` adds file and entry."""


def _target(c: Correction) -> tuple[object, ...]:
    document = (c.sha256, c.region_code, c.year, c.edition)
    if c.whole:
        return document
    return (*document, c.metric, c.statistic, c.role, c.period, c.expect_quote, c.expect_value)


def _entry(entry: Any) -> Correction:
    if not isinstance(entry, dict):
        raise _Wrong("must be a mapping")
    action = _one_of(entry.get("action"), "action", ACTIONS)
    whole = "fact" not in entry
    needed = {"id", "action", "document", "expect", "reason", "evidence", "author", "date"}
    _keys(entry, needed | ({"set"} if action == "override" else set()), {"fact"})
    if not isinstance(entry["id"], str) or not _ID.fullmatch(entry["id"]):
        raise _Wrong(f"id {entry['id']!r} must be small letters, digits and hyphens")
    sha256, region_code, year, edition = _document(entry["document"])
    if not isinstance(entry["date"], date):
        raise _Wrong(f"date {entry['date']!r} must be a day such as 2026-03-01")
    stated = {
        "id": entry["id"],
        "action": action,
        "sha256": sha256,
        "region_code": region_code,
        "year": year,
        "edition": edition,
        "reason": _words(entry["reason"], "reason"),
        "evidence": _words(entry["evidence"], "evidence"),
        "author": _words(entry["author"], "author"),
        "date": entry["date"],
    }
    quote, value = _expect(entry["expect"])
    if whole:
        if action == "flag":
            raise _Wrong("without a fact it speaks of the whole document, which can be dropped or overridden")
        if quote is None or value is not None:
            raise _Wrong(
                "without a fact it speaks of the whole document: expect must give a quote, and no value"
            )
        return Correction(
            **stated,
            expect_quote=quote,
            change=_placing(entry["set"]) if action == "override" else (),
            whole=True,
        )
    fact = entry["fact"]
    _keys(fact, {"metric", "statistic", "role", "period"}, set(), "fact")
    metric = None if fact["metric"] is None else _metric(fact["metric"], "fact.metric")
    if metric is None and (action == "drop" or quote is None):
        raise _Wrong(
            "fact.metric is null: such a number cannot be dropped, and needs expect.quote to be told apart"
        )
    return Correction(
        **stated,
        metric=metric,
        statistic=_one_of(fact["statistic"], "fact.statistic", STATISTICS),
        role=_one_of(fact["role"], "fact.role", ("actual", "target")),
        period=_period(fact["period"], "fact.period"),
        expect_quote=quote,
        expect_value=value,
        change=_change(entry["set"]) if action == "override" else (),
    )


def _document(value: Any) -> tuple[str | None, str | None, int | None, str]:
    if isinstance(value, dict) and "sha256" in value:
        _keys(value, {"sha256"}, set(), "document")
        if not isinstance(value["sha256"], str) or not _SHA256.fullmatch(value["sha256"]):
            raise _Wrong(
                "document.sha256 must be 64 hexadecimal digits in quotes (marts.dim_report.document_id)"
            )
        return value["sha256"], None, None, ""
    _keys(value, {"region", "year"}, {"edition"}, "document")
    region = _region(value["region"], "document.region")
    edition = _one_of(value.get("edition", "any"), "document.edition", (*EDITIONS, "any"))
    return None, region.code, _year(value["year"], "document.year"), edition


def _expect(value: Any) -> tuple[str | None, float | None]:
    _keys(value, set(), {"quote", "value"}, "expect")
    if not value:
        raise _Wrong("expect must give a quote, a value, or both: what the source still has to say")
    quote = _words(value["quote"], "expect.quote") if "quote" in value else None
    return quote, _number(value["value"], "expect.value") if "value" in value else None


def _change(value: Any) -> tuple[tuple[str, Any], ...]:
    _keys(value, set(), set(_CHANGEABLE), "set")
    if not value:
        raise _Wrong(f"set must change something: {', '.join(_CHANGEABLE)}")
    after: dict[str, Any] = {}
    for name, given in value.items():
        where = f"set.{name}"
        match name:
            case "metric":
                after["metric_code"] = _metric(given, where)
            case "statistic":
                after[name] = _one_of(given, where, STATISTICS)
            case "role":
                after[name] = _one_of(given, where, ("actual", "target"))
            case "period":
                after["period_start"], after["period_end"] = _period(given, where)
            case "value" | "value_high":
                after[name] = None if given is None else _number(given, where)
            case "qualifier":
                after[name] = _one_of(given, where, QUALIFIERS)
            case "scope":
                after[name] = _one_of(given, where, ("whole", "part"))
            case "basis":
                after[name] = _one_of(given, where, ("real", "nominal", "like_for_like", None))
            case "is_estimate":
                after[name] = _one_of(given, where, (True, False))
            case _:
                after[name] = _words(given, where) if given != "" else ""
    if "value_high" in after and "value" not in after:
        raise _Wrong("set.value_high needs set.value: the two are replaced together")
    if "value" in after:
        after.setdefault("value_high", None)
    return tuple(after.items())


def _placing(value: Any) -> tuple[tuple[str, Any], ...]:
    """What a whole document is instead."""
    _keys(value, set(), {"report_year", "region"}, "set")
    if not value:
        raise _Wrong("set must change something: report_year, region")
    after: dict[str, Any] = {}
    if "report_year" in value:
        after["report_year"] = _year(value["report_year"], "set.report_year")
    if "region" in value:
        region = _region(value["region"], "set.region")
        after["region_code"], after["region_name"] = region.code, region.name
    return tuple(after.items())


def _region(value: Any, where: str) -> regions.Region:
    region = regions.by_code(str(value)) or regions.by_name(str(value))
    if region is None:
        raise _Wrong(f"{where} {value!r} is no region that reports; give its name or code")
    return region


def _keys(value: Any, needed: set[str], allowed: set[str], where: str = "the entry") -> None:
    if not isinstance(value, dict):
        raise _Wrong(f"{where} must be a mapping of {', '.join(sorted(needed | allowed))}")
    missing = sorted(needed - set(value))
    unknown = sorted(str(key) for key in set(value) - needed - allowed)
    if missing:
        raise _Wrong(f"{where} lacks {', '.join(missing)}")
    if unknown:
        known = ", ".join(sorted(needed | allowed))
        raise _Wrong(f"{where} has {', '.join(unknown)}, which means nothing there; known: {known}")


def _one_of(value: Any, where: str, allowed: Sequence[Any]) -> Any:
    if not any(value is one or (type(value) is type(one) and value == one) for one in allowed):
        raise _Wrong(f"{where} is {value!r}, and must be one of {', '.join(map(str, allowed))}")
    return value


def _metric(value: Any, where: str) -> str:
    if not isinstance(value, str) or value not in load_catalogue().by_code:
        raise _Wrong(f"{where} {value!r} is no code of the catalogue")
    return value


def _words(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _Wrong(f"{where} must be text")
    return value.strip()


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _Wrong(f"{where} is {value!r}, and must be a number in the metric's canonical unit")
    return float(value)


def _year(value: Any, where: str) -> int:
    if type(value) is int and 1949 <= value <= 2100:
        return value
    raise _Wrong(f"{where} is {value!r}, and must be a year")


def _period(value: Any, where: str) -> tuple[int, int]:
    if isinstance(value, list) and len(value) == 2:
        start, end = _year(value[0], where), _year(value[1], where)
        if end < start:
            raise _Wrong(f"{where} ends before it begins")
        return start, end
    year = _year(value, where)
    return year, year
