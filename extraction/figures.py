"""Figures: what a number says of its subject: which catalogue entry, which statistic, which years, which value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from extraction.catalogue import Metric
from extraction.clauses import any_in
from extraction.language import FROM, OF_WHOLE, TO_LEVEL, VERB, VERB_GROUPS
from extraction.model import Observation
from extraction.names import Mention, Names
from extraction.periods import Time
from extraction.predicates import Said, analyse
from extraction.quantities import Quantity
from extraction.structure import Stretch
from extraction.subjects import Subject, Subjects
from extraction.units import convert, parse_unit


@dataclass(slots=True)
class Fact:
    """A fact in matching-text positions, before it becomes an Observation."""

    metric: Metric | None
    subject: str
    statistic: str
    basis: str | None
    role: str
    is_estimate: bool
    years: tuple[int, int]
    value: float | None
    value_high: float | None
    unit: str
    qualifier: str
    scope: str
    raw_value: str
    raw_unit: str
    start: int
    end: int
    number_start: int
    number_end: int
    rule: str
    confidence: float
    stretch: bool = False


def observed(
    fact: Fact,
    quote: str,
    start: int,
    stop: int,
    number_start: int,
    number_end: int,
    section: str,
    sentence_start: int,
    sentence_end: int,
) -> Observation:
    """The fact with its positions in the stored text, where it says ``quote``."""
    return Observation(
        fact.metric.code if fact.metric else None,
        fact.subject,
        fact.statistic,
        fact.basis,
        fact.role,
        fact.is_estimate,
        fact.years[0],
        fact.years[1],
        fact.value,
        fact.value_high,
        fact.unit,
        fact.qualifier,
        fact.stretch,
        fact.scope,
        fact.raw_value,
        fact.raw_unit,
        quote,
        start,
        stop,
        number_start,
        number_end,
        section,
        fact.confidence,
        fact.rule,
        sentence_start,
        sentence_end,
    )


class Figures(Subjects):
    """... and what the number says of it."""

    def __init__(
        self,
        text: str,
        mentions: list[Mention],
        names: Names,
        own_names: tuple[str, ...],
        other_wholes: re.Pattern[str],
        year: int,
    ) -> None:
        super().__init__(text, mentions, names, own_names, other_wholes)
        self.year = year
        self.facts: list[Fact] = []
        self.sentence_start = 0
        self.inherited: Time | None = None  # the words of time in force when the sentence began
        self.against: Time | None = None  # 与2010年相比: what all that follows is compared with
        self.since = 0  # the year from which the sentence, or one before its semicolon, reckons

    def _choose(
        self, subject: Subject, q: Quantity, predicate: str, near: str, sentence: str, led: str
    ) -> tuple[Metric | None, str]:
        """The entry, of those that claim the name, whose conditions are met: verbs (``near``) and words (``sentence``,
        as far as the number) that it needs, and none of the words before or after the name that make it another."""
        assert subject.mention is not None
        dimension = q.unit.dimension
        if ")建" in near:
            near = _BOTH_BUILT.sub("新建改建扩建", near)
        best: tuple[int, Metric, str] | None = None
        carried = subject.chosen
        said = analyse(predicate)
        phrase = subject.phrase + " " + said.plain
        # 新增小巨人企业18家，累计38家
        total = said.total or (said.summed and carried is not None and carried.kind == "count")
        if total or said.own_statement:
            if carried is not None and total:
                phrase = _ADDED.sub("", phrase)  # 新增A 8家、总数达31家
            carried = None  # 同比增加1829万千瓦、达到9048万千瓦: the second is how much there is
        if carried is not None and dimension == "ratio" and (carried, "level") in subject.mention.candidates:
            # 进出口77亿美元、增长12%: growth is of the thing, whatever it is counted in
            of_all = [m for m, grade in subject.mention.candidates if grade == "any" and not m.needs]
            carried = of_all[0] if of_all else carried
        if carried is not None and dimension == "ratio" and "净增" in subject.phrase:
            # 净增外贸企业129家、增长50.6%: what grew is how many there are
            stock = [m for m, grade in subject.mention.candidates if m.kind == "stock" and not m.needs]
            carried = stock[0] if stock else None
            if carried is None:
                return None, "any"
            return carried, "any"
        for metric, grade in subject.mention.candidates:
            if carried is not None and metric is not carried:
                continue
            # 装机容量由255万千瓦增加到863万千瓦: what stands came to so much; nothing was added that is counted
            came_to = metric.kind == "stock" and said.to_level
            if (
                metric.not_
                and len(phrase) > 1
                and any_in(metric.not_, phrase)
                and not (came_to and not any_in(metric.not_, TO_LEVEL.sub("", phrase)))
            ):
                continue
            if metric.kind == "count" and total:
                continue  # 净增86家、总数突破600家: how many there are, not how many came
            if metric.kind == "stock" and not metric.needs and not said.reached and _ADDED.search(near):
                continue  # 新增家庭农场1000家: how many came, not how many there are
            if (
                metric.kind == "stock"
                and carried is None
                and dimension in ("count", "households", "people")
                and not metric.needs
                and not said.reached
                and _TAKEN_IN.search(led)
            ):
                continue  # 培育制造业单项冠军2家, 引进外贸企业15家
            if (
                metric.needs
                and carried is None
                and not any(
                    _has(near, need)
                    if need[0] == "@"
                    else need in near or (need in sentence and not VERB.fullmatch(need))
                    for need in metric.needs
                )
            ):
                continue
            level_unit = parse_unit(metric.unit).dimension
            if dimension in ("ratio", "points", "multiple", "doubling"):
                alone = dimension == "doubling" and len(subject.mention.candidates) == 1  # 经济总量翻一番
                if grade == "level" and level_unit != "ratio" and carried is None and not alone:
                    continue  # 经济总量突破1000亿元、增长6%: carried over, growth is said of it, too
            else:
                named_whole = subject.chosen is metric and "总量" in predicate
                if grade == "growth" and not named_whole and not self._part_of_gdp(metric, sentence):
                    continue
                if not _compatible(dimension, level_unit) and not (
                    dimension == "number"
                    and (
                        metric.domain == "prices"
                        # 11.25万贫困人口脱贫: people that follow are counted without 人
                        or (
                            level_unit in ("people", "person_times")
                            # 转移农村劳动力3万: or the ten thousands are
                            and (subject.mention.start >= q.stop or "万" in q.raw_value + q.raw_unit)
                        )
                        # 旅游人次超1.9亿: the name holds the unit
                        or (
                            level_unit == "person_times"
                            and ("万" in q.raw_value + q.raw_unit or "亿" in q.raw_value + q.raw_unit)
                            and self.text.endswith("人次", 0, subject.mention.end)
                        )
                        # 贫困发生率降至零
                        or (q.low == 0 and said.to_level)
                        # 地区生产总值达到4120亿: spoken of without 元
                        or (level_unit.startswith("money") and "亿" in q.raw_value + q.raw_unit)
                    )
                ):
                    continue
                if metric.written_units and q.unit.name not in metric.written_units:
                    continue
            score = (2 if metric.needs else 0) + (1 if grade != "any" else 0)
            if best is None or score > best[0]:
                best = (score, metric, grade)
        if best is None:
            return None, "any"
        subject.chosen = best[1]
        return best[1], best[2] if carried is None or best[2] == "growth" else "any"

    def _part_of_gdp(self, metric: Metric, sentence: str) -> bool:
        """生产总值437亿元。其中，第一产业完成67亿元 says a level; 第二产业 alone is no amount."""
        if metric.code not in _PARTS_OF_GDP:
            return False
        at = self.sentence_start
        if sentence.startswith("其中") or self.text[at - 1 : at] == ";":
            sentence = self.text[max(0, at - 100) : at] + sentence
        return "生产总值" in sentence and "投资" not in sentence

    def _statistic(
        self,
        q: Quantity,
        metric: Metric | None,
        grade: str,
        predicate: str,
        clause: str,
        right: str,
        rule: str,
        text: str,
        start: int,
    ) -> tuple[str, int, str, Metric | None]:
        """(statistic, sign, rule, metric); metric becomes None where the number turns out to speak of something else."""
        dimension = q.unit.dimension
        said = analyse(predicate)
        falls = said.falls and not (said.improves and (metric is None or metric.direction != "lower"))
        sign = -1 if falls and q.low >= 0 and (q.high is None or q.high >= 0) else 1
        to_level = said.to_level
        tail = text[q.stop : q.stop + 12]
        if said.from_level and not to_level:
            # 由45%提高到52%: the first number is a level, too; 由-4.1%转为增长0.9%: a rate
            to_level = not (q.low < 0 or _TURNS.match(tail))
        if (
            ("目标" in tail or "任务" in tail)
            and _GOAL_AFTER.match(tail)
            and not rule.startswith("name_after")
        ):
            return "comparison", 1, "quoted_target", metric
        if said.over_target or (dimension == "ratio" and _OF_THE_PLAN.search(predicate)):
            return "comparison", sign, "over_target", metric
        if said.compares:
            return "comparison", sign, "comparison", metric
        if dimension == "points":
            if metric is None:
                return "change_pp", sign, rule, metric
            if parse_unit(metric.unit).dimension != "ratio" or metric.domain == "prices":
                return "comparison", sign, "comparison", metric
            if said.growth_named or said.contributes:
                return "comparison", sign, "comparison", metric
            if not said.direction and not _CHANGE_AFTER.match(tail):
                return "comparison", sign, "comparison", metric
            return "change_pp", sign, rule, metric
        if said.of_whole or (
            dimension == "ratio" and (metric is None or metric.unit != "%") and OF_WHOLE.search(clause)
        ):
            return "comparison", 1, "share_of_whole", metric
        if dimension == "multiple":
            if said.direction and not said.falls and not to_level:
                return "growth_rate", 100, rule, metric
            return "comparison", 1, "multiple", metric
        if dimension == "doubling":
            return "growth_rate", 1, rule, metric
        if dimension == "ratio":
            return self._rate(metric, grade, said, sign, to_level, rule, tail)
        # an amount
        changes = said.direction and not to_level and said.direction not in _COMPARATIVES and not said.reaches
        if (
            metric is not None
            and changes
            and rule != "name_after"
            and not metric.needs
            and metric.kind != "count"
        ):
            return "comparison", sign, "absolute_change", metric
        if (
            metric is not None
            and metric.direction == "lower"
            and metric.kind in ("flow", "stock")
            and not said.to_level
        ):
            since = max(text.rfind(",", start, q.start) + 1, start)
            if _CUT.match(text, since, q.start):
                return "comparison", -1, "absolute_change", metric  # 减少二氧化硫排放1.2万吨
        return "level", 1, rule, metric

    def _rate(
        self, metric: Metric | None, grade: str, said: Said, sign: int, to_level: bool, rule: str, tail: str
    ) -> tuple[str, int, str, Metric | None]:
        """The statistic of a percentage: the level of a rate, growth of anything, or a share of something else."""
        if metric is None:
            if said.direction and not to_level:
                return "growth_rate", sign, rule, metric
            return "level", 1, rule, metric
        if parse_unit(metric.unit).dimension == "ratio" and metric.domain != "prices":
            changes = said.direction and not to_level and said.direction not in _COMPARATIVES
            if grade == "growth":
                return "growth_rate", sign, rule, metric
            if changes and said.direction != "升" and said.change_at_end:
                return "growth_rate", sign, "share_changed", metric
            return "level", 1, rule, metric
        if said.fall_named and said.from_level:
            return "comparison", 1, "ratio_of_level", None  # 降幅由年初的12.4%收窄到3.5%: of which months
        if to_level and metric.domain != "prices" and not said.growth_named and grade != "growth":
            return "comparison", 1, "ratio_of_level", None
        if grade == "level" or said.share_named:
            return "level", 1, "unit_mismatch", None
        if not said.direction and _FELL_AFTER.match(tail):
            return "growth_rate", -1, rule, metric
        if not said.direction and not _GROWTH_AFTER.match(tail):
            if metric.kind == "count":
                return "level", 1, "unit_mismatch", None
            if rule == "carried_over" and not said.planned:
                return "level", 1, "share_of_something", None  # 务工293万人，超80%监测对象…
        if to_level:
            sign = -1 if said.fall_named else 1  # 涨幅回落到2.1%: what it fell to, not by how much
        return "growth_rate", sign, rule, metric

    def _of_the_plan(self, stretch: Stretch) -> bool:
        """True where a review of the last year and of the plan, in one, speaks of the plan in this paragraph."""
        if not _of_plan_too(stretch):
            return False
        begin = self.text.rfind("\n", 0, self.sentence_start) + 1
        end = self.text.find("\n", self.sentence_start)
        return _SAYS_PLAN.search(self.text, begin, end if end >= 0 else len(self.text)) is not None

    def _period(
        self,
        q: Quantity,
        metric: Metric | None,
        statistic: str,
        predicate: str,
        clause: str,
        times: list[Time],
        stretch: Stretch,
        clause_at: int,
    ) -> tuple[tuple[int, int], str, str, str, bool]:
        """(years, role, rule, averaged, partial); averaged: ``""``, ``average``, ``sum``, ``base`` (against an
        earlier year), ``sums`` (of one span of years against another: 比“十五”时期增长1.5倍)."""
        year = self.year
        each = False
        base = False
        on_year = False  # 比上年增长, 比年初增加: of the last year, among five years' figures, too
        partial = False
        explicit: Time | None = None
        start_year: Time | None = None
        for time in times:
            if time.kind == "each":
                if time.at >= clause_at:
                    each = True
            elif time.kind == "base":
                if time.at >= clause_at:
                    base = time.years[1] < stretch.years[1] - 1
                    on_year = time.years[1] == stretch.years[1] - 1
            elif time.kind == "start" and not time.part:
                start_year = time
            elif time.part:
                # half a year's figure: only in the words right before the number
                leads = time.at - self.sentence_start <= 1 and self.text[time.end : time.end + 1] == ","
                partial = time.at >= clause_at - 1 or (
                    leads and self.text.find("全年", time.end, q.start) < 0
                )  # 1—11月，规上工业增加值增长…，固定资产投资增长…
            else:
                explicit = time
                partial = False
        if stretch.kind == "five_year_review" and "同比" in clause:
            on_year = True
        rule = "section"
        years = stretch.years
        if explicit is not None and not (
            stretch.kind == "five_year_review"
            and explicit.at < clause_at
            and explicit.years == (stretch.years[1], stretch.years[1])
            and (q.unit.dimension == "doubling" or "累计" in clause)
        ):
            rule = "stated"
            years = explicit.years
        if on_year and years == stretch.years:
            years = (years[1], years[1])
        against = self.against if statistic == "growth_rate" and not base and not on_year else None
        if (
            against
            and against.at < q.start
            and against.years[1] < stretch.years[1] - 1
            # 与2020年相比,2025年进出口增长30%: the year stands right behind what it is compared with
            and not (explicit and explicit.at >= clause_at and not 0 <= explicit.at - against.end <= 4)
        ):
            base = True
            times = [*times, against]
        is_from = analyse(predicate).from_level and (
            _THEN_CHANGES.match(self.text[q.stop : q.stop + 22]) is not None
            or bool(start_year and start_year.at >= clause_at)
        )
        if is_from:
            back = stretch.years[0] - 1
            if explicit is not None and explicit.kind == "span" and not start_year:
                back = (
                    explicit.years[0] - 1
                )  # 五年来，…由1522亿元增加到2610亿元: from the year before the five
            elif stretch.kind == "review" and re.search(r"五年", stretch.heading):
                back = year - 6  # a retrospect of the whole term: from the year before it
            elif explicit is None and self._of_the_plan(stretch):
                back = year - 6
            if start_year and start_year.at >= clause_at:
                self.since = start_year.years[0]
            elif self.since:
                back = self.since  # 生产总值从2015年的…; 财政收入从…增加到…
            elif stretch.kind == "review" and _THEN_YEARLY.match(self.text, q.stop):
                back = year - 6  # 从185亿元增加到247亿元,年均增长6%
            begin = start_year.years[0] if start_year and start_year.at >= clause_at else back
            years = (begin, begin)
            return years, "actual", "from_" + rule, "", partial
        if (
            explicit is not None
            and start_year is not None
            and start_year.at >= clause_at
            and explicit.years[1] <= start_year.years[0]
        ):
            explicit = None  # …；收入由2024年的59亿元增加到61亿元: the second year is later than the first
            years = stretch.years
        if start_year is not None and explicit is None and start_year.years[0] < year:
            # 从2020年的51%提升到70%
            years = (stretch.years[1], stretch.years[1])
        role = "actual" if years[1] < year else "target"
        meanwhile = (
            self._from_and_to(metric, q) if statistic == "growth_rate" and not base and not on_year else None
        )
        if meanwhile and meanwhile[1] == years[1]:
            years = meanwhile  # 从2005年的28亿元增加到95亿元，增长2.4倍 (or 年均增长13%)
            rule = "stated"
        if (
            years[1] == year
            and stretch.kind in ("review", "five_year_review")
            and explicit is not None
            and not _PLAN_WORDS.search(clause)
        ):
            role = "target" if not partial else "actual"
        if (
            explicit is None
            and stretch.kind == "review"
            and statistic == "level"
            and "累计" in clause
            and _THEN_YEARLY.match(self.text, q.stop)
        ):
            years = (
                year - 5,
                year - 1,
            )  # 投资累计完成2600亿元，年均增长26%: of the term, whatever the section
        if (
            explicit is None
            and years == (year - 1, year - 1)
            and "累计" in clause
            and _of_plan_too(stretch)
            and _OF_THE_YEAR.search(self.text, self.sentence_start, q.start) is None
            and _year_opens(year).search(self.text, stretch.start, q.start) is None
        ):
            years = (year - 5, year - 1)  # 2025年和“十四五”工作回顾: 累计改造老旧小区560个
        span = years[0] != years[1]
        averaged = ""
        if each or ("年" in clause and _YEARLY.search(clause)):
            averaged = "average"
            since = [t for t in times if t.kind == "base" and t.at < clause_at]
            if (
                since
                and role == "actual"
                and since[-1].years[1] < years[1] - 1
                and _THEN.fullmatch(self.text, since[-1].end, clause_at)
            ):
                years = (since[-1].years[1] + 1, years[1])  # 是2003年的2.3倍，年均增长19%
            elif not span and explicit is not None and explicit.years[0] > year:
                spans = [t.years for t in times if t.kind == "span" and t.years[1] > year]
                # 今后五年，…；到2030年，年均增长5%
                years = spans[-1] if spans else (year, explicit.years[0])
            elif not span:
                if role == "actual":
                    years = (year - 5, year - 1)
                elif stretch.kind == "outlook":
                    years = stretch.years if stretch.years[0] != stretch.years[1] else (year, year + 4)
                elif statistic == "level" and "每年" in clause:
                    averaged = ""
        elif base and statistic in ("growth_rate", "change_pp"):
            base_time = [t for t in times if t.kind == "base"][-1]
            averaged = (
                "base" if base_time.years[0] == base_time.years[1] or statistic == "change_pp" else "sums"
            )
            years = (base_time.years[1] + 1, years[1])
        elif (
            stretch.kind == "outlook"
            and statistic in ("growth_rate", "change_pp")
            and not span
            and explicit is not None
            and explicit.by
            and explicit.years[0] > year
            and stretch.years[0] < explicit.years[0]
        ):
            averaged = "base"  # 到2025年，城镇化率提高6个百分点: from now until then
            years = (stretch.years[0], explicit.years[0])
        elif (
            q.unit.dimension == "doubling"
            and statistic == "growth_rate"
            and not span
            and explicit is not None
            and explicit.years[0] > year
        ):
            averaged = "base"  # 今后五年，…：到2016年，生产总值翻番
            begin = stretch.years[0] if stretch.years[0] <= explicit.years[0] else year
            years = (begin, explicit.years[0])
        elif (
            span
            and rule == "section"
            and role == "target"
            and statistic == "growth_rate"
            and _KEPT_UP.search(self.text, max(self.sentence_start, q.start - 14), q.start)
        ):
            averaged = "average"  # 今后五年，…增速保持7%左右
        elif (
            explicit is not None
            and explicit.by
            and metric is not None
            and (metric.kind == "count" or (metric.kind == "flow" and "累计" in clause))
            and statistic == "level"
            and stretch.kind == "outlook"
            and (stretch.years == (year, years[1]) or "累计" in clause)
            and not span
        ):
            years, averaged = (
                (stretch.years[0], years[1]),
                "sum",
            )  # 到2030年，新增城镇就业16万人: in all the years until then
        elif (
            span
            and statistic == "growth_rate"
            and metric is not None
            and metric.code in _SUMS_UP
            and role == "actual"
        ):
            averaged = "sums"  # 五年来，水利投资翻番、达215亿元: one plan's sum against the last one's
        elif span:
            upheld = _UPHELD.search(predicate) is not None
            if (
                "累计" in self.text[self.sentence_start : clause_at]
                and not analyse(predicate).reached
                and not upheld
            ):
                clause = "累计" + clause  # 累计 at the head of the sentence covers what follows
            paid = _PAID.search(clause) is not None and not analyse(predicate).reached
            summing = paid or _SUMMED.search(clause) is not None
            if (
                explicit is not None
                and explicit.kind == "span"
                and not _PARTED.search(self.text, explicit.end, max(explicit.end, clause_at))
                and self.text[explicit.end : explicit.end + 1] in _DONE
                and not self.text.startswith("增长", explicit.end)
            ):
                summing = True  # 五年生产原煤65亿吨, 五年接待游客1.2亿人次、实现旅游收入860亿元
            five = years[1] - years[0] > 2
            if five and metric is not None and metric.domain == "tourism" and not analyse(predicate).state:
                last = self.facts[-1] if self.facts else None
                listed = (
                    self.text[clause_at : clause_at + 1] == "、"
                    or self.text[clause_at - 1 : clause_at] == ","
                )
                summing = summing or "接待" in self.text[clause_at : q.start]
                if (
                    listed
                    and last
                    and last.statistic == "cumulative_level"
                    and last.metric
                    and last.years == years
                ):
                    summing = summing or last.metric.domain == "tourism"
            if metric is not None and metric.code in _SUMS_UP and not upheld:
                summing = (
                    True  # 五年来…减税降费超千亿元, 交通投资达到500亿元: nobody states the last year's alone
                )
            if metric is not None and metric.kind == "flow" and not analyse(predicate).state:
                # 五年来…实际使用外资263亿美元: of flows that grow year by year the last year is meant, of others the sum
                summing = summing or (
                    metric.domain in ("trade", "investment", "finance", "safety")
                    and not _AS_OF_A_YEAR.match(self.text, q.stop)
                )
            if statistic in ("growth_rate", "change_pp"):
                averaged = ""  # over the whole span
            elif (
                (summing and (metric is None or metric.kind in ("count", "flow")))
                or (
                    metric is not None
                    and metric.kind == "count"
                    and not upheld
                    and not re.search(r"增至|扩至|升至|总数|保有|拥有", predicate)
                )
                or (metric is None and _MADE.search(clause))
            ):
                averaged = "sum"
            else:
                years = (years[1], years[1])
        return years, role, rule, averaged, partial

    def _from_and_to(self, metric: Metric | None, q: Quantity) -> tuple[int, int] | None:
        """The years in which the metric grew from what the fact before last states to what the last one does, where
        the number follows at once."""
        if metric is None or len(self.facts) < 2:
            return None
        first, latest = self.facts[-2:]
        if (
            first.metric is latest.metric is metric
            and first.statistic == latest.statistic == "level"
            and first.number_start >= self.sentence_start
            and first.years[1] < latest.years[0] - 1
            and latest.years[0] == latest.years[1] < self.year
            and FROM.search(self.text, max(0, first.number_start - 8), first.number_start)
            and _AT_ONCE.fullmatch(self.text, latest.number_end, q.start)
        ):
            return first.years[1] + 1, latest.years[0]
        return None

    def _values(
        self, q: Quantity, metric: Metric | None, statistic: str, sign: int
    ) -> tuple[str, float | None, float | None]:
        """(unit, value, value_high) in the canonical unit."""
        if q.unit.dimension == "doubling":
            return "%", float(100 * (2**q.low - 1)), None
        if q.unit.dimension == "multiple":
            factor = 100 if sign == 100 else 1
            low = q.low * factor * 10.0**q.low_exp if q.low_exp >= 0 else q.low * factor / 10**-q.low_exp
            return (
                ("%" if factor == 100 else "倍"),
                low,
                (q.high * factor / 10**-q.high_exp if q.high is not None and q.high_exp <= 0 else None),
            )
        if q.unit.dimension == "points":
            to = q.unit
            name = "个百分点"
            to = parse_unit(name)
        elif (
            statistic in ("growth_rate", "annual_average_growth_rate", "cumulative_growth_rate")
            or q.unit.dimension == "ratio"
        ):
            name = "%"
            to = parse_unit("%")
        elif metric is not None:
            name = metric.unit
            to = parse_unit(name)
        else:
            return _own_unit(q)
        unit = q.unit
        if unit.dimension != to.dimension:
            if unit.dimension == "number" or to.dimension == "number":
                unit = parse_unit("")
                if to.dimension != "number":
                    # a bare number of things counted by the ten thousand: 14万 in 万户 is 14
                    scale = to.num / to.den
                    return (
                        name,
                        convert(q.low, q.low_exp, unit, unit) / scale,
                        None if q.high is None else convert(q.high, q.high_exp, unit, unit) / scale,
                    )
            elif not _compatible(unit.dimension, to.dimension):
                return _own_unit(q)
            else:
                # 户 and 家 are one count; 万户 keeps its scale
                unit_count = parse_unit("个")
                scale = to.num if to.dimension != "number" else 1
                low = convert(q.low, q.low_exp, unit_count, unit_count) / scale
                high = None if q.high is None else convert(q.high, q.high_exp, unit_count, unit_count) / scale
                return name, sign * low, None if high is None else sign * high
        low = sign * convert(q.low, q.low_exp, unit, to)
        high = None if q.high is None else sign * convert(q.high, q.high_exp, unit, to)
        if high is not None and low > high:
            low, high = high, low
        return name, low, high


def _of_plan_too(stretch: Stretch) -> bool:
    """2025年和“十四五”时期工作回顾: the section looks back on the last year and on the plan."""
    return stretch.kind == "review" and _PLAN_REVIEW.search(stretch.heading) is not None


@lru_cache(maxsize=64)
def _year_opens(year: int) -> re.Pattern[str]:
    """一年来,…: from here on the section is of the last year, whatever its heading names."""
    return re.compile(
        rf"(?<=[\n。])(?:(?:刚刚)?过去的?(?:一年|{year - 1}年)|一年来|去年|{year - 1}年[,是全我])"
    )


_PLAN_REVIEW = re.compile(r"五年|十[一二三四五六]?五")


#: What only a plan's span is spoken of with.
_SAYS_PLAN = re.compile(r"年均|五年(?!规划|计划)|十[一二三四五六]五[”\"]?(?:时|期|以|末)")


_OF_THE_YEAR = re.compile(r"全年|当年|年内|一年来|去年|月")


_CUT = re.compile(r"(?:全年|累计|共|分别|净|年)*(?:减少|削减|减排|压减)")


_GOAL_AFTER = re.compile(r"^(?:的)?(?:年度|预期|全年|既定|增长|调控|控制)*(?:目标|任务)")


#: 完成年计划的96%: so much of the plan, no growth.
_OF_THE_PLAN = re.compile(r"(?:完成|为|占|达)[^,。;]{0,8}(?:计划|任务|目标|预算|指标)数?的?$")


_PLAN_WORDS = re.compile(r"力争|确保|争取|预期|将|计划|拟|要|目标|规划|建议")


_DONE = frozenset("累共总新生完建改实施投培引净发打开创办增产接销签吸")


_PARTED = re.compile("[,;]")


_PAID = re.compile(r"投入|发放|争取|安排|筹集|拨付|减免|兑现|撬动")


#: Money given, and works paid for: over several years their sum is stated, whatever the verb (达, 超, 发行).
_SUMS_UP = frozenset(
    (
        "anti_poverty_funds", "special_bonds_issued", "tax_cuts", "central_transfers", "upper_level_funds",
        "central_budget_investment", "general_expenditure_cut", "budget_for_livelihood_projects",
        "trade_in_consumption", "trade_in_beneficiaries", "trade_in_subsidies", "employment_subsidies",
        "hardship_relief_funds", "childcare_subsidies_paid", "dibao_funds", "labour_export_trips",
        "transport_investment", "water_investment", "energy_investment", "municipal_investment",
        "key_project_investment", "signed_investment", "capital_market_financing", "loans_new", "tech_loans_new",
        "small_guaranteed_loans",
    )
)  # fmt: skip


_TURNS = re.compile(r"(?:的)?(?:转|变)为?|[^,。;]{0,11}转为")


_CHANGE_AFTER = re.compile(r"(?:的)?(?:提高|提升|下降)")


#: 社零额0.5%↓, with the arrow folded to 降.
_FELL_AFTER = re.compile(r"降(?![\u4e00-\u9fff到至低]|幅)|降$")


_GROWTH_AFTER = re.compile(r"(?:的)?(?:增长|增速|速度|增幅)")


_COMPARATIVES = frozenset(("高", "多", "快", "超", "少"))


#: 优良天数连续6年稳定在325天以上: a state of each year, no sum.
_UPHELD = re.compile(
    r"(?:稳定|保持|维持)(?:在|为)|连续[一二三四五六七八九十\d]+年(?:均|都)?(?:超|突破|达|高于|不低于|在)"
)


#: 新(改、扩)建: any of them.
_BOTH_BUILT = re.compile(r"[新改扩]\([改新扩、或]{1,4}\)建")


#: A speed that is kept up is each year's.
_KEPT_UP = re.compile(r"(?:增速|增幅).{0,6}(?:保持|稳定|维持|达|为|高于)|(?:保持|维持).{0,3}(?:增长|增速)")


_PARTS_OF_GDP = frozenset(f"{which}_industry_value_added" for which in ("primary", "secondary", "tertiary"))


_ADDED = re.compile(
    r"(?<!累计)认定(?!的)|新增|净增|新建|新培育|新认定|新引进|新开|新入库|新登记|新设|新发展|新注册"
)


#: Verbs of taking in, of what is to come or was come by: never how many there are.
_TAKEN_IN = re.compile(r"培育|引进|获批|入选|认定(?!的)|创建|争创|组建|打造")


def _own_unit(q: Quantity) -> tuple[str, float, float | None]:
    """Value and unit as written, for a number without a metric; 万 and 亿 stay in the unit's name (亿元)."""
    low = q.low * 10**q.low_exp if q.low_exp >= 0 else q.low / 10**-q.low_exp
    high = None
    if q.high is not None:
        high = q.high * 10**q.high_exp if q.high_exp >= 0 else q.high / 10**-q.high_exp
    name = q.unit.name
    for scale, factor in (("亿", 10**8), ("万", 10**4)):
        if abs(low) >= factor:
            return scale + name, low / factor, None if high is None else high / factor
    return name, float(low), None if high is None else float(high)


