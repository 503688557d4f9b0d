"""Guangdong's common platform for the disclosure of government information (政府信息公开目录平台).

name: gkmlpt
known-by: addresses under `/gkmlpt/`; the entry page holds `window._CONFIG` with `SID` and the tree of columns
listing: the entry page with the column behind the hash, `/gkmlpt/index#COLUMN`, which leads to JSON at
    `/gkmlpt/api/all/COLUMN?page=N&sid=SID`: `articles` (`title`, `url`, `date` in seconds or
    `display_publish_time`), `total`; 100 rows a page as a rule
article: an ordinary page, `/gkmlpt/content/…/post_ID.html`, with head tags; body in `.article-content`, or as HTML within
    JSON in a script (`_CONFIG.DETAIL.content`)
facts: the column's number stands in the address that a browser shows; the SID stands in the page. `TREE` names all
    columns (`id`, `name`, `children`; `jump_url` where a column is elsewhere), so that the column of reports can be
    looked for by its name. Some answers count in `classify.post_count` instead of `total`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urljoin, urlsplit

from scrapers.pages import Article, Page, Row, clean, date_in, plain_article

#: The entry page has no rows of its own.
LEADS_ON = True

_SID = re.compile(r"[\"']?SID[\"']?\s*:\s*[\"']?(\d+)")
_TREE = re.compile(r"[\"']?TREE[\"']?\s*:\s*(\[)")
_BEIJING = timezone(timedelta(hours=8))


def _data(page: Page) -> dict[str, Any]:
    try:
        data = json.loads(page.text)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _articles(page: Page) -> list[dict[str, Any]]:
    articles = _data(page).get("articles")
    return [item for item in articles if isinstance(item, dict)] if isinstance(articles, list) else []


def _day(item: dict[str, Any]) -> date | None:
    seconds = item.get("date")
    if isinstance(seconds, int) and seconds > 0:
        return datetime.fromtimestamp(seconds, UTC).astimezone(_BEIJING).date()
    return date_in(str(item.get("display_publish_time") or item.get("created_at") or ""))


def rows(page: Page) -> list[Row]:
    return [
        Row(urljoin(page.url, str(item["url"])), clean(str(item["title"])), _day(item))
        for item in _articles(page)
        if item.get("url") and item.get("title")
    ]


def following(page: Page) -> str | None:
    if "_CONFIG" in page.text:
        sid, column = _SID.search(page.text), urlsplit(page.url).fragment
        return (
            urljoin(page.url, f"/gkmlpt/api/all/{column}?page=1&sid={sid[1]}")
            if sid and column.isdigit()
            else None
        )
    match = re.search(r"([?&]page=)(\d+)", page.url)
    data = _data(page)
    classify = data.get("classify")
    total = data.get("total", classify.get("post_count") if isinstance(classify, dict) else None)
    here = len(_articles(page))
    if match is None or not isinstance(total, int) or here == 0:
        return None
    number = int(match[2])
    # A last page that is shorter than the others may cost one request more, which comes back empty.
    if here * number >= total:
        return None
    return page.url[: match.start(2)] + str(number + 1) + page.url[match.end(2) :]


def named_columns(page: Page) -> list[tuple[str, str]]:
    """(address, name) of the columns that an entry page names, in their order; the address is that of the column's rows."""
    sid, tree = _SID.search(page.text), _TREE.search(page.text)
    if "_CONFIG" not in page.text or sid is None or tree is None:
        return []
    try:
        nodes, _ = json.JSONDecoder().raw_decode(page.text, tree.start(1))
    except (ValueError, RecursionError):
        return []
    found = []
    for node in _nodes(nodes):
        number, name = node.get("id"), clean(str(node.get("name") or ""))
        elsewhere = str(node.get("jump_url") or "")
        if elsewhere.startswith(("http://", "https://", "/")):
            found.append((urljoin(page.url, elsewhere), name))
        elif isinstance(number, int) and name:
            found.append((urljoin(page.url, f"/gkmlpt/api/all/{number}?page=1&sid={sid[1]}"), name))
    return found


def _nodes(nodes: Any) -> Iterator[dict[str, Any]]:
    for node in nodes if isinstance(nodes, list) else []:
        if isinstance(node, dict):
            yield node
            yield from _nodes(node.get("children"))


def article(page: Page) -> Article:
    return plain_article(page)
