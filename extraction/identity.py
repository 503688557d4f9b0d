"""What a document is: whose report, of which year, in which edition; by its own first lines, then by its
source's claim.

The report year is the year whose targets a report sets. For nearly all reports that is the year in which it
was delivered. A report delivered in November or December that plans the next year (2025年12月 …
做好2026年工作) is the report of that next year: in its text 今年 is the year of ``delivered_on``, 明年 the
report year.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice

from extraction import regions
from extraction.documents.folding import fold
from extraction.documents.noise import noise_spans
from extraction.model import EDITIONS, Claim, DocumentText, Identity
from extraction.regions import Region

#: Reports are read from here on; earlier years in a text are history.
FIRST_YEAR, LAST_YEAR = 1979, 2079

_HEAD = 2500  # characters in which a report says what it is
_OPENING = 700  # ... and in which another kind of document says that it is another kind

_ZEROS = "〇○零OoＯｏΟοО0"
_DIGIT = {str(d): d for d in range(10)} | dict.fromkeys(_ZEROS, 0)
_DIGIT |= dict(zip("一二三四五六七八九", range(1, 10), strict=True))
_DIGITS = "".join(_DIGIT)
_YEAR = rf"(?:(?:19|20)\d\d|[一二][{_DIGITS}]{{3}})"
_COUNT = r"[一二三四五六七八九十\d]{1,3}"

_SESSION = re.compile(
    rf"第\s*(?P<congress>{_COUNT})\s*届\s*(?P<national>全国)?\s*人\s*民\s*代\s*表\s*大\s*会\s*(?:常务委员会)?\s*"
    rf"第\s*(?P<meeting>{_COUNT})\s*次\s*(?:全体)?(?:会议|大会)"
)
_SHORT_SESSION = re.compile(rf"第?(?P<congress>{_COUNT})届人大第?(?P<meeting>{_COUNT})次会议")
#: A line that says where the report was delivered: 在台州市六届人大六次会议上; 市六届人大六次会议 in a sentence says less.
_SHORT_LINE = re.compile(rf"在(?P<region>[^，。在\d]{{2,20}}?){_SHORT_SESSION.pattern}上")
_DATE = re.compile(rf"(?P<year>{_YEAR})\s*年\s*(?P<month>{_COUNT})\s*月\s*(?P<day>{_COUNT})\s*日")
_GREETING = re.compile(
    r"我\s*(?:谨)?(?:受.{2,12}委托[，,]?)?代表\s*(?P<region>[^，,。\s向]{0,16}?)\s*(?:人民政府|政府|行署|行政公署)"
)
#: The first sentence of a report: 我代表市人民政府，向大会报告工作 (thanks at the end are no report: 我代表…向…表示感谢).
_OPENS = re.compile(
    r"我\s*谨?\s*(?:受[^,，。]{2,14}委托[,，]?)?代\s*表\s*[^,，。]{0,24}?(?:政\s*府|行\s*署|公\s*署)\s*[,，]?\s*向[^。]{0,16}?报\s*告"
)
#: Whose report a story or a digest is about that names no region: a city's paper carries the nation's and the province's.
_OF_THE_NATION = re.compile(
    r"国务院[^\n。]{0,6}政府工作报告|(?:国务院|李强)总理[^\n。]{0,20}[作做][^\n。]{0,6}报告"
    r"|全国人(?:大|民代表大会)[^\n。]{0,16}(?:在京|开幕|举行|召开)"
)
_OF_THE_PROVINCE = re.compile(
    rf"(?:省|自治区)第?{_COUNT}届人大第?{_COUNT}次会议[^\n]{{0,12}}(?:开幕|举行|召开|开会|政府工作报告)|(?:省长|自治区主席)\S{{0,12}}(?:作|做)[^\n。]{{0,6}}政府工作报告"
)
_APART = 1000  # characters between the openings of two reports, at least
_STATE_COUNCIL = re.compile(r"我代表国务院|国务院总理|第.{1,3}届全国人民代表大会第.{1,3}次会议")

_REPORT = "政府工作报告"
_DIGEST = re.compile(
    r"速览|图解|图说|图示|一图|一张图|长图|海报|划重点|要点|干货|数说|数读|数字里|读懂|看懂|看点|亮点|速读|速看|快览|快读|速递|简明读本|"
    r"信息图|划出|敲黑板|必读|摘金句|热词|关键词"
)
_ABSTRACT = re.compile(r"摘\s*要|摘编|摘登|节选|摘录|(?:内容)?要览")
_NEWS = re.compile(
    r"(?:作|做)(?:了)?(?:《)?政府工作报告|听取.{0,20}政府工作报告|(?:会议|大会).{0,12}(?:开幕|闭幕|召开|举行)|报告(?:指出|提出|显示|说|认为|强调)"
)
_NEWS_VERB = re.compile(r"(?:报告|工作报告》?)(?:中)?(?:指出|提出|显示|说|认为|强调|明确|披露|透露)")

# What is no report, by the words of its title or first lines. Order matters: the first that matches names it.
_OTHER_KINDS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("statistical_bulletin", re.compile(r"统计公报"), "a statistical bulletin (统计公报)"),
    (
        "plan",
        re.compile(
            r"(?:五年|远景目标|发展)规划(?:和.{0,20}远景目标)?(?:纲要|的建议)|国民经济和社会发展计划|计划执行情况|计划草案|"
            r"财政预算|预算执行情况|预算草案|年计划的报告"
        ),
        "a plan or budget",
    ),
    (
        "not_a_report",
        re.compile(
            r"(?:任务|责任|目标|工作)分(?:解|工)|重点(?:工作|任务)(?:分解|分工|责任)|关于.{0,30}政府工作报告的(?:决议|审议)|督查"
        ),
        "about the report (division of tasks, a resolution), not the report",
    ),
    (
        "not_a_report",
        re.compile(
            r"(?:半年|季度|前[三3]季|[1一][-—至到][\d一二三四五六七八九十]{1,2}月份?)[^\n。]{0,16}(?:工作|情况|任务)[^\n。]{0,8}(?:报告|汇报|总结)"
        ),
        "a report on part of a year",
    ),
    (
        "not_a_report",
        re.compile(
            r"人大常委会工作报告|人民代表大会常务委员会工作报告|法院工作报告|检察院工作报告|政协.{0,20}工作报告|法治政府建设.{0,10}报告"
        ),
        "another body's report",
    ),
    (
        "not_a_report",
        re.compile(r"(?:解读|评论|社论|学习|讨论|审议|起草|征求意见|诞生记|有感)"),
        "a commentary on the report",
    ),
)

_WIDE = re.compile(r"(?:\S\s+){4,}\S")

_FIGURE = re.compile(r"\d(?:[\d,.]*\d)?\s*(?:%|个百分点|万?亿|万|元|公里|亩|吨|个|家|户|人|套|项)")
_CJK = re.compile(r"[\u3400-\u9fff]")
_LANGUAGE = (
    "地区生产总值",
    "公共预算收入",
    "财政收入",
    "固定资产投资",
    "规模以上工业",
    "居民人均",
    "城镇新增就业",
    "预期目标",
    "工作回顾",
    "民生实事",
)


@dataclass(frozen=True, slots=True)
class _Statement:
    """What one place of the text says."""

    region: Region | None = None
    region_words: str = ""  # as written, also where no region has that name
    year: int | None = None
    delivered_on: date | None = None
    session: str | None = None


def identify(doc: DocumentText, claim: Claim) -> Identity:
    """Region, report year, edition, delivery date and session of a document, or why it is no report to read.

    The text decides; the claim fills what the text does not say. Where the two disagree, ``doubts`` says so
    in words. Never raises. ``rejected`` is one of ``not_a_report``, ``news_story``,
    ``statistical_bulletin``, ``plan``, ``national_report``, ``below_city`` (a county's or district's),
    ``region_unknown``, ``year_unknown``.
    """
    text = fold(doc.text)
    title = fold(doc.title) or _text_title(text) or fold(claim.title or "")
    lines = _first_lines(text)
    opening = "\n".join(lines)[:_HEAD]
    session = _session(opening)
    doubts: list[str] = []

    found = Identity(None, None, None, title=doc.title or _text_title(doc.text) or (claim.title or ""))
    found = replace(found, session=session.session, delivered_on=session.delivered_on)
    placed = claim.region is not None and claim.report_year is not None
    kind = _other_kind(title, lines, text, session, placed)
    edition, edition_doubt = _edition(title, lines, text, session, claim)
    found = replace(found, edition=edition)
    if edition_doubt:
        doubts.append(edition_doubt)

    region, region_rejection, region_doubts = _region(title, opening, text, session, claim)
    doubts += region_doubts
    year, year_doubts = _year(title, lines, text, session, claim)
    doubts += year_doubts
    if (another := second_report(text)) is not None:
        doubts.append(f"another report begins at character {another}; what stands from there on is not read")
    if doc.recognised:
        doubts += [note for note in doc.notes if note.startswith("read by OCR")]
    found = replace(
        found,
        region_code=region.code if region else None,
        region_name=region.name if region else None,
        report_year=year,
        doubts=tuple(doubts),
    )
    if kind:
        return replace(found, rejected=kind[0], rejected_detail=kind[1])
    if region_rejection:
        return replace(found, rejected=region_rejection[0], rejected_detail=region_rejection[1])
    if region is None:
        return replace(found, rejected="region_unknown", rejected_detail=_whose(claim))
    if year is None:
        detail = "neither the text nor its source says of which year the report is; give --year or a manifest"
        return replace(found, rejected="year_unknown", rejected_detail=detail)
    return found


def second_report(text: str) -> int | None:
    """Where another report begins in a folded text that holds two (a page of two years, a gazette of two cities): the
    first is read, the second's figures would be taken for the first's."""
    greetings = islice(_OPENS.finditer(text), 2)
    first, second = next(greetings, None), next(greetings, None)
    if first is None or second is None or second.start() - first.end() < _APART:
        return None
    headline = text.rfind(_REPORT, max(first.end(), second.start() - 800), second.start())
    return headline if headline > 0 else second.start()


def _whose(claim: Claim) -> str:
    if claim.region:
        return f"the source says {claim.region}, which is no province or city known here; the text names none"
    return "neither the text nor its source says whose report it is; give --region or a manifest"


# ---------------------------------------------------------------- numbers and places


def _number(written: str) -> int | None:
    """二十一, 21, 二一 → 21; 十四 → 14."""
    written = re.sub(r"\s", "", written)
    if written.isdecimal():
        return int(written)
    if "十" in written:
        tens, _, ones = written.partition("十")
        if len(tens) > 1 or len(ones) > 1 or (tens and tens not in _DIGIT) or (ones and ones not in _DIGIT):
            return None
        return (_DIGIT[tens] if tens else 1) * 10 + (_DIGIT[ones] if ones else 0)
    return (
        int("".join(str(_DIGIT[c]) for c in written))
        if written and all(c in _DIGIT for c in written)
        else None
    )


def _year_number(written: str) -> int | None:
    """2026, 二〇二六, 二O二六, 二0二六 → 2026."""
    if len(written) != 4 or any(c not in _DIGIT for c in written):
        return None
    year = int("".join(str(_DIGIT[c]) for c in written))
    return year if FIRST_YEAR <= year <= LAST_YEAR else None


def _date(match: re.Match[str]) -> date | None:
    year, month, day = _year_number(match["year"]), _number(match["month"]), _number(match["day"])
    if not (year and month and day):
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _named_region(words: str) -> Region | None:
    """The region that words end in: 在山西省太原市 → 太原市."""
    words = re.sub(r"\s|人民政府|^(?:于|在|出席|参加)+", "", words)
    for start in range(len(words)):
        region = regions.by_name(words[start:])
        if region and len(words) - start >= 2 and words[start:] not in ("国家", "我国", "中国"):
            return region
    return None


def _below_city(words: str) -> bool:
    words = re.sub(r"\s", "", words)
    return any(words[start:] in regions.county_names() for start in range(len(words) - 1))


def _closed(line: str) -> str:
    """A headline set wide (2 0 2 6 年 台 州 市 政 府 工 作 报 告) without its spaces."""
    return re.sub(r"\s", "", line) if _WIDE.fullmatch(line) else line


def _first_lines(text: str) -> list[str]:
    """The first lines of the text that are not noise, folded; long lines are cut."""
    noise = {start for start, _, _ in noise_spans(text[: 4 * _HEAD])}
    lines, position, total = [], 0, 0
    for raw in text[: 4 * _HEAD].split("\n"):
        line = raw.strip()
        if line and position + raw.index(line) not in noise:
            line = _closed(line)
            lines.append(line[:_HEAD])
            total += len(line)
        position += len(raw) + 1
        if total > _HEAD:
            break
    return lines


def _text_title(text: str) -> str:
    """The first short line that speaks of a report."""
    for line in text[:_HEAD].split("\n"):
        line = _closed(line.strip()).removeprefix("标题：").removeprefix("标题:")
        if "工作报告" in line and len(line) <= 60 and not re.search(r"[。；]|摄\s*$", line):
            return line
    return ""


def _session(opening: str) -> _Statement:
    """在…第N届人民代表大会第M次会议上, with its date and region."""
    if match := _SESSION.search(opening):
        line_start = max(opening.rfind("\n", 0, match.start()) + 1, match.start() - 60)
        before = opening[line_start : match.start()]
        dated = list(_DATE.finditer(before))
        delivered_on = _date(dated[-1]) if dated else _date_near(opening, match)
        words = re.sub(r"\s|.*在|[—-]", "", before[dated[-1].end() if dated else 0 :])
        words = words.rsplit("，", 1)[-1].rsplit("（", 1)[-1].rsplit("(", 1)[-1]
        if match["national"] or words.endswith("全国"):
            words = "全国"
        congress, meeting = _number(match["congress"]), _number(match["meeting"])
        return _Statement(
            region=regions.by_code(regions.NATION) if words == "全国" else _named_region(words),
            region_words=words,
            year=delivered_on.year if delivered_on else None,
            delivered_on=delivered_on,
            session=f"{congress}-{meeting}" if congress and meeting else None,
        )
    for line in opening[:_OPENING].split("\n"):
        match = _SHORT_LINE.search(line) if len(line) <= 60 else None
        region = _named_region(match["region"]) if match else None
        if match and region:
            dated = list(_DATE.finditer(line))
            delivered_on = _date(dated[-1]) if dated else _date_near(opening, match, opening.find(line))
            congress, meeting = _number(match["congress"]), _number(match["meeting"])
            return _Statement(
                region=region,
                region_words=match["region"],
                year=delivered_on.year if delivered_on else None,
                delivered_on=delivered_on,
                session=f"{congress}-{meeting}" if congress and meeting else None,
            )
    short = _SHORT_SESSION.search(opening[:_OPENING])
    if short and (congress := _number(short["congress"])) and (meeting := _number(short["meeting"])):
        return _Statement(session=f"{congress}-{meeting}")
    return _Statement()


def _date_near(opening: str, session: re.Match[str], offset: int = 0) -> date | None:
    """A date on a line of its own beside the session's: （2026年1月20日）. ``session`` was found ``offset`` on."""
    around = opening[max(0, offset + session.start() - 60) : offset + session.end() + 60]
    for line in around.split("\n"):
        line = line.strip(" （）()—-")
        if (match := _DATE.fullmatch(line)) and (found := _date(match)):
            return found
    return None


