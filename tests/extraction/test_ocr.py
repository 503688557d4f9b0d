"""Scanned pages to figures, by the real engine: skipped where the extra ``ocr`` is not installed."""

from __future__ import annotations

import io
import re
import time
import zlib

import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas

from extraction.documents import pdf, pdf_worker, read_document
from extraction.extract import extract_report
from extraction.identity import identify
from extraction.model import Claim, DocumentError, Identity, Observation
from extraction.ocr import ocr_engine
from tests.extraction import scans

needs_engine = pytest.mark.skipif(not ocr_engine(), reason="the extra ocr is not installed")
pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))

OWN = Identity("411700", "驻马店市", 2024, "full")


def figures(text: str) -> list[str]:
    return re.findall(r"\d+(?:\.\d+)?", text)


def report(columns: int) -> bytes:
    """Three scanned pages, askew to either side, with running heads and page numbers."""
    shares = (scans.PARAGRAPHS[:6], scans.PARAGRAPHS[6:9], scans.PARAGRAPHS[9:])
    return scans.bound(
        [
            scans.photographed(
                scans.page(
                    share,
                    columns=columns,
                    title=scans.TITLE if number == 1 else "",
                    head=scans.HEAD,
                    number=number,
                ),
                angle=(-1) ** number * 0.9,
            )
            for number, share in enumerate(shares, start=1)
        ]
    )


@needs_engine
@pytest.mark.parametrize("columns", [1, 2])
def test_scanned_pages_are_read_as_printed(columns: int) -> None:
    doc = read_document(report(columns))
    assert figures(doc.text) == figures("".join(scans.PARAGRAPHS))
    assert scans.HEAD not in doc.text
    # Recognition takes one mark for another at times, never a word.
    words = re.compile(r"[^\w%.]")
    lines = [words.sub("", line) for line in doc.text.split("\n")]
    assert lines == [words.sub("", line) for line in (scans.TITLE, *scans.PARAGRAPHS)]
    assert doc.notes == (f"read by OCR: 3 of 3 pages ({ocr_engine()})",)
    assert [doc.text[start:end] for start, end, _ in doc.recognised] == doc.text.split("\n")

    identity = identify(doc, Claim())
    assert (identity.region_code, identity.report_year) == ("411700", 2024)
    assert identity.doubts == doc.notes
    facts = {
        (o.metric_code, o.role, o.statistic): (o.value, o.qualifier)
        for o in extract_report(doc.text, identity, doc.recognised).observations
    }
    assert facts["gdp", "target", "growth_rate"] == (6, "around")
    assert facts["gdp", "actual", "growth_rate"] == (5.3, "exact")
    assert len(facts) >= 18
    assert all(o.confidence <= 0.9 for o in extract_report(doc.text, identity, doc.recognised).observations)


def mixed() -> bytes:
    """A page with a text layer, then a scanned one."""
    buffer = io.BytesIO()
    sheet = canvas.Canvas(buffer, pagesize=(595, 842))
    sheet.setFont("STSong-Light", 20)
    sheet.drawString(200, 770, scans.TITLE)
    sheet.setFont("STSong-Light", 12)
    lines = [text[i : i + 40] for text in scans.PARAGRAPHS[:6] for i in range(0, len(text), 40)]
    for row, line in enumerate(lines):
        sheet.drawString(60, 720 - 22 * row, line)
    sheet.showPage()
    picture = scans.photographed(scans.page(scans.PARAGRAPHS[6:]))
    sheet.drawImage(ImageReader(picture), 0, 0, 595, 842)
    sheet.showPage()
    sheet.save()
    return buffer.getvalue()


@needs_engine
def test_only_what_was_recognised_is_doubted() -> None:
    doc = read_document(mixed())
    assert figures(doc.text) == figures("".join(scans.PARAGRAPHS))
    assert doc.notes == (f"read by OCR: 1 of 2 pages ({ocr_engine()})",)
    boundary = doc.text.index("今年经济")
    assert doc.recognised[0][0] == boundary
    found = extract_report(doc.text, identify(doc, Claim()), doc.recognised).observations
    assert max(o.confidence for o in found if o.char_start < boundary) > 0.9
    assert max(o.confidence for o in found if o.char_start > boundary) <= 0.9


@needs_engine
def test_a_text_layer_is_not_lost_where_recognition_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "OCR_START_SECONDS", 0.0)
    monkeypatch.setattr(pdf, "OCR_PAGE_SECONDS", 0.3)
    doc = read_document(mixed())
    assert figures(doc.text) == figures("".join(scans.PARAGRAPHS[:6]))
    assert doc.notes[0] == "no text layer that can be read on pages 2"
    assert doc.notes[1].startswith("they were not recognised (took_too_long")
    assert doc.recognised == ()
    with pytest.raises(DocumentError, match="took_too_long"):
        read_document(scans.bound([scans.page(scans.PARAGRAPHS)]))


def refused(data: bytes) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        read_document(data)
    return caught.value


@needs_engine
def test_blank_pictures_hold_no_text() -> None:
    blank = scans.photographed(Image.new("L", (scans.WIDTH, scans.HEIGHT), 255))
    error = refused(scans.bound([blank]))
    assert (error.reason, error.detail) == ("no_text", "no text can be made out on page 1")


