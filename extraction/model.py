"""What flows through the pipeline: the records that one room hands to the next.

All records are plain frozen dataclasses, so that they can be pickled to workers, compared in tests and written as
columns. Offsets are code points into the stored document text and half open: ``text[start:end]``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

#: Order is the order of trust: a full text beats an abstract, an abstract a digest, a digest a news story.
EDITIONS = ("full", "abstract", "digest", "news", "unknown")

SECTION_KINDS = (
    "review",
    "five_year_review",
    "outlook",
    "annual_targets",
    "tasks",
    "livelihood",
    "government",
    "other",
)

STATISTICS = (
    "level",
    "growth_rate",
    "annual_average_growth_rate",
    "annual_average",
    "cumulative_level",
    "cumulative_growth_rate",
    "change_pp",
    "rank",
    "comparison",
)

QUALIFIERS = (
    "exact",
    "around",
    "at_least",
    "at_most",
    "more_than",
    "less_than",
    "nearly",
    "range",
    "in_step_with_growth",
    "positive_growth",
    "faster_than_growth",
    "unstated",
)


@dataclass(frozen=True, slots=True)
class DocumentText:
    """The text of one document, to which every offset refers.

    text        report text; line ends are ``\n``; code points are kept as the source has them (full-width digits and
                traditional characters are *not* folded here: quotes must show what was printed)
    media_type  what the bytes really were: ``text/plain``, ``text/html``, ``application/pdf``, ...
    encoding    of text formats, as verified; empty for binary ones
    title       of the document itself (``ArticleTitle``, ``<title>``, first heading), or empty
    meta        facts that the document carries about itself (``PubDate``, ``SiteName``, ``ContentSource`` ...)
    notes       what was odd and survived ("declared gb2312, decoded gb18030")
    recognised  what was read off pictures by OCR: (start, end, score), the score of 0 to 1 as the recognition gave it
    """

    text: str
    media_type: str
    encoding: str = ""
    title: str = ""
    meta: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    recognised: tuple[tuple[int, int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """What the source says that a document is; the text may say otherwise."""

    region: str | None = None  # full or short name, or a six-digit code
    report_year: int | None = None
    edition: str | None = None
    title: str | None = None
    published: date | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """What a document is, by its own words first, by its source's claim second.

    region_code   GB/T 2260, six digits; ``000000`` is the nation; None where nobody knows
    rejected      None, or the named reason why this is no report to read (``national_report``, ``news_story``,
                  ``statistical_bulletin``, ``plan``, ``region_unknown``, ``year_unknown`` ...)
    doubts        where text and claim disagree, in words that an operator understands; empty means full trust
    """

    region_code: str | None
    region_name: str | None
    report_year: int | None
    edition: str = "unknown"
    title: str = ""
    delivered_on: date | None = None
    session: str | None = None  # 十五届人大六次会议 as (15, 6) in words: "15-6"
    doubts: tuple[str, ...] = ()
    rejected: str | None = None
    rejected_detail: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of the report of one kind; sections cover the text without overlap, in order."""

    seq: int
    kind: str
    heading: str
    char_start: int
    char_end: int


@dataclass(
    slots=True
)  # not frozen: a frozen one takes three times as long to make, and reading makes thousands a second
class Observation:
    """One stated fact; field by field the contract of ``design.md`` ("Observation").

    value and value_high are in ``unit``; a null value means that the text states none (同步, 正增长).
    ``text[char_start:char_end] == quote`` and ``text[number_start:number_end] == raw_value + raw_unit`` as written
    (for a fact without a number the two spans are equal).
    """

    metric_code: str | None
    subject: str
    statistic: str
    basis: str | None
    role: str
    is_estimate: bool
    period_start: int
    period_end: int
    value: float | None
    value_high: float | None
    unit: str
    qualifier: str
    stretch_clause: bool
    scope: str
    raw_value: str
    raw_unit: str
    quote: str
    char_start: int
    char_end: int
    number_start: int
    number_end: int
    section: str
    confidence: float
    rule: str
    sentence_start: int
    sentence_end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """All that was read from one document. An explicit absence (未提出具体增长目标) is an observation with value
    None, qualifier ``unstated`` and rule ``explicit_absence``."""

    sections: tuple[Section, ...]
    observations: tuple[Observation, ...]


class DocumentError(Exception):
    """A document that cannot be read: goes to quarantine under ``reason``, with ``detail`` for a human.

    Reasons: ``empty``, ``too_large``, ``unknown_format``, ``undecodable``, ``needs_ocr``, ``encrypted``,
    ``no_tool`` (legacy .doc without a converter), ``damaged``, ``no_text``, ``took_too_long``.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type[DocumentError], tuple[str, str]]:
        return (DocumentError, (self.reason, self.detail))
