"""www.gov.cn: the nation's report, and every year a page that gathers those of the provinces.

name: govcn
known-by: article addresses `/…/YYYYMM/content_ID.htm`; body in `#UCAP-CONTENT` or `.pages_content`
listing: a page with links, or a JSON file of the whole column: a list of `TITLE`, `URL`, `DOCRELPUBTIME`
article: head tags are few; title in `<h1>`, day and origin in `.pages-date`
facts: the JSON holds the column's whole history in one answer of some megabytes; there is no next page.
"""

from __future__ import annotations

import json
import re
from urllib.parse import urljoin

from scrapers.pages import Article, Page, Row, clean, date_in, following_link, plain_article, plain_rows

_ARTICLE = re.compile(r"/content_\d+\.html?$", re.I)


def rows(page: Page) -> list[Row]:
    if page.text.lstrip().startswith("["):
        try:
            items = json.loads(page.text)
        except ValueError:
            return []
        return [
            Row(
                urljoin(page.url, str(item["URL"])),
                clean(str(item["TITLE"])),
                date_in(str(item.get("DOCRELPUBTIME"))),
            )
            for item in items
            if isinstance(item, dict) and item.get("URL") and item.get("TITLE")
        ]
    return [row for row in plain_rows(page) if _ARTICLE.search(row.url)]


def following(page: Page) -> str | None:
    return None if page.text.lstrip().startswith("[") else following_link(page)


def article(page: Page) -> Article:
    return plain_article(page)
