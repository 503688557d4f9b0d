"""What flows through this room: sources, links, looks, fetched documents and failures.

All are frozen dataclasses. Those that are handed from one task of a run to another (`Link`, `Look`,
`Fetched`, `Failure`) go through JSON by `to_dict` and `from_dict`, and come back equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from typing import Any, TypeVar

from extraction.model import Claim

#: Where a report may appear; the order is the order in which a reader would trust the place, best first.
PLACES = ("portal", "gazette", "congress", "newspaper", "folder")


#: What a report is called, where an entry and its platform say nothing else.
REPORTS_TITLE = r"(?:政府|行署|行政公署)(?:\d{4}年度?)?工作报告"


@dataclass(frozen=True, slots=True)
class Season:
    """The part of the year in which a region's reports come out, as (month, day), both ends included.

    starts and ends may wrap round the new year (12-20 … 04-30). due is the day after which a report that has
    not come makes its source ``late``.
    """

    starts: tuple[int, int] = (12, 20)
    ends: tuple[int, int] = (4, 30)
    due: tuple[int, int] = (3, 31)


@dataclass(frozen=True, slots=True)
class TlsException:
    """A certificate that is accepted without verification: why, and until when (a date, after which it is an
    error)."""

    reason: str
    until: date


@dataclass(frozen=True, slots=True)
class Source:
    """A place where one region's reports appear.

    id             six-digit code of the region, with ``-newspaper`` and the like for its second places
    region_code    None for a folder, whose files belong to many regions
    province       code of the province's file (``140000``); empty for folders
    platform       name of a module in ``scrapers.platforms``
    listings       addresses at which the platform starts to look (for a folder: its path)
    title_pattern  regular expression that a report's title matches
    local          may be on a private or loopback address (the sample site, a mirror within the house)
    options        what else the platform needs, as its docstring says; ``years: all`` takes reports of every
                   year and not only the present season's
    verified       the day somebody saw this entry work, None while nobody has
    """

    id: str
    region_code: str | None
    region_name: str
    province: str
    platform: str
    listings: tuple[str, ...]
    place: str = "portal"
    title_pattern: str = REPORTS_TITLE
    season: Season = Season()
    local: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    tls: TlsException | None = None
    verified: date | None = None
    note: str = ""

    @property
    def is_second(self) -> bool:
        """Whether this is a second place of its region: asked only in season, until the report is held."""
        return self.region_code is not None and self.id != self.region_code


@dataclass(frozen=True, slots=True)
class Link:
    """A document that a look found and that is worth fetching.

    url       http(s)://… or file:///…
    file      last part of the name, as the user knows it
    found_on  the listing page (or manifest) that names it
    claim     what the source says that the document is
    origin    where a file comes from, as its manifest says (an address as a rule)
    """

    source_id: str
    url: str
    file: str
    claim: Claim
    found_on: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that did not work, under a name of `scrapers.failures.REASONS`, with a detail for a human."""

    source_id: str
    stage: str  # discover, fetch
    reason: str
    detail: str
    at: datetime
    url: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a source, whatever came of it.

    ok          the listing was reached and understood; an empty one can be ok
    error       named failure of the look as a whole, or None
    links_seen  links that matched the title, of any year, new or not
    links       of these, the ones to fetch now
    failures    single things that failed without failing the look (a file that the manifest names and nobody
                has)
    notes       what was odd and survived
    asked       False where the source was left alone this night (a second place out of season, or not needed)
    season_due  the day (MM-DD) after which this year's report is late at the source; None for a folder
    """

    run_id: str
    source_id: str
    region_code: str | None
    looked_at: datetime
    ok: bool
    error: str | None = None
    detail: str = ""
    requests: int = 0
    links_seen: int = 0
    links: tuple[Link, ...] = ()
    failures: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()
    asked: bool = True
    season_due: str | None = None

    @property
    def links_new(self) -> int:
        return len(self.links)


@dataclass(frozen=True, slots=True)
class Ref:
    """Where a record lies in the archive: WARC file relative to the archive's root, and byte offset."""

    warc_file: str
    warc_offset: int

    def __str__(self) -> str:
        return f"{self.warc_file}:{self.warc_offset}"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document that now lies in the archive.

    document_id  sha256 of the document's bytes, transfer and content encodings undone, hex
    ref          where these bytes were archived under this address
    new          False where this address gave the same bytes under the same claim before
    same_text    True where the bytes differ from those held for this address and the readable text does not
                 (visitor counters): nothing to tell anybody about
    """

    source_id: str
    url: str
    file: str
    document_id: str
    ref: Ref
    new: bool
    fetched_at: datetime
    byte_size: int
    media_type: str
    claim: Claim
    same_text: bool = False


@dataclass(frozen=True, slots=True)
class RawDocument:
    """A document as the archive gives it back.

    body        bytes of the document, transfer and content encodings undone
    headers     of the HTTP response, names in lower case; empty for files
    media_type  as declared (header) or guessed from the name; extraction finds the truth from the bytes
    charset     as declared by the header, or empty
    kind        ``document``, or ``page`` (a page that led to it, kept as evidence)
    """

    ref: Ref
    source_id: str
    url: str
    file: str
    document_id: str
    body: bytes
    headers: dict[str, str]
    fetched_at: datetime
    media_type: str
    charset: str
    claim: Claim
    kind: str = "document"
    origin: str = ""

    @property
    def content_type(self) -> str:
        """media_type and charset in one, as extraction takes them: ``text/html; charset=gbk``."""
        return f"{self.media_type}; charset={self.charset}" if self.charset else self.media_type


Handed = TypeVar("Handed", Link, Look, Fetched, Failure)

_DATACLASSES: dict[str, Any] = {"claim": Claim, "ref": Ref, "links": Link, "failures": Failure}
_TIMES = ("at", "looked_at", "fetched_at")


def to_dict(item: Link | Look | Fetched | Failure) -> dict[str, Any]:
    """As plain JSON values; dates and times in ISO 8601."""

    def plain(value: Any) -> Any:
        if isinstance(value, datetime | date):
            return value.isoformat()
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [plain(inner) for inner in value]
        return value

    result: dict[str, Any] = plain(asdict(item))
    return result


def claim_from_dict(data: Mapping[str, Any]) -> Claim:
    published = data.get("published")
    return Claim(**{**data, "published": date.fromisoformat(published) if published else None})


def from_dict(kind: type[Handed], data: Mapping[str, Any]) -> Handed:
    """The inverse of `to_dict`: ``from_dict(Link, to_dict(link)) == link``."""
    values: dict[str, Any] = {}
    for spec in fields(kind):
        if spec.name not in data:
            continue
        value = data[spec.name]
        if spec.name in _TIMES:
            value = datetime.fromisoformat(value)
        elif spec.name == "claim":
            value = claim_from_dict(value)
        elif spec.name == "ref":
            value = Ref(**value)
        elif spec.name in ("links", "failures"):
            value = tuple(from_dict(_DATACLASSES[spec.name], inner) for inner in value)
        elif isinstance(value, list):
            value = tuple(value)
        values[spec.name] = value
    return kind(**values)
