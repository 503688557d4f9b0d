"""Government gazettes (政府公报): the report stands inside an issue's PDF.

name: gazette_pdf
known-by: a list of issues (2026年第1期) that lead to a page of contents with one PDF, or straight to the PDF
listing: links to issues; the source's title pattern means the issue's name (第\\d+期), not the report's
article: an issue's contents. Only where these name 政府工作报告 is the PDF fetched; contents of other issues
end there
facts: the report is in the first or second issue of the year as a rule; a PDF holds other documents before
and behind it.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from scrapers.pages import (
    Article,
    Page,
    Row,
    anchors,
    clean,
    date_in_url,
    following_link,
    plain_article,
    row_date,
)

_ISSUE = re.compile(r"第\s*[\d一二三四五六七八九十]+\s*[期号]")


def rows(page: Page) -> list[Row]:
    found: dict[str, Row] = {}
    for anchor, url, title in anchors(page):
        if _ISSUE.search(title):
            found.setdefault(url, Row(url, title, row_date(anchor, url)))
    return list(found.values())


def following(page: Page) -> str | None:
    return following_link(page)


def article(page: Page) -> Article:
    found = plain_article(page)
    attachments: dict[str, Row] = {}
    if "政府工作报告" in clean(page.tree.text_content()):
        for _, url, title in anchors(page):
            if urlsplit(url).path.lower().endswith(".pdf"):
                attachments.setdefault(url, Row(url, title or found.title, date_in_url(url)))
    return Article(found.title, found.published, found.site, found.origin, tuple(attachments.values()))
