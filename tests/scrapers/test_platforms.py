"""Every platform module has its facts, a golden listing and a golden article, and reads them as reviewed.

A missing ``expected.json`` is written from what the module reads now, and the test still fails: read it,
correct it, commit it.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from scrapers import platforms
from scrapers.pages import Page, Row, page_of
from scrapers.platforms import epaper, folder

GOLDEN = Path(__file__).parent / "golden"
TODAY = date(2026, 3, 1)


def plain(value: Any) -> Any:
    return json.loads(
        json.dumps(value, default=lambda item: item.isoformat() if isinstance(item, date) else str(item))
    )


def golden_page(directory: Path, name: str) -> Page:
    """``<name>.<anything>``, under the address that ``address.json`` gives it."""
    file = next(path for path in sorted(directory.glob(f"{name}.*")))
    body = file.read_bytes()
    addresses = json.loads((directory / "address.json").read_text())
    return page_of(body, addresses[name])


def read(name: str, directory: Path) -> dict[str, Any]:
    """What a module makes of its golden pages."""
    module = platforms.platform(name)
    if name == "folder":
        items = list(folder.items(directory / "listing", today=TODAY))
        return plain(
            {"items": [{"file": i.path.name, "claim": asdict(i.claim), "reason": i.reason} for i in items]}
        )
    page = golden_page(directory, "listing")
    rows: list[Row] = module.rows(page)
    found = {
        "rows": [asdict(row) for row in rows],
        "following": module.following(page),
        "article": asdict(module.article(golden_page(directory, "article"))),
    }
    return plain(found)


#: The families of sites that are known (issue 4); a module that is lost would take its tests with it.
FAMILIES = {
    "art_col",
    "content_id",
    "epaper",
    "feed",
    "folder",
    "gazette_pdf",
    "gkmlpt",
    "govcn",
    "hex_path",
    "jpaas",
    "plain",
    "trs",
}


def test_no_family_is_lost() -> None:
    assert set(platforms.names()) >= FAMILIES
    assert {path.name for path in GOLDEN.iterdir()} == set(platforms.names())


@pytest.mark.parametrize("name", platforms.names())
def test_a_platform_states_its_facts(name: str) -> None:
    facts = platforms.platform(name).__doc__ or ""
    assert f"\nname: {name}\n" in facts
    for key in ("known-by", "listing", "article", "facts"):
        assert re.search(rf"^{key}: (?!TODO)\S", facts, re.M), f"{name}: the docstring lacks '{key}:'"


@pytest.mark.parametrize("name", platforms.names())
def test_a_platform_reads_its_golden_pages(name: str) -> None:
    directory = GOLDEN / name
    kinds = ("listing",) if name == "folder" else ("listing", "article", "address")
    lacking = [kind for kind in kinds if not list(directory.glob(f"{kind}*"))]
    assert not lacking, (
        f"{directory} lacks {', '.join(lacking)}: write a page after the platform's description"
    )
    unwritten = [path.name for path in sorted(directory.glob("*.*")) if b"TODO" in path.read_bytes()]
    assert not unwritten, f"{directory}: {', '.join(unwritten)} still says TODO"
    found = read(name, directory)
    expected = directory / "expected.json"
    if not expected.exists():
        expected.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        pytest.fail(f"{expected} was missing and is written; review it, then run again")
    assert found == json.loads(expected.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", [name for name in platforms.names() if name != "folder"])
def test_a_golden_listing_shows_reports_and_other_things_and_more_than_one_page(name: str) -> None:
    """A golden page that any module would read the same would prove nothing."""
    data = json.loads((GOLDEN / name / "expected.json").read_text(encoding="utf-8"))
    titles = [row["title"] for row in data["rows"]]
    reports = [title for title in titles if "政府工作报告" in title or "期" in title]
    assert len(reports) >= 1 or name == "feed"
    assert len(titles) > len(reports) or name == "gazette_pdf"
    assert data["following"] or name in ("feed", "govcn", "portal")
    assert data["article"]["title"]


@pytest.mark.parametrize("name", [name for name in platforms.names() if name != "folder"])
@pytest.mark.parametrize(
    "text",
    ["", "<html></html>", "{}", "[]", "null", "<a href='http://[bad'>政府工作报告全文链接</a>", "\x00"],
)
def test_a_platform_survives_any_page(name: str, text: str) -> None:
    from scrapers.failures import LookError

    module = platforms.platform(name)
    page = Page("http://x.cn/index.html?page=1&paramJson={}", text)
    try:
        rows = module.rows(page)
        module.following(page)
    except LookError:
        return
    assert rows == []
    module.article(page)


def test_columns_of_a_portal_the_likeliest_first() -> None:
    """On the site itself, whatever opens them; not what leads away, nor what only a script of the site could open."""
    from scrapers.platforms import portal

    page = golden_page(GOLDEN / "portal", "listing")
    assert [(column.title, column.url) for column in portal.columns(page)] == [
        ("工作报告", "http://xxgk.example.gov.cn/gzbg/"),
        ("规划计划", "http://www.example.gov.cn/ghjh/index.html"),
        ("政府公报", "http://www.example.gov.cn/zfgb/index.html"),
        ("政府信息公开", "http://www.example.gov.cn/zfxxgk/index.html"),
    ]


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("<a href=\"javascript:openUrl('/a/t20260209_1.html')\">", "http://x.cn/a/t20260209_1.html"),
        ("<a href='javascript:;' onclick=\"window.open('b/2.htm','_blank')\">", "http://x.cn/l/b/2.htm"),
        ("<a onclick=\"location.href='http://y.cn/3'\">", "http://y.cn/3"),
        ("<a href='#' data-href='../4.html'>", "http://x.cn/4.html"),
        ("<div data-url='/5?id=5'>", "http://x.cn/5?id=5"),
        ("<area href='/6.html'>", "http://x.cn/6.html"),
        ("<a data-href='c/8.htm#1'>", "http://x.cn/l/c/8.htm"),
        ("<a href='javascript:show(7)'>", None),
        ("<a href='javascript:void(0)' onclick=\"go('7')\">", None),
        ("<a onclick=\"javascript:alert('系统维护 / 请稍候')\">", None),
    ],
)
def test_links_that_a_script_opens(link: str, url: str | None) -> None:
    from scrapers.pages import anchors

    page = Page("http://x.cn/l/index.html", f"<html><body>{link}政府工作报告</body></html>")
    assert [found for _, found, _ in anchors(page)] == ([url] if url else [])


def test_page_addresses_of_an_epaper() -> None:
    from scrapers.platforms import epaper
    from tests.scrapers.conftest import local_source

    source = local_source("http://e.cn", "/html/{yyyy}-{mm}/{dd}/node_1.htm")
    assert epaper.starts(source, date(2026, 3, 1)) == [
        "http://e.cn/html/2026-03/01/node_1.htm",
        "http://e.cn/html/2026-02/28/node_1.htm",
    ]


def test_following_pages_end() -> None:
    """The last page of each numbered listing leads nowhere."""
    ends = {
        "trs": Page("http://x.cn/index_2.html", '<script>createPageHTML(3, 2, "index", "html")</script>'),
        "content_id": Page("http://x.cn/list_3.shtml", "<script>var pageCount = 3;</script>"),
        "gkmlpt": Page(
            "http://x.cn/api/all/1?page=2&sid=1", '{"articles": [{"url": "/a", "title": "t"}], "total": 2}'
        ),
        "jpaas": Page(
            "http://x.cn/unit?paramJson=%7B%22pageNo%22%3A2%7D",
            '{"success": true, "data": {"html": "<div totalpage=\'2\'></div>"}}',
        ),
        "epaper": Page(
            "http://x.cn/html/2026-03/01/node_2.htm", "<a href='node_1.htm'>1</a><a href='node_2.htm'>2</a>"
        ),
    }
    for name, page in ends.items():
        assert platforms.platform(name).following(page) is None, name


def test_a_listing_service_that_answers_without_success_is_a_changed_layout() -> None:
    from scrapers.failures import LookError
    from scrapers.platforms import jpaas

    with pytest.raises(LookError, match="layout_changed"):
        jpaas.rows(Page("http://x.cn/unit", '{"success": false, "message": "no tag"}'))


def test_a_feed_with_an_entity_bomb_is_refused() -> None:
    from scrapers.failures import LookError
    from scrapers.platforms import feed

    bomb = (
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;">]><rss><item>&c;</item></rss>'
    )
    with pytest.raises(LookError):
        feed.rows(Page("http://x.cn/rss.xml", bomb))


def test_dates_in_addresses() -> None:
    from scrapers.pages import date_in, date_in_url

    assert date_in_url("http://x.cn/a/202602/t20260209_1.html") == date(2026, 2, 9)
    assert date_in_url("http://x.cn/art/2026/2/9/art_1_2.html") == date(2026, 2, 9)
    assert date_in_url("http://x.cn/html/2026-02/09/content_1.htm") == date(2026, 2, 9)
    assert date_in_url("http://x.cn/20260209/0123456789abcdef/c.html") == date(2026, 2, 9)
    assert date_in_url("http://x.cn/20261399/1.html") is None
    assert date_in("发布时间：2026年2月9日 10:00") == date(2026, 2, 9)
    assert date_in("电话 0351-4222222") is None


def test_the_entry_page_of_a_disclosure_platform_leads_to_its_column() -> None:
    from scrapers.platforms import gkmlpt

    html = "<script>window._CONFIG = { SID: '755001', TREE: [] };</script>"
    entry = Page("https://www.example.gov.cn/gkmlpt/index#45", html)
    assert gkmlpt.rows(entry) == []
    assert gkmlpt.following(entry) == "https://www.example.gov.cn/gkmlpt/api/all/45?page=1&sid=755001"
    assert gkmlpt.following(Page("https://www.example.gov.cn/gkmlpt/index", html)) is None


TREE = """<div id="app"></div><script>window._CONFIG = { SID: '756001', TREE: [
{"id": 1, "name": "政策文件", "jump_url": "", "children": [{"id": 2, "name": "规章", "children": []}]},
{"id": 3, "name": "工作报告", "post_count": 20, "jump_url": null, "children": []},
{"id": 4, "name": "规划计划", "jump_url": "/zwgk/ghjh/", "children": []}], SERVICE_AREA_ID: 7 };</script>"""


def test_a_disclosure_platform_names_its_columns() -> None:
    from scrapers.platforms import gkmlpt, portal

    page = Page("https://www.example.gov.cn/gkmlpt/index", TREE)
    api = "https://www.example.gov.cn/gkmlpt/api/all/{}?page=1&sid=756001"
    assert gkmlpt.named_columns(page) == [
        (api.format(1), "政策文件"),
        (api.format(2), "规章"),
        (api.format(3), "工作报告"),
        ("https://www.example.gov.cn/zwgk/ghjh/", "规划计划"),
    ]
    assert [column.url for column in portal.columns(page)] == [
        api.format(3),
        "https://www.example.gov.cn/zwgk/ghjh/",
    ]
    for broken in ("", "<script>window._CONFIG = {SID: '1', TREE: [{</script>", TREE.replace("SID", "DIS")):
        assert gkmlpt.named_columns(Page(page.url, broken)) == []


def test_a_disclosure_platform_may_count_by_column() -> None:
    from scrapers.platforms import gkmlpt

    def page(number: int, count: int) -> Page:
        text = json.dumps({"articles": [{"url": "/a", "title": "t"}], "classify": {"post_count": count}})
        return Page(f"http://x.cn/gkmlpt/api/all/1?page={number}&sid=1", text)

    assert gkmlpt.following(page(1, 2)) == "http://x.cn/gkmlpt/api/all/1?page=2&sid=1"
    assert gkmlpt.following(page(2, 2)) is None


@pytest.mark.parametrize(
    ("address", "nodes", "articles", "following"),
    [
        # The layout of /YYYYMM/DD/, with letters for the parts of a paper, and 上一期 between its pages.
        (
            "https://e.example.com/rb/pc/layout/202602/28/node_A01.html",
            ["../../202602/27/node_A01.html", "node_A01.html", "node_A02.html"],
            ["../../../content/202602/28/content_123.html"],
            "https://e.example.com/rb/pc/layout/202602/28/node_A02.html",
        ),
        (
            "https://e.example.com/rb/pc/layout/202602/28/col01.html",
            ["col01.html", "col02.html", "../../202602/27/col01.html"],
            ["../../../con/202602/28/c123.html"],
            "https://e.example.com/rb/pc/layout/202602/28/col02.html",
        ),
        (
            "https://e.example.com/202602/28/node01.html",
            ["node01.html", "node02.html"],
            ["/content/202602/28/c123.html"],
            "https://e.example.com/202602/28/node02.html",
        ),
        (
            "http://e.example.com/pc/layout/202602/28/node_01B.html",
            ["node_01B.html", "node_02B.html"],
            ["../../../content/202602/28/content_123.html"],
            "http://e.example.com/pc/layout/202602/28/node_02B.html",
        ),
        # Chongqing's: a folder a printed page.
        (
            "https://e.example.com/cqrb/2026-02/28/001/node.htm",
            ["../001/node.htm", "../002/node.htm"],
            ["content_rb_123.htm"],
            "https://e.example.com/cqrb/2026-02/28/002/node.htm",
        ),
        # Printed pages called page_01.htm, under an index of the day.
        (
            "http://e.example.com/czrb/20260228/html/index.htm",
            ["page_01.htm", "page_02.htm"],
            ["content_20260228001001.htm"],
            "http://e.example.com/czrb/20260228/html/page_01.htm",
        ),
        # Sichuan's and Shanxi's: a number an article, v01 a printed page; in older years .shtml.
        (
            "https://e.example.com/shtml/rb/20260228/v01.html",
            ["v01.html", "v02.html", "/shtml/rb/20260227/v01.html"],
            ["/shtml/rb/20260228/1068624.html"],
            "https://e.example.com/shtml/rb/20260228/v02.html",
        ),
        # Shandong's.
        (
            "http://e.example.com/rb/content/20260228/Page01NU.htm",
            ["Page01NU.htm", "Page02NU.htm"],
            ["Articel01002MT.htm"],
            "http://e.example.com/rb/content/20260228/Page02NU.htm",
        ),
        # The same page with and without its number of version is one page.
        (
            "http://e.example.com/html/2026-02/28/node_1.htm?v=1",
            ["node_1.htm", "node_2.htm"],
            ["content_1_123.htm?div=-1", "content_1_123.htm"],
            "http://e.example.com/html/2026-02/28/node_2.htm",
        ),
    ],
)
def test_editions_of_newspapers_are_known_in_all_their_forms(
    address: str, nodes: list[str], articles: list[str], following: str
) -> None:
    links = [f"<a href='{node}'>第{n:02}版</a>" for n, node in enumerate(nodes, 1)]
    links += [f"<a href='{article}'>全市重点项目集中开工</a>" for article in articles]
    page = Page(address, f"<html><body>{''.join(links)}</body></html>")
    (row,) = epaper.rows(page)
    assert row.title == "全市重点项目集中开工"
    assert row.published == date(2026, 2, 28)
    assert "?" not in row.url
    assert epaper.following(page) == following


def test_a_whole_issue_may_be_one_page() -> None:
    """Beijing's: every printed page is a box, its articles stand in attributes of links that a script opens."""
    issue = Page(
        "https://e.example.com/rb/mobile/2026/20260228/20260228_m.html",
        "<div class='nav-items'><div class='nav-panel-heading'>第1版：要闻</div>"
        "<a href='javascript:;' data-href='20260228_001/content_20260228_001_1.htm#x'>市十六届人大四次会议开幕</a></div>"
        "<div class='nav-items'><div class='nav-panel-heading'>第2版：特刊</div>"
        "<a data-href='./20260228_002/content_20260228_002_1.htm'>2026年示例市政府工作报告</a></div>",
    )
    base = "https://e.example.com/rb/mobile/2026/20260228/"
    assert [(row.url.removeprefix(base), row.title, row.published) for row in epaper.rows(issue)] == [
        ("20260228_001/content_20260228_001_1.htm", "市十六届人大四次会议开幕", date(2026, 2, 28)),
        ("20260228_002/content_20260228_002_1.htm", "2026年示例市政府工作报告", date(2026, 2, 28)),
    ]
    assert epaper.following(issue) is None
    assert epaper.leads_to(issue) is None
    article = Page(
        base + "20260228_002/content_20260228_002_1.htm",
        "<p id='guide'>2026年示例市政府工作报告</p><h1 id='main-title'>乘势而上开新局</h1><p id='sub-title'></p>"
        "<div id='content'><p>一、去年工作回顾。</p></div>",
    )
    assert set(epaper.article(article).title.split()) == {"2026年示例市政府工作报告", "乘势而上开新局"}