# ---------------------------------------------------------------- kinds and editions


def _is_delivered(text: str, session: _Statement) -> bool:
    """The speaker's own words: 各位代表 and 我代表…政府."""
    head = text[: 2 * _HEAD]
    return bool(_GREETING.search(head) or _STATE_COUNCIL.search(head)) and (
        "各位代表" in head or bool(session.session)
    )


def _other_kind(
    title: str, lines: list[str], text: str, session: _Statement, placed: bool
) -> tuple[str, str] | None:
    """Why this is no report, or None. ``placed``: the source names region and year; a short passage that states figures
    is then taken at its word (researchers keep excerpts), while without a place it says too little."""
    weight = len(_CJK.findall(text[:2000]))
    delivered = _is_delivered(text, session)
    heading = "\n".join([title, *[line for line in lines[:4] if len(line) <= 60]])
    if not delivered:
        for reason, pattern, words in _OTHER_KINDS:
            if pattern.search(heading) and not (_ABSTRACT.search(title) and _REPORT in title):
                return reason, f"{words}, by its first lines: {_short(heading)}"
    if delivered:
        return None
    terms = sum(term in text for term in _LANGUAGE)
    figures = sum(1 for _ in islice(_FIGURE.finditer(text[:100_000]), 5))
    names_itself = _REPORT in text[:_HEAD] or "工作报告" in title
    excerpt = placed and (terms > 0 or (figures > 0 and weight < 600))
    if weight < 200 and not excerpt:
        return "not_a_report", f"only {weight} Chinese characters"
    if not names_itself and not excerpt and (terms < 3 or figures < 5):
        return "not_a_report", "the text neither calls itself a government work report nor speaks like one"
    if _is_news(lines, text) and figures < 5:
        return "news_story", f"a news story without the report's figures: {_short(' '.join(lines))}"
    if terms == 0 and figures < 3 and not excerpt:
        return "not_a_report", "names a report, holds none of its matter"
    return None


