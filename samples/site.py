"""The sample site: report pages in our own words, with figures as published, on the layouts of real portals.

``samples/reports/*.txt`` holds the reports (a head of ``key: value`` lines, ``---``, paragraphs); this module
dresses them as the pages of eight platforms, with listings, menus, share bars and footers around them.
"""

from __future__ import annotations

import hashlib
import html
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from samples.server import PortTaken, Reply, serve

HERE = Path(__file__).resolve().parent
REPORTS = HERE / "reports"
SOURCES = HERE / "sources.yml"
_PORT = 28_471

#: What stands in listings beside the reports: about them, or nothing of the kind. Asked for, these are 404.
_NOISE = (
    ("关于征求《政府工作报告》意见建议的座谈会召开", "11"),
    ("政府工作报告重点任务分工方案印发", "12"),
    ("市人民政府关于印发防汛应急预案的通知", "13"),
    ("一图读懂城市更新行动实施方案", "14"),
    ("尖草坪区2026年政府工作报告", "15"),
)


@dataclass(frozen=True, slots=True)
class Report:
    """A report of the sample site."""

    code: str
    region: str
    year: int
    published: date
    edition: str
    title: str
    layout: str
    delivered: str
    headline: str
    paragraphs: tuple[str, ...]

    @property
    def key(self) -> str:
        return f"{self.code}{self.year}"


@cache
def reports() -> tuple[Report, ...]:
    """All reports, by code and year."""
    return tuple(_read(path) for path in sorted(REPORTS.glob("*.txt")))


def _read(path: Path) -> Report:
    head, _, body = path.read_text(encoding="utf-8").partition("\n---\n")
    facts = dict(line.split(": ", 1) for line in head.splitlines())
    return Report(
        code=path.stem[:6],
        region=facts["region"],
        year=int(facts["year"]),
        published=date.fromisoformat(facts["published"]),
        edition=facts["edition"],
        title=facts["title"],
        layout=facts["layout"],
        delivered=facts.get("delivered", ""),
        headline=facts.get("headline", ""),
        paragraphs=tuple(line for line in body.splitlines() if line.strip()),
    )


@contextmanager
def serve_samples(remembered_in: Path | None = None) -> Iterator[str]:
    """The sample site on loopback; yields its base address.

    A second run knows the pages of the first by their address, so it has to be the same each time: where the usual port
    was taken the first time, the other one is kept in the file ``remembered_in``.

    Raises PortTaken where the address of the earlier runs cannot be had.
    """
    pages = build()
    held = remembered_in if remembered_in and remembered_in.is_file() else None
    port = int(held.read_text(encoding="ascii")) if held else _PORT
    try:
        with serve(pages.get, port=port, or_another=held is None) as base:
            if remembered_in and not held:
                remembered_in.parent.mkdir(parents=True, exist_ok=True)
                remembered_in.write_text(base.rpartition(":")[2], encoding="ascii")
            yield base
    except PortTaken as taken:
        raise PortTaken(
            f"{taken}. Earlier runs had the sample site there, and its pages are known by that address: end the other "
            f"program (another `cityreports run --sample`?), or remove {remembered_in.parent if remembered_in else ''} "
            "and begin anew"
        ) from None


def build() -> dict[str, Reply]:
    """Every page of the site by path."""
    pages = {
        "/robots.txt": Reply(b"User-agent: *\nDisallow: /admin/\n", "text/plain"),
        "/": Reply(
            _page("示例站点", "", '<ul><li><a href="/shanxi/zfgzbg/index.html">政府工作报告</a></li></ul>')
        ),
    }
    by_layout: dict[str, list[Report]] = {}
    for report in reports():
        by_layout.setdefault(report.layout, []).append(report)
    for layout, found in by_layout.items():
        pages.update(_LAYOUTS[layout](found))
    return pages


# --- parts of pages


