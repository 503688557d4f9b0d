"""Reads one PDF from standard input and writes its text as JSON: runs in a process of its own, with limits,
because a hostile PDF can take any parser's time and memory. Run by file, so that it imports nothing of the
package. With page numbers as arguments (from 1) it recognises the text of these pages' pictures, under wider limits.

Text comes from the characters' places on the page, not from the order in which the file draws them: rows
are found, cut at wide gaps, the pieces put into columns, columns read one after the other; running heads
and page numbers go; lines are joined into paragraphs. What OCR makes of a picture takes the same way.
"""

from __future__ import annotations

import ctypes
import json
import math
import os
import re
import signal
import sys
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from types import FrameType
from typing import Any, NamedTuple

MEMORY_BYTES = 480 * 1024 * 1024
CPU_SECONDS = 5

#: With OCR: address space (700 MB are used of it, 420 MB of them really), and processor time of a page and of all of them.
OCR_MEMORY_BYTES = 1024 * 1024 * 1024
OCR_PAGE_SECONDS = 20
OCR_CPU_SECONDS = 480
#: A page of A4 at 600 dots an inch has 35 million dots; a larger picture is refused before it is unpacked.
OCR_PICTURE_DOTS = 64_000_000
#: Longest side, in dots, of the page as it is drawn for recognition, and as lines are looked for in it. 240 dots an inch
#: of A4 and 130 read small print without fault; more costs memory and time.
OCR_SIDE = 2000
OCR_LINES_SIDE = 1280
#: A line recognised with less than this is illegible.
OCR_LEAST_SCORE = 0.5
ILLEGIBLE = "□"


class Char(NamedTuple):
    char: str
    x0: float
    x1: float
    y: float  # of the base line, upwards
    height: float
    score: float = 1.0  # how sure the recognition was; 1 for a text layer


@dataclass
class Piece:
    """Characters of one row without a wide gap between them."""

    text: str
    x0: float
    x1: float
    y: float
    height: float
    score: float = 1.0


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
    score: float = 1.0
    recognised: bool = False


@dataclass
class Paragraph:
    """A paragraph; where it was recognised, in part or whole, with the score of its worst line."""

    text: str
    score: float = 1.0
    recognised: bool = False


