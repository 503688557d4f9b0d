"""When a source is alive, and when it only looks so."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from scrapers import season as seasons
from scrapers.health import Glance, expected_by, health
from scrapers.model import Season

TODAY = date(2026, 4, 10)


def glances(*looks: tuple[bool, str | None, int]) -> list[Glance]:
    start = datetime(2026, 4, 1, tzinfo=UTC)
    return [Glance(start + timedelta(days=n), ok, error, links) for n, (ok, error, links) in enumerate(looks)]


OK, EMPTY = (True, None, 5), (True, None, 0)


@pytest.mark.parametrize(
    ("status", "looks", "latest"),
    [
        ("never", [], None),
        ("never", [(False, "no_network", 0)], None),
        ("ok", [OK], 2026),
        ("ok", [(False, "no_network", 0), OK], 2026),
        ("late", [OK], 2025),
        ("late", [OK], None),
        ("failing", [OK, (False, "deadline", 0)], 2026),
        ("failing", [OK, (False, "http_error", 0), (False, "http_error", 0)], 2025),
        ("challenged", [OK, (False, "challenge_page", 0)], 2026),
        ("challenged", [(False, "challenge_page", 0)], None),
        ("blind", [OK, (False, "layout_changed", 0)], 2026),
        ("blind", [(False, "soft_404", 0)], None),
        ("blind", [OK, EMPTY], 2026),
        ("blind", [EMPTY], None),
        ("ok", [EMPTY], 2026),
    ],
)
def test_status(status: str, looks: list[tuple[bool, str | None, int]], latest: int | None) -> None:
    found = health(Season(), glances(*looks), latest_report_year=latest, arrivals=[], today=TODAY)
    assert found.status == status, found.why
    assert found.why


def test_silence_in_july_is_fine_and_in_february_too() -> None:
    for today in (date(2026, 2, 20), date(2025, 7, 20)):
        found = health(Season(), glances(EMPTY), latest_report_year=2025, arrivals=[], today=today)
        assert found.status == "ok", found.why


def test_a_report_that_never_came_is_late_all_year_until_the_next_season() -> None:
    found = health(Season(), glances(OK), latest_report_year=2025, arrivals=[], today=date(2026, 10, 1))
    assert found.status == "late"


def test_the_order_of_looks_does_not_matter_and_days_are_counted() -> None:
    looks = glances(OK, (False, "deadline", 0), (False, "deadline", 0))
    found = health(Season(), looks[::-1], latest_report_year=2026, arrivals=[date(2026, 2, 9)], today=TODAY)
    assert (found.status, found.days_silent, found.last_new_report) == ("failing", 60, date(2026, 2, 9))
    assert "2 looks in a row" in found.why
    assert found.last_success == looks[0].looked_at


def test_a_source_that_is_always_early_is_expected_early() -> None:
    arrivals = [date(2023, 1, 10), date(2024, 1, 12), date(2024, 12, 28)]
    assert expected_by(Season(), arrivals, 2026) == date(2026, 1, 31)
    assert expected_by(Season(), arrivals[:1], 2026) == date(2026, 3, 31)
    assert expected_by(Season(), [date(2023, 4, 20), date(2024, 4, 25)], 2026) == date(2026, 3, 31)


def test_seasons_wrap_round_the_new_year() -> None:
    season = Season()
    assert [
        seasons.in_season(season, day) for day in (date(2025, 12, 25), date(2026, 2, 1), date(2026, 7, 1))
    ] == [
        True,
        True,
        False,
    ]
    assert not seasons.is_overdue(season, date(2025, 12, 25))
    assert not seasons.is_overdue(season, date(2026, 3, 31))
    assert seasons.is_overdue(season, date(2026, 4, 1))
    assert not seasons.is_overdue(season, date(2026, 5, 1))
    assert seasons.report_year(date(2025, 11, 1)) == 2026
    assert seasons.report_year(date(2025, 10, 31)) == 2025
