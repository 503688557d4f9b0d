"""Look at sources and find what is worth fetching: `discover`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from scrapers.archive import Archive
from scrapers.failures import LookError
from scrapers.fetching import read_file
from scrapers.model import Failure, Link, Look, Source
from scrapers.platforms import folder
from scrapers.settings import FetchSettings


def discover(
    sources: Sequence[Source],
    *,
    archive: Archive,
    run_id: str,
    batch: str,
    settings: FetchSettings,
    now: datetime,
    everything: bool = False,
) -> list[Look]:
    """One look at each source, in their order. Never raises for what a source does: its look says what went
    wrong.

    now         UTC
    everything  give every matching link, held or not, and walk listings to their end
    """
    looks = {
        source.id: _look_at_folder(source, archive, run_id, settings, now, everything)
        for source in sources
        if source.platform == "folder"
    }
    return [looks[source.id] for source in sources]


def _look_at_folder(
    source: Source, archive: Archive, run_id: str, settings: FetchSettings, now: datetime, everything: bool
) -> Look:
    links: list[Link] = []
    failures: list[Failure] = []
    seen = 0
    try:
        for item in folder.items(Path(source.listings[0]), today=now.date()):
            url, name = item.path.absolute().as_uri(), item.path.name
            if item.reason:
                failures.append(Failure(source.id, "discover", item.reason, item.detail, now, url, name))
                continue
            seen += 1
            link = Link(source.id, url, name, item.claim, source.listings[0])
            if everything or not _held(link, archive, settings):
                links.append(link)
    except LookError as error:
        return Look(run_id, source.id, None, now, ok=False, error=error.reason, detail=error.detail)
    return Look(
        run_id, source.id, None, now, ok=True, links_seen=seen, links=tuple(links), failures=tuple(failures)
    )


def _held(link: Link, archive: Archive, settings: FetchSettings) -> bool:
    """Whether this file lies in the archive as it is now, under the same claim. A file that cannot be read is
    not
    held: `fetch` will say why."""
    entries = [entry for entry in archive.held(link.url) if entry.claim == link.claim]
    if not entries:
        return False
    try:
        body = read_file(folder.path_of(link.url), settings.max_bytes)
    except LookError:
        return False
    return entries[-1].document_id == hashlib.sha256(body).hexdigest()
