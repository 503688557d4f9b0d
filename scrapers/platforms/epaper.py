"""Newspapers' electronic editions: one page an article, one index a printed page, one set of both a day.

name: epaper
known-by: `/html/YYYY-MM/DD/node_N.htm` (or `/YYYYMMDD/DD/`, `/layout/YYYYMM/DD/node_01.html`) for printed pages,
    `content_ID.htm` for articles; also `/shtml/PAPER/YYYYMMDD/v01.html` with `ID.html` (or `.shtml`), and
    `/content/YYYYMMDD/Page01NU.htm` with `Articel01002MT.htm`
listing: `{yyyy}`, `{mm}` and `{dd}` in the listing's address stand for the day: it is asked for today's and
yesterday's
    paper. The index of the first printed page links the others (`node_2.htm` 第02版); each links its articles. Where
    the first page's number is another every day, the listing is the month's index, which names it: `navi.xml#{dd}`
    (`<date>`, `<url>`) or `period.xml#{dd}` (`<period_date>`, `<front_page>`). A whole issue may be one page
    (`YYYYMMDD_m.html`, articles in `data-href`)
article: title in `<founder-title>`, `.title` or `<h1>`; text in `<founder-content>`, `#ozoom` or `.content`
facts: a day without a paper answers 404: no failure. Reports fill a page or two and are called by their
headline, with
    政府工作报告 in the line above or below it (引题, 副题), so a title is what the link and these lines say
    together. Where the link has the headline alone, it is the article that tells: of a printed page with few
    articles, or under a headline with words of a congress, the articles are opened. The lines of a title are
    `#PreTitle`, `#Title`, `#SubTitle` in layouts of /YYYYMM/DD/, `td.font01` and `td.font02` in older ones,
    `.bmnr_con_yinti` and so on where printed pages are called `page_01.htm`, `#guide`, `#main-title` and `#sub-title`
    where an issue is one page, `<h1>` between `<h2>` under `/shtml/`. First pages link the paper of the day
    before (上一期): only pages of the same day are followed. While a congress sits the first page says so: without a
    word of one, on it or in the weeks before, the rest of the paper is not asked for.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from scrapers.failures import LookError
from scrapers.model import Source
from scrapers.pages import Article, Page, Row, anchors, clean, date_in_url, plain_article

#: A paper's first page may be all pictures.
LEADS_ON = True

#: Also content_rb_123.htm (Chongqing), and c123.html and col01.html, lA01.html, node01.html beside a day.
_ARTICLE = re.compile(
    r"/content_(?:[a-z]+_)?\d+(_\d+)*\.s?html?$|/\d{6}/\d{2}/c\d+\.html?$"
    r"|/shtml/\w+/\d{8}/\d+\.s?html$|/\d{8}/articel\w+\.htm$",
    re.I,
)
_NODE = re.compile(
    r"/(?:node_[a-z]{0,2}\d+[a-z]?(_\d+)?|page_\d+|\d{3}/node)\.s?html?$"
    r"|/\d{6}/\d{2}/(?:node|col|l)[a-z]{0,2}\d+\.html?$"
    r"|/shtml/\w+/\d{8}/v\d+\.s?html$|/\d{8}/page\d+nu\.htm$",
    re.I,
)
#: A month's index of issues, and what its elements are called: the day's, and the address of its first page.
_MONTHS = {"navi.xml": ("date", "url"), "period.xml": ("period_date", "front_page")}
_MONTH = re.compile(r"/(\d{4})-?(\d{2})/(?:navi|period)\.xml$")
#: What these systems add to the address of one and the same page.
_SAME_PAGE = re.compile(r"\?(?:div=-?\d+|v=\d+)$")
_DAYS_BACK = 2

#: A report fills its printed page; articles beside many others are opened only when their headline says congress.
_FEW_ARTICLES = 3
#: Articles opened a look, and pictures' captions and the like that are not.
MOST_OPENED = 8
_OF_A_CONGRESS = re.compile(r"报告|人民代表大会|人代会|两会|十[一二三四五六七八九]届|代市长|市长|州长|区长")
#: Words that a first page has while a congress sits, or when its report is printed; not those of its standing
#: committee, which meets all year.
_IN_SESSION = re.compile(r"人民代表大会(?!制度|常务)|人代会|两会|[届次]人大(?!常委)|工作报告")
_NO_REPORT = re.compile(r"^(?:广告|公告|图片新闻|天气|报头|导读|要闻|声明|责任?编|第\d+版)|讣告|启事")


def starts(source: Source, today: date, days: int = _DAYS_BACK) -> list[str]:
    """The addresses of the last days' papers, the newest first."""
    dates = [today - timedelta(days=back) for back in range(days)]
    return [
        listing.replace("{yyyy}", f"{day:%Y}").replace("{mm}", f"{day:%m}").replace("{dd}", f"{day:%d}")
        for day in dates
        for listing in source.listings
    ]


