"""Tables of indicators (指标, 单位, 2025年实绩, 2026年目标): each cell of figures is read as the sentence it stands for.

地区生产总值 | 亿元 | 3200 becomes 地区生产总值3200亿元, of the column's year and role, and goes the way of all sentences, so
that names, units, bounds and index form are understood as they are elsewhere. A cell that does not give one fact gives none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from extraction.documents import fold
from extraction.documents.tables import Cell, Column, Table
from extraction.facts import Reader
from extraction.figures import Fact, observed
from extraction.model import Observation
from extraction.names import Names
from extraction.structure import Stretch

#: What the header and the cells say is taken for what a sentence says, but nobody wrote the sentence.
_CONFIDENCE = 0.9

_NUMBERING = re.compile(r"^(?:[(]?(?:\d{1,2}|[一二三四五六七八九十]{1,3})[)]?[.、]|[(]\d{1,2}[)]|#|其中:|:)")
_NOTE = re.compile(r"\(([^()]*)\)$")
_UNIT_NOTE = re.compile(
    r"[%‰]|[十百千万亿]?[元吨人户亩头套家个件公里平方米千瓦时美斤]+(?:/[\u4e00-\u9fff]+)?|[^()\d]{0,6}/[^()\d]{1,6}|个百分点"
)
_GROWING = re.compile(
    r"(?:比上年)?(?P<up>增长率|增长速度|增速|增长|增幅)$|(?P<down>降低率|下降率|降低|下降|降幅)$"
)
_SIGNS = {"≥": "不低于", ">=": "不低于", "≤": "不超过", "<=": "不超过", ">": "超过", "<": "低于"}
_VALUE = re.compile(
    r"(?P<sign>≥|≤|>=|<=|>|<)?(?P<verb>(?:增长|下降|降低|提高|不低于|不超过|不高于|控制在|稳定在|保持在|达到|约|超过|近)*)"
    r"(?P<number>-?\d[\d,]*(?:\.\d+)?%?(?:[-—~至到]\d[\d,]*(?:\.\d+)?)?)(?P<unit>[^\d左以上下]{0,10}?)(?P<bound>左右|以上|以内|以下)?"
)
_WORDS = re.compile(r"[^\d]*(?:同步|省下达|国家下达|上级下达|保持稳定|持平)[^\d]*")


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A cell as a sentence of the synthetic text, and where its parts stand in the document's."""

    start: int
    end: int
    stretch: Stretch
    row: tuple[int, int]
    name: Cell
    value: Cell
    estimate: bool


def read_tables(
    text: str,
    tables: list[Table],
    year: int,
    names: Names,
    places: tuple[tuple[str, ...], re.Pattern[str], re.Pattern[str] | None],
    *,
    relative: bool = True,
) -> list[Observation]:
    """What the tables of the document ``text`` state.

    relative  上年 and 今年 in a header are the years before and of the report's (not so where it was delivered early)
    """
    sentences: list[str] = []
    spoken: list[_Spoken] = []
    size = 0
    for table in tables:
        for row in table.rows:
            cells = dict(zip((c.kind for c in table.columns), row, strict=False))
            name = cells["name"]
            unit = _plain(cells["unit"].text) if "unit" in cells else ""
            for column, cell in zip(table.columns, row, strict=True):
                if column.kind not in ("value", "growth"):
                    continue
                period = _period(column, year, relative)
                words = _sentence(_plain(name.text), unit or column.unit, _plain(cell.text), column.kind)
                if period is None or not words:
                    continue
                kind = "review" if period[1] == "actual" else "annual_targets"
                stretch = Stretch(size, size + len(words), kind, "", (period[0], period[0]))
                spoken.append(
                    _Spoken(
                        size, size + len(words), stretch, (row[0].start, row[-1].end), name, cell,
                        column.estimate and period == (year - 1, "actual"),
                    )
                )  # fmt: skip
                sentences.append(words)
                size += len(words)
    if not spoken:
        return []
    synthetic = "".join(sentences)
    reader = Reader(synthetic, names.find(synthetic), names, year, *places)
    out: list[Observation] = []
    for said in spoken:
        facts = reader.sentence(said.start, said.end, said.stretch)
        if len(facts) == 1 and (found := _observation(facts[0], said, text)) is not None:
            out.append(found)
    return out


