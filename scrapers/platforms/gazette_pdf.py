"""Government gazettes (政府公报): the report stands among the documents of an issue.

name: gazette_pdf
known-by: a list of issues (2026年第1期) that lead to a page of contents, which leads to each document as a page or a PDF
listing: links to issues, as links or in a `<recordset>`, and whatever else looks like an article; where it names years
    and no issue, those of the last year, one page further. The default title pattern means the first twelve issues of
    a year, in which reports stand, and the report itself. `{yyyy}` in the listing's address stands for the season's year
article: an issue's contents. What it leads to under the report's name is fetched, page or PDF; contents of other issues
    end there
facts: the one PDF of a whole issue (下载本期) is not taken: it holds other documents before and behind the report,
    whose figures would be read as the report's. Where a gazette links the documents themselves from its list, the
    report is its own article.
"""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import urlsplit

from scrapers.model import Source
from scrapers.pages import (
    SHORTEST_REPORT,
    Article,
    Page,
    Row,
    anchors,
    clean,
    date_in_url,
    plain_article,
    plain_rows,
    row_date,
    visible_length,
)
from scrapers.platforms import art_col
from scrapers.season import report_year
from scrapers.titles import is_a_reports_title

#: What a row must be called, where the entry says nothing: an early issue of the year, or the report.
TITLE_PATTERN = (
    r"第\s*0{0,2}(?:[1-9]|1[0-2])(?:\s*[、,，~－—-]\s*\d{1,2})?\s*[期号]"
    r"|第(?:十[一二]|[一二三四五六七八九十])[期号]"
    r"|(?:政府|行署|行政公署)(?:\d{4}年度?)?工作报告"
)
#: An issue's page is no document, and what it leads to may be pages.
CONTENTS = True

_ISSUE = re.compile(r"第\s*[\d一二三四五六七八九十]+(?:\s*[、,，~－—-]\s*\d+)?\s*[期号]")


_YEAR = re.compile(r"(20\d\d)\s*(?:年度?)?(?:\S{0,12}公报)?")


def starts(source: Source, today: date) -> list[str]:
    """The addresses of the season's year."""
    year = str(report_year(today))
    return [listing.replace("{yyyy}", year) for listing in source.listings]


def leads_to(page: Page) -> str | None:
    """The last year's page, where a page names years and neither an issue nor the report."""
    page = art_col.unwrapped(page)
    years: dict[str, str] = {}
    for _, url, title in anchors(page):
        if _ISSUE.search(title) or is_a_reports_title(title):
            return None
        year = _YEAR.fullmatch(title)
        if year and url != page.url and urlsplit(url).hostname == urlsplit(page.url).hostname:
            years.setdefault(year[1], url)
    return years[max(years)] if years else None


def rows(page: Page) -> list[Row]:
    page = art_col.unwrapped(page)
    found: dict[str, Row] = {}
    for anchor, url, title in anchors(page):
        # An issue that is one PDF from its first page to its last is none of ours: see above.
        if _ISSUE.search(title) and url != page.url and not urlsplit(url).path.lower().endswith(".pdf"):
            found.setdefault(url, Row(url, title, row_date(anchor, url)))
    for row in plain_rows(page):
        if not (_ISSUE.search(row.title) and urlsplit(row.url).path.lower().endswith(".pdf")):
            found.setdefault(row.url, row)
    return list(found.values())


def following(page: Page) -> str | None:
    return art_col.following(page)


def is_contents(page: Page) -> bool:
    """Whether a page is that of an issue, and not of a document in it."""
    return visible_length(page) < SHORTEST_REPORT or not is_a_reports_title(plain_article(page).title)


def article(page: Page) -> Article:
    found = plain_article(page)
    documents: dict[str, Row] = {}
    if is_contents(page):
        for _, url, title in anchors(art_col.unwrapped(page)):
            # Contents are numbered, and end in the page's number: 1. 政府工作报告……3
            words = clean(re.sub(r"^[\d（()）一二三四五六七八九十、.．\s]+|[.…·\s]+\d*$", "", title))
            if is_a_reports_title(words) and url != page.url and urlsplit(url).scheme in ("http", "https"):
                documents.setdefault(url, Row(url, words, date_in_url(url)))
    return Article(found.title, found.published, found.site, found.origin, tuple(documents.values()))
