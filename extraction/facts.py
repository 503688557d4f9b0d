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
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from extraction.catalogue import Metric
from extraction.language import (
    ABSENT,
    ASIDE,
    BASIS,
    BEFORE,
    BEFORE_WORD,
    BETWEEN,
    COMPARE,
    COUNT_MODIFIER,
    DIRECTION,
    DOWN,
    EACH,
    FASTER,
    FLAT,
    FROM,
    IN_STEP,
    ITEM_SPLIT,
    OF_WHOLE,
    POSITIVE,
    RANK,
    STRETCH,
    UNSTATED,
    UP,
    VERB,
    VERB_GROUPS,
    find_signals,
)
from extraction.names import Mention, Names
from extraction.periods import Time, find_times
from extraction.predicates import Said, analyse
from extraction.quantities import Quantity, chinese_number, find_quantities, number_starts
from extraction.structure import Stretch
from extraction.units import convert, parse_unit


@dataclass(slots=True)
class Subject:
    """What a number speaks of: a metric, or only words."""

    mention: Mention | None
    words: str
    part: bool = False
    phrase: str = ""  # the words right before the name, which `not` looks at
    start: int = 0
    chosen: Metric | None = None  # the entry that the first number was read for


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


_BRACKET = re.compile("[()]")
_DELIMITER = re.compile(r"[,:;()]")
_RIGHT_STOP = re.compile(r"[,:;()。!?\n、“”]|以及|和(?=\d)|及(?=\d)|与(?=\d)")
#: What may follow a counted thing's name (5个热源建设, 20个精品示范村创建任务).
_TAIL = re.compile(
    r"(?:建设|改造|项目|工程|任务|升级|更新|试点|投用|投入使用|建成|创建|实施|工作|以上|左右|等|的|目标|开工|竣工|提质|提升|改造提升|更新改造|相继建成|全面建成|建成投用|建成开放|精彩上演)*"
)
_GOAL_AFTER = re.compile(r"^(?:的)?(?:年度|预期|全年|既定|增长|调控|控制)*(?:目标|任务)")
_PLAN_WORDS = re.compile(r"力争|确保|争取|预期|将|计划|拟|要|目标|规划|建议")


