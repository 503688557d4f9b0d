"""Quantities: every number with its unit, bound and range, in any of the ways that reports write them.

Works on matching text (:mod:`extraction.compact`): no spaces, half-width, simplified. What looks like a number but is
none (dates, ordinals, document and road numbers, hotlines, slogans) is left out here, once, for all rules.
"""

from __future__ import annotations

import re
import string
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from extraction.units import SCALES, Unit, parse_unit, registry
from extraction.words import alternation

_CN_DIGITS = {
    "零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
    "壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9,
}  # fmt: skip
_CN_SMALL = {"十": 10, "百": 100, "千": 1000, "拾": 10, "佰": 100, "仟": 1000}
_CN_CHARS = "零〇一二两三四五六七八九十百千"

# --- the grammar of one number ------------------------------------------------------------------------------------
# Arabic digits; OCR's O and l only between digits. Thousands are grouped by a comma that was printed half-width.
_ARABIC = r"\d{1,16}(?:,\d{3}){0,5}(?:\.\d{1,12})?"
_SCALE = r"(?:万亿|[十百千]?万|[十百千]?亿|[十百千](?!伏))"
_MORE = r"[余多几]"
_NUMBER = rf"(?:{_ARABIC}|[{_CN_CHARS}][{_CN_CHARS}万亿]{{0,20}}(?:点[{_CN_CHARS}]{{1,8}})?)"


_UNIT = alternation(name for name in registry() if name != "%")
#: 突破万亿元, 上百场, 近千家: a scale alone is a number after a bound.
_BARE_SCALE = r"(?<=[破过上到超近逾达])(?:万亿|[百千]亿|[百千]?万|[百千])(?![分学班下海市述方]|家[灯万])"
#: 万亿大关, 两千亿新台阶, 万亿级台阶: a mark that was passed; 亿 alone then counts yuan.
_MARK = r"级?的?新?(?:台阶|大关|关口|门槛)"
_DASH = r"(?:——|—|–|-|~|至|到|―)"
_PERCENT_OF = r"(?:百分之|千分之|万分之)"

_QUANTITY = re.compile(
    rf"(?P<share>{_PERCENT_OF})?"
    rf"(?P<sign>(?<![\d%a-zA-Z)])[-−]|(?<![减担胜抱背自肩欠])负(?=\d|百分))?"
    rf"(?P<n1>{_NUMBER}|{_BARE_SCALE})(?P<m1>{_MORE})?(?P<s1>{_SCALE})?(?P<k1>{_MORE})?"
    rf"(?:(?P<u1>%|‰|{_UNIT})?(?P<dash>{_DASH})(?P<share2>{_PERCENT_OF})?(?P<sign2>[-−])?"
    rf"(?P<n2>{_NUMBER})(?P<m2>{_MORE})?(?P<s2>{_SCALE})?(?P<k2>{_MORE})?)?"
    rf"(?:分之(?P<over>{_NUMBER})|/(?P<under>\d+)(?!\d))?"
    rf"(?P<unit>%|‰|{_UNIT})?(?P<k3>{_MORE})?"
    rf"(?P<ratio>[:∶]1(?![\d.]))?"
    rf"(?P<per>/(?:人(?!·?[月年])|户|人·?[月年]|每?[月年天日人户亩]|万元|立方米|平方米|公里|小时))?"
)
#: Where a quantity may begin, in two steps, so that the long pattern runs in few places: a plain character class, which
#: the regular-expression engine scans for fastest, then the rule.
_FIRST_OF_RUN = re.compile(
    rf"\d+|[{_CN_CHARS}万翻过近半](?=[{_CN_CHARS}万亿分点成倍家个座条项所处户番名件多余到至、了半数])"
    r"|(?<=[破过上到超近逾达])[万百千]"
)
_YEAR = re.compile(r"(?:19|20)\d\d年(?!\d)")
_START = re.compile(
    rf"\d|百分之|千分之|万分之|[{_CN_CHARS}][{_CN_CHARS}万亿]|[{_CN_CHARS}](?=分之|点[{_CN_CHARS}])|一(?=成|倍)|{_BARE_SCALE}(?=[^\d]?[家场个人名户亿元万美斤吨处项所座条套件次辆台种级公]|{_MARK}|(?<=亿)[、,。;])|[两二三四五六七八九十](?=家|个|座|条|项|所|处|户|成|倍|番|名|[万亿千百]|件|多|余|到|至|、)|(?<![a-zA-Z])翻了?[一两二]番|翻番|过半|近半|一半|半数"
)

