"""The sample site: every report is found and fetched through real HTTP, once."""

from __future__ import annotations

import contextlib
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

import samples
from samples import site
from samples.server import PortTaken
from samples.site import reports, serve_samples
from scrapers.archive import Archive
from scrapers.model import Fetched, Look, from_dict, to_dict
from scrapers.sources import load_sources
from tests.scrapers.conftest import Night


def test_a_night_on_the_sample_site_brings_every_report_and_the_next_nothing(night: Night) -> None:
    with samples.serve() as base:
        sources = load_sources(samples.SOURCES, base_url=base)
        looks, fetched = night.run(*sources)
        assert all(look.ok for look in looks), [look.detail for look in looks if not look.ok]
        assert [failure for look in looks for failure in look.failures] == []
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


def test_a_night_on_the_sample_site_brings_the_same_on_any_day(night: Night) -> None:
    """A newcomer's first night may be in November, when second places are left alone."""
    with samples.serve() as base:
        sources = load_sources(samples.SOURCES, base_url=base)
        looks, fetched = night.run(*sources, now=datetime(2026, 11, 27, tzinfo=UTC))
        assert all(look.ok and look.asked for look in looks)
        assert len(fetched) == len(reports())


def test_the_sample_covers_six_cities_over_two_years() -> None:
    years: dict[str, set[int]] = {}
    for report in reports():
        years.setdefault(report.region, set()).add(report.year)
    assert sum(1 for region, found in years.items() if region.endswith("市") and len(found) >= 2) >= 6


def test_the_site_stays_at_the_port_that_its_first_run_had(tmp_path: Path) -> None:
    """Its pages are known by their address: a second run elsewhere would take all of them for new."""
    remembered = tmp_path / "sample" / "port"
    with socket.socket() as taken:
        with contextlib.suppress(OSError):  # somebody else may have it: all the better
            taken.bind(("127.0.0.1", site._PORT))
            taken.listen()
        with serve_samples(remembered) as first:
            assert not first.endswith(f":{site._PORT}")
    with serve_samples(remembered) as second:
        assert second == first
        with pytest.raises(PortTaken, match=r"known by that address.*sample"), serve_samples(remembered):
            pass
