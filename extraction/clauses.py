"""Clauses: what the words around a name and a number add to it, whatever name and number they are.

Everything here looks at matching text. The words recur in all reports, so what was found out about them is remembered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from extraction.language import ASIDE, BASIS, BETWEEN, COMPARE, FASTER, OF_WHOLE
from extraction.quantities import Quantity

#: 剔除留抵退税因素后: on a like-for-like basis.
EXCLUDING = re.compile(
    r"\(?(?:剔除|扣除|按|不含|还原)[^,。;\d]{1,24}?(?:因素|影响|后|口径|基数)+(?:计算)?[,)]?"
)


#: 生产总值2100亿元(预计数,下同): a note on how a figure was come by delimits nothing.
NOTE = re.compile(
    r"\((?:均?为|系|以上)?(?:预计|初步核算|初步统计|快报|统计快报)[数值]?(?:,?(?:以?下均?同|下同))?\)"
    r"|\((?:[\u4e00-\u9fff]{1,4}口径|按?(?:常住|户籍)人口(?:计算)?|现价|当年价|可比价|不变价|不?含|剔除|扣除)[^(),;。\d]{0,14}(?:,下同)?\)"
)


#: 受煤价下行影响下降8.2%: why it fell, not what.
_OWING_TO = re.compile(r"受[^,。;\d]{2,16}(?:的?影响|拖累)|因[^,。;\d]{2,12}(?:影响|因素)")


_TIMES = re.compile(
    r"其中[,:]?(?:(?:19|20)\d\d年|去年)|(?:到|至|截至|截止|比|较)?(?:(?:19|20)\d\d年?[-—至]?)?(?:19|20)\d\d年(?:年?底|末|初|以来|的)?|(?:刚刚)?(?:过去|近|今后|未来)的?[一五三两四]?年[来间]?|(?:到|比|较)?[“\"]?(?:十[一二三四五六]?|[八九])五[”\"]?(?:时期末|期末|时期|期间|以来|末|五年)?|(?:比|较)?(?:去年|上年|上一年)(?:同期|年?末|年?底)?|今年|本年|明年|全年|年内|年底|(?:五|三|两|四)年[来内里]|[两二三四]年平均|一年来|目前|五年间|\d{1,2}月底|前\d+个?月|\d{1,2}[-—至]\d{1,2}月(?:份)?|(?:已|已经)?连续(?:第)?[一二两三四五六七八九十\d]+年|(?<![一二三四十\d今后未过去近])(?:这)?[五三四543]年(?=提高|增长|增加|累计|下降|提升|年均|净增|翻|$)|上半年|下半年|一季度|前三季度|(?:比|较)?(?:年初|[两三四五六七八九十]年前)"
)


#: The words around a figure recur (增长, 达到 …): what was found out about them is remembered.
_remember = lru_cache(maxsize=16384)


_MAYBE_TIME = re.compile("[年五目季底月]")


@_remember
def strip_times(text: str) -> str:
    return _TIMES.sub("", text) if _MAYBE_TIME.search(text) else text


_LEAD = re.compile(
    r"^(?:预计|全年|全市|全省|全区|全州|我省|我市|我区|实现|完成|推动|力争|确保|其中|使|和|及|与|、|的|将|,|:|——|—|“|”)+"
)


@_remember
def strip_lead(text: str) -> str:
    return _LEAD.sub("", text)


#: 里程从0到114公里: what it came to is the number that follows.
_FROM_NOTHING = re.compile("[从由自][0零](?=[到至])")


@_remember
def says_something(predicate: str) -> bool:
    """True where the words between a name and a number only say something of the name."""
    if len(predicate) > 60:
        return False
    rest = strip_times(NOTE.sub("", predicate) if "(" in predicate else predicate)
    rest = _FROM_NOTHING.sub("", rest)
    if BETWEEN.fullmatch(rest):
        return True
    rest = _OWING_TO.sub("", EXCLUDING.sub("", rest))
    rest = COMPARE.sub("", rest)
    rest = OF_WHOLE.sub("", rest)
    rest = FASTER.sub("", rest)
    rest = ASIDE.sub("", rest)
    return BETWEEN.fullmatch(rest) is not None


def any_in(words: Iterable[str], text: str) -> bool:
    for word in words:  # noqa: SIM110 - a generator for any() takes three times as long, and this runs for every entry
        if word in text:
            return True
    return False


@_remember
def basis_of(clause: str) -> str | None:
    """What a rate is measured on, where the clause says it (同口径, 可比价)."""
    for pattern, name in BASIS:
        if pattern.search(clause):
            return name
    return None


_BUILD_ONLY = re.compile(r"新建|建成|新增|建设|改造|打造|新认定|新培育|引进|培育|举办|投放|创建|开工")


#: 五年跨越3个百亿级台阶: an aside between a level and its average growth.
_FIVE_STEPS = re.compile(r"[五5]年(?=(?:连续|接连|先后|相继)?(?:跨|迈|突破|跃))")


def may_carry(between: str, clause: str, q: Quantity) -> bool:
    """A subject is carried over only by words of change or reaching, and only if nothing else was said meanwhile."""
    if _BUILD_ONLY.search(clause):
        return False
    body = (NOTE.sub("", between) if "(" in between else between).strip(",:、()和及与")
    if body and not says_something(_FIVE_STEPS.sub("", body)):
        return False
    if clause == "":
        # 收入完成3.2亿元(12.5%); 投资由720亿元增加到1506亿元，翻了一番多
        return between[-1:] in ("(", ",") and q.unit.dimension in ("ratio", "doubling")
    return True


_JOINT = re.compile(r"(?P<which>[一二三](?:、?[一二三])+|三(?=次产业))(?:次)?产业?(?:业)?(?:增加值)?")


def find_joint(text: str) -> re.Match[str] | None:
    return _JOINT.search(text)