_RUN = re.compile(rf"\d+|[{_CN_CHARS}万亿]+")
_RUN_CHARS = frozenset(f"{_CN_CHARS}万亿")

# --- what is no quantity --------------------------------------------------------------------------------------------
_BEFORE_BAD = re.compile(
    r"(?:第|(?<!GDP)(?<!CPI)(?<!PPI)(?<!R&D)(?<=[A-Za-z_+＋#№“‘《〔\[])|国道|省道|县道|乡道|编号|前|邮编|电话|热线|Ⅰ|Ⅱ|Ⅲ|Ⅳ|Ⅴ|[东南西北]环|[0-9.]\+|第[一二三四五六七八九十\d]+[-—至、]|代|“\d|×)$"
)
#: What such words end with: elsewhere the pattern need not be tried.
_BEFORE_BAD_ENDS = frozenset("第+＋#№“‘《〔[_道号前编话线ⅠⅡⅢⅣⅤ环-—至、代×\n0123456789") | frozenset(
    string.ascii_letters
)
_AFTER_BAD = re.compile(
    r"(?:年(?!均|产|内|[以之]上)|月(?!均)|日(?!均)|号|时(?!代|期|长)|届|次(?:会议|全会|全体|党代会|党的|集体)|中全会|世纪|[A-Za-zαβ](?![a-zA-Z]*/)|强(?!度)"
    rf"|\+|热线|党代会|大(?:[精报会以]|[、,]|、二十)|周年|路(?!灯)|米长跑|(?!{_MARK})级(?!以)|版|型|网|线(?!路|上)|(?<![:：]\d)(?<![:：]\d\d)[·:：]\d+(?![\d.:∶])|×|师|军|旅|团场|载|五规划|”|’)"
)
_SLOGAN = re.compile(r"[“‘《「][^“”‘’《》「」\n]{0,14}$")
_SLOGAN_END = re.compile(r"^[^“”‘’《》「」\n]{0,14}[”’》」]")
_FIVE_YEAR_PLAN = re.compile(r"十[一二三四五六七]五")
#: Chinese words that begin with or are made of numerals.
_IDIOM = re.compile(
    r"一[一般些定致切并直旦方样起同体贯如个批系次流线带路些揽半站]|二十大|十九大|十八大|十[一二三四五六七]五|八项规定|三[农公]|[两二三四五六七八九十]大|一[二两]三产|[一二三四五六七八九十百]+届"
    r"|千方百计|万[众无一]|百[姓年强花]|千家|(?<![破过超近逾达约到])千万|十[分佳]|百[分日](?!之)|四[化好风]|两[会岸手]|两个[确维统毫大]|三个[务代]|五[位年]|六[保稳]|九[年]|零(?:距|售|星|散|部|就|容|跑|碳|排|工|增|接|上|起|死|申|门|投|感)|一二三"
)

_HALF = {"过半": ("more_than", 50), "近半": ("nearly", 50), "一半": ("exact", 50), "半数": ("exact", 50)}
#: 近一半, 超半数
_HALF_LEAD = {"近": "nearly", "超": "more_than", "逾": "more_than", "约": "around"}
_BEYOND = re.compile(r"半?(?:多|有余|以上|左右)|半")
_DOUBLED = {"以上": "at_least", "左右": "around"}
_DOUBLING = {"翻番": 1, "翻一番": 1, "翻两番": 2, "翻二番": 2, "翻了一番": 1, "翻了两番": 2, "翻了二番": 2}

