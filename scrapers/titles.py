"""Is this line of a listing a report of this region, and of which year?

Titles are all that is known before fetching. A line that is let through wrongly is found out by its text
(`extraction.identify`); a line that is left out is lost, so only what is surely something else stays out.
"""

from __future__ import annotations

import re
from datetime import date

from extraction.model import Claim
from extraction.regions import by_code, county_names, find_in
from scrapers.model import Source
from scrapers.pages import Row

_YEAR_TOO = r"(?:\d{4}年度?)?"
#: 行署, 行政公署: what governs a prefecture (地区) or league (盟).
_BODY = r"(?:政府|行署|行政公署)"
_REPORT = rf"{_BODY}{_YEAR_TOO}工作报告"
# About reports, and none: hearings, studies, assignments of tasks, resolutions, what became of it. The words count only
# beside the report's name: 深入贯彻新发展理念……——2026年政府工作报告 is a report, and so is one with its 名词解释 in brackets.
_BEFORE = "征求|听取|审议|审查|讨论|协商|研究|起草|修改|学习|落实|贯彻|分解|热议|解读|宣讲"
_AFTER = (
    "意见|建议|座谈|讨论|分解|分工|重点任务|任务|责任|解读|问卷|征集|征求|决议|热词|反响|修改稿|诞生|起草|督查|宣讲|学习|"
    "落实情况|进展|完成情况|推进情况|执行情况|重点工作|目标任务|主要目标|民生|实事|关键词|金句|新闻发布|说明|汇编|审查|审议"
)
_QUOTE = r"[》”)）]?"
_ABOUT = re.compile(
    rf"(?:{_BEFORE})[^—―:：，。]{{0,14}}?{_REPORT}"
    rf"|{_REPORT}{_QUOTE}[^—―:：，。（(附含及、]{{0,4}}(?:{_AFTER})"
    rf"|{_REPORT}{_QUOTE}(?:名词解释|注释|词语)"
    rf"|{_REPORT}{_QUOTE}(?:里的|中的|提到|提出|明确|透露)"
    rf"|{_REPORT}{_QUOTE}\s*[（(](?:征求意见|讨论|送审|审议|修改|草案)"
    r"|^(?:历年|往年|更多)"
    rf"|从[^，。]{{0,6}}{_REPORT}.{{0,4}}看"
    rf"|(?:法治|数字|服务型|廉洁){_REPORT}"
    r"|^(?:【[^】]{0,4}(?:解读|评论|名词)[^】]{0,4}】|(?:[一-鿿]{2})?解读\s*[:：丨|｜]|(?:评论|社论|时评|名词解释)\s*[:：丨|｜])"
)
_DIGEST = re.compile(r"速览|速读|一图|图解|图说|划重点|看点|要点|数读|读懂|亮点|干货|长图|海报")
_ABSTRACT = re.compile(r"摘要|摘登|节选|摘编")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
_CHINESE_YEAR = re.compile(r"([一二][〇○零ＯO0Oo一二三四五六七八九]{3})年")
_DIGITS = dict(zip("〇○零ＯOo0一二三四五六七八九", "0000000123456789", strict=True))
_FULL_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789")
_PLACE = r"(?P<name>[一-鿿]{0,12}?(?:县|区|旗|镇|乡|街道|市))"
#: Where a title names a place below a city: 小店区2026年政府工作报告, 政府工作报告（小店区）, 【小店区】…, 小店区：….
_BELOW = (
    re.compile(rf"{_PLACE}{_YEAR_TOO}(?:人民)?{_REPORT}"),
    re.compile(rf"工作报告{_QUOTE}[^（(]{{0,3}}[（(]{_YEAR_TOO}{_PLACE}{_YEAR_TOO}[）)]"),
    re.compile(rf"^[【\[]{_YEAR_TOO}{_PLACE}{_YEAR_TOO}[】\]]"),
    re.compile(rf"^{_YEAR_TOO}{_PLACE}{_YEAR_TOO}\s*[:：丨|｜]"),
)
#: Bodies named by their level alone.
_NAMELESS = re.compile(
    rf"(?<![一-鿿])(?:年|全)?(?P<level>省|自治区|市|州|盟|县|区|旗){_YEAR_TOO}(?:人民)?{_REPORT}"
)
_NAMELESS_LEVELS = {
    "省": ("province",),
    "自治区": ("province",),
    "市": ("municipality", "prefecture", "county"),
    "州": ("prefecture",),
    "盟": ("prefecture",),
}
_NATIONAL = re.compile(
    r"国务院|总理|李克强|李强|温家宝|朱镕基|全国人大|全国人民代表大会|全国两会|十[一二三四五]届全国"
)

