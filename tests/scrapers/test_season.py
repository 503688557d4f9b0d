"""When reports come out."""

from __future__ import annotations

from datetime import date

from scrapers import season as seasons
from scrapers.model import Season


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