# --- bounds -----------------------------------------------------------------------------------------------------------
_AFTER = re.compile(rf"(?:\(含\))?(左右|上下|以上|及以上|以内|之内|以下|及以下|之多|{_MARK})")
_AFTER_QUALIFIER = {
    "左右": "around", "上下": "around", "以上": "at_least", "及以上": "at_least", "以内": "at_most", "之内": "at_most",
    "以下": "at_most", "及以下": "at_most", "之多": "exact",
}  # fmt: skip
_BEFORE = re.compile(
    r"(不低于|不少于|不小于|不下于|至少|最低|不超过|不高于|不多于|不大于|最高|至多|控制在|压减到|低于|少于|小于|不到|不足|突破|冲破|超过|超|逾|跨越|跨过|越过|迈过|闯过|破|高于|多于|大于"
    r"|接近|将近|逼近|近|约为|大约|约|大体|大概|基本|在?上(?=百|千|万)|迈上|跨上|登上|站上|跃上|跃升至|迈入|跨入|站稳|上|过)"
    r"(?:到|至|了|为|达到|达|在|新的?|历史性|全市|人民币)*$"
)
#: What such words begin and end with: elsewhere the patterns need not be tried.
_AFTER_STARTS = frozenset("(左上以及之级的新台大关门")
_BEFORE_ENDS = frozenset("于少低过高多在到足破超逾越近为约体概本上至入稳了达新的性市币\n")
_BEFORE_QUALIFIER = {
    "不低于": "at_least", "不少于": "at_least", "不小于": "at_least", "不下于": "at_least", "至少": "at_least", "最低": "at_least",
    "不超过": "at_most", "不高于": "at_most", "不多于": "at_most", "不大于": "at_most", "最高": "at_most", "至多": "at_most",
    "低于": "less_than", "少于": "less_than", "小于": "less_than", "不到": "less_than", "不足": "less_than",
    "突破": "more_than", "冲破": "more_than", "破": "more_than", "跨过": "more_than", "越过": "more_than", "迈过": "more_than", "闯过": "more_than", "超过": "more_than", "超": "more_than", "逾": "more_than", "跨越": "more_than", "高于": "more_than",
    "多于": "more_than", "大于": "more_than",
    "接近": "nearly", "将近": "nearly", "逼近": "nearly", "近": "nearly",
    "约为": "around", "大约": "around", "约": "around", "大体": "around", "基本": "around", "大概": "around",
    "迈上": "at_least", "跨上": "at_least", "登上": "at_least", "站上": "at_least", "跃上": "at_least", "跃升至": "exact",
    "迈入": "at_least", "跨入": "at_least", "站稳": "at_least",
}  # fmt: skip


@dataclass(slots=True)
class Quantity:
    """One number as written. Value = ``low × 10**low_exp`` in ``unit``; ranges have ``high`` too.

    start, end     the number with its unit; ``stop`` is after a bound that follows (左右, 以上)
    unit           a unit of the registry; ``unit.name`` may carry a scale (亿元); pure numbers have dimension ``number``
    qualifier      of the number itself: ``exact``, ``range`` or a bound
    """

    start: int
    end: int
    stop: int
    low: int
    low_exp: int
    high: int | None
    high_exp: int
    unit: Unit
    qualifier: str
    raw_value: str
    raw_unit: str
    lead: str = ""  # in a list, the words between the value before and this one


def chinese_number(text: str) -> tuple[int, int] | None:
    """``一万五千亿`` → (1500000000000, 0); ``三点五`` → (35, -1); digits read out (二〇二五) → 2025. None where it is no number."""
    if not text:
        return None
    whole, point, decimals = text.partition("点")
    if point:
        head = chinese_number(whole)
        if head is None or not decimals or any(c not in _CN_DIGITS for c in decimals):
            return None
        digits = "".join(str(_CN_DIGITS[c]) for c in decimals)
        return head[0] * 10 ** len(digits) + int(digits), -len(digits)
    if all(c in _CN_DIGITS for c in whole):
        if len(whole) == 1:
            return _CN_DIGITS[whole], 0
        return int("".join(str(_CN_DIGITS[c]) for c in whole)), 0
    total = section = digit = 0
    last_scale = 0
    for c in whole:
        if c in _CN_DIGITS:
            digit = _CN_DIGITS[c]
        elif c in _CN_SMALL:
            last_scale = _CN_SMALL[c]
            section += (digit or 1) * last_scale
            digit = 0
        elif c == "万":
            section = (section + digit) or 1
            total += section * 10_000
            section = digit = 0
            last_scale = 10_000
        elif c == "亿":
            total = (total + section + digit or 1) * 100_000_000
            section = digit = 0
            last_scale = 100_000_000
        else:
            return None
    if digit and last_scale >= 100 and whole[-2] not in "零〇":
        digit *= last_scale // 10  # 一百五 is 150, 三万五 is 35000
    return total + section + digit, 0


def _number(text: str) -> tuple[int, int] | None:
    """(mantissa, exponent) of Arabic or Chinese digits."""
    if text[0].isdigit() and text.isascii():
        whole, _, decimals = text.replace(",", "").partition(".")
        return int(whole + decimals), -len(decimals)
    return chinese_number(text)


