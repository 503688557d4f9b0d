"""Facts: which metric a number speaks of, as what, for when, and with what bound.

The unit of reading is the sentence. Its numbers are taken left to right; the words between one number and the next are
split into what names a thing (a phrase that ends with a metric's name, the head of a Chinese noun phrase stands last)
and what says something of it (words of change, of reaching, of time). A number belongs to the name nearest before it
when nothing but such words stand between, or to the name after it when it counts things (46个精品示范村). Any word that
the tables do not know between name and number makes the number *not* the metric's: a missing figure is better than a
wrong one.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import replace
from itertools import pairwise

from extraction.catalogue import Metric
from extraction.clauses import basis_of, may_carry, says_something, strip_lead, strip_times
from extraction.figures import Fact
from extraction.language import DOWN, FROM, STRETCH, TO_LEVEL, UP, find_signals
from extraction.names import Mention, Names
from extraction.periods import Time, find_times
from extraction.predicates import analyse
from extraction.quantities import Quantity, find_quantities, number_starts
from extraction.structure import Stretch
from extraction.subjects import Subject
from extraction.units import parse_unit
from extraction.worded import AHEAD, PAST, Worded


class Reader(Worded):
    """Reads the facts of one report's matching text. One instance a document; no state outlives it."""

    def __init__(
        self,
        text: str,
        mentions: list[Mention],
        names: Names,
        year: int,
        own_names: tuple[str, ...],
        other_wholes: re.Pattern[str],
        foreign: re.Pattern[str] | None,
    ) -> None:
        mentions = [self._not_compared(mention, names, text) for mention in mentions]
        if "每千" in text:
            mentions = self._per_thousand(mentions, names, text)
        super().__init__(text, mentions, names, own_names, other_wholes, year)
        self.signals = find_signals(text)
        #: where something may be read at all: numbers may begin, or words that state a fact without one
        self.begun = number_starts(text)
        self.marks = sorted([*self.begun, *self.signals, len(text)])
        self.foreign = foreign
        self.of_city = foreign is not None
        self.time: Time | None = None  # the last words of time before a semicolon (到2030年，…；…)
        self.of_place = False  # the sentence opens with a zone, a county, a firm: what follows is theirs
        self.list_of_place = False  # so did the list that it goes on with after a semicolon
        self.half: Time | None = None  # 前三季度,… opened the list
        self.plan: Time | None = None  # “十四五”期间，… opened the paragraph, in the tasks
        self.plan_until = 0  # where that paragraph ends
        self.verbs = ""  # in force at the end of the last sentence
        self.named_behind = False  # the name of the last number stood behind it
        self.yearly: Fact | None = None  # the last average growth over several years
        self.foreseen = False  # 预计全年… opened the list, semicolons and all

    def silent(self, start: int) -> None:
        """Pass over a sentence that no mark stands in: no fact, and words of time last through a semicolon only."""
        if not start or self.text[start - 1] != ";":
            self.time = None
            self._new_list()

    def _new_list(self) -> None:
        """Forget what opened the last list: a sentence begins that no semicolon joins to it."""
        self.foreseen = False
        self.list_of_place = False
        self.against = None
        self.half = None
        self.since = 0

    @staticmethod
    def _not_compared(mention: Mention, names: Names, text: str) -> Mention:
        """城乡居民收入比上年增长5%: 比 compares with another year and is no part of the name (城乡居民收入比)."""
        if text[mention.end - 1] != "比" or not _THAN.match(text, mention.end):
            return mention
        claims = names.claims.get(text[mention.start : mention.end - 1])
        return Mention(mention.start, mention.end - 1, claims) if claims else mention

    @staticmethod
    def _per_thousand(mentions: list[Mention], names: Names, text: str) -> list[Mention]:
        """每千人口拥有托位4.6个、执业(助理)医师3.2人、床位8.5张: what is said per thousand people is said so of all items."""
        named: list[Mention] = []
        for head in _PER_THOUSAND.finditer(text):
            at = head.end()
            while (item := _ITEM_WITH_NUMBER.match(text, at)) is not None:
                begin, end = item.span("name")
                claims = names.claims.get(head["people"] + item["name"])
                if begin > head.end() and claims:
                    named.append(Mention(begin, end, claims))
                at = item.end()
        if not named:
            return mentions
        kept = [m for m in mentions if not any(m.start < n.end and n.start < m.end for n in named)]
        return sorted([*kept, *named], key=lambda mention: mention.start)

    def sentence(self, start: int, end: int, stretch: Stretch) -> list[Fact]:
        """All facts of ``text[start:end]``, in order."""
        counted: set[str] = set()
        if self.text.startswith("其中", start):
            # what the sentence before counted: 其中 gives parts of it
            counted = {f.metric.code for f in self.facts if f.metric is not None and f.metric.kind == "count"}
        self.facts = []
        self.sentence_start = start
        inherited = self.inherited = self.time if start and self.text[start - 1] == ";" else None
        self.time = None
        text = self.text
        first = not start or text[start - 1] != ";"
        if first:
            self._new_list()
            self.foreseen = _FORESEEN.match(text, start, end) is not None
        quantities = find_quantities(text, start, end, self.begun)
        if quantities:
            quantities = [
                q
                for q in quantities
                if not self._inside_name(q)
                and (text[q.start] not in "512" or not _CALIBRE.match(text, q.start))
            ]
        if text.find("零", start, end) >= 0:
            for nought in _NOUGHT.finditer(text, start, end):
                at, to = nought.end() - 1, nought.end()
                quantities.append(Quantity(at, to, to, 0, 0, None, 0, parse_unit(""), "exact", "零", ""))
            quantities.sort(key=lambda q: q.start)
        worded = self._signalled(start, end)
        if not quantities:
            if worded:
                self._unnumbered(start, end, stretch, [])
            self.time = inherited
            return self.facts
        place = _OF_PLACE.match(text, start, end)
        self.of_place = place is not None or self.list_of_place
        if first:
            self.list_of_place = place is not None and place["place"] is not None
        times = find_times(text, start, end, self.year, stretch.kind in PAST, stretch.kind in AHEAD)
        if inherited is not None:
            times.insert(0, inherited)
        if self.half is not None:
            times.insert(0, self.half)
        planned: Time | None = None
        if stretch.kind in _MAY_OPEN_WITH_A_PLAN:
            if first or self.plan is not None:
                planned = self._of_plan(start, end, times)
        else:
            self.plan = None
        if planned is not None:
            times.insert(0, planned)
        for time in times:
            if time.kind == "base" and text.startswith(("相比", "比较"), time.end):
                self.against = time  # 与2010年相比，…，…; 2015年与2010年相比，…
                break
        for time in times:
            if time.part and first and time.at - start <= 1 and text[time.end : time.end + 1] == ",":
                self.half = time  # 前三季度，…；…
            if time.kind in ("year", "span") and not time.part:
                if stretch.kind == "five_year_review" and self._ends_change(time, times):
                    continue
                opens = time is inherited or time.at - start <= 1
                if not opens and text[time.end : time.end + 1] not in ",:":
                    continue  # 到2027年产值突破1000亿元;年底前建成…: of its own figure, not of what follows
                self.time = time
                if (
                    opens
                    and time.kind == "year"
                    and any(
                        later.kind == "year" and not later.part and later.years[0] > time.years[1]
                        for later in times
                    )
                ):
                    self.time = None  # 2024年776亿元，2025年达到820亿元；…: neither speaks of what follows
                    break
                if opens:
                    break  # “十五”期间，…，2005年达到…；…: what opens the sentence goes on after the semicolon
        if len(quantities) > 2 and _STRUCTURE.search(text, start, end):
            quantities = self._industry_structure(quantities, start, end, times, stretch)
        subjects: list[Subject] = []
        self.history = []
        self.named_behind = False
        verbs = self.verbs if text.startswith(";其中", start - 1) else ""  # 新增A 680家;其中,B 169家
        prev = start
        i = 0
        n = len(quantities)
        while i < n:
            group = [quantities[i]]
            respectively = "分别" in text[prev : group[0].start]
            from_to = respectively and FROM.search(text, prev, group[0].start) is not None
            # a list of values: 4.8%和6.1%; 3.5%左右、6%左右
            while i + len(group) < n:
                nxt = quantities[i + len(group)]
                gap = text[group[-1].stop : nxt.start]
                if from_to and gap[-1:] in ("到", "至"):
                    break  # 分别从A、B提高到C、D: two lists
                if len(gap) > 8 or not (_GAP_WITH_VERB if respectively else _GAP).fullmatch(gap) or not gap:
                    break
                if nxt.unit.dimension == "points" and all(q.unit.name == "个" for q in group):
                    for q in group:
                        q.unit = nxt.unit  # 1.2个、0.8个、0.5个百分点
                scaled = "万" in nxt.raw_value or "亿" in nxt.raw_value
                if nxt.unit.dimension not in ("number", "doubling") and not scaled:
                    for q in group:
                        if q.unit.dimension == "number":
                            q.unit = nxt.unit  # 降至72、43微克/立方米: the unit stands after the last
                if not _alike(group[-1], nxt) and not respectively:
                    break  # 旅游人次、旅游收入分别达到3600万人次、247亿元: each of its own kind
                nxt.lead = gap
                group.append(nxt)
            q = group[0]
            if q.unit.name == "元" and text[q.start - 1] in "月年":
                self._per_month_or_year(group, start)
            elif (
                q.unit.name == "元"
                and i
                and quantities[i - 1].unit.name in ("元/月", "元/年")
                and TO_LEVEL.fullmatch(text, quantities[i - 1].stop, q.start)
            ):
                q.unit = quantities[i - 1].unit  # 由每月360元提高到598元
            right_limit = quantities[i + len(group)].start if i + len(group) < n else end
            subjects, verbs, prev = self._group(
                start, end, prev, group, right_limit, subjects, verbs, times, stretch
            )
            i += len(group)
        self.verbs = verbs
        if worded:
            self._unnumbered(start, end, stretch, quantities)
        if worded and (text.find("更", start, end) >= 0 or text.find("最好", start, end) >= 0):
            self._stretch(start, end)
        if planned is not None:
            for fact in self.facts:
                fact.confidence = min(fact.confidence, 0.6)  # so by its place in the paragraph only
        for fact in self.facts if counted else ():
            if fact.metric is not None and fact.metric.code in counted and fact.statistic == "level":
                fact.scope, fact.confidence = "part", min(fact.confidence, 0.75)
        return self.facts

    def _of_plan(self, start: int, end: int, times: list[Time]) -> Time | None:
        """“十四五”期间，新建公路1.2万公里。建设保障性租赁住房5.5万套: the span that opens a paragraph of the tasks is that of
        the sentences behind it, too, until one has a time of its own; of a span that is over, until one says what is to
        be done. Never is the second sentence this year's."""
        opening = self.plan
        if opening is not None and (
            start >= self.plan_until or _THIS_YEAR.search(self.text, opening.end, end)
        ):
            self.plan = opening = None
        own = [time for time in times if time.kind in ("year", "span") and not time.part]
        if own:
            if own[0].kind == "span" and own[0].at - start <= 1 and own[0].years[1] - own[0].years[0] > 2:
                paragraph = self.text.find("\n", end)
                self.plan, self.plan_until = own[0], paragraph if paragraph >= 0 else len(self.text)
            else:
                self.plan = None
            return None
        if opening is not None and opening.years[1] < self.year and _TO_DO.search(self.text, start, end):
            self.plan = opening = None
        return opening

    def _ends_change(self, time: Time, times: list[Time]) -> bool:
        """由2010年的79亿元增加到2015年的163亿元: the second year is that of one figure, and says nothing of what follows."""
        return self.text[time.at : time.at + 1] in "到至为" and any(
            earlier.kind == "start" and earlier.at < time.at for earlier in times
        )

    def _per_month_or_year(self, group: list[Quantity], start: int) -> None:
        """低保标准提高到每人每月842元, 每人每年7200元: the time stands before the amount."""
        unit = None
        for q in group:
            per = _PER_TIME.search(self.text, max(start, q.start - 4), q.start)
            unit = parse_unit("元/年" if per[1] == "年" else "元/月") if per else unit
            if unit is not None and q.unit.name == "元":
                q.unit = unit

    def _is_estimate(self, q: Quantity, subject: Subject | None, clause_start: int, start: int) -> bool:
        """True where 预计 covers the number: in its clause, at the head of its list, by its subject, or in a bracket."""
        text = self.text
        if self.foreseen or (subject is not None and subject.estimate):
            return True
        said = text.rfind("预计", max(start, clause_start - 12), q.start)
        if said >= 0 and (said >= clause_start or not _DIGIT.search(text, said, clause_start)):
            return True
        return bool(self.estimated) and any(
            at <= q.start < until or at == q.stop for at, until in self.estimated
        )

    def _signalled(self, start: int, end: int) -> bool:
        """True where the sentence has a word that a fact without a number needs."""
        i = bisect_left(self.signals, start)
        return i < len(self.signals) and self.signals[i] < end

    def _industry_structure(
        self, quantities: list[Quantity], start: int, end: int, times: list[Time], stretch: Stretch
    ) -> list[Quantity]:
        """三次产业结构由12.1:52.3:35.6调整为11.2:51.8:37 gives three shares a triple; returns the other quantities."""
        text = self.text
        codes = ("primary_industry_share", "secondary_industry_share", "tertiary_industry_share")
        rest: list[Quantity] = []
        i = 0
        while i < len(quantities):
            triple = quantities[i : i + 3]
            joined = len(triple) == 3 and all(
                text[a.end : b.start] in (":", "∶", "：", "︰", "﹕", "比") for a, b in pairwise(triple)
            )
            if len(triple) == 3 and not joined and triple[-1].unit.name == "%":
                # 三次产业增加值占地区生产总值的比重分别为3.2%、54.6%和42.2%
                joined = (
                    all(text[a.end : b.start] in ("、", "和", "及", "与") for a, b in pairwise(triple))
                    and _SHARES_OF_INDUSTRIES.search(text, start, triple[0].start) is not None
                )
            total = sum(q.low * 10.0**q.low_exp for q in triple)
            if not joined or not 98 <= total <= 102 or not all(code in self.names.by_code for code in codes):
                rest.append(quantities[i])
                i += 1
                continue
            since = max(start, triple[0].start - 14, quantities[i - 1].stop if i else 0)
            before = text[since : triple[0].start]
            is_from = bool(FROM.search(before))
            earlier = [t for t in times if t.at < triple[0].start and t.kind in ("start", "year", "base")]
            if is_from:
                named = [t for t in earlier if t.kind == "start"]
                back = self.year - 6 if self._of_the_plan(stretch) else stretch.years[0] - 1
                year = named[-1].years[0] if named else back
            else:
                stated = [t for t in earlier if t.kind == "year"]
                year = stated[-1].years[1] if stated else stretch.years[1]
            role = "actual" if year < self.year else "target"
            for q, code in zip(triple, codes, strict=True):
                metric = self.names.by_code[code]
                value = q.low / 10**-q.low_exp if q.low_exp <= 0 else float(q.low * 10**q.low_exp)
                self.facts.append(
                    Fact(
                        metric, metric.name_zh, "level", None, role, False, (year, year), value, None, "%", q.qualifier,
                        "whole", q.raw_value, q.raw_unit, self._after_delimiter(start, triple[0].start), triple[-1].stop,
                        q.start, q.end, "industry_structure/section", 0.93,
                    )
                )  # fmt: skip
            i += 3
        return rest

    def _stretch(self, start: int, end: int) -> None:
        match = STRETCH.search(self.text, start, end)
        if not match:
            return
        before = [fact for fact in self.facts if fact.role == "target" and fact.number_end <= match.start()]
        if before:
            max(before, key=lambda fact: fact.number_end).stretch = True

    def _group(
        self,
        start: int,
        end: int,
        prev: int,
        group: list[Quantity],
        right_limit: int,
        carried: list[Subject],
        verbs: str,
        times: list[Time],
        stretch: Stretch,
    ) -> tuple[list[Subject], str, int]:
        """Read one list of values; returns the subjects to carry over, the verbs in force, and where the words of the
        next number begin (after the name of the thing counted, which is no name for what follows)."""
        text = self.text
        q = group[0]
        clause_start = self._after_delimiter(prev, q.start)
        cut = clause_start - prev
        clause = text[clause_start : q.start]
        found = self._verbs(prev, q.start)
        if found:
            verbs = " ".join(found)
        elif cut and ((prev == start and not text.startswith("其中", start)) or _STATED_ANEW.search(clause)):
            verbs = ""  # a new statement; a bare name goes on with the list (新建A 10家，B 20家)
        rule = "name_before"
        added: Subject | None = None
        under = _UNDER.match(text, prev, q.start)
        at = text.rfind("在", start, prev) if under else -1
        if under and at >= 0 and says_something(text[under.end() : q.start]):
            # 进出口在对美贸易下降三成的情况下增长12%: the name stands before the aside
            clause_start = self._after_delimiter(start, at)
            subjects, _, why = self._left_subjects(clause_start, at, len(group), stretch)
            predicate = text[under.end() : q.start]
        else:
            subjects, predicate, why = self._left_subjects(clause_start, q.start, len(group), stretch)
        if not subjects and why == "predicate_only":
            # the words before the number only say something: of the name in the segment before, or of the last subject
            bare = self._bare_name_before(prev, clause_start)
            listed = self._list_before(prev, clause_start, len(group)) if bare and "分别" in clause else []
            if listed:
                subjects, rule, predicate = listed, "name_in_previous_segment", clause
            elif bare is not None:
                subjects, rule = [bare], "name_in_previous_segment"
                predicate = clause
            elif "分别" in clause and len(group) > 1 and len(carried) != len(group):
                # 财政总收入128亿元，其中预算收入81亿元，分别增长15.3%、18.7%: the last names, in order
                if len(self.history) >= len(group):
                    subjects, rule, predicate = self.history[-len(group) :], "carried_over", clause
            elif len(carried) == 1 and len(group) == 1 and (added := self._added(carried[0], clause, q)):
                subjects, rule, predicate = [added], "carried_over", clause
            elif carried and may_carry(text[prev:clause_start], clause, q):
                subjects, rule = carried, "carried_over"
                predicate = clause
                if len(carried) == 1 and len(group) == 1 and clause[:1] in ("均", "都"):
                    subjects = self._all_of_segment(prev, clause_start) or carried
        if len(group) == 1 and q.unit.name == "%" and "民生" in text[start : q.start]:
            share = self.names.by_code.get("livelihood_expenditure_share")
            if share is not None and _OF_SPENDING.search(strip_times(clause)):
                # 民生支出438.8亿元，占一般公共预算支出的80%
                mention = Mention(clause_start, q.start, ((share, "any"),))
                subjects, rule, predicate, why = (
                    [Subject(mention, share.name_zh, False, "", clause_start)], "share_of_spending",
                    "由" if FROM.search(clause[-9:]) else "", "",
                )  # fmt: skip
        if len(group) == 1 and q.unit.dimension == "ratio" and _FOR_LIVELIHOOD.match(text, q.stop):
            share = self.names.by_code.get("livelihood_expenditure_share")
            if share is not None and _SPENT.search(clause + text[q.stop : q.stop + 6]):
                # 财政支出的79%用于民生, 80%以上的财政支出用于改善民生
                mention = Mention(q.start, q.start, ((share, "any"),))
                subjects, rule, predicate, why = (
                    [Subject(mention, share.name_zh, False, "", clause_start)], "share_of_spending", "", "",
                )  # fmt: skip
        if len(group) == 1 and len(carried) == 1 and "占" in clause[:4]:
            shared = self._share_of_carried(carried[0], clause_start, q)
            if shared is not None:
                subjects, rule, predicate, why = [shared], "share_of_carried", "", ""
        if not subjects and why == "other":
            residents = self._residents(clause_start, q.start, len(group))
            if not residents and len(group) == 1:
                per_head = self._per_head(carried, clause_start, q)
                if per_head:
                    subjects, predicate, why = per_head, "", ""
            if residents:
                subjects, predicate, why = residents, clause[clause.rindex("居民") + 2 :], ""
            elif not subjects and len(group) == 1:
                begun = self._begun(prev, clause_start, q)
                headed = None if begun else self._headed(prev, clause_start, q)
                if begun is not None:
                    subjects, rule, predicate, why = [begun], "name_in_previous_segment", "", ""
                elif headed is not None:
                    subjects, predicate, why, rule = [headed[0]], headed[1], "", "name_completed"
        right_words = ""
        if len(group) == 1 or not subjects:
            first_stop = _RIGHT_STOP.search(text, group[-1].stop, min(right_limit, group[-1].stop + 60))
            right_end = first_stop.start() if first_stop else right_limit
            right_words = text[group[-1].stop : right_end]
        # things counted: the name stands after the number
        counts = q.unit.dimension not in ("points", "multiple", "doubling")
        if rule == "carried_over" and q.unit.dimension == "ratio" and analyse(clause).change_at_end:
            counts = (
                False  # 生产总值820亿元增长5.6%一般公共预算收入61亿元: marks lost, but not whose growth it is
            )
        if counts and (not subjects or why == "weak" or rule == "carried_over"):
            right = self._right_subject(group[-1], right_limit, clause, verbs)
            named_to = right.mention.end if right is not None and right.mention is not None else end
            if subjects and named_to == right_limit < end and rule != "carried_over":
                right = None  # 优良天数比例86%森林覆盖率24%: each name has its number behind it
            if right is not None and (not subjects or rule == "carried_over" or why == "weak"):
                subjects, rule, predicate = [right], "name_after", clause
        named_after = rule in ("name_after", "share_of_spending")
        if subjects and not named_after and len(group) == 1 and self._describes(q):
            # 经济总量超500亿元的县域: the number describes what follows
            subjects, why = [], "other"
        if (
            (not subjects or rule == "carried_over")
            and (
                q.unit.name in ("斤", "公斤") or (q.unit.name == "吨" and self._of_grain(start, clause_start))
            )
            and (
                _YIELD.fullmatch(strip_times(clause))
                or (_REACHED_ALONE.fullmatch(clause) and _HARVEST.search(text, start, clause_start))
            )
        ):
            claims = self.names.claims.get("粮食产量")
            if claims:
                # 产量稳定在5.24亿斤: weights in 斤 are said of grain alone
                subjects, rule, predicate = (
                    [Subject(Mention(clause_start, q.start, claims), "产量", False, "", clause_start)],
                    "grain_by_unit",
                    clause,
                )
        if (
            (rule == "carried_over" or (rule == "name_in_previous_segment" and not clause))
            and q.unit.dimension == "count"
            and _NOUN_FOLLOWS.match(right_words)
        ):
            subjects, rule, why = (
                [],
                "unmapped",
                "other",
            )  # 企业20家，实现1家企业上市: the second counts what follows it
        if q.unit.dimension == "people" and len(group) == 1 and _OUT_OF_POVERTY.match(text, q.stop):
            lifted = self.names.by_code.get("poor_population_lifted")
            if lifted is not None and self._left_of_count(clause):
                # 5.39万人脱贫: whom it counts is left out
                mention = Mention(q.stop, q.stop, ((lifted, "any"),))
                subjects, rule = [Subject(mention, lifted.name_zh, False, "", q.stop)], "name_after"
        clause_times = [t for t in times if t.at < q.start]
        consumed = group[-1].stop
        if rule == "carried_over" and q.unit.dimension != "ratio" and _ENDED.match(clause):
            subjects, rule, why = [], "unmapped", "other"  # 开工改造小区216个，竣工189个: not those begun
        if rule == "name_after" and subjects[0].mention is not None:
            consumed = subjects[0].mention.end
        self._share_bound(group, "分别" in predicate or len(subjects) == len(group) > 1)
        assigned = self._assign(subjects, group, predicate, rule)
        new_carry: list[Subject] = []
        for quantity, targets, how in assigned:
            said = predicate + quantity.lead
            one_by_one: list[Subject | None] = [*targets] if targets else [None]
            for subject in one_by_one:
                fact = self._fact(
                    quantity,
                    subject,
                    said,
                    clause_start,
                    clause,
                    right_words,
                    verbs,
                    clause_times,
                    stretch,
                    how,
                    start,
                    end,
                )
                if fact.statistic == "level" and len(group) == 1 and stretch.kind == "review":
                    self._doubt_start(fact)
                self.facts.append(fact)
                if fact.statistic == "annual_average_growth_rate" and fact.value is not None:
                    self.yearly = fact
        if rule != "carried_over" and (subjects or clause or not self.named_behind):
            # 68个省重点项目完成投资599.3亿元: the second number is of the name behind the first, no item of its own
            self.history.extend(subjects or [Subject(None, "", True)])
        self.named_behind = rule == "name_after"
        if (
            rule in ("carried_over", "name_in_previous_segment")
            and len(subjects) == 1
            and _TOTAL.search(clause)
        ):
            # 新登记经营主体8.6万户，总量达到62万户，增长7.3%: what grew is the stock, not the year's addition
            total, named = self.facts[-1].metric, subjects[0].mention
            if total is not None and named is not None:
                mention = Mention(named.start, named.end, ((total, "any"),))
                new_carry = [Subject(mention, total.name_zh, False, "", named.start)]
        elif rule == "carried_over" and added is not None:
            new_carry = []  # …，新增3.6万户，增长10%: of the additions, or of all
        elif subjects and rule != "name_after":
            new_carry = subjects
        elif rule == "name_after":
            new_carry = []
        else:
            new_carry = carried if why == "predicate_only" and carried else []
        return new_carry, verbs, consumed

    def _added(self, subject: Subject, clause: str, q: Quantity) -> Subject | None:
        """市场主体总量突破40万户，新增6.2万户: the additions to what was counted just before."""
        if subject.mention is None or not _ADDS.fullmatch(clause) or not _ENDS_ITEM.match(self.text, q.stop):
            return None
        named = self.text[subject.mention.start : subject.mention.end]
        claims = self.names.claims.get(_TOTAL_OF.sub("", named))
        if not claims or not any(metric.needs and metric.kind == "count" for metric, _ in claims):
            return None
        mention = Mention(subject.mention.start, subject.mention.end, claims)
        return Subject(mention, named, subject.part, "", subject.start)

    def _all_of_segment(self, prev: int, clause_start: int) -> list[Subject]:
        """存款余额1056亿元、贷款余额721亿元，均翻一番: whom 均 speaks of, the names between the last two commas."""
        if self.text[clause_start - 1] != "," or clause_start - prev != 1:
            return []
        first = self._after_delimiter(self.sentence_start, clause_start - 1)
        named = [s for s in self.history if s.start >= first]
        return named if all(s.mention is not None for s in named) else []

    def _as_yearly(self, metric: Metric | None, q: Quantity, clause: str, years: tuple[int, int]) -> bool:
        """生产总值年均增长6%左右,规上工业增加值增长7%; 居民收入年均增长7%,其中城镇居民增长6.5%: over several years a sum of money is said to
        grow by about as much as the one whose average opened the list. So little is no growth over all of them."""
        if (
            metric is None
            or metric.kind != "flow"
            or not parse_unit(metric.unit).dimension.startswith("money")
            or years[1] - years[0] < 2
            or q.unit.name != "%"
            or "增长" not in clause
            or _IN_ALL.search(clause)
        ):
            return False
        opened = self.yearly
        return (
            opened is not None
            and opened.value is not None
            and opened.years == years
            and "。" not in self.text[opened.number_end : q.start]
            and q.low * 10.0**q.low_exp <= max(3 * opened.value, 15)
        )

    def _doubt_start(self, fact: Fact) -> None:
        """贫困人口由91.5万人减少到5.2万人, in the review of one year: what halves or doubles so did not begin the year before,
        and the text does not say when it did."""
        first = self.facts[-1] if self.facts else None
        if (
            first is not None
            and first.metric is not None
            and first.metric is fact.metric
            and first.statistic == "level"
            and first.rule.endswith("/from_section")
            and first.value is not None
            and fact.value is not None
            and not self.since
            and "年" not in self.text[first.start : first.number_start]
            and not 0.5 <= (fact.value + 1e-9) / (first.value + 1e-9) <= 2
        ):
            first.statistic, first.confidence = "comparison", 0.6
            first.rule = "start_unstated/from_section"

    def _describes(self, q: Quantity) -> bool:
        """True where the number describes what follows it: 经济总量超500亿元的县域, 投资5000万元以上产业项目947个."""
        if _ATTRIBUTE.match(self.text, q.stop):
            return True
        return q.qualifier in ("at_least", "more_than") and _OF_THAT_SIZE.match(self.text, q.stop) is not None

    def _share_bound(self, group: list[Quantity], several: bool) -> None:
        """A、B、C增长7.1%、4.2%、5.5%左右: a bound after the last value covers all of the list of ``several`` names."""
        first, last = group[0], group[-1]
        if len(group) < 2 or not several:
            return
        if last.stop > last.end and all(q.qualifier == "exact" for q in group[:-1]):
            for q in group[:-1]:
                q.qualifier = last.qualifier
        elif first.qualifier not in ("exact", "range") and all(q.qualifier == "exact" for q in group[1:]):
            for q in group[1:]:
                q.qualifier = first.qualifier  # 分别超98.5%和99%

    def _assign(
        self, subjects: list[Subject], group: list[Quantity], predicate: str, rule: str
    ) -> list[tuple[Quantity, list[Subject], str]]:
        """Which of the values belongs to which of the subjects."""
        if not subjects:
            return [(q, [], "unmapped") for q in group]
        if len(subjects) == len(group):
            return [
                (q, [s], rule if len(group) == 1 else "respectively")
                for q, s in zip(group, subjects, strict=True)
            ]
        if len(group) == 1:
            if _OF_EACH.search(predicate):
                return [(group[0], subjects, "each")]
            if rule == "carried_over" or "分别" in predicate:
                alone = rule != "carried_over" and _ENDS.match(self.text, group[0].stop)
                if alone and all(s.mention is not None for s in subjects):
                    return [(group[0], subjects, "each")]  # A、B分别增长12%左右: the same for both
                return [(group[0], [], "unmapped")]
            if group[0].unit.dimension == "doubling" and all(s.mention is not None for s in subjects):
                return [(group[0], subjects, "each")]  # 生产总值、居民收入翻一番
            if rule != "carried_over" and all(
                s.mention is not None and s.mention.candidates[0][0].kind == "rate" for s in subjects
            ):
                return [(group[0], subjects, "each")]  # 巩固率、入学率保持在98%以上
            if rule == "name_before" and group[0].unit.dimension in ("ratio", "doubling"):
                return [(group[0], subjects, "each")]  # 生产总值、社零额、进出口额翻一番
            if len(subjects) > 1 and group[0].unit.dimension == "count":
                return [(group[0], [], "unmapped")]  # 新建幼儿园和中小学42所: of both together
            return [(group[0], subjects[-1:], rule)]
        if len(subjects) == 1 and "分别" not in predicate:
            crossed = _CROSSED.search(predicate)
            if crossed is None and _STEPS.match(self.text, group[-1].stop):
                crossed = _CROSSES.search(predicate)
            if crossed:  # 先后跨过3000亿元、3500亿元台阶
                last = group[-1]
                if last.qualifier in ("exact", "at_least"):  # the verb stands before the first of them
                    last = replace(last, qualifier="at_least" if crossed[0][-1] in "上跨" else "more_than")
                passed = [] if _ARRIVED.match(self.text, last.stop) else subjects
                return [(q, [], "unmapped") for q in group[:-1]] + [(last, passed, rule)]
            # 3.9万个、2.1公里 after one name: the first is its value, what follows is something else
            return [(group[0], subjects, rule)] + [(q, [], "unmapped") for q in group[1:]]
        return [(q, [], "unmapped") for q in group]

    def _fact(
        self,
        q: Quantity,
        subject: Subject | None,
        predicate: str,
        clause_start: int,
        clause: str,
        right_words: str,
        verbs: str,
        times: list[Time],
        stretch: Stretch,
        rule: str,
        start: int,
        end: int,
    ) -> Fact:
        text = self.text
        if subject is None or subject.mention is None:
            words = (
                (subject.words if subject else "")
                or right_words.removeprefix("的")[:30]
                or strip_lead(strip_times(clause))[-30:]
            )
            metric, grade = None, "any"
        else:
            words = subject.words
            led = text[clause_start : min(q.start, max(clause_start, subject.mention.start))]
            if clause_start and text[clause_start] == "、":
                led = verbs + led  # 获批A 3家、B 5家
            metric, grade = self._choose(
                subject,
                q,
                predicate,
                ("" if analyse(predicate).own_statement else verbs)
                + (TO_LEVEL.sub("", clause) if analyse(predicate).to_level else clause)
                # 由255万千瓦增加到863万千瓦: how it changes is said of the next number
                + ("" if TO_LEVEL.match(right_words) else right_words),
                text[start : q.start],
                led,
            )
        before = predicate if rule not in ("name_after",) else clause
        statistic, sign, rule, metric = self._statistic(
            q, metric, grade, before, clause, right_words, rule, text, start
        )
        spoken = clause
        if (
            subject is not None
            and subject.mention is not None
            and clause_start <= subject.mention.start
            and subject.mention.end <= q.start
        ):
            named = text[subject.mention.start : subject.mention.end]
            summed = "累计" if "累计" in named else " "  # 非常规天然气五年累计产量
            spoken = text[clause_start : subject.mention.start] + summed + text[subject.mention.end : q.start]
            if times:
                times = [t for t in times if not (subject.mention.start <= t.at < subject.mention.end)]
        years, role, period_rule, averaged, partial = self._period(
            q, metric, statistic, before, spoken, times, stretch, clause_start
        )
        if (
            metric is not None
            and metric.kind == "stock"
            and q.unit.dimension == "count"
            and statistic == "level"
            and stretch.kind in ("tasks", "livelihood")
            and years == (self.year, self.year)
            and _BUILT.search(verbs + clause)
            and not analyse(before).reached
        ):
            metric = (
                None  # 建成三甲医院2家, among the tasks: how many will be built, not how many there will be
            )
        if statistic == "growth_rate" and not averaged and self._as_yearly(metric, q, clause, years):
            averaged = "average"
        if statistic in ("growth_rate",) and averaged == "average":
            statistic = "annual_average_growth_rate"
        elif averaged == "sums" or rule == "share_changed":
            statistic = "comparison"  # 优良水质比例上升8.9%: points or per cent?
        elif statistic == "change_pp" and averaged == "average" and years[0] != years[1]:
            statistic, rule = (
                "comparison",
                "yearly_change",
            )  # 每年提高1.8个百分点: each year's, not the span's
        elif (
            statistic == "growth_rate"
            and not averaged
            and rule == "carried_over"
            and period_rule == "section"
            and role == "actual"
            and years[0] != years[1]
            and q.unit.name == "%"
            and _BARE_GROWTH.fullmatch(clause)
            and self.facts
            and self.facts[-1].metric is metric
            and self.facts[-1].statistic == "level"
            and self.facts[-1].years == (years[1], years[1])
        ):
            statistic, rule = "comparison", "base_unstated"
            years = (years[1], years[1])
        elif (statistic == "growth_rate" and averaged == "base") or (
            statistic == "growth_rate" and years[0] != years[1]
        ):
            statistic = "cumulative_growth_rate"
        elif statistic == "level":
            if averaged == "average" and metric is not None:
                statistic = "annual_average"
            elif averaged == "sum":
                statistic = "cumulative_level"
        if (
            statistic == "level"
            and rule in ("share_of_spending", "share_of_carried")
            and stretch.years[0] != stretch.years[1]
            and not _KEPT.search(clause)
            and "from_" not in period_rule
        ):
            if self.facts and self.facts[-1].statistic == "cumulative_level":
                # 五年累计投入民生资金2318亿元，占财政支出的80%: of the five years, not of the last
                statistic, years = "annual_average", self.facts[-1].years
            elif "同期" in clause and years[1] == stretch.years[1]:
                statistic, years = "annual_average", stretch.years
        unit, low, high = self._values(q, metric, statistic, sign)
        if (
            metric is not None
            and metric.domain == "prices"
            and statistic in ("growth_rate", "level")
            and metric.unit == "%"
            and low is not None
        ):
            statistic, low, high = _price_index(statistic, low, high, clause + text[q.end : q.stop], q)
        basis = None
        if statistic in _RATES:
            basis = basis_of(clause)
        qualifier = q.qualifier
        if (
            sign < 0
            and qualifier in ("more_than", "less_than", "at_least", "at_most")
            and statistic
            in ("growth_rate", "annual_average_growth_rate", "cumulative_growth_rate", "change_pp")
        ):
            qualifier = {
                "more_than": "less_than",
                "less_than": "more_than",
                "at_least": "at_most",
                "at_most": "at_least",
            }[qualifier]
        scope = "whole"
        if (
            metric is not None
            and metric.kind == "count"
            and subject is not None
            and _led_by_place(text[start : min(subject.start, q.start)])
        ):
            scope = "part"
        if subject is not None and subject.part:
            scope = "part"
        if partial:
            scope = "part"
        if metric is not None and subject is not None and scope == "whole":
            ahead = text[max(start, subject.start - 40) : subject.start]
            if (
                (metric.code == "resident_population" and _TOWN.search(ahead))
                or (metric.domain == "energy" and _PLANT.search(ahead))
                or (metric.code in ("key_projects", "key_projects_started") and _SECTORAL.search(ahead))
            ):
                scope = "part"
        if (
            scope == "whole"
            and subject is not None
            and subject.mention is not None
            and self.foreign
            and self.foreign.search(text, subject.mention.start, subject.mention.end)
        ):
            scope = "part"  # a city's report that names 全省生产总值
        if (
            scope == "whole"
            and metric is not None
            and metric.kind != "count"
            and subject is not None
            and self.other_wholes.search(text, clause_start, max(clause_start, subject.start))
        ):
            scope = "part"
        if self.of_place and scope == "whole" and subject is not None:
            own = text.find("全", self.sentence_start, max(subject.start, q.start))
            if own < 0 or text[own + 1 : own + 2] not in "市州省盟区地":
                scope = "part"  # 开发区完成工业增加值56亿元，财政收入8.6亿元
        estimate = self._is_estimate(q, subject, max(start, clause_start), start)
        if subject is not None:
            subject.estimate = estimate
        estimate = estimate and role == "actual" and years[1] == self.year - 1 and "from_" not in period_rule
        if scope == "whole" and metric is not None and metric.code in _HANDLED and self.facts:
            last = self.facts[-1]
            if (
                last.scope == "part"
                and last.metric is not None
                and last.metric.code in _HANDLED
                and subject is not None
                and text[last.number_end : subject.start] in ("、", ",", "和")
            ):
                scope = "part"  # 某港货物吞吐量12亿吨、集装箱吞吐量300万标箱: both that port's
        quote_start = clause_start
        if subject is not None and start <= subject.start < quote_start:
            quote_start = subject.start
        quote_end = max(q.stop, min(end, q.stop + len(right_words)))
        confidence = _CONFIDENCE.get(rule, 0.9)
        if metric is None:
            confidence = 0.5
        elif scope == "part":
            confidence = min(confidence, 0.75)
        if statistic == "cumulative_growth_rate" and period_rule == "section":
            confidence = min(
                confidence, 0.6
            )  # a plain growth rate among five years' figures may be the last year's
        if stretch.kind == "other":
            confidence = min(confidence, 0.85)
        if metric is not None and low is not None:
            key = "growth_rate" if statistic in ("growth_rate", "annual_average_growth_rate") else statistic
            bounds = metric.plausible.get(key)
            if bounds and not bounds[0] <= low <= bounds[1]:
                confidence = min(confidence, 0.3)
        lead = len(text[quote_start : q.start]) - len(text[quote_start : q.start].lstrip(",:、和及与()"))
        return Fact(
            metric,
            words,
            statistic,
            basis,
            role,
            estimate,
            years,
            low,
            high,
            unit,
            qualifier,
            scope,
            q.raw_value,
            q.raw_unit,
            quote_start + lead,
            quote_end,
            q.start,
            q.end,
            f"{rule}/{period_rule}",
            confidence,
        )


