"""Newspapers' electronic editions: one page an article, one index a printed page, one set of both a day.

name: epaper
known-by: `/html/YYYY-MM/DD/node_N.htm` (or `/YYYYMM/DD/`) for printed pages, `content_ID.htm` for articles
listing: `{yyyy}`, `{mm}` and `{dd}` in the listing's address stand for the day: it is asked for today's and
yesterday's
    paper. The index of the first printed page links the others (`node_2.htm` 第02版); each links its articles
article: title in `<founder-title>`, `.title` or `<h1>`; text in `<founder-content>`, `#ozoom` or `.content`
facts: a day without a paper answers 404: no failure. Reports fill a page or two and are called by their
headline, with
    政府工作报告 in the line above or below it (引题, 副题), so a title is what the link and these lines say
    together. Where the link has the headline alone, it is the article that tells: of a printed page with few
    articles, or under a headline with words of a congress, the articles are opened.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from scrapers.model import Source
from scrapers.pages import Article, Page, Row, anchors, clean, date_in_url, plain_article

#: A paper's first page may be all pictures.
LEADS_ON = True

_ARTICLE = re.compile(r"/content_\d+(_\d+)?\.s?html?$", re.I)
_NODE = re.compile(r"/node_\d+(_\d+)?\.s?html?$", re.I)
_DAYS_BACK = 2

#: A report fills its printed page; articles beside many others are opened only when their headline says congress.
_FEW_ARTICLES = 3
#: Articles opened a look, and pictures' captions and the like that are not.
MOST_OPENED = 8
_OF_A_CONGRESS = re.compile(r"报告|人民代表大会|人代会|两会|十[一二三四五六七八九]届|代市长|市长|州长|区长")
_NO_REPORT = re.compile(r"^(?:广告|公告|图片新闻|天气|报头|导读|要闻|声明|责任?编|第\d+版)|讣告|启事")


def starts(source: Source, today: date, days: int = _DAYS_BACK) -> list[str]:
    """The addresses of the last days' papers, the newest first."""
    dates = [today - timedelta(days=back) for back in range(days)]
    return [
        listing.replace("{yyyy}", f"{day:%Y}").replace("{mm}", f"{day:%m}").replace("{dd}", f"{day:%d}")
        for day in dates
        for listing in source.listings
    ]


def rows(page: Page) -> list[Row]:
    found: dict[str, Row] = {}
    for _, url, title in anchors(page):
        if (
            _ARTICLE.search(url)
            and len(title) >= 4
            and len(title) > len(found[url].title if url in found else "")
        ):
            found[url] = Row(url, title, date_in_url(url))
    return list(found.values())


def worth_opening(page: Page, listed: list[Row]) -> list[Row]:
    """Of a printed page's articles, those that may be the report although their link does not say so."""
    return [
        row
        for row in listed
        if not _NO_REPORT.search(row.title)
        and (len(listed) <= _FEW_ARTICLES or _OF_A_CONGRESS.search(row.title))
    ]


def following(page: Page) -> str | None:
    """The printed page after this one, in the order of the day's index."""
    nodes = list(dict.fromkeys(url for _, url, _ in anchors(page) if _NODE.search(url)))
    here = page.url.partition("#")[0]
    if here in nodes:
        return nodes[nodes.index(here) + 1] if nodes.index(here) + 1 < len(nodes) else None
    return nodes[0] if nodes else None


def article(page: Page) -> Article:
    found = plain_article(page)
    lines = [
        clean(element.text_content())
        for element in page.tree.xpath(
            "//founder-title | //founder-introtitle | //founder-subtitle "
            "| //*[@class='introtitle' or @class='title' or @class='subtitle']"
        )
    ]
    title = clean(" ".join(dict.fromkeys(line for line in lines if line)))
    return Article(
        title or found.title, date_in_url(page.url) or found.published, found.site, found.origin, ()
    )
