"""How much room a fetched page takes in the archive: the bar is 0.35 of the bytes as they were before any encoding.

Pages are as portals make them: 60 to 200 kB, the text in spans with styles of their own, menus, scripts and a footer
around it. The text is drawn letter by letter as the sample reports have them, which makes it harder to compress than
real text (zlib leaves 0.57 of it, and 0.43 of a real report). Portals answer in plain or in gzip: both are measured.
Beside them, in plain: the reports of ../shared/corpus in such a page, where they are there, and the pages of the sample
site, which are so short (a twentieth of a real one) that what is said about each page weighs more than the page.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

PAGES = 60

#: Bytes; pages of the sample site below it are lists.
SHORTEST = 2400


def archive_share(scratch: Path) -> dict[str, float]:
    """WARC bytes by byte of page, requests, redirects and robots.txt included."""
    made = [_page(n) for n in range(PAGES)]
    figures = {
        "plain_share_of_raw": _share(scratch / "plain", made, may_gzip=False),
        "gzip_share_of_raw": _share(scratch / "gzip", made, may_gzip=True),
        "mean_page_kb": _mean_kb(made),
    }
    for name, pages in (("real_texts", _real_texts()), ("samples", _samples())):
        if pages:
            figures[f"{name}_share_of_raw"] = _share(scratch / name, pages, may_gzip=False)
            figures[f"{name}_mean_page_kb"] = _mean_kb(pages)
    return figures


def _mean_kb(pages: Sequence[bytes]) -> float:
    return sum(map(len, pages)) / len(pages) / 1000


def _real_texts() -> list[bytes]:
    from bench.rebuild import CORPUS, page

    found = []
    for path in sorted(CORPUS.glob("*/*.txt")):
        name, year = path.stem.split("_")
        found.append(page(name, int(year), path.read_text(encoding="utf-8", errors="replace")))
    return found


def _samples() -> list[bytes]:
    """Pages of the sample site that hold a report."""
    from samples.site import build

    found = {
        reply.body
        for reply in build().values()
        if b"<html" in reply.body[:500] and len(reply.body) > SHORTEST
    }
    return sorted(found)


def _share(root: Path, bodies: Sequence[bytes], *, may_gzip: bool) -> float:
    from samples.server import Reply, serve
    from scrapers.archive import Archive
    from scrapers.discovery import discover
    from scrapers.fetching import fetch
    from scrapers.model import Fetched, Source
    from scrapers.settings import FetchSettings

    rows = "".join(
        f'<li><a href="/zfgzbg/t20260209_{n}.html">{1990 + n % 37}年太原市政府工作报告（{n}）</a></li>'
        for n in range(len(bodies))
    )
    pages = {f"/zfgzbg/t20260209_{n}.html": body for n, body in enumerate(bodies)}
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
    fetched = sum(isinstance(item, Fetched) for item in got)
    if fetched != len(bodies):
        raise RuntimeError(f"{fetched} of {len(bodies)} pages fetched")
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
