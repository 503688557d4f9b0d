"""Subjects: what a number speaks of, by the metrics' names in the words before and after it.

A name is the region's own figure (``whole``) unless the words before it narrow it to a part, a group, or another region.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from extraction.catalogue import Metric
from extraction.clauses import EXCLUDING, NOTE, find_joint, says_something, strip_lead, strip_times
from extraction.language import BEFORE, BEFORE_WORD, COUNT_MODIFIER, EACH, ITEM_SPLIT, VERB
from extraction.names import Mention, Names
from extraction.quantities import Quantity
from extraction.structure import Stretch


@dataclass(slots=True)
class Subject:
    """What a number speaks of: a metric, or only words."""

    mention: Mention | None
    words: str
    part: bool = False
    phrase: str = ""  # the words right before the name, which `not` looks at
    start: int = 0
    chosen: Metric | None = None  # the entry that the first number was read for
    estimate: bool = False  # a number of it was said to be an estimate


class Subjects:
    """The text of one document with the names in it, and which of them a number speaks of."""

    def __init__(
        self,
        text: str,
        mentions: list[Mention],
        names: Names,
        own_names: tuple[str, ...],
        other_wholes: re.Pattern[str],
    ) -> None:
        self.text = text
        self.mentions = mentions
        self.mention_starts = [mention.start for mention in mentions]
        #: brackets inside a name, which delimit nothing
        self.inner = {match.start() for match in _BRACKET.finditer(text) if self._in_a_name(match.start())}
        if ")建" in text:
            for match in _OR_BUILT.finditer(text):
                self.inner.update((match.start(), match.end() - 1))
        #: where figures are estimates because a bracket says so: (预计) of the number before, (预计,下同) of what follows
        self.estimated: list[tuple[int, int]] = []
        for note in NOTE.finditer(text):
            self.inner.update(range(note.start(), note.end()))
            if "预" in note[0]:
                paragraph = text.find("\n", note.end()) if "同" in note[0] else note.start()
                self.estimated.append((note.start(), paragraph if paragraph >= 0 else len(text)))
        self.names = names
        self.own_names = own_names
        self.other_wholes = other_wholes
        self.of_city = False  # the report is a city's, with one airport
        self.history: list[Subject] = []  # what the numbers of the sentence spoke of, in order

    def _in_a_name(self, at: int) -> bool:
        i = bisect_right(self.mention_starts, at) - 1
        return i >= 0 and at < self.mentions[i].end

    def _inside_name(self, q: Quantity) -> bool:
        """True for the 3 of 3岁以下婴幼儿托位数: a number inside a name is no figure."""
        i = bisect_left(self.mention_starts, q.start) - 1
        return i >= 0 and self.mentions[i].end >= q.end and self.mentions[i].start < q.start

    def _verbs(self, start: int, end: int) -> list[str]:
        """Verbs of making and adding in ``text[start:end]``, those inside a name left out (新 in 专精特新)."""
        found = []
        for match in VERB.finditer(self.text, start, end):
            i = bisect_left(self.mention_starts, match.start()) - 1
            if i >= 0 and self.mentions[i].start < match.start() < self.mentions[i].end:
                continue
            if match[0] in ("增加", "扩大", "提升") and self.text[match.end() : match.end() + 1] in (
                "到",
                "至",
            ):
                continue  # 增加到: what it came to, and nothing that was added
            found.append(match[0])
        return found

    def _after_delimiter(self, start: int, at: int) -> int:
        """Just after the last delimiter in ``text[start:at]``, ``start`` where there is none. A bracket inside a name
        (细颗粒物(PM2.5)浓度) is no delimiter."""
        find = self.text.rfind
        while True:
            last = max(find(",", start, at), find(":", start, at), find("(", start, at), find(")", start, at))
            if last not in self.inner:
                return last + 1 if last >= 0 else start
            at = last

    def _after_full(self, at: int) -> int:
        """Where the sentence, or the part of it after its last semicolon, that holds ``at`` begins."""
        return max(self.text.rfind(mark, 0, at) for mark in "。;!?\n") + 1

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
            if three and says_something(text[three.end() : end]):
                joint = find_joint(three[1])
                if joint:
                    return self._joint_industries(joint, three.start(1)), text[three.end() : end], ""
        if values == 2 or (values == 1 and "均" in clause[-8:]):
            pair = self._pair(start, end, mentions)
            if pair:
                return pair[0], pair[1], ""
        if mentions and "除" in clause:
            # 剔除留抵退税因素后: what is left out names nothing
            gone = [(m.start() + start, m.end() + start) for m in EXCLUDING.finditer(clause)]
            mentions = [m for m in mentions if not any(a <= m.start < b for a, b in gone)]
        if not mentions:
            stripped = strip_times(clause)
            if says_something(stripped):
                return [], clause, "predicate_only"
            return [], clause, "other"
        if len(mentions) > 1 and mentions[-1].start in self.inner:
            mentions = [m for m in mentions if m.start not in self.inner] or mentions
        last = mentions[-1]  # 人均地区生产总值(按常住人口计算): a note names nothing
        predicate = text[last.end : end]
        if predicate[:2] == "建设" and last.candidates[0][0].kind == "count":
            predicate = predicate[2:]  # 保障性租赁住房建设5000套
        if not says_something(predicate) or _OPEN_LIST.search(predicate):
            if values > 1 and "分别" in predicate:
                at = clause.rindex("分别")
                known = self._known_items(start, start + at, values) if says_something(clause[at:]) else []
                if known:
                    return known, clause[at:], ""
            return [], clause, "other"
        first = mentions[0]
        items_text = text[start : last.end]
        each = EACH.search(predicate)
        rates = last.candidates[0][0].kind == "rate" and _COORDINATED.search(items_text) is not None
        rates = rates or "翻" in text[end : end + 1]
        if (values > 1 or each or rates) and (ITEM_SPLIT.search(items_text) or find_joint(items_text)):
            items = self._items(start, last)
            if items and (values > 1 or each or all(item.mention is not None for item in items)):
                return items, predicate, ""
            if values > 1:
                return [], clause, "other"
        elif (
            first is not last
            and stretch is not None
            and any(mark in items_text for mark in "、和及与")
            and self._all_named(start, last)
        ):
            # 生产总值、社零额、进出口额翻一番: said of all, where each is named in full
            items = self._items(start, last)
            shares = {
                item.mention is not None and item.mention.candidates[0][0].unit == "%" for item in items
            }
            if len(shares) == 1 and not any(item.part for item in items):
                return items, predicate, ""
        name_start = last.start
        # 其中城镇固定资产投资 after 固定资产投资: a part of what was named before
        within = "其中" in text[start:name_start] and any(
            s.mention is not None
            and s.mention.candidates[0][0] is last.candidates[0][0]
            and not s.words.endswith(text[last.start : last.end])
            and not (s.words[:2] in ("来自", "来源") and "地方" in text[last.start - 2 : last.end])
            for s in self.history
        )
        if values == 1 and (named := _TOWN_AND_COUNTRY.search(items_text)) is not None:
            # 城镇和农村居民人均可支配收入与经济增长同步: said of both
            sides = [self.names.claims.get(side + "居民人均可支配收入") for side in ("城镇", "农村")]
            lead = text[start : start + named.start()]
            if all(sides):
                of_both = [self._subject(Mention(last.start, last.end, s), lead, lead) for s in sides if s]
                return of_both, predicate, ""
        both = self._urban_and_rural(last, predicate, values, "")
        if both:
            return both, predicate, ""
        piece = max(text.rfind("、", start, name_start), start - 1) + 1
        before = text[piece:name_start]
        if ")建" in before:
            before = _OR_BUILT.sub("", text[start:name_start]).rpartition("、")[2]
        subject = self._subject(last, before, before)
        subject.part = subject.part or within
        if values == 1 and piece > start and not subject.part:
            subject.part = self._one_of_two(start, piece, last)
        weak = "weak" if predicate == "" and first is last and not before else ""
        return [subject], predicate, weak

    def _one_of_two(self, start: int, piece: int, last: Mention) -> bool:
        """新建小学、幼儿园12所; 改造供水、供热管网50公里: one number for two things is neither's."""
        text = self.text
        if VERB.search(text, piece, last.start):
            return False  # 优化布局、新建幼儿园12所
        item = text[max(text.rfind("、", start, piece - 1) + 1, start) : piece - 1]
        name = text[last.start : last.end]
        if _DIGITS.search(item):
            return False
        item = strip_lead(strip_times(item))
        led = _VERBS_FIRST.match(item)
        thing = led["thing"] if led else item
        if len(thing) < 2 or _PLACES.fullmatch(thing):
            return False
        if any(thing + name[cut:] in self.names.claims for cut in range(2, len(name) - 1)):
            return True
        counts = any(metric.kind == "count" for metric, _ in last.candidates)
        return counts and led is not None and not COUNT_MODIFIER.fullmatch(thing)

    def _all_named(self, start: int, last: Mention) -> bool:
        """True where every item of the list that ends with ``last`` ends with a metric's name."""
        mentions = self._mentions_between(start, last.end)
        cuts = [start + match.start() for match in ITEM_SPLIT.finditer(self.text[start : last.end])]
        return all(any(m.start < cut <= m.end for m in mentions) for cut in cuts)

    def _known_items(self, start: int, end: int, values: int) -> list[Subject]:
        """Names of a list whose last item has none (厕所普及率、分类覆盖率、污水治理率分别达到…): its places are those of
        the values. Only where a name and the last item end alike: else the last one's tail may be the tail of all."""
        body = self.text[start:end]
        mentions = self._mentions_between(start, end)
        cuts = [
            match
            for match in ITEM_SPLIT.finditer(body)
            if not any(m.start < start + match.start() < m.end for m in mentions)
        ]
        if len(cuts) != values - 1:
            return []
        out: list[Subject] = []
        ends = {m.end: m for m in mentions}
        for a, b in zip(
            [0, *(cut.end() for cut in cuts)], [*(cut.start() for cut in cuts), len(body)], strict=True
        ):
            mention = ends.get(start + b)
            tail = 1 if body.endswith("率") else 2
            if mention is not None and mention.start >= start + a and body[b - tail : b] == body[-tail:]:
                lead = body[a : mention.start - start]
                out.append(self._subject(mention, lead, lead))
            else:
                out.append(Subject(None, body[a:b], True))
        return out if any(s.mention for s in out) else []

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
                if first and second and says_something(text[both.end() : end]):
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
            if not says_something(text[stop:end]):
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
        if match is None or not says_something(self.text[match.end() : end]):
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

    def _per_head(self, carried: list[Subject], start: int, q: Quantity) -> list[Subject]:
        """生产总值1383亿元，人均31712元: output per head, as its own name is left out."""
        code = {"元": "gdp_per_capita", "美元": "gdp_per_capita_usd"}.get(q.unit.name)
        if code is None or len(carried) != 1 or not _PER_HEAD.fullmatch(self.text, start, q.start):
            return []
        whole, metric = carried[0], self.names.by_code.get(code)
        if (
            whole.mention is None
            or whole.part
            or whole.mention.candidates[0][0].code != "gdp"
            or metric is None
        ):
            return []
        mention = Mention(start, q.start, ((metric, "any"),))
        return [Subject(mention, metric.name_zh, False, "", start)]

    def _headed(self, prev: int, start: int, q: Quantity) -> tuple[Subject, str] | None:
        """商品房销售面积210万平方米、销售额48亿元; 民营经济持续壮大，完成增加值580亿元: the name lacks its head, which the
        name before it, or what the clause before speaks of, gives. Also the words between the name and the number."""
        text = self.text
        lead = _LACKS_HEAD.match(text, start, q.start)
        if lead is None or (lead[0][:1] != "、" and text[start - 1 : start] != ","):
            return None  # 亿元以上项目240个、5亿元以上项目46个: a number of its own stands before the name
        at = lead.end()
        heads: list[str] = []
        part, phrase = False, ""
        if self.history:
            last = self.history[-1]
            if last.mention is None or last.mention.start < self._after_full(start):
                return None
            name = text[last.mention.start : last.mention.end]
            heads = [name[:cut] for cut in range(len(name) - 1, 1, -1)]
            heads += _HEADS.get(last.mention.candidates[0][0].code, ())
            part, phrase = last.part, last.phrase
        elif text[start - 1 : start] == ",":
            topic = text[max(prev, self._after_delimiter(prev, start - 1)) : start - 1]
            topic = strip_lead(strip_times(topic))
            heads = [topic[:cut] for cut in range(len(topic), 3, -1) if _THRIVES.fullmatch(topic, cut)]
        for stop in range(min(q.start, at + 8), at + 1, -1):
            if text[stop - 2 : stop] not in self.names.endings:
                continue
            for head in heads:
                claims = self.names.claims.get(head + text[at:stop])
                if claims and says_something(text[stop : q.start]):
                    named = head + text[at:stop]
                    return Subject(Mention(at, stop, claims), named, part, phrase, at), text[stop : q.start]
        return None

    def _begun(self, prev: int, start: int, q: Quantity) -> Subject | None:
        """加快棚户区改造，新开工3.5万套: what was begun is named by the clause before."""
        if not _BEGUN.fullmatch(self.text, start, q.start):
            return None
        named = self._bare_name_before(prev, start)
        if named is None or named.mention is None:
            return None
        fits = any(
            metric.kind == "count" and q.unit.name in metric.written_units
            for metric, _ in named.mention.candidates
        )
        return named if fits else None

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
        if "城乡" not in name or not (values == 2 or re.search(r"(?<!年)均|都|双双|分别", predicate)):
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
        if phrase.endswith("以上项目"):
            phrase = _SURVEYED.sub("", phrase)  # 500万元以上项目固定资产投资
        part = not self._whole(before, mention)
        words = self.text[mention.start : mention.end]
        residue = strip_lead(before)
        return Subject(mention, (residue + words)[-40:], part, phrase, mention.start)

    def _whole(self, before: str, mention: Mention) -> bool:
        """True where the words before a name do not narrow it to a part, a group, or another region."""
        if not before:
            return True
        if before.endswith("等"):
            return True  # examples, then the whole: 供水、供热、供气等管网
        if (
            before.endswith(("以上", "以上项目"))
            and mention.candidates[0][0].code == "fixed_asset_investment"
        ):
            before = _SURVEYED.sub("", before)
        rest = _ITEM_NUMBER.sub("", strip_times(before))
        for name in self.own_names:
            rest = rest.replace(name, "")
        if self.other_wholes.search(rest) or _INSIDE.search(rest) or "带动" in rest or "撬动" in rest:
            return False
        if self.of_city and mention.candidates[0][0].code in ("airport_passengers", "airport_cargo"):
            rest = _OWN_AIRPORT.sub("", rest)
        rest = rest.strip(".·…▲★●◆■□▪◇○☆►▶▷➤➢❖◎√✓✔☑✅【】")
        if rest.startswith("港") and mention.candidates[0][0].code in ("port_cargo", "port_containers"):
            rest = rest.removeprefix("港口").removeprefix("港区").removeprefix("港")  # 宁波港区货物吞吐量
        if "的是" in rest:
            rest = rest.rpartition("的是")[2]  # 值得关注的是, 增长最快的是
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
        joint = find_joint(body)
        if joint:
            return self._joint_industries(joint, start)
        spans: list[tuple[int, int]] = []
        at = 0
        for match in ITEM_SPLIT.finditer(body):
            cut = start + match.start()
            if cut in self.inner or any(
                m.start < cut < m.end for m in self._mentions_between(start, last.end)
            ):
                continue  # 和 inside a name
            spans.append((at, match.start()))
            at = match.end()
        spans.append((at, len(body)))
        if len(spans) < 2:
            return []
        tail = text[last.start : last.end]
        kind = text[start + spans[-1][0] : last.start][
            -2:
        ]  # what the last item's words before its name end with
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
            if (
                mentions
                and mentions[-1].end == start + b
                and b < len(body)
                and len(kind) == 2
                and piece.endswith(kind)
            ):
                # 高新技术企业、专精特新企业税收: the tail is the tail of both
                claims = self.names.claims.get(piece + tail)
                whole = Mention(start + a, start + b, claims) if claims else None
                out.append(Subject(whole, piece + tail, not claims, "", start + a))
                continue
            ends = bool(mentions) and mentions[-1].end == start + b
            if (
                ends
                and b < len(body)
                and last.candidates[0][0].kind == "rate"
                and mentions[-1].candidates[0][0].kind == "count"
            ):
                ends = False  # 高中和高等教育毛入学率: not the schools but their 毛入学率
            if ends:
                lead_in = text[start + a : mentions[-1].start]
                insured = _INSURED.match(out[0].words) if out and not lead_in else None
                theirs = self.names.claims.get(insured[0] + piece) if insured else None
                if insured and theirs:  # 城乡居民基本养老、医疗保险参保人数: both the residents'
                    whose = Mention(start + a, start + b, theirs)
                    out.append(Subject(whose, insured[0] + piece, False, "", start + a))
                    continue
                out.append(self._subject(mentions[-1], lead_in, lead_in))
                continue
            if (
                mentions
                and mentions[-1].end < start + b
                and says_something(text[mentions[-1].end : start + b])
            ):
                lead_in = text[start + a : mentions[-1].start]
                out.append(self._subject(mentions[-1], lead_in, lead_in))
                continue
            done = False
            lead = strip_lead(strip_times(piece))
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
        if not mentions or not says_something(text[mentions[-1].end : segment_end]):
            return None
        last = mentions[-1]
        lead_in = text[segment_start : last.start]
        return self._subject(last, lead_in, lead_in)

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
            dealt = _DEALT_WITH.search(_LAST_ITEM.split(clause)[-1])
            if (
                dealt
                and len(dealt[0]) == 1
                and text[mention.end - 2 : mention.end] in ("改造", "救助", "筛查")
            ):
                dealt = None  # 为2000户老年人家庭适老化改造: the name says what is done for them
            if dealt and not any(
                metric.domain == "employment"
                or any(dealt[0] in word for word in (*metric.aliases, *metric.needs))
                for metric, _ in mention.candidates
            ):
                left_rest = False
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
        rest = strip_times(clause)
        for name in self.own_names:
            rest = rest.replace(name, "")
        if rest.startswith("脱贫、"):
            rest = rest[3:]  # 5.39万人脱贫、49个贫困村出列
        if "贫困" in rest:
            rest = _HELPED.sub("", rest)
        if self.other_wholes.search(rest) or _INSIDE.search(rest):
            return False
        rest = _LAST_ITEM.split(rest)[-1]
        if rest.endswith("等"):
            return True
        rest = BEFORE_WORD.sub("", VERB.sub("", rest))
        return len(rest) <= 6


