"""What the tests of this room share: a quick and impatient fetcher, sources on loopback, an archive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scrapers.archive import Archive
from scrapers.discovery import discover
from scrapers.fetching import fetch
from scrapers.model import Failure, Fetched, Link, Look, Source
from scrapers.settings import FetchSettings

NOW = datetime(2026, 2, 20, 18, 0, tzinfo=UTC)
QUICK = FetchSettings(
    contact="tests@example.org",
    attempts=2,
    retry_wait=0.05,
    max_retry_after=0.3,
    deadline=3.0,
    listing_deadline=3.0,
    connect_timeout=3.0,
    read_timeout=3.0,
    max_bytes=4 * 2**20,
    max_listing_bytes=2 * 2**20,
    max_expanded=8 * 2**20,
)


def local_source(base: str, path: str = "/list.html", *, platform: str = "plain", **more: object) -> Source:
    values: dict[str, object] = {
        "id": "140100",
        "region_code": "140100",
        "region_name": "太原市",
        "province": "140000",
        "platform": platform,
        "listings": (base + path,),
        "local": True,
    }
    return Source(**{**values, **more})  # type: ignore[arg-type]


@dataclass
class Night:
    """One archive, and nights that happen on it."""

    archive: Archive
    settings: FetchSettings = QUICK
    number: int = 0

    def look(self, *sources: Source, now: datetime = NOW, **more: bool) -> list[Look]:
        self.number += 1
        self.archive.refresh()
        run = f"night{self.number}"
        return discover(
            sources, archive=self.archive, run_id=run, batch="b", settings=self.settings, now=now, **more
        )

    def fetch(
        self, links: tuple[Link, ...], *sources: Source, now: datetime = NOW
    ) -> list[Fetched | Failure]:
        run = f"night{self.number}"
        return fetch(
            links,
            archive=self.archive,
            run_id=run,
            batch="b",
            settings=self.settings,
            now=now,
            sources=sources,
        )

    def run(self, *sources: Source, now: datetime = NOW) -> tuple[list[Look], list[Fetched | Failure]]:
        looks = self.look(*sources, now=now)
        links = tuple(link for look in looks for link in look.links)
        return looks, self.fetch(links, *sources, now=now)


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return Night(Archive(tmp_path / "archive"))


@pytest.fixture
def nights(tmp_path: Path) -> Callable[[str], Night]:
    return lambda name: Night(Archive(tmp_path / name))
