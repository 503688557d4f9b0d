"""Discovery is incremental and bounded, looks back far enough, and takes only this region's reports."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from extraction.model import Claim
from extraction.regions import by_code
from scrapers.backfill import backfill
from scrapers.checking import Check, advice_lines, as_row, check_sources, no_network, record_verified
from scrapers.discovery import _is_deep_night
from scrapers.model import Failure, Fetched, Source
from scrapers.pages import Row
from scrapers.platforms import platform
from scrapers.sources import load_sources
from scrapers.state import recall
from scrapers.titles import claim_of, edition_of, year_of
from tests.scrapers import misbehaving as bad
from tests.scrapers.conftest import NOW, QUICK, Night, local_source
from tests.scrapers.misbehaving import misbehaving

ARTICLE = f"<html><body><h1>政府工作报告</h1>{bad.REPORT}</body></html>".encode()


def trs_page(number: int, pages: int, *rows: tuple[str, str, str]) -> bytes:
    items = "".join(f'<li><a href="{url}">{title}</a><span>{day}</span></li>' for url, title, day in rows)
    return f'<ul>{items}</ul><script>createPageHTML({pages}, {number}, "index", "html");</script>'.encode()


def news(page: int) -> list[tuple[str, str, str]]:
    return [
        (f"/202601/t20260101_{page}{n}.html", f"第{page}{n}号要闻：项目建设有序推进", "2026-01-01")
        for n in range(5)
    ]


def report(year: int) -> tuple[str, str, str]:
    return f"/{year}02/t{year}0209_1.html", f"{year}年太原市政府工作报告", f"{year}-02-09"


def test_an_unchanged_listing_costs_two_requests_and_no_writing(night: Night) -> None:
    with misbehaving(
        {"/index.html": bad.page(trs_page(0, 1, report(2026))), "/2026*": bad.page(ARTICLE)}
    ) as site:
        source = local_source(site.base, "/index.html", platform="trs")
        night.run(source)
        root = Path(night.archive.store.root)
        before = {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}
        look = night.look(source)[0]
        assert (look.ok, look.requests, look.links_seen, look.links_new) == (True, 2, 1, 0)
        assert {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("mark", "condition"), [("ETag", "if-none-match"), ("Last_Modified", "if-modified-since")]
)
def test_listings_and_articles_are_asked_whether_they_changed(
    night: Night, mark: str, condition: str
) -> None:
    value = '"5f3"' if mark == "ETag" else "Mon, 09 Feb 2026 08:00:00 GMT"
    answers: list[tuple[str, bool]] = []

    def unless_changed(body: bytes) -> bad.Behaviour:
        def behaviour(talk: bad.Conversation) -> None:
            known = talk.headers.get(condition) == value
            answers.append((talk.path, known))
            if known:
                talk.send(b"", status="304 Not Modified")
            else:
                talk.send(body, **{mark: value})

        return behaviour

    routes = {"/index.html": unless_changed(trs_page(0, 1, report(2026))), "/2026*": unless_changed(ARTICLE)}
    article = report(2026)[0]
    with misbehaving(routes) as site:
        source = local_source(site.base, "/index.html", platform="trs")
        today = datetime.now(UTC)  # the archive tells the time of day, whatever the run's is
        _, first = night.run(source, now=today)
        # After a week the report is looked at again; nothing is sent, and nothing new is kept.
        looks, again = night.run(source, now=today + timedelta(days=8))
        assert [look.links_seen for look in looks] == [1]
        assert answers == [("/index.html", False), (article, False), ("/index.html", True), (article, True)]
        assert [item.new for item in (*first, *again) if isinstance(item, Fetched)] == [True, False]
        assert len(night.archive.entries()) == 1


def test_pages_that_lead_round_in_a_circle_are_each_asked_once(night: Night) -> None:
    def page(row: str, following: str) -> bad.Behaviour:
        rows = bad.listing((f"/xw/{row}1.html", f"第{row}号要闻：项目建设有序推进"))
        return bad.page(rows.replace(b"</body>", f"<a href='{following}'>下一页</a></body>".encode()))

    night.settings = replace(QUICK, max_pages=9)
    ways = {"/list.html": "/b.html", "/b.html": "/c.html", "/c.html": "/b.html"}
    routes = {path: page(path[1:2], following) for path, following in ways.items()}
    with misbehaving(routes) as site:
        assert night.look(local_source(site.base))[0].error == "blind_in_season"
        assert sorted(path for path in site.asked if path in ways) == sorted(ways)


def test_older_pages_are_walked_until_something_known_comes(night: Night) -> None:
    routes = {
        "/index.html": bad.page(trs_page(0, 9, *news(0))),
        "/index_1.html": bad.page(trs_page(1, 9, report(2026), *news(1))),
        "/index_2.html": bad.page(trs_page(2, 9, *news(2))),
        "/index_3.html": bad.page(trs_page(3, 9, *news(3))),
    }
    with misbehaving(routes) as site:
        source = local_source(site.base, "/index.html", platform="trs")
        assert [link.claim.report_year for link in night.look(source)[0].links] == [2026]
        assert [path for path in site.asked if "index" in path] == [
            "/index.html",
            "/index_1.html",
            "/index_2.html",
        ]
        site.asked.clear()
        routes["/index.html"] = bad.page(
            trs_page(0, 9, ("/202601/t20260102_9.html", "刚刚发布的一条新要闻", ""), *news(0))
        )
        night.look(source)
        assert [path for path in site.asked if "index" in path] == ["/index.html"]


@pytest.mark.parametrize("dead", ["/a.html", "/b.html"])
def test_what_one_listing_names_is_fetched_though_another_is_dead(night: Night, dead: str) -> None:
    routes = {
        "/a.html": bad.page(bad.listing(("/1.html", "2026年太原市政府工作报告"))),
        "/b.html": bad.page(bad.listing(("/2.html", "2025年太原市政府工作报告"))),
    }
    routes[dead] = bad.page(bad.CHALLENGE)
    with misbehaving(routes) as site:
        source = replace(local_source(site.base), listings=(f"{site.base}/a.html", f"{site.base}/b.html"))
        (look,) = night.look(source)
        assert (look.ok, look.error) == (False, "challenge_page"), "the source is not well, and says so"
        assert [link.claim.report_year for link in look.links] == [2025 if dead == "/a.html" else 2026]


def test_what_a_portals_column_names_is_fetched_though_its_home_page_is_dead(night: Night) -> None:
    column = bad.listing(("/t20250209_1.html", "2025年太原市政府工作报告"))
    routes = {"/": bad.page(portal_page(("/c/", "政府工作报告"))), "/c/": bad.page(column)}
    with misbehaving(routes) as site:
        source = local_source(site.base, "/", platform="portal")
        assert night.look(source)[0].ok
        routes["/"] = bad.page(bad.CHALLENGE)
        routes["/c/"] = bad.page(bad.listing(("/t20260209_1.html", "2026年太原市政府工作报告")))
        (look,) = night.look(source, now=NOW + timedelta(days=1))
        assert look.error == "challenge_page"
        assert [link.claim.report_year for link in look.links] == [2026]


def test_a_row_pinned_to_the_top_does_not_end_the_walk(night: Night) -> None:
    """A day with more than a page of news: the report is on the second page, and the first row was always there."""
    pinned = ("/202001/t20200101_1.html", "置顶：市长信箱办理情况公示", "2020-01-01")
    old = [bad.page(trs_page(number, 3, *news(number))) for number in range(3)]
    routes = {"/index.html": bad.page(trs_page(0, 3, pinned, *news(0)))}
    routes |= {"/index_1.html": old[1], "/index_2.html": old[2]}
    with misbehaving(routes) as site:
        source = local_source(site.base, "/index.html", platform="trs")
        night.look(source)
        routes["/index.html"] = bad.page(trs_page(0, 5, pinned, *news(7)))
        routes["/index_1.html"] = bad.page(trs_page(1, 5, report(2026), *news(8)))
        routes["/index_2.html"] = bad.page(trs_page(2, 5, *news(0)))
        routes["/index_3.html"] = old[1]
        site.asked.clear()
        tomorrow = NOW + timedelta(days=1)
        assert not _is_deep_night(source, tomorrow.date())
        assert [link.claim.report_year for link in night.look(source, now=tomorrow)[0].links] == [2026]
        assert "/index_3.html" not in site.asked, "what is known ends the walk"


def test_a_report_filed_late_under_an_old_day_is_found_by_the_weekly_deep_look(night: Night) -> None:
    routes = {
        "/index.html": bad.page(trs_page(0, 2, *news(0))),
        "/index_1.html": bad.page(trs_page(1, 2, *news(1))),
    }
    with misbehaving(routes) as site:
        source = local_source(site.base, "/index.html", platform="trs")
        assert night.look(source)[0].failures == ()
        routes["/index_1.html"] = bad.page(trs_page(1, 2, *news(1), report(2026)))
        nights = [night.look(source, now=NOW + timedelta(days=day))[0] for day in range(1, 8)]
        assert [bool(look.links) for look in nights].count(True) >= 1
        assert [look.requests for look in nights].count(2) >= 5, "the other nights cost two requests"
        summer = datetime(2026, 7, 1, tzinfo=UTC)
        assert {night.look(source, now=summer + timedelta(days=day))[0].requests for day in range(7)} == {2}


def test_a_page_further_back_that_fails_is_named_and_asked_for_again(night: Night) -> None:
    routes = {
        "/index.html": bad.page(trs_page(0, 3, report(2024), *news(0))),
        "/index_1.html": bad.page(bad.STUB),
        "/index_2.html": bad.page(trs_page(2, 3, *news(2))),
    }
    with misbehaving(routes) as site:
        source = local_source(site.base, "/index.html", platform="trs")
        look = night.look(source)[0]
        assert look.ok
        assert [failure.reason for failure in look.failures] == ["stub_listing"]
        routes["/index_1.html"] = bad.page(trs_page(1, 3, report(2026)))
        assert [link.claim.report_year for link in night.look(source)[0].links] == [2026]


def test_pagination_without_end_is_bounded(night: Night) -> None:
    def endless(talk: bad.Conversation) -> None:
        number = int(talk.path.removeprefix("/index").removesuffix(".html").removeprefix("_") or 0)
        talk.send(trs_page(number, 10_000, *news(number)))

    night.settings = replace(QUICK, max_pages=3, max_pages_back=7)
    with misbehaving({"/index*": endless}) as site:
        source = local_source(site.base, "/index.html", platform="trs")
        assert night.look(source)[0].requests == 4
        assert night.look(source, everything=True)[0].requests == 8


def test_only_the_years_that_are_coming_out_are_fetched_by_night(night: Night) -> None:
    rows = [report(year) for year in range(2010, 2027)]
    with misbehaving({"/index.html": bad.page(trs_page(0, 1, *rows)), "/20*": bad.page(ARTICLE)}) as site:
        source = local_source(site.base, "/index.html", platform="trs")
        look = night.look(source)[0]
        assert look.links_seen == 17
        assert [link.claim.report_year for link in look.links] == [2025, 2026]


def test_backfill_brings_the_other_years_and_goes_on_where_it_stopped(night: Night) -> None:
    pages = {
        "/index.html": trs_page(0, 3, *(report(year) for year in (2026, 2025))),
        "/index_1.html": trs_page(1, 3, *(report(year) for year in (2024, 2023))),
        "/index_2.html": trs_page(2, 3, *(report(year) for year in (2003, 2001))),
    }
    routes = {path: bad.page(body) for path, body in pages.items()} | {
        f"/{year}*": bad.page(ARTICLE + str(year).encode()) for year in (2026, 2025, 2024, 2023, 2003, 2001)
    }
    with misbehaving(routes) as site:
        source = local_source(site.base, "/index.html", platform="trs")
        broken = dict(routes)
        routes["/2003*"] = bad.page(b"", status="404 Not Found")
        steps = list(
            backfill(
                [source],
                archive=night.archive,
                run_id="b1",
                settings=QUICK,
                now=NOW,
                first_year=2002,
                last_year=2026,
            )
        )
        years = [item.claim.report_year for item in steps[0].results if isinstance(item, Fetched)]
        assert years == [2026, 2025, 2024, 2023]
        assert [item.reason for item in steps[0].results if isinstance(item, Failure)] == ["not_found"]
        routes.update(broken)
        tomorrow = NOW + timedelta(days=1)
        again = list(
            backfill(
                [source],
                archive=night.archive,
                run_id="b2",
                settings=QUICK,
                now=tomorrow,
                first_year=2002,
                last_year=2026,
            )
        )
        assert [item.claim.report_year for item in again[0].results if isinstance(item, Fetched)] == [2003]


def test_a_memory_made_by_another_entry_or_platform_is_not_used(night: Night) -> None:
    with misbehaving({"/index.html": bad.page(trs_page(0, 1, report(2026)))}) as site:
        source = local_source(site.base, "/index.html", platform="trs")
        assert night.look(source)[0].links_seen == 1
        assert night.look(replace(source, title_pattern="工作报告$"))[0].links_seen == 1
        assert night.look(replace(source, title_pattern="公报"))[0].links_seen == 0


def test_a_damaged_memory_costs_a_request_and_nothing_else(night: Night) -> None:
    with misbehaving({"/index.html": bad.page(trs_page(0, 1, report(2026)))}) as site:
        source = local_source(site.base, "/index.html", platform="trs")
        night.look(source)
        (Path(night.archive.store.root) / "state" / "140100.json").write_bytes(b'{"made_by": 7')
        assert night.look(source)[0].links_seen == 1
        assert recall(night.archive, "140100").links


def test_an_attachment_is_the_document_and_its_page_the_evidence(night: Night) -> None:
    from samples.site import docx

    page = "<h1>政府工作报告</h1><p>全文见附件。</p><a href='/a/P1.docx'>2026年政府工作报告.docx</a>".encode()
    routes = {
        "/list.html": bad.page(bad.listing(("/r.html", "2026年太原市政府工作报告"))),
        "/r.html": bad.page(page),
    }
    routes["/a/P1.docx"] = bad.page(docx(["政府工作报告"]), Content_Type="application/octet-stream")
    with misbehaving(routes) as site:
        source = local_source(site.base)
        _, fetched = night.run(source)
        assert isinstance(fetched[0], Fetched)
        assert fetched[0].file == "P1.docx"
        assert fetched[0].media_type.endswith("wordprocessingml.document")
        assert [entry.kind for entry in night.archive.entries()] == ["document", "page"]
        assert night.look(source)[0].links == ()


def test_a_paper_that_does_not_appear_on_a_holiday_is_no_failure(night: Night) -> None:
    def day(talk: bad.Conversation) -> None:
        if "2026-02/19" in talk.path:
            talk.send("<a href='content_1_2.htm'>2026年太原市政府工作报告摘要</a>".encode())
        else:
            talk.send(b"", status="404 Not Found")

    with misbehaving({"/html*": day}) as site:
        source = local_source(
            site.base, "/html/{yyyy}-{mm}/{dd}/node_1.htm", platform="epaper", place="newspaper"
        )
        look = night.look(source)[0]
        assert (look.ok, look.links_seen) == (True, 1)
        assert look.links[0].claim == Claim(
            "太原市", 2026, "abstract", "2026年太原市政府工作报告摘要", date(2026, 2, 19)
        )
        assert night.look(source, now=NOW + timedelta(days=9))[0].error == "not_found"
        summer = night.look(source, now=datetime(2026, 7, 1, tzinfo=UTC))[0]
        assert (summer.ok, summer.requests) == (True, 0)


def taiyuan() -> Source:
    return local_source("http://x.cn")


@pytest.mark.parametrize(
    ("title", "day", "place", "is_its_own"),
    [
        ("政府工作报告", date(2026, 3, 13), "newspaper", False),
        ("政府工作报告（摘要）", date(2026, 3, 6), "newspaper", False),
        ("2026年政府工作报告", date(2026, 3, 6), "newspaper", False),
        ("政府工作报告", date(2026, 2, 13), "newspaper", True),
        ("政府工作报告", date(2026, 3, 25), "newspaper", True),
        ("2026年太原市政府工作报告", date(2026, 3, 13), "newspaper", True),
        ("2026年市政府工作报告", date(2026, 3, 13), "newspaper", True),
        ("政府工作报告", date(2026, 3, 13), "portal", True),
    ],
)
def test_a_paper_prints_the_nations_report_in_march(
    title: str, day: date, place: str, is_its_own: bool
) -> None:
    source = replace(taiyuan(), place=place)
    assert (claim_of(Row("http://x.cn/1.html", title, day), source) is not None) is is_its_own


@pytest.mark.parametrize(
    "title",
    [
        "2026年太原市政府工作报告",
        "太原市2026年政府工作报告（全文）",
        "政府工作报告",
        "绘就一张发展图——2026年政府工作报告速览",
        "一图读懂2026年太原市政府工作报告",
        "二〇二六年政府工作报告",
        "太原市人民政府工作报告",
        "太原市人民政府2026年工作报告",
        "深入贯彻新发展理念 奋力谱写新篇章——2026年太原市政府工作报告",
        "政府工作报告（附名词解释）",
        "2026年政府工作报告（2026年2月1日在市人代会上）",
        "太原市２０２６年政府工作报告",
        "山西省太原市2026年政府工作报告",
        "2026年市人民政府工作报告",
        "关于印发《2026年政府工作报告》的通知",
        "政府工作报告（含民生实事、名词解释）",
        "太原市第十五届人民代表大会第六次会议政府工作报告",
        "市长在太原市第十五届人民代表大会上所作的政府工作报告",
    ],
)
def test_titles_of_the_citys_report(title: str) -> None:
    assert claim_of(Row("http://x.cn/1.html", title), taiyuan()) is not None


@pytest.mark.parametrize(
    "title",
    [
        "关于征求《政府工作报告》意见建议的座谈会召开",
        "太原市2026年《政府工作报告》重点任务分工方案",
        "代表分团审议政府工作报告",
        "2026年太原市政府工作报告名词解释",
        "关于印发2026年政府工作报告重点任务分工的通知",
        "市政府召开《政府工作报告》起草工作座谈会",
        "太原市政府工作报告热词",
        "关于太原市人民政府工作报告的决议",
        "2026年山西省政府工作报告",
        "大同市2026年政府工作报告",
        "尖草坪区2026年政府工作报告",
        "2026年清徐县政府工作报告",
        "李强作国务院政府工作报告",
        "2025年政府信息公开工作年度报告",
        "市人大常委会工作报告",
        "2026年国民经济和社会发展计划草案的报告",
        # districts, counties and cities below it, in every form in which their city's portal names them
        "太原市小店区2026年政府工作报告",
        "太原市小店区人民政府2026年工作报告",
        "小店区人民政府２０２６年工作报告",
        "古交市2026年政府工作报告",
        "2026年太原市古交市政府工作报告",
        "政府工作报告（小店区）",
        "2026年政府工作报告（阳曲县2026年）",
        "【杏花岭区】2026年政府工作报告",
        "杏花岭区：政府工作报告",
        "2026年区政府工作报告",
        "县人民政府2026年工作报告",
        "高新区2026年政府工作报告",
        # the province's, the nation's
        "2026年省政府工作报告",
        "省人民政府工作报告（摘要）",
        "2026年全国两会政府工作报告（全文）",
        "李总理作政府工作报告",
        # about the report
        "关于2025年政府工作报告重点任务分工的通知",
        "政策解读：2026年政府工作报告",
        "【解读】2026年政府工作报告",
        "《政府工作报告》明确的重点工作上半年进展情况",
        "政府工作报告重点工作进展情况",
        "2025年政府工作报告落实情况",
        "2026年政府工作报告目标任务",
        "政府工作报告里的民生清单",
        "政府工作报告提到的十件实事",
        "从政府工作报告看太原发展",
        "市政府党组会议研究政府工作报告",
        "政府工作报告（审议稿）",
        "2026年政府工作报告（草案）",
        "关于《政府工作报告》的说明",
        "名词解释丨2026年政府工作报告",
        "太原市2021—2025年政府工作报告汇编",
        "2025年法治政府工作报告",
        "历年政府工作报告",
        "2026 Government Work Report of Taiyuan",
    ],
)
def test_titles_that_are_not_the_citys_report(title: str) -> None:
    assert claim_of(Row("http://x.cn/1.html", title), taiyuan()) is None


@pytest.mark.parametrize(
    ("code", "titles"),
    [
        (
            "140000",
            {"2026年省政府工作报告": True, "2026年市政府工作报告": False, "太原市政府工作报告": False},
        ),
        ("150000", {"2026年自治区政府工作报告": True, "内蒙古自治区人民政府工作报告": True}),
        ("150100", {"2026年自治区政府工作报告": False, "2026年市政府工作报告": True}),
        ("310000", {"2026年市政府工作报告": True, "浦东新区2026年政府工作报告": False}),
        (
            "542500",
            {
                "阿里地区2026年政府工作报告": True,
                "2026年行署工作报告": True,
                "地区行政公署2026年工作报告": True,
            },
        ),
        (
            "232700",
            {
                "2026年大兴安岭地区行政公署工作报告": True,
                "大兴安岭地区行署2026年工作报告": True,
                "地区行署工作报告（2026年）": True,
                "2026年行署政府工作报告": True,
                "行署工作报告重点任务分解": False,
                "行政公署2025年工作总结": False,
            },
        ),
        (
            "152500",
            {
                "锡林郭勒盟行政公署工作报告": True,
                "2026年锡林郭勒盟行署工作报告": True,
                "盟行署2026年度工作报告": True,
                "二连浩特市2026年政府工作报告": False,
            },
        ),
        ("532300", {"楚雄彝族自治州2026年政府工作报告": True, "楚雄市2026年政府工作报告": False}),
        ("653200", {"和田地区2026年政府工作报告": True, "和田市2026年政府工作报告": False}),
        ("000000", {"2026年国务院政府工作报告": True, "政府工作报告": True, "2026年省政府工作报告": False}),
    ],
)
def test_whose_report_a_title_means_on_the_page_of_each_level(code: str, titles: dict[str, bool]) -> None:
    region = by_code(code)
    assert region is not None
    source = local_source("http://x.cn", id=code, region_code=code, region_name=region.name)
    assert {
        title: claim_of(Row("http://x.cn/1.html", title), source) is not None for title in titles
    } == titles


def test_every_regions_own_report_is_taken() -> None:
    """In the forms in which most portals call it; no name is taken for that of something below."""
    forms = ("2026年{}政府工作报告", "{}2026年政府工作报告", "{}人民政府工作报告", "{}人民政府2026年工作报告")
    refused = [
        form.format(source.region_name)
        for source in load_sources()
        for form in (*forms, "政府工作报告（{}）", "【{}】政府工作报告")
        if claim_of(Row("http://x.cn/1.html", form.format(source.region_name)), source) is None
    ]
    assert refused == []


def test_what_a_title_says() -> None:
    assert year_of("太原市２０２６年政府工作报告", date(2025, 12, 30)) == 2026
    assert year_of("政府工作报告（第120256号）", date(2026, 2, 9)) == 2026
    assert year_of("2026年太原市政府工作报告", date(2025, 12, 30)) == 2026
    assert year_of("二〇二一年政府工作报告", None) == 2021
    assert year_of("二O一九年政府工作报告", None) == 2019
    assert year_of("政府工作报告", date(2026, 2, 9)) == 2026
    assert year_of("政府工作报告", date(2025, 12, 30)) is None, (
        "an early new one, or the old one: the text has to say"
    )
    assert edition_of("2026年政府工作报告（摘要）") == "abstract"
    assert edition_of("政府工作报告速览") == "digest"
    assert edition_of("政府工作报告") is None


def test_check_says_in_one_line_what_it_found_and_marks_what_works(tmp_path: Path) -> None:
    entry = (
        "# kept\nprovince: 山西省\nsources:\n"
        '  - code: "140100"\n    name: 太原市\n    platform: trs\n    listings: ["{base}/index.html"]\n'
        "    local: true\n    verified: null\n    fallbacks:\n"
        '      - place: newspaper\n        platform: plain\n        listings: ["{base}/news.html"]\n'
        "        local: true\n        verified: null\n"
        '  - code: "140200"\n    name: 大同市\n    platform: trs\n    listings: ["{base}/gone.html"]\n'
        "    local: true\n    verified: null\n"
    )
    routes = {
        "/index.html": bad.page(trs_page(0, 1, report(2026), report(2025))),
        "/news.html": bad.page(bad.listing(("/n.html", "2026年太原市政府工作报告（摘要）"))),
    }
    with misbehaving(routes) as site:
        file = tmp_path / "140000-shanxi.yml"
        file.write_text(entry.replace("{base}", site.base), encoding="utf-8")
        checks = check_sources(load_sources(tmp_path), settings=QUICK, now=NOW)
        lines = [check.line() for check in checks]
        found = f"2 reports on {site.base}/index.html, the first: 2026年太原市政府工作报告"
        assert lines[0] == f"140100 太原市: works, {found}"
        assert lines[2].startswith("140200 大同市: not_found")
        assert all("\n" not in line for line in lines)
        rows = [as_row(check) for check in checks]
        assert [row[:6] for row in rows] == [
            ("140100", "太原市", "portal", "trs", "works", 2),
            ("140100-newspaper", "太原市", "newspaper", "plain", "works", 1),
            ("140200", "大同市", "portal", "trs", "not_found", 0),
        ]
        assert advice_lines(checks) == ["not_found (1): find the page's new address: 140200"]
        for day in (date(2026, 2, 20), date(2026, 2, 21)):  # the second replaces what the first wrote
            assert record_verified(checks, day, tmp_path) == ["140100", "140100-newspaper"]
        text = file.read_text(encoding="utf-8")
        assert text.count("verified: 2026-02-21\n") == 2
        found = f'found: "2 reports on {site.base}/index.html, the first: 2026年太原市政府工作报告"\n'
        assert text.count(found) == 1
        kept = [line for line in text.splitlines() if "found:" not in line]
        before = entry.replace("{base}", site.base).splitlines()
        assert [line.replace("verified: 2026-02-21", "verified: null") for line in kept] == before
        assert [source.verified for source in load_sources(tmp_path)] == [date(2026, 2, 21)] * 2 + [None]


def test_a_title_that_is_yaml_itself_does_no_harm(tmp_path: Path) -> None:
    title = '2026年太原市政府工作报告": [x], #}'
    entry = (
        'province: 山西省\nsources:\n  - code: "140100"\n    name: 太原市\n    platform: plain\n'
        '    listings: ["http://x.cn/"]\n    verified: null\n'
    )
    (tmp_path / "x.yml").write_text(entry, encoding="utf-8")
    check = Check("140100", "太原市", True, None, "", (title,), 2, "", found_on="http://x.cn/")
    record_verified([check], date(2026, 2, 21), tmp_path / "x.yml")
    assert load_sources(tmp_path)[0].verified == date(2026, 2, 21)


def test_check_asks_for_the_paper_out_of_season_too() -> None:
    with misbehaving(
        {"/html*": bad.page("<a href='content_1_2.htm'>2026年政府工作报告摘要</a>".encode())}
    ) as site:
        source = local_source(site.base, "/html/{yyyy}-{mm}/{dd}/node_1.htm", platform="epaper")
        summer = datetime(2026, 7, 1, tzinfo=UTC)
        assert check_sources([source], settings=QUICK, now=summer)[0].works


def test_check_without_a_network_says_so() -> None:
    source = replace(taiyuan(), local=False, listings=("http://no-such-host.invalid/",))
    checks = check_sources([source], settings=QUICK, now=NOW)
    assert no_network(checks)
    assert len(checks[0].line().splitlines()) == 1


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<a href='/download.jsp?id=17'>2026年政府工作报告.docx</a>", ["http://x.cn/download.jsp?id=17"]),
        ("<iframe src='/a/bg.pdf'></iframe>", ["http://x.cn/a/bg.pdf"]),
        ("<iframe src='/pdfjs/viewer.html?file=/a/bg.pdf#page=1'></iframe>", ["http://x.cn/a/bg.pdf"]),
        ("<embed src='a/bg.PDF'>", ["http://x.cn/a/bg.PDF"]),
        ("<a href='/a/bg.doc'>政府工作报告</a><a href='/a/form.doc'>申请表</a>", ["http://x.cn/a/bg.doc"]),
        ("<a href='/a/1.doc'>下载</a>", ["http://x.cn/a/1.doc"]),
        ("<iframe src='javascript:alert(1)'></iframe><a href='/b.html'>报告</a>", []),
        (bad.REPORT + "<a href='/a/bg.pdf'>政府工作报告.pdf</a>", []),
    ],
)
def test_attachments_of_a_page_that_holds_no_report(html: str, found: list[str]) -> None:
    from scrapers.pages import Page, attachments

    assert [row.url for row in attachments(Page("http://x.cn/r.html", html), "报告")] == found


def test_a_column_behind_a_hash_is_read_through_its_service(night: Night) -> None:
    def service(*years: int) -> bad.Behaviour:
        rows = [
            {
                "title": f"{year}年太原市政府工作报告",
                "url": f"/gkmlpt/content/1/post_{year}.html",
                "date": 1770624000,
            }
            for year in years
        ]
        return bad.page(
            json.dumps({"articles": rows, "total": len(rows)}).encode(), Content_Type="application/json"
        )

    api = "/gkmlpt/api/all/45?page=1&sid=7"
    routes = {
        "/gkmlpt/index": bad.page(
            b"<script>window._CONFIG = {SID: '7', TREE: []}</script><div id='app'></div>"
        ),
        api: service(2025),
    }
    with misbehaving(routes) as site:
        source = local_source(site.base, "/gkmlpt/index#45", platform="gkmlpt")
        look = night.look(source)[0]
        assert (look.ok, [link.claim.report_year for link in look.links]) == (True, [2025]), look.detail
        # The entry page is the same every night; what its service answers is not.
        routes[api] = service(2026, 2025)
        assert [link.claim.report_year for link in night.look(source)[0].links] == [2026, 2025]


def portal_page(*links: tuple[str, str]) -> bytes:
    items = "".join(f'<a href="{url}">{words}</a>' for url, words in links)
    return f"<html><body>{items}<p>{'欢迎访问本市人民政府门户网站，' * 20}</p></body></html>".encode()


def test_a_column_that_has_moved_is_searched_for_again(night: Night) -> None:
    reports = bad.page(bad.listing(("/t20260209_1.html", "2026年太原市政府工作报告")))
    routes = {"/": bad.page(portal_page(("/old/", "政府工作报告"))), "/old/": reports}
    with misbehaving(routes) as site:
        source = local_source(site.base, "/", platform="portal")
        (look,) = night.look(source)
        assert [link.found_on for link in look.links] == [f"{site.base}/old/"]
        routes["/"] = bad.page(portal_page(("/new/", "政府工作报告")))
        routes["/new/"] = reports
        del routes["/old/"]
        (look,) = night.look(source, now=NOW + timedelta(days=1))
        assert look.ok
        assert [link.found_on for link in look.links] == [f"{site.base}/new/"]
        site.asked.clear()
        night.look(source, now=NOW + timedelta(days=2))
        assert "/old/" not in site.asked
        assert "/new/" in site.asked


def test_a_search_without_end_is_bounded_and_made_once_a_week(night: Night) -> None:
    """Every page leads to ten more columns that promise reports."""

    def maze(talk: bad.Conversation) -> None:
        here = talk.path.rstrip("/")
        talk.send(portal_page(*((f"{here}/{n}/", "政府信息公开") for n in range(10))))

    with misbehaving({"/*": maze, "/robots.txt": bad.page(b"", Content_Type="text/plain")}) as site:
        source = local_source(site.base, "/", platform="portal")
        (look,) = night.look(source)
        assert (look.error, look.detail[-14:]) == ("blind_in_season", "from home page")
        assert "no column with a report within 12 pages" in look.notes[0]
        assert len(set(site.asked)) <= 14
        assert max(path.count("/") for path in site.asked) <= 4
        site.asked.clear()
        night.look(source, now=NOW + timedelta(days=1))
        assert [path for path in site.asked if path != "/robots.txt"] == ["/"]
        site.asked.clear()
        night.look(source, now=NOW + timedelta(days=7))
        assert len(site.asked) > 10


def test_a_home_page_that_links_the_report_itself_is_enough(night: Night) -> None:
    home = portal_page(("/xw/202602/t20260209_1.html", "2026年太原市政府工作报告"), ("/zw/", "政务公开"))
    with misbehaving({"/": bad.page(home)}) as site:
        (look,) = night.look(local_source(site.base, "/", platform="portal"))
        assert [link.url for link in look.links] == [f"{site.base}/xw/202602/t20260209_1.html"]


def test_a_search_stays_on_the_site(night: Night) -> None:
    with misbehaving(
        {"/*": bad.page(bad.listing(("/t20260209_1.html", "2026年太原市政府工作报告")))}
    ) as other:
        home = portal_page((f"{other.base.replace('127.0.0.1', 'localhost')}/zfgzbg/", "政府工作报告"))
        with misbehaving({"/": bad.page(home)}) as site:
            (look,) = night.look(local_source(site.base, "/", platform="portal"))
        assert look.links == ()
        assert other.asked == []


def test_a_home_page_that_leads_nowhere_is_an_error_with_a_name(night: Night) -> None:
    with misbehaving({"/": bad.page(("<p>" + "网站改版，欢迎访问。" * 50 + "</p>").encode())}) as site:
        (look,) = night.look(local_source(site.base, "/", platform="portal"))
        assert (look.ok, look.error) == (False, "layout_changed")


def newspaper(talk: bad.Conversation) -> None:
    """Two printed pages: many articles on the first, one of them of the congress; on the second one that fills it, called
    by its headline alone."""
    if "2026-02/20" not in talk.path:
        talk.send(b"", status="404 Not Found")
    elif talk.path.endswith("node_1.htm"):
        other = "".join(f"<a href='content_1_{n}.htm'>本报讯：城市更新项目第{n}批开工</a>" for n in range(12))
        opened = "<a href='content_1_90.htm'>市十五届人大六次会议隆重开幕</a>"
        talk.send(f"<a href='node_1.htm'>01版</a><a href='node_2.htm'>02版</a>{opened}{other}".encode())
    elif talk.path.endswith("node_2.htm"):
        area = "<area href='content_2_1.htm' alt='凝心聚力 奋勇争先 在高质量发展中走在前列'>"
        talk.send(f"<a href='node_1.htm'>01版</a><a href='node_2.htm'>02版</a>{area}".encode())
    elif talk.path.endswith("content_2_1.htm"):
        intro = "<founder-introtitle>2026年太原市政府工作报告</founder-introtitle>"
        talk.send(f"{intro}<founder-title>凝心聚力 奋勇争先</founder-title>{bad.REPORT}".encode())
    else:
        talk.send(f"<founder-title>城市更新项目开工</founder-title>{bad.REPORT}".encode())


def test_a_report_under_its_headline_alone_is_found_in_the_paper(night: Night) -> None:
    with misbehaving({"/html*": newspaper}) as site:
        source = local_source(
            site.base, "/html/{yyyy}-{mm}/{dd}/node_1.htm", platform="epaper", place="newspaper"
        )
        look = night.look(source)[0]
        assert [link.url.rpartition("/")[2] for link in look.links] == ["content_2_1.htm"]
        assert look.links[0].claim.report_year == 2026
        opened = [path.rpartition("/")[2] for path in site.asked if "content" in path]
        assert opened == ["content_1_90.htm", "content_2_1.htm"], "articles beside many others stay closed"
        site.asked.clear()
        # Not opened again: its link is known now.
        assert night.look(source)[0].links_seen == 1


def test_a_paper_is_read_on_only_while_a_congress_sits(night: Night) -> None:
    """Its first page says so; and the report may be printed in the weeks after it was said."""
    headline = "市图书馆新馆开放 市民踊跃前来"

    def paper(talk: bad.Conversation) -> None:
        nodes = "<a href='node_1.htm'>01版</a><a href='node_2.htm'>02版</a>"
        talk.send(f"{nodes}<a href='content_{talk.path[-5]}_1.htm'>{headline}</a>".encode())

    with misbehaving({"/html*": paper}) as site:
        source = local_source(
            site.base, "/html/{yyyy}-{mm}/{dd}/node_1.htm", platform="epaper", place="newspaper"
        )

        def pages(days: int) -> list[str]:
            site.asked.clear()
            assert night.look(source, now=NOW + timedelta(days=days))[0].ok
            return [path.rpartition("/")[2] for path in site.asked if path.startswith("/html")]

        first_pages = ["node_1.htm", "node_1.htm"]
        assert pages(-30) == first_pages
        headline = "市十五届人大常委会第四十次会议举行"
        assert pages(-27) == first_pages, "a standing committee meets all year"
        headline = "太原市第十五届人民代表大会第六次会议开幕"
        assert pages(-24).count("node_2.htm") == 2
        headline = "全市春季植树活动启动"
        assert "node_2.htm" in pages(0)
        assert pages(20) == first_pages


def test_yesterdays_paper_is_not_asked_for_twice(night: Night) -> None:
    front = "<a href='node_1.htm'>01版</a><a href='content_1_1.htm'>市图书馆新馆开放</a>".encode()
    with misbehaving({"/html*": bad.page(front)}) as site:
        source = local_source(
            site.base, "/html/{yyyy}-{mm}/{dd}/node_1.htm", platform="epaper", place="newspaper"
        )
        asked = []
        for days in range(3):
            site.asked.clear()
            assert night.look(source, now=NOW + timedelta(days=days))[0].ok
            asked.append([path[6:16] for path in site.asked if path.startswith("/html")])
        assert asked == [["2026-02/20", "2026-02/19"], ["2026-02/21"], ["2026-02/22"]]


def test_a_second_place_is_asked_in_season_until_the_report_is_held(night: Night) -> None:
    routes = {
        "/list*": bad.page("<a href='/bg.html'>2026年政府工作报告</a>".encode()),
        "/bg*": bad.page(bad.REPORT.encode()),
    }
    with misbehaving(routes) as site:
        first = local_source(site.base)
        second = local_source(site.base, "/list2.html", id="140100-congress", place="congress")
        summer = datetime(2026, 7, 1, tzinfo=UTC)
        assert [look.requests > 0 for look in night.look(first, second, now=summer)] == [True, False]
        looks = night.look(first, second)
        assert all(look.requests and look.links for look in looks)
        night.fetch(looks[0].links, first)
        first_look, second_look = night.look(first, second)
        assert first_look.requests
        assert (second_look.ok, second_look.requests) == (True, 0)
        assert second_look.notes == ("the report is held: a second place was not asked",)
        (again,) = night.look(second, to_the_end=True)
        assert again.requests, "a backfill asks all places"


@pytest.mark.parametrize(
    ("title", "by", "asked"),
    [
        ("一图读懂2026年太原市政府工作报告", "140100", True),
        ("2026年太原市政府工作报告（摘要）", "140100", True),
        ("2026年政府工作报告", "140100", False),
        ("2026年政府工作报告", "140100-newspaper", True),  # may be the province's
        ("2026年太原市政府工作报告", "140100-newspaper", False),
    ],
)
def test_what_is_held_stands_for_the_report_or_does_not(
    night: Night, title: str, by: str, asked: bool
) -> None:
    listing = f"<a href='/bg.html'>{title}</a>".encode()
    with misbehaving({"/list*": bad.page(listing), "/bg*": bad.page(bad.REPORT.encode())}) as site:
        holder = local_source(site.base, id=by, place="portal" if by == "140100" else "newspaper")
        night.fetch(night.look(holder)[0].links, holder)
        second = local_source(site.base, "/list2.html", id="140100-congress", place="congress")
        assert bool(night.look(second)[0].requests) is asked


def test_an_article_that_could_not_be_opened_is_opened_by_the_next_look(night: Night) -> None:
    down = True

    def paper(talk: bad.Conversation) -> None:
        if down and "content_2_1" in talk.path:
            talk.send(b"", status="500 Internal Server Error")
        else:
            newspaper(talk)

    with misbehaving({"/html*": paper}) as site:
        source = local_source(
            site.base, "/html/{yyyy}-{mm}/{dd}/node_1.htm", platform="epaper", place="newspaper"
        )
        (look,) = night.look(source)
        assert [failure.reason for failure in look.failures] == ["http_error"]
        assert look.links == ()
        down = False
        (look,) = night.look(source)
        assert [link.url.rpartition("/")[2] for link in look.links] == ["content_2_1.htm"]


def congress(base: str, path: str = "/", **more: object) -> Source:
    return local_source(base, path, id="140100-congress", place="congress", platform="portal", **more)


def test_a_congress_is_asked_once_in_seven_nights_and_says_the_same_between(night: Night) -> None:
    home = portal_page(("/dh/", "大会文件"), ("/xw/", "新闻动态"))
    papers = bad.listing(("/t20260209_1.html", "2026年太原市政府工作报告"))
    with misbehaving({"/": bad.page(home), "/dh/": bad.page(papers)}) as site:
        source = congress(site.base)
        looks = [night.look(source, now=NOW + timedelta(days=days))[0] for days in range(15)]
        assert all(look.ok and look.links_seen == 1 for look in looks)
        asked = [days for days, look in enumerate(looks) if look.requests]
        assert asked[0] == 0
        assert len(asked) == 3
        assert asked[2] - asked[1] == 7
        assert sum(look.requests for look in looks) <= 2 * len(looks)
        (look,) = night.look(source, now=NOW + timedelta(days=13), to_the_end=True)
        assert look.requests


def test_nights_of_congresses_are_not_all_the_same(night: Night) -> None:
    home = bad.page(portal_page(("/t20260209_1.html", "2026年太原市政府工作报告"), ("/xw/", "新闻动态")))
    with misbehaving({"/": home}) as site:
        sources = [
            local_source(site.base, "/", id=f"140{n}00-congress", place="congress", platform="portal")
            for n in range(1, 8)
        ]
        counts = [
            sum(look.requests > 0 for look in night.look(*sources, now=NOW + timedelta(days=days)))
            for days in range(8)
        ]
        assert counts[0] == 7
        assert max(counts[1:]) <= 4
        assert sum(counts[1:]) == 7


def test_a_congress_that_is_down_stays_so_until_it_answers(night: Night) -> None:
    routes = {"/": bad.page(b"", status="500 Internal Server Error")}
    with misbehaving(routes) as site:
        source = congress(site.base)
        nights = [night.look(source, now=NOW + timedelta(days=days))[0] for days in range(8)]
        assert {look.error for look in nights} == {"http_error"}
        assert [days for days, look in enumerate(nights) if look.requests] == [0, 1, 3, 7]
        routes["/"] = bad.page(portal_page(("/t20260209_1.html", "2026年太原市政府工作报告")))
        later = [night.look(source, now=NOW + timedelta(days=days))[0] for days in (8, 15, 16)]
        assert [look.error for look in later] == ["http_error", None, None]
        assert [look.links_seen for look in later] == [0, 1, 1]


def test_a_congress_has_a_new_column_every_year(night: Night) -> None:
    """Last year's session is where last year's report was found; this year's stands beside it."""
    old = bad.page(bad.listing(("/t20250209_1.html", "2025年太原市政府工作报告")))
    routes = {"/": bad.page(portal_page(("/2025/", "市十五届人大六次会议"))), "/2025/": old}
    with misbehaving(routes) as site:
        source = congress(site.base)
        (look,) = night.look(source)
        assert (look.links_seen, look.links) == (1, ()), "last year's is the first place's to bring"
        routes["/"] = bad.page(
            portal_page(("/2025/", "市十五届人大六次会议"), ("/2026/", "市十五届人大七次会议"))
        )
        routes["/2026/"] = bad.page(bad.listing(("/t20260209_1.html", "2026年太原市政府工作报告")))
        for days in (7, 14):
            site.asked.clear()
            (look,) = night.look(source, now=NOW + timedelta(days=days))
            assert [link.claim.report_year for link in look.links] == [2026]
            assert look.links_seen == 2
        assert look.requests <= 4


