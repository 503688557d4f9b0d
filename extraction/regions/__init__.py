"""Regions: the nation, provinces, municipalities, prefecture-level units, counties directly under a province.

The data lie in ``regions.csv`` (what a region is) and ``counties.csv`` (names of what lies inside a region,
for recognition only); ``README.md`` beside them says where they come from and what each column means.

A unit that was upgraded or renamed is *one* region over all years: by_name("毕节地区") and by_name("毕节市")
are the same row, and by_code of the code that 毕节地区 had gives a row whose ``successor_code`` is today's.
A unit that was merged away or split (莱芜市, 巢湖市) stays a region of its own: its figures are not those of
the city that took it in.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

NATION = "000000"

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Region:
    """One row of ``regions.csv``.

    level        ``nation``, ``province`` (autonomous regions included), ``municipality``, ``prefecture``
                 (地级市, 地区, 盟, 自治州), ``county`` (directly under a province: 济源市 …), ``outside``
                 (港澳台: known by name, no reports of this kind)
    valid_from   first year of the present status, None where it is older than 2002
    valid_to     last year in which the unit existed, None while it does
    succession   of a unit that is gone: ``same`` (goes on under ``successor_code``), ``merged``, ``split``
    """

    code: str
    name: str
    short_name: str
    level: str
    province_code: str
    economic_belt: str
    city_group: str
    is_provincial_capital: bool
    is_vice_provincial: bool
    is_separately_planned: bool
    valid_from: int | None
    valid_to: int | None
    successor_code: str
    succession: str
    aliases: tuple[str, ...]
    name_en: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A region's name at ``text[start:end]``."""

    start: int
    end: int
    region: Region


def _year(cell: str) -> int | None:
    return int(cell) if cell else None


@cache
def all_regions() -> tuple[Region, ...]:
    """All rows of ``regions.csv`` by code, those that are gone included."""
    with (_HERE / "regions.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(
            Region(
                code=row["code"],
                name=row["name"],
                short_name=row["short_name"],
                level=row["level"],
                province_code=row["province_code"],
                economic_belt=row["economic_belt"],
                city_group=row["city_group"],
                is_provincial_capital=row["is_provincial_capital"] == "true",
                is_vice_provincial=row["is_vice_provincial"] == "true",
                is_separately_planned=row["is_separately_planned"] == "true",
                valid_from=_year(row["valid_from"]),
                valid_to=_year(row["valid_to"]),
                successor_code=row["successor_code"],
                succession=row["succession"],
                aliases=tuple(a for a in row["aliases"].split("|") if a),
                name_en=row["name_en"],
            )
            for row in csv.DictReader(lines)
        )


@cache
def _by_code() -> dict[str, Region]:
    return {region.code: region for region in all_regions()}


@cache
def _by_name() -> dict[str, Region]:
    """Full, short and former names. No two regions share one: 吉林 is the province, 吉林市 the city."""
    return {
        name: region
        for region in all_regions()
        if region.succession != "same"
        for name in (region.name, region.short_name, *region.aliases)
    }


@cache
def _counties() -> tuple[tuple[str, str], ...]:
    with (_HERE / "counties.csv").open(encoding="utf-8", newline="") as lines:
        return tuple((row["code"], row["name"]) for row in csv.DictReader(lines))


def by_code(code: str) -> Region | None:
    """The region of a GB/T 2260 code, past or present; None for other codes, most counties' among them."""
    return _by_code().get(code)


def by_name(name: str, year: int | None = None) -> Region | None:
    """The region of a full, short or former name: 太原市, 太原, 襄樊, 毕节地区, 内蒙古; also behind its
    province's name (山西省太原市).

    year   where given, a region that no longer existed in that year is not found: 莱芜市 in 2023 is no city
    """
    name = re.sub(r"\s+", "", name)
    region = _by_name().get(name)
    if region is None:
        for cut in range(2, len(name) - 1):
            outer, inner = _by_name().get(name[:cut]), _by_name().get(name[cut:])
            if outer and inner and outer.code != inner.code and outer.code == inner.province_code:
                region = inner
    if region and year and region.valid_to and year > region.valid_to:
        return None
    return region


def province_of(region: Region) -> Region | None:
    """The province or municipality that a region lies in (itself for a province), None for the nation."""
    return by_code(region.province_code)


def parts_of(code: str) -> tuple[str, ...]:
    """Full names of what lies directly inside a region: the nation's provinces, a province's prefectures, a
    city's counties and districts (today's)."""
    region = by_code(code)
    if region is None:
        return ()
    if region.level == "nation":
        return tuple(r.name for r in all_regions() if r.level in ("province", "municipality", "outside"))
    if region.level == "province":
        return tuple(
            r.name
            for r in all_regions()
            if r.province_code == code and r.level in ("prefecture", "county") and r.succession != "same"
        )
    prefix = code[:2] if region.level == "municipality" else code[:4]
    if region.level == "county":
        return ()
    return tuple(name for county, name in _counties() if county.startswith(prefix))