#: 贫困村帮扶和20个示范村: what is done for the poor is no place.
_HELPED = re.compile(r"贫困[村县户](?:帮扶|退出|出列|摘帽)")
_BRACKET = re.compile("[()]")
#: The brackets of 新(改、扩)建.
_OR_BUILT = re.compile(r"(?<=[新改扩])\([改新扩、或]{1,4}\)(?=建)")


#: A率、B率 and A率和B率: one value may be all of theirs.
_COORDINATED = re.compile("、|率[和与及]")


_TOWN_AND_COUNTRY = re.compile(
    r"(?:城镇|城市)(?:常住)?(?:居民)?(?:人均可支配收入)?[、和与及](?:农村|乡村)(?:常住)?居民(?:人均)?(?:可支配)?收入$"
)


_DIGITS = re.compile(r"\d")


#: A verb of making, and the first of the things made.
_VERBS_FIRST = re.compile(rf"新?(?:{VERB.pattern})+(?P<thing>.*)")


#: 新增城区、乡镇停车位: where, or of which level, the one thing counted is.
_PLACES = re.compile(
    r"(?:城|乡|镇|村|县|区|市|省|街道|社区|农村|级|国家|重点|普惠|公办|民办|地上|地下|公共|优质)+"
)


#: What may follow a counted thing's name (5个热源建设, 20个精品示范村创建任务).
_TAIL = re.compile(
    r"(?:建设|新建|改造|综合整治|整治|治理|优化提升|优化|项目|工程|任务|升级|更新|试点|投用|投入使用|建成|创建|实施|工作|以上|左右|等|的|目标|开工|竣工|提质|提升|改造提升|更新改造|相继建成|全面建成|建成投用|建成开放|精彩上演)*"
)


