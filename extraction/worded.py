"""Facts that state no number: 同步, 正增长, 持平, a rank, a target in words, a target that is not set."""

from __future__ import annotations

import re

from extraction.catalogue import Metric
from extraction.clauses import says_something
from extraction.figures import Fact, Figures
from extraction.language import ABSENT, FASTER, FLAT, IN_STEP, POSITIVE, RANK, RANKS, UNSTATED
from extraction.periods import find_times
from extraction.quantities import Quantity, chinese_number
from extraction.structure import Stretch
from extraction.subjects import Subject
from extraction.units import parse_unit


class Worded(Figures):
    """... and what is stated without a number."""

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
                if match["among"][:1] in ("从", "由"):
                    continue  # 排名从全国第35位跨入30强: where it stood before
                self._rank(match, start, end, stretch)
            if text.find("分别", start, end) >= 0:
                for match in RANKS.finditer(text, start, end):
                    self._ranks(match, start, stretch)
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
        """居全省第2位 after a name, or after a number of that name, is the name's rank; 均居… is that of all named."""
        text = self.text
        at = match.start()
        segment = self._after_delimiter(start, at)
        clause_start = max(segment, text.rfind("、", start, at) + 1)
        words = text[clause_start:at]
        if "分别" in words:
            return  # 肉、蛋、奶产量…，分别居全省第一、第二、第三位: in order, which RANKS reads
        mentions = self._mentions_between(clause_start, at)
        ranked: list[tuple[Metric, str, bool]] = []
        if mentions and says_something(text[mentions[-1].end : at]):
            last = mentions[-1]
            every = _ALL_OF.search(text, last.end, at) is not None and clause_start > segment
            items = self._items(segment, last) if every else []
            for named in items or [self._subject(last, text[clause_start : last.start], "")]:
                metric = self._ranked(named, words)
                if metric is not None:
                    ranked.append((metric, named.words, named.part))
            if items:
                clause_start = segment
        elif _RANKED.fullmatch(words):
            before = [
                f
                for f in self.facts
                if f.start >= start and f.number_end <= at and f.statistic not in ("rank",)
            ]
            if before and at - before[-1].number_end <= 12:
                told = before[-1:]
                if _ALL_OF.search(words):
                    told = self._told_alike(before)
                ranked = [(f.metric, f.subject, f.scope == "part") for f in told if f.metric is not None]
        value = _ordinal(match["n"])
        if value:
            self._add_ranks(
                [(*what, value) for what in ranked], match[0], clause_start, at, match.end(), stretch
            )

    def _ranks(self, match: re.Match[str], start: int, stretch: Stretch) -> None:
        """粮食总产、肉类产量分别居全省第一、第三位: each name's rank, in order."""
        at = match.start()
        values = [_ordinal(number) for number in _ORDINALS.findall(match["all"])]
        segment = self._after_delimiter(start, at)
        mentions = self._mentions_between(segment, at)
        if mentions:
            last = mentions[-1]
            named = self._items(segment, last) if says_something(self.text[last.end : at]) else []
        else:
            told = [s for s in self.history if s.start < at]
            named = told[-len(values) :] if says_something(self.text[segment:at]) else []
        if len(named) != len(values):
            return
        ranked: list[tuple[Metric, str, bool, int]] = []
        for subject, value in zip(named, values, strict=True):
            metric = self._ranked(subject, "")
            if metric is not None and value:
                ranked.append((metric, subject.words, subject.part, value))
        self._add_ranks(ranked, match[0], segment, at, match.end(), stretch)

    def _ranked(self, subject: Subject, words: str) -> Metric | None:
        """What of a name's entries a rank is said of."""
        if subject.mention is None:
            return None
        if subject.chosen is not None:
            return subject.chosen
        fits = [
            m for m, _ in subject.mention.candidates if not m.needs and not any(w in words for w in m.not_)
        ]
        return fits[0] if fits else None

    def _told_alike(self, facts: list[Fact]) -> list[Fact]:
        """The facts that 均 speaks of, behind a comma: those of the sentence that say the same kind of thing (增长4.3%,
        增长8.9%) clause by clause before it."""
        told = [facts[-1]]
        for fact in reversed(facts[:-1]):
            gap = self.text[fact.number_end : told[-1].number_start]
            if fact.statistic != told[-1].statistic or len(gap) > 30 or _PARTS_LIST.search(gap):
                break
            told.append(fact)
        told.reverse()
        return told

    def _add_ranks(
        self,
        ranked: list[tuple[Metric, str, bool, int]],
        raw: str,
        start: int,
        at: int,
        end: int,
        stretch: Stretch,
    ) -> None:
        years = (stretch.years[1], stretch.years[1])
        role = "actual" if years[1] < self.year else "target"
        for metric, subject, part, value in ranked:
            self.facts.append(
                Fact(
                    metric, subject[-40:], "rank", None, role, False, years, float(value), None, "位", "exact",
                    "part" if part else "whole", raw, "", start, end, at, end, "rank/section", 0.85,
                )
            )  # fmt: skip

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
        if qualifier == "flat" and text[at - 1 : at] == "、":
            clause_start = at  # 收入2459亿元、与上年持平
        if any(clause_start <= q.start < at for q in quantities):
            return
        if any(at <= q.start < stop + 2 for q in quantities):
            return
        following = _DELIMITER.search(text, stop, end)
        clause_end = following.start() if following else end
        tail = text[stop:clause_end].rstrip("。;!?")
        if tail[:1] == "、":
            tail = ""  # 居民收入增长和经济发展同步、劳动报酬…: the next statement of a list
        if tail and len(tail) > 6 and qualifier != "unstated":
            return
        subjects, predicate, _ = self._left_subjects(clause_start, at, 1, stretch)
        if not subjects and qualifier == "flat" and self.history and at == clause_start:
            before = [q for q in quantities if q.stop <= at]
            if before and at - before[-1].stop <= 1:
                subjects, predicate = self.history[-1:], ""  # 人均纯收入1862元，与上年持平
        if not subjects:
            return
        said = list(find_times(text, start, at, self.year, stretch.kind in PAST, stretch.kind in AHEAD))
        if self.inherited is not None:
            said.insert(0, self.inherited)  # 到2030年,…;居民收入与经济增长同步
        for subject in subjects:
            if subject.mention is None:
                continue
            # 年均 in PM2.5年均浓度 is no word of time
            named, ends = subject.mention.start, subject.mention.end
            times = [time for time in said if not named <= time.at < ends]
            clause = text[clause_start : max(clause_start, named)] + " " + text[min(ends, at) : at]
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
            if role == "target" and years[0] == years[1] > self.year and qualifier in _PACES:
                years = (self.year, years[1])  # 到2030年，居民收入与经济增长同步: all the way there
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