NAVI = """<?xml version="1.0" encoding="GB2312"?>
<navi><paper><date>2026-02-27</date><url>../27/node_801.htm</url></paper>
<paper><date>2026-02-28</date><url>../28/node_805.htm</url></paper></navi>"""
PERIOD = """<?xml version="1.0" encoding="UTF-8"?>
<period_list><period><period_name>2026-02-28</period_name><period_date>2026-02-28</period_date>
<front_page>node_A01.html</front_page></period></period_list>"""


@pytest.mark.parametrize(
    ("address", "text", "first"),
    [
        ("http://e.cn/html/2026-02/navi.xml#28", NAVI, "http://e.cn/html/2026-02/28/node_805.htm"),
        ("http://e.cn/html/2026-02/navi.xml#27", NAVI, "http://e.cn/html/2026-02/27/node_801.htm"),
        (
            "http://e.cn/pc/layout/202602/period.xml#28",
            PERIOD,
            "http://e.cn/pc/layout/202602/28/node_A01.html",
        ),
    ],
)
def test_the_index_of_a_month_names_the_days_first_page(address: str, text: str, first: str) -> None:
    assert epaper.leads_to(Page(address, text)) == first
    assert epaper.is_printed_page(first)


def test_a_day_that_a_months_index_lacks_is_a_day_without_a_paper() -> None:
    from scrapers.failures import LookError

    with pytest.raises(LookError, match="not_found"):
        epaper.leads_to(Page("http://e.cn/html/2026-02/navi.xml#26", NAVI))
    with pytest.raises(LookError, match="layout_changed"):
        epaper.leads_to(Page("http://e.cn/html/2026-02/navi.xml#26", "<html>维护中<br></html"))


