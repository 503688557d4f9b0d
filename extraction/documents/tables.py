"""Tables of indicators in a document's text: a header whose columns can be understood, and the rows under it.

Only the shape is found here, in lines whose cells stand apart by tabs or wide gaps; what a row says is read in
``extraction/tables.py``. A table whose header is not understood is none, and its rows are passed over as ``columns``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from extraction.documents.folding import fold

#: What may stand in a column of figures: a figure, a dash, or few words. Whole sentences stay text.
_FIGURE = re.compile(
    r"[-—–/~]*|[^,，。;；:：、]{0,16}\d[^,，。;；:：、]{0,12}|\d{1,3}(?:[,，]\d{3})+(?:\.\d+)?[^,，。;；:：、]{0,8}|[^,，。;；:：、\d]{0,8}(?:同步|下达|稳定|持平)[^,，。;；:：、\d]{0,6}"
)

#: Cells of a line whose tabs are lost.
_GAP = re.compile(r"(?<=\S) {6,}(?=\S)")
_BLANK = re.compile(r"[\s*]+")

_NAME = re.compile(r"(?:主要|经济|发展|具体)?(?:指标|指标名称|指标项|指标内容|项目|项目名称|名称)(?:名称)?")
_UNIT = re.compile(r"(?:计量)?单位")
_ASIDE = re.compile(
    r"序号|编号|类别|分类|领域|类型|指标类[别型]|属性|指标属性|备注|说明|牵头单位|责任单位|年均(?:增长|增速|增幅|累计)?.{0,8}|(?:五年)?累计.{0,6}"
)

_DONE = r"实绩|实际|实际完成|实际数|实际值|完成|完成数|完成值|完成情况|执行|执行数|实现|实现值|预计|预计完成|预计数|预计值|预计实现|现状|现状值|基数|基期"
_PLANNED = (
    r"目标|目标值|预期|预期值|预期目标|预期目标值|计划|计划数|计划目标|安排|建议目标|发展目标|规划目标|任务"
)
_PERIOD = re.compile(
    rf"(?:(?P<year>(?:19|20)\d\d)年?|(?P<last>上年|去年|上一年)|(?P<this>今年|本年))?(?:(?P<done>{_DONE})|(?P<planned>{_PLANNED}))?数?"
    r"(?:\((?P<unit>[^()\d]{1,8})\))?"
)
_PERIOD_GROWTH = re.compile(r"(?P<of>.{1,12}?)(?:(?:比|较)上年|同比)?(?:增长率?|增速|增幅)(?:\(?[±%]+\)?)?")
_GROWTH = re.compile(
    r"(?:(?:比|较)(?:上年|去年|20\d\d年)|同比)?(?:增长|增速|增减|增幅|增长率|增长速度|±)[(]?[±%]*[)]?"
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``name``, ``unit``, ``value``, ``growth`` (of the value column before it), or ``aside``.

    year  as written, None where the header says 上年 (``last``), 今年 (``this``) or nothing
    role  ``done``, ``planned`` or ``""``
    """

    kind: str
    year: int | None = None
    relative: str = ""
    role: str = ""
    unit: str = ""
    estimate: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Table:
    """A header and its rows, each with as many cells as there are columns; ``lines`` are those that hold them."""

    lines: tuple[tuple[int, int], ...]
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


def find_tables(text: str) -> list[Table]:
    """Tables of ``text``, any string, in order; offsets are those of ``text``."""
    if "\t" not in text and "      " not in text:
        return []
    tables: list[Table] = []
    columns: tuple[Column, ...] = ()
    rows: list[tuple[Cell, ...]] = []
    lines: list[tuple[int, int]] = []
    position = 0
    for line in [*text.split("\n"), ""]:
        cells = _cells(line, position)
        header = _header(cells) if cells and not any(c.isdigit() for c in cells[0].text) else ()
        if columns and (header or len(cells) < 2):
            if rows:
                tables.append(Table(tuple(lines), columns, tuple(rows)))
            columns, rows = (), []
        if header:
            columns, lines = header, [(position, position + len(line))]
        elif columns and (row := _row(cells, columns)):
            rows.append(row)
            lines.append((position, position + len(line)))
        position += len(line) + 1
    return tables


def _cells(line: str, position: int) -> list[Cell]:
    if len(line) > 400 or ("\t" not in line and "      " not in line):
        return []
    cells: list[Cell] = []
    at = 0
    cuts = [m.span() for m in (re.finditer("\t", line) if "\t" in line else _GAP.finditer(line))]
    for a, b in [*cuts, (len(line), len(line))]:
        piece = line[at:a]
        inner = piece.strip()
        begin = at + piece.find(inner) if inner else at
        cells.append(Cell(inner, position + begin, position + begin + len(inner)))
        at = b
    return cells


def _header(cells: list[Cell]) -> tuple[Column, ...]:
    """The columns that a header's cells name, () where one is not understood or the table would say nothing."""
    columns: list[Column] = []
    for cell in cells:
        words = _BLANK.sub("", fold(cell.text)).replace("（", "(").replace("）", ")").replace("％", "%")
        if _NAME.fullmatch(words):
            columns.append(Column("name"))
        elif _UNIT.fullmatch(words):
            columns.append(Column("unit"))
        elif not words or _ASIDE.fullmatch(words):
            columns.append(Column("aside"))
        elif _GROWTH.fullmatch(words):
            if not columns or columns[-1].kind != "value":
                return ()
            of = columns[-1]
            columns.append(Column("growth", of.year, of.relative, of.role, "%", of.estimate))
        else:
            growth = _PERIOD_GROWTH.fullmatch(words)
            period = _PERIOD.fullmatch(growth["of"] if growth else words)
            if period is None:
                return ()
            year, relative = period["year"], "last" if period["last"] else "this" if period["this"] else ""
            role = "done" if period["done"] else "planned" if period["planned"] else ""
            if not year and relative != "last" and role != "planned":
                return ()  # 完成, 今年: of which year, or whether done, nobody says
            columns.append(
                Column(
                    "growth" if growth else "value",
                    int(year) if year else None,
                    relative,
                    role,
                    "%" if growth else period["unit"] or "",
                    "预计" in (period["done"] or ""),
                )
            )
    kinds = [column.kind for column in columns]
    good = kinds.count("name") == 1 and kinds.count("unit") <= 1 and ("value" in kinds or "growth" in kinds)
    return (
        tuple(columns)
        if good and kinds.index("name") <= min(map(kinds.index, {"value", "growth"} & {*kinds}))
        else ()
    )


def _row(cells: list[Cell], columns: tuple[Column, ...]) -> tuple[Cell, ...] | None:
    """The cells by column; a first column that runs over several rows is filled in. None where they do not fit."""
    if len(cells) == len(columns) - 1 and columns[0].kind == "aside":
        cells = [Cell("", cells[0].start, cells[0].start), *cells]
    if len(cells) != len(columns):
        return None
    for cell, column in zip(cells, columns, strict=True):
        if column.kind == "name" and not re.search("[\u4e00-\u9fffA-Z]", cell.text):
            return None
        if column.kind == "unit" and (len(cell.text) > 10 or re.search(r"\d", cell.text)):
            return None
        if column.kind in ("value", "growth") and not _FIGURE.fullmatch(fold(cell.text)):
            return None
    return tuple(cells)