def _page(title: str, head: str, body: str, charset: str = "utf-8") -> bytes:
    text = (
        f'<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="{charset}">'
        f"<title>{html.escape(title)}</title>\n{head}</head>\n<body>"
        "<div class='top'><a href='/'>网站首页</a> | "
        f"<a href='/bszn/index.html'>办事指南</a> | <a href='/hdjl/index.html'>互动交流</a></div>\n"
        f"{body}\n<div class='footer'>主办：市人民政府办公室 "
        "网站标识码：0000000001 <a href='/wzdt/index.html'>网站地图</a></div></body></html>\n"
    )
    return text.encode("gb18030" if charset == "gb2312" else charset)


def _meta(report: Report, site: str) -> str:
    facts = {
        "SiteName": site,
        "ColumnName": "政府工作报告",
        "ArticleTitle": report.title,
        "PubDate": f"{report.published.isoformat()} 09:30",
        "ContentSource": f"{report.region}人民政府办公厅",
    }
    return "".join(f'<meta name="{name}" content="{html.escape(value)}">\n' for name, value in facts.items())


def text_of(report: Report) -> list[str]:
    """The report's paragraphs; a full text with its opening and its close."""
    if report.edition != "full":
        return list(report.paragraphs)
    government = "国务院" if report.code == "000000" else f"{report.region}人民政府"
    return [
        "各位代表：",
        f"现在，我代表{government}，向大会报告工作，请予审议，并请列席会议的同志提出意见。",
        *report.paragraphs,
        "各位代表！目标已经明确，关键在于实干。让我们拧成一股绳，把既定的事情一件一件办好，"
        "以看得见的变化回应人民群众的期待。",
    ]


def _body(report: Report, wrapper: str) -> str:
    delivered = f"<p style='text-align:center'>——{report.delivered}</p>" if report.delivered else ""
    paragraphs = "".join(f"<p>&emsp;&emsp;{html.escape(text)}</p>\n" for text in text_of(report))
    return (
        "<div class='crumbs'>当前位置：首页 &gt; 政府信息公开 &gt; 政府工作报告</div>"
        f"<h1>{html.escape(report.title)}</h1>"
        f"<div class='info'>发布时间：{report.published.isoformat()} 字号：[大 中 小] 打印本页 "
        "浏览次数：<span id='hits'>1024</span></div>"
        f"<div {wrapper}><p style='text-align:center'>政府工作报告</p>{delivered}\n"
        f"{paragraphs}</div>"
        "<div class='share'>分享到：微信 微博 <a href='javascript:window.print()'>打印</a></div>"
    )


def _rows(items: list[tuple[str, str, str]]) -> str:
    return "".join(
        f'<li><a href="{url}" title="{html.escape(title)}">{html.escape(title[:18])}</a>'
        f"<span>{day}</span></li>\n"
        for url, title, day in items
    )


def _noise(template: str) -> list[tuple[str, str, str]]:
    return [(template.format(number), title, "2026-01-09") for title, number in _NOISE]


def _newest_first(found: list[Report]) -> list[Report]:
    return sorted(found, key=lambda report: report.published, reverse=True)


def _sites(found: list[Report]) -> dict[str, list[Report]]:
    sites: dict[str, list[Report]] = {}
    for report in _newest_first(found):
        sites.setdefault(report.code, []).append(report)
    return sites


# --- layouts


_TRS_FOLDERS = {"140000": "shanxi", "140100": "taiyuan", "410000": "henan"}


def _trs(found: list[Report], charset: str = "utf-8") -> dict[str, Reply]:
    pages = {}
    kind = f"text/html; charset={charset}"
    for code, own in _sites(found).items():
        folder = f"/{_TRS_FOLDERS[code]}/zfgzbg/"
        items = []
        for report in own:
            day = report.published
            name = f"{day:%Y%m}/t{day:%Y%m%d}_{report.key}.html"
            wrapper = "class='TRS_Editor'"
            body = _body(report, wrapper)
            pages[folder + name] = Reply(
                _page(report.title, _meta(report, f"{report.region}人民政府"), body, charset), kind
            )
            items.append((f"./{name}", report.title, day.isoformat()))
        listing = (
            f"<ul class='list'>{_rows(items + _noise('./202601/t20260109_{}.html'))}</ul>"
            '<script>createPageHTML(1, 0, "index", "html");</script>'
        )
        pages[folder + "index.html"] = Reply(_page("政府工作报告", "", listing, charset), kind)
    return pages


