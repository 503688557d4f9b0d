"""Bytes to text: encodings, layouts, print formats, hostile input. Fixtures are built here."""

from __future__ import annotations

import io
import os
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas

from extraction.documents import MAX_BYTES, attachment_links, fold, noise_spans, read_document
from extraction.model import DocumentError, DocumentText

FIRST = "过去一年，全市地区生产总值完成1250.6亿元，增长5.6%，固定资产投资增长4.2%。"
SECOND = "今年，社会消费品零售总额增长5.5%左右，城镇新增就业3.2万人，居民收入与经济增长同步。"
TEXT = f"政府工作报告\n{FIRST}\n{SECOND}\n"
TRADITIONAL = "過去一年，全市經濟總量與財政收入實現增長，農業農村發展取得進展，億元項目開工。\n" * 4


def refused(data: bytes, media_type: str | None = None) -> str:
    with pytest.raises(DocumentError) as caught:
        read_document(data, media_type=media_type)
    assert caught.value.detail
    return caught.value.reason


# ---------------------------------------------------------------- plain text


@pytest.mark.parametrize(
    ("text", "codec", "encoding"),
    [
        (TEXT, "utf-8", "utf-8"),
        (TEXT, "utf-8-sig", "utf-8"),
        (TEXT, "gb18030", "gb18030"),
        (TEXT, "gbk", "gb18030"),
        (TEXT, "utf-16", "utf-16-le"),
        (TEXT, "utf-16-le", "utf-16-le"),
        (TEXT, "utf-16-be", "utf-16-be"),
        (TRADITIONAL, "big5", "big5"),
        (TRADITIONAL, "utf-8", "utf-8"),
    ],
)
def test_encodings(text: str, codec: str, encoding: str) -> None:
    doc = read_document(text.encode(codec))
    assert (doc.text, doc.encoding, doc.media_type) == (text, encoding, "text/plain")


def test_plain_text_stays_as_it_is() -> None:
    odd = "  标题　２０２６\u00a0年\n\n\n12\n【字号：大 中 小】\n政府工作报告\t增长５％ \n"
    assert read_document(odd.encode()).text == odd
    assert read_document(odd.replace("\n", "\r\n").encode()).text == odd


def test_a_wrong_declaration_is_not_believed() -> None:
    doc = read_document(TEXT.encode("gb18030"), media_type="text/plain; charset=utf-8")
    assert (doc.text, doc.encoding) == (TEXT, "gb18030")
    assert any("declared utf-8" in note for note in doc.notes)


def test_one_broken_character_does_not_lose_the_report() -> None:
    data = (TEXT * 5).encode()
    doc = read_document(data[:-2])  # the download stopped inside a character
    assert doc.encoding == "utf-8"
    assert doc.text.startswith(TEXT)
    assert doc.notes


def test_text_encoded_twice_is_turned_back() -> None:
    assert read_document(TEXT.encode().decode("latin-1").encode()).text == TEXT


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"  \r\n\t", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"x" * (MAX_BYTES + 1), "too_large"),
        (b"\x89PNG\r\n\x1a\n" + b"1" * 100, "needs_ocr"),
        (b"\xff\xd8\xff\xe0" + b"1" * 100, "needs_ocr"),
        (b"Rar!\x1a\x07" + b"1" * 100, "unknown_format"),
        (bytes(range(256)) * 40, "unknown_format"),
        ("锟斤拷".encode() * 200, "undecodable"),
        ("시민 여러분 안녕하십니까 시정 보고 ".encode("euc-kr") * 20, "undecodable"),
        (b"PK\x03\x04broken", "damaged"),
        (b"%PDF-1.7 broken", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1broken", "damaged"),
    ],
)
def test_refusals(data: bytes, reason: str) -> None:
    assert refused(data) == reason


# ---------------------------------------------------------------- pages

