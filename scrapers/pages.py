"""What platforms share: a page taken apart, links with titles and dates, the head's facts, attachments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from urllib.parse import parse_qs, unquote, urljoin, urlsplit

import lxml.html
from lxml import etree

from extraction.documents.encoding import declared_charset, decode
from extraction.model import DocumentError
from scrapers.failures import LookError

DOCUMENT_SUFFIXES = (".pdf", ".docx", ".doc", ".wps")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a listing: a link with its title, and the day beside it."""

    url: str
    title: str
    published: date | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """What an article's page says of itself. attachments are the documents to read instead of the page: they
    are given only where the page itself holds no report."""

    title: str
    published: date | None = None
    site: str = ""
    origin: str = ""
    attachments: tuple[Row, ...] = ()


@dataclass
class Page:
    """A page as text, with the address it came from."""

    url: str
    text: str
    running: list[str] | None = None  # see `running_text`

    @cached_property
    def tree(self) -> lxml.html.HtmlElement:
        """Never fails: what cannot be parsed is an empty page."""
        try:
            # lxml refuses text that declares an encoding, and declarations lie: give it bytes in one we know.
            parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=False)
            return lxml.html.document_fromstring(self.text.encode("utf-8", "replace"), parser=parser)
        except (etree.ParserError, etree.XMLSyntaxError, ValueError):
            return lxml.html.document_fromstring("<html></html>")

    @cached_property
    def base(self) -> str:
        href = self.tree.xpath("string(//base/@href)")
        return urljoin(self.url, href.strip()) if href else self.url


def page_of(body: bytes, url: str, *, media_type: str = "", charset: str = "") -> Page:
    """The page in the bytes of an answer. Raises LookError ``wrong_content_type`` for what is no text."""
    if (
        body[:5] == b"%PDF-"
        or body[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x89PNG", b"GIF8")
        or body[:2] == b"\xff\xd8"
    ):
        raise LookError("wrong_content_type", f"{url} is no page but {body[:4]!r}…")
    declared = declared_charset(body, f"{media_type}; charset={charset}" if charset else None)
    try:
        return Page(url, decode(body, declared=declared).text)
    except DocumentError as error:
        raise LookError("wrong_content_type", f"{url}: {error.detail}") from None


def clean(text: str) -> str:
    return re.sub(r"[\s\u3000\u00a0]+", " ", text).strip(" ·•\ufeff")


def title_of(anchor: lxml.html.HtmlElement) -> str:
    """The longer of what a link shows and its title attribute: listings cut long titles off (…)."""
    shown, full = clean(anchor.text_content()), clean(anchor.get("title") or anchor.get("alt") or "")
    if anchor.tag not in ("a", "area"):
        # A list item that opens its article when clicked on shows its day as well.
        shown = re.sub(r"[\[(（]?(?:19|20)\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}日?[\])）]?$", "", shown).strip()
    return full if len(full) >= len(shown.rstrip(".…")) and full else shown


#: An address within a script: absolute, or from the root, or a file of a kind that reports come in.
_IN_SCRIPT = re.compile(
    r"""["'](https?://[^"'\s<>]+|\.{0,2}/[^"'\s<>]+|[\w./-]+\.(?:s?html?|jsp|aspx?|php|pdf|docx?|wps)(?:\?[^"'\s<>]*)?)["']""",
    re.I,
)
_ELSEWHERE = ("onclick", "data-href", "data-url", "data-link")
#: A file beside the page, as an attribute for addresses names it.
_BESIDE = re.compile(r"^[\w-][\w./-]*\.(?:s?html?|pdf|docx?|wps)(?:[?#]\S*)?$", re.I)


def _address(element: lxml.html.HtmlElement) -> str:
    """Where an element leads: its href, else an address in its script or its data, else nothing. A script that only
    makes an address (``show(123)``) leads nowhere that we could know."""
    href = (element.get("href") or "").strip()
    if href and not href.startswith(("#", "javascript:", "mailto:", "tel:", "data:")):
        return href
    for value in (href, *(element.get(name) or "" for name in _ELSEWHERE)):
        if found := _IN_SCRIPT.search(value):
            return found[1]
        if value.startswith(("http://", "https://", "/", "./", "../")) or _BESIDE.match(value):
            return value
    return ""


def anchors(page: Page, inside: str = "") -> Iterator[tuple[lxml.html.HtmlElement, str, str]]:
    """(element, absolute address, title) of the links of a page, or of what an XPath selects in it: anchors, fields of
    image maps, and whatever opens an address when it is clicked on."""
    roots = page.tree.xpath(inside) if inside else [page.tree]
    for root in roots:
        for element in root.iter():
            if element.tag not in ("a", "area") and not (
                isinstance(element.tag, str) and any(element.get(name) for name in _ELSEWHERE)
            ):
                continue
            href = _address(element)
            if not href:
                continue
            try:
                url = urljoin(page.base, href)
            except ValueError:
                continue
            if url.startswith(("http://", "https://", "file://")):
                yield element, url.partition("#")[0], title_of(element)


_DATE = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)")
_URL_DATES = (
    re.compile(r"/t((?:19|20)\d{2})(\d{2})(\d{2})_"),  # TRS: t20260209_123.html
    re.compile(r"/((?:19|20)\d{2})[/-](\d{1,2})[/-](\d{1,2})/"),  # /2026/2/9/, /2026-02/09/ after joining
    re.compile(r"/((?:19|20)\d{2})(\d{2})[/-](\d{2})/"),  # e-papers: /202602/09/
    re.compile(r"/((?:19|20)\d{2})(\d{2})(\d{2})/"),  # /20260209/
)


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def date_in(text: str) -> date | None:
    """The first date in a text: 2026-02-09, 2026年2月9日, 2026/2/9."""
    for match in _DATE.finditer(text):
        if found := _date(*match.groups()):
            return found
    return None


