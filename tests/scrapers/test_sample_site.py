"""The sample site: every report is found and fetched through real HTTP, once."""

from __future__ import annotations

import samples
from samples.site import reports
from scrapers.archive import Archive
from scrapers.model import Fetched, Look, from_dict, to_dict
from scrapers.sources import load_sources
from tests.scrapers.conftest import Night


def test_a_night_on_the_sample_site_brings_every_report_and_the_next_nothing(night: Night) -> None:
    with samples.serve() as base:
        sources = load_sources(samples.SOURCES, base_url=base)
        looks, fetched = night.run(*sources)
        assert all(look.ok for look in looks), [look.detail for look in looks if not look.ok]
        assert [from_dict(Look, to_dict(look)) for look in looks] == looks
        found = {(item.claim.region, item.claim.report_year) for item in fetched if isinstance(item, Fetched)}
        assert found == {(report.region, report.year) for report in reports()}
        assert len(fetched) == len(reports())
        editions = {(item.claim.region, item.claim.edition) for item in fetched if isinstance(item, Fetched)}
        assert {("太原市", "digest"), ("运城市", "abstract")} <= editions
        suffixes = {item.file.rpartition(".")[2] for item in fetched if isinstance(item, Fetched)}
        assert {"docx", "htm", "html", "shtml"} <= suffixes
        looks, fetched = night.run(*sources)
        assert fetched == []
        assert all(look.requests <= 2 for look in looks)
    held = Archive(night.archive.store.root)
    assert held.verify() == []
    assert len(list(held.records())) == len(reports())


def test_the_sample_covers_six_cities_over_two_years() -> None:
    years: dict[str, set[int]] = {}
    for report in reports():
        years.setdefault(report.region, set()).add(report.year)
    assert sum(1 for region, found in years.items() if region.endswith("市") and len(found) >= 2) >= 6
