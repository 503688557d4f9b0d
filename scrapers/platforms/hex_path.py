"""Portals whose articles lie under a day and a hexadecimal name.

name: hex_path
known-by: article addresses `/[cNNN/]YYYYMMDD/<16 to 32 hexadecimal digits>/c.html`
listing: `list.html`, then `list_2.html` …, or an ordinary link 下一页
article: head tags; body in `.content` or `#zoom`; attachments under the article's own folder
facts: the address tells the day, the listing often does not.
"""

from __future__ import annotations

import re

from scrapers.pages import Article, Page, Row, date_in_url, following_link, plain_article, plain_rows

_ARTICLE = re.compile(r"/(\d{8})/[0-9a-f]{16,32}/c\.html$", re.I)


def rows(page: Page) -> list[Row]:
    return [
        Row(row.url, row.title, date_in_url(row.url) or row.published)
        for row in plain_rows(page)
        if _ARTICLE.search(row.url)
    ]


def following(page: Page) -> str | None:
    return following_link(page)


def article(page: Page) -> Article:
    return plain_article(page)