def _trs_gbk(found: list[Report]) -> dict[str, Reply]:
    return _trs(found, "gb2312")


def _art_col(found: list[Report]) -> dict[str, Reply]:
    pages, records = {}, []
    for report in _newest_first(found):
        day = report.published
        path = f"/yuncheng/art/{day.year}/{day.month}/{day.day}/art_1001_{report.key}.html"
        body = _body(report, "id='zoom'")
        pages[path] = Reply(_page(report.title, _meta(report, "运城市人民政府"), body))
        records.append((path, report.title, day.isoformat()))
    cdata = "".join(
        f"<record><![CDATA[{_rows([item])}]]></record>\n"
        for item in records + _noise("/yuncheng/art/2026/1/9/art_1001_{}.html")
    )
    listing = (
        "<div id='1234'><script type='text/xml'><datastore>\n<nextgroup></nextgroup>\n"
        f"<recordset>\n{cdata}</recordset></datastore></script></div>"
    )
    pages["/yuncheng/col/col1001/index.html"] = Reply(_page("政府工作报告", "", listing))
    return pages


def _epaper(found: list[Report]) -> dict[str, Reply]:
    pages = {}
    for report in found:
        folder = f"/tyrb/html/{report.published:%Y-%m/%d}/"
        paragraphs = "".join(f"<P>　　{html.escape(text)}</P>\n" for text in report.paragraphs)
        article = (
            f"<div class='paper'>太原日报（示例） {report.published:%Y年%m月%d日} 第01版：要闻</div>"
            f"<div class='introtitle'>{html.escape(report.title)}</div>"
            f"<founder-title>{html.escape(report.headline)}</founder-title>"
            f"<div id='ozoom'><founder-content>{paragraphs}</founder-content></div>"
            "<div>上一篇 下一篇 放大 缩小 默认</div>"
        )
        name = f"content_1_{report.key}.htm"
        pages[folder + name] = Reply(_page("太原日报", "", article))
        first = (
            "<div><a href='node_1.htm'>第01版：要闻</a> <a href='node_2.htm'>第02版：综合</a></div>"
            f"<ul><li><a href='{name}'>{html.escape(report.headline)}——{html.escape(report.title)}</a></li>"
            "<li><a href='content_1_2.htm'>全市重点项目春季开工</a></li></ul>"
        )
        second = (
            "<div><a href='node_1.htm'>第01版：要闻</a> <a href='node_2.htm'>第02版：综合</a></div>"
            "<ul><li><a href='content_2_1.htm'>汾河公园春意渐浓</a></li></ul>"
        )
        # A look opens the few articles of a page, to see whether one is a report under a headline of its own.
        for other, headline in (
            ("content_1_2.htm", "全市重点项目春季开工"),
            ("content_2_1.htm", "汾河公园春意渐浓"),
        ):
            words = f"<founder-title>{headline}</founder-title><div id='ozoom'><P>　　本报讯（示例）{headline}。</P></div>"
            pages[folder + other] = Reply(_page("太原日报", "", words))
        pages[folder + "node_1.htm"] = Reply(_page("太原日报 第01版", "", first))
        pages[folder + "node_2.htm"] = Reply(_page("太原日报 第02版", "", second))
    return pages


def _attachment(found: list[Report]) -> dict[str, Reply]:
    pages, items = {}, []
    for report in _newest_first(found):
        folder = f"/zhumadian/{report.published:%Y/%m%d}/"
        document = f"P{report.key}.docx"
        page = (
            f"<h1>{html.escape(report.title)}</h1>"
            f"<div class='content'><p>{html.escape(report.title)}全文见附件。</p>"
            f"<p>附件：<a href='{document}'>{html.escape(report.title)}.docx</a></p></div>"
        )
        path = f"{folder}{report.key}.html"
        pages[path] = Reply(_page(report.title, _meta(report, "驻马店市人民政府"), page))
        pages[folder + document] = Reply(
            docx([report.title, f"——{report.delivered}", *text_of(report)]),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        )
        items.append((path, report.title, report.published.isoformat()))
    listing = f"<ul>{_rows(items + _noise('/zhumadian/2026/0109/{}.html'))}</ul>"
    pages["/zhumadian/list.html"] = Reply(_page("政府工作报告", "", listing))
    return pages