#: 经营主体276万户、增长8.9%, among five years' achievements: of the last year, or of all five? The text does not say.
_BARE_GROWTH = re.compile(rf"、?(?:{UP}|{DOWN})了?")


#: Said of all the years together.
_IN_ALL = re.compile(r"累计|[总合共]计|总共|比|较|翻")


#: Where a span of years may stand for a paragraph's: elsewhere the section itself is of those years.
_MAY_OPEN_WITH_A_PLAN = ("tasks", "livelihood", "other")


#: What ends the time that a plan's years gave to a paragraph.
_THIS_YEAR = re.compile("今年|年内|本年|明年|今冬|当年")
_TO_DO = re.compile(
    "要|将|力争|确保|争取|努力|计划|拟|加快|加强|继续|持续|推进|推动|启动|实施|全力|深入|深化|坚持|完善|优化|强化|统筹|再|抓好"
)


#: A statement of its own, to which the verb of the item before does not go on.
_STATED_ANEW = re.compile(r"达|总数|突破|超过|为|增至|每[百千万]")


#: One value for all names before it.
_OF_EACH = re.compile(r"均|都|皆|双双|同步|各$|各[增达新]")


#: Verbs of building, with which a stock is not stated.
_BUILT = re.compile(r"建成|创建")


#: Where the words that follow a value end: what stands behind speaks of something else.
_RIGHT_STOP = re.compile(r"[,:;()。!?\n、“”]|以及|和(?=\d)|及(?=\d)|与(?=\d)")


