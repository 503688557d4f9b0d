"""A page to the text of its article: any layout, without navigation, share bars and the like."""

from __future__ import annotations

import html as entities
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urljoin

from lxml import etree

from extraction.documents.noise import without_noise
from extraction.model import DocumentError

# Standard names of the head's meta tags on government sites, by their lower-case form.
_META = {
    name.lower(): name
    for name in (
        "SiteName",
        "SiteDomain",
        "SiteIDCode",
        "ColumnName",
        "ColumnType",
        "ArticleTitle",
        "PubDate",
        "ContentSource",
        "Author",
        "Url",
    )
}

# Where known platforms keep the article: ids (#) and classes (.), the most telling first.
_BODIES = (
    "#UCAP-CONTENT #zoom #Zoom #ozoom #zoomcon .TRS_Editor .trs_editor_view .pages_content .article-content "
    ".article_content #articleContent #article-content #contentText #content_text .text_c .founder-content "
    ".article .content #content #article"
)
_RANK = {name: rank for rank, name in enumerate(_BODIES.split())}

_DROPPED_TAGS = """
    script style noscript template head title select option button textarea svg canvas video audio object
    embed map figcaption nav footer marquee iframe frame
"""
_BLOCK_TAGS = """
    address article aside blockquote body center dd details dir div dl dt fieldset figure h1 h2 h3 h4 h5 h6
    header hr html li main menu ol p pre section summary table tbody tfoot thead tr ul caption
    founder-content founder-title
"""
_DROPPED = frozenset(_DROPPED_TAGS.split())
_BLOCKS = frozenset(_BLOCK_TAGS.split())
_CONTAINERS = frozenset(
    ("div", "td", "section", "article", "main", "center", "table", "tbody", "tr", "body", "span", "font")
)
_SIDE = re.compile(
    r"share|bdshare|print|font-?size|tool-?bar|toolbox|bread|crumb|posi|location|dangqian|weizhi|copyright|footer|"
    r"foot|header|head|nav|menu|side-?bar|qrcode|ewm|erweima|relat|recommend|xgyd|xiangguan|comment|pager|pagination|"
    r"prenext|turnpage|login|search|banner|guide|editor-?name|zrbj|bianji|wx|weixin",
    re.I,
)
_HIDDEN = re.compile(r"display\s*:\s*none", re.I)
_CJK = re.compile(r"[\u3400-\u9fff]+")
_ATTACHMENT = re.compile(r"\.(?:docx?|pdf|wps|ofd|zip|rar)(?:[?#].*)?$", re.I)
_FOOT_LINE = re.compile(r"版权|主办|承办|备案|ICP|安备|邮编|地址|电话|技术支持|标识码|Copyright", re.I)

# Bounds that no real page reaches, and hostile ones do: what lies behind them takes time without end.
MAX_TAGS = 120_000
MAX_DEPTH = 250
MAX_MARKUP = 8 * 1024 * 1024


@dataclass
class Page:
    """What a page holds: article text without noise, title, head facts, links to attachments (absolute
    where the page tells its own address)."""

    text: str
    title: str
    meta: dict[str, str] = field(default_factory=dict)
    attachments: tuple[str, ...] = ()


def looks_like_html(text: str) -> bool:
    head = text[:4000].lstrip("\ufeff \t\r\n").lower()
    return bool(
        head.startswith(("<!doctype html", "<html", "<head", "<body", "<!--", "<?xml"))
        and re.search(r"<(?:html|head|body|div|p|table|meta)\b", head)
    ) or bool(re.search(r"<(?:html|body|div|p|table|br|span|meta|script)\b[^>]{0,300}/?>", head))


def read_page(markup: str) -> Page:
    """Article text of a page.

    Raises DocumentError ``no_text`` for a page without an article (a frame, links to attachments, a shell
    that a script fills), ``took_too_long`` for markup nested or broken beyond any real page.
    """
    tree = _parse(_lightened(markup))
    meta, title = _head(tree)
    attachments = _attachments(tree, meta.get("Url", ""))
    best = _render(_article(tree.root))
    for fragment in _scripted_articles(tree.scripts):
        written = _render(_article(_parse(fragment).root))
        if _weight(written) > 2 * _weight(best):
            best = written
    text = without_noise(best)
    weight = _weight(text)
    if attachments and weight < 150:
        detail = "the page only links to attachments, fetch those: " + " ".join(attachments)
        raise DocumentError("no_text", detail)
    if tree.frames and weight < 100:
        raise DocumentError("no_text", "the page is a frame, fetch what it shows: " + " ".join(tree.frames))
    if weight < 10:
        detail = "no article was found on the page (an empty shell, pictures, or a script fills it)"
        raise DocumentError("no_text", detail)
    if attachments:
        meta["attachments"] = "\n".join(attachments)
    return Page(text, title or tree.heading, meta, attachments)


