"""Portals whose articles are called content_ID.

name: content_id
known-by: article addresses `/section/[YYYY-MM/DD/]content_ID.shtml` (or `.html`), listings `list.shtml`
listing: `list.shtml`, `list_2.shtml` …; the count in `<span class="total">` or a script variable `pageCount`
article: head tags as a rule; body in `.article` or `.content`
facts: page 1 has no number; the numbers start with 2. Newspapers use the same name for their articles: see
epaper.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from scrapers.pages import Article, Page, Row, following_link, plain_article, plain_rows

_ARTICLE = re.compile(r"/content_\d+\.s?html?$|\.(pdf|docx?|wps)$", re.I)
_COUNT = re.compile(r"(?:pageCount|countPage|totalPage)\D{1,6}(\d+)", re.I)
_LISTING = re.compile(r"^(\w*?list|index)(?:_(\d+))?(\.s?html?)$", re.I)


def rows(page: Page) -> list[Row]:
    return [row for row in plain_rows(page) if _ARTICLE.search(row.url)]


def following(page: Page) -> str | None:
    count = _COUNT.search(page.text)
    name = _LISTING.match(urlsplit(page.url).path.rpartition("/")[2])
    if count is None or name is None:
        return following_link(page)
    current = int(name[2] or 1)
    return urljoin(page.url, f"{name[1]}_{current + 1}{name[3]}") if current < int(count[1]) else None


def article(page: Page) -> Article:
    return plain_article(page)