def _qualifier(text: str, low: int, start: int, stop: int, more: bool) -> tuple[str, int]:
    """Bound of the number at ``start`` whose unit ends at ``stop``: (qualifier, end of the bound's words)."""
    after = _AFTER.match(text, stop) if text[stop : stop + 1] in _AFTER_STARTS else None
    window = text[max(low, start - 10) : start]
    before = _BEFORE.search(window) if window[-1:] in _BEFORE_ENDS else None
    word = before[1] if before else ""
    if after:
        name = after[1]
        if _MARK_FOLLOWS.fullmatch(name):
            kind = _BEFORE_QUALIFIER.get(word, "at_least") if word != "上" else "at_least"
            return kind, after.end()
        kind = _AFTER_QUALIFIER[name]
        if kind == "exact":
            kind = "more_than" if more else "exact"
        return kind, after.end()
    if word in ("控制在", "压减到"):
        return "exact", stop
    if word in ("在上", "上", "过") and text[start] in "百千万":
        return ("more_than" if word == "过" else "at_least"), stop
    if word in _BEFORE_QUALIFIER:
        return _BEFORE_QUALIFIER[word], stop
    return ("more_than" if more else "exact"), stop


def number_starts(text: str, start: int = 0, end: int | None = None) -> list[int]:
    """Where in ``text[start:end]`` numbers may begin, in order: most sentences have none and need no closer look."""
    starts = _START.match
    begun = [
        match.start() for match in _FIRST_OF_RUN.finditer(text, start, len(text) if end is None else end)
    ]
    return [i for i in begun if text[i].isdecimal() or starts(text, i)]


def find_quantities(
    text: str, start: int = 0, end: int | None = None, begun: list[int] | None = None
) -> list[Quantity]:
    """All quantities in ``text[start:end]``, left to right, without overlap.

    begun  ``number_starts`` of all of ``text``, where they are known: nothing else need be looked at
    """
    found: list[Quantity] = []
    limit = len(text) if end is None else end
    at = start
    starts = _START.match
    if begun is None:
        begun = number_starts(text, start, limit)
    next_one, of = bisect_left(begun, start), len(begun)
    while True:
        if at < limit and text[at].isdecimal():
            i = at  # where the last number ended, inside a run of digits perhaps
        else:
            while next_one < of and begun[next_one] < at:
                next_one += 1
            if next_one == of or begun[next_one] >= limit:
                return found
            i = begun[next_one]
        if not text[i].isdecimal() and not starts(text, i, limit):
            at = i + 1
            continue
        if text[i] in "12" and _YEAR.match(text, i, limit):
            at = i + 5
            continue
        beyond = text[i + 16 : i + 17]  # no longer run without one more of its characters there
        run = _RUN.match(text, i, limit) if beyond.isdecimal() or beyond in _RUN_CHARS else None
        if run and run.end() - i > 16:
            at = run.end()  # a number of an account or of nothing: no figure has so many digits
            continue
        quantity, at = _read(text, i, limit, start)
        if quantity is not None:
            found.append(quantity)


class _Parts(NamedTuple):
    """The groups of ``_QUANTITY``, in its order: what was not there is None."""

    share: str | None
    sign: str | None
    n1: str
    m1: str | None
    s1: str | None
    k1: str | None
    u1: str | None
    dash: str | None
    share2: str | None
    sign2: str | None
    n2: str
    m2: str | None
    s2: str | None
    k2: str | None
    over: str | None
    under: str | None
    unit: str | None
    k3: str | None
    ratio: str | None
    per: str | None


#: A named tuple's own constructor is a Python function; this is the C one beneath it.
_record = tuple.__new__


