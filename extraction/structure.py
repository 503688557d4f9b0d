"""Structure of a report: what each stretch of it is about (sections) and its sentences.

Sections are found by cues of the language, not by layout: headings where there are any, formulas (主要预期目标是) where
there are none, so that a digest read across columns still yields its targets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from extraction.words import Words

#: Years of the five-year plans, by the words that name them.
PLANS = {
    "八五": (1991, 1995), "九五": (1996, 2000),
    "十五": (2001, 2005), "十一五": (2006, 2010), "十二五": (2011, 2015), "十三五": (2016, 2020),
    "十四五": (2021, 2025), "十五五": (2026, 2030), "十六五": (2031, 2035),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stretch:
    """A run of matching text of one section kind. ``years`` is the default period there (start, end)."""

    start: int
    end: int
    kind: str
    heading: str
    years: tuple[int, int]


def plan_years(words: str) -> tuple[int, int] | None:
    """``“十四五”时期`` → (2021, 2025)."""
    match = re.search(r"十[一二三四五六]?五|[“\"][八九]五", words)
    return PLANS.get(match[0].lstrip('“"')) if match else None


#: Which formulas a hint may stand in: the fewer are tried, the better.
_OF_HINT = {
    "目标": "target now", "指标": "target", "五年": "five next", "5年来": "five", "后5年": "next", "未来5年": "next", "届政府": "five", "一年": "year",
    "去年": "year", "今年": "now", "新的一年": "now", "重点": "now", "抓好以下": "now",
}  # fmt: skip


@lru_cache(maxsize=1024)
def _formula(year: int, hint: str) -> re.Pattern[str]:
    """Formulas of the language that open a section wherever they stand, of those that hold ``hint``."""
    last, this = str(year - 1), str(year)
    past_plans = "|".join(
        f"{re.escape(name)}"
        for name, (_, end) in sorted(PLANS.items(), key=lambda p: -len(p[0]))
        if end < year or end == year
    )
    next_plans = "|".join(
        f"{re.escape(name)}"
        for name, (start, _) in sorted(PLANS.items(), key=lambda p: -len(p[0]))
        if start >= year - 1
    )
    formulas = (
        r"(?P<target>(?:预期目标|主要目标|目标任务|预期指标|奋斗目标|工作目标|发展目标|调控目标|主要预期指标|预期性目标|主要指标|经济目标)(?:任务)?(?:建议|安排|初步|拟)?(?:是|为|:|包括|,(?=[^,。;\d]{0,6}生产总值)|,?即|如下|确定为|定为|安排为|\(|,建议))",
        rf"(?P<five>(?<![^\n。!?;,:—])(?:过去的?五年|五年来|近?[五5]年来|这五年|五年间|五年里|(?<![^\n])五年[\u4e00-\u9fff]{{4}},|回[顾首望眸看](?:这|过去的?)?五年|本届政府|[“\"]?(?:{past_plans})[”\"]?(?:时期|期间|以来|这五年|五年)))",
        rf"(?P<year>(?:(?<![^\n。!?;,])刚刚过去的?{last}年)|(?<![^\n。!?;—])(?:(?:刚刚|即将)?过去的?(?:的)?一年|过去一年|一年来|去年|(?:刚刚|即将)?过去的{last}年|回望{last}年|{last}年(?:[,,是]|,?全[市省区年州]|我[市省区])|(?<=\n){last}年))",
        rf"(?P<next>(?<![^\n。!?;—])(?:今后[五5]年|未来[五5]年|[“\"]?(?:{next_plans or 'x^'})[”\"]?(?:时期|期间|发展|规划|,))|[“\"]?(?:{next_plans or 'x^'})[”\"]?规划?纲要[^。\n]{{0,12}}(?:提交|提请|请)[^。\n]{{0,6}}审[查议])",
        rf"(?P<now>(?:(?:做好)?(?:今年|{this}年)(?:[^。,;\n]{{0,14}})?(?:总体要求|工作总体|总体思路|指导思想|工作的总体|重点工作|主要工作|政府工作(?!报告)|工作思路|工作安排|工作任务|要重点|重点抓|重点做)|(?<![^\n。!?;])今年是|今年,?(?:我们)?(?:要|将)?重点|重点(?:抓好|做好|抓|做)(?:好)?(?:以下|下列|如下|[一二三四五六七八九十]{{1,2}}(?:个?方面|项)|\d{{1,2}}(?:个?方面|项)|六|八|十)|(?:主要|着力|突出|集中力量)抓好以下|为实现(?:上述|以上)目标|实现(?:上述|以上)(?:发展)?目标[,任]|围绕(?:上述|以上|实现)目标|(?<![^\n。!?;])今年[,,]|新的一年[,里]))",
    )
    kinds = ("target", "five", "year", "next", "now")
    wanted = _OF_HINT.get(hint, "five next" if hint in PLANS else "year now").split()
    return re.compile("|".join(text for kind, text in zip(kinds, formulas, strict=True) if kind in wanted))


@lru_cache(maxsize=64)
def _hints(year: int) -> Words:
    """What every formula holds one of: most sentences need no closer look."""
    return Words(
        f"目标 指标 五年 5年来 后5年 未来5年 届政府 十五 十一五 十二五 十三五 十四五 十六五 一年 去年 {year - 1}年 {year}年 今年 新的一年 重点 抓好以下".split()
    )


_FIVE = re.compile(r"(?<!\d)5年")
#: 今年办好十件实事, in a text that is of no known kind so far.
_DEEDS = re.compile(r"办好[^,。;]{0,12}实事(?:项目)?$")


def _heading_kind(line: str, year: int, kind: str) -> str | None:
    """Section kind that a heading announces, or None where it announces none."""
    last, this = str(year - 1), str(year)
    line = _FIVE.sub("五年", line)
    names_last = last in line or "去年" in line or "过去一年" in line or "一年来" in line or "上一年" in line
    names_this = this in line or "今年" in line
    plan = plan_years(line)
    five_back = (
        bool(re.search(r"过去的?五年|五年来|本届政府|五年的?(?:工作|回顾|成就)|近五年|(?:的|这)五年$", line))
        or _TERM.search(line) is not None
        or bool(plan and plan[1] < year)
        or bool(plan and plan[1] == year and "回" in line)
    )
    five_ahead = bool(re.search(r"今后五年|未来五年|今后一个时期|远景|下一个五年", line)) or bool(
        plan and plan[0] >= year - 1 and not five_back
    )
    review_word = bool(
        re.search(
            r"回顾|回眸|回看|回望|总结|完成情况|主要成就|主要成绩|取得的|收官|历程|工作情况|发展情况|极不平凡|知难",
            line,
        )
    )
    task_word = bool(
        re.search(r"任务|安排|目标|要求|部署|重点|思路|打算|展望|布局|做好|全力|攻坚|计划|建议|工作", line)
    )
    if (
        re.search(
            r"自身建设|政府建设|政府系统建设|服务型政府|法治政府建设|人民满意的?(?:政府|服务)|建设.{0,12}政府$|政府效能|廉洁政府|为民政府",
            line,
        )
        and not review_word
        and len(line) < 40
        and kind in ("tasks", "annual_targets", "livelihood", "outlook", "government", "other")
    ):
        return "government"
    if (
        re.search(r"民生实事|为民实事|惠民实事|实事项目|惠民工程", line)
        and (names_this or re.search(r"办好|办实|抓好|实施", line))
        and kind in ("tasks", "annual_targets", "livelihood", "government", "outlook")
    ):
        return "livelihood"
    if kind == "other" and _DEEDS.search(line) and not review_word and not names_last:
        return "livelihood"
    if (
        review_word
        and (names_last or five_back or re.search(r"工作|回顾|回眸|回望", line))
        and not (names_this and not names_last and not five_back)
    ):
        return "five_year_review" if five_back and not names_last else "review"
    if five_back and not names_this and not five_ahead:
        return "five_year_review"
    if names_this and not names_last:
        return "tasks"
    if five_ahead and task_word | bool(re.search(r"蓝图|时期|五年|十五五", line)):
        return "outlook"
    if names_last and not names_this:
        return "review"
    if kind in ("other", "review", "five_year_review") and _TARGETS_ALONE.fullmatch(line):
        return "tasks"
    if (
        re.search(
            r"^(?:[一二三四五六七八九十]{1,2}[、.])?.{0,8}(?:重点工作|工作任务|主要任务|工作安排|工作重点|重点任务|目标任务|总体要求|工作部署)",
            line,
        )
        and kind != "outlook"
    ):
        return "tasks"
    return None


#: —主要目标—: a heading that names targets and no year, over a list of them.
_TARGETS_ALONE = re.compile(
    r"[^\u4e00-\u9fff]{0,4}(?:[一二三四五六七八九十]{1,2}[、.])?(?:经济|社会|发展|年度|主要|预期|工作|奋斗|的|和|及)+目标[^\u4e00-\u9fff]{0,4}"
)


def sections(text: str, year: int) -> list[Stretch]:
    """Stretches of ``text`` (matching text), in order, without gaps. ``year`` is the report's year."""
    events: list[tuple[int, str, str]] = []
    kind = "other"
    targets_end = -1
    resume, term = -1, ""  # where a review of several years goes on, and its heading
    words = _hints(year)
    hints = [(end - 1, words.words[index]) for index, _, end in words.find(text)]
    hints.append((len(text), ""))
    hint = 0
    for unit in _UNIT.finditer(text):
        start, end = unit.span()
        if kind == "annual_targets" and start >= targets_end:
            kind = "tasks"
            events.append((targets_end, kind, ""))
        if 0 < resume < start:
            if kind == "review":
                kind = "five_year_review"
                events.append((resume + 1, kind, term))
            resume = -1
        while hints[hint][0] < start:
            hint += 1
        if start == 0 or text[start - 1] == "\n":
            line = _heading(text, start, end)
            if line and not _FRONT.search(line):
                new = _heading_kind(line, year, kind)
                if new is not None:
                    kind = new
                    resume = -1
                    events.append((start, kind, line))
        seen = start
        while hints[hint][0] < end:
            # a formula begins at most a dozen characters before its hint
            at, word = hints[hint]
            cue = _formula(year, word).search(text, max(0, seen - 1, at - 16), min(end, at + 44))
            hint += 1
            if cue is None:
                continue
            seen = cue.end()
            new = _formula_kind(cue, text, year, kind)
            if new is None or new == kind:
                continue
            at = cue.start()
            if kind == "five_year_review" and new == "review" and _one_point(text, at):
                # ——实力显著增强。2020年,全市生产总值…: the last year, in one point of a review of five
                resume, term = text.find("\n", at), next(e[2] for e in reversed(events) if e[1] == kind)
            if new == "annual_targets":
                targets_end = _targets_end(text, at)
                at = max(_sentence_start(text, at), events[-1][0] if events else 0)
            kind = new
            events.append((at, kind, ""))
    if kind == "annual_targets":
        events.append((targets_end, "tasks", ""))
    out: list[Stretch] = []
    events = [(0, "other", ""), *[event for event in events if event[0] < len(text)]]
    for i, (start, stretch_kind, heading) in enumerate(events):
        end = events[i + 1][0] if i + 1 < len(events) else len(text)
        if end > start:
            out.append(
                Stretch(
                    start,
                    end,
                    stretch_kind,
                    heading,
                    default_years(stretch_kind, year, heading or text[start : start + 8]),
                )
            )
    return out


