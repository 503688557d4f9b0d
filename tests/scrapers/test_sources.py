"""The registry holds every region, and says what is wrong with a wrong entry."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from extraction.regions import all_regions, by_code
from scrapers.model import Source
from scrapers.platforms import epaper
from scrapers.sources import RegistryError, batches, load_sources


def test_the_registry_watches_every_province_and_prefecture() -> None:
    watched = {source.region_code for source in load_sources()}
    today = [region for region in all_regions() if region.valid_to is None]
    mainland = {r.code for r in today if r.level in ("municipality", "province") and r.code != "710000"}
    prefectures = {region.code for region in today if region.level == "prefecture"}
    assert len(mainland) == 31
    assert len(prefectures) == 333
    assert watched == mainland | prefectures | {"000000"}


#: Regions whose name, or its pinyin, is another's, too; and the host that is theirs. A report that does not name its own
#: region is taken for that of the region whose portal it stands on.
THEIRS = {
    "320500": "www.suzhou.gov.cn",
    "341300": "www.ahsz.gov.cn",
    "350100": "www.fuzhou.gov.cn",
    "361000": "www.jxfz.gov.cn",
    "321200": "www.taizhou.gov.cn",
    "331000": "www.zjtz.gov.cn",
    "450900": "www.yulin.gov.cn",
    "610800": "www.yl.gov.cn",
    "230700": "www.yc.gov.cn",
    "360900": "www.yichun.gov.cn",
    "220200": "www.jlcity.gov.cn",
    "211300": "www.zgcy.gov.cn",
    "460000": "www.hainan.gov.cn",
    "632500": "www.hainanzhou.gov.cn",
    "653200": "www.xjht.gov.cn",  # not www.hts.gov.cn, the county-level city
    "653100": "www.kashi.gov.cn",
    "652300": "www.cj.gov.cn",
    "532300": "www.cxz.gov.cn",
    "622900": "www.linxia.gov.cn",
}


def test_regions_of_one_name_have_each_their_own_portal() -> None:
    hosts = {
        source.region_code: urlsplit(source.listings[0]).hostname
        for source in load_sources()
        if source.place == "portal"
    }
    assert {code: hosts[code] for code in THEIRS} == THEIRS


def test_no_portal_is_watched_for_two_regions() -> None:
    """But for a province's that lists the reports of its cities, each in a column of its own."""
    regions: dict[str, set[str | None]] = {}
    for source in load_sources():
        for listing in source.listings:
            column = listing if "www.ln.gov.cn" in listing else urlsplit(listing).netloc
            regions.setdefault(column, set()).add(source.region_code)
    assert [column for column, codes in regions.items() if len(codes) > 1] == []


def test_an_entry_that_nobody_tried_says_so() -> None:
    assert all(source.verified or source.note for source in load_sources())


#: Newspapers that are not called by their region's name: whose they are.
PAPERS = {
    "新华日报": "320000",
    "大众日报": "370000",
    "南方日报": "440000",
    "长江日报": "420100",
    "民族日报": "622900",  # the organ of 临夏州
    "柴达木日报": "632800",  # the organ of 海西州
}
#: Platforms that many newspapers share: a page there is not the paper's own site. And names that mirrors like.
NOT_OF_ITS_OWN = (
    "joyhua",
    "cnepaper",
    "xepaper",
    "183read",
    "x-publish",
    "baozhanmei",
    "aliyuncs",
    "wordpress",
)


def second_places() -> list[Source]:
    return [source for source in load_sources() if source.is_second]


def test_second_places_say_how_they_are_known() -> None:
    places = second_places()
    assert len(places) >= 149
    for source in places:
        assert source.verified or re.search(
            r"(?:github\.com/[\w-]+/[\w.-]+|public code|was seen there)", source.note
        ), f"{source.id}: {source.note}"
        assert "guess" not in source.note, source.id


def test_second_places_are_of_another_kind_than_the_first() -> None:
    first = {source.region_code: source for source in load_sources() if not source.is_second}
    for source in second_places():
        here = {urlsplit(listing).hostname for listing in source.listings}
        there = {urlsplit(listing).hostname for listing in first[source.region_code].listings}
        assert source.place != first[source.region_code].place, source.id
        # A gazette stands on the government's own portal, in a column of its own.
        assert not here & there or source.place == "gazette", source.id
        assert not set(source.listings) & set(first[source.region_code].listings), source.id


def test_every_province_has_its_congress_and_nearly_every_one_its_gazette() -> None:
    codes = {source.province for source in load_sources()} - {"000000"}
    by_place = {
        place: {source.region_code for source in second_places() if source.place == place}
        for place in ("congress", "gazette")
    }
    assert codes - by_place["congress"] == set()
    # 黑龙江's gazette is led to by a script; of 甘肃 and 宁夏 no address of it was seen.
    assert codes - by_place["gazette"] == {"230000", "620000", "640000"}