def test_a_portal_that_is_overdue_is_searched_once_a_week_all_the_same(night: Night) -> None:
    april = datetime(2026, 4, 5, 18, tzinfo=UTC)
    page = bad.page(portal_page(*((f"/zwgk/{n}/", "政府信息公开") for n in range(10))))
    with misbehaving({"/*": page, "/robots.txt": bad.page(b"", Content_Type="text/plain")}) as site:
        source = local_source(site.base, "/", platform="portal")
        looks = [night.look(source, now=april + timedelta(days=days))[0] for days in range(8)]
        assert {look.error for look in looks} == {"blind_in_season"}
        assert [look.requests > 2 for look in looks] == [True, *[False] * 6, True]


@pytest.mark.parametrize(
    "title",
    [
        "太原市人民代表大会常务委员会工作报告",
        "太原市人大常委会工作报告（摘要）",
        "太原市中级人民法院工作报告",
        "太原市人民检察院工作报告",
        "关于太原市2025年预算执行情况和2026年预算草案的报告",
        "关于太原市2025年国民经济和社会发展计划执行情况与2026年计划草案的报告",
        "太原市第十五届人民代表大会第七次会议关于政府工作报告的决议",
        "关于太原市人民政府工作报告的决议（草案）",
        "各代表团审议政府工作报告",
        "市人大代表热议政府工作报告",
        "关于政府工作报告的审议意见",
        "财政经济委员会关于政府工作报告的审查报告",
        "2025年度法治政府建设工作报告",
        "关于环境状况和环境保护目标完成情况的报告",
        "山西省人民政府工作报告",
    ],
)
def test_what_else_lies_before_a_congress_is_no_report(title: str) -> None:
    source = congress("http://127.0.0.1:1")
    assert claim_of(Row("http://x.cn/1.html", title, date(2026, 2, 9)), source) is None