#: Days on which every newspaper prints the nation's report, often under 政府工作报告 alone. No region's congress sits then.
_NATIONS_DAYS = ((3, 4), (3, 16))


#: What a prefecture (地区) or a league (盟) calls its report beside 政府工作报告, by the body that governs it.
_OF_PREFECTURES = ("行署工作报告", "行政公署工作报告", "行署2026年工作报告")


def prefectures_titles(region_name: str, pattern: str) -> str:
    """A title pattern that also fits what a prefecture calls its report: 地区, 盟 and 政府工作报告 give
    ``政府工作报告|(?:行署|行政公署)(?:\\d{4}年度?)?工作报告``. As it was where it fits already, and for any other region."""
    if not region_name.endswith(("地区", "盟")) or all(
        re.search(pattern, title) for title in _OF_PREFECTURES
    ):
        return pattern
    return rf"{pattern}|(?:行署|行政公署){_YEAR_TOO}工作报告"


def edition_of(title: str) -> str | None:
    """``abstract``, ``digest``, or None where the title says nothing of it."""
    if _ABSTRACT.search(title):
        return "abstract"
    return "digest" if _DIGEST.search(title) else None


def is_a_reports_title(title: str) -> bool:
    """Whether a title is that of a report, anyone's, and not of something about reports or of a part of one."""
    title = title.translate(_FULL_WIDTH)
    return bool(re.search(_REPORT, title)) and not _ABOUT.search(title) and edition_of(title) is None


def year_of(title: str, published: date | None) -> int | None:
    """The year a report was delivered in: as the title says, else that of its day of publication. A report
    published late in a year without a year in its title may be the old one or an early new one: None."""
    title = title.translate(_FULL_WIDTH)
    if match := _YEAR.search(title):
        return int(match[1])
    if match := _CHINESE_YEAR.search(title):
        return int("".join(_DIGITS[char] for char in match[1]))
    if published is not None and published.month <= 10:
        return published.year
    return None


def claim_of(row: Row, source: Source) -> Claim | None:
    """What the source claims by this line, or None where the line is no report of the source's region.

    Lines that name another region (the province's report on a city's page, a district's on its city's) are
    none of this source's.
    """
    title = row.title.translate(_FULL_WIDTH)
    pattern = source.options.get("url_pattern")
    if not title and pattern:
        if not re.search(pattern, row.url):
            return None
    elif not re.search(source.title_pattern, title) or _ABOUT.search(title):
        return None
    if source.region_code != "000000" and _NATIONAL.search(title):
        return None
    if _is_the_nations(title, row, source):
        return None
    if _of_another_region(title, source):
        return None
    return Claim(
        region=source.region_name or None,
        report_year=year_of(title, row.published),
        edition=edition_of(title) or source.options.get("edition"),
        title=row.title or None,
        published=row.published,
    )


def _is_the_nations(title: str, row: Row, source: Source) -> bool:
    """Whether a newspaper or a congress's site has the nation's report: in the days of its congress, under a title
    without a region."""
    if (
        source.place not in ("newspaper", "congress")
        or source.region_code == "000000"
        or row.published is None
    ):
        return False
    first, last = _NATIONS_DAYS
    day = (row.published.month, row.published.day)
    return first <= day <= last and not find_in(title) and not _NAMELESS.search(title)


def _of_another_region(title: str, source: Source) -> bool:
    here = by_code(source.region_code) if source.region_code else None
    if _is_below(title, here.name if here else ""):
        return True
    named = [mention.region for mention in find_in(title) if mention.region.code != "000000"]
    if named:
        return all(
            region.code != source.region_code and region.successor_code != source.region_code
            for region in named
        )
    nameless = _NAMELESS.search(title)
    return bool(nameless and here and here.level not in _NAMELESS_LEVELS.get(nameless["level"], ()))


def _is_below(title: str, own: str) -> bool:
    """Whether the report is that of a county, a district, or a zone (高新区), below the region ``own``."""
    for form in _BELOW:
        match = form.search(title)
        if match is None or (own and match["name"].endswith(own)):
            continue
        name = match["name"]
        if name.endswith(_ZONES) or any(name.endswith(known) for known in county_names()):
            return True
    return False


_ZONES = ("高新区", "开发区", "经开区", "示范区", "新区", "园区", "街道", "管理区")