def leads_to(page: Page) -> str | None:
    """The day's first printed page, where a page is the month's index of issues; None where it is none. Raises LookError
    ``not_found`` where the index has no paper of that day."""
    parts = urlsplit(page.url)
    names = _MONTHS.get(parts.path.rpartition("/")[2])
    month = _MONTH.search(parts.path)
    if names is None or month is None or not parts.fragment.isdigit():
        return None
    day = f"{month[1]}-{month[2]}-{parts.fragment}"
    try:
        # What the head says of its encoding was true of the bytes, not of this text.
        root = fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", page.text.lstrip("\ufeff")).strip())
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise LookError("layout_changed", f"{page.url} is no index of a month: {error}") from None
    for issue in root.iter():
        said = {child.tag: (child.text or "").strip() for child in issue}
        if said.get(names[0]) == day and said.get(names[1]):
            first = said[names[1]]
            # The name of a file, or an address from the month's folder that begins with the day, with or without ../.
            first = re.sub(r"^(?:\.{1,2}/)+", "", first)
            folder = "" if "/" in first else f"{parts.fragment}/"
            return urljoin(page.url, folder + first)
    raise LookError("not_found", f"{page.url} names no paper of {day}")


def rows(page: Page) -> list[Row]:
    found: dict[str, Row] = {}
    for _, address, title in anchors(page):
        url = _SAME_PAGE.sub("", address)
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


def of_a_congress(listed: list[Row]) -> bool:
    """Whether headlines speak of a people's congress in session."""
    return any(_IN_SESSION.search(row.title) for row in listed)


def is_printed_page(url: str) -> bool:
    """Whether an address is that of a printed page's index, as far as its form tells."""
    return bool(_NODE.search(url))


def following(page: Page) -> str | None:
    """The printed page after this one, in the order of the day's index."""
    here = _SAME_PAGE.sub("", page.url.partition("#")[0])
    pages = (_SAME_PAGE.sub("", url) for _, url, _ in anchors(page))
    day = date_in_url(here)
    nodes = list(dict.fromkeys(url for url in pages if is_printed_page(url) and date_in_url(url) == day))
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
            "| //*[@id='PreTitle' or @id='Title' or @id='SubTitle']"
            "| //td[@class='font01' or @class='font02']"
            "| //*[@class='bmnr_con_yinti' or @class='bmnr_con_biaoti' or @class='bmnr_con_futi']"
            "| //*[@id='guide' or @id='main-title' or @id='sub-title']"
        )
    ]
    if not any(lines) and "/shtml/" in page.url:
        lines = [clean(element.text_content()) for element in page.tree.xpath("//h1 | //h2")]
    title = clean(" ".join(dict.fromkeys(line for line in lines if line)))
    return Article(
        title or found.title, date_in_url(page.url) or found.published, found.site, found.origin, ()
    )