#: A sentence, with its end mark and the line break after it.
_UNIT = re.compile(r"[^。!?;\n]+[。!?;]?\n?|\n")
_NUMBERED = re.compile(r"(?:[一二三四五六七八九十]{1,2}[、.]|第[一二三四五]部分)[^\n。;!?,:]{1,36}")


def _heading(text: str, start: int, end: int) -> str:
    """The heading at ``start``: a short line without an end mark, or the first words after 一、."""
    numbered = _NUMBERED.match(text, start, end)
    line = text[start:end].rstrip("\n")
    if numbered:
        # 一、攻坚克难,“十四五”圆满收官: a slogan first, then what the section is of
        alone = len(line) <= 60 and line[-1:] not in "。;!?" and not _FIGURE.search(line)
        return line if alone else numbered[0]
    return (
        line
        if len(line) <= 45
        and text[start + len(line) : start + len(line) + 1] in ("\n", "")
        and line[-1:] not in "。;!?"
        else ""
    )


#: 过去四年工作回顾: a term of office that was shorter or longer than five years.
_TERM = re.compile(
    r"过去的?([三四六七])年|(?<!第)([三四六七])年来?的?(?:工作|主要工作|政府工作)?(?:的?回顾|总结)"
)


def default_years(kind: str, year: int, heading: str = "") -> tuple[int, int]:
    """The period that a fact without words of time has in a section of this kind."""
    if kind == "five_year_review":
        term = _TERM.search(heading)
        years = "三四五六七".index(term[1] or term[2]) + 3 if term else 5
        return (year - years, year - 1)
    if kind == "outlook":
        plan = plan_years(heading)
        return plan if plan and plan[1] >= year else (year, year + 4)
    if kind in ("annual_targets", "tasks", "livelihood", "government"):
        return (year, year)
    return (year - 1, year - 1)


