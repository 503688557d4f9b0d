"""TRS WCM, the commonest system of provincial and municipal portals.

name: trs
known-by: article addresses `/section/YYYYMM/tYYYYMMDD_ID.html`; body in `.TRS_Editor` or `.trs_editor_view`
listing: `index.html`, then `index_1.html`, `index_2.html` …; the count stands in a script,
    `createPageHTML(pages, current, "index", "html")`, current counted from 0
article: head tags as a rule; attachments lie beside the page as `P0YYYYMMDD….docx`
facts: broken `index_N` stubs of some 300 bytes are seen in the midst of long listings; links are relative
(`./202602/…`).
"""

from __future__ import annotations

import re
from urllib.parse import urljoin

from scrapers.pages import Article, Page, Row, following_link, plain_article, plain_rows

_PAGES = re.compile(r"createPageHTML\w*\(\s*(\d+)\s*,\s*(\d+)\s*,\s*[\"'](\w+)[\"']\s*,\s*[\"'](\w+)[\"']")
_ARTICLE = re.compile(r"/t\d{8}_\d+\.\w+$|\.(pdf|docx?|wps)$", re.I)


def rows(page: Page) -> list[Row]:
    return [row for row in plain_rows(page) if _ARTICLE.search(row.url)]


def following(page: Page) -> str | None:
    match = _PAGES.search(page.text)
    if match is None:
        return following_link(page)
    pages, current = int(match[1]), int(match[2])
    return urljoin(page.url, f"{match[3]}_{current + 1}.{match[4]}") if current + 1 < pages else None


def article(page: Page) -> Article:
    return plain_article(page)