_CJK = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff]")
_PAGE_NUMBER = re.compile(
    r"[-—–―·•.\s]*\d{1,4}[-—–―·•.\s]*|第?\s*\d{1,4}\s*页?\s*[/,，]?\s*共\s*\d{1,4}\s*页|第\s*\d{1,4}\s*页"
    r"|\d{1,4}\s*/\s*\d{1,4}|[-—–―·•\s]*[ivxIVX]{1,5}[-—–―·•\s]*"
    r"|[-—–―~～_一]\s*\d{1,4}\s*[-—–―~～_一]"  # as OCR reads dashes
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
    height, score = median(c.height for c in chars), min(c.score for c in chars)
    return Piece(text, chars[0].x0, chars[-1].x1, chars[0].y, height, score)


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
    """Pieces of one column as lines, from the top; pieces of one row stand on one line. Edges are for ``set_edges``."""
    lines: list[Line] = []
    for piece in sorted(pieces, key=lambda p: (-p.y, p.x0)):
        last = lines[-1] if lines else None
        if last and last.y - piece.y <= 0.45 * min(last.height, piece.height) and piece.x0 >= last.x0:
            last.text += " " + piece.text
            last.x1 = max(last.x1, piece.x1)
            last.score = min(last.score, piece.score)
        else:
            lines.append(Line(piece.text, piece.x0, piece.x1, piece.y, piece.height, score=piece.score))
    for line in lines:
        line.block = number
    return lines


def set_edges(page: list[Line]) -> None:
    """Tell lines the edges of their column; a few lines may stick out."""
    blocks: dict[int, list[Line]] = {}
    for line in page:
        blocks.setdefault(line.block, []).append(line)
    for lines in blocks.values():
        lefts, rights = sorted(line.x0 for line in lines), sorted(line.x1 for line in lines)
        for line in lines:
            line.left = lefts[len(lefts) // 10]
            line.right = rights[-1 - len(rights) // 10]


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


def paragraphs(pages: list[list[Line]]) -> list[Paragraph]:
    for page in pages:  # now that running heads, which may stand further out, are gone
        set_edges(page)
    lines = [line for page in pages for line in page if line.text.strip()]
    indented = sum(_indent(line) for line in lines)
    uses_indents = indented >= 3 and 30 * indented >= len(lines)
    found: list[Paragraph] = []
    last: Line | None = None
    for line in lines:
        if last is not None and _continues(last, line, uses_indents):
            paragraph = found[-1]
            paragraph.text = joined(paragraph.text, line.text.strip())
            paragraph.score = min(paragraph.score, line.score)
            paragraph.recognised |= line.recognised
        else:
            found.append(Paragraph(line.text.strip(), line.score, line.recognised))
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
    def __init__(self, reason: str, detail: str, pictures: list[int] | None = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.pictures = pictures or []


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


def _open(data: bytes, raw: Any) -> tuple[Any, Any]:
    """The document, and the buffer that it lives in."""
    raw.FPDF_InitLibraryWithConfig(raw.FPDF_LIBRARY_CONFIG(2, None, None, 0))
    buffer = ctypes.create_string_buffer(data, len(data))
    document = raw.FPDF_LoadMemDocument64(buffer, len(data), None)
    if not document:
        error = raw.FPDF_GetLastError()
        if error in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
            raise Refused("encrypted", "the PDF asks for a password; get a copy without one")
        raise Refused("damaged", f"the PDF cannot be opened (pdfium error {error}); fetch it again")
    return document, buffer


def read(data: bytes, by_ocr: frozenset[int] = frozenset()) -> dict[str, Any]:
    """Paragraphs of the document, and the pages (from 1) that cannot be read without OCR.

    by_ocr  pages that are to be recognised
    """
    import pypdfium2.raw as raw

    document, _buffer = _open(data, raw)
    recognise = Recogniser() if by_ocr else None
    count = raw.FPDF_GetPageCount(document)
    pages: list[list[Line]] = []
    pictures: list[int] = []
    strange: list[int] = []  # pages whose fonts do not say what they show
    recognised = refused = 0
    unread: list[str] = []
    blocks = meaning = meaningless = 0
    for number in range(1, count + 1):
        page = raw.FPDF_LoadPage(document, number - 1)
        if not page:
            continue
        chars, without_meaning = _page_chars(page, raw)
        read_by_ocr = False
        if recognise is not None and number in by_ocr:
            try:
                seen = recognise.chars(page, raw)
                if seen:
                    chars, without_meaning, read_by_ocr = seen, 0, True
                    recognised += 1
                else:
                    unread.append(f"no text can be made out on page {number}")
            except Unreadable as reason:
                refused += 1
                unread.append(f"page {number} was not recognised: {reason}")
        elif len(chars) < 20 and _has_picture(page, raw):
            pictures.append(number)
        elif without_meaning > 20 and without_meaning * 4 > len(chars):
            strange.append(number)
        raw.FPDF_ClosePage(page)
        meaning += len(chars)
        meaningless += without_meaning
        lines = page_lines(chars, blocks)
        for line in lines:
            line.recognised = read_by_ocr
        blocks += len(lines) + 1
        pages.append(lines)
    wanted = sorted([*pictures, *strange])
    if meaningless > 20 and meaningless * 4 > meaning:
        raise Refused("needs_ocr", "the fonts of the PDF do not say which characters they show", wanted)
    found = paragraphs(without_running_heads(pages))
    if len(_CJK.findall("".join(p.text for p in found))) < 20:
        if by_ocr:
            detail = "; ".join(unread[:5]) or f"{recognised} pages without Chinese text"
            raise Refused("needs_ocr" if refused else "no_text", detail)
        if pictures:
            detail = f"{len(pictures)} of {count} pages are pictures without a text layer"
            raise Refused("needs_ocr", detail, wanted)
        raise Refused("no_text", f"{count} pages without Chinese text")
    notes = unread[:20]
    if wanted:
        notes.append("no text layer that can be read on pages " + ", ".join(map(str, wanted[:20])))
    return {
        "paragraphs": [(p.text, p.recognised, p.score) for p in found],
        "notes": notes,
        "title": _title(document, raw),
        "pages": count,
        "pictures": wanted,
        "recognised": recognised,
    }


def _title(document: Any, raw: Any) -> str:
    size = raw.FPDF_GetMetaText(document, b"Title", None, 0)
    if not 2 < size < 1000:
        return ""
    buffer = ctypes.create_string_buffer(size)
    raw.FPDF_GetMetaText(document, b"Title", buffer, size)
    return buffer.raw.decode("utf-16-le", "ignore").rstrip("\0").strip()


# ------------------------------------------------------------------ pictures of pages


class Unreadable(Exception):
    """Why a page's picture was not recognised."""


class Recogniser:
    """OCR of pages by rapidocr, with the models that its package brings: nothing is fetched."""

    def __init__(self) -> None:
        # One thread: documents are read side by side, one a core.
        os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
        import cv2
        import rapidocr

        cv2.setNumThreads(1)
        models = Path(rapidocr.__file__).parent / "models"
        self._engine = rapidocr.RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.use_cls": False,  # it turns lines that stand on their heads; printed pages have none
                "Global.text_score": 0.0,  # what is illegible is marked, not left out
                "Global.max_side_len": OCR_SIDE,
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                # By path: a model that is named otherwise is fetched where its file is not as expected.
                "Det.model_path": str(_model(models, "det")),
                "Det.limit_type": "max",
                "Det.limit_side_len": OCR_LINES_SIDE,
                "Rec.model_path": str(_model(models, "rec")),
                "Rec.rec_batch_num": 1,  # six lines at once take 200 MB more, and longer
            }
        )

    def chars(self, page: Any, raw: Any) -> list[Char]:
        """Characters of a page in reading position, in dots; empty where no text is seen.

        Raises Unreadable for a picture that is too large, or takes too long.
        """
        _check_pictures(page, raw)

        def out_of_time(number: int, frame: FrameType | None) -> None:
            raise Unreadable(f"it takes more than {OCR_PAGE_SECONDS} s")

        signal.signal(signal.SIGPROF, out_of_time)
        signal.setitimer(signal.ITIMER_PROF, OCR_PAGE_SECONDS)
        try:
            image = _drawn(page, raw)
            found: Any = self._engine(image)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        if found.boxes is None or not found.txts:
            return []
        return placed(
            [
                Recognised(text, [(float(x), float(y)) for x, y in box], float(score))
                for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
            ]
        )


def _model(folder: Path, task: str) -> Path:
    found = sorted(folder.glob(f"*_{task}_*.onnx"))
    if not found:
        raise Refused("needs_ocr", "the package rapidocr came without its models; install it again")
    return found[-1]


def _check_pictures(page: Any, raw: Any) -> None:
    """Refuse pictures too large to be unpacked, by what they say of themselves."""
    width, height = ctypes.c_uint(), ctypes.c_uint()
    dots = 0
    for index in range(min(raw.FPDFPage_CountObjects(page), 5000)):
        thing = raw.FPDFPage_GetObject(page, index)
        if raw.FPDFPageObj_GetType(thing) == raw.FPDF_PAGEOBJ_IMAGE and raw.FPDFImageObj_GetImagePixelSize(
            thing, ctypes.byref(width), ctypes.byref(height)
        ):
            dots += width.value * height.value
    if dots > OCR_PICTURE_DOTS:
        limit = OCR_PICTURE_DOTS // 10**6
        raise Unreadable(f"its pictures have {dots // 10**6} million dots, the limit is {limit} million")


def _drawn(page: Any, raw: Any) -> Any:
    """The page as an array of (height, width, 3) bytes, blue first, its longer side ``OCR_SIDE`` dots."""
    import numpy as np

    wide, high = raw.FPDF_GetPageWidthF(page), raw.FPDF_GetPageHeightF(page)
    if not (1 <= wide <= 100_000 and 1 <= high <= 100_000):
        raise Unreadable(f"a page of {wide:g} by {high:g} points")
    scale = OCR_SIDE / max(wide, high)
    width, height = max(32, round(wide * scale)), max(32, round(high * scale))
    bitmap = raw.FPDFBitmap_CreateEx(width, height, raw.FPDFBitmap_BGR, None, 0)
    if not bitmap:
        raise MemoryError
    try:
        raw.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
        raw.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, raw.FPDF_ANNOT)
        stride = raw.FPDFBitmap_GetStride(bitmap)
        rows = ctypes.cast(
            raw.FPDFBitmap_GetBuffer(bitmap), ctypes.POINTER(ctypes.c_ubyte * (stride * height))
        )
        flat = np.frombuffer(rows.contents, dtype=np.uint8).reshape(height, stride)
        return flat[:, : width * 3].reshape(height, width, 3).copy()
    finally:
        raw.FPDFBitmap_Destroy(bitmap)


class Recognised(NamedTuple):
    """A line that OCR saw: its corners from the upper left around, x to the right, y down."""

    text: str
    box: list[tuple[float, float]]
    score: float


def placed(lines: list[Recognised]) -> list[Char]:
    """Characters of recognised lines in reading position: the page turned straight, the characters of a line spread
    over it evenly, type sizes that differ by the chance of recognition made the same."""
    angle = _slant(lines)
    cos, sin = math.cos(angle), math.sin(angle)
    boxes: list[tuple[Recognised, float, float, float, float]] = []  # left, right, middle, size of type
    for line in lines:
        corners = [(x * cos + y * sin, y * cos - x * sin) for x, y in line.box]
        left = (corners[0][0] + corners[3][0]) / 2
        right = (corners[1][0] + corners[2][0]) / 2
        middle = sum(y for _, y in corners) / 4
        units = sum(map(_units, line.text))
        # A long line tells its type by its width, which is sharper than the height of its box.
        height = (corners[2][1] + corners[3][1] - corners[0][1] - corners[1][1]) / 2
        size = (right - left) / units if units >= 8 else 0.75 * height
        if right - left > 1 and size > 1:
            boxes.append((line, left, right, middle, min(size, 1.3 * height)))
    if not boxes:
        return []
    usual = median(size for *_, size in boxes)
    chars: list[Char] = []
    for line, left, right, middle, own_size in boxes:
        size = usual if 0.8 * usual < own_size < 1.2 * usual else own_size
        text, score = line.text, line.score
        if score < OCR_LEAST_SCORE:
            if right - left < 6 * size:
                continue  # a speck, a stamp
            # Left out, its neighbours would be read as one sentence.
            text = ILLEGIBLE * round((right - left) / size)
        step = (right - left) / max(0.5, sum(map(_units, text)))
        x = left
        for char in text:
            end = x + _units(char) * step
            if not char.isspace():
                chars.append(Char(char, x, end, -middle - 0.35 * size, size, score))
            x = end
    return chars


def _units(char: str) -> float:
    """Width of a character in sizes of type."""
    return 0.5 if char.isascii() else 1.0


def _slant(lines: list[Recognised]) -> float:
    """Angle, in radians, by which a page was laid askew: that of its longer lines."""
    angles = []
    for _, box, _ in lines:
        dx = box[1][0] + box[2][0] - box[0][0] - box[3][0]
        dy = box[1][1] + box[2][1] - box[0][1] - box[3][1]
        if dx > 10 * abs(dy) and dx > 400:
            angles.append(math.atan2(dy, dx))
    return median(angles) if angles else 0.0


def _end_with_parent() -> None:
    """Recognition may take minutes: it ends when whoever waits for it does, however that ended. Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def main() -> None:
    import resource

    by_ocr = frozenset(map(int, sys.argv[1:]))
    memory = OCR_MEMORY_BYTES if by_ocr else MEMORY_BYTES
    seconds = OCR_CPU_SECONDS if by_ocr else CPU_SECONDS
    for limit, value in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds)):
        try:
            resource.setrlimit(limit, (value, value))
        except (ValueError, OSError):  # macOS knows no limit of address space
            continue
    _end_with_parent()
    try:
        answer = read(sys.stdin.buffer.read(), by_ocr)
    except Refused as refusal:
        answer = {"reason": refusal.reason, "detail": refusal.detail, "pictures": refusal.pictures}
    except MemoryError:
        answer = {"reason": "took_too_long", "detail": f"the PDF needs more than {memory // 2**20} MB"}
    sys.stdout.buffer.write(json.dumps(answer).encode("ascii"))


if __name__ == "__main__":
    main()