#: 赛事和75场: what follows a connector is another thing.
_OPEN_LIST = re.compile(r"(?:和|及|与|、|以及|等)$")


#: Verbs and harmless words before the first of coordinated names (改造老旧供热、燃气、排水管网).
_ITEM_LEAD = re.compile(rf"^(?:{VERB.pattern}|老旧|各类|新型)+")


_THREE = re.compile(r"[^,。;]{0,12}?(三次产业|三大产业|一、?二、?三(?:次)?产业?)(?:增加值)?")


_BOTH = re.compile(r"(收支|存贷款)(余额|总额|规模)?")


_BOTH_SIDES = {"收支": ("收入", "支出"), "存贷款": ("存款", "贷款")}


_RESIDENTS = re.compile(r"[、和]?(?:其中)?(城镇|城市|农村|城乡|城镇[、和]农村)(?:常住)?居民(?:人均)?")


_PER_HEAD = re.compile(r"[、,]?(?:按常住人口计算,?)?人均(?:水平)?(?:已|首次)?(?:达到|达|为|超过|突破|近)?")


#: What may stand before a name that lacks its head: 完成增加值580亿元.
_LACKS_HEAD = re.compile(r"、?(?:全年|当年|预计|共|累计|实现|完成|创造|的)*")


#: Heads of names that share no word with the name before: 接待游客5600万人次、综合收入420亿元.
_HEADS = {"tourists": ["旅游"]}