@pytest.mark.parametrize(
    ("title", "day", "its_own"),
    [
        ("政府工作报告", date(2026, 2, 9), True),
        ("政府工作报告——2026年2月5日在太原市第十五届人民代表大会第七次会议上", date(2026, 2, 9), True),
        ("太原市人民政府工作报告", date(2026, 3, 10), True),
        ("政府工作报告", date(2026, 3, 6), False),  # the nation's, in the days of its congress
        ("国务院政府工作报告（全文）", date(2026, 3, 13), False),
    ],
)
def test_a_congress_has_the_report_of_its_own_region(title: str, day: date, its_own: bool) -> None:
    source = congress("http://127.0.0.1:1")
    assert (claim_of(Row("http://x.cn/1.html", title, day), source) is not None) is its_own


def gazette(base: str, path: str = "/zfgb/") -> Source:
    pattern = platform("gazette_pdf").TITLE_PATTERN
    return local_source(
        base,
        path,
        id="140100-gazette",
        place="gazette",
        platform="gazette_pdf",
        title_pattern=pattern,
    )


def test_a_gazettes_report_is_one_document_of_an_issue(night: Night) -> None:
    issues = [(f"/zfgb/2026{n:02}/index.html", f"太原市人民政府公报2026年第{n}期") for n in (1, 2, 14)]
    contents = (
        "<a href='t1.html'>1. 政府工作报告……3</a><a href='t2.html'>2. 关于《政府工作报告》重点任务分工的通知</a>"
        "<a href='/zfgb/202602.pdf'>下载本期（PDF）</a>"
    )
    routes = {
        "/zfgb/": bad.page(bad.listing(*issues, ("/zfgb/202512.pdf", "2026年第3期"))),
        "/zfgb/202601/index.html": bad.page("<a href='t9.html'>关于公布规章目录的决定</a>".encode()),
        "/zfgb/202602/index.html": bad.page(contents.encode()),
        "/zfgb/202602/t1.html": bad.page(bad.REPORT.encode()),
    }
    with misbehaving(routes) as site:
        source = gazette(site.base)
        looks, fetched = night.run(source)
        assert looks[0].ok
        assert [link.url.rpartition("/zfgb/")[2] for link in looks[0].links] == [
            "202601/index.html",
            "202602/index.html",
        ]
        (document,) = fetched
        assert isinstance(document, Fetched)
        assert document.url == f"{site.base}/zfgb/202602/t1.html"
        claim = document.claim
        assert (claim.region, claim.report_year, claim.title) == ("太原市", 2026, "政府工作报告")
        assert [entry.url for entry in night.archive.entries() if entry.kind == "document"] == [document.url]
        assert not any(path.endswith((".pdf", "t2.html", "t9.html")) for path in site.asked)
        (look,) = night.look(source, now=NOW + timedelta(days=7))
        assert look.requests == 0, "the report is held"


