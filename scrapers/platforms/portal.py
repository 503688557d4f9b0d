"""A portal of which only the home page is known: the column of reports is looked for from there.

name: portal
known-by: an entry whose listing is a home page
listing: the home page, and the columns that it leads to: 政府工作报告, else 工作报告, 规划计划, 政府公报, 政府信息公开 …, on a
    congress's site its sessions and their papers (人代会, 大会文件, 公报), best first, a few pages deep on the same site; a column that brought a report is remembered, and asked first from
    then on. A page of a family that is known by its address or its scripts is read as that family's
article: as the family's whose address it has
facts: the home page itself links to the report for some days in the season, as a headline or a picture; where a
    column lies hardly ever changes, so a look that searches is made once a week at most and ends after some pages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import ModuleType
from urllib.parse import urlsplit

from scrapers.pages import Article, Page, Row, anchors, clean
from scrapers.platforms import art_col, content_id, gkmlpt, hex_path, jpaas, plain, trs

#: Pages of one search, the home page among them, and how many links deep it goes.
MOST_PAGES, DEEPEST = 12, 3

#: How likely what stands behind a link leads to reports: words of the link, the more telling first.
_WORDS = (
    (100, re.compile(r"^(?:[一-鿿]{0,8})?政府工作报告(?:专栏|专题|汇编|全文)?$")),
    (90, re.compile(r"^(?:历年|市|本级|行署)?工作报告$|历年政府工作报告|行政公署工作报告")),
    (70, re.compile(r"规划计划|计划规划|计划总结|规划总结|工作总结|规划报告|发展规划")),
    (60, re.compile(r"政府公报|市政府公报")),
    (55, re.compile(r"法定主动公开|主动公开|公开目录|重点领域|公开内容")),
    (50, re.compile(r"信息公开|政务公开|政府公开")),
    # A congress's site: its session, by name or number, and the papers that lay before it; not news of the session.
    (
        48,
        re.compile(
            r"^.{0,10}(?:人大|人民代表大会)第?[一二三四五六七八九十]{1,3}次会议(?:专题|专栏|文件|资料)?$"
            r"|^(?:历次|历届|[一-鿿]{0,6}省|市|州|本级)?(?:人代会|人大会议|代表大会|人民代表大会|大会)(?:会议)?(?:文件|资料|专题|专栏|报告|材料)?$"
            r"|^(?:大会|会议)(?:文件|资料|报告|材料)$"
        ),
    ),
    (40, re.compile(r"^.{0,8}两会(?:专题|专栏|聚焦)?$")),
    (35, re.compile(r"^(?:市政府|政府)?(?:文件|会议|报告)$|重要文件|市政府文件|更多报告")),
    (30, re.compile(r"(?:常委会|人大)公报|^公报$|^(?:重要)?(?:报告|文献|文件)(?:资料|选登|汇编)?$")),
)

#: The same by addresses: portals call columns by the first letters of their names.
_ADDRESSES = (
    (95, re.compile(r"/(?:[a-z]*zfgzbg|zfgzbgs?)(?:[/_.]|$)", re.I)),
    (85, re.compile(r"/(?:gzbg|sgzbg)(?:[/_.]|$)", re.I)),
    (75, re.compile(r"/gkmlpt/index$")),  # names all columns
    (65, re.compile(r"/(?:ghjh|jhgh|ghjhzj|fzgh)(?:[/_.]|$)", re.I)),
    (45, re.compile(r"/(?:zfxxgk|xxgk|zwgk|fdzdgknr|zdgk)(?:[/_.]|$)", re.I)),
)

#: Addresses that lead away from columns: single articles, searches, other languages, forms.
_AWAY = re.compile(
    r"/t\d{8}_\d+\.|/art_\d+|/content_\d+\.|\.(?:pdf|docx?|xlsx?|zip|jpg|png|mp4)$|/(?:search|login|en|english|wza)/",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Column:
    """A link that may lead to reports; ``score`` from 0 to 100."""

    url: str
    title: str
    score: int


def family(page: Page) -> ModuleType:
    """The platform that a page is made by, as far as address and scripts tell; else ``plain``."""
    if "/gkmlpt/" in page.url:
        return gkmlpt
    if re.search(r"/col/col\d+/", page.url):
        return art_col
    if "jpaas-publish-server" in page.text:
        return jpaas
    if "createPageHTML" in page.text:
        return trs
    return plain


def rows(page: Page) -> list[Row]:
    """As the page's family has them; where that finds none, whatever looks like an article."""
    return family(page).rows(page) or plain.rows(page)


def following(page: Page) -> str | None:
    found: str | None = family(page).following(page)
    return found


def columns(page: Page) -> list[Column]:
    """Links of a page that may lead to reports on the same site, the likeliest first."""
    best: dict[str, Column] = {}
    links = [(url, title) for _, url, title in anchors(page)]
    for url, title in [*links, *(gkmlpt.named_columns(page) if "/gkmlpt/" in page.url else [])]:
        if url == page.url or not same_site(page.url, url) or _AWAY.search(urlsplit(url).path):
            continue
        score = _score(title, url)
        if score and score > (best[url].score if url in best else 0):
            best[url] = Column(url, title, score)
    return sorted(best.values(), key=lambda column: -column.score)


def _score(title: str, url: str) -> int:
    words = clean(title).strip("【】[]>»· ")
    path = urlsplit(url).path
    by_words = next((score for score, known in _WORDS if known.search(words)), 0)
    by_address = next((score for score, known in _ADDRESSES if known.search(path)), 0)
    return max(by_words, by_address)


def same_site(one: str, other: str) -> bool:
    """Whether two addresses belong to one portal: hosts are equal, or one lies under the other's domain
    (www.dt.gov.cn, xxgk.dt.gov.cn)."""
    here, there = (urlsplit(url).hostname or "" for url in (one, other))
    domain = here.removeprefix("www.")
    return here == there or there == domain or there.endswith(f".{domain}")


def article(page: Page) -> Article:
    for module, mark in (
        (art_col, r"/art_\d+"),
        (content_id, r"/content_\d+"),
        (hex_path, r"/[0-9a-f]{16,32}/c\.html"),
        (trs, r"/t\d{8}_\d+\."),
    ):
        if re.search(mark, page.url):
            return module.article(page)  # type: ignore[no-any-return]
    return plain.article(page)