#: 民营经济持续壮大: praise of what the clause speaks of, and no other thing.
_THRIVES = re.compile(
    r"(?:实力|活力|总量|规模|运行|发展|增长|增势|势头|态势|步伐|支撑|作用|持续|稳步|健康|快速|平稳|加快|蓬勃|不断|进一步|"
    r"较快|迅速|大力|强劲|壮大|提升|提高|增强|扩大|良好|明显|显著|全面|保持|稳定|向好|回升|凸显|突出|迅猛|喜人)+"
)


_BEGUN = re.compile(r"(?:共|累计|全年)?新?开工(?:建设|改造)?")


_INSURED = re.compile(r"城乡居民(?:基本)?|(?:城镇)?职工(?:基本)?")


_SHARE_CLAUSE = re.compile(
    r"[、,]?(?:增加值|总量|其)?占(?:全[市省区州])?(?P<whole>[^,。;、占]{2,14}?)的?(?:比重|比例|比)?(?:为|由|从|达到|达|提高到|提高至|提升到|提升至|上升到|上升至|超过|突破|超|近|约|保持在|稳定在)*"
)


_OF_GDP = r"(?:GDP|(?:地区)?生产总值|经济总量)"


_OF_INDUSTRY = r"(?:规模以上|规上)工业(?:增加值)?"


