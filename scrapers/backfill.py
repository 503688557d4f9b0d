"""Walk the archives of sites back through the years: the work behind `cityreports backfill`.

The same discovery and the same fetching as every night, only to the end of each listing. One source at a
time, each in a WARC file of its own: stopped at any moment, it goes on where it was, because what is held is
not fetched again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from scrapers.archive import Archive
from scrapers.discovery import discover
from scrapers.fetching import fetch
from scrapers.model import Failure, Fetched, Look, Source
from scrapers.settings import FetchSettings


@dataclass(frozen=True, slots=True)
class Step:
    """What one source brought. Its documents lie in the archive."""

    source: Source
    look: Look
    results: tuple[Fetched | Failure, ...]


def backfill(
    sources: Sequence[Source],
    *,
    archive: Archive,
    run_id: str,
    settings: FetchSettings,
    now: datetime,
    first_year: int,
    last_year: int,
) -> Iterator[Step]:
    """One step a source, in their order. Bounded by ``settings.max_pages_back`` pages a listing.

    Newspapers' day pages are not walked: a season of twenty years would be 5,000 requests for one report a
    year. Folders give all they have, as always.
    """
    # A night leaves a slow site after its time; here that is as long as all its pages may take.
    longest = settings.max_pages_back * (settings.delay + settings.listing_deadline)
    settings = replace(settings, visit_deadline=max(settings.visit_deadline, longest))
    for source in sources:
        if source.platform == "epaper":
            continue
        look = discover(
            [source],
            archive=archive,
            run_id=run_id,
            batch=source.id,
            settings=settings,
            now=now,
            to_the_end=True,
            years=(first_year, last_year),
        )[0]
        results = fetch(
            look.links,
            archive=archive,
            run_id=run_id,
            batch=source.id,
            settings=settings,
            now=now,
            sources=[source],
        )
        yield Step(source, look, tuple(results))
