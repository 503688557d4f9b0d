"""The matching text: the report folded and freed of layout, with a way back to the stored text.

Rules look at text without spaces, line breaks inside sentences, page numbers, list marks or mark-up, in half-width and
simplified characters. Quotes and offsets always refer to the stored text, so each position here maps back.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from extraction.documents import fold, noise_spans

#: White space, emphasis, list marks: scanned for as one plain character class, which is the fastest there is.
_DROP = re.compile("[ \\t\\r\\f\\v\\n\\u00a0\\u3000\\u200b\\ufeff*#◆■●▲◇○□★☆▪•►▶▷➤➢❖✓✔☑✅]+")
#: A page number or a rule alone on its line, between two lines of one sentence.
_PAGE_MARK = re.compile(
    r"(?:[-—–·]{0,3}\d{1,3}[-—–·]{0,3}|第\d{1,3}页(?:共\d{1,3}页)?|={5,}|-{5,})(?=[ \t\u3000]*\n\s*)"
)
#: A line that ends so is complete; the break after it ends a sentence.
_TERMINAL = frozenset("。!?;:”」』)》】!？；：…")
#: A line that ends or begins so was broken inside a sentence, however short it is.
_GOES_ON = frozenset(",，、和及与增长达到至约为近超第年")
#: What a fact ends with: 增长6%左右, 新增12万人.
_OF_FIGURE = frozenset("%％右上内元个人户家套所公里亩吨米辆座处件条名张天场项步") - frozenset("公")
_CONTINUES = frozenset(",，、。%％)）")
#: What starts a new item even though the line before has no end mark.
_STARTS_ITEM = re.compile(
    r"[一二三四五六七八九十]{1,3}[、.]|\([一二三四五六七八九十\d]{1,3}\)|第[一二三四五六七八九十]+[,、章节部]|——|\d{1,2}[、.](?!\d)"
)
#: 一、经济实力跃升最快的五年: a heading that ends with a word of time is whole.
_HEADING_OF_YEARS = re.compile(r"[一二三四五六七八九十]{1,2}、[^,;。\d\n]{2,30}年\s*\n")
#: A list mark at the head of a line starts a new item, too.
_BULLET = re.compile("[◆■●▲◇○□★☆▪•►▶▷➤➢❖✓✔☑✅]")
_PUNCTUATION = tuple(zip("，；：！？（）．﹒", ",;:!?()..", strict=True))


_THOUSANDS = re.compile(r"\d{3}(?!\d)")


@dataclass(frozen=True, slots=True)
class Compact:
    """``text`` with no layout; ``starts[i]`` (here) and ``origins[i]`` (stored text) begin the i-th kept run."""

    text: str
    stored: str
    starts: tuple[int, ...]
    origins: tuple[int, ...]

    def start(self, position: int) -> int:
        """Stored offset of the character at ``position``."""
        i = bisect_right(self.starts, position) - 1
        return self.origins[i] + position - self.starts[i]

    def shift(self, start: int, end: int) -> int | None:
        """What to add to any position in ``start … end`` to come to the stored text, where nothing was dropped between;
        None where something was."""
        i = bisect_right(self.starts, start) - 1
        if i + 1 < len(self.starts) and self.starts[i + 1] < end:
            return None
        return self.origins[i] - self.starts[i]

    def end(self, position: int) -> int:
        """Stored offset just after the character before ``position`` (half-open end)."""
        return self.start(position - 1) + 1 if position else 0


#: A line so long was broken, where no width is known.
_LONG = 25
#: 三、真抓实干、开局起步,全力以赴做好2026年工作: a numbered line without figures is a heading, however long.
_HEAD = re.compile(
    r"[ \t\u3000]*(?:[一二三四五六七八九十]{1,3}、|\([一二三四五六七八九十]{1,3}\)|第[一二三四五六七八九十]部分)"
    r"(?:(?!\d[\d.]*[%万亿个元])[^\n。;!?]){1,56}(?<![,、和及与增长达到至约为近超第年])[ \t\u3000]*\n"
)
#: A line longer than any: lines end where their writer ended them.
_NEVER = 10**6


def _join_length(folded: str) -> int:
    """Least length of a line that may have been broken by a page's width rather than by its writer.

    In a text set to a fixed width most lines have no end mark and nearly the same length; elsewhere (a digest with one
    fact a line, say) only long lines without an end mark are taken for broken ones.
    """
    lines = [line.strip() for line in folded.split("\n")]
    lines = [line for line in lines if line]
    open_ended = sorted(len(line) for line in lines if line[-1] not in _TERMINAL)
    if len(open_ended) >= 10 and len(open_ended) > 0.4 * len(lines):
        stated = sum(line[-1] in _OF_FIGURE for line in lines)
        width = open_ended[int(0.8 * (len(open_ended) - 1))]
        uniform = sum(abs(length - width) <= 2 for length in open_ended)
        one_width = 8 <= width <= 60 and uniform >= 0.4 * len(open_ended)
        if stated >= 0.5 * len(open_ended):
            # a list of facts, one a line: text that is broken by width breaks anywhere
            return _LONG if one_width else _NEVER
        if one_width:
            return max(8, int(0.8 * width))
        longest = sorted(map(len, lines))[int(0.9 * (len(lines) - 1))]
        if len(open_ended) > 0.7 * len(lines) and open_ended[len(open_ended) // 2] < 0.7 * longest:
            return _NEVER  # a list of statements, one a line, long and short ones: no width broke them
    return _LONG


#: A note in brackets that says how a character is spoken.
#: 地区生产总值（GDP）: the acronym repeats the name.
_ACRONYM = re.compile("(?<=[\u4e00-\u9fff])[(（](?:GDP|CPI)[)）]")
#: 下降（同口径）3.5%: the note stands in the middle of what is said; it stays, without its brackets.
_BASIS_NOTE = re.compile(
    r"(?<=[长降升])[(（]((?:按)?(?:同口径|可比口径|可比价格?|同比口径|可比))[)）](?=[-\d])"
)
_TONE = re.compile("[āáǎàōóǒòēéěèīíǐìūúǔùǖǘǚǜ]")
_PINYIN = re.compile("[(（][^()（）\\d]{0,60}?[āáǎàōóǒòēéěèīíǐìūúǔùǖǘǚǜ][^()（）\\d]{0,60}?[)）]")
#: It begins with the letter itself: the engine then scans for letters only.
_MISREAD_DIGIT = re.compile(r"[OoQlI|](?<=[\d.].)(?=[\d.%年亿万])(?<![lI|](?=[年亿万]))")
_MISREAD_INCOME = re.compile(r"(?<=[算配政营纯税均总业])收人")


def _mend(folded: str) -> str:
    """Undo what character recognition does to figures (5O% for 50%, l for 1) and to 收入; lengths stay."""
    if _MISREAD_DIGIT.search(folded):
        folded = _MISREAD_DIGIT.sub(lambda m: "0" if m[0] in "OoQ" else "1", folded)
    if "收人" in folded:
        folded = _MISREAD_INCOME.sub("收入", folded)
    return folded


def _blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """``text`` with blanks in the place of ``spans``, which are in order and do not overlap."""
    pieces: list[str] = []
    at = 0
    for begin, end in spans:
        pieces += (text[at:begin], " " * (end - begin))
        at = end
    return "".join((*pieces, text[at:])) if pieces else text


def compact(stored: str, apart: Iterable[tuple[int, int]] = ()) -> Compact:
    """Make the matching text of a stored document text. Any string in; an empty one gives an empty one.

    apart  stretches (start, end) that are read in another way and are no text here: tables
    """
    folded = fold(stored)
    folded = _blanked(folded, apart)
    folded = _blanked(folded, [(begin, end) for begin, end, _ in noise_spans(stored)])  # captions, glossaries
    if "(GDP)" in folded or "（GDP）" in folded or "CPI" in folded:
        folded = _ACRONYM.sub("     ", folded)
    if "口径)" in folded or "口径）" in folded or "可比" in folded:
        folded = _BASIS_NOTE.sub(r" \1 ", folded)
    if _TONE.search(folded):
        folded = _PINYIN.sub(lambda m: " " * len(m[0]), folded)
    for full, half in _PUNCTUATION:
        folded = folded.replace(full, half)
    folded = _mend(folded)
    join_at = -1
    pieces: list[str] = []
    starts: list[int] = []
    origins: list[int] = []
    size = 0
    at = 0
    length = len(folded)
    for match in _DROP.finditer(folded):
        begin, end = match.span()
        if begin < at:
            continue  # inside a page mark that went with the break before
        if begin > at:
            pieces.append(folded[at:begin])
            starts.append(size)
            origins.append(at)
            size += begin - at
        at = end
        if end == length:
            break
        newline = folded.find("\n", begin, end)
        if newline >= 0:
            mark = _PAGE_MARK.match(folded, end)
            if mark:
                at = mark.end()
                while at < length and folded[at].isspace():
                    at += 1
                if at >= length:
                    break
            if join_at < 0:
                join_at = _join_length(folded)
            line_start = folded.rfind("\n", 0, begin) + 1
            open_ended = (
                begin > 0
                and folded[begin - 1] not in _TERMINAL
                and not _STARTS_ITEM.match(folded, at)
                and not _BULLET.search(folded, newline, end)
            )
            broken = open_ended and (
                (begin - line_start >= join_at and not (join_at == _LONG and _HEAD.match(folded, line_start)))
                or (
                    folded[begin - 1] in _GOES_ON
                    and not _HEADING_OF_YEARS.match(folded, line_start)
                    and (folded[begin - 1] != "年" or folded[begin - 2 : begin - 1].isdigit())
                )
                or folded[at] in _CONTINUES
                or (folded[at] in "亿万" and folded[begin - 1].isdigit())
            )
            if not broken:
                pieces.append("\n")
                starts.append(size)
                origins.append(newline)
                size += 1
        elif (
            begin
            and folded[begin - 1].isdigit()
            and folded[end].isdigit()
            and not _THOUSANDS.match(folded, end)
        ):
            # "2025 2026" are two numbers; "1 250.6" is one
            pieces.append(" ")
            starts.append(size)
            origins.append(begin)
            size += 1
    if at < len(folded):
        pieces.append(folded[at:])
        starts.append(size)
        origins.append(at)
    if not starts:
        starts, origins = [0], [0]
    return Compact("".join(pieces), stored, tuple(starts), tuple(origins))
