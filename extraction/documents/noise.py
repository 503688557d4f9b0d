"""Stretches of a document's text that are not the report: navigation, share bars, captions, editors,
glossaries.

For plain text files the text stays as it is (offsets must hold in the user's own file) and the extractor
passes these stretches over; for pages and print formats they never become text.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from extraction.documents.folding import fold
from extraction.documents.tables import find_tables

#: Reasons in the order in which they are tried on a line.
REASONS = (
    "navigation",
    "font_size",
    "share",
    "page_number",
    "header",
    "source",
    "caption",
    "editor",
    "related",
    "footnote",
    "glossary",
    "footnote_mark",
    "columns",
)


class Noise(NamedTuple):
    start: int
    end: int
    reason: str


_BUTTONS = (
    r"下载|打印|全屏|收藏|复制链接|加大|还原|减小|放大|缩小|默认|【|】|\[|\]|大|中|小|关闭|关闭窗口|打印本页|打印此页|打印页面"
    r"|我要打印|我要纠错|纠错|返回|返回顶部|返回首页|返回列表|回到顶部|首页|网站首页|网站地图|上一篇|下一篇|上一页|下一页|上一条|下一条"
    r"|没有了|朗读|语音播报|播放|暂停|无障碍浏览|无障碍阅读|适老版|长者版|关怀版|长者模式|繁体|简体|繁體|English|登录|注册|搜索"
    r"|分享|微信|微博|新浪微博|腾讯微博|QQ空间|QQ好友|人人网|更多|查看更多|展开|收起|评论|点赞|扫码|二维码|扫一扫|手机版|PC版"
    r"|相关报道|相关链接|相关阅读|相关新闻|相关文章|相关信息|相关附件|附件下载|延伸阅读|推荐阅读|热门推荐"
)

# One line, folded, without outer blanks, tried in this order.
_LINES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "font_size",
        re.compile(
            r"[【\[(（<《]?\s*(?:文字|文章)?字[号体型]?\s*(?:大小)?\s*[:：].{0,24}|[【\[(（]?\s*大\s+中\s+小\s*[】\])）]?"
        ),
    ),
    ("navigation", re.compile(rf"(?:{_BUTTONS})\s*[:：]?|(?:(?:{_BUTTONS})[\s|/·、>»]+)+(?:{_BUTTONS})?")),
    (
        "navigation",
        re.compile(
            r"(?:您?(?:现在|当前|目前)?(?:所?在)?的?位置(?:是|为)?|当前栏目|本页网址|网址|链接)\s*[:：].{0,120}"
            r"|首页\s*[>»›/\-—].{0,100}|(?:上|下)一(?:篇|条|页)\s*[:：].{0,100}"
            r"|(?:浏览|阅读|点击|访问|查看)(?:次数|量|数|人数)?\s*[:：]\s*\d*\s*次?"
            r"|(?:版权所有|主办单位|承办单位|技术支持|网站标识码|网站备案|备案序号|联系我们|关于我们|未经授权).{0,160}"
            r"|.{0,60}(?:ICP备|公网安备|网安备|版权所有).{0,80}|[Cc]opyright.{0,120}"
            r"|(?:扫一扫|扫描|用手机|手机扫).{0,30}(?:手机|打开|浏览|查看|阅读|分享|关注).{0,20}"
            r"|.{0,12}(?:请先|您的浏览器|本页面|JavaScript).{0,40}(?:启用|开启|支持|升级|兼容).{0,30}"
            r"|(?:索\s*引\s*号|信息分类|主题分类|发文机关|发布机构|成文日期|发文字号|文\s*号|公开方式|公开目录|有\s*效\s*性|主题词|"
            r"生成日期|公开形式|公开时限|公开范围|责任部门|信息索引号)\s*[:：].{0,60}"
        ),
    ),
    ("share", re.compile(r"(?:【?\s*)?(?:分享到?|转发到?|一键分享)\s*[:：]?.{0,40}")),
    (
        "page_number",
        re.compile(
            r"[-—–―·•.…\s]+\d{1,3}[-—–―·•.…\s]+|第?\s*\d{1,3}\s*页?\s*[/,，]?\s*共\s*\d{1,3}\s*页|第\s*\d{1,3}\s*页|\d{1,3}\s*/\s*\d{1,3}"
        ),
    ),
    (
        "header",
        re.compile(
            r"={5,}|-{5,}|\*{5,}|_{5,}|(?:标题|年份|城市|省份|地区|文件名?|关键词|摘要来源)\s*[:：].{0,60}"
        ),
    ),
    (
        "source",
        re.compile(
            r"(?:信息|文章|稿件|新闻|内容|文件)?(?:来源|出处|供稿)(?:单位|于)?\s*[:：].{0,80}"
            r"|(?:发布|发表|更新|上传|录入|生成|刊发|公开)?(?:时间|日期)\s*[:：]\s*\d{4}.{0,80}"
        ),
    ),
    (
        "caption",
        re.compile(
            r"(?=.{0,220}$)(?:.*(?:记者|通讯员|图片?[/:：]|影像中国|新华社|视觉中国|资料图).{0,40}(?<!拍)摄(?:影)?(?:报道)?[)）】]?。?"
            r"|.{1,40}\s\S{2,4}\s?(?:\S{2,4}\s?){0,3}(?<!拍)摄(?:影)?[)）】]?|.{0,80}(?:[(（](?:资料|效果|配|本版)图.{0,20}[)）])"
            r"|(?:图为|图片说明|图[::：]|本版图片|题图|上图|下图|左图|右图|制图|漫画|摄影)\s*[:：]?.{0,100})"
        ),
    ),
    (
        "editor",
        re.compile(
            r"[(（【\[]?\s*(?:(?:责任|本文|本版|执行|值班|网络|新媒体|见习|实习)?(?:责?编|编辑|编审|主编|美编|校对|审核|审校|初审|复审|终审|"
            r"监制|统筹|策划|设计|制作|排版|撰文|文字|作者|来稿|签发|录入员?|发布人)(?:[:：/]|\s*[/、]\s*\S{1,4}[:：])\s*.{0,80})[)）】\]]?"
            r"|(?:\S{2,4}\s+){1,9}\S{0,4}\s*(?:编辑整理|综合整理|采写|制图|文/图)"
            r"|(?:本报|本网|本台|新华社)?(?:全媒体)?(?:首席)?(?:记者|通讯员)\s*[:：]?\s*[^。，,;；]{2,50}"
        ),
    ),
    (
        "related",
        re.compile(
            r"[(（【]?(?:相关(?:报道|解读|图解|链接|阅读|新闻|文章|信息|附件|稿件|专题)|图解|一图读懂|视频解读|政策解读|文字解读|专家解读|新闻链接|延伸阅读)"
            r"[)）】]?\s*[:：].{0,100}|附件\s*\d{0,2}\s*[:：].{0,80}\.(?:docx?|pdf|wps|ofd|zip|rar|xlsx?)"
            r"|\S{0,60}\.(?:docx?|pdf|wps|ofd|zip|rar|xlsx?)"
        ),
    ),
    (
        "footnote",
        re.compile(
            r"(?:[\[［〔(（【]\s*\d{1,3}\s*[\]］〕)）】]|[①-⑳❶-❿]|\d{1,3}\s*[.．、])\s*[“\"《‘]?.{1,40}?[”\"》’]?\s*"
            r"(?:[:：]\s*是?指|是指|指的是).*"
        ),
    ),
)

# Whatever stands after a report's last sentence on the same line: "…而努力奋斗！图解：……".
_TAIL = re.compile(
    r"(?<=[。！!])[^\S\n]*[(（【]?(?:相关(?:报道|解读|图解|链接|阅读|新闻)|图解|一图读懂|视频解读|政策解读)[)）】]?\s*[:：]?[^。！!，,；;\n]{0,120}\s*\Z"
)

_GLOSSARY_WORDS = ("解释", "释义", "注释", "注解", "名词说明", "用语说明", "术语说明", "解读", "尾注", "脚注")
_GLOSSARY = re.compile(
    r"\s*[(（【《]?(?:附件?|附录)?\s*[\d一二三]?\s*[:：、.]?\s*"
    r"(?:《?(?:\d{4}年)?(?:政府工作报告|报告)》?(?:中?的?)?)?(?:部分|有关|相关|重要)?"
    r"(?:名词|用语|词语|术语|专业名词|专有名词|名词术语|缩略语|新词|概念)(?:和术语|术语)?"
    r"(?:解释|说明|注释|释义|解读|注解)(?:表)?[)）】》]?\s*[:：]?\s*"
    r"|\s*(?:注释|注解|尾注|脚注)\s*[:：]?\s*"
)
#: 注：1.“四好农村路”：… : notes that begin on their heading's line.
_NOTES = re.compile(
    r"^[ \t]*[【（(]?(?:注|附注|备注|注释|名词解释)[】）)]?[ \t]*[:：][ \t]*(?:[\[［〔【(（]?\d{1,2}[\]］〕】)）.．、]|[①-⑳])",
    re.M,
)
_RESUMES = re.compile(r"^\s*(?:各位代表|[一二三四五六七八九]、)", re.M)
_BRACKETED_MARK = re.compile(r"[\[［〔【]\s*\d{1,3}\s*[\]］〕】]")
_CIRCLED_MARK = re.compile(r"[①-⑳]")
_FIGURE = re.compile(r"\d\s*(?:%|‰|个百分点|[万亿]|元|吨|公里|平方|千瓦|人|户|家|个|项|亩)")
# Rules for lines that may hold figures of their own; every other rule leaves a line with a figure to the
# report.
#: The space between two columns, and what the second begins with: a name of its own, not what goes on saying (增长5%).
_GAP = re.compile(r"(?<=\S)(?: {6,}|\t+ *)(?=\S)")
_VALUE = re.compile(
    r"[-+]?\d[\d.,]*(?:[-—~]\d[\d.]*)?\s*(?:%|‰|[万亿]?[元吨人户亩]?|个百分点)?(?:左右|以上|以内)?"
)
_COLUMN = re.compile(r"(?!增|降|下降|同比|比上年|较上年|达|完成|左右|以上)[\u4e00-\u9fffA-Z][^\n]*?\d")
_MAY_BE_CAPTION = re.compile(r"摄(?:影)?(?:报道)?[)）】]?。?$|图|漫画|^摄影")
_FIGURES_ALLOWED = ("caption", "footnote", "page_number")
_LONGEST_LINE = 220


def _line_reason(line: str) -> str | None:
    for reason, pattern in _LINES:
        if reason == "caption" and not _MAY_BE_CAPTION.search(line):
            continue
        if pattern.fullmatch(line):
            return reason if reason in _FIGURES_ALLOWED or not _FIGURE.search(line) else None
    return None


def _page_numbers(lines: list[tuple[int, str]]) -> list[Noise]:
    """Bare numbers on lines of their own, where they count pages: at least three, each one more than the
    one before (a lone 2026 on its line is a heading, and 44 a cell)."""
    run: list[tuple[int, str]] = []
    found: list[Noise] = []
    for line in [*lines, None]:
        if line and run and int(line[1]) == int(run[-1][1]) + 1:
            run.append(line)
            continue
        if len(run) >= 3:
            found += [Noise(start, start + len(number), "page_number") for start, number in run]
        run = [line] if line else []
    return found


def _columns(lines: list[tuple[int, str]]) -> list[Noise]:
    """Two columns read across (去年增长5.6%        今年增长5%左右): nothing says which column a figure is of, so lines
    that hold facts of both are passed over; a single such line may be a wide space."""
    found: list[Noise] = []
    run: list[tuple[int, str]] = []
    for line in [*lines, None]:
        if line and sum(_VALUE.fullmatch(cell) is not None for cell in _GAP.split(line[1])) > 1:
            found.append(
                Noise(line[0], line[0] + len(line[1]), "columns")
            )  # a table's row: two years' figures
            continue
        gap = _GAP.search(line[1]) if line else None
        if line and gap and _COLUMN.match(line[1], gap.end()) and _FIGURE.search(line[1], 0, gap.start()):
            run.append(line)
            continue
        if len(run) >= 2:
            found += [Noise(start, start + len(text), "columns") for start, text in run]
        run = []
    return found


def _footnote_marks(text: str) -> list[Noise]:
    """“两新”[3], “四千行动”①: the figure is no figure."""
    marks: list[Noise] = []
    if any(bracket in text for bracket in "[［〔【"):
        marks += [Noise(m.start(), m.end(), "footnote_mark") for m in _BRACKETED_MARK.finditer(text)]
    if any(circled in text for circled in "①②③"):
        marks += [
            Noise(m.start(), m.end(), "footnote_mark")
            for m in _CIRCLED_MARK.finditer(text)
            if text[m.start() - 1 : m.start()] in ("”", "》", '"')
        ]
    return marks


def _glossary(text: str) -> Noise | None:
    """From the heading of a glossary to the end, where no part of the report follows it."""
    for keyword in _GLOSSARY_WORDS:
        at = text.find(keyword, len(text) // 3)
        while at >= 0:
            start = text.rfind("\n", 0, at) + 1
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            if end - start <= 60 and _GLOSSARY.fullmatch(text[start:end]) and not _RESUMES.search(text, end):
                return Noise(start, len(text), "glossary")
            at = text.find(keyword, at + 1)
    notes = _NOTES.search(text, len(text) // 3)
    if notes and not _RESUMES.search(text, notes.end()):
        return Noise(notes.start(), len(text), "glossary")
    return None


def noise_spans(text: str) -> list[tuple[int, int, str]]:
    """What is no report text: (start, end, reason), in order, without overlap; reasons as in ``REASONS``.

    Works a line at a time, plus the glossary after the report, a tail of links on its last line and the
    marks of footnotes inside sentences. A line is judged whole: a caption inside a paragraph stays.
    """
    folded = fold(text)
    glossary = _glossary(folded)
    body = folded[: glossary.start] if glossary else folded
    spans: list[Noise] = []
    numbers: list[tuple[int, str]] = []
    wide: list[tuple[int, str]] = []
    position = 0
    known = {
        line for table in find_tables(body) for line, _ in table.lines
    }  # what their columns are of is known
    for raw in body.split("\n"):
        if position in known:
            spans += _columns(wide)
            wide = []
        elif 0 < len(raw) <= _LONGEST_LINE and (line := raw.strip()):
            start = position + raw.index(line)
            if "\t" in line or "      " in line:
                wide.append((start, line))
            elif wide:
                spans += _columns(wide)
                wide = []
            if len(line) <= 3 and line.isdecimal():
                numbers.append((start, line))
            elif reason := _line_reason(line):
                spans.append(Noise(start, start + len(line), reason))
        position += len(raw) + 1
    spans += _columns(wide)
    spans += _page_numbers(numbers)
    spans += _footnote_marks(body)
    if glossary:
        spans.append(glossary)
    elif (tail := _TAIL.search(folded, max(0, len(folded) - 400))) and tail.start() < tail.end():
        spans.append(Noise(tail.start(), tail.end(), "related"))
    return _without_overlap(spans)


def _without_overlap(spans: list[Noise]) -> list[tuple[int, int, str]]:
    kept: list[tuple[int, int, str]] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if not kept or span.start >= kept[-1][1]:
            kept.append((span.start, span.end, span.reason))
    return kept


def without_noise(text: str) -> str:
    """``text`` without its noise: whole lines go with their line end, marks inside sentences go alone."""
    pieces: list[str] = []
    position = 0
    for start, end, _ in noise_spans(text):
        pieces.append(text[position:start])
        position = end
    pieces.append(text[position:])
    return re.sub(r"\n[ \t\u3000]*(?:\n[ \t\u3000]*)+", "\n", "".join(pieces)).strip()
