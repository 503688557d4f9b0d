"""The jpaas publishing service: listings come as HTML inside JSON.

name: jpaas
known-by: scripts that call `/api-gateway/jpaas-publish-server/front/page/build/unit`
listing: that address with `webId`, `tplSetId`, `pageId`, `tagId` and `paramJson={"pageNo":1,"pageSize":15}`;
the answer's
    `data.html` holds the list, an attribute `totalpage` or `count` how far it goes
article: `/art/YYYY/M/D/art_ID.html` with a hexadecimal id, head tags, body in `#zoom`
facts: an expired `tagId` answers `{"success": false}` with status 200; that is a layout change, not an empty
list.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from scrapers.failures import LookError
from scrapers.pages import Article, Page, Row, plain_article, plain_rows


def _html(page: Page) -> str:
    try:
        data: Any = json.loads(page.text)
    except ValueError:
        return page.text
    if not isinstance(data, dict) or data.get("success") is False:
        raise LookError(
            "layout_changed", f"{page.url} answers without success: look for a new tagId in the page"
        )
    inner = data.get("data")
    return str(inner.get("html") or "") if isinstance(inner, dict) else ""


def rows(page: Page) -> list[Row]:
    return plain_rows(Page(page.url, _html(page) or "<html></html>"))


def following(page: Page) -> str | None:
    """The same address with the next pageNo, while there is one."""
    parts = urlsplit(page.url)
    query = dict(parse_qsl(parts.query))
    try:
        paging = json.loads(query.get("paramJson", ""))
        number = int(paging["pageNo"])
    except (ValueError, KeyError, TypeError):
        return None
    pages = re.search(r"totalpage=[\"']?(\d+)", _html(page), re.I)
    if pages is None or number >= int(pages[1]):
        return None
    query["paramJson"] = json.dumps({**paging, "pageNo": number + 1}, separators=(",", ":"))
    return urlunsplit(parts._replace(query=urlencode(query)))


def article(page: Page) -> Article:
    return plain_article(page)
