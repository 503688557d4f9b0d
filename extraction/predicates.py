"""What the words between a name and a number say: rise or fall, a level reached, a comparison.

The same few hundred predicates (增长, 达到, 比上年下降 …) make up all reports: each is analysed once and remembered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from extraction.language import ASIDE, COMPARE, DIRECTION, FROM, OF_WHOLE, TO_LEVEL

_OVER_TARGET = re.compile(
    r"(?:超|超出|超过|高于|低于|好于|多|少|比)[^,。;\d]{0,8}(?:目标|任务|计划|预期|预算)"
)
#: Compared with itself at an earlier time: a change, not a comparison with others.
_AGAINST_ITSELF = re.compile(
    r"^[^,]*(?:(?:比|较)(?:上一?年|去年|同期|五年前|上届|(?:19|20)\d\d年|年初|[“\"]?(?:十[一二三四五六]?|[八九])五[”\"]?)|同比)"
)
#: 由负转正、增长3.2%: how it turned, said before the number.
_TURNED = re.compile(r"由(?:负转正|正转负|降转[升增]|[跌减]转[涨增升])")
_GROWTH_NAMED = re.compile(r"增速|增幅|涨幅|增长率|降幅|跌幅")
#: 降幅收窄至1.9%: it fell by so much.
_FALL_NAMED = re.compile(r"降幅|跌幅")
_SHARE_NAMED = re.compile(r"完成率|占比|比重|比例|率$|覆盖")
_CHANGE_AT_END = re.compile(r"(?:增长|下降|降低|减少|上升|提升|提高|下滑|压减)[^\d]{0,6}$")
_REACHES = re.compile(r"达到|达|至|到|为|突破|超过|完成|实现|迈上|稳定在|保持在")
_PLANNED = re.compile(r"力争|确保|争取|努力|奋力|冲刺|力求|预期|将|计划|拟|要|目标|规划|建议")
_SUMMED = re.compile(r"[,、]?累计(?:达到|达|为|有)?")
_TOTAL = re.compile(r"总里程|总数|总量|总计达|总规模|保有量|总户数|总人数|拥有")
_OWN_STATEMENT = re.compile(r"达到|达|总数|增至|突破|共有")
_REACHED = re.compile(r"达|总数|总量|至|突破|超过|累计|共有|拥有|保有|到|为|占")
_STATE = re.compile(r"达|超|突破|稳定|保持|至|到|为|占|迈|跨|年产")


@dataclass(frozen=True, slots=True)
class Said:
    """One predicate, analysed.

    direction      the last word of change (增长, 下降), ``""`` where there is none
    falls          it is a word of falling
    to_level       the change ends at the number (提高到, 降至)
    from_level     the change begins at it (由45%…)
    reaches        after the word of change stands one of reaching: the number is no absolute change
    compares       with others (高于全省), not with itself (比上年)
    over_target    beyond a plan or target, by the number
    of_whole       a share of another whole (占全省的, 是2017年的)
    growth_named   增速, 涨幅: the thing spoken of is a growth rate
    fall_named     降幅: it is one of falling
    total          how many there are (总数), not how many came
    plain          the predicate without ranks and praise (稳居全国第一)
    summed         累计 and no more: after the year's additions, how many there are
    own_statement  a statement of its own (达到): the verb of the item before (新增) is not said here
    """

    direction: str
    falls: bool
    to_level: bool
    from_level: bool
    reaches: bool
    compares: bool
    over_target: bool
    of_whole: bool
    growth_named: bool
    fall_named: bool
    contributes: bool
    share_named: bool
    change_at_end: bool
    planned: bool
    total: bool
    own_statement: bool
    reached: bool
    state: bool
    improves: bool
    summed: bool
    plain: str


@lru_cache(maxsize=16384)
def analyse(predicate: str) -> Said:
    """The analysis of ``predicate`` (matching text)."""
    predicate = _TURNED.sub("", predicate)
    changes = list(DIRECTION.finditer(predicate))
    direction = changes[-1] if changes else None
    to_level = False
    for match in TO_LEVEL.finditer(predicate):
        to_level = direction is None or match.end() > direction.start()
    return Said(
        direction=direction[0] if direction else "",
        falls=direction is not None and direction["down"] is not None,
        to_level=to_level,
        from_level=FROM.search(predicate[-14:]) is not None,
        reaches=direction is not None and _REACHES.search(predicate, direction.end()) is not None,
        compares=COMPARE.search(predicate) is not None and _AGAINST_ITSELF.search(predicate) is None,
        over_target=_OVER_TARGET.search(predicate) is not None,
        of_whole=OF_WHOLE.search(predicate) is not None,
        growth_named=_GROWTH_NAMED.search(predicate) is not None,
        fall_named=_FALL_NAMED.search(predicate) is not None,
        contributes="贡献" in predicate,
        share_named=_SHARE_NAMED.search(predicate) is not None,
        change_at_end=_CHANGE_AT_END.search(predicate) is not None,
        planned=_PLANNED.search(predicate) is not None,
        total=_TOTAL.search(predicate) is not None,
        own_statement=_OWN_STATEMENT.search(predicate) is not None,
        reached=_REACHED.search(predicate) is not None,
        state=_STATE.search(predicate) is not None,
        improves="改善" in predicate,
        summed=_SUMMED.fullmatch(predicate) is not None,
        plain=ASIDE.sub("", predicate),
    )