def huge_picture(side: int) -> bytes:
    """A PDF of a few kilobytes whose one picture has ``side`` by ``side`` dots."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(side // 8)) for _ in range(side)) + packer.flush()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</XObject<</I 5 0 R>>>>/Contents 4 0 R>>",
        b"<</Length 26>>stream\n595 0 0 842 0 0 cm\n/I Do\n\nendstream",
        b"<</Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 1/ColorSpace/DeviceGray"
        b"/Filter/FlateDecode/Length %d>>stream\n" % (side, side, len(packed)) + packed + b"\nendstream",
    ]
    body = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % p for p in places)
    return body + table + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(body)


@needs_engine
def test_a_huge_picture_is_refused_unseen() -> None:
    started = time.monotonic()
    error = refused(huge_picture(40_000))
    assert (error.reason, time.monotonic() - started < 30) == ("needs_ocr", True)
    assert "1600 million dots, the limit is 64 million" in error.detail


@needs_engine
def test_a_book_of_pictures_is_refused() -> None:
    blank = Image.new("L", (60, 80), 255)
    error = refused(scans.bound([blank] * (pdf.OCR_PAGES + 1)))
    assert (error.reason, "121 pages are pictures" in error.detail) == ("needs_ocr", True)


def test_the_asked_time_grows_with_the_pages_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    def worker(data: bytes, by_ocr: list[int], deadline: float) -> dict[str, object]:
        if by_ocr:
            return {"reason": "no_text", "detail": "blank"}
        return {"reason": "needs_ocr", "detail": "pictures", "pictures": list(range(1, int(data[5:]) + 1))}

    monkeypatch.setattr(pdf, "ocr_engine", lambda: "an engine")
    monkeypatch.setattr(pdf, "_ask", worker)
    for pages in (1, 40, 100):
        with pytest.raises(DocumentError, match="no_text"):
            read_document(b"%%PDF-%d" % pages, more_time=asked.append)
    assert asked == [40.0, 430.0, 600.0]


# ---------------------------------------------------------------- without the engine


def line(
    text: str, left: float, top: float, score: float = 0.99, slope: float = 0.0
) -> pdf_worker.Recognised:
    """A line of type of 30 dots whose box follows a page laid askew."""
    width = 30 * sum(map(pdf_worker._units, text))
    ends = (left, top + slope * left), (left + width, top + slope * (left + width))
    return pdf_worker.Recognised(text, [*ends, *((x, y + 38) for x, y in reversed(ends))], score)


def read_lines(*lines: pdf_worker.Recognised) -> list[pdf_worker.Paragraph]:
    return pdf_worker.paragraphs([pdf_worker.page_lines(pdf_worker.placed(list(lines)), 0)])


def test_rows_of_a_page_askew_stay_rows() -> None:
    # A slope of 7 in 100 lowers the right half of a row below the left half of the next.
    rows = [
        line(text, left, 100 + 50 * row, slope=0.07)
        for row in range(4)
        for left, text in (
            (100, f"第{row}行左边的文字共有十三个字"),
            (900, f"第{row}行右边的文字共有十三个字"),
        )
    ]
    chars = pdf_worker.placed(rows)
    found = [piece.text for piece in pdf_worker.rows_to_pieces(chars)]
    assert found == [r.text for r in rows]


def test_an_illegible_line_keeps_its_neighbours_apart() -> None:
    lines = (
        line("　　预计全市生产总值增长百分之几，城镇新增就业人数", 40, 100),
        line("乱码乱码乱码乱码乱码乱码乱码乱码乱码乱码乱码乱码", 100, 150, score=0.2),
        line("达到6.9万人，粮食总产量稳定在160亿斤以上。", 100, 200),
        line("章", 900, 230, score=0.2),
    )
    (paragraph,) = read_lines(*lines)
    assert paragraph.text == lines[0].text.strip() + "□" * 24 + lines[2].text
    assert paragraph.score == 0.2


def trust(text: str, *scores: float) -> dict[float | None, float]:
    """Confidence by value, each line of the text recognised with its score (1: printed)."""
    spans, start = [], 0
    for part, score in zip(text.split("\n"), scores, strict=True):
        if score < 1:
            spans.append((start, start + len(part), score))
        start += len(part) + 1
    found: list[Observation] = list(extract_report(text, OWN, spans).observations)
    return {o.value: o.confidence for o in found}


def test_recognised_figures_are_trusted_less_unless_said_twice() -> None:
    goal = "今年主要预期目标是：生产总值增长6%，固定资产投资增长8%。"
    again = "实现生产总值增长6%。"
    plain = trust(goal, 1)
    assert plain[6] > 0.9
    assert trust(goal, 0.99) == {6: 0.9, 8: 0.9}
    assert trust(goal, 0.72) == {6: 0.72, 8: 0.72}
    assert trust(f"{goal}\n{again}", 0.99, 0.99) == {6: plain[6], 8: 0.9}
    assert trust(f"{goal}\n{again.replace('6', '5')}", 0.99, 0.99)[6] <= 0.9


def test_the_usual_confusions_are_mended() -> None:
    found = trust("今年主要预期目标是：生产总值增长1l.5%，固定资产投资增长1O%。", 0.95)
    assert list(found) == [11.5, 10]