def _read(text: str, i: int, limit: int, floor: int) -> tuple[Quantity | None, int]:
    """The quantity that begins at ``i`` (or just before it, with its sign), and where to go on looking."""
    word = text[i : i + 4]
    for name, times in _DOUBLING.items() if word[0] == "翻" else ():
        if word.startswith(name):
            j = i + len(name)
            unit = registry()["番"]
            beyond = _BEYOND.match(text, j)
            stop = beyond.end() if beyond else j
            bound = _DOUBLED.get(beyond[0], "more_than") if beyond else "exact"
            return Quantity(i, j, stop, times, 0, None, 0, unit, bound, name, ""), stop
    half = _HALF.get(text[i : i + 2])
    if half:
        j = i + 2
        if text[i : i + 2] in ("一半", "半数") or text[j : j + 1] not in "年径":
            bound = _HALF_LEAD.get(text[i - 1 : i], half[0]) if half[0] == "exact" else half[0]
            return Quantity(i, j, j, half[1], 0, None, 0, registry()["%"], bound, text[i:j], ""), j
        return None, j
    first = i
    if i > floor and text[i - 1] in "-−负":
        first = i - 1
    match = _QUANTITY.match(text, first, limit)
    if first < i and (not match or not match["n1"]):
        match = _QUANTITY.match(text, i, limit)
    if not match:
        return None, i + 1
    parts = _record(_Parts, match.groups())
    n1 = parts.n1
    arabic = n1[0].isdigit() and n1.isascii()
    if not arabic and not parts.share and not parts.over:
        idiom = _IDIOM.match(text, i)
        if idiom:
            return None, max(idiom.end(), i + 1)
    stop = match.end()
    # a unit that is really the beginning of a word (5名单, 3家庭) or a date
    unit_name = parts.unit or ""
    if unit_name and unit_name[0] in _UNIT_IN_WORD_STARTS and _UNIT_IN_WORD.match(text, match.start("unit")):
        unit_name = ""
        stop = match.start("unit")
    elif unit_name == "个点" and text[stop : stop + 1] == "位":
        unit_name = "个"  # 30个点位
        stop -= 1
    if not unit_name and parts.k3:
        stop = min(stop, match.start("k3"))
    if (
        arabic
        and not unit_name
        and not parts.n2
        and parts.s1 in ("亿", "万")
        and text[stop : stop + 1].isdigit()
    ):
        compound = _compound(text, n1, parts.s1, match.start("n1"), stop, limit, floor)
        if compound is not None:
            return compound, compound.stop
    if parts.dash in ("到", "至") and i > floor and text[i - 1] in "从由自":
        # 生产总值从4704亿元到7250亿元: two values, no range
        if parts.u1 or not parts.unit:
            return _read(text, i, match.start("dash"), floor)
        return None, match.start("n2")
    before = text[max(floor, i - 6) : match.start("n1")]
    bare = not unit_name and not parts.share and not parts.over and not parts.under
    scaled = parts.s1 or parts.s2
    if _reject(text, match, parts, before, stop, unit_name, bare, arabic, floor):
        return None, max(stop, i + 1) if arabic else max(i + len(n1), i + 1)
    if arabic and "," in n1 and not re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", n1):
        n1 = n1.partition(",")[0]
        stop = match.start("n1") + len(n1)
        return _finish(text, match, parts, floor, n1, "", stop, cut=True)
    if bare and not arabic and not scaled and not ("亿" in n1 and _SUM_FOLLOWS.match(text, stop)):
        return None, i + len(n1)
    return _finish(text, match, parts, floor, n1, unit_name, stop)


#: What goes on after 108亿: 3038万元.
_REST = re.compile(rf"(\d{{1,4}})([万千百])?({_UNIT})")
_WORTH = {"亿": 10**8, "万": 10**4, "千": 1000, "百": 100, None: 1}


def _compound(
    text: str, n1: str, scale: str, start: int, stop: int, limit: int, floor: int
) -> Quantity | None:
    """108亿3038万元, 1万2千元: a number in two parts, the second of a smaller scale."""
    rest = _REST.match(text, stop, limit)
    if rest is None or not n1.isdigit() or rest[3] == "岁" or int(rest[1]) * _WORTH[rest[2]] >= _WORTH[scale]:
        return None
    value = int(n1) * _WORTH[scale] + int(rest[1]) * _WORTH[rest[2]]
    qualifier, after = _qualifier(text, floor, start, rest.end(), False)
    raw = text[start : rest.start(3)]
    return Quantity(start, rest.end(), after, value, 0, None, 0, parse_unit(rest[3]), qualifier, raw, rest[3])