NAVIGATION = (
    "<div class='nav'><a href='/'>首页</a> <a href='/zw'>政务公开</a></div>"
    "<div class='crumb'>当前位置：首页 &gt; 政府工作报告</div>"
)
FOOT = "<div class='footer'>版权所有：某市人民政府　京ICP备0000号</div>"
BODIES = {
    "ucap": "<div id='UCAP-CONTENT'><p>{a}</p><p>{b}</p></div>",
    "zoom": "<div id='zoom'><p>　　{a}</p><p>　　{b}</p></div>",
    "trs": "<div class='view TRS_UEDITOR'><div class='TRS_Editor'><P>{a}</P><P>{b}</P></div></div>",
    "pages_content": "<div class='pages_content mhide'><p><span>{a}</span></p><p>{b}</p></div>",
    "article": "<div class='article'><h1>政府工作报告</h1><div>{a}<br/><br/>{b}</div></div>",
    "table": "<table><tr><td><font size=3>　　{a}<br>　　{b}</font></td></tr></table>",
    "unknown": "<div class='a1'><div class='b2'><section><p>{a}</p><p>{b}</p></section></div></div>",
    "hidden until shown": "<div id='con' style='display:none'>" + "<p>{a}</p><p>{b}</p>" * 20 + "</div>",
    "form": "<form action='x'><div class='main'><p>{a}</p><p>{b}</p></div></form>",
    "written": "<script>document.writeln('<p>{a}<\\/p>');document.writeln(\"<p>{b}<\\/p>\"+'');"
    "document.writeln('<p>{b}<\\/p>');document.writeln('<p>{b}<\\/p>');</script>",
    "in a variable": "<script>var page = {{\"html\":\"<p>{a}<\\/p><p>{b}<\\/p><p>{b}<\\/p><p>{b}<\\/p>"
    "<p>{b}<\\/p><p>{b}<\\/p><p>{b}<\\/p>\"}};</script>",
}  # fmt: skip


def page(body: str, head: str = "") -> str:
    return (
        f"<!DOCTYPE html><html><head><meta charset='utf-8'>{head}<title>政府工作报告_某市人民政府</title>"
        f"<style>.x{{color:red}}</style></head><body>{NAVIGATION}{body}"
        f"<div class='share'>分享到：微信 微博</div>{FOOT}</body></html>"
    )


@pytest.mark.parametrize("layout", BODIES)
@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_layouts(layout: str, codec: str) -> None:
    doc = read_document(page(BODIES[layout].format(a=FIRST, b=SECOND)).encode(codec))
    lines = doc.text.split("\n")
    assert FIRST in lines
    assert SECOND in lines
    assert doc.media_type == "text/html"
    assert doc.title == "政府工作报告"
    for noise in ("首页", "当前位置", "分享", "版权", "color", "document"):
        assert noise not in doc.text


def test_a_sentence_in_pieces_is_joined() -> None:
    pieces = f"<span>{FIRST[:8]}</span>\n   <span>{FIRST[8:18]}</span><b>{FIRST[18:]}</b>"
    assert FIRST in read_document(page(f"<div id='zoom'><p>{pieces}</p><p>{SECOND}</p></div>").encode()).text


def test_a_report_in_two_parts_keeps_both() -> None:
    body = f"<div class='content'><p>{FIRST * 3}</p></div><div class='more'><p>{SECOND * 3}</p></div>"
    text = read_document(page(body).encode()).text
    assert FIRST in text
    assert SECOND in text


def test_head_facts() -> None:
    head = (
        "<meta name='SiteName' content='某市人民政府'>"
        "<meta name='articletitle' content='2026年某市政府工作报告'>"
        "<meta name=PubDate content='2026-02-03 10:00'><meta name='ContentSource' content='某某日报'>"
    )
    doc = read_document(page(f"<div id='zoom'>{FIRST}</div>", head).encode())
    assert doc.title == "2026年某市政府工作报告"
    assert doc.meta == {
        "SiteName": "某市人民政府",
        "ArticleTitle": "2026年某市政府工作报告",
        "PubDate": "2026-02-03 10:00",
        "ContentSource": "某某日报",
    }


def test_cells_of_several_paragraphs_are_columns_of_the_page() -> None:
    """The last fact of one column and the heading of the next made a sentence: 新增就业3.2万人2026年目标."""
    cell = "<td><p>{}年</p><p>新增就业{}万人</p></td>"
    table = f"<table><tr>{cell.format(2025, 3.2)}{cell.format(2026, 3)}</tr></table>"
    page = f"<html><body><div id='zoom'><p>政府工作报告</p>{table}<p>{FIRST}</p><p>{SECOND}</p></div></body></html>"
    text = read_document(page.encode(), media_type="text/html").text
    assert "2025年\n新增就业3.2万人\n2026年\n新增就业3万人" in text


