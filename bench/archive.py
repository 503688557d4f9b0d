"""How much room a fetched page takes in the archive: the bar is 0.35 of the bytes as they were before any encoding.

Pages are as portals make them: 60 to 200 kB, the text in spans with styles of their own, menus, scripts and a footer
around it. The text is drawn letter by letter as the sample reports have them, which makes it harder to compress than
real text (zlib leaves 0.57 of it, and 0.43 of a real report). Portals answer in plain or in gzip: both are measured.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

PAGES = 60


def archive_share(scratch: Path) -> dict[str, float]:
    """WARC bytes by byte of page, requests, redirects and robots.txt included."""
    return {
        "plain_share_of_raw": _share(scratch / "plain", may_gzip=False),
        "gzip_share_of_raw": _share(scratch / "gzip", may_gzip=True),
        "mean_page_kb": sum(len(_page(n)) for n in range(PAGES)) / PAGES / 1000,
    }


def _share(root: Path, *, may_gzip: bool) -> float:
    from samples.server import Reply, serve
    from scrapers.archive import Archive
    from scrapers.discovery import discover
    from scrapers.fetching import fetch
    from scrapers.model import Fetched, Source
    from scrapers.settings import FetchSettings

    rows = "".join(
        f'<li><a href="/zfgzbg/t20260209_{n}.html">{1990 + n % 37}年太原市政府工作报告（{n}）</a></li>'
        for n in range(PAGES)
    )
    pages = {f"/zfgzbg/t20260209_{n}.html": _page(n) for n in range(PAGES)}
    pages["/zfgzbg/index.html"] = f"<html><body><ul>{rows}</ul></body></html>".encode()

    def answer(path: str) -> Reply | None:
        body = pages.get(path)
        return Reply(body) if body is not None else None

    settings, now, archive = FetchSettings(), datetime(2026, 2, 20, tzinfo=UTC), Archive(root)
    with serve(answer, gzipped=may_gzip) as base:
        source = Source(
            "140100",
            "140100",
            "太原市",
            "140000",
            "trs",
            (f"{base}/zfgzbg/index.html",),
            local=True,
            options={"years": "all"},
        )
        looks = discover([source], archive=archive, run_id="r1", batch="b", settings=settings, now=now)
        links = [link for look in looks for link in look.links]
        got = fetch(
            links, archive=archive, run_id="r1", batch="b", settings=settings, now=now, sources=[source]
        )
    raw = sum(item.byte_size for item in got if isinstance(item, Fetched))
    if sum(isinstance(item, Fetched) for item in got) != PAGES:
        raise RuntimeError(f"{len(got)} of {PAGES} pages fetched")
    return sum(path.stat().st_size for path in root.rglob("*.warc.gz")) / raw


@cache
def _letters() -> str:
    """Each letter of the sample reports as often as they have it."""
    from samples.site import reports

    return "".join(paragraph for report in reports() for paragraph in report.paragraphs)


@cache
def _page(number: int) -> bytes:
    draw = random.Random(number)
    letters = _letters()
    paragraphs = []
    for _ in range(draw.randint(70, 230)):
        text = "".join(draw.choices(letters, k=150))
        size = draw.choice(("16pt", "16.0000pt", "22px"))
        span = f'<span style="font-family:仿宋_GB2312;mso-bidi-font-family:仿宋;font-size:{size};mso-font-kerning:1.0000pt;">'
        half = draw.randint(40, 110)
        paragraphs.append(
            f'<p class="MsoNormal" style="text-indent:32pt;line-height:28pt;text-align:justify;">{span}　　{text[:half]}</span>'
            f"{span}{text[half:]}。</span></p>"
        )
    menu = "".join(f'<li><a href="/c{n}/index.html" target="_blank">栏目{n}</a></li>' for n in range(120))
    script = (
        "var _hmt=_hmt||[];(function(){var s=document.createElement('script');s.src='/js/jquery.min.js';})();"
        * 20
    )
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>政府工作报告</title><meta name="PubDate" content="2026-02-09">'
        f"<script>{script}</script></head><body><ul>{menu}</ul><h1>政府工作报告</h1><div class='TRS_Editor'>"
        f"{''.join(paragraphs)}</div><ul>{menu}</ul></body></html>"
    ).encode()