class Reader:
    """Reads the facts of one report's matching text. One instance a document; no state outlives it."""

    def __init__(
        self,
        text: str,
        stretches: list[Stretch],
        mentions: list[Mention],
        names: Names,
        year: int,
        own_names: frozenset[str],
        other_wholes: re.Pattern[str],
        foreign: re.Pattern[str] | None,
    ) -> None:
        self.text = text
        self.stretches = stretches
        mentions = [self._not_compared(m, names, text) for m in mentions]
        self.mentions = mentions
        self.signals = find_signals(text)
        #: where something may be read at all: numbers may begin, or words that state a fact without one
        self.marks = sorted([*number_starts(text), *self.signals, len(text)])
        self.mention_starts = [mention.start for mention in mentions]
        #: brackets inside a name, which delimit nothing
        self.inner = {match.start() for match in _BRACKET.finditer(text) if self._in_a_name(match.start())}
        self.names = names
        self.year = year
        self.own_names = own_names
        self.other_wholes = other_wholes
        self.foreign = foreign
        self.facts: list[Fact] = []
        self.sentence_start = 0
        self.history: list[Subject] = []  # what the numbers of the sentence spoke of, in order
        self.time: Time | None = None  # the last words of time before a semicolon (到2030年，…；…)

    def silent(self, start: int) -> None:
        """Pass over a sentence that no mark stands in: no fact, and words of time last through a semicolon only."""
        if not start or self.text[start - 1] != ";":
            self.time = None

    @staticmethod
    def _not_compared(mention: Mention, names: Names, text: str) -> Mention:
        """城乡居民收入比上年增长5%: 比 compares with another year and is no part of the name (城乡居民收入比)."""
        if text[mention.end - 1] != "比" or not _THAN.match(text, mention.end):
            return mention
        claims = names.claims.get(text[mention.start : mention.end - 1])
        return Mention(mention.start, mention.end - 1, claims) if claims else mention

    # -- one sentence ----------------------------------------------------------------------------------------------

    def sentence(self, start: int, end: int, stretch: Stretch) -> list[Fact]:
        """All facts of ``text[start:end]``, in order."""
        self.facts = []
        self.sentence_start = start
        inherited = self.time if start and self.text[start - 1] == ";" else None
        self.time = None
        text = self.text
        quantities = find_quantities(text, start, end)
        if quantities:
            quantities = [
                q for q in quantities if not self._inside_name(q) and not _CALIBRE.match(text, q.start)
            ]
        worded = self._signalled(start, end)
        if not quantities:
            if worded:
                self._unnumbered(start, end, stretch, [])
            self.time = inherited
            return self.facts
        times = find_times(text, start, end, self.year, stretch.kind in _PAST)
        if inherited is not None:
            times.insert(0, inherited)
        for time in times:
            if time.kind in ("year", "span") and not time.part:
                self.time = time
                if time is inherited or time.at - start <= 1:
                    break  # “十五”期间，…，2005年达到…；…: what opens the sentence goes on after the semicolon
        if len(quantities) > 2 and _STRUCTURE.search(text, start, end):
            quantities = self._industry_structure(quantities, start, end, times, stretch)
        subjects: list[Subject] = []
        self.history = []
        verbs = ""
        prev = start
        i = 0
        n = len(quantities)
        while i < n:
            group = [quantities[i]]
            respectively = "分别" in text[prev : group[0].start]
            # a list of values: 4.8%和6.1%; 3.5%左右、6%左右
            while i + len(group) < n:
                nxt = quantities[i + len(group)]
                gap = text[group[-1].stop : nxt.start]
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
                if not _alike(group[-1], nxt) and not (respectively and DIRECTION.search(gap)):
                    break
                nxt.lead = gap
                group.append(nxt)
            q = group[0]
            right_limit = quantities[i + len(group)].start if i + len(group) < n else end
            subjects, verbs, prev = self._group(
                start, end, prev, group, right_limit, subjects, verbs, times, stretch
            )
            i += len(group)
        if worded:
            self._unnumbered(start, end, stretch, quantities)
        if worded and STRETCH.search(text, start, end):
            self._stretch(start, end)
        return self.facts

    def _in_a_name(self, at: int) -> bool:
        i = bisect_right(self.mention_starts, at) - 1
        return i >= 0 and at < self.mentions[i].end

    def _inside_name(self, q: Quantity) -> bool:
        """True for the 3 of 3岁以下婴幼儿托位数: a number inside a name is no figure."""
        i = bisect_left(self.mention_starts, q.start) - 1
        return i >= 0 and self.mentions[i].end >= q.end and self.mentions[i].start < q.start

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
            total = sum(q.low * 10.0**q.low_exp for q in triple)
            if not joined or not 98 <= total <= 102 or not all(code in self.names.by_code for code in codes):
                rest.append(quantities[i])
                i += 1
                continue
            before = text[max(start, triple[0].start - 14) : triple[0].start]
            is_from = bool(FROM.search(before))
            earlier = [t for t in times if t.at < triple[0].start and t.kind in ("start", "year", "base")]
            if is_from:
                named = [t for t in earlier if t.kind == "start"]
                year = named[-1].years[0] if named else stretch.years[0] - 1
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

    # -- one list of values with the words before it --------------------------------------------------------------

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
        elif cut and (prev == start or re.search(r"达|总数|突破|超过|为|增至", clause)):
            verbs = ""  # a new statement; a bare name goes on with the list (新建A 10家，B 20家)
        rule = "name_before"
        under = _UNDER.match(text, prev, q.start)
        at = text.rfind("在", start, prev) if under else -1
        if under and at >= 0 and _says_something(text[under.end() : q.start]):
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
            elif carried and _may_carry(text[prev:clause_start], clause, q):
                subjects, rule = carried, "carried_over"
                predicate = clause
        if len(group) == 1 and q.unit.name == "%" and "民生" in text[start : q.start]:
            share = self.names.by_code.get("livelihood_expenditure_share")
            if share is not None and _OF_SPENDING.search(clause):
                # 民生支出438.8亿元，占一般公共预算支出的80%
                mention = Mention(clause_start, q.start, ((share, "any"),))
                subjects, rule, predicate, why = (
                    [Subject(mention, share.name_zh, False, "", clause_start)], "share_of_spending", "", "",
                )  # fmt: skip
        if len(group) == 1 and q.unit.name == "%" and _FOR_LIVELIHOOD.match(text, q.stop):
            share = self.names.by_code.get("livelihood_expenditure_share")
            if share is not None and _SPENT.search(clause + text[q.stop : q.stop + 6]):
                # 财政支出的79%用于民生, 80%以上的财政支出用于改善民生
                mention = Mention(clause_start, q.start, ((share, "any"),))
                subjects, rule, predicate, why = (
                    [Subject(mention, share.name_zh, False, "", clause_start)], "share_of_spending", "", "",
                )  # fmt: skip
        if len(group) == 1 and len(carried) == 1 and "占" in clause[:4]:
            shared = self._share_of_carried(carried[0], clause_start, q)
            if shared is not None:
                subjects, rule, predicate, why = [shared], "share_of_carried", "", ""
        if not subjects and why == "other":
            residents = self._residents(clause_start, q.start, len(group))
            if residents:
                subjects, predicate, why = residents, clause[clause.rindex("居民") + 2 :], ""
        right_words = ""
        if len(group) == 1 or not subjects:
            first_stop = _RIGHT_STOP.search(text, group[-1].stop, min(right_limit, group[-1].stop + 60))
            right_end = first_stop.start() if first_stop else right_limit
            right_words = text[group[-1].stop : right_end]
        # things counted: the name stands after the number
        if q.unit.dimension not in ("points", "multiple", "doubling") and (
            not subjects or why == "weak" or rule == "carried_over"
        ):
            right = self._right_subject(group[-1], right_limit, clause, verbs)
            if right is not None and (not subjects or rule == "carried_over" or why == "weak"):
                subjects, rule, predicate = [right], "name_after", clause
        named_after = rule in ("name_after", "share_of_spending")
        if subjects and not named_after and len(group) == 1 and _ATTRIBUTE.match(text, q.stop):
            # 经济总量超500亿元的县域: the number describes what follows
            subjects, why = [], "other"
        if (
            (not subjects or rule == "carried_over")
            and (
                q.unit.name in ("斤", "公斤") or (q.unit.name == "吨" and self._of_grain(start, clause_start))
            )
            and _YIELD.fullmatch(_strip_times(clause))
        ):
            claims = self.names.claims.get("粮食产量")
            if claims:
                # 产量稳定在5.24亿斤: weights in 斤 are said of grain alone
                subjects, rule, predicate = (
                    [Subject(Mention(clause_start, q.start, claims), "产量", False, "", clause_start)],
                    "grain_by_unit",
                    clause,
                )
        if rule == "carried_over" and q.unit.dimension == "count" and _NOUN_FOLLOWS.match(right_words):
            subjects, rule, why = (
                [],
                "unmapped",
                "other",
            )  # 企业20家，实现1家企业上市: the second counts what follows it
        clause_times = [t for t in times if t.at < q.start]
        consumed = group[-1].stop
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
                self.facts.append(fact)
        if rule != "carried_over":
            self.history.extend(subjects or [Subject(None, "", True)])
        if subjects and rule != "name_after":
            new_carry = subjects
        elif rule == "name_after":
            new_carry = []
        else:
            new_carry = carried if why == "predicate_only" and carried else []
        return new_carry, verbs, consumed

    def _verbs(self, start: int, end: int) -> list[str]:
        """Verbs of making and adding in ``text[start:end]``, those inside a name left out (新 in 专精特新)."""
        found = []
        for match in VERB.finditer(self.text, start, end):
            i = bisect_left(self.mention_starts, match.start()) - 1
            if i >= 0 and self.mentions[i].start < match.start() < self.mentions[i].end:
                continue
            found.append(match[0])
        return found

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
            if re.search(r"均|都|皆|双双|同步|各$|各[增达新]", predicate):
                return [(group[0], subjects, "each")]
            if rule == "carried_over" or "分别" in predicate:
                return [(group[0], [], "unmapped")]
            if rule != "carried_over" and all(
                s.mention is not None and s.mention.candidates[0][0].kind == "rate" for s in subjects
            ):
                return [(group[0], subjects, "each")]  # 巩固率、入学率保持在98%以上
            return [(group[0], subjects[-1:], rule)]
        if len(subjects) == 1 and "分别" not in predicate:
            if _CROSSED.search(predicate):  # 先后跨过3000亿元、3500亿元台阶
                return [(q, [], "unmapped") for q in group[:-1]] + [(group[-1], subjects, rule)]
            # 3.9万个、2.1公里 after one name: the first is its value, what follows is something else
            return [(group[0], subjects, rule)] + [(q, [], "unmapped") for q in group[1:]]
        return [(q, [], "unmapped") for q in group]

    # -- names before the number --------------------------------------------------------------------------------------

    def _after_delimiter(self, start: int, at: int) -> int:
        """Just after the last delimiter in ``text[start:at]``, ``start`` where there is none. A bracket inside a name
        (细颗粒物(PM2.5)浓度) is no delimiter."""
        find = self.text.rfind
        while True:
            last = max(find(",", start, at), find(":", start, at), find("(", start, at), find(")", start, at))
            if last not in self.inner:
                return last + 1 if last >= 0 else start
            at = last

    def _mentions_between(self, start: int, end: int) -> list[Mention]:
        i = bisect_left(self.mention_starts, start)
        out = []
        while i < len(self.mentions) and self.mentions[i].start < end:
            if self.mentions[i].end <= end:
                out.append(self.mentions[i])
            i += 1
        return out

    def _left_subjects(
        self, start: int, end: int, values: int, stretch: Stretch | None
    ) -> tuple[list[Subject], str, str]:
        """Subjects named in ``text[start:end]``, the words between the last name and the number, and why there is none.

        why: ``""`` found; ``predicate_only`` nothing but words of change or reaching; ``other`` something else.
        """
        text = self.text
        clause = text[start:end]
        mentions = self._mentions_between(start, end)
        if values == 3:
            three = _THREE.match(text, start, end)
            if three and _says_something(text[three.end() : end]):
                joint = _joint(three[1])
                if joint:
                    return self._joint_industries(joint, three.start(1)), text[three.end() : end], ""
        if values == 2:
            pair = self._pair(start, end, mentions)
            if pair:
                return pair[0], pair[1], ""
        if mentions and "除" in clause:
            # 剔除留抵退税因素后: what is left out names nothing
            gone = [(m.start() + start, m.end() + start) for m in _EXCLUDING.finditer(clause)]
            mentions = [m for m in mentions if not any(a <= m.start < b for a, b in gone)]
        if not mentions:
            stripped = _strip_times(clause)
            if _all_predicate(stripped):
                return [], clause, "predicate_only"
            return [], clause, "other"
        last = mentions[-1]
        predicate = text[last.end : end]
        if not _says_something(predicate) or _OPEN_LIST.search(predicate):
            return [], clause, "other"
        first = mentions[0]
        items_text = text[start : last.end]
        each = EACH.search(predicate)
        rates = "、" in items_text and last.candidates[0][0].kind == "rate"
        if (values > 1 or each or rates) and (ITEM_SPLIT.search(items_text) or _joint(items_text)):
            items = self._items(start, last)
            if items and (values > 1 or each or all(item.mention is not None for item in items)):
                return items, predicate, ""
            if values > 1:
                return [], clause, "other"
        name_start = last.start
        # 其中城镇固定资产投资 after 固定资产投资: a part of what was named before
        within = "其中" in text[start:name_start] and any(
            s.mention is not None
            and s.mention.candidates[0][0] is last.candidates[0][0]
            and not s.words.endswith(text[last.start : last.end])
            for s in self.history
        )
        both = self._urban_and_rural(last, predicate, values, "")
        if both:
            return both, predicate, ""
        piece = max(text.rfind("、", start, name_start), start - 1) + 1
        before = text[piece:name_start]
        subject = self._subject(last, before, before)
        subject.part = subject.part or within
        weak = "weak" if predicate == "" and first is last and not before else ""
        return [subject], predicate, weak

    def _pair(self, start: int, end: int, mentions: list[Mention]) -> tuple[list[Subject], str] | None:
        """Two names said as one, with the words after them: 预算收支, 存贷款余额; 一般公共预算收入、支出."""
        text = self.text
        both = _BOTH.search(text, start, end)
        if both and not any(m.start <= both.start() < m.end for m in mentions):
            a, b = _BOTH_SIDES[both[1]]
            tail = both[2] or ""
            for cut in range(max(start, both.start() - 10), both.start() + 1):
                head = text[cut : both.start()]
                first = self.names.claims.get(head + a + tail)
                second = self.names.claims.get(head + b + tail)
                if first and second and _says_something(text[both.end() : end]):
                    lead = text[start:cut]
                    out = []
                    for side, claims in ((a, first), (b, second)):
                        subject = self._subject(Mention(cut, both.end(), claims), lead, lead)
                        subject.words = head + side + tail
                        out.append(subject)
                    return out, text[both.end() : end]
            return None
        if not mentions or text[mentions[-1].end : mentions[-1].end + 1] not in ("、", "和", "及", "与"):
            return None
        last = mentions[-1]
        name = text[last.start : last.end]
        at = last.end + 1
        for stop in range(min(end, at + 8), at + 1, -1):
            if not _says_something(text[stop:end]):
                continue
            for cut in range(len(name) - 1, 1, -1):
                whose = self.names.claims.get(name[:cut] + text[at:stop])
                if whose:
                    lead = text[start : last.start]
                    one = self._subject(last, lead, lead)
                    other = Subject(Mention(at, stop, whose), name[:cut] + text[at:stop], one.part, "", at)
                    return [one, other], text[stop:end]
        return None

    def _residents(self, start: int, end: int, values: int) -> list[Subject]:
        """居民人均可支配收入增长5.3%，其中，城镇居民增长4.9%，农村居民增长6.3%: whose income is left out."""
        match = _RESIDENTS.match(self.text, start, end)
        if match is None or not _says_something(self.text[match.end() : end]):
            return []
        before = [s.mention.candidates[0][0].code for s in self.history if s.mention is not None]
        if not before or not before[-1].startswith("disposable_income"):
            return []
        sides = [side for side in ("城镇", "农村") if side[0] in match[1] or side in match[1]]
        if "乡" in match[1]:
            sides = ["城镇", "农村"]
        if len(sides) != values:
            return []
        out = []
        for side in sides:
            claims = self.names.claims.get(side + "居民人均可支配收入")
            if claims:
                out.append(
                    Subject(
                        Mention(start, match.end(), claims), side + "居民人均可支配收入", False, "", start
                    )
                )
        return out if len(out) == values else []

    def _share_of_carried(self, subject: Subject, start: int, q: Quantity) -> Subject | None:
        """战略性新兴产业增加值增长12%，占规上工业比重达到24%: a share of what the clause before speaks of."""
        if subject.mention is None or subject.part or q.unit.name != "%":
            return None
        own = _SHARE_ALONE.get(subject.mention.candidates[0][0].code)
        if own is not None and _SHARE_BARE.fullmatch(self.text, start, q.start):
            share = self.names.by_code.get(own)
            mention = Mention(start, q.start, ((share, "any"),)) if share else None
            return Subject(mention, share.name_zh, False, "", start) if share else None
        match = _SHARE_CLAUSE.fullmatch(self.text, start, q.start)
        if match is None:
            return None
        for code, whole in _SHARES.get(subject.mention.candidates[0][0].code, ()):
            share = self.names.by_code.get(code)
            if share is not None and re.fullmatch(whole, match["whole"]):
                return Subject(Mention(start, q.start, ((share, "any"),)), share.name_zh, False, "", start)
        return None

    def _of_grain(self, start: int, end: int) -> bool:
        """True where the sentence speaks of grain so far, and of no other crop."""
        mentions = self._mentions_between(start, end)
        return "粮食" in self.text[start:end] and all(
            m.candidates[0][0].code.startswith("grain") for m in mentions
        )

    def _urban_and_rural(self, mention: Mention, predicate: str, values: int, phrase: str) -> list[Subject]:
        """城乡居民人均可支配收入 with two values (分别) or one for both (均) is the urban and the rural figure."""
        name = self.text[mention.start : mention.end]
        if "城乡" not in name or not (values == 2 or re.search(r"均|都|双双", predicate)):
            return []
        out = []
        for side in ("城镇", "农村"):
            claims = self.names.claims.get(name.replace("城乡", side)) or self.names.claims.get(
                name.replace("城乡居民", side + "居民人均可支配").replace(
                    "人均可支配人均可支配", "人均可支配"
                )
            )
            if not claims:
                return []
            out.append(
                Subject(
                    Mention(mention.start, mention.end, claims),
                    name.replace("城乡", side),
                    False,
                    phrase,
                    mention.start,
                )
            )
        return out

    def _subject(self, mention: Mention, before: str, phrase: str) -> Subject:
        """The subject that ``mention`` names, with ``before`` as the words in front of it."""
        part = not self._whole(before, mention)
        words = self.text[mention.start : mention.end]
        residue = _strip_lead(before)
        return Subject(mention, (residue + words)[-40:], part, phrase, mention.start)

    def _whole(self, before: str, mention: Mention) -> bool:
        """True where the words before a name do not narrow it to a part, a group, or another region."""
        if not before:
            return True
        if before.endswith("等"):
            return True  # examples, then the whole: 供水、供热、供气等管网
        rest = _ITEM_NUMBER.sub("", _strip_times(before))
        for name in self.own_names:
            rest = rest.replace(name, "")
        if self.other_wholes.search(rest) or _INSIDE.search(rest) or "带动" in rest or "撬动" in rest:
            return False
        rest = rest.strip(".·…▲★●◆■□▪◇○☆►√【】")
        match = BEFORE.match(rest)
        if match and match.end() == len(rest):
            return True
        counts = any(metric.kind == "count" or metric.needs for metric, _ in mention.candidates)
        if counts:
            rest = VERB.sub("", rest)
            rest = COUNT_MODIFIER.sub("", rest)
            rest = BEFORE_WORD.sub("", rest)
            return not rest
        rest = (
            VERB.sub("", rest)
            if any(metric.kind in ("stock", "flow") for metric, _ in mention.candidates)
            else rest
        )
        rest = BEFORE_WORD.sub("", rest)
        return not rest

    def _items(self, start: int, last: Mention) -> list[Subject]:
        """Coordinated names ``A、B和C`` that end with ``last``; [] where one of them has no name.

        An item that is no name by itself is completed with the tail of the last (城镇 + 居民人均可支配收入).
        """
        text = self.text
        body = text[start : last.end]
        joint = _joint(body)
        if joint:
            return self._joint_industries(joint, start)
        spans: list[tuple[int, int]] = []
        at = 0
        for match in ITEM_SPLIT.finditer(body):
            if any(m.start < start + match.start() < m.end for m in self._mentions_between(start, last.end)):
                continue  # 和 inside a name
            spans.append((at, match.start()))
            at = match.end()
        spans.append((at, len(body)))
        if len(spans) < 2:
            return []
        tail = text[last.start : last.end]
        out: list[Subject] = []
        for a, b in spans:
            piece = body[a:b]
            if not piece.strip("的"):
                continue  # the list goes on from a value before: 、B率98%
            mentions = self._mentions_between(start + a, start + b)
            if (
                mentions
                and mentions[-1].end == start + b
                and out
                and body[a:].startswith("乡")
                and out[-1].words.startswith("城镇")
            ):
                rural = self.names.claims.get("农村" + text[mentions[-1].start : mentions[-1].end])
                if rural:
                    out.append(
                        Subject(
                            Mention(start + a, start + b, rural), "农村" + piece[1:], False, "", start + a
                        )
                    )
                    continue
            if mentions and mentions[-1].end == start + b:
                lead_in = text[start + a : mentions[-1].start]
                insured = _INSURED.match(out[0].words) if out and not lead_in else None
                theirs = self.names.claims.get(insured[0] + piece) if insured else None
                if insured and theirs:  # 城乡居民基本养老、医疗保险参保人数: both the residents'
                    whose = Mention(start + a, start + b, theirs)
                    out.append(Subject(whose, insured[0] + piece, False, "", start + a))
                    continue
                out.append(self._subject(mentions[-1], lead_in, lead_in))
                continue
            if mentions and _says_something(text[mentions[-1].end : start + b]):
                lead_in = text[start + a : mentions[-1].start]
                out.append(self._subject(mentions[-1], lead_in, lead_in))
                continue
            done = False
            lead = _strip_lead(_strip_times(piece))
            lead = _ITEM_LEAD.sub("", lead) or lead
            if lead.endswith("城") and body.startswith("乡", b + 1):
                lead = "城镇"
            for name in self.own_names:
                lead = lead.replace(name, "")
            for cut in range(len(tail)):
                candidate = lead + tail[cut:]
                claims = self.names.claims.get(candidate)
                if claims:
                    out.append(
                        Subject(Mention(start + a, start + b, claims), candidate, False, "", start + a)
                    )
                    done = True
                    break
            if not done:
                out.append(Subject(None, piece, True, "", start + a))
        if out[0].part and _INSIDE.search(body[: spans[0][1]]):
            for other in out[1:]:
                other.part = True  # 开发区规上工业增加值、工业投资: all of them the zones'
        # leading words (全年实现) cling to the first item; an unknown item keeps its place but names nothing
        return out if any(s.mention for s in out) else []

    def _joint_industries(self, joint: re.Match[str], start: int) -> list[Subject]:
        out = []
        order = {"一": "第一产业增加值", "二": "第二产业增加值", "三": "第三产业增加值"}
        for c in joint["which"] if len(joint["which"]) > 1 else order:
            if c in order:
                claims = self.names.claims.get(order[c])
                if claims:
                    at = start + joint.start()
                    out.append(Subject(Mention(at, start + joint.end(), claims), order[c], False, "", at))
        return out

    def _list_before(self, prev: int, clause_start: int, values: int) -> list[Subject]:
        """Names that make up the segment just before the clause: 规上工业增加值、固定资产投资，分别增长8%、7%."""
        segment_end = clause_start - 1
        segment_start = self._after_delimiter(prev, segment_end)
        items, rest, _ = self._left_subjects(segment_start, segment_end, values, None)
        return items if len(items) == values and not rest.strip() else []

    def _bare_name_before(self, prev: int, clause_start: int) -> Subject | None:
        """A name that ends the segment just before the clause: 一般公共预算收入，预计增长5%."""
        text = self.text
        if clause_start <= prev or text[clause_start - 1] not in ",:":
            return None
        segment_end = clause_start - 1
        segment_start = self._after_delimiter(prev, segment_end)
        mentions = self._mentions_between(segment_start, segment_end)
        if not mentions or not _says_something(text[mentions[-1].end : segment_end]):
            return None
        last = mentions[-1]
        lead_in = text[segment_start : last.start]
        return self._subject(last, lead_in, lead_in)

    # -- names after the number ---------------------------------------------------------------------------------------

    def _right_subject(self, q: Quantity, limit: int, clause: str, verbs: str) -> Subject | None:
        text = self.text
        stop = q.stop
        if text[stop : stop + 1] in "、和及与并":
            return None  # the next item of a list, not the thing counted
        hard = _DELIMITER_RIGHT.search(text, stop, limit)
        end = hard.start() if hard else limit
        mentions = self._mentions_between(stop, min(end, stop + 40))
        for mention in mentions:
            before = text[stop : mention.start].removeprefix("的")
            if "、" in before and len(before) > 8:
                break
            after = text[mention.end : end]
            tail = _TAIL.match(after)
            rest = after[tail.end() :] if tail else after
            closed = not rest or rest[0] in "、,和及与并" or (q.unit.dimension == "ratio")
            if not closed:
                continue
            whole = not before or COUNT_MODIFIER.fullmatch(before) is not None
            left_rest = self._left_of_count(clause)
            return Subject(
                mention,
                before + text[mention.start : mention.end],
                not (whole and left_rest),
                before + " " + (tail[0] if tail else ""),
                mention.start,
            )
        return None

    def _left_of_count(self, clause: str) -> bool:
        """True where the words before a counted thing do not narrow it to another place."""
        rest = _strip_times(clause)
        for name in self.own_names:
            rest = rest.replace(name, "")
        if self.other_wholes.search(rest) or _INSIDE.search(rest):
            return False
        rest = _LAST_ITEM.split(rest)[-1]
        if rest.endswith("等"):
            return True
        rest = BEFORE_WORD.sub("", VERB.sub("", rest))
        return len(rest) <= 6

    # -- the fact ---------------------------------------------------------------------------------------------------------

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
                or _strip_lead(_strip_times(clause))[-30:]
            )
            metric, grade = None, "any"
        else:
            words = subject.words
            metric, grade = self._choose(
                subject,
                q,
                predicate,
                ("" if analyse(predicate).own_statement else verbs) + clause + right_words,
                text[start : q.start],
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
            spoken = text[clause_start : subject.mention.start] + " " + text[subject.mention.end : q.start]
            if times:
                times = [t for t in times if not (subject.mention.start <= t.at < subject.mention.end)]
        years, role, period_rule, averaged, partial = self._period(
            q, metric, statistic, before, spoken, times, stretch, clause_start
        )
        if statistic in ("growth_rate",) and averaged == "average":
            statistic = "annual_average_growth_rate"
        elif (statistic == "growth_rate" and averaged == "base") or (
            statistic == "growth_rate" and years[0] != years[1]
        ):
            statistic = "cumulative_growth_rate"
        elif statistic == "level":
            if averaged == "average" and metric is not None:
                statistic = "annual_average"
            elif averaged == "sum":
                statistic = "cumulative_level"
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
            basis = _basis(clause)
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
            and _PLACE_LEADS.search(text[start : min(subject.start, q.start)])
        ):
            scope = "part"
        if subject is not None and subject.part:
            scope = "part"
        if partial:
            scope = "part"
        if metric is not None and subject is not None and scope == "whole":
            ahead = text[max(start, subject.start - 40) : subject.start]
            if (metric.code == "resident_population" and _TOWN.search(ahead)) or (
                metric.domain == "energy" and _PLANT.search(ahead)
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
        estimate = role == "actual" and "预计" in text[max(start, clause_start - 12) : q.start]
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

    def _choose(
        self, subject: Subject, q: Quantity, predicate: str, near: str, sentence: str
    ) -> tuple[Metric | None, str]:
        """The entry, of those that claim the name, whose conditions are met: verbs (``near``) and words (``sentence``,
        as far as the number) that it needs, and none of the words before or after the name that make it another."""
        assert subject.mention is not None
        dimension = q.unit.dimension
        best: tuple[int, Metric, str] | None = None
        carried = subject.chosen
        said = analyse(predicate)
        phrase = subject.phrase + " " + said.plain
        if said.total or said.own_statement:
            if carried is not None and said.total:
                phrase = _ADDED.sub("", phrase)  # 新增A 8家、总数达31家
            carried = None  # 同比增加1829万千瓦、达到9048万千瓦: the second is how much there is
        if carried is not None and dimension == "ratio" and (carried, "level") in subject.mention.candidates:
            # 进出口77亿美元、增长12%: growth is of the thing, whatever it is counted in
            of_all = [m for m, grade in subject.mention.candidates if grade == "any" and not m.needs]
            carried = of_all[0] if of_all else carried
        for metric, grade in subject.mention.candidates:
            if carried is not None and metric is not carried:
                continue
            if metric.not_ and len(phrase) > 1 and _any_in(metric.not_, phrase):
                continue
            if metric.kind == "count" and said.total:
                continue  # 净增86家、总数突破600家: how many there are, not how many came
            if metric.kind == "stock" and not metric.needs and not said.reached and _ADDED.search(near):
                continue  # 新增家庭农场1000家: how many came, not how many there are
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
                if grade == "level" and level_unit != "ratio" and carried is None:
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
                        or (level_unit == "people" and subject.mention.start >= q.stop)
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
        if _GOAL_AFTER.match(tail) and not rule.startswith("name_after"):
            return "comparison", 1, "quoted_target", metric
        if said.over_target:
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
            if grade == "growth" or (changes and said.direction != "升" and said.change_at_end):
                return "growth_rate", sign, rule, metric
            return "level", 1, rule, metric
        if to_level and metric.domain != "prices" and not said.growth_named and grade != "growth":
            return "comparison", 1, "ratio_of_level", None
        if grade == "level" or said.share_named:
            return "level", 1, "unit_mismatch", None
        if not said.direction and not _GROWTH_AFTER.match(tail):
            if metric.kind == "count":
                return "level", 1, "unit_mismatch", None
            if rule == "carried_over" and not said.planned:
                return "level", 1, "share_of_something", None  # 务工293万人，超80%监测对象…
        if to_level:
            sign = 1  # 涨幅回落到2.1%: what it fell to, not by how much
        return "growth_rate", sign, rule, metric

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
        """(years, role, rule, averaged, partial); averaged: ``""``, ``average``, ``sum``, ``base`` (against an earlier year)."""
        year = self.year
        each = False
        base = False
        partial = False
        explicit: Time | None = None
        start_year: Time | None = None
        for time in times:
            if time.kind == "each":
                if time.at >= clause_at:
                    each = True
            elif time.kind == "base":
                if time.at >= clause_at and time.years[1] < stretch.years[1] - 1:
                    base = True
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
        rule = "section"
        years = stretch.years
        if explicit is not None:
            rule = "stated"
            years = explicit.years
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
            begin = start_year.years[0] if start_year and start_year.at >= clause_at else back
            years = (begin, begin)
            return years, "actual", "from_" + rule, "", partial
        if start_year is not None and explicit is None and start_year.years[0] < year:
            # 从2020年的51%提升到70%
            years = (stretch.years[1], stretch.years[1])
        role = "actual" if years[1] < year else "target"
        if (
            years[1] == year
            and stretch.kind in ("review", "five_year_review")
            and explicit is not None
            and not _PLAN_WORDS.search(clause)
        ):
            role = "target" if not partial else "actual"
        span = years[0] != years[1]
        averaged = ""
        if each or ("年" in clause and _YEARLY.search(clause)):
            averaged = "average"
            if not span and explicit is not None and explicit.years[0] > year:
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
            averaged = "base"
            base_time = [t for t in times if t.kind == "base"][-1]
            years = (base_time.years[1] + 1, years[1])
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
                and explicit.at >= clause_at
                and self.text[explicit.end : explicit.end + 1] in _DONE
            ):
                summing = True  # 五年生产原煤65亿吨
            if metric is not None and metric.kind == "flow" and not analyse(predicate).state:
                # 五年来…实际使用外资263亿美元: of flows that grow year by year the last year is meant, of others the sum
                summing = summing or metric.domain in ("trade", "investment", "finance", "safety")
            if statistic in ("growth_rate", "change_pp"):
                averaged = ""  # over the whole span
            elif (
                (summing and (metric is None or metric.kind in ("count", "flow")))
                or (
                    metric is not None
                    and metric.kind == "count"
                    and not upheld
                    and not re.search(r"达到|达|增至|扩至|升至|总数|保有|拥有", predicate)
                )
                or (metric is None and _MADE.search(clause))
            ):
                averaged = "sum"
            else:
                years = (years[1], years[1])
        return years, role, rule, averaged, partial

    def _values(
        self, q: Quantity, metric: Metric | None, statistic: str, sign: int
    ) -> tuple[str, float | None, float | None]:
        """(unit, value, value_high) in the canonical unit."""
        if q.unit.dimension == "doubling":
            return "%", float(100 * (2**q.low - 1)), None
        if q.unit.dimension == "multiple":
            factor = 100 if sign == 100 else 1
            low = q.low * 10.0**q.low_exp if q.low_exp >= 0 else q.low / 10**-q.low_exp
            return (
                ("%" if factor == 100 else "倍"),
                low * factor,
                (q.high / 10**-q.high_exp * factor if q.high is not None and q.high_exp <= 0 else None),
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

    # -- facts without a number ---------------------------------------------------------------------------------------

    def _unnumbered(self, start: int, end: int, stretch: Stretch, quantities: list[Quantity]) -> None:
        """同步, 正增长, 持平, 快于经济增速, 保持稳定, 未提出目标: facts that state no number."""
        text = self.text
        mentions = self._mentions_between(start, end)
        absent = (
            ABSENT.search(text, start, end)
            if text.find("标", start, end) >= 0
            and stretch.kind in ("annual_targets", "tasks", "outlook", "other")
            else None
        )
        if absent:
            self._absence(absent, start, end, stretch)
        if (
            text.find("居", start, end) >= 0
            or text.find("列", start, end) >= 0
            or text.find("排", start, end) >= 0
            or text.find("升", start, end) >= 0
        ):
            for match in RANK.finditer(text, start, end):
                self._rank(match, start, end, stretch)
        if not mentions:
            return
        words = text[start:end]
        for pattern, qualifier, hints in _WORDED:
            if qualifier == "unstated" and stretch.kind != "annual_targets":
                continue
            if not any(hint in words for hint in hints):
                continue
            for match in pattern.finditer(text, start, end):
                self._wordy(match.start(), match.end(), qualifier, start, end, stretch, quantities)

    def _rank(self, match: re.Match[str], start: int, end: int, stretch: Stretch) -> None:
        """居全省第2位 after a name, or after a number of that name, is the name's rank."""
        text = self.text
        at = match.start()
        clause_start = self._after_delimiter(start, at)
        clause_start = max(clause_start, text.rfind("、", start, at) + 1)
        words = text[clause_start:at]
        mentions = self._mentions_between(clause_start, at)
        metric: Metric | None = None
        subject = words
        part = False
        if mentions and _says_something(text[mentions[-1].end : at]):
            named = self._subject(mentions[-1], text[clause_start : mentions[-1].start], "")
            fits = [
                m
                for m, _ in mentions[-1].candidates
                if not m.needs and not any(word in words for word in m.not_)
            ]
            metric, subject, part = (fits[0] if fits else None), named.words, named.part
        elif _RANKED.fullmatch(words):
            before = [
                f
                for f in self.facts
                if f.start >= start and f.number_end <= at and f.statistic not in ("rank",)
            ]
            if before and at - before[-1].number_end <= 12:
                metric, subject, part = before[-1].metric, before[-1].subject, before[-1].scope == "part"
        if metric is None:
            return
        number = match["n"]
        value = (
            1
            if number is None
            else int(number)
            if number.isdigit()
            else (chinese_number(number) or (0, 0))[0]
        )
        if not value:
            return
        years = (
            stretch.years if stretch.years[0] == stretch.years[1] else (stretch.years[1], stretch.years[1])
        )
        role = "actual" if years[1] < self.year else "target"
        self.facts.append(
            Fact(
                metric,
                subject[-40:],
                "rank",
                None,
                role,
                False,
                years,
                float(value),
                None,
                "位",
                "exact",
                "part" if part else "whole",
                match[0],
                "",
                clause_start,
                match.end(),
                at,
                match.end(),
                "rank/section",
                0.85,
            )
        )

    def _wordy(
        self,
        at: int,
        stop: int,
        qualifier: str,
        start: int,
        end: int,
        stretch: Stretch,
        quantities: list[Quantity],
    ) -> None:
        text = self.text
        clause_start = self._after_delimiter(start, at)
        if any(clause_start <= q.start < at for q in quantities):
            return
        if any(at <= q.start < stop + 2 for q in quantities):
            return
        following = _DELIMITER.search(text, stop, end)
        clause_end = following.start() if following else end
        tail = text[stop:clause_end].rstrip("。;!?")
        if tail and len(tail) > 6 and qualifier != "unstated":
            return
        subjects, predicate, _ = self._left_subjects(clause_start, at, 1, stretch)
        if not subjects and qualifier == "flat" and self.history and at == clause_start:
            before = [q for q in quantities if q.stop <= at]
            if before and at - before[-1].stop <= 1:
                subjects, predicate = self.history[-1:], ""  # 人均纯收入1862元，与上年持平
        if not subjects:
            return
        times = list(find_times(text, start, at, self.year, stretch.kind in _PAST))
        clause = text[clause_start:at]
        for subject in subjects:
            if subject.mention is None:
                continue
            metric = None
            for candidate, grade in subject.mention.candidates:
                if grade == "level" or candidate.needs:
                    continue
                if candidate.not_ and any(word in subject.phrase for word in candidate.not_):
                    continue
                metric = candidate
                break
            if metric is None or (
                metric.code == "gdp" and qualifier in ("in_step_with_growth", "faster_than_growth")
            ):
                continue
            probe = Quantity(at, stop, stop, 0, 0, None, 0, parse_unit("%"), qualifier, text[at:stop], "")
            years, role, period_rule, averaged, partial = self._period(
                probe, metric, "growth_rate", predicate, clause, times, stretch, clause_start
            )
            statistic = "growth_rate"
            value: float | None = None
            name = qualifier
            unit = "%"
            if averaged == "average" or years[0] != years[1]:
                statistic = "annual_average_growth_rate"
            if qualifier == "flat":
                value, name = 0.0, "exact"
            if qualifier == "unstated" and parse_unit(metric.unit).dimension == "ratio":
                statistic, unit = "level", metric.unit
            if value is None and any(
                f.metric is metric and f.statistic == statistic and f.years == years and f.value is not None
                for f in self.facts
            ):
                continue  # 增速由负转正，全年增长8.6%: the number says it
            self.facts.append(
                Fact(
                    metric,
                    subject.words,
                    statistic,
                    None,
                    role,
                    False,
                    years,
                    value,
                    None,
                    unit,
                    name,
                    "part" if subject.part or partial else "whole",
                    text[at:stop],
                    "",
                    min(subject.start, clause_start) if start <= subject.start else clause_start,
                    max(stop, clause_end if len(tail) <= 12 else stop),
                    at,
                    stop,
                    f"words_{qualifier}/{period_rule}",
                    0.9,
                )
            )

    def _absence(self, match: re.Match[str], start: int, end: int, stretch: Stretch) -> None:
        text = self.text
        clause_start = self._after_delimiter(start, match.start())
        mentions = list(self._mentions_between(clause_start, match.end())) or list(
            self._mentions_between(start, end)
        )
        codes: list[Metric] = []
        for mention in mentions:
            for metric, grade in mention.candidates:
                if grade != "level" and not metric.needs and metric not in codes:
                    codes.append(metric)
        if not codes and re.search(r"经济增长|增长目标|增速", text[clause_start : match.end() + 6]):
            gdp = self.names.by_code.get("gdp")
            codes = [gdp] if gdp else []
        for metric in codes[:3]:
            self.facts.append(
                Fact(
                    metric,
                    metric.name_zh,
                    "growth_rate",
                    None,
                    "target",
                    False,
                    (self.year, self.year),
                    None,
                    None,
                    "%",
                    "unstated",
                    "whole",
                    match[0],
                    "",
                    clause_start,
                    match.end(),
                    match.start(),
                    match.end(),
                    "explicit_absence",
                    0.9,
                )
            )


#: 赛事和75场: what follows a connector is another thing.
_OPEN_LIST = re.compile(r"(?:和|及|与|、|以及|等)$")
#: 剔除留抵退税因素后: on a like-for-like basis.
_EXCLUDING = re.compile(
    r"\(?(?:剔除|扣除|按|不含|还原)[^,。;\d]{1,24}?(?:因素|影响|后|口径|基数)+(?:计算)?[,)]?"
)
#: Compared with itself at an earlier time: a change, not a comparison with others.
_RATES = ("growth_rate", "annual_average_growth_rate", "cumulative_growth_rate")
#: Verbs and harmless words before the first of coordinated names (改造老旧供热、燃气、排水管网).
_ITEM_LEAD = re.compile(rf"^(?:{VERB.pattern}|老旧|各类|新型)+")
_DONE = frozenset("累共总新生完建改实施投培引净发打开创办增产")
_NOUN_FOLLOWS = re.compile(r"(?!左右|以上|以内|的|次|$)[\u4e00-\u9fff]{2}")
_STRUCTURE = re.compile(r"三次产业|三产(?:业)?结构|产业结构|一二三产|三次产业结构")
_OF_SPENDING = re.compile(
    r"占(?:全[市省区州]|地方|同期|我[市省区])?(?:一般)?(?:公共)?(?:财政|预算)+(?:预算)?(?:总)?支出(?:总量|总额)?的?(?:比重|比例)?(?:达到|达|为|提高到|保持在|稳定在|超过|的)*$"
)
_PAID = re.compile(r"投入|发放|争取|安排|筹集|拨付|减免|兑现|撬动")
#: A plant or a project just before: its capacity, not the region's.
_TOWN = re.compile(r"建成区|中心城区|城区")
_PLANT = re.compile(
    r"(?:电厂|电站|机组|基地|工程|项目|风电场)[^,。;]{0,14}(?:投产|建成|投运|并网|投用)[、,]?(?:总)?$"
)
_PAST = ("review", "five_year_review")
_TURNS = re.compile(r"(?:的)?(?:转|变)为?|[^,。;]{0,11}转为")
_CHANGE_AFTER = re.compile(r"(?:的)?(?:提高|提升|下降)")
_GROWTH_AFTER = re.compile(r"(?:的)?(?:增长|增速|速度|增幅)")
_COMPARATIVES = frozenset(("高", "多", "快", "超", "少"))
#: Patterns of facts without a number, with what each needs somewhere in the sentence.
_WORDED = (
    (IN_STEP, "in_step_with_growth", ("步", "致", "适应", "同频")),
    (FASTER, "faster_than_growth", ("高于", "快于", "跑赢", "超过", "不低于")),
    (POSITIVE, "positive_growth", ("正增长", "转正", "不减", "有增")),
    (FLAT, "flat", ("持平",)),
    (UNSTATED, "unstated", ("稳", "合理", "完成", "控制", "达到", "低于", "符合", "下降")),
)
#: 500万元以上固定资产投资: the threshold of a survey, part of the name.
_CALIBRE = re.compile(r"(?:5|50|500|1000|2000)万元(?:及)?以上(?=(?:项目)?固定资产投资)")
_CROSSED = re.compile(r"(?:先后|相继|连续|接连)[^,]*[过上越破]|连[跨过破上]")
_THREE = re.compile(r"[^,。;]{0,12}?(三次产业|三大产业|一、?二、?三(?:次)?产业?)(?:增加值)?")
_BOTH = re.compile(r"(收支|存贷款)(余额|总额|规模)?")
_BOTH_SIDES = {"收支": ("收入", "支出"), "存贷款": ("存款", "贷款")}
_RESIDENTS = re.compile(r"[、和]?(?:其中)?(城镇|城市|农村|城乡|城镇[、和]农村)(?:常住)?居民(?:人均)?")
_INSURED = re.compile(r"城乡居民(?:基本)?|(?:城镇)?职工(?:基本)?")
_SHARE_CLAUSE = re.compile(
    r"[、,]?(?:增加值|总量|其)?占(?:全[市省区州])?(?P<whole>[^,。;、占]{2,14}?)的?(?:比重|比例|比)?(?:为|由|从|达到|达|提高到|提高至|提升到|提升至|上升到|上升至|超过|突破|超|近|约|保持在|稳定在)*"
)
_OF_GDP = r"(?:GDP|(?:地区)?生产总值|经济总量)"
_OF_INDUSTRY = r"(?:规模以上|规上)工业(?:增加值)?"
_OF_INVESTMENT = r"(?:全部|全社会)?(?:固定资产)?投资(?:总额|总量)?"
_FOR_LIVELIHOOD = re.compile(
    r"(?:的?(?:一般公共预算|财政|公共财政)支出)?(?:都|均|全部|主要|优先)?用于[^,。;]{0,10}民生"
)
_SPENT = re.compile(r"(?:财政|公共预算)(?:总)?支出")
#: 优良天数连续6年稳定在325天以上: a state of each year, no sum.
_UPHELD = re.compile(r"(?:稳定|保持|维持)(?:在|为)")
_THAN = re.compile(
    r"上年|上一年|去年|(?:19|20)\d\d年|[“\"]?十[一二三四五六]?五|五年前|同期|全[国省市区]|预期|目标"
)
_SHARE_BARE = re.compile(r"[、,]?占比(?:为|达到|达|提高到|提升到|提升至|超过|保持在|稳定在)*")
#: Whose share is of one whole only: 民生支出602亿元、占比77%.
_SHARE_ALONE = {"livelihood_expenditure": "livelihood_expenditure_share", "tax_revenue": "tax_share"}
#: What a share is of, by what the clause before speaks of.
_SHARES = {
    "primary_industry_value_added": (("primary_industry_share", _OF_GDP),),
    "secondary_industry_value_added": (("secondary_industry_share", _OF_GDP),),
    "tertiary_industry_value_added": (("tertiary_industry_share", _OF_GDP),),
    "total_industrial_value_added": (("industry_share", _OF_GDP),),
    "manufacturing_value_added": (("manufacturing_share", _OF_GDP),),
    "private_economy_value_added": (("private_economy_share", _OF_GDP),),
    "digital_core_value_added": (("digital_core_share", _OF_GDP),),
    "digital_economy_value_added": (("digital_economy_share", _OF_GDP),),
    "culture_industry_value_added": (("culture_industry_share", _OF_GDP),),
    "strategic_emerging_industry_value_added": (("strategic_emerging_industry_share", _OF_INDUSTRY),),
    "high_tech_manufacturing_value_added": (("high_tech_manufacturing_share", _OF_INDUSTRY),),
    "new_high_tech_industry_value_added": (("new_high_tech_industry_share", _OF_INDUSTRY),),
    "tax_revenue": (("tax_share", r"(?:地方)?(?:一般)?公共(?:财政)?预算收入"),),
    "industrial_investment": (("industrial_investment_share", _OF_INVESTMENT),),
    "private_investment": (("private_investment_share", _OF_INVESTMENT),),
    "rd_expenditure": (("rd_intensity", _OF_GDP),),
}
_ITEM_NUMBER = re.compile(r"^[“\"(]?(?:\d{1,2}|[①-⑳])[.、)]?")
_RANKED = re.compile(r"(?:增速|总量|增幅|均|分别|规模|人均|继续|连续\d年|持续|稳定|保持)*")
_PARTS_OF_GDP = frozenset(f"{which}_industry_value_added" for which in ("primary", "secondary", "tertiary"))
_ADDED = re.compile(r"新增|净增|新建|新培育|新认定|新引进|新开|新入库|新登记|新设|新发展|新注册")
#: A place inside the region, or each of many: what is said there is not the whole's (中心城区新建学校12所, 每个县建1家).
_INSIDE = re.compile(
    r"中心城区|市区(?!域)|老城区|新城区|各县|各区县|各乡镇|县城|县乡|每个?[县区乡镇村所家名校园]|市直|(?<!主)城区(?!面积)|开发区|高新区|示范区|度假区|产业园|园区|自贸区|经开区|新区"
)
_PLACE_LEADS = re.compile(
    r"(?:^|[,:])(?:在|推动|对|全市)?(?:市?中心城区|各县区?|各县\(?市|各区县|县城|各乡镇|每个?[县区乡镇村])"
)
_LAST_ITEM = re.compile(r"、|和|及|与|以及")
_UNDER = re.compile(r"的?(?:情况|背景|基础|条件|前提|形势)(?:之)?[下上]")
_YIELD = re.compile(
    r"[、,]?(?:确保|力争|全年|年)?(?:粮食)?(?:总产量?|产量|年产量)(?:稳定|保持|达到|达|在|继续|力争|突破|超过)*"
)
_ATTRIBUTE = re.compile(
    r"(?:元|级)?的(?!增长|增速|速度|增幅|目标|任务|水平|规模|历史|好成绩|基础|预期|[,。;])"
)
_DELIMITER_RIGHT = re.compile(r"[,:;()。!?\n]")

_CONFIDENCE = {
    "name_before": 0.97,
    "respectively": 0.96,
    "each": 0.93,
    "carried_over": 0.94,
    "name_in_previous_segment": 0.92,
    "name_after": 0.93,
    "comparison": 0.8,
    "over_target": 0.8,
}


def _price_index(
    statistic: str, low: float, high: float | None, words: str, q: Quantity
) -> tuple[str, float, float | None]:
    """Price level written as an index (控制在103左右, 指数103%): growth 3."""
    if 95 <= low <= 130 and q.unit.dimension in ("ratio", "number"):
        return "growth_rate", round(low - 100, 6), None if high is None else round(high - 100, 6)
    return "growth_rate", low, high


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


#: Words between two values of one list; after 分别 each value may have its own word of change.
_GAP = re.compile(r"、?(?:和|及|与|以及)?(?:约|近|超)?")
_GAP_WITH_VERB = re.compile(rf"、?(?:和|及|与|以及)?(?:同比)?(?:{UP}|{DOWN})?(?:到|至|了)?(?:约|近|超)?")


def _alike(a: Quantity, b: Quantity) -> bool:
    return a.unit.dimension == b.unit.dimension or (
        a.unit.dimension.startswith("money") and b.unit.dimension.startswith("money")
    )


_TIMES = re.compile(
    r"(?:到|至|截至|截止|比|较)?(?:(?:19|20)\d\d年?[-—至]?)?(?:19|20)\d\d年(?:年?底|末|初|以来|的)?|(?:刚刚)?(?:过去|近|今后|未来)的?[一五三两四]?年[来间]?|[“\"]?十[一二三四五六]?五[”\"]?(?:时期|期间|以来|末|五年)?|(?:比|较)?(?:去年|上年|上一年)(?:同期|年?末|年?底)?|今年|本年|明年|全年|年内|年底|(?:五|三|两|四)年来|一年来|目前|五年间|\d{1,2}月底|前\d+个?月|\d{1,2}[-—至]\d{1,2}月(?:份)?|(?:已|已经)?连续(?:第)?[一二两三四五六七八九十\d]+年|(?<![一二三四十\d今后未过去近])(?:这)?[五三四]年(?=提高|增长|增加|累计|下降|提升|年均|净增)|上半年|下半年|一季度|前三季度|年初|[“\"]?十[一二三四五六]?五[”\"]?末"
)


#: The words around a figure recur (增长, 达到 …): what was found out about them is remembered.
_remember = lru_cache(maxsize=16384)


_MAYBE_TIME = re.compile("[年五目季底月]")


@_remember
def _strip_times(text: str) -> str:
    return _TIMES.sub("", text) if _MAYBE_TIME.search(text) else text


_LEAD = re.compile(
    r"^(?:预计|全年|全市|全省|全区|全州|我省|我市|我区|实现|完成|推动|力争|确保|其中|使|和|及|与|、|的|将|,|:|——|—|“|”)+"
)


@_remember
def _strip_lead(text: str) -> str:
    return _LEAD.sub("", text)


@_remember
def _says_something(predicate: str) -> bool:
    """True where the words between a name and a number only say something of the name."""
    if len(predicate) > 60:
        return False
    rest = _strip_times(predicate)
    if BETWEEN.fullmatch(rest):
        return True
    rest = _EXCLUDING.sub("", rest)
    rest = COMPARE.sub("", rest)
    rest = OF_WHOLE.sub("", rest)
    rest = FASTER.sub("", rest)
    rest = ASIDE.sub("", rest)
    return BETWEEN.fullmatch(rest) is not None


def _all_predicate(clause: str) -> bool:
    return _says_something(clause)


_YEARLY = re.compile(r"年均|年平均|平均每年|每年|逐年|年递增")
_SUMMED = re.compile(r"累计|共计|总计|合计|总共|共(?!同|和|产|建|享|治)")
_MADE = re.compile(r"新|累计|完成|建成|改造")
_THEN_CHANGES = re.compile(
    r"[^,。;]{0,14}?(?:提高|增加|增长|上升|提升|下降|降低|减少|降|扩大|调整|转|扩|压减|缩|回落|回升|收窄|跃|增|升|攀|优化|改善)"
)


def _any_in(words: Iterable[str], text: str) -> bool:
    for word in words:  # noqa: SIM110 - a generator for any() takes three times as long, and this runs for every entry
        if word in text:
            return True
    return False


@_remember
def _basis(clause: str) -> str | None:
    """What a rate is measured on, where the clause says it (同口径, 可比价)."""
    for pattern, name in BASIS:
        if pattern.search(clause):
            return name
    return None


_BUILD_ONLY = re.compile(r"新建|建成|新增|建设|改造|打造|新认定|新培育|引进|培育|举办|投放|创建|开工")


def _may_carry(between: str, clause: str, q: Quantity) -> bool:
    """A subject is carried over only by words of change or reaching, and only if nothing else was said meanwhile."""
    if _BUILD_ONLY.search(clause):
        return False
    body = between.strip(",:、()和及与")
    if body and not _says_something(body):
        return False
    if clause == "":
        return q.unit.dimension == "ratio" and between[-1:] in ("(", ",")
    return True


_JOINT = re.compile(r"(?P<which>[一二三](?:、?[一二三])+|三(?=次产业))(?:次)?产业?(?:业)?(?:增加值)?")


def _joint(text: str) -> re.Match[str] | None:
    return _JOINT.search(text)
