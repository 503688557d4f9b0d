"""Reads one PDF from standard input and writes its text as JSON: runs in a process of its own, with limits,
because a hostile PDF can take any parser's time and memory. Run by file, so that it imports nothing of the
package.

Text comes from the characters' places on the page, not from the order in which the file draws them: rows
are found, cut at wide gaps, the pieces put into columns, columns read one after the other; running heads
and page numbers go; lines are joined into paragraphs.
"""

from __future__ import annotations

import ctypes
import json
import re
import sys
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

MEMORY_BYTES = 480 * 1024 * 1024
CPU_SECONDS = 5


class Char(NamedTuple):
    char: str
    x0: float
    x1: float
    y: float  # of the base line, upwards
    height: float


@dataclass
class Piece:
    """Characters of one row without a wide gap between them."""

    text: str
    x0: float
    x1: float
    y: float
    height: float


@dataclass
class Line:
    """One line of a column, with the column's edges."""

    text: str
    x0: float
    x1: float
    y: float
    height: float
    left: float = 0.0
    right: float = 0.0
    block: int = 0


_CJK = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff]")
_PAGE_NUMBER = re.compile(
    r"[-—–―·•.\s]*\d{1,4}[-—–―·•.\s]*|第?\s*\d{1,4}\s*页?\s*[/,，]?\s*共\s*\d{1,4}\s*页|第\s*\d{1,4}\s*页"
    r"|\d{1,4}\s*/\s*\d{1,4}|[-—–―·•\s]*[ivxIVX]{1,5}[-—–―·•\s]*"
)
_ENDS_SENTENCE = ("。", "！", "？", "；", "：", "!", "?", ";", ":")


# ------------------------------------------------------------------ one page


def rows_to_pieces(chars: list[Char]) -> list[Piece]:
    """Characters by base line, then by place; a gap of more than 1.2 characters ends a piece."""
    pieces: list[Piece] = []
    row: list[Char] = []
    for char in [*sorted(chars, key=lambda c: -c.y), None]:
        if char is not None and row and row[0].y - char.y <= 0.45 * min(row[0].height, char.height):
            row.append(char)
            continue
        pieces += _cut_row(sorted(row, key=lambda c: c.x0))
        row = [char] if char is not None else []
    return pieces


def _cut_row(row: list[Char]) -> list[Piece]:
    pieces: list[Piece] = []
    current: list[Char] = []
    for char in row:
        if current:
            before = current[-1]
            em = max(before.height, char.height)
            if char.char == before.char and abs(char.x0 - before.x0) < 0.15 * em:
                continue  # bold type by printing twice
            if char.x0 - before.x1 > 1.2 * em:
                pieces.append(_piece(current))
                current = []
        current.append(char)
    if current:
        pieces.append(_piece(current))
    return pieces


def _piece(chars: list[Char]) -> Piece:
    text = chars[0].char
    for before, char in pairwise(chars):
        gap = char.x0 - before.x1
        if gap > 0.2 * char.height and before.char.isascii() and char.char.isascii():
            text += " "
        text += char.char
    return Piece(text, chars[0].x0, chars[-1].x1, chars[0].y, median(c.height for c in chars))


def find_gutter(pieces: list[Piece], em: float) -> float | None:
    """The x of a blank strip between two columns, or None.

    Columns of text have lines as wide as the column; cells of a table are short and must stay side by side.
    """
    if not 8 <= len(pieces) <= 3000:
        return None
    best: tuple[int, float] | None = None
    for x in sorted({round(piece.x1 + 0.3 * em) for piece in pieces}):
        left = [p for p in pieces if p.x1 <= x]
        right = [p for p in pieces if p.x0 >= x]
        crossing = len(pieces) - len(left) - len(right)
        smaller = min(len(left), len(right))
        if smaller < 4 or crossing > 0.4 * len(pieces) or (best and smaller - crossing <= best[0]):
            continue
        if min(median(p.x1 - p.x0 for p in side) for side in (left, right)) < 6 * em:
            continue
        if min(p.x0 for p in right) - max(p.x1 for p in left) < 0.6 * em:
            continue
        top = min(max(p.y for p in left), max(p.y for p in right))
        bottom = max(min(p.y for p in left), min(p.y for p in right))
        height = min(max(p.y for p in side) - min(p.y for p in side) for side in (left, right))
        if top - bottom < 0.5 * height:
            continue
        best = (smaller - crossing, float(x))
    return best[1] if best else None


def blocks_in_order(pieces: list[Piece], em: float, depth: int = 0) -> list[list[Piece]]:
    """Columns from left to right; what spans columns (a headline) divides the page into bands."""
    gutter = find_gutter(pieces, em) if depth < 8 else None
    if gutter is None:
        return [pieces] if pieces else []
    spanning = sorted((p for p in pieces if p.x0 < gutter < p.x1), key=lambda p: -p.y)
    rest = sorted((p for p in pieces if not p.x0 < gutter < p.x1), key=lambda p: -p.y)
    blocks: list[list[Piece]] = []
    band: list[Piece] = []
    wide: list[Piece] = []

    def close_band() -> None:
        for side in ([p for p in band if p.x1 <= gutter], [p for p in band if p.x1 > gutter]):
            blocks.extend(blocks_in_order(side, em, depth + 1))
        band.clear()

    for piece in sorted([*spanning, *rest], key=lambda p: -p.y):
        if piece.x0 < gutter < piece.x1:
            close_band()
            wide.append(piece)
        else:
            if wide:
                blocks.append(list(wide))
                wide.clear()
            band.append(piece)
    close_band()
    if wide:
        blocks.append(list(wide))
    return blocks