#: Compared with itself at an earlier time: a change, not a comparison with others.
_RATES = ("growth_rate", "annual_average_growth_rate", "cumulative_growth_rate")


#: 500亩茶园: a count with a noun of its own behind it is no value of a metric carried over.
_NOUN_FOLLOWS = re.compile(r"(?!左右|以上|以内|的|次|$)[\u4e00-\u9fff]{2}")


#: 三次产业结构调整为8:42:50: a list of shares that is no list of one metric's values.
_STRUCTURE = re.compile(r"三次产业|比重由|一、二、三产|三产(?:业)?结构|产业结构|一二三产|三次产业结构")


#: 三次产业占比分别为
_SHARES_OF_INDUSTRIES = re.compile(
    r"(?:三次产业|一二三(?:次)?产业?|一产、?二产、?三产|第?一(?:产业)?、第?二(?:产业)?、第?三(?:次)?产业)[^,;。\d]{0,22}"
    r"(?:比重|占比|比例|结构|份额)[^,;。\d]{0,5}\Z"
)


#: 占财政支出的80%: the share in spending of what was named before, not the spending.
_OF_SPENDING = re.compile(
    r"占(?:全[市省区州]|地方|同期|我[市省区])?(?:一般)?(?:公共)?(?:财政|预算)+(?:预算)?(?:总)?支出(?:总量|总额)?的?(?:比重|比例)?(?:达到|达|为|提高到|保持|稳定|在|超过|的|由|从)*$"
)