#: A unit's name that begins a longer word here: no unit.
_UNIT_IN_WORD = re.compile(
    r"台(?:阶|湾|风|账|商|胞|山|州)|天(?:中|津|然|气|府|水|山|河|台|下)|家(?:庭|园|长|属|居)|个(?:人|性|体|税)|名(?:单|优|镇|城|录|牌|校|师)|人(?:大|民|均|工|才(?!次)|口(?!.{0,2}以上)|居|文|社)|口(?:岸|径|腔|袋)|户(?:籍|外|均|口)"
    r"|条(?:例|件)|项(?:目)|部(?:门|队|委|分|署|级)|地|级|线(?:上|下|路)|道(?:路|德)|面(?:积|向|对)|班(?:列|子|车|轮)|门(?:槛|店|户|诊)|站(?:点|稳)|组(?:织|建|团)|队(?:伍)|片(?:区)|区(?:域|县|块)|县(?:城|域|乡|级)|市(?:场|级|县|民|区|属)|村(?:庄|镇|民|级|集)|镇(?:村|级)|"
    r"省(?:级|市|份|外|内|部|道)|国(?:家|企|有|际|内)|校(?:园|企|地)|院(?:士|所|校|线)|园(?:区|林|地)|品(?:牌|种|质|类)|级(?:别)|期(?:间|末|货)|批(?:发|复|准)|层(?:级|面|次)|间(?:接)|册(?:子)|本(?:科|级|地|市|土)|张(?:家|店|掖)|位(?:居|列|次|于)|度(?:假|过|汛)|里(?:程)|方(?:面|案|式|向|针|位|便|米)|块(?:链)|对(?:口|外|接|标|点|俄|东)|把(?:关)|双(?:一|创|向|碳|千|百)|端(?:午)|类(?:型|别)|轮(?:换|候|训)|届(?:全)|G(?:网|基|应|用|$)|P(?:PP|P|C)|E(?:A|C)|T(?:O|E|R|I)|级"
)
_UNIT_IN_WORD_STARTS = frozenset(
    "台天家个名人口户条项部地级线道面班门站组队片区县市村镇省国校院园品期批层间册本张位度里方块对把双端类轮届GPET"
)
_ITEM_COUNT = re.compile(r"大(?!于|型|学|中|专|桥|道|棚|数据|额|宗|件|客)")


def _reject(
    text: str,
    match: re.Match[str],
    parts: _Parts,
    before: str,
    stop: int,
    unit_name: str,
    bare: bool,
    arabic: bool,
    floor: int,
) -> bool:
    """True where the digits at ``match`` are a date, an ordinal, a name, a slogan: no quantity."""
    begin = match.start("n1")
    if (
        before[-1:] in _BEFORE_BAD_ENDS
        and _BEFORE_BAD.search(before)
        and not parts.share
        and not (before.endswith("前") and before[-2:-1] not in ("",) and unit_name in ("%",))
    ):
        return True
    end = (
        match.end("k1")
        if match.end("k1") > 0
        else match.end("s1")
        if match.end("s1") > 0
        else match.end("n1")
    )
    follows = text[stop : stop + 4]
    if bare:
        marks_item = text[stop : stop + 1] in (".", "、", ")") and (
            begin == floor or text[begin - 1] in "。;(\n"
        )
        if arabic and marks_item and len(parts.n1) <= 2:
            return True  # the number of an item: 1.地区生产总值…
        opens = arabic and begin == floor and not parts.s1 and stop == match.end("n1")
        if opens and len(parts.n1) <= 2 and _HAN.match(text, stop):
            return True  # … without its point: 10 新增停车位500个
        if (
            _AFTER_BAD.match(text, stop)
            and not _ITEM_COUNT.match(text, stop)
            and not ("." in parts.n1 and text[stop] in ":∶")
        ):
            return True
        if arabic and parts.n1.isdigit() and not parts.s1:
            if len(parts.n1) >= 5 and parts.n1 in ("12345", "12315", "96777", "12348", "593460"):
                return True
            if parts.n1[0] == "0" and len(parts.n1) > 1:
                return True
            if _OF_ROAD.match(text[stop : stop + 12]):
                return True  # 107国道, 12356心理援助热线
            if follows[:1] in ("年", "月") or (
                len(parts.n1) == 4 and parts.n1[:2] in ("19", "20") and not parts.dash
            ):
                return True  # a bare 2025 is a year
        if parts.dash and (text[stop : stop + 1] in "-/." or (parts.n2[0] == "0" and len(parts.n2) == 2)):
            return True  # 2026-02-03
        if parts.dash and text[stop : stop + 1] in ("年", "月", "日"):
            return True
    elif unit_name in (
        "年",
        "日",
        "度",
        "级",
        "届",
        "线",
        "期",
        "号",
        "位",
        "G",
        "T",
        "E",
        "P",
        "名",
        "面",
        "天",
    ):
        if unit_name == "年" and (
            (arabic and len(parts.n1) == 4 and parts.n1[:2] in ("19", "20") and not parts.s1)
            or text[stop : stop + 1]
            in (
                "来",
                "行",
                "计",
                "规",
                "内",
                "期",
                "前",
                "后",
                "间",
                "度",
                "级",
                "龄",
                "以",
                "代",
                "累",
                "共",
                "年",  # 5年年均增长
            )
            or not arabic
            or before.endswith(("近", "过去", "每", "连续", "未来", "今后", "这", "首"))
        ):
            return True
        if unit_name in ("日", "届", "级", "线", "期", "号", "面"):
            return True
        if unit_name == "度" and not scaled_up(parts):
            return True
        if unit_name in ("位", "名") and (
            before.endswith(("前", "第", "列", "居", "排名", "名列")) or text[stop : stop + 1] in ("数",)
        ):
            return True
        if unit_name in ("G", "T") and (not scaled_up(parts) and follows[:1] not in ("出", "带")):
            return True
        if unit_name in ("E", "P") and not re.match(r"(?:[,。;、以左的]|$|算)", follows):
            return True
    elif _AFTER_BAD_WITH_UNIT.match(text, stop) or (unit_name == "个" and _STEPS.match(text, stop)):
        return True
    if unit_name == "千伏":
        return True  # 110千伏变电站4座: the voltage is part of the thing's name
    # inside quotation marks a short number is a name: “1+6”, “三大”, “50强”
    window = text[max(floor, begin - 15) : begin]
    if (
        "“" in window or "《" in window or "‘" in window or "「" in window
    ) and _SLOGAN.search(window):  # fmt: skip
        closing = _SLOGAN_END.match(text[end : end + 16])
        if closing and (bare or not re.match(r"[^”’》」]*[,。]", text[end : end + 16])):
            return True
    if (
        not arabic
        and parts.n1[0] in "十百千万"
        and (parts.n1[0] != "十" or _DECADE.match(text, begin))
        and (begin == floor or text[begin - 1] not in "破过上到超近逾达约")
        and not _PASSED.match(text, begin - 1)
    ):
        return True  # 千亿元台阶, 百家: a scale is a number only after a bound
    if not arabic and text[begin - 1 : begin] in ("数", "几") and begin > floor:
        return True  # 数十家, 好几千户: no number is stated
    if bare and not arabic:
        window2 = text[begin - 1 : begin] if begin > floor else ""
        if window2 in ("数", "几", "第", "之", "“", "十", "周", "星", "初", "老", "其"):
            return True
    return not arabic and bool(_FIVE_YEAR_PLAN.match(text, begin - 1 if begin else 0))