def test_tables_and_entities() -> None:
    table = "<table><tr><td>投资</td><td>增长&nbsp;&lt;5&#37;</td></tr></table>"
    body = f"<div id='zoom'><p>{FIRST}</p>{table}</div>"
    assert read_document(page(body).encode()).text.split("\n")[-1] == "投资\t增长 <5%"


def test_glossary_captions_and_editors_are_left_out() -> None:
    tail = (
        "<p>图为会场 本报记者 王某 摄</p><p>责任编辑：李某</p><p>名词解释</p><p>1.“两新”：指某某900亿元。</p>"
    )
    text = read_document(page(f"<div id='zoom'><p>{FIRST}</p><p>{SECOND}</p>{tail}</div>").encode()).text
    assert text == f"{FIRST}\n{SECOND}"


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ("<p>2026年政府工作报告</p><a href='./P020260203.docx'>附件</a>", "./P020260203.docx"),
        ("<iframe src='/content/report.html'></iframe>", "/content/report.html"),
        ("<div id='app'></div>", "script"),
    ],
)
def test_pages_without_an_article(body: str, hint: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_document(page(body).encode())
    assert caught.value.reason == "no_text"
    assert hint in caught.value.detail


def test_attachments_beside_an_article() -> None:
    body = f"<div id='zoom'>{FIRST * 8}</div><a href='a.pdf'>附件</a><a href='b.html'>其他</a>"
    assert read_document(page(body).encode()).meta["attachments"] == "a.pdf"
    assert attachment_links(page(body), "http://x.example/y/") == ("http://x.example/y/a.pdf",)


# ---------------------------------------------------------------- noise and folding


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("【字号：大 中 小】", "font_size"),
        ("打印本页", "navigation"),
        ("当前位置：首页 > 政务公开", "navigation"),
        ("分享到：", "share"),
        ("— 12 —", "page_number"),
        ("来源：某某日报", "source"),
        ("湖边公园 张某某 摄", "caption"),
        ("市长作报告。本报记者 张某摄", "caption"),
        ("张某 李某某 王某 编辑整理", "editor"),
        ("责任编辑：张某", "editor"),
        ("相关报道：", "navigation"),
        ("①“双碳”：指碳达峰、碳中和。", "footnote"),
    ],
)
def test_noise_lines(line: str, reason: str) -> None:
    text = f"{FIRST}\n{line}\n{SECOND}"
    start = len(FIRST) + 1
    assert noise_spans(text) == [(start, start + len(line), reason)]


@pytest.mark.parametrize(
    "line",
    [
        FIRST,
        "2026",
        "44",
        "下载量增长5%",
        "编辑部新增就业3万人",
        "航空拍摄",
        "来源：税收增长5%，非税增长2%",
        "附件：新建公路120公里",
        "一是坚持稳中求进。",
        "图书馆达到108个",
    ],
)
def test_report_lines_are_no_noise(line: str) -> None:
    assert noise_spans(f"{FIRST}\n{line}\n{SECOND}") == []


def test_glossary_and_tail_and_marks() -> None:
    report = f"{FIRST}\n" * 5
    glossary = f"{report}《政府工作报告》名词解释\n1.甲：指900亿元。\n乙是5%的某某。"
    assert noise_spans(glossary) == [(len(report), len(glossary), "glossary")]
    notes = f"{report}注：1.“四好农村路”：全市新建520公里。\n2.某某。"
    assert noise_spans(notes) == [(len(report), len(notes), "glossary")]
    resumed = f"{report}名词解释\n各位代表：\n{SECOND}"
    assert noise_spans(resumed) == []
    tail = report + "为之努力奋斗！图解：二〇二六年政府工作报告"
    assert [tail[a:b] for a, b, _ in noise_spans(tail)] == ["图解：二〇二六年政府工作报告"]
    marked = f"推进“两新”[12]和“双碳”③工作。{SECOND}"
    assert [marked[a:b] for a, b, _ in noise_spans(marked)] == ["[12]", "③"]


def test_bare_page_numbers_only_when_they_count() -> None:
    counted = "\n".join([FIRST, "1", FIRST, "2", FIRST, "3", FIRST])
    assert [counted[a:b] for a, b, _ in noise_spans(counted)] == ["1", "2", "3"]
    assert noise_spans("\n".join([FIRST, "44", FIRST, "12", FIRST, "260", FIRST])) == []


