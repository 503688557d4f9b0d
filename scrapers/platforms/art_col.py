"""The record-set family (Hanweb JCMS): `/art/` and `/col/`.

name: art_col
known-by: article addresses `/art/YYYY/M/D/art_COLUMN_ID.html`, listings `/col/colNNN/index.html`
listing: the rows are not links of the page but HTML inside `<record><![CDATA[…]]></record>` of a
`<recordset>`, which a
    script shows; further rows come as the same XML from the address in `<nextgroup>` (`dataproxy.jsp`)
article: head tags; body in `#zoom`
facts: some columns are served with plain links instead; then these are the rows. Column pages answer 200 with
the home
    page when the column's number is unknown.
"""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin

from scrapers.pages import Article, Page, Row, following_link, plain_article, plain_rows

_RECORD = re.compile(r"<record>\s*<!\[CDATA\[(.*?)\]\]>\s*</record>", re.S | re.I)
_NEXT = re.compile(r"<nextgroup>\s*<!\[CDATA\[(.*?)\]\]>\s*</nextgroup>", re.S | re.I)
_HREF = re.compile(r"href\s*=\s*[\"']([^\"']+)", re.I)
_ARTICLE = re.compile(r"/art/\d{4}/\d{1,2}/\d{1,2}/art_\d+_\d+\.html|\.(pdf|docx?|wps)$", re.I)


def unwrapped(page: Page) -> Page:
    """A page whose records are the list that they make; any other page is what it was."""
    records = _RECORD.findall(page.text)
    # Each record is a piece of HTML of its own; together they make a list that reads like any other.
    return (
        Page(page.url, "<ul>" + "".join(f"<li>{record}</li>" for record in records) + "</ul>")
        if records
        else page
    )


def rows(page: Page) -> list[Row]:
    return [row for row in plain_rows(unwrapped(page)) if _ARTICLE.search(row.url)]


def following(page: Page) -> str | None:
    group = _NEXT.search(page.text)
    if group and (href := _HREF.search(group[1])):
        url = urljoin(page.url, html.unescape(href[1]))
        return url if url != page.url else None
    return following_link(page)


def article(page: Page) -> Article:
    return plain_article(page)
