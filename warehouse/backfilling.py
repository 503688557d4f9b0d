"""`cityreports backfill`: years that have passed, fetched into the archive; the night reads them afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from warehouse.locks import exclusive
from warehouse.looking import fetch_settings, open_archive, sources_of
from warehouse.runs import RunError, RunParams, run_name
from warehouse.settings import Settings


def backfill_archive(settings: Settings, params: RunParams, first: int, last: int | None) -> Iterator[str]:
    """Fetch what the sites' archives hold of the years ``first`` to ``last``; one line of words a source.

    Each source's documents are kept as soon as it is done. Raises RunError for years that are none.
    """
    from scrapers.backfill import backfill
    from scrapers.model import Fetched

    now = datetime.now(UTC)
    until = last if last is not None else now.year
    if not 1979 <= first <= until <= now.year + 1:
        raise RunError(
            f"--from {first} --to {until}: years from 1979 to next year, the first not after the last"
        )
    with exclusive(settings.home, "this backfill"):
        steps = backfill(
            sources_of(settings, params),
            archive=open_archive(settings),
            run_id=f"{run_name(now)}-backfill",
            settings=fetch_settings(settings),
            now=now,
            first_year=first,
            last_year=until,
        )
        for step in steps:
            held = sum(isinstance(result, Fetched) for result in step.results)
            failed = len(step.results) - held
            words = step.look.error or f"{step.look.links_seen} listed, {held} fetched"
            yield f"{step.source.id} {step.source.region_name}: {words}" + (
                f", {failed} failed" if failed else ""
            )
