"""Many sites at once: a night without news is cheap, a day of news complete, and every bad site is named."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta

import pytest

from scrapers.model import Fetched
from scrapers.settings import FetchSettings
from tests.scrapers.conftest import NOW, Night
from tests.scrapers.farm import farm


@pytest.mark.slow
def test_nights_on_a_farm(night: Night) -> None:
    night.settings = FetchSettings(listing_deadline=6, retry_wait=0.1, max_listing_bytes=2 * 2**20)
    with farm(60, faulty=0.2) as field:
        sources, faulty = field.sources(), field.faulty()
        assert len(set(faulty.values())) == 11, "one of each kind"
        looks, fetched = night.run(*sources)
        assert {look.source_id: look.error for look in looks if not look.ok} == faulty
        healthy = len(sources) - len(faulty)
        assert sum(isinstance(item, Fetched) and item.new for item in fetched) == len(fetched) == healthy

        started = time.monotonic()
        looks, fetched = night.run(*sources, now=NOW + timedelta(days=1))
        assert time.monotonic() - started < 45
        assert fetched == []
        assert {look.source_id: look.error for look in looks if not look.ok} == faulty
        assert all(look.requests <= 2 for look in looks if look.ok)

        field.publish()
        looks, fetched = night.run(*sources, now=NOW + timedelta(days=2))
        years = [item.claim.report_year for item in fetched if isinstance(item, Fetched) and item.new]
        assert years == [2026] * healthy
        assert {look.source_id: look.error for look in looks if not look.ok} == faulty
    assert night.archive.verify() == []


@pytest.mark.slow
def test_reports_are_found_from_home_pages(night: Night) -> None:
    """Nothing is known of 60 sites but their home page."""
    night.settings = FetchSettings(listing_deadline=6, retry_wait=0.1, max_listing_bytes=2 * 2**20)
    with farm(60, faulty=0.2, latency=0.01) as field:
        sources, faulty = field.sources(home_pages=True), field.faulty()
        looks, fetched = night.run(*sources)
        assert {look.source_id: look.error for look in looks if not look.ok} == faulty
        healthy = [look for look in looks if look.ok]
        assert [(look.source_id, len(look.links)) for look in healthy if len(look.links) != 1] == []
        assert all("column http" in look.notes[0] for look in healthy)
        assert max(look.requests for look in healthy) <= 12
        assert sum(isinstance(item, Fetched) and item.new for item in fetched) == len(healthy)

        # From then on it is the column that is asked, and in season the home page.
        looks, fetched = night.run(*sources, now=NOW + timedelta(days=1))
        assert fetched == []
        assert max(look.requests for look in looks if look.ok) <= 3

        field.publish()
        looks, fetched = night.run(*sources, now=NOW + timedelta(days=2))
        years = [item.claim.report_year for item in fetched if isinstance(item, Fetched) and item.new]
        assert years == [2026] * len(healthy)
        assert max(look.requests for look in looks if look.ok) <= 3

        # Out of season nobody asks the home page.
        looks, _ = night.run(*sources, now=NOW + timedelta(days=120))
        assert max(look.requests for look in looks if look.ok) <= 2


def test_second_places_do_not_lengthen_a_quiet_night(night: Night) -> None:
    """Before the season's reports are out: every region has a congress beside its portal, and nobody has news."""
    night.settings = FetchSettings(listing_deadline=6, retry_wait=0.1, max_listing_bytes=2 * 2**20)
    with farm(20, faulty=0.1, latency=0.01) as field:
        first = field.sources()
        second = [
            replace(
                source,
                id=f"{source.id}-congress",
                place="congress",
                platform="portal",
                listings=home.listings,
            )
            for source, home in zip(first, field.sources(home_pages=True), strict=True)
        ]
        night.run(*first, *second)
        healthy = {source.id for source in first if source.id not in field.faulty()}
        for days in range(1, 8):
            looks = night.look(*first, *second, now=NOW + timedelta(days=days))
            here = [look for look in looks if look.source_id.removesuffix("-congress") in healthy]
            assert all(look.ok for look in here)
            assert sum(look.requests for look in here) <= 2 * len(here)
            asked = [look for look in here if look.source_id.endswith("-congress") and look.requests]
            assert len(asked) <= len(healthy) / 2, "a week's looks are spread over its nights"
            assert all(look.requests <= 3 for look in asked)
