"""A page to the text of its article: any layout, without navigation, share bars and the like."""

from __future__ import annotations

import html as entities
import json
import re
from dataclasses import dataclass, field
from urllib.parse import urljoin

from lxml import etree
from lxml import html as lxml_html

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

# Where known platforms keep the article, the most telling first.
_BODIES = (
    "//*[@id='UCAP-CONTENT']",
    "//*[@id='zoom' or @id='Zoom' or @id='ozoom' or @id='zoomcon']",
    "//*[contains(concat(' ',normalize-space(@class),' '),' TRS_Editor ')]",
    "//*[contains(concat(' ',normalize-space(@class),' '),' trs_editor_view ')]",
    "//*[contains(concat(' ',normalize-space(@class),' '),' pages_content ')]",
    "//*[contains(concat(' ',normalize-space(@class),' '),' article-content ')]",
    "//*[contains(concat(' ',normalize-space(@class),' '),' article_content ')]",
    "//*[@id='articleContent' or @id='article-content' or @id='contentText' or @id='content_text']",
    "//*[contains(concat(' ',normalize-space(@class),' '),' text_c ')]",
    "//*[local-name()='founder-content']",
    "//*[contains(concat(' ',normalize-space(@class),' '),' article ')]",
    "//*[contains(concat(' ',normalize-space(@class),' '),' content ')]",
    "//article",
    "//*[@id='content' or @id='article']",
)

_DROPPED_TAGS = """
    script style noscript template head select option button input textarea form svg canvas video audio object
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
_CJK = re.compile(r"[\u3400-\u9fff]")
_ATTACHMENT = re.compile(r"\.(?:docx?|pdf|wps|ofd|zip|rar)(?:[?#].*)?$", re.I)
_FOOT_LINE = re.compile(r"版权|主办|承办|备案|ICP|安备|邮编|地址|电话|技术支持|标识码|Copyright", re.I)

# Bounds that no real page reaches, and hostile ones do: what lies behind them takes time without end.
MAX_TAGS = 400_000
MAX_DEPTH = 400
MAX_MARKUP = 24 * 1024 * 1024


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
    markup = _lightened(markup)
    root = _parse(markup)
    meta, title = _head(root)
    base = meta.get("Url", "")
    attachments = _attachments(root, base)
    frames = [str(src) for src in root.xpath("//frame/@src | //iframe/@src") if str(src).strip()]
    scripted = _scripted_articles(root)
    _strip(root)
    best = _render(_article(root))
    for fragment in scripted:
        inner = _parse(fragment)
        _strip(inner)
        candidate = _render(_article(inner))
        if len(_CJK.findall(candidate)) > 2 * len(_CJK.findall(best)):
            best = candidate
    text = without_noise(best)
    weight = len(_CJK.findall(text))
    if attachments and weight < 150:
        raise DocumentError(
            "no_text", "the page only links to attachments, fetch those: " + " ".join(attachments)
        )
    if frames and weight < 100:
        raise DocumentError("no_text", "the page is a frame, fetch what it shows: " + " ".join(frames))
    if weight < 10:
        raise DocumentError(
            "no_text", "no article was found on the page (an empty shell, pictures, or a script fills it)"
        )
    if attachments:
        meta["attachments"] = "\n".join(attachments)
    return Page(text, title or _first_heading(root), meta, attachments)


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
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udfff]", "", markup)


def _parse(markup: str) -> lxml_html.HtmlElement:
    if _too_deep(markup):
        raise DocumentError("took_too_long", f"tags nested over {MAX_DEPTH} deep")
    # An XML declaration makes lxml refuse str input; the encoding is settled already.
    markup = re.sub(r"^\s*<\?xml[^>]{0,200}\?>", "", markup)
    parser = lxml_html.HTMLParser(
        recover=True, no_network=True, remove_comments=True, remove_pis=True, huge_tree=False
    )
    try:
        root = lxml_html.document_fromstring(markup or "<html></html>", parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise DocumentError("no_text", f"the markup holds nothing ({error})") from None
    return root


_NESTING = re.compile(
    r"<(/?)(div|table|tbody|tr|td|span|font|b|i|u|em|strong|ul|ol|li|dl|a|section|blockquote|center|p|sup|sub)\b",
    re.I,
)


def _too_deep(markup: str) -> bool:
    """Open tags that stay open, an upper bound of the depth: the tree is walked and the parser is quadratic
    in it."""
    if markup.count("<") < MAX_DEPTH:
        return False
    depth = 0
    for match in _NESTING.finditer(markup):
        name = match[2].lower()
        if match[1]:
            depth = max(0, depth - 1)
        elif name not in ("p", "li", "td", "tr"):  # these close themselves
            depth += 1
            if depth > MAX_DEPTH:
                return True
    return False


def _head(root: lxml_html.HtmlElement) -> tuple[dict[str, str], str]:
    meta: dict[str, str] = {}
    for tag in root.iter("meta"):
        name = (tag.get("name") or tag.get("property") or "").strip().lower()
        content = " ".join((tag.get("content") or "").split())
        if name in _META and content and len(content) < 500:
            meta.setdefault(_META[name], content)
    title = meta.get("ArticleTitle", "")
    if not title:
        element = root.find(".//title")
        title = " ".join((element.text_content() if element is not None else "").split())
        title = _without_site(title, meta.get("SiteName", ""))
    return meta, title[:300]


def _without_site(title: str, site: str) -> str:
    """ "2026年政府工作报告_太原市人民政府门户网站" without the site's name."""
    parts = re.split(r"\s*[_|]\s*|\s+[-–—]+\s+|(?<=[\u4e00-\u9fff)）])--?(?=[\u4e00-\u9fff])", title)
    kept = [part for part in parts if part and part != site]
    with_report = [part for part in kept if "工作报告" in part]
    return (with_report or kept or [title])[0]


