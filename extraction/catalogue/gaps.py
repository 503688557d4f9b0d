"""What the catalogue lacks: subjects that numbers speak of and no metric claims, the most frequent first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from extraction.model import Observation

#: Words of change, reaching and time around a subject; two subjects that differ in them alone are one gap.
_AROUND = re.compile(
    r"^(?:其中|全年|今年|力争|确保|实现|完成|推动|新增|新建|建成|打造|培育|实施|累计|预计|各类|各|的|等|[、，,])+"
    r"|(?:分别|累计|年均|同比|比上年|约|超|近|突破|达到|达|增长|下降|提高|提升|降低|减少|增加|增至|降至|稳定|保持"
    r"|扩大|缩小|压减|至|到|为|在|由|从|均|以上|左右|项目|建设|改造|[、，,])+$"
)
#: Digits inside a subject are figures of another number, not its name, unless a letter stands by (5G, PM2.5).
_DIGITS = re.compile(r"(?<![A-Za-z0-9.])[0-9.]+(?![A-Za-z0-9.])")


@dataclass(frozen=True, slots=True)
class Gap:
    """An uncatalogued subject.

    count    quantities that speak of it
    unit     the unit most often written with it
    sections where it stands, the most frequent first
    example  one clause as written
    """

    subject: str
    count: int
    unit: str
    sections: tuple[str, ...]
    example: str


def gaps(observations: Iterable[Observation], *, at_least: int = 2) -> list[Gap]:
    """Uncatalogued subjects with at least ``at_least`` quantities, the most frequent first.

    ``observations`` may come from any number of reports. Comparisons and ranks are left out: they are no
    metric's value. Subjects are told apart by their head: words of change and time around it are dropped, so
    全年新建口袋公园 and 口袋公园 are one.
    """
    counts: Counter[str] = Counter()
    units: dict[str, Counter[str]] = {}
    sections: dict[str, Counter[str]] = {}
    examples: dict[str, str] = {}
    for observation in observations:
        if observation.metric_code is not None or observation.statistic in ("comparison", "rank"):
            continue
        head = subject_head(observation.subject)
        if not head:
            continue
        counts[head] += 1
        units.setdefault(head, Counter())[observation.unit] += 1
        sections.setdefault(head, Counter())[observation.section] += 1
        examples.setdefault(head, " ".join(observation.quote.split()))
    return [
        Gap(
            head,
            count,
            units[head].most_common(1)[0][0],
            tuple(name for name, _ in sections[head].most_common()),
            examples[head],
        )
        for head, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        if count >= at_least
    ]


def subject_head(subject: str) -> str:
    """The name in a subject: ``力争新建口袋公园`` → ``口袋公园``; empty where only words of change stand."""
    text = _DIGITS.sub("", "".join(subject.split())).strip("“”\"'（）()：:；;")
    while True:
        shorter = _AROUND.sub("", text)
        if shorter == text:
            return text
        text = shorter
