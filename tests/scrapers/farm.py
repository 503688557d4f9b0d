"""A farm of simulated sites on loopback: one address a site, latency, and a few that misbehave.

    with farm() as field:
        sources = field.sources()
        ... a night with nothing new but last year's reports
        field.publish()
        ... a night on which all publish at once

The sites live in a process of their own, so that what a night costs can be measured apart from what serving
costs.
"""

from __future__ import annotations

import asyncio
import hashlib
import multiprocessing
import random
import socket
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from extraction.regions import all_regions, by_code
from scrapers.model import Source

SITES = 364
LATENCY_SECONDS = 0.05
FAULTY_SHARE = 0.03

#: What a faulty site does, and the name that a look at it has to find.
FAULTS = {
    "challenge": "challenge_page",
    "stub": "stub_listing",
    "layout": "layout_changed",
    "truncated": "truncated_body",
    "loop": "redirect_loop",
    "private": "private_address",
    "bomb": "decompression_bomb",
    "broken": "http_error",
    "gone": "not_found",
    "picture": "wrong_content_type",
    "drip": "deadline",
}


#: Where a site lists its reports.
COLUMN = "/zfgzbg/index.html"

#: How a site's home page leads there, by the last digit of its number: (page, link text) from page to page. The last way
#: does not lead there at all: the report stands among others in a column of plans.
WAYS = (
    (("/", "政府工作报告"),),
    (("/", "政府信息公开"), ("/zfxxgk/index.html", "工作报告")),
    (("/", "政务公开"), ("/zwgk/index.html", "法定主动公开内容"), ("/zwgk/fdzdgknr.html", "规划计划")),
)


@dataclass(frozen=True, slots=True)
class Site:
    """One simulated site. fault is empty for a healthy one."""

    code: str
    name: str
    host: str
    fault: str


@dataclass
class Field:
    """A running farm."""

    sites: list[Site]
    port: int
    _published: Any

    def publish(self) -> None:
        """From now on each site has this year's report."""
        self._published.value = 1

    def base(self, site: Site) -> str:
        return f"http://{site.host}:{self.port}"

    def sources(self, *, home_pages: bool = False) -> list[Source]:
        """Each site's report column; or its home page, from which the column has to be found."""
        return [
            Source(
                id=site.code,
                region_code=site.code,
                region_name=site.name,
                province=f"{site.code[:2]}0000",
                platform="portal" if home_pages else "trs",
                listings=(f"{self.base(site)}{'/' if home_pages else COLUMN}",),
                local=True,
            )
            for site in self.sites
        ]

    def registry(self, folder: Path, *, home_pages: bool = False, years: str = "") -> Path:
        """The sites as source files, as the registry has them; returns ``folder``. ``years``: see Source.options."""
        options = f"    options: {{years: {years}}}\n" if years else ""
        folder.mkdir(parents=True, exist_ok=True)
        entries: dict[str, list[str]] = {}
        for source in self.sources(home_pages=home_pages):
            entries.setdefault(source.province, []).append(
                f'  - code: "{source.region_code}"\n    name: {source.region_name}\n    platform: {source.platform}\n'
                f'    listings: ["{source.listings[0]}"]\n    local: true\n    verified: null\n{options}'
            )
        for province, lines in entries.items():
            region = by_code(province)
            text = f"province: {region.name if region else province}\nsources:\n" + "".join(lines)
            (folder / f"{province}.yml").write_text(text, encoding="utf-8")
        return folder

    def faulty(self) -> dict[str, str]:
        """Source id → the failure that must be named."""
        return {site.code: FAULTS[site.fault] for site in self.sites if site.fault}