def _compatible(a: str, b: str) -> bool:
    """Dimensions that count alike: 户 of enterprises are enterprises, 个 of posts are persons only where 人 is said."""
    if a == b:
        return True
    pair = {a, b}
    return pair in ({"count", "households"}, {"count", "number"}, {"number", "count"}) or (
        b == "number" and a == "number"
    )


def _has(text: str, group: str) -> bool:
    return _group_pattern(group).search(text) is not None


_GROUPS: dict[str, re.Pattern[str]] = {}


def _group_pattern(name: str) -> re.Pattern[str]:
    if name not in _GROUPS:
        words = sorted(VERB_GROUPS[name].split(), key=len, reverse=True)
        _GROUPS[name] = re.compile("|".join(re.escape(word) for word in words))
    return _GROUPS[name]


_YEARLY = re.compile(r"年均|年平均|平均每年|(?<!人)每年|逐年|年递增")


_SUMMED = re.compile(r"累计|共计|总计|合计|总共|共(?!同|和|产|建|享|治)")


_MADE = re.compile(r"新|累计|完成|建成|改造")


_THEN_YEARLY = re.compile(r"[^。;]{0,30}?年均")


#: 固定资产投资60亿元，是2003年的4倍: compared with one year, it is one year's.
_AS_OF_A_YEAR = re.compile(
    r"(?:[,、]增长[\d.]+%)?[,、](?:是|为|相当于|比|较)(?:(?:19|20)\d\d年|[“\"]?(?:九|十[一二三四五]?)五[”\"]?期?末)"
)


#: Between what it came to and by how much it grew meanwhile.
_AT_ONCE = re.compile(
    r"[,、](?:五年|累计|共|总共|净|年均|年平均|平均每年)*(?:递增|增长|增加|增|翻|下降|降低|减少)了?(?:近|约|超过?)?"
)


#: Between the year that a figure is compared with and the average of the years since.
_THEN = re.compile(r"年?[底末]?(?:增长|增加|提高|翻|下降|的)[^,;。]{1,14}[,、]")


_THEN_CHANGES = re.compile(
    r"[到至](?=\d)|[^,。;]{0,14}?(?:达到|提高|增加|增长|上升|提升|下降|降低|减少|减[至到为]|降|扩大|调整|转|扩|压减|缩|拓展|回落|回升|收窄|跃|增|升|攀|优化|改善)"
)
