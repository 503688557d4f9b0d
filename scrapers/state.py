"""What a source's last look left behind: how its listing can be asked whether it changed, what it listed,
which links failed and when to try them again.

Only a memory that saves requests: without it the next look asks everything and finds the same.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import orjson

from scrapers.archive import Archive
from scrapers.model import Link, from_dict, to_dict

_LONGEST_REST_DAYS = 32


@dataclass(frozen=True, slots=True)
class Listing:
    """A listing page as last seen. sha256 is of its body."""

    etag: str = ""
    last_modified: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """A link that could not be fetched: since how many nights, and when to try it again."""

    reason: str
    times: int
    again_on: date


@dataclass(frozen=True, slots=True)
class Memory:
    """made_by names entry and platform code that read the listings: a change of either makes the memory void.

    rows    short hashes of the rows seen on the listing's first pages
    links   matching links, as last seen
    probed  the last day on which the site was asked for a page that cannot exist
    rechecks  how often a report that is held was asked for again, by address
    columns  pages of a portal on which reports were found, by the home page that led to them
    searched  the last day on which a portal was searched from its home page
    congress  the last day on which a newspaper's first page spoke of a congress
    asked   the last day on which a second place that keeps its pages was asked
    """

    made_by: str = ""
    listings: dict[str, Listing] = field(default_factory=dict)
    rows: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    failed: dict[str, Failed] = field(default_factory=dict)
    probed: date | None = None
    rechecks: dict[str, int] = field(default_factory=dict)
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    searched: date | None = None
    congress: date | None = None
    asked: date | None = None


def _name(source_id: str) -> str:
    return f"state/{re.sub(r'[^0-9A-Za-z._-]+', '_', source_id)}.json"


def recall(archive: Archive, source_id: str) -> Memory:
    """The memory of a source; an empty one where there is none, or none that can be read."""
    try:
        data: dict[str, Any] = orjson.loads(archive.store.read(_name(source_id)))
        return Memory(
            made_by=data["made_by"],
            listings={url: Listing(**values) for url, values in data["listings"].items()},
            rows=tuple(data["rows"]),
            links=tuple(from_dict(Link, values) for values in data["links"]),
            failed={
                url: Failed(values["reason"], values["times"], date.fromisoformat(values["again_on"]))
                for url, values in data["failed"].items()
            },
            probed=date.fromisoformat(data["probed"]) if data["probed"] else None,
            rechecks=dict(data["rechecks"]),
            columns={home: tuple(found) for home, found in data.get("columns", {}).items()},
            searched=date.fromisoformat(data["searched"]) if data.get("searched") else None,
            congress=date.fromisoformat(data["congress"]) if data.get("congress") else None,
            asked=date.fromisoformat(data["asked"]) if data.get("asked") else None,
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return Memory()


def remember(archive: Archive, source_id: str, memory: Memory) -> None:
    data = asdict(replace(memory, links=()))
    data["links"] = [to_dict(link) for link in memory.links]
    archive.store.write(_name(source_id), orjson.dumps(data), durable=False)


def after_failure(memory: Memory, url: str, reason: str, today: date) -> Memory:
    """A link that failed rests 1, 2, 4 … nights, so that it is neither forgotten nor asked for every
    night."""
    times = memory.failed[url].times + 1 if url in memory.failed else 1
    rest = min(2 ** (times - 1), _LONGEST_REST_DAYS)
    return replace(memory, failed={**memory.failed, url: Failed(reason, times, today + timedelta(days=rest))})


def after_success(memory: Memory, url: str, *, recheck: bool) -> Memory:
    rechecks = {**memory.rechecks, url: memory.rechecks.get(url, 0) + 1} if recheck else memory.rechecks
    failed = {other: failure for other, failure in memory.failed.items() if other != url}
    return replace(memory, failed=failed, rechecks=rechecks)