_OF_INVESTMENT = r"(?:全部|全社会)?(?:固定资产)?投资(?:总额|总量)?"


_SHARE_BARE = re.compile(r"[、,]?占比?(?:为|达到|达|提高到|提升到|提升至|超过|保持在|稳定在)*")


#: Whose share is of one whole only: 民生支出602亿元、占比77%.
_SHARE_ALONE = {
    "livelihood_expenditure": "livelihood_expenditure_share", "tax_revenue": "tax_share",
    "industrial_investment": "industrial_investment_share", "private_investment": "private_investment_share",
}  # fmt: skip


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
    "strategic_emerging_industry_value_added": (
        ("strategic_emerging_industry_share", _OF_INDUSTRY),
        ("strategic_emerging_share_of_gdp", _OF_GDP),
    ),
    "high_tech_manufacturing_value_added": (("high_tech_manufacturing_share", _OF_INDUSTRY),),
    "new_high_tech_industry_value_added": (("new_high_tech_industry_share", _OF_INDUSTRY),),
    "tax_revenue": (("tax_share", r"(?:地方)?(?:一般)?公共(?:财政)?预算收入"),),
    "industrial_investment": (("industrial_investment_share", _OF_INVESTMENT),),
    "private_investment": (("private_investment_share", _OF_INVESTMENT),),
    "rd_expenditure": (("rd_intensity", _OF_GDP),),
}