#: 跨越3个十亿级台阶
_DECADE = re.compile("十亿元?级?(?:台阶|大关|关口)")
_OF_ROAD = re.compile(r"国道|省道|县道|[^,。;]{0,8}热线")
_HAN = re.compile("[\u4e00-\u9fff]")
#: 连续迈上4个万亿元台阶: how often, not how much.
_STEPS = re.compile(r"(?:[十百千万]*亿元?(?:级|大关|台阶|关口)|台阶|大关|季度)")
#: 跨越百亿，达107亿元; 跨越千亿级台阶 is how far it went, not where it stands.
_PASSED = re.compile("越[百千万]+亿?元?(?:大关|[,。;、])")
_MARK_FOLLOWS = re.compile(_MARK)
#: 突破四千亿大关, 突破万亿、: what ends a sum that is written without 元.
_SUM_FOLLOWS = re.compile(rf"{_MARK}|[、,。;]")
_AFTER_BAD_WITH_UNIT = re.compile(r"(?:会议|全会|党代会|党的)")


def scaled_up(parts: _Parts) -> bool:
    """True where the number carries 万 or 亿, which no temperature, generation or degree does."""
    return any(mark in (parts.s1 or "") + (parts.s2 or "") for mark in ("万", "亿"))


def _finish(
    text: str,
    match: re.Match[str],
    parts: _Parts,
    floor: int,
    n1: str,
    unit_name: str,
    stop: int,
    cut: bool = False,
) -> tuple[Quantity | None, int]:
    value = _number(n1)
    if value is None:
        return None, match.start("n1") + len(n1)
    low, low_exp = value
    more = False
    scale1 = scale2 = ""
    high: int | None = None
    high_exp = 0
    name = unit_name
    if not name and "亿" in n1 + (parts.s1 or "") and _MARK_FOLLOWS.match(text, stop):
        name = "元"  # 迈上5万亿台阶, 突破万亿大关: steps are counted in yuan
    share = None
    if not cut:
        more = bool(
            parts.m1
            or parts.k1
            or parts.m2
            or parts.k2
            or ((parts.k3 and parts.k3 != "多") or (parts.k3 and text[stop : stop + 1] != "元"))
        )
        scale1 = parts.s1 or ""
        share = parts.share
        if parts.n2:
            second = _number(parts.n2)
            if second is None:
                return None, stop
            high, high_exp = second
            scale2 = parts.s2 or ""
            if scale2 and not scale1 and not parts.u1:
                scale1 = scale2  # 3—5万 means 3万 to 5万
            elif not arabic_text(n1) and arabic_text(n1) == arabic_text(parts.n2):
                low = _borrow_scale(n1, parts.n2, low)
        if parts.u1 and not parts.unit and parts.n2:
            name = ""  # 从5个到60: the units differ, take the number alone
        if parts.over:
            # 三分之一: n1 is the denominator
            upper = _number(parts.over)
            if upper is None or low == 0:
                return None, stop
            quotient = round(upper[0] * 10 ** (8 + upper[1]) / low) if upper[1] >= 0 else 0
            unit = registry()["%"]
            qualifier, end = _qualifier(text, floor, match.start("n1"), stop, more)
            raw = text[match.start("n1") : stop]
            return Quantity(
                match.start("n1"), stop, end, quotient, -6, None, 0, unit, qualifier, raw, ""
            ), end
        if parts.under:
            under = int(parts.under)
            if under == 0 or under > 100 or low >= under:
                return None, stop
            unit = registry()["%"]
            qualifier, end = _qualifier(text, floor, match.start("n1"), stop, more)
            raw = text[match.start("n1") : stop]
            return Quantity(
                match.start("n1"),
                stop,
                end,
                round(low * 10**8 / under),
                -6,
                None,
                0,
                unit,
                qualifier,
                raw,
                "",
            ), end
        if parts.per and unit_name:
            per_name = unit_name + parts.per.replace("每", "")
            try:
                parse_unit(per_name)
                name = per_name
            except ValueError:
                stop = match.start("per")
        elif parts.per:
            stop = match.start("per")
    begin = match.start("share") if share else match.start("n1")
    sign = -1 if parts.sign and not cut else 1
    if sign < 0:
        begin = match.start("sign")
    number_end = (
        stop - len(text[stop - len(name) : stop]) if name and text[stop - len(name) : stop] == name else stop
    )
    if share:
        unit = registry()["%"]
        low_exp += {"百分之": 0, "千分之": -1, "万分之": -2}[share]
        high_exp += {"百分之": 0, "千分之": -1, "万分之": -2}[share]
    else:
        if name == "%" or name == "‰":
            unit = registry()[name]
            factor = 1
        else:
            unit = parse_unit(name) if name else parse_unit("")
        factor = _scale(scale1)
        low *= factor
        if unit.dimension == "doubling" and (low_exp or not 1 <= low <= 10):
            return None, stop  # nothing doubles a thousand times: the sign of a broken page
        if high is not None:
            high *= _scale(scale2 or (scale1 if not parts.u1 else ""))
    if high is not None and not low and begin > floor and text[begin - 1] in "从由自":
        return None, match.start("n2")  # 里程从0到114.7公里: no range, but what it came to
    if high is not None and low * 10.0**low_exp > high * 10.0**high_exp:
        # 从5至3 is no range; a dash between two unlike numbers separates them
        if scale1 and scale1 == scale2 and not parts.s1:
            low //= _scale(scale1)
            if low * 10.0**low_exp > high * 10.0**high_exp:
                return None, match.end("n1")
        else:
            low, low_exp, high, high_exp = high, high_exp, low, low_exp
    qualifier, end = _qualifier(text, floor, begin, stop, more)
    if high is not None:
        qualifier = "range"
        if sign < 0 and parts.sign2:
            low, low_exp, high, high_exp = -high, high_exp, -low, low_exp
            sign = 1
    quantity = Quantity(
        begin,
        stop,
        end,
        sign * low,
        low_exp,
        high,
        high_exp,
        unit,
        qualifier,
        text[begin:number_end],
        text[number_end:stop],
    )
    return quantity, end


def arabic_text(number: str) -> bool:
    """True for Arabic digits (Chinese numerals carry their own scale)."""
    return number[0].isdigit() and number.isascii()


def _borrow_scale(first: str, second: str, low: int) -> int:
    """八到九百亿: the first numeral takes the scale that only the second one states."""
    tail = re.search(r"[十百千万亿]+$", second)
    if tail and len(first) == 1 and first in _CN_DIGITS:
        scale = chinese_number("一" + tail[0])
        if scale:
            return low * scale[0]
    return low


@cache
def _scale(name: str) -> int:
    factor = 1
    for part in re.findall(r"万亿|.", name):
        factor *= SCALES[part]
    return factor