#: How fast something is to grow, of which the last year alone is never said.
_PACES = ("in_step_with_growth", "faster_than_growth", "positive_growth")


_DELIMITER = re.compile(r"[,:;()]")


PAST = ("review", "five_year_review")


AHEAD = ("outlook", "annual_targets", "tasks", "livelihood")


#: Patterns of facts without a number, with what each needs somewhere in the sentence.
_WORDED = (
    (IN_STEP, "in_step_with_growth", ("步", "致", "适应", "同频")),
    (FASTER, "faster_than_growth", ("高于", "快于", "跑赢", "超过", "不低于")),
    (POSITIVE, "positive_growth", ("正增长", "转正", "不减", "有增")),
    (FLAT, "flat", ("持平",)),
    (UNSTATED, "unstated", ("稳", "合理", "完成", "控制", "达到", "低于", "符合", "下降")),
)


#: 均居全省第2位: said of all that is named before it.
_ALL_OF = re.compile("(?<!年)均|都|双双")


_ORDINALS = re.compile(r"第([一二三四五六七八九十]+|\d+)")


def _ordinal(number: str | None) -> int:
    """2 for 第二 and 第2, 1 for 首位 (None), 0 for what is no number."""
    if number is None:
        return 1
    return int(number) if number.isdigit() else (chinese_number(number) or (0, 0))[0]


#: What ends the facts that 均 looks back on.
_PARTS_LIST = re.compile("[;:(]|其中")


_RANKED = re.compile(r"(?:增速|总量|增幅|均|分别|规模|人均|继续|连续\d年|持续|稳定|保持)*")