def test_a_congress_or_gazette_is_its_own_regions() -> None:
    sites: dict[str, str] = {}
    for source in second_places():
        if source.place not in ("congress", "gazette"):
            continue
        (listing,) = source.listings
        assert sites.setdefault(listing, source.id) == source.id, f"{source.id}: {listing} is another's"
        host = urlsplit(listing).hostname or ""
        assert host.endswith((".gov.cn", "www.rd.gd.cn")), source.id
        assert source.platform == {"congress": "portal", "gazette": "gazette_pdf"}[source.place], source.id
        if source.place == "congress":
            assert urlsplit(listing).path == "/", f"{source.id}: the search begins at a home page"
        else:
            assert re.search(source.title_pattern, "2026年第1期"), source.id
            assert re.search(source.title_pattern, "政府工作报告"), source.id


def test_the_documentation_counts_places_as_they_are() -> None:
    text = (Path(__file__).parents[2] / "docs" / "sources.md").read_text(encoding="utf-8")
    sources = load_sources()
    levels = {source.id: source.region_code == source.province for source in sources}
    for place in ("newspaper", "congress", "gazette"):
        here = [source for source in sources if source.is_second and source.place == place]
        provinces = {source.region_code for source in here if levels[source.id]}
        cities = {source.region_code for source in here if not levels[source.id]}
        assert f"| {place} | {len(here)} | {len(provinces)} | {len(cities)} |" in text
    first = [source for source in sources if not source.is_second and not levels[source.id]]
    home = [source for source in first if source.platform == "portal"]
    assert f"| {len(home)} cities | the portal, from its home page" in text
    assert f"| nation, 31 provinces, {len(first) - len(home)} cities | the report column |" in text


def test_a_newspaper_is_its_own_regions_and_on_its_own_site() -> None:
    for source in second_places():
        host = urlsplit(source.listings[0]).hostname or ""
        assert not re.fullmatch(r"[\d.]+", host), f"{source.id}: an address without a name"
        assert not any(name in host for name in NOT_OF_ITS_OWN), source.id
        # sxgov.cn is the news portal of Shanxi's own, 黄河新闻网.
        assert "gov" not in host or host.endswith((".gov.cn", ".sxgov.cn")), source.id
        if source.platform != "epaper":
            continue
        paper = source.note.partition(":")[0]
        region = by_code(source.region_code or "")
        assert region is not None
        assert paper.startswith(region.short_name) or PAPERS.get(paper) == region.code, (
            f"{source.id}: {paper}"
        )
        (listing,) = source.listings
        assert all(part in listing for part in ("{yyyy}", "{mm}", "{dd}")), source.id


def test_the_first_page_of_an_edition_is_known_as_one() -> None:
    """By the module itself: an address that it does not take for a printed page's would not be walked from."""
    for source in second_places():
        if source.platform == "epaper":
            start, _ = epaper.starts(source, date(2026, 2, 28))
            an_index = start.endswith(
                ("/html/index.htm", "/index.shtml", "/navi.xml#28", "/period.xml#28", "_m.html")
            )
            assert epaper.is_printed_page(start) or an_index, start


def test_sources_by_province_and_by_id() -> None:
    assert {source.province for source in load_sources(province="山西")} == {"140000"}
    assert load_sources(province="140000") == load_sources(province="山西省")
    assert [source.id for source in load_sources(ids=["140100"])] == ["140100", "140100-newspaper"]
    assert [source.id for source in load_sources(ids=["140100-newspaper"])] == ["140100-newspaper"]
    with pytest.raises(RegistryError, match="火星"):
        load_sources(province="火星")
    with pytest.raises(RegistryError, match="999999"):
        load_sources(ids=["140100", "999999"])


def test_a_batch_is_a_province() -> None:
    found = batches(load_sources())
    assert len(found) == 32
    assert [source.id for source in found["000000"]] == ["000000"]
    assert load_sources(province="全国") == found["000000"]
    assert sum(len(sources) for sources in found.values()) == len(load_sources())


GOOD = """
province: 山西省
sources:
  - code: "140100"
    name: 太原市
    platform: trs
    listings: ["https://www.taiyuan.gov.cn/zfgzbg/"]
"""