def block_lines(pieces: list[Piece], number: int) -> list[Line]:
    """Pieces of one column as lines, from the top; pieces of one row stand on one line."""
    lines: list[Line] = []
    for piece in sorted(pieces, key=lambda p: (-p.y, p.x0)):
        last = lines[-1] if lines else None
        if last and last.y - piece.y <= 0.45 * min(last.height, piece.height) and piece.x0 >= last.x0:
            last.text += " " + piece.text
            last.x1 = max(last.x1, piece.x1)
        else:
            lines.append(Line(piece.text, piece.x0, piece.x1, piece.y, piece.height))
    lefts, rights = sorted(line.x0 for line in lines), sorted(line.x1 for line in lines)
    for line in lines:
        line.left = lefts[len(lefts) // 10]
        line.right = rights[-1 - len(rights) // 10]
        line.block = number
    return lines


def page_lines(chars: list[Char], first_block: int) -> list[Line]:
    if not chars:
        return []
    em = median(c.height for c in chars)
    lines: list[Line] = []
    for offset, block in enumerate(blocks_in_order(rows_to_pieces(chars), em)):
        lines += block_lines(block, first_block + offset)
    return lines


# ------------------------------------------------------------------ the document


def without_running_heads(pages: list[list[Line]]) -> list[list[Line]]:
    """Pages without page numbers and without lines that stand at the same end of at least three pages, and
    of half of them, whatever number stands in them."""

    def edges(page: list[Line]) -> list[Line]:
        by_height = sorted(page, key=lambda line: -line.y)
        return by_height[:2] + by_height[2:][-2:]

    def key(line: Line) -> str:
        return re.sub(r"[\d\s]+", "", line.text)

    # A sentence's last line may stand at the foot of many pages; a running head ends no sentence.
    seen = Counter(
        k
        for page in pages
        for k in {key(line) for line in edges(page) if not line.text.rstrip().endswith(_ENDS_SENTENCE)}
        if len(k) >= 3
    )
    repeated = {k for k, n in seen.items() if n >= 3 and 2 * n >= len(pages)}
    cleaned = []
    for page in pages:
        heads = {
            id(line)
            for line in edges(page)
            if key(line) in repeated or _PAGE_NUMBER.fullmatch(line.text.strip())
        }
        cleaned.append([line for line in page if id(line) not in heads])
    return cleaned


def joined(before: str, after: str) -> str:
    """Two halves of a wrapped line: only Latin words take a blank between them."""
    if before[-1:].isascii() and before[-1:].isalpha() and after[:1].isascii() and after[:1].isalpha():
        return f"{before} {after}"
    return before + after


def paragraphs(pages: list[list[Line]]) -> list[str]:
    lines = [line for page in pages for line in page if line.text.strip()]
    indented = sum(_indent(line) for line in lines)
    uses_indents = indented >= 3 and 30 * indented >= len(lines)
    found: list[str] = []
    last: Line | None = None
    for line in lines:
        if last is not None and _continues(last, line, uses_indents):
            found[-1] = joined(found[-1], line.text.strip())
        else:
            found.append(line.text.strip())
        last = line
    return found


def _indent(line: Line) -> bool:
    return 1.2 * line.height < line.x0 - line.left < 3.2 * line.height


def _continues(last: Line, line: Line, uses_indents: bool) -> bool:
    """Whether a line goes on with the paragraph of the line before.

    Where paragraphs are indented, a line that is not goes on with the last one unless that ended a sentence
    short of the edge; where they are not, a line that stops short of the edge ends its paragraph.
    """
    em = last.height
    if abs(line.height - last.height) > 0.2 * em or line.x0 - line.left > 1.2 * em:
        return False
    ends_sentence = last.text.rstrip().endswith(_ENDS_SENTENCE)
    short_by = (last.right - last.x1) / em
    half = 0.5 * (last.right - last.left) / em
    if short_by > 1.7 and (ends_sentence or not uses_indents or short_by > half):
        return False
    if line.block != last.block:
        return not ends_sentence
    return last.y - line.y < 3.2 * em


# ------------------------------------------------------------------ pdfium


class Refused(Exception):
    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def _page_chars(page: Any, raw: Any) -> tuple[list[Char], int]:
    """Characters of a page in reading position, and how many of them have no meaning (fonts without a
    map)."""
    text_page = raw.FPDFText_LoadPage(page)
    if not text_page:
        return [], 0
    box = raw.FS_RECTF()
    x, y = ctypes.c_double(), ctypes.c_double()
    rotation = raw.FPDFPage_GetRotation(page)
    width, height = raw.FPDF_GetPageWidthF(page), raw.FPDF_GetPageHeightF(page)
    chars: list[Char] = []
    meaningless = 0
    try:
        for index in range(raw.FPDFText_CountChars(text_page)):
            code = raw.FPDFText_GetUnicode(text_page, index)
            if code == 0x02:
                code = 0x2D  # pdfium's mark for a hyphen at the line's end
            if code <= 0x20 or code in (0xA0, 0x3000) or 0xD800 <= code < 0xE000:
                continue
            if code in (0xFFFD, 0xFFFE, 0xFFFF) or 0xE000 <= code < 0xF900 or 0x7F <= code < 0xA0:
                meaningless += 1
                continue
            if not raw.FPDFText_GetLooseCharBox(text_page, index, ctypes.byref(box)):
                continue
            if not rotation and 0.2 < raw.FPDFText_GetCharAngle(text_page, index) < 6.08:
                continue  # a watermark across the page
            raw.FPDFText_GetCharOrigin(text_page, index, ctypes.byref(x), ctypes.byref(y))
            left, right, base = box.left, box.right, y.value
            size = box.top - box.bottom
            if rotation == 1:
                left, right, base, size = box.bottom, box.top, width - x.value, box.right - box.left
                left, right = height - right, height - left
            elif rotation == 2:
                left, right, base = width - box.right, width - box.left, height - y.value
            elif rotation == 3:
                left, right, base, size = box.bottom, box.top, x.value, box.right - box.left
            if size > 0.5 and right > left:
                chars.append(Char(chr(code), left, right, base, size))
    finally:
        raw.FPDFText_ClosePage(text_page)
    return chars, meaningless


def _has_picture(page: Any, raw: Any) -> bool:
    objects = min(raw.FPDFPage_CountObjects(page), 5000)
    return any(
        raw.FPDFPageObj_GetType(raw.FPDFPage_GetObject(page, index))
        in (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_FORM)
        for index in range(objects)
    )


def read(data: bytes) -> dict[str, Any]:
    import pypdfium2.raw as raw

    raw.FPDF_InitLibraryWithConfig(raw.FPDF_LIBRARY_CONFIG(2, None, None, 0))
    buffer = ctypes.create_string_buffer(data, len(data))
    document = raw.FPDF_LoadMemDocument64(buffer, len(data), None)
    if not document:
        error = raw.FPDF_GetLastError()
        if error in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
            raise Refused("encrypted", "the PDF asks for a password; get a copy without one")
        raise Refused("damaged", f"the PDF cannot be opened (pdfium error {error}); fetch it again")
    count = raw.FPDF_GetPageCount(document)
    pages: list[list[Line]] = []
    pictures: list[int] = []
    blocks = meaning = meaningless = 0
    for number in range(count):
        page = raw.FPDF_LoadPage(document, number)
        if not page:
            continue
        chars, without_meaning = _page_chars(page, raw)
        if len(chars) < 20 and _has_picture(page, raw):
            pictures.append(number + 1)
        raw.FPDF_ClosePage(page)
        meaning += len(chars)
        meaningless += without_meaning
        lines = page_lines(chars, blocks)
        blocks += len(lines) + 1
        pages.append(lines)
    if meaningless > 20 and meaningless * 4 > meaning:
        raise Refused("needs_ocr", "the fonts of the PDF do not say which characters they show")
    text = "\n".join(paragraphs(without_running_heads(pages)))
    if len(_CJK.findall(text)) < 20:
        if pictures:
            raise Refused("needs_ocr", f"{len(pictures)} of {count} pages are pictures without a text layer")
        raise Refused("no_text", f"{count} pages without Chinese text")
    notes = []
    if pictures:
        notes.append("pictures without a text layer on pages " + ", ".join(map(str, pictures[:20])))
    return {"text": text, "notes": notes, "title": _title(document, raw), "pages": count}


def _title(document: Any, raw: Any) -> str:
    size = raw.FPDF_GetMetaText(document, b"Title", None, 0)
    if not 2 < size < 1000:
        return ""
    buffer = ctypes.create_string_buffer(size)
    raw.FPDF_GetMetaText(document, b"Title", buffer, size)
    return buffer.raw.decode("utf-16-le", "ignore").rstrip("\0").strip()


def main() -> None:
    import resource

    for limit, value in ((resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CPU, CPU_SECONDS)):
        try:
            resource.setrlimit(limit, (value, value))
        except (ValueError, OSError):  # macOS knows no limit of address space
            continue
    try:
        answer = read(sys.stdin.buffer.read())
    except Refused as refusal:
        answer = {"reason": refusal.reason, "detail": refusal.detail}
    except MemoryError:
        answer = {"reason": "took_too_long", "detail": f"the PDF needs more than {MEMORY_BYTES // 2**20} MB"}
    sys.stdout.buffer.write(json.dumps(answer).encode("ascii"))


if __name__ == "__main__":
    main()