#: Lines of the front matter (title, date, speaker) announce nothing.
_FRONT = re.compile(
    r"政府工作报告|会议上|大会上|^(?:年份|时间|日期|来源|发布|标题|编辑|作者|记者)|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d年\d{1,2}月\d{1,2}日|作政府工作报告|记者|摄$|网站|字号"
)


@lru_cache(maxsize=64)
def _this_year(year: int) -> re.Pattern[str]:
    """Words that say that targets are those of ``year``: 今年, 2010年, 二〇一〇年; 划定发展预期目标."""
    numerals = "".join(
        "[〇零○0]" if digit == "0" else "〇一二三四五六七八九"[int(digit)] for digit in str(year)
    )
    return re.compile(rf"今年|(?:{year}|{numerals})年|(?:划定|提出|设定|拟定)了?[^,。;的]{{0,8}}$")


def _formula_kind(cue: re.Match[str], text: str, year: int, kind: str) -> str | None:
    at = cue.start()
    which, words = cue.lastgroup, cue[0]
    if which == "target":
        before = text[max(0, at - 80) : at]
        stop = max(before.rfind(mark) for mark in "。!?\n")
        before = before[stop + 1 :]
        if kind in ("review", "five_year_review") and not _this_year(year).search(before):
            return None
        this = re.search("全年|本年", before) or _this_year(year).search(before)
        plan = plan_years(before)
        if not this and (kind == "outlook" or re.search(r"五年|时期|远景", before)):
            return "outlook"
        if plan and not this:
            return "outlook"
        if not re.search(
            r"\d|同步|百分之|[一二三四五六七八九]{1,2}(?:点|到|%)", text[cue.end() : cue.end() + 160]
        ):
            return "tasks" if this else None
        return "annual_targets"
    if which == "five":
        if (
            kind in ("review", "other")
            and text[at - 1 : at] == ","
            and _FIGURE.search(text, _sentence_start(text, at), at)
        ):
            return None  # 生产总值5000亿元,“十四五”期间年均增长6%;…: an aside of one figure
        return "five_year_review" if kind in ("review", "five_year_review", "other") else None
    if which == "year":
        return "review" if kind in ("review", "five_year_review", "other") else None
    if which == "next":
        if words.endswith(",") and kind in ("tasks", "annual_targets"):
            return None
        return "outlook" if kind in ("review", "five_year_review", "other", "outlook") else None
    if which == "now":
        if kind == "outlook" and re.search(r"上述|以上", words):
            return None  # the five years' targets are still spoken of
        return (
            None
            if kind == "annual_targets" and words.startswith("今年")
            else ("tasks" if kind not in ("government", "livelihood", "tasks") else None)
        )
    return None