@cache
def county_names() -> frozenset[str]:
    """Full names of all counties, districts and county-level cities; several may share one (城关区)."""
    return frozenset(name for _, name in _counties())


# Short names that are also ordinary words or pieces of them ("创新乡村", "朝阳产业", "聚焦作风", "长治久安"):
# in running text these count only in full (新乡市).
_WORDS_TOO_TEXT = """
    万宁 三明 东方 东营 中卫 中国 中山 临夏 临高 丽水 丽江 乌盟 乐东 乐山 九江
    五指山 保亭 保定 信阳 克州 兴安 内江 凉山 北屯 北海 南平 南通 博州 双河 吉安
    和田 咸宁 四平 固原 国家 大兴安岭 大同 大庆 大理 天水 天门 威海 孝感 宁德
    安庆 安康 安阳 安顺 定安 定西 山南 崇左 巴中 巴州 巴盟 常德 平凉 平顶山 广元
    广安 庆阳 延安 开封 张掖 德州 怀化 怒江 我国 承德 文山 文昌 新乡 新余 新星
    日照 昆玉 昌江 普洱 朝阳 本溪 来宾 梅州 永州 江门 河池 河源 泰安 济源 海东
    海北 海口 海西 淮北 淮南 清远 潜江 焦作 版纳 牡丹江 玉树 琼海 甘南 白城 白山
    白杨 白沙 白银 益阳 石河子 红河 西宁 贵港 资阳 迪庆 通化 遵义 金昌 长治 阳江
    阿里 陇南 陵水 黄冈 黄南 黄山 黄石 黑河 黔南
"""
_WORDS_TOO = frozenset(_WORDS_TOO_TEXT.split())

# A short name inside another word: "经济南北", "复合肥料", "建成都市圈", "以上海外", "扩大连片", "黄河南岸".
_NOT_BEFORE = {
    "济南": "经",
    "济宁": "经",
    "合肥": "复混配",
    "成都": "建变形完组构达促生打合",
    "大连": "扩最强壮",
    "江西": "长珠沿",
    "江苏": "长",
    "河北": "黄海淮运",
    "河南": "黄海淮运",
    "湖北": "太",
    "湖南": "太庭",
    "山西": "中行南东",
    "山东": "中泰",
    "海南": "沿上渤",
    "福州": "幸",
}
_AMBIGUOUS_IN_FULL = frozenset(("成都市",))  # "建成都市圈"
_ABOVE_SEA = re.compile("以上海[外域洋]")  # "10万元以上海外订单"
_NOT_AFTER = re.compile(
    r"路|大道|街|大学|理工|时间|合作组织|公报|银行|证券交易所|岸|麓|段|部|侧|片|续|料|贯|起"
)


@cache
def _finder() -> re.Pattern[str]:
    names = {name for name in _by_name() if name not in _WORDS_TOO and len(name) > 1}
    return re.compile(_trie_pattern(names))


def _trie_pattern(names: Iterable[str]) -> str:
    """A regular expression for the longest of the names, with one branch per first character: a plain list of
    alternatives would be tried one by one at every position of the text."""
    trie: dict[str, dict] = {}  # type: ignore[type-arg]
    for name in names:
        node = trie
        for char in name:
            node = node.setdefault(char, {})
        node[""] = {}

    def render(node: dict) -> str:  # type: ignore[type-arg]
        branches = [re.escape(char) + render(child) for char, child in sorted(node.items()) if char]
        if not branches:
            return ""
        inner = branches[0] if len(branches) == 1 else "(?:" + "|".join(branches) + ")"
        return f"(?:{inner})?" if "" in node else inner

    return render(trie)


def find_in(text: str) -> list[Mention]:
    """Names of regions in running text, in order, the longest where one begins another (新疆维吾尔自治区).
    Short names that are words of their own count only in full. Names that are part of a road's or an
    institution's (南京路, 太原理工大学) do not count.

    >>> [m.region.name for m in find_in("支持太原、大同市建设，完善山东路")]
    ['太原市', '大同市']
    """
    known = _by_name()
    found = []
    for match in _finder().finditer(text):
        start, end = match.span()
        name = match[0]
        region = known[name]
        before = text[start - 1 : start]
        if before and before in _NOT_BEFORE.get(region.short_name, "") and name in _AMBIGUOUS_IN_FULL:
            continue
        if name == region.short_name:
            if before and before in _NOT_BEFORE.get(name, ""):
                continue
            if _NOT_AFTER.match(text, end) or _ABOVE_SEA.match(text, max(0, start - 1)):
                continue
        found.append(Mention(start, end, region))
    return found