#: 开发区完成…, 遂平县生产总值…, 某公司实现产值…: whose figures those of the sentence are.
_OF_PLACE = re.compile(
    r"[—“\"(一二三四五六七八九十、)]{0,5}(?!全[市州省区盟])"
    r"(?:(?P<place>[^,。;:\d全各]{0,9}(?:开发区|高新区|集聚区|集中区|工业园区?|园区|保税区|新区|示范区|度假区|自贸区|经开区)"
    r"(?:(?:建设|发展|加快|快速)[^,。;\d]{0,10},(?=完成|实现|引进|累计|新增))?"
    r"|(?!全|我|本|各)[\u4e00-\u9fff]{2,3}[县旗])|[^,。;:\d]{2,10}(?:公司|集团|药业|酒业|实业|股份|重工|矿业|油田))"
    r"(?:全年|全部|累计|预计|共|去年|20\d\d年)*(?:实现|完成|引进|新增|规上|规模以上|工业|地区生产|生产总值|GDP|固定资产|财政|一般公共|主营|营业|产值|税收|招商)"
)


#: What follows how many there are: how many came.
_ADDS = re.compile(r"(?:其中)?(?:去年|全年|当年|年内)?(?:新增|净增|新登记|新认定)")
_TOTAL_OF = re.compile("总?[数量]$")
_ENDS_ITEM = re.compile("[,;。、)!]|$|\n")


