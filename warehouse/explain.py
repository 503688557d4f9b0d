"""`cityreports explain`: a report's text with what was read from it, on the terminal or as one HTML page.

The text is cut into passages (sentences that state something, and the lines between), a passage into pieces that are
marked alike. A piece is marked by the number that was read there; what several facts were read from is one piece
with several facts.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from extraction.catalogue import load_catalogue
from extraction.documents import noise_spans
from extraction.model import Observation, Section
from warehouse.corrections import MARK, Correction
from warehouse.parse import Parsed
from warehouse.tables import number

if TYPE_CHECKING:
    from jinja2 import Template

Item = TypeVar("Item")

TEMPLATES = Path(__file__).parent / "templates"

#: Kinds of marks, the strongest first: where several meet, the first counts.
KINDS = ("read", "apart", "unmapped", "noise", "ignored")

LEGEND = {
    "read": ("指标数值", "read: a value of a catalogued metric"),
    "apart": ("另记", "kept apart: a part, another region, a comparison or a rank; never the metric's value"),
    "unmapped": ("未对应指标", "unmapped: a quantity of no catalogued metric"),
    "noise": ("非报告正文", "no report text: navigation, captions, glossary; not read"),
    "ignored": ("非数量", "digits that are no quantity: dates, ordinals, document numbers, slogans"),
}

SECTION_ZH = {
    "review": "上年回顾",
    "five_year_review": "五年回顾",
    "outlook": "今后展望",
    "annual_targets": "年度预期目标",
    "tasks": "重点任务",
    "livelihood": "民生实事",
    "government": "政府自身建设",
    "other": "其他",
}

WORDS_ZH = {
    "level": "水平",
    "growth_rate": "增速",
    "annual_average_growth_rate": "年均增速",
    "annual_average": "年均",
    "cumulative_level": "累计",
    "cumulative_growth_rate": "累计增长",
    "change_pp": "百分点变化",
    "rank": "位次",
    "comparison": "比较",
    "actual": "实绩",
    "target": "目标",
    "exact": "如数",
    "around": "左右",
    "at_least": "以上（含）",
    "at_most": "以内",
    "more_than": "超过",
    "less_than": "低于",
    "nearly": "接近",
    "range": "区间",
    "in_step_with_growth": "与经济增长同步",
    "positive_growth": "正增长",
    "faster_than_growth": "快于经济增长",
    "unstated": "未给数值",
    "real": "实际",
    "nominal": "名义",
    "like_for_like": "同口径",
}

#: First and last position, kind, the fact if it is one, what else there is to say.
_Mark = tuple[int, int, str, Observation | None, str]

_DIGITS = re.compile(r"[0-9０-９]+(?:[.,．，][0-9０-９]+)*[%％]?")
_LINE = re.compile(r"[^\n]*\n?")
#: What cannot stand in an HTML page or on a terminal: control characters and lone surrogates.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text marked alike. ``kind`` is one of ``KINDS``, or empty; ``why`` says more of it."""

    text: str
    kind: str
    quoted: bool
    facts: tuple[Observation, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """``text[start:end]`` as pieces, the facts read from it in the order of their numbers, and the section that
    begins with it, if one does."""

    start: int
    end: int
    pieces: tuple[Piece, ...]
    facts: tuple[Observation, ...]
    section: Section | None = None


def kind_of(o: Observation) -> str:
    """How a fact is marked: ``read``, ``apart`` or ``unmapped``."""
    if o.metric_code is None:
        return "unmapped"
    return "read" if o.scope == "whole" and o.statistic not in ("comparison", "rank") else "apart"


def passages(parsed: Parsed) -> list[Passage]:
    """The whole text in order, without gaps: what stands between two passages is nothing but white space."""
    text, facts = parsed.document.text, parsed.reading.observations
    noise = noise_spans(text)
    marks: list[_Mark] = [(o.number_start, o.number_end, kind_of(o), o, "") for o in facts]
    marks += [(start, end, "noise", None, reason) for start, end, reason in noise]
    sections = list(parsed.reading.sections)
    spans = list(_spans(text, facts, [section.char_start for section in sections]))
    marks_of = _by_span(spans, [(mark[0], mark[1], mark) for mark in marks])
    quotes_of = _by_span(spans, [(o.char_start, o.char_end, (o.char_start, o.char_end)) for o in facts])
    facts_of = _by_span(spans, [(o.sentence_start, o.sentence_end, o) for o in facts])
    found = []
    begun = None
    for i, (start, end) in enumerate(spans):
        # Of several sections that begin before any words do, the last is the one whose text follows.
        while sections and sections[0].char_start < end:
            begun = sections.pop(0)
        if not text[start:end].strip():
            continue
        pieces = _pieces(text, start, end, marks_of[i], quotes_of[i])
        ordered = tuple(sorted(facts_of[i], key=lambda o: (o.number_start, o.number_end)))
        found.append(Passage(start, end, pieces, ordered, begun))
        begun = None
    return found


def _by_span(spans: Sequence[tuple[int, int]], items: Iterable[tuple[int, int, Item]]) -> list[list[Item]]:
    """For each of the spans (in order, without gaps), the items that reach into it."""
    starts = [start for start, _ in spans]
    found: list[list[Item]] = [[] for _ in spans]
    for start, end, item in items:
        i = max(bisect_right(starts, start) - 1, 0)
        while i < len(spans) and (spans[i][0] < end or spans[i][0] == start):
            found[i].append(item)
            i += 1
    return found


def _spans(text: str, facts: Sequence[Observation], begins: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Sentences that state something, and the lines between; sections begin a new span."""
    sentences: list[tuple[int, int]] = []
    for start, end in sorted({(o.sentence_start, o.sentence_end) for o in facts}):
        if sentences and start < sentences[-1][1]:
            sentences[-1] = (sentences[-1][0], max(end, sentences[-1][1]))
        else:
            sentences.append((start, end))
    at = 0
    for start, end in [*sentences, (len(text), len(text))]:
        while at < start:
            line = _LINE.match(text, at, start)
            assert line is not None
            stop = line.end()
            later = bisect_right(begins, at)
            if later < len(begins) and begins[later] < stop:
                stop = begins[later]
            yield at, stop
            at = stop
        if end > start:
            yield start, end
            at = end


def _pieces(
    text: str, start: int, end: int, marks: Sequence[_Mark], quotes: Sequence[tuple[int, int]]
) -> tuple[Piece, ...]:
    loose = [(m.start(), m.end()) for m in _DIGITS.finditer(text, start, end)]
    taken = [(a, b) for a, b, *_ in marks]
    ignored = [(a, b) for a, b in loose if not any(a < y and x < b for x, y in taken)]
    marked = [*marks, *((a, b, "ignored", None, "") for a, b in ignored)]
    cuts = {start, end}
    for spans in (marked, quotes):
        for span in spans:
            cuts |= {min(max(span[0], start), end), min(max(span[1], start), end)}
    pieces = []
    edges = sorted(cuts)
    for a, b in pairwise(edges):
        over = [mark for mark in marked if mark[0] <= a and b <= mark[1]]
        kind = min((mark[2] for mark in over), key=KINDS.index, default="")
        pieces.append(
            Piece(
                text[a:b],
                kind,
                any(x <= a and b <= y for x, y in quotes),
                tuple(mark[3] for mark in over if mark[3] is not None),
                next((mark[4] for mark in over if mark[4]), ""),
            )
        )
    return tuple(pieces)


def only(found: Sequence[Passage], metrics: Collection[str]) -> list[Passage]:
    """The passages that state something of ``metrics``, with those facts alone. A section's name goes with the first
    of its passages that stay."""
    kept = []
    section = None
    for passage in found:
        section = passage.section or section
        facts = tuple(o for o in passage.facts if o.metric_code in metrics)
        if not facts:
            continue
        pieces = tuple(_only(piece, metrics) for piece in passage.pieces)
        kept.append(Passage(passage.start, passage.end, pieces, facts, section))
        section = None
    return kept


def _only(piece: Piece, metrics: Collection[str]) -> Piece:
    facts = tuple(o for o in piece.facts if o.metric_code in metrics)
    kind = min(map(kind_of, facts), key=KINDS.index, default="")
    return Piece(piece.text, kind, piece.quoted and bool(facts), facts)


def metrics_named(words: str) -> frozenset[str]:
    """Codes of the catalogue that ``words`` names: a code, a Chinese name or an alias. Empty where none does."""
    metrics = load_catalogue().metrics
    for names in (
        lambda m: (m.code,),
        lambda m: (m.name_zh,),
        lambda m: m.aliases,
    ):
        found = frozenset(m.code for m in metrics if words in names(m))
        if found:
            return found
    return frozenset()


def metrics_near(words: str) -> list[str]:
    """Codes and names that look like ``words``, for a message."""
    import difflib

    names = {f"{m.code} ({m.name_zh})": (m.code, m.name_zh) for m in load_catalogue().metrics}
    score = {
        label: max(difflib.SequenceMatcher(None, words, name).ratio() for name in both)
        for label, both in names.items()
    }
    return sorted(score, key=lambda label: (-score[label], label))[:5]


def counts(found: Sequence[Passage]) -> dict[str, int]:
    """How many marks there are of each kind; facts, not pieces, are counted where there are facts."""
    tally: Counter[str] = Counter()
    for passage in found:
        tally.update(kind_of(o) for o in passage.facts)
        tally.update(piece.kind for piece in passage.pieces if piece.kind in ("noise", "ignored"))
    return {kind: tally[kind] for kind in KINDS}


# --- words ----------------------------------------------------------------------------------------------------


def value_words(o: Observation) -> str:
    """``4.5–5 %``, ``1250.6 亿元``; ``–`` where the text gives no value."""
    if o.value is None:
        return "–"
    high = f"–{number(o.value_high)}" if o.value_high is not None else ""
    return f"{number(o.value)}{high} {o.unit}".rstrip()


def period_words(o: Observation) -> str:
    """``2025``, or ``2021–2025``."""
    same = o.period_start == o.period_end
    return str(o.period_start) if same else f"{o.period_start}–{o.period_end}"


def metric_words(o: Observation) -> str:
    """``地区生产总值 gdp``; of a number without a metric, what it speaks of."""
    if o.metric_code is None:
        return f"({' '.join(o.subject.split())})" if o.subject else ""
    return f"{load_catalogue().by_code[o.metric_code].name_zh} {o.metric_code}"


def remarks(o: Observation) -> str:
    """What else there is to know of a fact: part, estimate, basis, stretch, correction."""
    words = [
        "部分 part" if o.scope == "part" else "",
        "预计 estimate" if o.is_estimate else "",
        f"{WORDS_ZH[o.basis]} {o.basis}" if o.basis else "",
        "力争更好 stretch" if o.stretch_clause else "",
        f"已更正 corrected ({', '.join(correction_ids(o))})" if MARK in o.rule else "",
    ]
    return "; ".join(filter(None, words))


def correction_ids(o: Observation) -> list[str]:
    """Ids of the corrections that were applied to a fact, in order."""
    return o.rule.split(MARK)[1:]


def fact_words(o: Observation) -> str:
    """One line on a fact, for a tooltip."""
    parts = (metric_words(o), o.statistic, value_words(o), o.qualifier, o.role, period_words(o), remarks(o))
    return " · ".join(filter(None, parts)) + f" · {o.confidence:.2f} {o.rule.split(MARK)[0]}"


def printable(text: str) -> str:
    """The text without characters that a terminal or a page would obey instead of show."""
    return _UNPRINTABLE.sub("\ufffd", text)


# --- on the terminal ------------------------------------------------------------------------------------------

_STYLES = {
    "read": "bold green",
    "apart": "yellow",
    "unmapped": "magenta",
    "noise": "strike",
    "ignored": "dim",
}


def show(
    console: Console, name: str, parsed: Parsed, found: Sequence[Passage], corrections: Sequence[Correction]
) -> None:
    """Print the passages that state something, with their facts below each."""
    identity = parsed.identity
    about = f"{identity.region_name} {identity.report_year}  {identity.edition}"
    console.print(Text(f"{name}  {about}", style="bold"))
    for doubt in identity.doubts:
        console.print(Text(f"doubt: {printable(doubt)}", style="yellow"))
    console.print(_legend(found))
    for note in parsed.notes:
        if note.problem:
            console.print(Text(printable(note.problem), style="red"))
    section = None
    for passage in found:
        section = passage.section or section
        if not passage.facts:
            continue
        if section is not None:
            console.print()
            console.rule(Text(f"{SECTION_ZH[section.kind]} {section.kind}", style="cyan"), align="left")
            section = None
        console.print()
        console.print(_sentence(passage), soft_wrap=not console.is_terminal)
        console.print(_facts(passage.facts))
    applied = {name for passage in found for o in passage.facts for name in correction_ids(o)}
    for correction in corrections:
        if correction.id in applied:
            console.print()
            console.print(Text(_correction_words(correction), style="red"))


def _correction_words(c: Correction) -> str:
    return f"{c.id} ({c.action}, {c.author}, {c.date}): {c.reason} Evidence: {c.evidence}"


def _legend(found: Sequence[Passage]) -> Text:
    line = Text()
    for kind, count in counts(found).items():
        zh, en = LEGEND[kind]
        line.append(f"{zh} {en.partition(':')[0]} {count}", style=_STYLES[kind])
        line.append("   ")
    line.rstrip()
    return line


def _sentence(passage: Passage) -> Text:
    line = Text()
    for piece in passage.pieces:
        words = printable(piece.text).replace("\n", " ")
        style = _STYLES[piece.kind] if piece.kind else "underline" if piece.quoted else ""
        line.append(words, style=style)
    line.rstrip()
    return line


def _facts(facts: Sequence[Observation]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for i in range(8):
        table.add_column(no_wrap=i not in (1, 7), overflow="fold", justify="right" if i == 3 else "left")
    for o in facts:
        written = printable(" ".join((o.raw_value + o.raw_unit).split()))
        table.add_row(
            Text(f"  {written}", style=_STYLES[kind_of(o)]),
            Text(printable(metric_words(o))),
            Text(o.statistic),
            Text(value_words(o)),
            Text(o.qualifier),
            Text(f"{o.role} {period_words(o)}"),
            Text(f"{o.confidence:.2f}"),
            Text(f"{o.rule}  {remarks(o)}".rstrip(), style="dim"),
        )
    return table


# --- as a page --------------------------------------------------------------------------------------------------


def page(
    name: str,
    parsed: Parsed,
    found: Sequence[Passage],
    corrections: Sequence[Correction],
    *,
    metric: str = "",
) -> str:
    """One HTML page, self-contained: no script, no request. Everything that comes from the document is escaped."""
    applied = {name for passage in found for o in passage.facts for name in correction_ids(o)}
    return _template().render(
        name=name,
        identity=parsed.identity,
        document=parsed.document,
        notes=[note for note in parsed.notes if note.problem],
        corrections=[c for c in corrections if c.id in applied],
        passages=found,
        metric=metric,
        counts=counts(found),
        legend=LEGEND,
        section_zh=SECTION_ZH,
        words_zh=WORDS_ZH,
        kind_of=kind_of,
        fact_words=fact_words,
        metric_words=metric_words,
        value_words=value_words,
        period_words=period_words,
        remarks=remarks,
        base_rule=lambda o: o.rule.split(MARK)[0],
    )


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["printable"] = printable
    return environment.get_template("explain.html")