def test_columns_read_across_are_passed_over() -> None:
    """Which column a figure is of, nothing says: done last year, or promised for this."""
    gap = " " * 12
    left, right = "生产总值增长5.6%", "生产总值增长5%左右"
    two = f"{left}{gap}{right}\n新增就业3.2万人\t\t新增就业3万人以上"
    text = f"{FIRST}\n{two}\n{SECOND}"
    assert [text[a:b] for a, b, reason in noise_spans(text) if reason == "columns"] == two.split("\n")
    assert noise_spans(f"{FIRST}\n{left}{gap}{right}\n{SECOND}") == []
    row = "生产总值增长\t5.6%\t5%左右"
    assert noise_spans(f"{FIRST}\n{row}\n{SECOND}") == [
        (len(FIRST) + 1, len(FIRST) + 1 + len(row), "columns")
    ]
    spaced = f"生产总值{gap}820亿元{gap}增长5.6%\n预算收入{gap}61亿元{gap}增长3.1%"
    assert noise_spans(f"{FIRST}\n{spaced}\n{SECOND}") == []


def test_fold() -> None:
    assert fold("１２．５％，經濟增長ＧＤＰ　⼯") == "12.5%，经济增长GDP 工"
    assert fold("↑5.6%、0.5%↓") == "增5.6%、0.5%降"
    plain = "过去一年，增长5%。"
    assert fold(plain) is plain


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_fold_keeps_length_and_is_stable(text: str) -> None:
    folded = fold(text)
    assert len(folded) == len(text)
    assert fold(folded) is folded


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.sampled_from("增长5%。\n摄编辑：解释名词[1]①记者 　图大中小页第—"), max_size=200))
def test_noise_spans_are_ordered_and_apart(text: str) -> None:
    position = 0
    for start, end, _ in noise_spans(text):
        assert position <= start < end <= len(text)
        position = end


# ---------------------------------------------------------------- PDF

pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
PARAGRAPHS = [f"第{n}件事。{FIRST}{SECOND}" for n in "一二三四五六七八九十"]


def wrapped(paragraph: str, em: float) -> list[str]:
    """Lines of at most ``em`` full widths, the first indented by two."""
    lines, line, width = [], "　　", 2.0
    for char in paragraph:
        step = 0.5 if char.isascii() else 1.0
        if width + step > em:
            lines.append(line)
            line, width = "", 0.0
        line, width = line + char, width + step
    return [*lines, line]


def draw(columns: int, *, password: str | None = None) -> bytes:
    """Ten paragraphs over pages of one or two columns with a headline, running head and page numbers."""
    buffer = io.BytesIO()
    sheet = canvas.Canvas(buffer, pagesize=(595, 842), encrypt=password)
    queue = [line for paragraph in PARAGRAPHS for line in wrapped(paragraph, 40 if columns == 1 else 18)]
    number = 0
    while queue:
        number += 1
        sheet.setFont("STSong-Light", 9)
        sheet.drawString(220, 815, "某市人民政府公报　2026年第2期")
        sheet.drawString(290, 25, f"— {number} —")
        top = 780
        if number == 1:
            sheet.setFont("STSong-Light", 20)
            sheet.drawString(100, 770, "政府工作报告在某市人民代表大会上")
            top = 730
        sheet.setFont("STSong-Light", 12)
        for column in range(columns):
            y = top
            while y > 560 and queue:
                sheet.drawString(60 + 260 * column, y, queue.pop(0))
                y -= 20
        sheet.showPage()
    sheet.save()
    return buffer.getvalue()


@pytest.mark.parametrize("columns", [1, 2])
def test_pdf(columns: int) -> None:
    doc = read_document(draw(columns))
    assert doc.media_type == "application/pdf"
    assert doc.text.split("\n") == ["政府工作报告在某市人民代表大会上", *PARAGRAPHS]


def test_pdf_with_a_password() -> None:
    assert refused(draw(1, password="geheim")) == "encrypted"