#: Of the works begun, those ended.
_ENDED = re.compile(r"(?:已|当年|全部|基本|其中)*(?:竣工|完工|投产|交付|验收)")


#: 5.39万人脱贫.
_OUT_OF_POVERTY = re.compile(r"(?:如期|稳定|顺利|实现|全部|成功)*脱贫(?:出列)?(?:$|[,;。、!摘])")


#: 城区人口: of a part of the region, not its residents.
_TOWN = re.compile(r"建成区|中心城区|城区")


#: 市中医院新院区等66个重点项目, 国有企业投资的28个重点项目: those of one field or one owner.
_SECTORAL = re.compile(r"医院|院区|学校|国有企业|国企|央企")


#: A plant or a project just before: its capacity, not the region's.
_PLANT = re.compile(
    r"(?:电厂|电站|机组|基地|工程|项目|风电场)[^,。;]{0,14}(?:投产|建成|投运|并网|投用)[、,]?(?:总)?$"
)


#: 500万元以上固定资产投资: the threshold of a survey, part of the name.
_CALIBRE = re.compile(r"(?:5|50|500|1000|2000)万元(?:及)?以上(?=(?:项目)?固定资产投资)")


#: 先后跨过3000亿元、3500亿元: marks passed on the way; the last is where it stands.
_CROSSED = re.compile(r"(?:先后|相继|连续|接连)[^,]*[过上越破]|连[跨过破上][越过]?")
_STEPS = re.compile(r"(?:这)?[两三四2-4]个?(?:大|新)?(?:台阶|大关|关口)")