def date_in_url(url: str) -> date | None:
    path = urlsplit(url).path
    for pattern in _URL_DATES:
        for match in pattern.finditer(path):
            if found := _date(*match.groups()):
                return found
    return None


def row_date(anchor: lxml.html.HtmlElement, url: str) -> date | None:
    """The day of a listing's line: in the innermost list item, table row or block around the link, else in
    its address."""
    # What is no anchor (a list item that opens its article when clicked on) holds its day itself.
    element = anchor.getparent() if anchor.tag in ("a", "area") else anchor
    for _ in range(3):
        if element is None or element.tag in ("ul", "ol", "table", "tbody", "body"):
            break
        if sum(1 for _ in element.iter("a")) > 2:
            break
        if found := date_in(element.text_content()):
            return found
        element = element.getparent()
    return date_in_url(url)


_LIKE_AN_ARTICLE = re.compile(
    r"\.(s?html?|jsp|aspx?|php|pdf|docx?|wps)$|/\d{4,}|[?&](id|aid|cid|docid)=", re.I
)
_INDEX = re.compile(r"/(index|list|default)(_\d+)?\.\w+$|/col/|/node_", re.I)


def plain_rows(page: Page, inside: str = "") -> list[Row]:
    """Links that look like articles: a title of six characters or more, an address that is no index."""
    found: dict[str, Row] = {}
    for anchor, url, title in anchors(page, inside):
        if len(title) < 6 or url == page.url or _INDEX.search(urlsplit(url).path):
            continue
        if _LIKE_AN_ARTICLE.search(url):
            row = Row(url, title, row_date(anchor, url))
            known = found.get(url)
            if known is None or len(title) > len(known.title):
                found[url] = row
    return list(found.values())


_NEXT_WORDS = ("下一页", "下页", "后一页", "下一頁", "next", ">", "›", "»")


def following_link(page: Page) -> str | None:
    """The address behind 下一页, where it is an ordinary link to another page of the same host."""
    for anchor, url, _ in anchors(page):
        shown = clean(anchor.text_content()).lower()
        if shown in _NEXT_WORDS or (anchor.get("rel") or "") == "next":
            here, there = urlsplit(page.url), urlsplit(url)
            if there.netloc == here.netloc and url != page.url:
                return url
    return None


def head_facts(page: Page) -> dict[str, str]:
    """The standard head tags of government sites (SiteName, ColumnName, ArticleTitle, PubDate, ContentSource
    …)."""
    facts: dict[str, str] = {}
    for meta in page.tree.iter("meta"):
        name, content = meta.get("name"), meta.get("content")
        if name and content and content.strip():
            facts.setdefault(name.lower(), clean(content))
    return facts


_OUTSIDE = ("script", "style", "nav", "header", "footer", "form", "noscript", "iframe", "head")