def _first_heading(root: lxml_html.HtmlElement) -> str:
    for heading in root.iter("h1", "h2"):
        text = " ".join(heading.text_content().split())
        if 4 <= len(text) <= 120:
            return text
    return ""


def _attachments(root: lxml_html.HtmlElement, base: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for link in root.iter("a"):
        href = (link.get("href") or "").strip()
        if _ATTACHMENT.search(href):
            try:
                found[urljoin(base, href)] = None
            except ValueError:
                found[href] = None
    return tuple(found)


_STRING = re.compile(r""""((?:[^"\\\n]|\\.){200,})"|'((?:[^'\\\n]|\\.){200,})'|`((?:[^`\\]|\\.){200,})`""")
_WRITE = re.compile(r"""document\.write(?:ln)?\s*\(\s*(?:"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)')\s*\)""")


def _scripted_articles(root: lxml_html.HtmlElement) -> list[str]:
    """Articles that the page's scripts would write: all document.write calls of a script together, and each
    long Chinese string."""
    articles = []
    for script in root.iter("script"):
        source = script.text or ""
        if len(source) < 200:
            continue
        written = "".join(_unescaped(m[1] if m[1] is not None else m[2]) for m in _WRITE.finditer(source))
        if len(_CJK.findall(written)) > 100:
            articles.append(written)
            continue
        for match in _STRING.finditer(source):
            literal = _unescaped(next(group for group in match.groups() if group is not None))
            if len(_CJK.findall(literal)) > 200:
                articles.append(literal)
    return articles


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


def _weight(element: lxml_html.HtmlElement) -> int:
    return len(_CJK.findall(element.text_content()))


def _strip(root: lxml_html.HtmlElement) -> None:
    """Take out what never is article: scripts, forms, and small side elements by name."""
    for element in list(root.iter()):
        if not isinstance(element.tag, str):
            continue
        if element.tag in _DROPPED:
            if element.tag == "form" and _weight(element) > 500:
                continue  # ASP.NET wraps whole pages in a form
            _drop(element)
        elif element.tag == "header" and _weight(element) < 200:
            _drop(element)
    for element in root.xpath("//*[@class or @id or @style]"):
        name = f"{element.get('class') or ''} {element.get('id') or ''}"
        hidden = re.search(r"display\s*:\s*none", element.get("style") or "", re.I)
        if (
            (hidden or _SIDE.search(name))
            and element.getparent() is not None
            and element.tag not in ("body", "html")
        ):
            text = element.text_content()
            weight = len(_CJK.findall(text))
            if weight < (1000 if hidden else 200) and text.count("。") < 2:
                _drop(element)


def _drop(element: lxml_html.HtmlElement) -> None:
    if element.getparent() is not None:
        element.drop_tree()


@dataclass
class _Mass:
    """Chinese characters inside an element outside of links, and how many of them stand in long sentences."""

    text: int = 0
    prose: int = 0


def _masses(root: lxml_html.HtmlElement) -> dict[lxml_html.HtmlElement, _Mass]:
    masses: dict[lxml_html.HtmlElement, _Mass] = {}
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            masses[element] = _Mass()
            continue
        mass = masses[element]
        own = (element.text or "") if isinstance(element.tag, str) else ""
        pieces = [own] + [child.tail or "" for child in element]
        weight = sum(len(_CJK.findall(piece)) for piece in pieces)
        mass.text += weight
        if element.tag == "a":
            mass.text = mass.prose = 0
        elif (element.tag in _BLOCKS or element.tag == "td") and mass.text >= 40 and mass.prose == 0:
            foot = mass.text < 400 and _FOOT_LINE.search(element.text_content())
            mass.prose = 0 if foot else mass.text
        parent = element.getparent()
        if parent is not None and parent in masses:
            masses[parent].text += mass.text
            masses[parent].prose += mass.prose
    return masses


def _article(root: lxml_html.HtmlElement) -> lxml_html.HtmlElement:
    """The element that holds the article: a known platform's where it holds the bulk of the page's prose,
    else the innermost one outside of which no prose stands."""
    body = root.find(".//body")
    body = body if body is not None else root
    masses = _masses(body)
    whole = masses[body].prose
    for path in _BODIES:
        known = [element for element in root.xpath(path) if element in masses]
        if not known:
            continue
        best = max(known, key=lambda element: masses[element].text)
        # A body that leaves a fifth of the page's prose outside is a teaser, or the article stands in two
        # parts.
        if masses[best].text >= 30 and masses[best].prose >= 0.8 * whole:
            return best
    current = body
    while True:
        inner = [
            child
            for child in current
            if child in masses and masses[child].prose >= 0.95 * masses[current].prose
        ]
        if len(inner) != 1 or inner[0].tag not in _CONTAINERS or masses[current].prose == 0:
            return current
        current = inner[0]


_EDGE = "\ue000"  # end of a block
_BREAK = "\ue001"  # <br>
_CELL = "\ue002"  # between cells of a row
_PRIVATE = re.compile(f"[{_EDGE}{_BREAK}{_CELL}]")


def _render(root: lxml_html.HtmlElement) -> str:
    """Text as a browser would lay it out: blocks and breaks end lines, everything inside a line is joined."""
    pieces: list[str] = []
    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            if tag in _BLOCKS:
                pieces.append(_EDGE)
            elif tag == "br":
                pieces.append(_BREAK)
            if element.text and tag:
                pieces.append(_PRIVATE.sub("", element.text))
        else:
            if tag in _BLOCKS:
                pieces.append(_EDGE)
            elif tag in ("td", "th") and element.getnext() is not None:
                pieces.append(_EDGE if _weight(element) > 60 else _CELL)
            if element.tail and element is not root:
                pieces.append(_PRIVATE.sub("", element.tail))
    return _lines("".join(pieces))


_WIDE = "\u2018-\u201d\u2026\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f"
_SOURCE_BREAK = re.compile(
    rf"(?<=[{_WIDE}])[ \t]*\n\s*(?=[{_WIDE}0-9A-Za-z])|(?<=[0-9A-Za-z%])[ \t]*\n\s*(?=[{_WIDE}])"
)


def _lines(raw: str) -> str:
    raw = raw.replace("\xa0", " ").replace("\u200b", "").replace("\ufeff", "").replace("\r", "\n")
    # A line end of the source inside a sentence is no blank in Chinese.
    raw = _SOURCE_BREAK.sub("", raw)
    raw = re.sub(r"[ \t\n\f\v]+", " ", raw)
    # Cells of a short row stay on its line; what is laid out as a table of paragraphs does not.
    raw = re.sub(f"(?:{_EDGE} ?)+", _EDGE, raw)  # one first: runs of a hostile page have no end
    raw = re.sub(f"[ {_EDGE}]{{0,3}}{_CELL}[ {_EDGE}]{{0,3}}", "\t", raw)
    lines = (line.strip(" \t\u3000") for line in re.split(f"[{_EDGE}{_BREAK}]", raw))
    return "\n".join(line for line in lines if line)
