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

_REPORT = r"政府(?:\d{4}年)?工作报告"
# About reports, and none: hearings, studies, assignments of tasks, resolutions. The words count only beside
# the report's name: 深入贯彻新发展理念……——2026年政府工作报告 is a report.
_BEFORE = "征求|听取|审议|审查|讨论|起草|修改|学习|落实|贯彻|分解|热议|解读|宣讲"
_AFTER = "意见|建议|座谈|讨论|分解|分工|重点任务|任务|责任|解读|问卷|征集|征求|决议|热词|反响|修改稿|诞生|起草|督查|宣讲|学习"
_ABOUT = re.compile(
    rf"(?:{_BEFORE})[^—―:：，。]{{0,14}}?{_REPORT}"
    rf"|{_REPORT}[》”)）]?[^—―:：，。]{{0,4}}(?:{_AFTER})"
    rf"|{_REPORT}[》”)）]?(?:名词解释|注释|词语解释)"
)
_DIGEST = re.compile(r"速览|速读|一图|图解|图说|划重点|看点|要点|数读|读懂|亮点|干货|长图|海报")
_ABSTRACT = re.compile(r"摘要|摘登|节选|摘编")
_YEAR = re.compile(r"((?:19|20)\d{2})\s*年?")
_CHINESE_YEAR = re.compile(r"([一二][〇○零ＯO0Oo一二三四五六七八九]{3})年")
_DIGITS = dict(zip("〇○零ＯOo0一二三四五六七八九", "0000000123456789", strict=True))
_COUNTY = re.compile(r"([一-鿿]{1,12}?(?:县|区|旗|镇|乡|街道))(?:\d{4}年?)?(?:人民)?" + _REPORT)
_NATIONAL = re.compile(r"国务院|李克强|李强|温家宝|朱镕基|全国人大|十[一二三四五]届全国")


def edition_of(title: str) -> str | None:
    """``abstract``, ``digest``, or None where the title says nothing of it."""
    if _ABSTRACT.search(title):
        return "abstract"
    return "digest" if _DIGEST.search(title) else None


def year_of(title: str, published: date | None) -> int | None:
    """The year a report was delivered in: as the title says, else that of its day of publication. A report
    published late in a year without a year in its title may be the old one or an early new one: None."""
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
    title = row.title
    pattern = source.options.get("url_pattern")
    if not title and pattern:
        if not re.search(pattern, row.url):
            return None
    elif not re.search(source.title_pattern, title) or _ABOUT.search(title):
        return None
    if source.region_code != "000000" and _NATIONAL.search(title):
        return None
    if _of_another_region(title, source):
        return None
    return Claim(
        region=source.region_name or None,
        report_year=year_of(title, row.published),
        edition=edition_of(title) or source.options.get("edition"),
        title=title or None,
        published=row.published,
    )


def _of_another_region(title: str, source: Source) -> bool:
    named = [mention.region for mention in find_in(title) if mention.region.code != "000000"]
    if named:
        return all(
            region.code != source.region_code and region.successor_code != source.region_code
            for region in named
        )
    county = _COUNTY.search(title)
    if county is None:
        return False
    here = by_code(source.region_code) if source.region_code else None
    name = county[1]
    return not (here and name.endswith(here.name)) and any(name.endswith(known) for known in county_names())