def _plain(text: str) -> str:
    """A cell's text as matching text."""
    folded = re.sub(r"[\s*]+", "", fold(text))
    for full, half in (
        ("（", "("),
        ("）", ")"),
        ("：", ":"),
        ("％", "%"),
        ("，", ","),
        ("＞", ">"),
        ("＜", "<"),
    ):
        folded = folded.replace(full, half)
    return folded


def _period(column: Column, year: int, relative: bool) -> tuple[int, str] | None:
    """The year and role that a column is of; None where what it says does not go together."""
    if column.year is None and not relative:
        return None
    of = column.year or (year - 1 if column.relative == "last" else year)
    role = {"done": "actual", "planned": "target"}.get(column.role) or ("actual" if of < year else "target")
    if (role == "actual") != (of < year):
        return None  # last year's target beside what came of it; this year's figure so far
    return of, role


def _sentence(name: str, unit: str, value: str, kind: str) -> str:
    """The sentence that a cell stands for; ``""`` where it stands for none."""
    while (begun := _NUMBERING.match(name)) is not None:
        name = name[begun.end() :]
    note = _NOTE.search(name)
    if note is not None and _UNIT_NOTE.fullmatch(note[1]):
        unit, name = unit or note[1], name[: note.start()]
    name = name.removesuffix("(GDP)").removesuffix("(CPI)")
    verb = ""
    growing = _GROWING.search(name)
    if growing is not None:
        verb = "增长" if growing["up"] else "下降"
        name = name[: growing.start()]
    if kind == "growth":
        if growing is not None:
            return ""
        verb, unit = "增长", "%"
    if len(name) < 2 or len(value) > 24:
        return ""
    if _WORDS.fullmatch(value):
        return f"{name}{value}。"
    found = _VALUE.fullmatch(value)
    if found is None:
        return ""
    number = found["number"].replace(",", "")
    said = found["verb"]
    if verb and any(word in said for word in ("增长", "下降", "降低", "提高")):
        verb = ""
    own = found["unit"] or ("%" if number.endswith("%") else "")
    written = (
        number if number.endswith("%") else number + (found["unit"] or ("%" if verb and not unit else unit))
    )
    if not own and not unit and not verb:
        return ""  # a number of what, nobody says
    return f"{name}{verb}{said}{_SIGNS.get(found['sign'] or '', '')}{written}{found['bound'] or ''}。"


def _observation(fact: Fact, said: _Spoken, text: str) -> Observation | None:
    """The fact, with its place in the document."""
    if fact.metric is None:
        subject = said.name.text
    else:
        subject = fact.subject
        if fact.unit == "%" and fact.statistic == "level" and fact.metric.unit != "%":
            return None
    cell = said.value
    number = re.search(r"-?\d[\d,，.]*", cell.text)
    if fact.value is None or number is None:
        begin, end = cell.start, cell.end
    else:
        begin, end = cell.start + number.start(), cell.start + number.end()
        if fact.value_high is not None:
            end = cell.end
    name = said.name.start
    quote = text[name : cell.end]
    found = observed(fact, quote, name, cell.end, begin, end, said.stretch.kind, *said.row)
    found.subject, found.is_estimate = subject, said.estimate
    found.raw_value, found.raw_unit = (
        text[begin:end],
        "",
    )  # the unit stands in a column of its own, or in the name
    found.confidence = min(fact.confidence, _CONFIDENCE)
    found.rule = "table/" + fact.rule.partition("/")[0]
    return found