#: 跨越了2000亿元和3000亿元两个台阶.
_CROSSES = re.compile(r"[跨迈越突登].{0,2}")


#: …3500亿元台阶，达到3600亿元: the level itself follows, so that no mark needs to stand for it.
_ARRIVED = re.compile(
    r"(?:两[个大])?(?:台阶|大关|关口|门槛)?,(?:已|现已|目前|去年)?达到?(?=[\d一二三四五六七八九])"
)


#: 总数达680家: the stock of what the clause before counted the additions to.
_TOTAL = re.compile(r"^[、,]?(?:累计(?:达到|达|为)?$|总里程|总数|总量|总户数|存量|保有量|累计总数)")


#: 80%以上的财政支出用于民生: said of spending, behind the figure.
_FOR_LIVELIHOOD = re.compile(
    r"(?:的?(?:一般公共预算|财政|公共财政)支出)?(?:都|均|全部|主要|优先)?(?:用于|投向|投入)[^,。;]{0,10}民生"
)


#: 占比保持在75%以上: so in each year, the last one, too.
_KEPT = re.compile(r"保持|稳定|维持")


#: The spending that such a share is of.
_SPENT = re.compile(r"(?:财政|公共预算)(?:总)?支出")


#: 居民收入比上年增长: the 比 of a comparison in time, no part of the name 收入比.
_THAN = re.compile(
    r"上年|上一年|去年|(?:19|20)\d\d年|[“\"]?(?:十[一二三四五六]?|[八九])五|五年前|同期|全[国省市区]|预期|目标"
)


