"""When reports come out, as functions of the day."""

from __future__ import annotations

from datetime import date

from scrapers.model import Season

#: From this month on, the next year's reports may appear.
_FIRST_MONTH_OF_NEXT = 11


def report_year(day: date) -> int:
    """The year of delivery of the reports that may come out around a day: 2026 from November 2025 on."""
    return day.year + (day.month >= _FIRST_MONTH_OF_NEXT)


def in_season(season: Season, day: date) -> bool:
    """Whether reports come out on this day of the year; seasons may wrap round the new year."""
    here = (day.month, day.day)
    if season.starts <= season.ends:
        return season.starts <= here <= season.ends
    return here >= season.starts or here <= season.ends


def due_day(season: Season, year: int) -> date:
    """The day by which the report of a year should have come."""
    return date(year, *_due_of_any_year(season))


def due_words(season: Season) -> str:
    """The due day as ``MM-DD``, a day that every year has."""
    month, day = _due_of_any_year(season)
    return f"{month:02}-{day:02}"


def _due_of_any_year(season: Season) -> tuple[int, int]:
    return (2, 28) if season.due == (2, 29) else season.due


def is_overdue(season: Season, day: date) -> bool:
    """Whether the report of the day's own year should have come by now, and still may: between due and the
    end of the season."""
    return in_season(season, day) and day > due_day(season, day.year) and day.month < _FIRST_MONTH_OF_NEXT
