"""Coverage-guided fuzzing of the reader: ``make fuzz`` (ENTRY=text|html|pdf|word, SECONDS=60).

Any bytes in: the only exception that may come out is DocumentError, in under ``LIMIT_S`` seconds, and every observation
must quote what stands in the text. Inputs that broke this are written to ``data/fuzz``: make a test of each, then mend.
Atheris is no part of the development environment (it instruments all that it imports); ``make fuzz`` fetches it.
"""

from __future__ import annotations

import io
import sys
import time
import zipfile
from datetime import date
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["extraction"]):
    from extraction.documents import pdf_worker, read_document
    from extraction.extract import extract_report
    from extraction.identity import identify
    from extraction.model import Claim, DocumentError, Identity

LIMIT_S = 5.0
ENTRIES = ("text", "html", "pdf", "word")
OWN = Identity("411700", "驻马店市", 2026, "full", delivered_on=date(2026, 2, 1))

#: What reports are made of: random bytes alone hardly ever make a sentence with a figure.
_WORDS = (
    "地区生产总值 增长 6.5% 左右 以上 达到 1234.5 亿元 一般公共预算收入 分别 、 ， 。 ； 和 比上年 下降 个百分点 今年 2025年 “十四五” 年均 "
    "城镇 农村 居民人均可支配收入 翻一番 三分之二 百分之五 （ ） 新建 12 所 学校 其中 占 全省 居 第3位 一、 回顾 目标 是： 力争 更好 由 提高到 - — "
    "两千八百亿 0.5 1,234 万 千 余 近 突破 \n 　 二是 粮食产量 持平 同步 不设 :"
)
WORDS = _WORDS.split(" ")


def sentences(data: bytes) -> str:
    """Bytes to words of reports, so that mutations of the bytes are mutations of sentences."""
    return "".join(WORDS[byte] if byte < len(WORDS) else chr(0x4E00 + byte) for byte in data)


def read(text: str) -> None:
    for observation in extract_report(text, OWN).observations:
        if text[observation.char_start : observation.char_end] != observation.quote:
            raise AssertionError(f"the quote of {observation} does not stand in the text")


def lay_out(data: bytes) -> None:
    """Bytes to characters anywhere on two pages, and those to paragraphs."""
    pages: list[list[pdf_worker.Char]] = [[], []]
    for i in range(0, len(data) - 3, 4):
        word, x, y, size = data[i : i + 4]
        char = sentences(bytes([word]))[:1] or " "
        pages[i // 4 % 2].append(
            pdf_worker.Char(char, x * 2.5, x * 2.5 + (size + 1) / 10, y * 3.0, (size + 1) / 10)
        )
    lines = [pdf_worker.page_lines(page, 0) for page in pages]
    pdf_worker.paragraphs(pdf_worker.without_running_heads(lines))


def word_document(data: bytes) -> bytes:
    """A .docx whose one paragraph, or whose mark-up, is ``data``."""
    inner = sentences(data[1:]).encode() if data[:1] < b"\x80" else data[1:]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(
            "word/document.xml",
            b'<?xml version="1.0" encoding="UTF-8"?><w:document '
            b'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>'
            + inner
            + b"</w:t></w:r></w:p></w:body></w:document>",
        )
    return out.getvalue()


def one(entry: str, data: bytes) -> None:
    """Give ``data`` to the entry; an exception from here is a finding."""
    began = time.monotonic()
    if entry == "text":
        read(sentences(data))
        read(data.decode("utf-8", errors="replace"))
    else:
        try:
            if entry == "pdf":
                lay_out(data)
                pdf_worker.read(b"%PDF-1.4\n" + data)  # in this process, where its branches are seen
            else:
                body = b"<!doctype html><html><body>" + data if entry == "html" else word_document(data)
                document = read_document(body)
                identify(document, Claim(region="驻马店市", report_year=2026))
                read(document.text)
        except (DocumentError, pdf_worker.Refused):
            pass
    took = time.monotonic() - began
    if took > LIMIT_S:
        raise AssertionError(f"took {took:.1f} s for {len(data)} bytes")


def main() -> None:
    entry = sys.argv.pop(1)
    if entry not in ENTRIES:
        sys.exit(f"no entry {entry}: one of {', '.join(ENTRIES)}")
    found = Path("data/fuzz")
    found.mkdir(parents=True, exist_ok=True)
    atheris.Setup(
        [*sys.argv, f"-artifact_prefix={found}/{entry}-", "-timeout=20"], lambda data: one(entry, data)
    )
    atheris.Fuzz()


main()
