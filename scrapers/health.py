"""Is a source alive? The rule by which `cityreports sources check` and ``mart_source_health`` judge.

Health is not that tasks were green, but that reports came when they should.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from scrapers import season as seasons
from scrapers.model import Season

STATUSES = ("ok", "late", "blind", "failing", "challenged", "never")

#: A look that reached the listing and could make nothing of it.
_BLIND = ("blind_in_season", "layout_changed", "stub_listing", "soft_404")
#: Reports have come so much later than usual before they are called late.
_GRACE_DAYS = 21


@dataclass(frozen=True, slots=True)
class Glance:
    """What a row of ``staging.looks`` says."""

    looked_at: datetime
    ok: bool
    error: str | None
    links_seen: int


@dataclass(frozen=True, slots=True)
class Health:
    """expected_by is the day by which this season's report should have come; why says in words what
    decided."""

    status: str
    last_look: datetime | None
    last_success: datetime | None
    last_new_report: date | None
    days_silent: int | None
    expected_by: date
    why: str


def expected_by(season: Season, arrivals: Sequence[date], year: int) -> date:
    """The day by which the report of a year should come: what this source did in earlier years (the median
    day of arrival, and three weeks), never later than the season's due day; with fewer than two years of
    history, that day.

    arrivals   days on which reports of earlier years came
    """
    due = seasons.due_day(season, year)
    offsets = [(day - date(seasons.report_year(day), 1, 1)).days for day in arrivals]
    if len(offsets) < 2:
        return due
    usual = date(year, 1, 1) + timedelta(days=round(median(offsets)) + _GRACE_DAYS)
    return min(usual, due)


def health(
    season: Season,
    looks: Sequence[Glance],
    *,
    latest_report_year: int | None,
    arrivals: Sequence[date],
    today: date,
) -> Health:
    """Judge a source by its looks (any order), the newest report year held for its region, and the days on
    which its reports came.

    never       no look ever succeeded
    challenged  the last look met a captcha or browser check
    blind       the last look reached the listing and found nothing in it that it knows, or no report where
                there were some, or none though one is overdue
    failing     the last look failed in another way
    late        looks succeed, older reports are listed, and this year's has not come by the day it should
                have
    ok          none of these
    """
    ordered = sorted(looks, key=lambda look: look.looked_at)
    last = ordered[-1] if ordered else None
    success = next((look for look in reversed(ordered) if look.ok), None)
    newest = max(arrivals, default=None)
    due = expected_by(season, arrivals, today.year)
    status, why = _judge(ordered, latest_report_year, due, today)
    return Health(
        status=status,
        last_look=last.looked_at if last else None,
        last_success=success.looked_at if success else None,
        last_new_report=newest,
        days_silent=(today - newest).days if newest else None,
        expected_by=due,
        why=why,
    )


def _judge(ordered: Sequence[Glance], latest: int | None, due: date, today: date) -> tuple[str, str]:
    if not ordered:
        return "never", "nobody has looked yet"
    last = ordered[-1]
    if last.error == "challenge_page":
        return "challenged", "the last look met a captcha or browser check"
    if not any(look.ok for look in ordered):
        if last.error in _BLIND:
            return "blind", f"never understood: {last.error}"
        return "never", f"no look ever succeeded; the last one: {last.error}"
    if not last.ok:
        failures = next(n for n, look in enumerate(reversed(ordered)) if look.ok)
        kind = "blind" if last.error in _BLIND else "failing"
        return kind, f"{last.error}, {failures} look{'s' if failures > 1 else ''} in a row"
    overdue = today > due and (latest or 0) < today.year
    if last.links_seen == 0 and any(look.links_seen for look in ordered):
        return "blind", "the listing used to name reports and names none now"
    if last.links_seen == 0 and overdue:
        return "blind", f"the listing never named a report; one was expected by {due}"
    if overdue:
        return "late", f"the report of {today.year} was expected by {due}"
    return "ok", "looks succeed and nothing is overdue"