def test_an_issue_that_is_a_pdf_from_cover_to_cover_is_kept_and_not_read(night: Night) -> None:
    pdf = bad.page(b"%PDF-1.4\n%%EOF", Content_Type="application/pdf")
    listing = bad.page(bad.listing(("/down?id=2", "2026年第2期"), ("/t1.html", "市政府召开常务会议")))
    with misbehaving({"/zfgb/": listing, "/down*": pdf}) as site:
        _, fetched = night.run(gazette(site.base))
        assert fetched == []
        assert [entry.kind for entry in night.archive.entries()] == ["page"]


def test_a_gazette_whose_list_names_years_is_read_one_page_further(night: Night) -> None:
    years = [
        ("http://other.example/2027/", "2027年"),
        ("/zfgb/2025/", "2025年"),
        ("/zfgb/2026/", "2026年"),
        ("/zfgb/2024.html", "2024年政府公报"),
    ]
    issues = bad.page(
        bad.listing(("/zfgb/2026/gb2/index.html", "第2期（总第88期）"), ("/zfgb/a.html", "政策解读"))
    )
    routes = {"/zfgb/": bad.page(bad.listing(*years)), "/zfgb/2026/": issues}
    with misbehaving(routes) as site:
        source = gazette(site.base)
        (look,) = night.look(source)
        assert look.ok
        assert [link.url for link in look.links] == [f"{site.base}/zfgb/2026/gb2/index.html"]
        assert site.asked == ["/robots.txt", "/zfgb/", "/zfgb/2026/"]
        # The list of years is the same all year: it must not stand for the issues.
        routes["/zfgb/2026/"] = bad.page(bad.listing(("/zfgb/2026/gb3/index.html", "第3期（总第89期）")))
        (look,) = night.look(source, now=NOW + timedelta(days=7))
        assert [link.url.rpartition("/zfgb/")[2] for link in look.links] == ["2026/gb3/index.html"]