#: A value that was stated; a year or a date is none.
_FIGURE = re.compile(r"\d(?:%|[万亿千百]|个百分点|倍|元)")


#: What a point of an enumeration begins with: its number or dash, and a sentence that names it.
_POINT = re.compile(
    r"(?:[—●■◆]{1,3}|\([一二三四五六七八九十]{1,2}\)|[一二三四五六七八九十]{1,2}(?:、|是)|\d{1,2}[.、])[^\d。\n]{2,40}。|[^\d,。\n]{4,16}。|[—●■◆]{1,3}"
)


def _one_point(text: str, at: int) -> bool:
    """True where what begins at ``at`` opens a point of an enumeration, or follows the sentence that names it."""
    paragraph = text.rfind("\n", 0, at) + 1
    return at - paragraph < 60 and _POINT.fullmatch(text, paragraph, at) is not None


def _sentence_start(text: str, at: int) -> int:
    return max(text.rfind(mark, 0, at) for mark in "。!?;\n") + 1


_TARGET_END = re.compile(
    r"\n|(?<=[。!?])(?=[^。\n]{0,12}(?:重点(?:抓|做)|围绕(?:上述|以上|实现)|为(?:实现|完成)|实现(?:上述|以上)|做好今年|完成上述|我们(?:要|将)|必须|上述目标|这些目标|确定(?:上述|以上|这些)|提出(?:上述|以上|这些)|[一二三四五六七八九十]{1,2}、|\([一二三四五六七八九十]\)))"
)


def _targets_end(text: str, at: int) -> int:
    """End of the targets that begin at ``at``: the paragraph, or the formula that opens the tasks."""
    match = _TARGET_END.search(text, at + 10)
    end = match.start() if match else len(text)
    # a paragraph that only announces them, with the targets listed in the next ones (——地区生产总值…)
    while end < len(text) and re.match(r"\n(?:——|\d{1,2}[.、](?!\d)|[·•])", text[end : end + 4]):
        nxt = text.find("\n", end + 1)
        end = nxt if nxt > 0 else len(text)
    return end


#: Sentences of the matching text; one without end is cut, so that no text takes more time than its length warrants.
SENTENCE = re.compile(r"[^。!?;\n]{1,1200}[。!?;]?")