_ITEM_NUMBER = re.compile(r"^[“\"(]?(?:(?:\d{1,2}|[①-⑳])[.、)]?|[一二三四五六七八九十]{1,3}是)")


#: 500万元以上固定资产投资: the threshold of the survey, under its old and its new rules.
_SURVEYED = re.compile(r"(?:5|50|500|1000|2000)万元?(?:及)?以上(?:项目)?$")


#: A place inside the region, or each of many: what is said there is not the whole's (中心城区新建学校12所, 每个县建1家).
_INSIDE = re.compile(
    r"中心城区|市区(?!域)|老城区|新城区|各县|各区县|各乡镇|县城|县乡|每个?[县区乡镇村所家名校园]|市直|(?<!主)城区(?!面积)|开发区|高新区|示范区|度假区|产业园|园区|自贸区|经开区|新区"
)


#: 贵阳龙洞堡国际机场旅客吞吐量: a city's airport has a name of its own.
_OWN_AIRPORT = re.compile(r"(?!全)[\u4e00-\u9fff]{2,4}(?:国际)?(?:机场)?$")


#: 走访4.5万户经营主体, 排查120个老旧小区: so many were met with, not all there are and none made.
_DEALT_WITH = re.compile(
    r"走访|服务|帮助|帮扶|惠及|支持|组织|检查|排查|摸排|整改|关停|关闭|取缔|注销|清退|淘汰|处置|监测|覆盖|培训|对接|联系|扶持|奖励|辅导|指导|"
    r"调研|慰问|涉及|影响|受理|抽检|抽查|约谈|评定|评估|(?:为|对|向|给|在)$"
)


_LAST_ITEM = re.compile(r"、|和|及|与|以及")


_DELIMITER_RIGHT = re.compile(r"[,:;()。!?\n]")