#: 在中心城区新建…: the clause is about a part of the region.
_PLACE_LEADS = re.compile(
    r"(?:^|[,:])(?:在|推动|对|全市)?(?:市?中心城区|各县区?|各县\(?市|各区县|县城|各乡镇|每个?[县区乡镇村])"
)


def _led_by_place(words: str) -> bool:
    """True where ``words`` have one of the places; few have a character of them at all."""
    return ("各" in words or "城" in words or "每" in words) and _PLACE_LEADS.search(words) is not None


#: 在对美贸易下降三成的情况下: an aside; the name that the value belongs to stands before it.
_UNDER = re.compile(r"的?(?:情况|背景|基础|条件|前提|形势)(?:之)?[下上]")


#: 产量稳定在5.24亿斤: a yield without its product's name.
_YIELD = re.compile(
    r"[、,]?(?:确保|力争|全年|年)?(?:粮食)?(?:总产量?|产量|年产量)(?:稳定|保持|达到|达|在|继续|力争|突破|超过)*"
)


#: 粮食生产实现“八连增”,达到244.5万吨: the harvest of the clause before.
_HARVEST = re.compile(r"粮食(?!作物播种)[^,。;\d]{0,14}(?:连[增丰]|丰[收产]|增产|新高)[^,。;\d]{0,4},$")
_REACHED_ALONE = re.compile(r"(?:总量|总产|首次|再次|已|稳定|保持)*(?:达到|达|突破|超过|为|在|创)")