def attachment_links(markup: str, base: str = "") -> tuple[str, ...]:
    """Links of a page to documents (.doc, .docx, .pdf, .wps, .ofd, archives), in order, absolute where
    ``base`` is."""
    return _attachments(_parse(_lightened(markup)), base)


def _lightened(markup: str) -> str:
    """Without inline pictures, control characters and what no parser needs; checked against hostile size."""
    if len(markup) > 1_000_000:
        markup = re.sub(r"data:[a-z]{1,20}/[a-z0-9.+-]{1,40};base64,[A-Za-z0-9+/=\s]+", "", markup)
    if len(markup) > MAX_MARKUP:
        raise DocumentError("too_large", f"{len(markup)} characters of markup")
    if markup.count("<") > MAX_TAGS:
        raise DocumentError("took_too_long", f"{markup.count('<')} tags: no page of an article has so many")
    return _UNPARSED.sub("", markup)


#: Of one class: an alternative is tried at every character of the page.
_UNPARSED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


class _Node:
    """An element: children are elements and stretches of text, in order. Weights are filled in by
    ``_weigh``."""

    __slots__ = ("attributes", "characters", "children", "prose", "stops", "tag", "text")

    def __init__(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.children: list[_Node | str] = []
        self.characters = 0  # Chinese characters inside
        self.text = 0  # ... of them, outside of links
        self.prose = 0  # ... of these, in blocks long enough to be sentences
        self.stops = 0  # full stops inside


class _Tree:
    """Receives the parser's events (lxml's target interface) and keeps what an article may be made of; what
    a page says about itself is set aside on the way."""

    def __init__(self) -> None:
        self.root = _Node("body", {})
        self.meta: list[tuple[str, str]] = []
        self.links: list[str] = []
        self.frames: list[str] = []
        self.scripts: list[str] = []
        self.title = ""
        self.heading = ""
        self._open = [self.root]
        self._unread = 0  # depth inside an element that is not kept
        self._gathered: list[str] | None = None

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "meta":
            self.meta.append(
                (attributes.get("name") or attributes.get("property") or "", attributes.get("content") or "")
            )
        elif tag == "a":
            self.links.append((attributes.get("href") or "").strip())
        elif tag in ("frame", "iframe") and (attributes.get("src") or "").strip():
            self.frames.append(attributes["src"].strip())
        if self._unread or tag in _DROPPED:
            self._unread += 1
            if tag in ("script", "title"):
                self._gathered = []
            return
        if tag in ("h1", "h2") and not self.heading:
            self._gathered = []
        node = _Node(tag, attributes)
        self._open[-1].children.append(node)
        self._open.append(node)
        if len(self._open) > MAX_DEPTH:
            raise DocumentError("took_too_long", f"tags nested over {MAX_DEPTH} deep")

    def end(self, tag: str) -> None:
        if self._gathered is not None and tag in ("script", "title", "h1", "h2"):
            gathered = "".join(self._gathered)
            self._gathered = None
            if tag == "script":
                self.scripts.append(gathered)
            elif tag == "title":
                self.title = self.title or " ".join(gathered.split())
            elif 4 <= len(heading := " ".join(gathered.split())) <= 120:
                self.heading = heading
        if self._unread:
            self._unread -= 1
        elif len(self._open) > 1:
            self._open.pop()

    def data(self, data: str) -> None:
        if self._gathered is not None:
            self._gathered.append(data)
        if not self._unread:
            self._open[-1].children.append(data)

    def close(self) -> _Tree:
        return self


def _parse(markup: str) -> _Tree:
    # An XML declaration makes lxml refuse str input; the encoding is settled already.
    markup = re.sub(r"^\s*<\?xml[^>]{0,200}\?>", "", markup)
    tree = _Tree()
    parser = etree.HTMLParser(target=tree, recover=True, no_network=True, huge_tree=False)
    try:
        etree.fromstring(markup or " ", parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError) as error:
        raise DocumentError("no_text", f"the markup holds nothing that can be read ({error})") from None
    return tree


def _head(tree: _Tree) -> tuple[dict[str, str], str]:
    meta: dict[str, str] = {}
    for name, content in tree.meta:
        known = _META.get(name.strip().lower())
        content = " ".join(content[:1000].split())
        if known and content and len(content) < 500:
            meta.setdefault(known, content)
    title = meta.get("ArticleTitle", "") or _without_site(tree.title[:1000], meta.get("SiteName", ""))
    return meta, title[:300]


def _without_site(title: str, site: str) -> str:
    """ "2026年政府工作报告_太原市人民政府门户网站" without the site's name."""
    parts = re.split(r"\s*[_|]\s*|\s+[-–—]+\s+|(?<=[\u4e00-\u9fff)）])--?(?=[\u4e00-\u9fff])", title)
    kept = [part for part in parts if part and part != site]
    with_report = [part for part in kept if "工作报告" in part]
    return (with_report or kept or [title])[0]


def _attachments(tree: _Tree, base: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for href in tree.links:
        if len(href) < 2000 and _ATTACHMENT.search(href):
            try:
                found[urljoin(base, href)] = None
            except ValueError:
                found[href] = None
    return tuple(found)


_STRING = re.compile(r""""((?:[^"\\\n]|\\.){200,})"|'((?:[^'\\\n]|\\.){200,})'|`((?:[^`\\]|\\.){200,})`""")
_LITERAL = re.compile(r""""(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'""")
_LITERALS = rf"(?:{_LITERAL.pattern})(?:\s*\+\s*(?:{_LITERAL.pattern}))*"
_WRITE = re.compile(rf"document\.write(?:ln)?\s*\(\s*({_LITERALS})")


def _scripted_articles(scripts: list[str]) -> list[str]:
    """Articles that the page's scripts would write: all document.write calls of a script together, else
    each long Chinese string; the longest few, for a report is one of them or none."""
    articles: list[str] = []
    literals: list[str] = []
    for source in sorted(scripts, key=len, reverse=True)[:20]:
        if len(source) < 200:
            continue
        written = "".join(
            _unescaped(literal[1:-1]) for m in _WRITE.finditer(source) for literal in _LITERAL.findall(m[1])
        )
        if _weight(written) > 100:
            articles.append(written)
        else:
            literals += [next(g for g in m.groups() if g is not None) for m in _STRING.finditer(source)]
    articles += [_unescaped(literal) for literal in sorted(literals, key=len, reverse=True)[:3]]
    return [article for article in sorted(articles, key=len, reverse=True)[:3] if _weight(article) > 100]


def _unescaped(literal: str) -> str:
    """A JavaScript string literal's value, HTML inside it left to the parser."""
    literal = literal.replace("\\/", "/").replace("\\'", "'").replace("\\`", "`")
    try:
        value = str(
            json.loads(
                '"' + re.sub(r'(?<!\\)"', '\\"', literal).replace("\t", "\\t").replace("\n", "\\n") + '"'
            )
        )
    except ValueError:
        value = literal
    if "&lt;" in value and "<" not in value:
        value = entities.unescape(value)
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]|[\ud800-\udfff]", "", value)


def _weight(text: str) -> int:
    """Number of Chinese characters."""
    return sum(map(len, _CJK.findall(text)))


def _words(node: _Node) -> str:
    return "".join(child if isinstance(child, str) else _words(child) for child in node.children)


@lru_cache(maxsize=2048)  # a page says the same few over and over
def _names_side(name: str) -> bool:
    return _SIDE.search(name) is not None


def _is_side(node: _Node) -> bool:
    """A small element that names itself navigation, share bar or the like, or is hidden."""
    attributes = node.attributes
    if not attributes or node.tag == "body":
        return False
    hidden = "none" in attributes.get("style", "") and _HIDDEN.search(attributes["style"])
    named = _names_side(attributes.get("class", "")[:200]) or _names_side(attributes.get("id", "")[:200])
    return bool(hidden or named) and node.characters < (1000 if hidden else 200) and node.stops < 2


def _weigh(node: _Node, bodies: list[tuple[int, _Node]]) -> None:
    """Fill in the weights from the leaves up, leave side elements out, and note elements that platforms use
    for the article, by rank."""
    kept: list[_Node | str] = []
    characters = text = prose = stops = 0
    for child in node.children:
        if isinstance(child, str):
            weight = _weight(child)
            characters += weight
            text += weight
            stops += child.count("。")
        else:
            _weigh(child, bodies)
            if _is_side(child) or (
                child.tag in ("form", "header") and child.characters < 500 and child.stops < 2
            ):
                continue
            characters += child.characters
            stops += child.stops
            text += child.text
            prose += child.prose
        kept.append(child)
    node.children = kept
    node.characters, node.stops = characters, stops
    if node.tag == "a":
        text = prose = 0
    elif text >= 40 and prose == 0 and (node.tag in _BLOCKS or node.tag == "td"):
        foot = text < 400 and _FOOT_LINE.search(_words(node))
        prose = 0 if foot else text
    node.text, node.prose = text, prose
    attributes = node.attributes
    if not attributes and node.tag not in ("founder-content", "article"):
        return
    names = [
        "#" + attributes.get("id", ""),
        *("." + c for c in attributes.get("class", "").split()[:10]),
    ]
    if node.tag in ("founder-content", "article"):
        names.append("." + node.tag)
    ranks = [_RANK[name] for name in names if name in _RANK]
    if ranks:
        bodies.append((min(ranks), node))


def _article(root: _Node) -> _Node:
    """The element that holds the article: a known platform's where it holds the bulk of the page's prose,
    else the innermost one outside of which no prose stands."""
    bodies: list[tuple[int, _Node]] = []
    _weigh(root, bodies)
    for rank in sorted({rank for rank, _ in bodies}):
        best = max((node for r, node in bodies if r == rank), key=lambda node: node.text)
        # A body that leaves a fifth of the page's prose outside is a teaser, or the article stands in two
        # parts.
        if best.text >= 30 and best.prose >= 0.8 * root.prose:
            return best
    current = root
    while current.prose:
        inner = [c for c in current.children if isinstance(c, _Node) and c.prose >= 0.95 * current.prose]
        if len(inner) != 1 or inner[0].tag not in _CONTAINERS:
            break
        current = inner[0]
    return current


_EDGE = "\ue000"  # end of a block
_BREAK = "\ue001"  # <br>
_CELL = "\ue002"  # between cells of a row
_PRIVATE = re.compile(f"[{_EDGE}{_BREAK}{_CELL}]")


def _paragraphs(node: _Node) -> int:
    """How many blocks with text stand in a cell: one that holds several is a column of the page, not of a table."""
    return sum(
        isinstance(child, _Node) and child.tag in _BLOCKS and child.characters > 0 for child in node.children
    )


def _render(root: _Node) -> str:
    """Text as a browser would lay it out: blocks and breaks end lines, everything inside a line is joined."""
    pieces: list[str] = []

    def put(node: _Node, last: bool) -> None:
        block = node.tag in _BLOCKS
        if block:
            pieces.append(_EDGE)
        elif node.tag == "br":
            pieces.append(_BREAK)
        end = len(node.children) - 1
        for index, child in enumerate(node.children):
            if isinstance(child, str):
                pieces.append(_PRIVATE.sub("", child))
            else:
                put(child, index == end)
        if block:
            pieces.append(_EDGE)
        elif node.tag in ("td", "th") and not last:
            pieces.append(_EDGE if node.characters > 60 or _paragraphs(node) > 1 else _CELL)

    put(root, True)
    return _lines("".join(pieces))


_WIDE = "\u2018-\u201d\u2026\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f"
_SOURCE_BREAK = re.compile(
    rf"(?<=[{_WIDE}])[ \t]*\n\s*(?=[{_WIDE}0-9A-Za-z])|(?<=[0-9A-Za-z%])[ \t]*\n\s*(?=[{_WIDE}])"
)


def _joined(raw: str) -> str:
    """``raw`` without what ``_SOURCE_BREAK`` finds; asked at line ends only, not at every character."""
    pieces: list[str] = []
    done, at = 0, raw.find("\n")
    while at >= 0:
        start = at
        while start > done and raw[start - 1] in " \t":
            start -= 1
        if found := _SOURCE_BREAK.match(raw, start):
            pieces.append(raw[done:start])
            done = found.end()
            at = raw.find("\n", done)
        else:
            at = raw.find("\n", at + 1)
    pieces.append(raw[done:])
    return "".join(pieces)


def _lines(raw: str) -> str:
    raw = raw.replace("\xa0", " ").replace("\u200b", "").replace("\ufeff", "").replace("\r", "\n")
    # A line end of the source inside a sentence is no blank in Chinese.
    raw = _joined(raw)
    raw = re.sub(r"[ \t\n\f\v]+", " ", raw)
    # Cells of a short row stay on its line; what is laid out as a table of paragraphs does not.
    raw = re.sub(f"(?:{_EDGE} ?)+", _EDGE, raw)  # one first: runs of a hostile page have no end
    if _CELL in raw:
        raw = re.sub(f"[ {_EDGE}]{{0,3}}{_CELL}[ {_EDGE}]{{0,3}}", "\t", raw)
    lines = (line.strip(" \t\u3000") for line in re.split(f"[{_EDGE}{_BREAK}]", raw))
    return "\n".join(line for line in lines if line)