def test_pdf_of_pictures_without_ocr(monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import Image

    from extraction.documents import pdf

    monkeypatch.setattr(pdf, "ocr_engine", lambda: "")

    buffer = io.BytesIO()
    Image.new("RGB", (300, 400), "white").save(buffer, "PDF")
    with pytest.raises(DocumentError, match=r"needs_ocr: 1 of 1 pages are pictures .*cityreports\[ocr\]"):
        read_document(buffer.getvalue())


def test_pdf_whose_reader_does_not_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from extraction.documents import pdf

    sleeper = tmp_path / "sleeper.py"
    sleeper.write_text("import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(60)\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pdf, "_WORKER", sleeper)
    monkeypatch.setattr(pdf, "DEADLINE", 1.0)
    assert refused(draw(1)) == "took_too_long"
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


# ---------------------------------------------------------------- Word


def word_file() -> bytes:
    document = docx.Document()
    document.add_heading("政府工作报告", 0)
    document.add_paragraph("　　" + FIRST)
    table = document.add_table(rows=2, cols=2)
    for row, cells in zip(table.rows, (("指标", "目标"), ("投资", "6%")), strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    paragraph = document.add_paragraph()
    paragraph.add_run(SECOND[:9])
    paragraph.add_run(SECOND[9:]).bold = True
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def test_docx() -> None:
    doc = read_document(word_file(), name="report.doc", media_type="text/html")
    assert doc.text == f"政府工作报告\n{FIRST}\n指标\t目标\n投资\t6%\n{SECOND}"
    assert doc.media_type.endswith("wordprocessingml.document")


def test_docx_cells_of_several_paragraphs_are_columns_of_the_page() -> None:
    document = docx.Document()
    row = document.add_table(rows=1, cols=2).rows[0]
    for cell, (year, fact) in zip(
        row.cells, (("2025年完成", "投资增长4%"), ("2026年目标", "投资增长6%")), strict=True
    ):
        cell.text = year
        cell.add_paragraph(fact)
    buffer = io.BytesIO()
    document.save(buffer)
    assert read_document(buffer.getvalue()).text == "2025年完成\n投资增长4%\n2026年目标\n投资增长6%"


def zipped(xml: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", xml)
    return buffer.getvalue()


def test_docx_bombs() -> None:
    assert refused(zipped(b"<a>" + b" " * (40 * 1024 * 1024) + b"</a>")) == "too_large"
    entities = b'<!DOCTYPE a [<!ENTITY b "' + b"x" * 1000 + b'">]><a>' + b"&b;" * 1000 + b"</a>"
    assert refused(zipped(entities)) == "damaged"
    assert refused(zipped(b"<a><b></a>")) == "damaged"


def compound(streams: dict[str, bytes]) -> bytes:
    """A compound file as [MS-CFB] has it: header, one sector of allocation table, directory, streams."""
    directory = [("Root Entry", 5, 0xFFFFFFFE, 0)]
    table, sectors = [0xFFFFFFFD, 0xFFFFFFFE], b""
    for name, data in streams.items():
        data = data.ljust(4096, b"\0")
        data += b"\0" * (-len(data) % 512)
        first, count = len(table), len(data) // 512
        table += [*range(first + 1, first + count), 0xFFFFFFFE]
        sectors += data
        directory.append((name, 2, first, len(data)))
    listing = b""
    for name, kind, start, size in directory:
        raw = name.encode("utf-16-le") + b"\0\0"
        entry = raw.ljust(64, b"\0") + struct.pack("<HBB", len(raw), kind, 1) + b"\xff" * 12 + b"\0" * 36
        listing += entry + struct.pack("<IQ", start, size)
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(0x18, b"\0") + struct.pack(
        "<HHHHH", 0x3E, 3, 0xFFFE, 9, 6
    )
    header = header.ljust(0x2C, b"\0") + struct.pack("<II", 1, 1) + b"\0" * 4
    header += struct.pack("<IIIII", 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0) + struct.pack("<I", 0) + b"\xff" * 432
    fat = struct.pack(f"<{len(table)}I", *table).ljust(512, b"\xff")
    return header + fat + listing.ljust(512, b"\0") + sectors


def legacy_word_file(*, encrypted: bool = False) -> bytes:
    """A Word 97 document of two pieces, one in UTF-16 and one in single bytes, with a field and a cell."""
    first = f"政府工作报告\r{FIRST}\r\x13 PAGE \x145\x15\r指标\x07目标\x07\r{SECOND}\r"
    second = "GDP 5%\r"
    start = 0x400
    stream = bytearray(start)
    struct.pack_into("<HH", stream, 0, 0xA5EC, 0xC1)
    struct.pack_into("<H", stream, 0x0A, 0x0200 | (0x0100 if encrypted else 0))
    struct.pack_into("<I", stream, 0x4C, len(first) + len(second))
    raw = first.encode("utf-16-le")
    stream += raw + second.encode("cp1252")
    pieces = struct.pack("<3I", 0, len(first), len(first) + len(second))
    pieces += struct.pack("<HIH", 0, start, 0) + struct.pack(
        "<HIH", 0, (start + len(raw)) * 2 | 0x40000000, 0
    )
    clx = b"\x01" + struct.pack("<H", 3) + b"abc" + b"\x02" + struct.pack("<I", len(pieces)) + pieces
    struct.pack_into("<II", stream, 0x1A2, 16, len(clx))
    return compound({"WordDocument": bytes(stream), "1Table": b"\0" * 16 + clx})


def test_legacy_doc() -> None:
    doc = read_document(legacy_word_file())
    assert doc.text.split("\n") == ["政府工作报告", FIRST, "5", "指标\t目标", SECOND, "GDP 5%"]
    assert doc.media_type == "application/msword"
    assert refused(legacy_word_file(encrypted=True)) == "encrypted"
    assert refused(compound({"Workbook": b"x"})) == "unknown_format"


def test_older_formats_need_a_tool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert refused(rb"{\rtf1 text}") == "no_tool"
    tool = tmp_path / "catdoc"
    tool.write_text(f"#!/bin/sh\necho '{FIRST}'\n", encoding="utf-8")
    tool.chmod(0o755)
    assert read_document(rb"{\rtf1 text}").text == FIRST


# ---------------------------------------------------------------- any bytes


def outcome(data: bytes) -> DocumentText | DocumentError:
    try:
        return read_document(data)
    except DocumentError as error:
        return error


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=600))
@example(b"<html>")
@example(b"<html><body><p>\xff\xfe\x00")
@example(b"\xff\xfe<\x00")
@example(b"<?xml version='1.0' encoding='x'?><html><body>")
def test_any_bytes(data: bytes) -> None:
    if not data.startswith((b"%PDF",)):
        outcome(data)


MARKUP = (
    "<p> </p> <div\tid=zoom> <td> <br > <a\thref=x.doc> 中文。 <script> \" ' </script> <!-- --> &#x &nbsp; "
    "<form> </form> <title> \\u4e2d <frame\tsrc=a>"
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(MARKUP.split(" ")), max_size=80))
def test_any_markup(pieces: list[str]) -> None:
    outcome(("<html><body>" + "".join(pieces)).encode())


def damaged(whole: bytes, seed: int) -> bytes:
    import random

    chance = random.Random(seed)
    data = bytearray(whole)
    for _ in range(chance.randint(1, 30)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data[: chance.randrange(len(data) // 2, len(data) + 1)])


@pytest.mark.parametrize(("make", "rounds"), [(word_file, 60), (legacy_word_file, 60), (lambda: draw(1), 6)])
def test_damaged_files_are_read_or_refused(make: Callable[[], bytes], rounds: int) -> None:
    whole = make()
    for seed in range(rounds):
        outcome(damaged(whole, seed))


HOSTILE = {
    "nested": "<html><body>" + "<div>" * 100_000,
    "unclosed": "<html><body>" + "<font>x" * 40_000,
    "flat": "<html><body>" + "<div>中</div>" * 30_000,
    "breaks": "<html><body>" + "<br>" * 60_000,
    "cells": "<html><body><table>" + "<td>中" * 60_000,
    "attributes": "<html><body><p " + "a=b " * 1_000_000 + ">",
    "script": "<html><body><script>" + 'document.write("' * 200_000,
    "entities": "<html><body><p>" + "&amp;" * 1_000_000,
    "captions": "啊啊 啊啊 啊啊 啊啊 啊啊 啊啊 啊啊 啊啊 啊啊 摄啊\n" * 20_000,
    "years": "标题" + "2026年" * 300_000,
    "one line": "中" * 1_900_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_costs_little(name: str) -> None:
    started = time.process_time()
    doc = outcome(HOSTILE[name].encode())
    if isinstance(doc, DocumentText):
        noise_spans(doc.text)
    assert time.process_time() - started < 5