_BLOCKS = ("p", "div", "td", "section", "article", "li", "ul", "ol", "table", "tr", "tbody", "h1", "h2", "h3")


def _has_clause(text: str) -> bool:
    return "，" in text or "。" in text or "；" in text or "," in text


def running_text(page: Page) -> list[str]:
    """Text of blocks outside navigation that hold a full stop or a comma, in order. A sentence that is split
    over many ``<span>`` is one text."""
    if page.running is None:
        page.running = list(_running_text(page))
    return page.running


def _running_text(page: Page) -> Iterator[str]:
    for element in page.tree.iter("p", "div", "td", "section", "article"):
        parts = [element.text or ""]
        for child in element:
            inline = (
                isinstance(child.tag, str) and child.tag not in _BLOCKS and child.tag not in (*_OUTSIDE, "a")
            )
            if inline and next(child.iter(*_BLOCKS), None) is None:
                parts.append(child.text_content())
            parts.append(child.tail or "")
        own = "".join(parts)
        if _has_clause(own) and not any(parent.tag in _OUTSIDE for parent in element.iterancestors()):
            yield clean(own)


def visible_length(page: Page) -> int:
    """Characters of running text."""
    return sum(len(text) for text in running_text(page))


#: A page with less running text than this holds no report (the shortest abstracts have some 2,000
#: characters).
SHORTEST_REPORT = 800


def _is_document(url: str, title: str) -> bool:
    """By the address, or by the file's name in the link's text (download.jsp?id=17 → 报告.docx)."""
    return urlsplit(url).path.lower().endswith(DOCUMENT_SUFFIXES) or title.lower().endswith(DOCUMENT_SUFFIXES)


def _embedded(page: Page) -> Iterator[str]:
    """Documents shown inside the page: in a frame of their own, or through a viewer
    (viewer.html?file=/x.pdf)."""
    for element in page.tree.iter("iframe", "embed", "object"):
        source = element.get("src") or element.get("data") or ""
        viewed = parse_qs(urlsplit(source).query).get("file", [source])[0]
        if urlsplit(viewed).path.lower().endswith(DOCUMENT_SUFFIXES):
            url = urljoin(page.base, viewed)
            if url.startswith(("http://", "https://")):
                yield url.partition("#")[0]


def attachments(page: Page, pattern: str) -> tuple[Row, ...]:
    """Documents linked from, or shown in, a page that holds no report itself: of several, those that are
    named like reports."""
    if visible_length(page) >= SHORTEST_REPORT:
        return ()
    found: dict[str, Row] = {}
    for _, url, title in anchors(page):
        if _is_document(url, title):
            name = title or unquote(urlsplit(url).path.rpartition("/")[2])
            found.setdefault(url, Row(url, name, date_in_url(url)))
    for url in _embedded(page):
        found.setdefault(url, Row(url, file_name(url), date_in_url(url)))
    named = [row for row in found.values() if re.search(pattern, row.title)]
    return tuple(named or found.values())


def plain_article(page: Page, *, pattern: str = "报告") -> Article:
    """Head tags first, then the page's own headings."""
    facts = head_facts(page)
    heading = page.tree.xpath("string(//h1)") or page.tree.xpath("string(//title)")
    published = date_in(facts.get("pubdate", "")) or date_in_url(page.url)
    if published is None:
        published = date_in(clean(page.tree.text_content())[:3000])
    return Article(
        title=facts.get("articletitle") or clean(heading),
        published=published,
        site=facts.get("sitename", ""),
        origin=facts.get("contentsource", ""),
        attachments=attachments(page, pattern),
    )


def is_empty_of_content(page: Page) -> bool:
    """A stub: next to no text and next to no links."""
    return len(clean(page.tree.text_content())) < 60 and sum(1 for _ in anchors(page)) < 3


_GONE = re.compile(
    r"404|页面(不存在|找不到|走丢|已删除|未找到)|(您|你)访问的(页面|内容|文章)|(无法|没有)找到|not\s*found",
    re.I,
)


def says_not_found(page: Page) -> bool:
    """A page that says in its title, or in hardly any other words, that there is no such page."""
    title = page.tree.xpath("string(//title)")
    text = clean(page.tree.text_content())
    return bool(_GONE.search(title)) or (len(text) < 400 and bool(_GONE.search(text)))


def file_name(url: str) -> str:
    """The last part of an address, as a person would know the file."""
    return unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2]) or urlsplit(url).netloc