def _is_news(lines: list[str], text: str) -> bool:
    return bool(_NEWS.search("\n".join(lines)[:_OPENING])) or len(_NEWS_VERB.findall(text)) >= 3


def _short(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= 80 else words[:80] + "…"


def _edition(
    title: str, lines: list[str], text: str, session: _Statement, claim: Claim
) -> tuple[str, str | None]:
    claimed = claim.edition if claim.edition in EDITIONS and claim.edition != "unknown" else None
    own = _own_edition(title, lines, text, session)
    if own is None and claim.title:
        own = _edition_by_words(fold(claim.title))
    if own is None:
        return claimed or "unknown", None
    if claimed and claimed != own:
        return own, f"the source calls it {claimed}, the text reads as {own}"
    return own, None


def _edition_by_words(words: str) -> str | None:
    if _ABSTRACT.search(words):
        return "abstract"
    if _DIGEST.search(words):
        return "digest"
    return None


def _own_edition(title: str, lines: list[str], text: str, session: _Statement) -> str | None:
    headings = [title, *[line for line in lines[:6] if len(line) <= 60]]
    for line in headings:
        if (edition := _edition_by_words(line)) and (
            _REPORT in line or len(line) <= 12 or _REPORT in headings[0]
        ):
            return edition
    if _is_delivered(text, session):
        # Under 3,000 characters even a county's report is cut: what is left opens like one and ends early.
        return "full" if len(text) >= 3000 else None
    if _is_news(lines, text):
        return "news"
    return None


# ---------------------------------------------------------------- region


def _region(
    title: str, opening: str, text: str, session: _Statement, claim: Claim
) -> tuple[Region | None, tuple[str, str] | None, list[str]]:
    claimed = _claimed_region(claim)
    nation = regions.by_code(regions.NATION)
    by_greeting = _greeting_region(text)
    by_title = _title_region(title)
    doubts: list[str] = []

    if session.region == nation or (session.region is None and by_greeting == nation):
        if claimed is None or claimed == nation:
            return nation, None, doubts
        detail = f"the nation's report (国务院), while the source says {claimed.name}"
        return nation, ("national_report", detail), doubts

    own, where = session.region, "the session's line"
    if own is None:
        own, where = by_greeting, "the speaker's first sentence"
    if own is None:
        county = next((w for w in (session.region_words, _title_words(title)) if w and _below_city(w)), None)
        if county and not (claimed and claimed.level == "county" and county.endswith(claimed.name)):
            detail = f"the report of {county}, a county or district; provinces and cities are read"
            return None, ("below_city", detail), doubts
        own, where = by_title, "the title"
    if own is not None:
        if by_title and by_title != own and not _contains(by_title, own):
            doubts.append(f"the title says {by_title.name}, {where} {own.name}")
        if claimed and claimed != own:
            doubts.append(f"the source says {claimed.name}, {where} {own.name}")
        return own, None, doubts + _gone(own, session)
    if claimed is not None and not _is_delivered(text, session):
        head = f"{title}\n{opening[:_OPENING]}"
        if claimed.level != "nation" and _OF_THE_NATION.search(head):
            detail = f"about the nation's report, by its first lines, while the source says {claimed.name}"
            return claimed, ("national_report", detail), doubts
        if claimed.level in ("prefecture", "county") and _OF_THE_PROVINCE.search(head):
            detail = f"about the province's report, by its first lines, while the source says {claimed.name}"
            return claimed, ("not_a_report", detail), doubts
    if claimed is not None:
        if other := _speaks_for_another_level(text, claimed):
            return None, other, doubts
        return claimed, None, [*_mentions_doubt(claimed, text), *_gone(claimed, session)]
    guess = _most_mentioned(text)
    if guess is not None:
        doubts.append(f"whose report it is was told from the regions that it names most: {guess.name}")
    return guess, None, doubts


def _claimed_region(claim: Claim) -> Region | None:
    if not claim.region:
        return None
    words = fold(claim.region).strip()
    region = regions.by_code(words) or regions.by_name(words, claim.report_year) or _named_region(words)
    if region and region.succession == "same":
        return regions.by_code(region.successor_code)
    return region


def _greeting_region(text: str) -> Region | None:
    head = text[: 2 * _HEAD]
    match = _GREETING.search(head)
    if match and match["region"]:
        return _named_region(match["region"])
    if "我代表国务院" in head:
        return regions.by_code(regions.NATION)
    return None


def _speaks_for_another_level(text: str, claimed: Region) -> tuple[str, str] | None:
    """Why a report that names no region cannot be the claimed one's: the speaker's 我代表区人民政府 on a city's page, 我代表
    市人民政府 on a prefecture's (地区, 盟, 自治州), 我代表省人民政府 on a city's. None where it can."""
    match = _GREETING.search(text[: 2 * _HEAD])
    words = re.sub(r"\s", "", match["region"]) if match else ""
    detail = f"the speaker's {words}人民政府 is not that of {claimed.name}, as the source says, and the text names no region"
    if words in ("区", "县", "旗", "自治县", "自治旗") and claimed.level != "county":
        return "below_city", detail
    if words == "市" and claimed.name.endswith(("地区", "盟", "州")):
        return "below_city", detail
    if (words == "市" and claimed.level == "province") or (
        words in ("省", "自治区") and claimed.level in ("prefecture", "county", "municipality")
    ):
        return "region_unknown", detail
    return None


def _title_words(title: str) -> str:
    """What stands before 政府工作报告 in a title: "2026年太原市政府工作报告" → 太原市."""
    match = re.search(
        rf"(?:{_YEAR}年度?)?(?P<before>[^\s《》（）()—_|:：,，]{{0,20}}?)(?:{_YEAR}年度?)?"
        rf"(?:(?:人民)?政府(?:{_YEAR}年度?)?|(?:行政公署|行署)(?:{_YEAR}年度?)?(?:政府)?)工作报告",
        title,
    )
    return re.sub(r"[\d年]|^关于", "", match["before"]) if match else ""


def _title_region(title: str) -> Region | None:
    words = _title_words(title)
    return _named_region(words) if words else None


def _contains(outer: Region, inner: Region) -> bool:
    return outer.code == inner.province_code


def _gone(region: Region, session: _Statement) -> list[str]:
    if region.valid_to and session.year and session.year > region.valid_to:
        return [f"{region.name} no longer existed in {session.year}"]
    return []


def _cities_named(text: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for mention in regions.find_in(text[:200_000]):
        if mention.region.level != "nation":
            counts[mention.region.code] += 1
    return counts


def _most_mentioned(text: str) -> Region | None:
    """The city or province that a text names far more often than any other of its level."""
    ranked = _cities_named(text).most_common()
    for level in (("prefecture", "county", "municipality"), ("province", "municipality")):
        same = [(code, n) for code, n in ranked if (r := regions.by_code(code)) and r.level in level]
        if same and same[0][1] >= 8 and (len(same) == 1 or same[0][1] >= 3 * same[1][1]):
            return regions.by_code(same[0][0])
    return None


def _mentions_doubt(claimed: Region, text: str) -> list[str]:
    guess = _most_mentioned(text)
    if guess is None or guess == claimed or _contains(claimed, guess) or _contains(guess, claimed):
        return []
    if text.count(claimed.short_name) > 2:
        return []
    return [f"the source says {claimed.name}, which the text hardly names; it names {guess.name} most"]


# ---------------------------------------------------------------- year

_TITLE_YEAR = re.compile(
    rf"(?P<a>{_YEAR})\s*(?:年(?:度)?[^\n。]{{0,24}}|(?!年)[^\n。，,\d-]{{0,12}}政府)工作报告|工作报告\s*[（(]?\s*(?P<b>{_YEAR})"
    r"(?!\s*年?(?:度|[^\n]{0,8}工作)?[^\n]{0,4}(?:回顾|总结|成就|成绩))"  # 政府工作报告 / 2016年工作回顾: of 2017
)
# What makes a year in the text the one that is planned or looked back on: words after it, or before it.
_PLANS = re.compile(
    r"年(?:的|政府|经济社会发展|全市|全省|全区)?(?:主要|重点|总体)?(?:工作)?"
    r"(?:安排|打算|部署|总体要求|总体思路|主要任务|重点任务|重点工作|目标任务|预期目标|主要目标|工作重点|工作建议|工作的)"
)
_REVIEWS = re.compile(
    r"年(?:的|和[^。\n]{2,12}|及[^。\n]{2,16}|全市|全省|政府|主要)?(?:工作|发展|经济社会发展)?(?:的)?(?:回顾|总结|情况)"
)
_BODY_YEAR = re.compile(r"20\d\d(?=年)")
_BODY_YEAR_ZH = re.compile(rf"二[{_ZEROS}][{_DIGITS}]{{2}}(?=年)")


def _first_year(pattern: re.Pattern[str], text: str) -> int | None:
    for match in pattern.finditer(text):
        written = next(group for group in match.groups() if group is not None)
        if year := _year_number(written):
            return year
    return None


def _body_years(text: str) -> tuple[int | None, int | None]:
    """The year that the text plans and the one that it looks back on, each the most often said."""
    planned: Counter[int] = Counter()
    reviewed: Counter[int] = Counter()
    for match in islice(_year_mentions(text), 5000):
        year = _year_number(match[0])
        if year is None:
            continue
        before = text[max(0, match.start() - 4) : match.start()]
        if _PLANS.match(text, match.end()) or before.endswith("做好"):
            planned[year] += 1
        elif _REVIEWS.match(text, match.end()) or before.endswith(("过去的", "回顾", "回望", "回首")):
            reviewed[year] += 1
    return (
        planned.most_common(1)[0][0] if planned else None,
        reviewed.most_common(1)[0][0] if reviewed else None,
    )


def _year_mentions(text: str) -> Iterator[re.Match[str]]:
    yield from _BODY_YEAR.finditer(text)
    yield from _BODY_YEAR_ZH.finditer(text)


def _year(
    title: str, lines: list[str], text: str, session: _Statement, claim: Claim
) -> tuple[int | None, list[str]]:
    """Session, title, and the years that the body reviews and plans, in this order of trust."""
    doubts: list[str] = []
    planned, reviewed = _body_years(text)
    by_title = _first_year(_TITLE_YEAR, title) or _first_year(_TITLE_YEAR, "\n".join(lines[:8]))
    delivered = session.delivered_on
    own: int | None = None
    where = ""
    if delivered:
        own, where = delivered.year, f"it was delivered on {delivered}"
        if (
            delivered.month >= 11
            and delivered.year + 1 in (planned, by_title)
            and reviewed != delivered.year - 1
        ):
            own, where = delivered.year + 1, f"it was delivered on {delivered} and plans {delivered.year + 1}"
    elif by_title:
        own, where = by_title, "its title says so"
    if own is not None:
        if by_title and by_title != own:
            doubts.append(f"the title says {by_title}, but the report is of {own}: {where}")
        for year, expected, verb in ((planned, own, "plans"), (reviewed, own - 1, "reviews")):
            if year and year != expected and not _plausible(planned, reviewed, own):
                doubts.append(f"the report is of {own} ({where}), but its text {verb} {year}")
    else:
        own = _year_of_body(planned, reviewed)
        where = "the years that it reviews and plans"
    if own is None:
        return claim.report_year, doubts
    if claim.report_year and claim.report_year != own:
        if planned is None and reviewed is None and not delivered and not by_title:
            return claim.report_year, doubts
        doubts.append(f"the source says {claim.report_year}, the text {own} ({where})")
    if claim.published and own > claim.published.year + (claim.published.month >= 11):
        doubts.append(f"published on {claim.published}, before the year {own} of which it is said to be")
    return own, doubts


def _plausible(planned: int | None, reviewed: int | None, own: int) -> bool:
    """One of the two fits: the other is a five-year look back or ahead (二〇二〇年以来的工作回顾)."""
    return planned == own or reviewed == own - 1


def _year_of_body(planned: int | None, reviewed: int | None) -> int | None:
    if planned and reviewed and planned == reviewed + 1:
        return planned
    if planned and not reviewed:
        return planned
    if reviewed and not planned:
        return reviewed + 1
    return None
