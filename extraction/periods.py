"""Words of time: which years, and whether done or promised."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from extraction.quantities import chinese_number
from extraction.structure import PLANS

_PLAN_NAMES = "|".join(sorted(PLANS, key=len, reverse=True))
#: What a word of time begins with: at other characters nothing need be tried (a third of the time).
_BEGINS = '到至截力确12二两过近这前五三四543本上今未接下往再用届“"十六七八九去一年明每平逐'
_TIME = re.compile(
    rf"(?=[{_BEGINS}])(?:(?P<by>到|至|截至|截止|力争|力争到|确保到)?(?P<y>(?:19|20)\d\d|二[〇零○O0o][一二三四五六七八九〇零○]{{2}})(?:[-—至到~](?P<y2>(?:19|20)?\d\d))?年(?P<part>上半年|一季度|前三季度|前\d+个?月|\d{{1,2}}[-—至]\d{{1,2}}月|\d{{1,2}}月(?!底|末))?(?P<edge>年?底|末|初|以前|前|以来|起)?"
    rf"|(?P<span>(?:过去的?|近|这|前)?(?<![一二三四五六七八九十\d.])(?P<n>[五三四二两5432])(?:个)?年(?:来|间|里|内|期间|平均)|(?:过去的?|近)(?P<n2>[五三四二两5432])年|(?:本届政府|上届政府)(?:五年|任期)|(?<![一二三四十\d今后未过去近])五年(?=累计|共|总计|新增|新建|生产|完成|建成|改造|实施|投入|培育|引进|净增|发放|打通|开工|创建|办成|增加|翻|增长|提高|下降|年均))"
    rf"|(?P<ahead>(?:今后|未来|接下来|下一个|往后|再用|用)(?:的)?(?:[二两三四2-5](?:到|至|[-—])?)?(?P<n3>[五三四二两十5432])(?:到[五十])?年(?:时间|内|左右)?|五年内|本届政府任期内|届末)"
    rf"|[“\"]?(?P<plan>{_PLAN_NAMES})[”\"]?(?P<planedge>时期末|期?末|期?初|以来|(?:时期|期间)?前[二两三四]年|时期|期间|五年|规划)?"
    r"|(?P<ago>五年前|(?<=[比较是])[两三四六七八九十]年前|(?<=[比较])年初)"
    r"|(?P<last>去年|上年|上一年|过去一年|过去的一年|一年来)"
    r"|(?P<this>今年|本年度?|年内|今冬明春)"
    r"|(?P<next>明年)"
    r"|(?P<half>上半年|下半年|一季度|二季度|三季度|四季度|前三季度|前\d+个?月|1至\d+月份?|1[-—]\d+月份?)"
    r"|(?P<each>(?<!人)每年|年均|平均每年|年平均|逐年))"
)
#: No word of time is without one of these characters.
_ANY = re.compile(r"[年五季届任冬]|[\d个]月")
#: Before a word of time: it is what is compared with, not the time of the fact.
_BASE = re.compile(
    r"(?:比|较|与|同|超过|高于|低于|多于|是|为|相当于|相比|对比|恢复[到至]|超|在|自|从|由|约为|达到)(?:上述|整个)?$"
)


#: 过去五年, 五年来, 五年间: years that are over, wherever it is said.
_GONE = re.compile(r"过去|近|这|前|本届|上届|.*[来间]$")
#: 与上年持平, 保持上年水平: what is compared with.
_AS_BEFORE = re.compile(r"(?:同期)?的?(?:增长|增幅|增速|实际|预期)?(?:水平|基数|持平|相当)")


@dataclass(frozen=True, slots=True)
class Time:
    """A word of time in a sentence. ``kind``: year, span, base (compared with), start (from …), each (每年, 年均)."""

    at: int
    end: int
    kind: str
    years: tuple[int, int]
    by: bool = False  # 到2030年: a state at the end
    part: bool = False  # half a year, a quarter


@lru_cache(maxsize=1024)
def _cn_year(text: str) -> int:
    if text.isdigit():
        return int(text)
    value = chinese_number(text.replace("○", "〇").replace("O", "〇").replace("o", "〇").replace("0", "〇"))
    return value[0] if value else 0


_SMALL = {"二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "十": 10, "2": 2, "3": 3, "4": 4, "5": 5}


def find_times(
    text: str, start: int, end: int, year: int, past: bool = False, plans: bool = False
) -> list[Time]:
    """Words of time in ``text[start:end]`` for a report of ``year``, in order.

    past   the text looks back: 上年 is the year before the one reported on, while 去年 is that year itself
    plans  the text looks ahead: 五年新增… is of the years to come
    """
    out: list[Time] = []
    if not _ANY.search(text, start, end):
        return out
    for match in _TIME.finditer(text, start, end):
        before = text[max(start, match.start() - 4) : match.start()]
        kind = "year"
        by = False
        part = False
        after = text[match.end() : match.end() + 3]
        if match["y"]:
            first = _cn_year(match["y"])
            if not 1949 <= first <= 2100 or text.startswith(("远景", "基本实现"), match.end()):
                continue  # 实现2035年远景目标: no word of time for the figures beside it
            years = (first, first)
            if match["y2"]:
                second = int(match["y2"]) if len(match["y2"]) == 4 else first // 100 * 100 + int(match["y2"])
                if second >= first:
                    years = (first, second)
                    kind = "span" if second > first else "year"
            by = bool(match["by"]) and match["by"] not in ("至",)
            if match["by"] in ("到", "至") and before.endswith("恢复"):
                by, before = False, before + match["by"]  # 恢复到2019年的65%: what it is compared with
            part = bool(match["part"])
            if match["edge"] in ("以来", "起"):
                years, kind = (first, year - 1), "span"
        elif match["span"]:
            n = _SMALL.get(match["n"] or match["n2"] or "五", 5)
            ahead = plans and not _GONE.match(match["span"])  # 五年内建成, 五年新增: from now on
            years, kind = (year, year + n - 1) if ahead else (year - n, year - 1), "span"
        elif match["ahead"]:
            n = _SMALL.get(match["n3"] or "五", 5)
            years, kind = (year, year + n - 1), "span"
        elif match["plan"]:
            years = PLANS[match["plan"]]
            if match["planedge"] in ("末", "期末", "时期末"):
                years = (years[1], years[1])
            elif (match["planedge"] or "").endswith("年") and "前" in match["planedge"]:
                years, kind = (years[0], years[0] + _SMALL[match["planedge"][-2]] - 1), "span"
            elif (
                after.startswith("开局")
                or text[match.end() : match.end() + 6].find("开局") >= 0
                or text[match.end() : match.end() + 8].find("收官") >= 0
            ) or (
                match["planedge"] is None
                and not after.startswith((",", "我", "全", "累"))
                and before[-1:] not in ("比", "较")
            ):
                continue
            else:
                kind = "span"
        elif match["ago"]:
            ago = (
                1
                if match["ago"] == "年初"
                else {"六": 6, "七": 7, "八": 8, "九": 9, **_SMALL}[match["ago"][0]]
            )
            years = (year - 1 - ago, year - 1 - ago)
        elif match["last"]:
            if _AS_BEFORE.match(text, match.end()):
                continue  # 增长保持上年水平: no word of time for the figures that follow
            before_that = past and match["last"] in ("上年", "上一年")
            years = (year - 2, year - 2) if before_that else (year - 1, year - 1)
        elif match["this"]:
            # 年内发放补贴4.6亿元, in a review: in the course of the year that is looked back on
            back = 1 if past and match["this"] != "今年" else 0
            years = (year - back, year - back)
        elif match["next"]:
            years = (year + 1, year + 1)
        elif match["half"]:
            years, part = (year - 1, year - 1), True
        else:
            out.append(Time(match.start(), match.end(), "each", (0, 0)))
            continue
        base = _BASE.search(before)
        if base and not by:
            word = base[0]
            if word in ("从", "由", "自"):
                kind = "start"
            elif word in (
                "比",
                "较",
                "与",
                "同",
                "超过",
                "高于",
                "低于",
                "多于",
                "相当于",
                "相比",
                "对比",
                "恢复到",
                "恢复至",
                "超",
                "约为",
            ) or (word in ("是", "为", "达到") and after[:1] in ("的", "末", "底")):
                kind = "base"
        out.append(Time(match.start(), match.end(), kind, years, by, part))
    return out