def test_a_gazettes_address_may_name_the_year(night: Night) -> None:
    with misbehaving({"/2026/": bad.page(bad.listing(("/a/index.html", "第1期")))}) as site:
        (look,) = night.look(gazette(site.base, "/{yyyy}/"))
        assert look.ok
        assert [link.found_on for link in look.links] == [f"{site.base}/2026/"]
        (look,) = night.look(gazette(site.base, "/{yyyy}/"), now=datetime(2025, 12, 28, tzinfo=UTC))
        assert look.requests


@pytest.mark.parametrize(
    ("title", "is_early"),
    [
        ("2026年第1期", True),
        ("2026年第01期（总第554期）", True),
        ("公报2026年第3、4期", True),
        ("2026年第十二期", True),
        ("2026年第12号", True),
        ("政府工作报告——2026年1月26日", True),
        ("2026年第14号（总第554号）", False),
        ("2026年第二十期", False),
    ],
)
def test_reports_stand_in_the_first_issues_of_a_year(title: str, is_early: bool) -> None:
    row = Row("http://x.cn/1.html", title, date(2026, 3, 1))
    assert (claim_of(row, gazette("http://x.cn")) is not None) is is_early


def test_a_paper_whose_first_page_is_called_otherwise_every_day(night: Night) -> None:
    """The month's index is asked, and then the page that it names: one request more than for other papers."""
    days = "".join(
        f"<paper><date>2026-02-{day}</date><url>../{day}/node_{day}7.htm</url></paper>"
        for day in (19, 20, 21)
    )

    def first_page(talk: bad.Conversation) -> None:
        node = f"node_{talk.path[14:16]}7.htm"
        pages = f"<a href='{node}'>第01版</a><a href='node_2.htm'>第02版</a>"
        talk.send(f"<html>{pages}<a href='content_1.htm'>全市春季造林工作启动</a></html>".encode())

    routes = {
        "/html/2026-02/navi.xml": bad.page(f"<navi>{days}</navi>".encode(), Content_Type="text/xml"),
        "/html/2026-02/19/node_197.htm": first_page,
        "/html/2026-02/20/node_207.htm": first_page,
        "/html/2026-02/21/node_217.htm": first_page,
    }
    with misbehaving(routes) as site:
        source = local_source(
            site.base, "/html/{yyyy}-{mm}/navi.xml#{dd}", platform="epaper", place="newspaper"
        )
        (look,) = night.look(source)
        assert (look.ok, look.detail) == (True, "")
        (look,) = night.look(source, now=NOW + timedelta(days=1))
        assert (look.ok, look.requests) == (True, 3)
        assert site.asked[-2:] == ["/html/2026-02/navi.xml", "/html/2026-02/21/node_217.htm"]
        (look,) = night.look(source, now=NOW + timedelta(days=2))
        assert look.ok, "no paper today, but one yesterday"