#: 10亿元的项目: the figure describes the noun behind it.
_ATTRIBUTE = re.compile(
    r"(?:元|级)?的(?!增长|增速|速度|增幅|目标|任务|水平|规模|历史|好成绩|基础|预期|低位|高位|较[低高]|[,。;])"
)


#: 5000万元以上工业项目120个: a threshold of what is counted.
_OF_THAT_SIZE = re.compile(r"[^,。;、:()\d增]{0,9}(?:项目|企业|大户|园区|集群|基地|商户)(?!投资)")


#: How a value found its metric → how sure that is, 0 to 1; our judgement.
_CONFIDENCE = {
    "name_before": 0.97,
    "respectively": 0.96,
    "each": 0.93,
    "carried_over": 0.94,
    "name_in_previous_segment": 0.92,
    "name_after": 0.93,
    "name_completed": 0.92,
    "comparison": 0.8,
    "over_target": 0.8,
    "yearly_change": 0.8,
    "share_changed": 0.6,
    "base_unstated": 0.6,
}


def _price_index(
    statistic: str, low: float, high: float | None, words: str, q: Quantity
) -> tuple[str, float, float | None]:
    """Price level written as an index (控制在103左右, 指数103%): growth 3."""
    if 95 <= low <= 130 and q.unit.dimension in ("ratio", "number"):
        return "growth_rate", round(low - 100, 6), None if high is None else round(high - 100, 6)
    return "growth_rate", low, high


#: 预计全年…: said of all that the sentence lists.
_FORESEEN = re.compile(
    r"[—一二三四五六七八九十、(),]{0,5}(?:初步|据|经)?预[计测](?:,|:|(?:到)?(?:20\d\d年(?!的)|去年|全年|年末|年底))"
)


#: 降至零.
_NOUGHT = re.compile(r"(?:降|下降|减少|降低)[至为到]零(?=[,。;、!])")


_PER_THOUSAND = re.compile(r"(?P<people>每千(?:常住)?人口?)(?:拥有)?")


#: One item of a list per thousand people, with its number.
_ITEM_WITH_NUMBER = re.compile(
    r"[、,和]?(?P<name>[^、,。;!?\n\d]{2,14}?|[3三]岁以下(?:婴幼儿)?托位)数?(?:分别)?(?:达到|达|为|增至|提高到|提升至)?\d[\d.]*[^、,。;!?\n\d万]{1,3}(?:以上|左右)?(?=[、,和。;!\n]|$)"
)


_DIGIT = re.compile(r"\d")


#: What one port or airport handles.
_HANDLED = frozenset(("port_cargo", "port_containers", "airport_passengers", "airport_cargo"))


#: Nothing goes on after a value.
_ENDS = re.compile(r"[,;。](?!\d|分别|同口径)|$|\n")


#: Words between two values of one list.
_GAP = re.compile(r"、?(?:和|及|与|以及)?(?:约|近|超)?")


#: The amount is one of each month or year.
_PER_TIME = re.compile(r"每(?:(?<=人每)([月年])|月)$")


#: The same after 分别, where each value may bring its own word of change.
_GAP_WITH_VERB = re.compile(
    rf"、?(?:和|及|与|以及)?(?:同比)?(?:{UP}|{DOWN})?(?:到|至|了)?(?:每人每[月年])?(?:约|近|超)?"
)


def _alike(a: Quantity, b: Quantity) -> bool:
    return a.unit.dimension == b.unit.dimension or (_is_sum(a) and _is_sum(b))


def _is_sum(q: Quantity) -> bool:
    """Of money, with or without 元: 三千亿、四千亿元."""
    return q.unit.dimension.startswith("money") or (
        q.unit.dimension == "number" and "亿" in q.raw_value + q.raw_unit
    )