def _content_id(found: list[Report]) -> dict[str, Reply]:
    pages, items = {}, []
    for report in _newest_first(found):
        path = f"/beijing/gongkai/content_{report.key}.shtml"
        body = _body(report, "class='article'")
        pages[path] = Reply(_page(report.title, _meta(report, "北京市人民政府"), body))
        items.append((path, report.title, report.published.isoformat()))
    rows = _rows(items + _noise("/beijing/gongkai/content_{}.shtml"))
    listing = f"<ul>{rows}</ul><script>var pageCount = 1;</script>"
    pages["/beijing/gongkai/list.shtml"] = Reply(_page("政府工作报告", "", listing))
    return pages


def _hex_path(found: list[Report]) -> dict[str, Reply]:
    pages, items = {}, []
    for report in _newest_first(found):
        name = hashlib.sha256(report.key.encode()).hexdigest()[:32]
        path = f"/shanghai/{report.published:%Y%m%d}/{name}/c.html"
        # One sentence over many spans, as word processors leave it.
        body = _body(report, "class='content'").replace("，", "</span>，<span>")
        body = body.replace("<p>", "<p><span>").replace("</p>", "</span></p>")
        pages[path] = Reply(_page(report.title, _meta(report, "上海市人民政府"), body))
        items.append((path, report.title, report.published.isoformat()))
    listing = f"<ul>{_rows(items)}</ul>"
    pages["/shanghai/list.html"] = Reply(_page("政府工作报告", "", listing))
    return pages


_JPAAS = "/tianjin/api-gateway/jpaas-publish-server/front/page/build/unit?webId=1&tagId=list"


def _jpaas(found: list[Report]) -> dict[str, Reply]:
    pages, items = {}, []
    for report in _newest_first(found):
        day = report.published
        name = hashlib.sha256(report.key.encode()).hexdigest()[:32]
        path = f"/tianjin/art/{day.year}/{day.month}/{day.day}/art_{name}.html"
        pages[path] = Reply(_page(report.title, _meta(report, "天津市人民政府"), _body(report, "id='zoom'")))
        items.append((path, report.title, day.isoformat()))
    inner = f"<div totalpage='1'><ul>{_rows(items + _noise('/tianjin/art/2026/1/9/art_{}.html'))}</ul></div>"
    data = json.dumps({"success": True, "data": {"html": inner}}, ensure_ascii=False).encode()
    pages[_JPAAS] = Reply(data, "application/json; charset=utf-8")
    return pages


def _govcn(found: list[Report]) -> dict[str, Reply]:
    pages, items = {}, []
    for report in _newest_first(found):
        path = f"/govcn/{report.published:%Y%m}/content_{report.key}.htm"
        body = _body(report, "id='UCAP-CONTENT'")
        pages[path] = Reply(_page(report.title, _meta(report, "中国政府网"), body))
        items.append({"TITLE": report.title, "URL": path, "DOCRELPUBTIME": report.published.isoformat()})
    data = json.dumps(items, ensure_ascii=False).encode()
    pages["/govcn/list.json"] = Reply(data, "application/json; charset=utf-8")
    return pages


_LAYOUTS: dict[str, Callable[[list[Report]], dict[str, Reply]]] = {
    "trs": _trs,
    "trs_gbk": _trs_gbk,
    "art_col": _art_col,
    "epaper": _epaper,
    "attachment": _attachment,
    "content_id": _content_id,
    "hex_path": _hex_path,
    "jpaas": _jpaas,
    "govcn": _govcn,
}


def docx(paragraphs: list[str]) -> bytes:
    """The least DOCX that holds these paragraphs; the same bytes at every call."""
    inner = "".join(f"<w:p><w:r><w:t>{html.escape(text)}</w:t></w:r></w:p>" for text in paragraphs)
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType='
        f'"application/xml"/><Override PartName="/word/document.xml" ContentType="{word}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{space}"><w:body>{inner}</w:body></w:document>',
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            declared = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>' + text
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), declared, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