def test_a_portal_whose_columns_a_disclosure_platform_names(night: Night) -> None:
    """The home page leads to the platform, its tree to the column, by name; from then on the column is asked."""
    tree = '[{"id": 7, "name": "政策文件", "children": [{"id": 8, "name": "政府工作报告", "jump_url": ""}]}]'
    row = {"title": "2026年太原市政府工作报告", "url": "/gkmlpt/content/1/post_8.html", "date": 1770624000}
    routes = {
        "/": bad.page(portal_page(("/gkmlpt/index#1", "信息公开"), ("/xw/", "新闻中心"))),
        "/gkmlpt/index": bad.page(
            f"<div id='app'></div><script>window._CONFIG = {{SID: '351', TREE: {tree}}}</script>".encode()
        ),
        "/gkmlpt/api/all/8?page=1&sid=351": bad.page(
            json.dumps({"articles": [row], "total": 1}).encode(), Content_Type="application/json"
        ),
    }
    with misbehaving(routes) as site:
        source = local_source(site.base, "/", platform="portal")
        (look,) = night.look(source)
        assert [link.url for link in look.links] == [f"{site.base}/gkmlpt/content/1/post_8.html"]
        site.asked.clear()
        (look,) = night.look(source, now=NOW + timedelta(days=1))
        assert (look.ok, look.links_seen) == (True, 1)
        assert [path for path in site.asked if path != "/robots.txt"] == [
            "/gkmlpt/api/all/8?page=1&sid=351",
            "/",
        ]
