"""Bytes of a text format to text: the encoding is verified against how Chinese looks, not believed."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from extraction.model import DocumentError

# The commonest characters of modern Chinese and of reports, simplified and traditional: right decodings are
# full of them, wrong ones (GB18030 read as Big5, UTF-16 read with the wrong end first) are made of rare
# characters.
_COMMON = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说"
    "产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使"
    "点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明"
    "看原又利比或但质气第向道命此变条只没结解问意建月公无系军很情最立代想已通并提直题党程展五果料象员"
    "革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九"
    "区强放决西被干做必战先回则任取据处府城市省县报告政设推进划增长亿元百分完成支持服务促加快提升保障"
    "建設會國這個來時們對發經過動進無與開實業現學務產場關強體點員數應機問題給統濟縣區億農村萬鎮產實報"
    "為於東車長門馬。，、；：“”《》（）！"
)
_LATIN = re.compile("[\x80-\xff]")
_CJK = re.compile(r"[\u3400-\u9fff\u3001\u3002\uff01-\uff5e\u201c\u201d\u300a\u300b]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_DECLARED = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_\-]{2,20})""", re.I)
_SAMPLE = 200_000

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)

# Names that mean the same family here: GB18030 reads all of them.
_FAMILY = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "gb_2312-80": "gb18030",
    "x-gbk": "gb18030",
    "utf8": "utf-8",
    "utf-8": "utf-8",
    "big5": "big5",
    "big5-hkscs": "big5",
}


class Decoded(NamedTuple):
    text: str
    encoding: str
    notes: tuple[str, ...]


def looks_chinese(text: str) -> float:
    """Share of common Chinese characters among the non-ASCII ones of a sample, 0 to 1; 1 for pure ASCII."""
    sample = text[:_SAMPLE]
    foreign = sum(1 for char in sample if char > "\x7f" and not char.isspace())
    if not foreign:
        return 1.0
    return sum(1 for char in sample if char in _COMMON) / foreign


def declared_charset(data: bytes, media_type: str | None = None) -> str:
    """What the transport or the page's head says, lower case; empty where neither says anything."""
    if media_type and (match := re.search(r"charset\s*=\s*[\"']?([A-Za-z0-9_\-]+)", media_type, re.I)):
        return match[1].lower()
    if in_head := _DECLARED.search(data[:4096]):
        return in_head[1].decode("ascii").lower()
    return ""


def decode(data: bytes, *, declared: str = "") -> Decoded:
    """Text of ``data``; line ends become ``\\n``, a byte order mark goes, nothing else changes.

    Raises DocumentError ``unknown_format`` for bytes that are no text, ``undecodable`` for text in no
    encoding of Chinese, or that was broken before it came here (锟斤拷).
    """
    notes: list[str] = []
    text, encoding = _with_bom(data, notes) or _without_bom(data, notes)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    controls = len(_CONTROL.findall(text[:_SAMPLE]))
    if controls > 2 + len(text[:_SAMPLE]) // 200:
        raise DocumentError(
            "unknown_format", "the bytes are no text and no document format that is read here"
        )
    text = _undo_double_encoding(text, notes)
    lost = text.count("\ufffd") + text.count("锟斤拷")
    if lost > 3 + len(text) // 500:
        raise DocumentError(
            "undecodable", f"{lost} characters were lost before the file came here; fetch it again"
        )
    if declared and _FAMILY.get(declared, declared) != encoding and not text.isascii():
        notes.append(f"declared {declared}, decoded {encoding}")
    return Decoded(text, encoding, tuple(notes))


def _with_bom(data: bytes, notes: list[str]) -> tuple[str, str] | None:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _lenient(data[len(bom) :], encoding, notes), encoding
    return None


def _without_bom(data: bytes, notes: list[str]) -> tuple[str, str]:
    if data.isascii() and b"\0" not in data:
        return data.decode("ascii"), "utf-8"
    if b"\0" not in data[:_SAMPLE] and (text := _strict(data, "utf-8")) is not None:
        return text, "utf-8"
    # Each candidate is tried whole, the best looking one wins; a few broken bytes are forgiven, many are not.
    candidates: list[tuple[float, str, str]] = []
    for encoding in ("utf-8", "gb18030", "big5hkscs", "utf-16-le", "utf-16-be"):
        if encoding.startswith("utf-16") != _may_be_utf16(data, encoding):
            continue
        text = data.decode(encoding, errors="replace")
        broken = text.count("\ufffd")
        if broken > 3 + len(text) // 500:
            continue
        # Strict decoding outranks a repaired one of equal looks.
        candidates.append((looks_chinese(text) - (0.02 if broken else 0.0), encoding, text))
    if not candidates:
        if _CONTROL.search(data[:4096].decode("latin-1")):
            raise DocumentError(
                "unknown_format", "the bytes are no text and no document format that is read here"
            )
        raise DocumentError("undecodable", "neither UTF-8, GB18030, Big5 nor UTF-16")
    score, encoding, text = max(candidates, key=lambda candidate: candidate[0])
    if score < 0.25:
        reason = "unknown_format" if _CONTROL.search(text[:4096]) else "undecodable"
        raise DocumentError(reason, f"the best reading ({encoding}) does not look like Chinese")
    broken = text.count("\ufffd")
    if broken:
        notes.append(f"{broken} broken characters in {encoding}")
    return text, "big5" if encoding == "big5hkscs" else encoding


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _lenient(data: bytes, encoding: str, notes: list[str]) -> str:
    text = data.decode(encoding, errors="replace")
    broken = text.count("\ufffd")
    if broken > 3 + len(text) // 500:
        raise DocumentError("undecodable", f"the byte order mark says {encoding}, the bytes do not follow it")
    if broken:
        notes.append(f"{broken} broken characters in {encoding}")
    return text


def _may_be_utf16(data: bytes, encoding: str) -> bool:
    """UTF-16 without a mark shows zero bytes on one side only: the high halves of digits, blanks and line
    ends."""
    if encoding not in ("utf-16-le", "utf-16-be"):
        return False
    sample = data[:_SAMPLE]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    side, other = (odd, even) if encoding == "utf-16-le" else (even, odd)
    return side > 0 and other * 20 <= side


def _undo_double_encoding(text: str, notes: list[str]) -> str:
    """UTF-8 that was read as Latin-1 and written as UTF-8 again (æ”¿åºœ for 政府) is turned back."""
    sample = text[:_SAMPLE]
    latin = len(_LATIN.findall(sample))
    if latin < 20 or latin < len(_CJK.findall(sample)):
        return text
    for codec in ("latin-1", "cp1252"):
        try:
            repaired = text.encode(codec).decode("utf-8")
        except UnicodeError:
            continue
        if looks_chinese(repaired) > 0.25:
            notes.append("was encoded twice; turned back")
            return repaired
    return text