def plan(count: int = SITES, faulty: float = FAULTY_SHARE) -> list[Site]:
    """The sites of a farm: provinces and prefectures by code; every thirty-third misbehaves, each in another
    way."""
    today = [
        region
        for region in all_regions()
        if region.valid_to is None and region.code not in ("000000", "710000")
    ]
    regions = [region for region in today if region.level in ("province", "municipality", "prefecture")][
        :count
    ]
    step = round(1 / faulty) if faulty else count + 1
    kinds = list(FAULTS)
    return [
        Site(
            region.code,
            region.name,
            f"127.1.{number // 250}.{number % 250 + 1}",
            kinds[number // step % len(kinds)] if number % step == step - 1 else "",
        )
        for number, region in enumerate(regions)
    ]


@contextmanager
def farm(
    count: int = SITES, *, faulty: float = FAULTY_SHARE, latency: float = LATENCY_SECONDS
) -> Iterator[Field]:
    """Runs the farm in a child process until the block ends."""
    sites = plan(count, faulty)
    context = multiprocessing.get_context("spawn")
    published = context.Value("i", 0)
    ready = context.Queue()
    with socket.socket() as probe:
        probe.bind((sites[0].host, 0))
        port = probe.getsockname()[1]
    child = context.Process(target=_run, args=(sites, port, latency, published, ready), daemon=True)
    child.start()
    try:
        if ready.get(timeout=60) != "ready":
            raise RuntimeError("the farm could not start")
        yield Field(sites, port, published)
    finally:
        child.terminate()
        child.join(10)


def _run(sites: list[Site], port: int, latency: float, published: Any, ready: Any) -> None:
    async def main() -> None:
        servers = []
        for site in sites:

            async def serve(
                reader: asyncio.StreamReader, writer: asyncio.StreamWriter, site: Site = site
            ) -> None:
                await _talk(site, latency, bool(published.value), reader, writer)

            servers.append(await asyncio.start_server(serve, site.host, port))
        _bomb()
        ready.put("ready")
        await asyncio.Event().wait()

    asyncio.run(main())


async def _talk(
    site: Site, latency: float, published: bool, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            path = lines[0].split(" ")[1]
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
            await asyncio.sleep(latency)
            if not await _answer(site, path, headers.get("if-none-match", ""), published, writer):
                break
    except (asyncio.IncompleteReadError, OSError):
        pass
    finally:
        writer.close()


async def _answer(site: Site, path: str, known: str, published: bool, writer: asyncio.StreamWriter) -> bool:
    """Writes one answer; False when the connection ends with it."""
    if path == "/robots.txt":
        return _send(writer, b"User-agent: *\nDisallow: /admin/\n", "text/plain")
    if path == COLUMN or path == "/":
        if site.fault:
            return await _misbehave(site.fault, path, writer)
        page = listing(site, published) if path == COLUMN else portal_page(site, path)
        return _send(writer, page or b"", "text/html; charset=utf-8", known)
    page = portal_page(site, path)
    if page is not None:
        return _send(writer, page, "text/html; charset=utf-8", known)
    for year in (2025, 2026):
        if path == _article_path(site, year) and (published or year == 2025):
            return _send(writer, article(site, year), "text/html; charset=utf-8", known)
    return _send(writer, b"<title>404</title>", "text/html", status="404 Not Found")


@cache
def _bomb() -> bytes:
    """120 MB of zeros, packed."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(120)), packer.flush()])


async def _misbehave(fault: str, path: str, writer: asyncio.StreamWriter) -> bool:
    html = "text/html; charset=utf-8"
    if fault == "challenge":
        return _send(writer, "<script>acw_sc__v2</script>请完成安全验证".encode(), html)
    if fault == "stub":
        return _send(writer, b"<html><body></body></html>", html)
    if fault == "layout":
        return _send(writer, ("<p>" + "网站改版，欢迎访问新版。" * 50 + "</p>").encode(), html)
    if fault == "truncated":
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n<html>")
        await writer.drain()
        return False
    if fault in ("loop", "private"):
        target = path if fault == "loop" else "http://127.9.9.9:1/"
        writer.write(f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())
        return True
    if fault == "bomb":
        return _send(writer, _bomb(), html, encoding="gzip")
    if fault == "broken":
        return _send(writer, b"error", html, status="500 Internal Server Error")
    if fault == "gone":
        return _send(writer, b"gone", html, status="404 Not Found")
    if fault == "picture":
        return _send(writer, b"\x89PNG\r\n\x1a\n" + bytes(500), "image/png")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n")  # drip
    for _ in range(600):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.5)
    return False


def _send(
    writer: asyncio.StreamWriter,
    body: bytes,
    kind: str,
    known: str = "",
    *,
    status: str = "200 OK",
    encoding: str = "",
) -> bool:
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    if known == etag:
        writer.write(f"HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\n\r\n".encode())
        return True
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nETag: {etag}\r\nContent-Length: {len(body)}\r\n"
    head += f"Content-Encoding: {encoding}\r\n" if encoding else ""
    writer.write(head.encode() + b"\r\n" + body)
    return True


def _article_path(site: Site, year: int) -> str:
    return f"/zfgzbg/{year}02/t{year}0209_{site.code}.html"


def listing(site: Site, published: bool) -> bytes:
    """A TRS listing with other news, last year's report and, once published, this year's."""
    rows = [
        (f"./{year}02/t{year}0209_{site.code}.html", f"{year}年{site.name}政府工作报告", f"{year}-02-09")
        for year in ((2026, 2025) if published else (2025,))
    ]
    for day in range(1, 16):
        title = f"{site.name}要闻第{day}号：项目建设有序推进"
        rows.append((f"./202601/t202601{day:02d}_{day}.html", title, f"2026-01-{day:02d}"))
    items = "".join(f'<li><a href="{url}">{title}</a><span>{day}</span></li>' for url, title, day in rows)
    menu = "".join(f'<a href="/c{n}/index.html">栏目{n}</a>' for n in range(40))
    text = f"<html><head><title>{site.name}人民政府</title></head><body>{menu}<ul>{items}</ul>"
    return (text + '<script>createPageHTML(1, 0, "index", "html");</script></body></html>').encode()


def portal_page(site: Site, path: str) -> bytes | None:
    """The home page and what lies between it and the reports; None for what is no such page."""
    way = WAYS[int(site.code[2:4]) % len(WAYS)]
    pages = [page for page, _ in way]
    if path not in pages and path not in DEAD_ENDS:
        return None
    items = "".join(f'<a href="{end}">{words}</a>' for end, words in DEAD_ENDS.items())
    if path in pages:
        at = pages.index(path)
        following = pages[at + 1] if at + 1 < len(pages) else COLUMN
        items += f'<a href="javascript:void(0)" onclick="location.href=\'{following}\'">{way[at][1]}</a>'
    news = "".join(
        f'<li><a href="/xw/202601/t202601{day:02d}_{day}.html">{site.name}要闻第{day}号：学习贯彻会议精神</a></li>'
        for day in range(1, 10)
    )
    return f"<html><head><title>{site.name}人民政府</title></head><body>{items}<ul>{news}</ul></body></html>".encode()


#: Columns that promise reports and have none.
DEAD_ENDS = {"/zfgb/index.html": "政府公报", "/wj/index.html": "市政府文件", "/bszn/index.html": "办事指南"}

_TASKS = ("新建改造农村公路", "改造老旧小区", "新建高标准农田", "新增城镇就业", "新建公园", "新改扩建学校")
_UNITS = ("公里", "个", "万亩", "万人", "个", "所")


def article(site: Site, year: int) -> bytes:
    """A report of some 14,000 characters, its figures drawn for site and year, the same each time; a level follows from
    that of the year before, as the checks want it."""
    draw = random.Random(f"{site.code}{year}")
    growth, goal = draw.randint(40, 60) / 10, draw.randint(45, 65) / 10
    level = round(random.Random(site.code).randint(900, 20_000) * 1.05 ** (year - 2020))
    review = (
        f"{year - 1}年，全市地区生产总值{level}亿元，增长{growth}%；"
        f"一般公共预算收入{level // 12}亿元，增长"
        f"{draw.randint(10, 90) / 10}%；固定资产投资增长{draw.randint(10, 90) / 10}%，社会消费品零售总额增长"
        f"{draw.randint(10, 90) / 10}%。"
    )
    target = (
        f"今年主要预期目标是：地区生产总值增长{goal}%左右，固定资产投资增长{draw.randint(40, 90) / 10}%，"
        f"社会消费品零售总额增长{draw.randint(40, 90) / 10}%，城镇新增就业{draw.randint(2, 30)}万人，"
        "居民消费价格涨幅2%左右，居民收入增长与经济增长同步。"
    )
    paragraphs = ["一、去年工作回顾", review, "二、今年主要预期目标", target, "三、今年重点工作"]
    while sum(map(len, paragraphs)) < 14_000:
        which = draw.randrange(len(_TASKS))
        paragraphs.append(
            "我们将坚持以人民为中心，把发展的落脚点放在改善民生上，让群众看得见变化、得到实惠。"
            f"{_TASKS[which]}{draw.randint(3, 300)}{_UNITS[which]}，"
            "统筹推进产业升级、城乡融合和生态保护，办好群众身边的小事。"
        )
    body = "".join(f"<p>　　{text}</p>\n" for text in paragraphs)
    title = f"{year}年{site.name}政府工作报告"
    return (
        f'<html><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="ArticleTitle" content="{title}">'
        f'<meta name="PubDate" content="{year}-02-09"></head><body><h1>{title}</h1>'
        f"<div class='TRS_Editor'><p>——{year}年2月1日在{site.name}人民代表大会上</p>"
        f"{body}</div></body></html>"
    ).encode()