@pytest.mark.parametrize(
    "lines",
    [
        "<p id='PreTitle'>2026年示例市政府工作报告</p><h2 id='Title'>乘势而上开新局</h2>",
        "<h2 id='Title'>乘势而上开新局</h2><p id='SubTitle'>2026年示例市政府工作报告</p>",
        "<table><tr><td class='font02'>2026年示例市政府工作报告</td></tr>"
        "<tr><td class='font01'>乘势而上开新局</td></tr></table>",
        "<div class='bmnr_con_yinti'>2026年示例市政府工作报告</div>"
        "<div class='bmnr_con_biaoti'>乘势而上开新局</div>",
    ],
)
def test_a_headline_is_read_with_the_lines_above_and_below_it(lines: str) -> None:
    title = epaper.article(Page("http://e.example.com/html/2026-02/28/content_1.htm", lines)).title
    assert set(title.split()) == {"2026年示例市政府工作报告", "乘势而上开新局"}


def test_a_headline_under_shtml_is_read_with_its_lines() -> None:
    page = Page(
        "https://e.example.com/shtml/rb/20260228/10.html",
        "<h2>2026年示例市政府工作报告</h2><h1>乘势而上开新局</h1><p>一、去年工作回顾。</p>",
    )
    assert set(epaper.article(page).title.split()) == {"2026年示例市政府工作报告", "乘势而上开新局"}
    assert epaper.article(page).published == date(2026, 2, 28)


@pytest.mark.parametrize(
    ("headline", "sits"),
    [
        ("太原市第十五届人民代表大会第六次会议开幕", True),
        ("市十五届人大六次会议举行第二次全体会议", True),
        ("出席市两会的代表委员报到", True),
        ("市人代会主席团举行会议", True),
        ("2026年政府工作报告（摘要）", True),
        ("市十五届人大常委会第四十次会议举行", False),
        ("坚持和完善人民代表大会制度", False),
        ("市人民代表大会常务委员会公告", False),
        ("市长调研重点项目建设", False),
    ],
)
def test_a_first_page_tells_whether_a_congress_sits(headline: str, sits: bool) -> None:
    assert epaper.of_a_congress([Row("http://e.example.com/1.htm", headline)]) is sits