def load(tmp_path: Path, text: str) -> str:
    (tmp_path / "140000-shanxi.yml").write_text(text, encoding="utf-8")
    with pytest.raises(RegistryError) as caught:
        load_sources(tmp_path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "platform: trs",
            "platform: tsr",
            ["140000-shanxi.yml", "entry 1 (140100 太原市)", "'tsr' is none of", "trs"],
        ),
        ('"140100"', '"140199"', ["140199", "no region"]),
        ('"140100"', '"140200"', ["140200 is 大同市, not 太原市"]),
        ("https://www", "ftp://www", ["no http(s) address"]),
        ("listings: [", "lisings: [", ["lisings", "listings"]),
        (
            "listings: [",
            "lisings: [",
            ["lisings: no such key; did you mean listings?", "listings: is missing"],
        ),
        ('"140100"', "140100", ['code: 140100 is a number; write it in quotes: "140100"']),
        ('gzbg/"]', 'gzbg/"]\n    verified: yesterday', ["verified: 'yesterday' is no day (2026-11-22)"]),
        ('gzbg/"]', 'gzbg/"]\n    local: maybe', ["local: 'maybe' is neither true nor false"]),
        ('["https://www.taiyuan.gov.cn/zfgzbg/"]', "[]", ["listings: is empty"]),
        ('["https://www.taiyuan.gov.cn/zfgzbg/"]', "http://x.cn/", ["listings: a list is wanted: […]"]),
        ('gzbg/"]', 'gzbg/"]\n    options: {year: all}', ["option 'year' is none of", "years"]),
        ('gzbg/"]', 'gzbg/"]\n    options: {years: some}', ["years 'some'", "all"]),
        ('gzbg/"]', 'gzbg/"]\n    title_pattern: ""', ["title_pattern", "every title"]),
        ('gzbg/"]', 'gzbg/"]\n    season: {due: "02-30"}', ["season.due", "no day of the year"]),
        (
            'gzbg/"]',
            'gzbg/"]\n    season: {starts: "01-05", ends: "03-31", due: "05-01"}',
            ["season: due 05-01 lies outside 01-05 … 03-31"],
        ),
        (
            'gzbg/"]',
            'gzbg/"]\n    fallbacks: [{place: papers, platform: plain, listings: ["http://x.cn/"]}]',
            ["fallbacks.0.place", "'newspaper', 'gazette', 'congress' or 'portal'"],
        ),
        ("province: 山西省", "province: 山东省", ["province: 山东省", "140100 太原市 lies in 山西省"]),
        ('gzbg/"]', 'gzbg/"]\n    season: {due: 31-03}', ["season.due", "31-03"]),
        ('gzbg/"]', 'gzbg/"]\n    title_pattern: "(报告"', ["title_pattern"]),
        ('gzbg/"]', 'gzbg/"]\n    tls: {reason: no, until: 2026-12-31}', ["tls.reason"]),
        ("sources:", "sources: [", ["140000-shanxi.yml"]),
    ],
)
def test_a_mistake_is_named_with_file_and_entry(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    message = load(tmp_path, GOOD.replace(old, new))
    for word in words:
        assert word in message, message


def test_all_mistakes_are_told_at_once_and_no_id_twice(tmp_path: Path) -> None:
    twice = GOOD + GOOD.split("sources:\n")[1]
    assert "stands twice" in load(tmp_path, twice)
    two = GOOD.replace("platform: trs", "platform: tsr") + GOOD.split("sources:\n")[1].replace("140100", "1")
    assert load(tmp_path, two).count("entry") == 2


@pytest.mark.parametrize("content", [b"", b"- a", b"\xff\xfe\x00", b"province: x\nsources:\n  - hello\n"])
def test_a_file_of_another_kind_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "broken.yml").write_bytes(content)
    with pytest.raises(RegistryError, match=r"broken\.yml: .*(keys|UTF-8)"):
        load_sources(tmp_path)


def test_an_empty_directory_is_no_registry(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="no source files"):
        load_sources(tmp_path)


def test_what_an_entry_says_arrives(tmp_path: Path) -> None:
    text = GOOD + (
        '    season: {starts: "12-25", ends: "03-15", due: "03-01"}\n'
        "    options: {years: all}\n"
        "    tls: {reason: the chain lacks an intermediate, until: 2026-12-31}\n"
        "    fallbacks:\n"
        '      - {place: newspaper, platform: epaper, listings: ["http://e.cn/{yyyy}-{mm}/{dd}/node_1.htm"]}\n'
        '      - {place: newspaper, platform: epaper, listings: ["http://f.cn/{yyyy}-{mm}/{dd}/node_1.htm"]}\n'
    )
    (tmp_path / "a.yml").write_text(text, encoding="utf-8")
    portal, first, second = load_sources(tmp_path)
    assert (portal.season.starts, portal.season.due) == ((12, 25), (3, 1))
    assert portal.tls is not None
    assert portal.tls.until.year == 2026
    assert [first.id, second.id] == ["140100-newspaper", "140100-newspaper2"]
    assert (first.place, first.region_code, first.province) == ("newspaper", "140100", "140000")
