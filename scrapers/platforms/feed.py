"""RSS and Atom feeds, and sitemaps.

name: feed
known-by: `<rss>`, `<feed>`, `<urlset>` or `<sitemapindex>` at the head of the answer
listing: all entries in one answer; a sitemap index leads to its sitemaps, the newest first
article: an ordinary page
facts: a sitemap has no titles: there a link is told by its address alone, which the source's option
`url_pattern` has to
    match. Dates are RFC 822 in RSS and ISO 8601 elsewhere.
"""

from __future__ import annotations

from datetime import date
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from scrapers.failures import LookError
from scrapers.pages import Article, Page, Row, clean, date_in, plain_article

#: A sitemap index has no rows of its own.
LEADS_ON = True


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2].lower()


def _child(element: Element, *names: str) -> str:
    for child in element.iter():
        if child is not element and _name(child) in names and child.text and child.text.strip():
            return clean(child.text)
    return ""


def _root(page: Page) -> Element:
    try:
        root: Element = fromstring(page.text.lstrip("\ufeff \n").encode("utf-8"))
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise LookError("layout_changed", f"{page.url} is no feed: {error}") from None
    return root


def _day(text: str) -> date | None:
    found = date_in(text)
    if found or not text:
        return found
    try:
        return parsedate_to_datetime(text).date()
    except ValueError:
        return None


def _link(element: Element, base: str) -> str:
    for child in element:
        if _name(child) in ("link", "loc"):
            return urljoin(base, (child.text or child.get("href") or "").strip())
    return ""


def rows(page: Page) -> list[Row]:
    return [
        Row(
            url,
            _child(element, "title"),
            _day(_child(element, "pubdate", "published", "updated", "lastmod", "date")),
        )
        for element in _root(page).iter()
        if _name(element) in ("item", "entry", "url") and (url := _link(element, page.url))
    ]


def following(page: Page) -> str | None:
    """Of a sitemap index, its newest sitemap."""
    root = _root(page)
    if _name(root) != "sitemapindex":
        return None
    maps = [
        (_child(element, "lastmod"), _link(element, page.url))
        for element in root
        if _name(element) == "sitemap"
    ]
    return max(maps)[1] if maps else None


def article(page: Page) -> Article:
    return plain_article(page)
