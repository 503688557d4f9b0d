"""Look at sources and find what is worth fetching: `discover`.

A look asks a listing whether it changed, reads its rows where it did, and goes on to older pages only while
most of a page was not seen before. Once a week, in season, it looks further back all the same: some reports
are filed late, under an earlier day. A listing that comes without rows is an error with a name, never an
empty success.
"""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from types import ModuleType
from urllib.parse import urljoin, urlsplit

from extraction.regions import find_in
from scrapers import season as seasons
from scrapers.archive import Archive
from scrapers.client import Answer, Network, Visit, is_challenge
from scrapers.failures import LookError
from scrapers.fetching import read_file
from scrapers.model import Failure, Link, Look, Source
from scrapers.pages import Page, Row, file_name, is_empty_of_content, page_of, says_not_found
from scrapers.platforms import folder, platform
from scrapers.settings import FetchSettings
from scrapers.state import Listing, Memory, after_failure, recall, remember
from scrapers.titles import claim_of

_ROWS_REMEMBERED = 400
_PROBE_AGAIN_DAYS = 7
_SEARCH_AGAIN_DAYS = 7
_GIVE_UP_AFTER = 8
#: Second places that keep what they publish: there a report is as good some days later, so they are asked once in so many
#: nights. A newspaper is asked every night.
_KEEPS_ITS_PAGES = ("congress", "gazette")
_NIGHTS_BETWEEN = 7
#: Columns of a congress's site that are remembered: many sites make a new one for each session.
_MOST_COLUMNS = 3
#: Newspapers print a report during the session or in the weeks after it.
_CONGRESS_DAYS = 30


def discover(
    sources: Sequence[Source],
    *,
    archive: Archive,
    run_id: str,
    batch: str,
    settings: FetchSettings,
    now: datetime,
    everything: bool = False,
    to_the_end: bool = False,
    years: tuple[int, int] | None = None,
) -> list[Look]:
    """One look at each source, in their order. Never raises for what a source does: its look says what went
    wrong.

    now         UTC
    everything  give every matching link, held or not, and walk listings to their end
    to_the_end  only the latter: what is held stays out
    years       the first and last report year wanted; default: the one that is coming out, and the one
                before. Files of a folder are always all wanted
    """
    looks: dict[str, Look] = {}
    for source in sources:
        if source.platform == "folder":
            looks[source.id] = _look_at_folder(source, archive, run_id, settings, now, everything)
    sites = [source for source in sources if source.id not in looks]
    if sites:
        current = seasons.report_year(now.date())
        years = years or (current - 1, current)
        task = _Task(archive, run_id, settings, now, everything, everything or to_the_end, years)
        looks.update((look.source_id, look) for look in asyncio.run(_look_at_sites(sites, task)))
    return [looks[source.id] for source in sources]


@dataclass(frozen=True, slots=True)
class _Task:
    """What all looks of one call have in common."""

    archive: Archive
    run_id: str
    settings: FetchSettings
    now: datetime
    everything: bool
    to_the_end: bool
    years: tuple[int, int]

    @property
    def today(self) -> date:
        return self.now.date()


@dataclass(slots=True)
class _Findings:
    """What one look gathers."""

    links: dict[str, Link] = field(default_factory=dict)
    rows: list[str] = field(default_factory=list)
    listings: dict[str, Listing] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    skews: list[float] = field(default_factory=list)
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    opened: int = 0
    unopened: bool = False
    probed: bool = False
    searched: bool = False
    congress: bool = False
    left_alone: bool = False


async def _look_at_sites(sources: Sequence[Source], task: _Task) -> list[Look]:
    network = Network(task.settings)
    places = asyncio.Semaphore(task.settings.concurrency)

    async def one(source: Source) -> tuple[Look, list[float]]:
        async with places:
            return await _look(source, task, network)

    results = await asyncio.gather(*(one(source) for source in sources))
    looks = [look for look, _ in results]
    far = [skews for _, skews in results if skews and abs(skews[0]) > task.settings.max_clock_skew]
    told = sum(1 for _, skews in results if skews)
    if len(far) >= 3 and len(far) * 2 > told:
        days = far[0][0] / 86_400
        detail = f"{len(far)} of {told} servers disagree with this machine's clock, by {days:+.1f} days"
        failure = Failure(looks[0].source_id, "discover", "own_clock_off", detail, task.now)
        looks[0] = replace(looks[0], failures=(*looks[0].failures, failure))
    return looks


async def _look(source: Source, task: _Task, network: Network) -> tuple[Look, list[float]]:
    found = _Findings()
    requests = 0
    error: LookError | None = None
    memory = Memory()
    visit: Visit | None = None
    try:
        memory = _fresh(recall(task.archive, source.id), source)
        async with asyncio.timeout(task.settings.visit_deadline), Visit(network, source, task.now) as visit:
            await _walk(source, task, visit, memory, found)
    except LookError as failed:
        error = failed
    except TimeoutError:
        error = LookError("deadline", f"the visit took longer than {task.settings.visit_deadline:g} s")
    except (
        Exception
    ) as failed:  # a defect of ours must not stop the other sources; it is reported under its own name
        error = LookError("broke", f"{type(failed).__name__}: {failed}")
    if visit is not None:
        requests = visit.requests
        found.notes += visit.notes
    if error is None and not found.links and not found.left_alone:
        error = _blind(source, task, memory)
    found.failures += _clock_failures(source, task, found)
    # Also of a look that failed: what one listing names is no worse for another that is dead.
    links = _to_fetch(source, task, memory, found)
    # A listing that was read and names nothing is remembered, too: else a portal would be searched anew every night.
    if error is None or error.reason == "blind_in_season":
        _store(source, task, memory, found, asked=requests > 0, is_blind=error is not None)
    elif requests:
        _store_failed(source, task, memory, error)
    look = Look(
        run_id=task.run_id,
        source_id=source.id,
        region_code=source.region_code,
        looked_at=task.now,
        ok=error is None,
        error=error.reason if error else None,
        detail=error.detail if error else "",
        requests=requests,
        links_seen=len(found.links),
        links=links,
        failures=tuple(found.failures),
        notes=tuple(found.notes),
        asked=not found.left_alone,
        season_due=seasons.due_words(source.season),
    )
    return look, found.skews


async def _walk(source: Source, task: _Task, visit: Visit, memory: Memory, found: _Findings) -> None:
    """All listings of a source, each as far as is needed."""
    if reason := _not_asked(source, task):
        found.notes.append(reason)
        found.left_alone = True
        return
    if _rests(source, task, memory):
        _as_last_time(source, task, memory, found)
        return
    module = platform(source.platform)
    daily = hasattr(module, "starts") and any("{dd}" in listing for listing in source.listings)
    if daily and not task.to_the_end and not seasons.in_season(source.season, task.today):
        found.notes.append("out of season: the day's paper was not asked for")
        found.left_alone = True
        return
    dated = hasattr(module, "starts") and any("{" in listing for listing in source.listings)
    starts: list[str] = module.starts(source, task.today) if dated else list(source.listings)
    today = starts[: len(source.listings)] if daily else []
    missing: list[LookError] = []
    failed: list[LookError] = []
    for start in starts:
        if (
            daily
            and start not in today
            and start in memory.listings
            and not _is_deep_night(source, task.today)
        ):
            # Yesterday's paper was read yesterday.
            found.listings[start] = memory.listings[start]
            found.links.update((link.url, link) for link in memory.links if link.found_on == start)
            continue
        try:
            if hasattr(module, "columns"):
                await _walk_portal(source, task, visit, memory, found, module, start)
                continue
            await _walk_listing(source, task, visit, memory, found, module, start)
        except LookError as error:
            # No paper on a holiday is no failure; no paper on any of the days is one.
            (missing if daily and error.reason == "not_found" else failed).append(error)
    if failed:
        raise failed[0]
    if daily and len(missing) == len(starts):
        raise missing[0]


def _not_asked(source: Source, task: _Task) -> str:
    """Why a second place is left alone this night; empty where it is asked. What is asked for everything (backfill)
    is always asked."""
    if not source.is_second or task.to_the_end:
        return ""
    if not seasons.in_season(source.season, task.today):
        return "out of season: a second place was not asked"
    if _held_in_full(source, task, seasons.report_year(task.today)):
        return "the report is held: a second place was not asked"
    return ""


def _rests(source: Source, task: _Task, memory: Memory) -> bool:
    """Whether a place that keeps its pages was asked lately. The nights are not the same for all."""
    if source.place not in _KEEPS_ITS_PAGES or not source.is_second or task.to_the_end:
        return False
    failed = memory.failed.get(source.listings[0])
    if failed is not None:
        return task.today < failed.again_on
    return memory.asked is not None and _week(source, memory.asked) == _week(source, task.today)


def _week(source: Source, day: date) -> int:
    return (day.toordinal() + zlib.crc32(source.id.encode())) // _NIGHTS_BETWEEN


def _as_last_time(source: Source, task: _Task, memory: Memory, found: _Findings) -> None:
    """What the last look that asked found is what there is to say. Raises LookError where that one failed."""
    failed = memory.failed.get(source.listings[0])
    if failed is not None:
        raise LookError(failed.reason, f"failed {failed.times} times; asked again on {failed.again_on}")
    found.notes.append(
        f"asked on {memory.asked}: a {source.place} keeps its pages and is not asked every night"
    )
    found.links.update((link.url, link) for link in memory.links)


async def _walk_portal(
    source: Source,
    task: _Task,
    visit: Visit,
    memory: Memory,
    found: _Findings,
    module: ModuleType,
    home: str,
) -> None:
    """A portal's columns that brought reports before; and in season its home page, which links the newest first. Where
    no column is known, or none can be read any more, they are searched for from the home page."""
    columns, failed = [], None
    for column in memory.columns.get(home, ()):
        try:
            await _walk_listing(source, task, visit, memory, found, module, column)
            columns.append(column)
        except LookError as error:
            found.notes.append(f"column {column}: {error.reason}: {error.detail}")
            failed = error
    found.columns[home] = tuple(columns)
    rested = memory.searched is None or task.today - memory.searched >= timedelta(days=_SEARCH_AGAIN_DAYS)
    search = not columns and (rested or failed is not None or task.to_the_end)
    # A congress's column may be that of last year's session.
    again = bool(columns) and rested and source.place == "congress"
    if columns and not search and not seasons.in_season(source.season, task.today):
        return
    page = await _home_page(task, visit, memory, found, module, home, anew=again)
    if page is None:
        return
    for link in _match(module.rows(page), source, task, home):
        found.links.setdefault(link.url, link)
    year = seasons.report_year(task.today)
    if search or (again and all(link.claim.report_year != year for link in found.links.values())):
        await _search(source, task, visit, found, module, home, page)
        # It ends at the first column with a report: its other pages are read as those of any listing.
        for column in found.columns[home]:
            if column not in columns:
                await _walk_listing(source, task, visit, replace(memory, listings={}), found, module, column)


async def _home_page(
    task: _Task,
    visit: Visit,
    memory: Memory,
    found: _Findings,
    module: ModuleType,
    home: str,
    *,
    anew: bool = False,
) -> Page | None:
    """None where it is as it was, unless asked for anew. Raises LookError for what is no home page."""
    before = Listing() if anew else memory.listings.get(home, Listing())
    answer = await visit.get(home, etag=before.etag, last_modified=before.last_modified, listing=True)
    found.skews.append(answer.skew)
    if answer.not_modified:
        found.links.update((link.url, link) for link in memory.links if link.found_on == home)
        found.listings[home] = before
        return None
    page = _page(answer, home)
    if not module.rows(page) and not module.columns(page):
        if is_empty_of_content(page):
            raise LookError("stub_listing", f"{home} has {len(answer.body)} bytes and no content")
        raise LookError(
            "layout_changed", f"{home} has neither articles nor columns that could lead to reports"
        )
    found.listings[home] = _listing(answer, task)
    return page


async def _search(
    source: Source, task: _Task, visit: Visit, found: _Findings, module: ModuleType, home: str, first: Page
) -> None:
    """Follow the likeliest links, best first, to the first page that lists a report of this region; bounded in depth
    and in pages. Pages that fail on the way are passed over."""
    found.searched = True
    known = found.columns[home]
    asked = {home, first.url, *known}
    most = module.MOST_PAGES + len(known)
    waiting = {column.url: (column.score, 1) for column in module.columns(first) if column.url not in asked}
    while waiting and len(asked) < most:
        url, (_, depth) = max(waiting.items(), key=lambda item: (item[1][0], -item[1][1]))
        del waiting[url]
        asked.add(url)
        try:
            page = _page(await visit.get(url, listing=True), url)
        except LookError:
            continue
        asked.add(page.url)
        if _match(module.rows(page), source, task, url):
            found.columns[home] = (url, *known)[:_MOST_COLUMNS]
            found.notes.append(f"reports found in the column {url}, {len(asked)} pages from the home page")
            return
        if depth < module.DEEPEST:
            for column in module.columns(page):
                if column.url not in asked and column.score > waiting.get(column.url, (0, 0))[0]:
                    waiting[column.url] = (column.score, depth + 1)
    found.notes.append(f"no column with a report within {len(asked)} pages of the home page")


async def _walk_listing(
    source: Source,
    task: _Task,
    visit: Visit,
    memory: Memory,
    found: _Findings,
    module: ModuleType,
    start: str,
) -> None:
    settings = task.settings
    known = set(memory.rows)
    deep = task.to_the_end or _is_deep_night(source, task.today)
    bound = settings.max_pages_back if task.to_the_end else settings.max_pages
    if hasattr(module, "of_a_congress"):
        bound = settings.max_pages_back  # a day's paper ends by itself
    before = Listing() if deep else memory.listings.get(start, Listing())
    answer = await visit.get(start, etag=before.etag, last_modified=before.last_modified, listing=True)
    found.skews.append(answer.skew)
    unchanged = answer.not_modified or (
        before.sha256 != "" and before.sha256 == hashlib.sha256(answer.body).hexdigest()
    )
    if unchanged:
        # Kept although not asked for: what was listed then is listed now.
        found.links.update((link.url, link) for link in memory.links if link.found_on == start)
        found.listings[start] = before
        found.rows += memory.rows
        return
    listing = _listing(answer, task)
    page = _page(answer, start)
    first = module.leads_to(page) if hasattr(module, "leads_to") else None
    if first is None:
        rows = _rows(page, answer, start, module)
    else:  # the index of a month's papers: what it was says nothing of the day's
        listing = Listing()
        page, rows = _read(await visit.get(first, listing=True), first, module)
    matched = _match(rows, source, task, start)
    if not matched and not memory.links:
        await _probe(source, task, visit, memory, found, module, start, rows)
    found.links.update((link.url, link) for link in matched)
    if hasattr(module, "of_a_congress") and not _worth_reading_on(task, memory, found, module, rows):
        found.notes.append(f"{start}: no word of a congress: the other pages were not asked for")
        found.listings[start] = listing
        found.rows += [_mark(row) for row in rows]
        return
    await _open_headlines(source, task, visit, known, found, module, page, rows, start)
    # A page that only leads to the rows stays the same when they change: it must not be taken for the
    # listing.
    asked = listing if rows else Listing()
    marks = here = [_mark(row) for row in rows]
    visited, url = {start}, start
    for _ in range(bound - 1):
        # Half the rows, not one: a row pinned to the top (置顶) was always seen before.
        seen_before = bool(here) and 2 * sum(mark in known for mark in here) >= len(here)
        try:
            following = module.following(page)
            if following is None or following in visited or (seen_before and not deep):
                break
            visited.add(following)
            url = following
            page, rows = _read(await visit.get(url, listing=True), url, module)
        except LookError as error:
            # The first page was read, so the look stands; but nothing of this listing is remembered, so that
            # the next one comes this way again.
            found.failures.append(Failure(source.id, "discover", error.reason, error.detail, task.now, url))
            return
        for link in _match(rows, source, task, start):
            found.links.setdefault(link.url, link)
        await _open_headlines(source, task, visit, known, found, module, page, rows, start)
        here = [_mark(row) for row in rows]
        marks = marks + here
    # An article that could not be opened is to be opened by the next look: it must come this way again.
    if not found.unopened:
        found.listings[start] = asked
        found.rows += marks


def _worth_reading_on(
    task: _Task, memory: Memory, found: _Findings, module: ModuleType, rows: list[Row]
) -> bool:
    """Whether the other pages of a day's paper may hold a report: its first page speaks of a congress, or did in the
    last weeks, or is a picture that says nothing."""
    if not rows or module.of_a_congress(rows):
        found.congress = found.congress or bool(rows)
        return True
    lately = memory.congress is not None and task.today - memory.congress <= timedelta(days=_CONGRESS_DAYS)
    return lately or found.congress or task.to_the_end


def _read(answer: Answer, asked: str, module: ModuleType) -> tuple[Page, list[Row]]:
    """The rows of a listing page; or, by name, why there are none."""
    page = _page(answer, asked)
    return page, _rows(page, answer, asked, module)


def _rows(page: Page, answer: Answer, asked: str, module: ModuleType) -> list[Row]:
    rows: list[Row] = module.rows(page)
    if rows or (getattr(module, "LEADS_ON", False) and module.following(page) is not None):
        return rows
    if is_empty_of_content(page):
        raise LookError("stub_listing", f"{asked} has {len(answer.body)} bytes and no content")
    raise LookError(
        "layout_changed", f"{asked} has none of the rows that {module.__name__.rpartition('.')[2]} knows"
    )


def _page(answer: Answer, asked: str) -> Page:
    """The page in an answer; or, by name, why it is none."""
    if is_challenge(answer.body):
        raise LookError("challenge_page", f"{answer.url} answers with a captcha or browser check")
    page = page_of(answer.body, answer.url, media_type=answer.media_type, charset=answer.charset)
    if answer.before and _is_root(answer.url) and not _is_root(asked):
        raise LookError("soft_404", f"{asked} redirects to the home page")
    if says_not_found(page):
        raise LookError("soft_404", f"{asked} says that there is no such page, with status 200")
    return page


def _is_root(url: str) -> bool:
    return urlsplit(url).path.strip("/").lower() in (
        "",
        "index.html",
        "index.htm",
        "index.shtml",
        "index.jsp",
    )


async def _open_headlines(
    source: Source,
    task: _Task,
    visit: Visit,
    known: set[str],
    found: _Findings,
    module: ModuleType,
    page: Page,
    rows: list[Row],
    start: str,
) -> None:
    """Where links carry a headline alone (newspapers), ask the articles themselves what they are: those that the platform
    thinks worth it, each once, a few a look."""
    if not hasattr(module, "worth_opening") or not seasons.in_season(source.season, task.today):
        return
    for row in module.worth_opening(page, rows):
        if found.opened >= module.MOST_OPENED:
            return
        if row.url in found.links or _mark(row) in known:
            continue
        found.opened += 1
        try:
            answer = await visit.get(row.url, listing=True)
            says = module.article(_page(answer, row.url))
        except LookError as error:
            found.failures.append(
                Failure(source.id, "discover", error.reason, error.detail, task.now, row.url)
            )
            # What is gone is gone; what failed otherwise is worth another look.
            found.unopened = found.unopened or error.reason != "not_found"
            continue
        for link in _match([replace(row, title=says.title)], source, task, start):
            found.links.setdefault(link.url, link)


async def _probe(
    source: Source,
    task: _Task,
    visit: Visit,
    memory: Memory,
    found: _Findings,
    module: ModuleType,
    start: str,
    rows: list[Row],
) -> None:
    """Ask for a page that cannot exist beside a listing that never brought anything. A site that answers with
    the same rows answers so to everything. Asked once a week at most. Raises LookError ``soft_404``."""
    if _is_root(start) or hasattr(module, "starts"):
        return
    if memory.probed is not None and task.today - memory.probed < timedelta(days=_PROBE_AGAIN_DAYS):
        return
    found.probed = True
    nowhere = urljoin(start, f"{secrets.token_hex(6)}.html")
    try:
        answer = await visit.get(nowhere, listing=True)
        others = module.rows(
            page_of(answer.body, answer.url, media_type=answer.media_type, charset=answer.charset)
        )
    except LookError:
        return
    here, there = {row.url for row in rows}, {row.url for row in others}
    if here and len(here & there) * 2 > len(here):
        raise LookError("soft_404", f"{start} is the page that the site gives for any address")


def _match(rows: list[Row], source: Source, task: _Task, start: str) -> list[Link]:
    links = []
    for row in rows:
        if row.published is not None and row.published > task.today + timedelta(days=2):
            row = replace(row, published=None)  # a date from the future is no date
        claim = claim_of(row, source)
        if claim is not None:
            links.append(Link(source.id, row.url, file_name(row.url), claim, start))
    return links


def _to_fetch(source: Source, task: _Task, memory: Memory, found: _Findings) -> tuple[Link, ...]:
    """Of the links seen, those to fetch now: wanted years, not held (or due to be looked at again), not
    resting."""
    first, last = task.years
    if source.is_second and source.place in _KEEPS_ITS_PAGES and not task.to_the_end:
        first = max(first, seasons.report_year(task.today))  # it is asked for the season's report alone
    chosen = []
    for link in found.links.values():
        year = link.claim.report_year
        if year is not None and not first <= year <= last and source.options.get("years") != "all":
            continue
        resting = memory.failed.get(link.url)
        if resting is not None and task.today < resting.again_on and not task.everything:
            found.notes.append(
                f"{link.url}: {resting.reason}, {resting.times} times; again on {resting.again_on}"
            )
            continue
        if task.everything or not task.archive.held(link.url) or _recheck_due(link, task, memory):
            chosen.append(link)
    return tuple(chosen)


def _recheck_due(link: Link, task: _Task, memory: Memory) -> bool:
    """Publishers correct reports in the first weeks: look again after so many days."""
    first = task.archive.held(link.url)[0].fetched_at
    age = (task.now - first).days
    return sum(1 for day in task.settings.recheck_days if age >= day) > memory.rechecks.get(link.url, 0)


def _blind(source: Source, task: _Task, memory: Memory) -> LookError | None:
    """Why a listing that was read, and names no report of any year, is an error in season; None where that is as it
    should be: the season's report came and may have scrolled off, or is not due yet in a second place (a newspaper's pages
    are new each day, a gazette's list begins anew each year)."""
    if not seasons.in_season(source.season, task.today):
        return None
    held = _held(source, task, seasons.report_year(task.today))
    if seasons.is_overdue(source.season, task.today) and not held:
        due = seasons.due_day(source.season, task.today.year)
        return LookError("blind_in_season", f"no report in the listing, due by {due}")
    if source.platform == "epaper":
        return None
    if memory.links:
        named = f"named {len(memory.links)} at the last look"
        return None if held else LookError("blind_in_season", f"no report in the listing, which {named}")
    if source.is_second or (held and _brought_it(source, task)):
        return None
    where = "in any column found from home page" if source.platform == "portal" else "in the listing"
    return LookError("blind_in_season", f"no report of any year {where}")


def _brought_it(source: Source, task: _Task) -> bool:
    """Whether the season's report came from this source."""
    year = seasons.report_year(task.today)
    return any(
        entry.source_id == source.id and entry.claim.report_year == year for entry in task.archive.entries()
    )


def _held(source: Source, task: _Task, year: int) -> bool:
    return any(
        entry.claim.region == source.region_name and entry.claim.report_year == year
        for entry in task.archive.entries()
    )


def _held_in_full(source: Source, task: _Task, year: int) -> bool:
    """Whether the whole report of a region and year is held, as far as titles tell. A city's newspaper prints the
    province's, too: what it calls 政府工作报告 alone does not count."""
    return any(
        entry.claim.region == source.region_name
        and entry.claim.report_year == year
        and entry.kind == "document"
        and entry.claim.edition not in ("abstract", "digest")
        and (_is_the_regions_own(entry.source_id, source) or bool(find_in(entry.claim.title or "")))
        for entry in task.archive.entries()
    )


def _is_the_regions_own(source_id: str, source: Source) -> bool:
    """Whether a place is the region's portal, gazette or congress, where a report without a region's name is its own."""
    code, _, place = source_id.partition("-")
    return code == source.region_code and (not place or place.rstrip("0123456789") in _KEEPS_ITS_PAGES)


def _clock_failures(source: Source, task: _Task, found: _Findings) -> list[Failure]:
    if not found.skews or abs(found.skews[0]) <= task.settings.max_clock_skew:
        return []
    detail = f"the server's clock is {found.skews[0] / 86_400:+.1f} days from ours"
    return [Failure(source.id, "discover", "clock_far_off", detail, task.now, source.listings[0])]


def _listing(answer: Answer, task: _Task) -> Listing:
    trusted = abs(answer.skew) <= task.settings.max_clock_skew
    return Listing(
        etag=answer.headers.get("etag", ""),
        last_modified=answer.headers.get("last-modified", "") if trusted else "",
        sha256=hashlib.sha256(answer.body).hexdigest(),
    )


def _store(
    source: Source, task: _Task, memory: Memory, found: _Findings, *, asked: bool, is_blind: bool
) -> None:
    if is_blind and memory.links:
        # What it named before stays known, and how it looked then: the error stays one until it names reports again.
        found = replace(found, links={link.url: link for link in memory.links}, listings={}, rows=[])
    # Links that are gone from the listing stay known while there is hope to fetch them.
    kept = {link.url: link for link in memory.links if _hoped_for(link, task, memory)}
    kept.update(found.links)
    rows = tuple(dict.fromkeys([*found.rows, *memory.rows]))[:_ROWS_REMEMBERED]
    fresh = replace(
        memory,
        made_by=_made_by(source),
        listings={**memory.listings, **found.listings} if source.platform != "epaper" else found.listings,
        rows=rows,
        links=tuple(kept.values()),
        probed=task.today if found.probed else memory.probed,
        columns={**memory.columns, **found.columns},
        searched=task.today if found.searched else memory.searched,
        congress=task.today if found.congress else memory.congress,
    )
    if asked and source.is_second and source.place in _KEEPS_ITS_PAGES:
        failed = {url: failure for url, failure in fresh.failed.items() if url != source.listings[0]}
        fresh = replace(fresh, failed=failed, asked=task.today)
    if fresh != memory:
        remember(task.archive, source.id, fresh)


def _store_failed(source: Source, task: _Task, memory: Memory, error: LookError) -> None:
    """Of a look that failed, only what saves the next one requests."""
    if source.is_second and source.place in _KEEPS_ITS_PAGES:
        fresh = replace(memory, asked=task.today, made_by=_made_by(source))
        remember(task.archive, source.id, after_failure(fresh, source.listings[0], error.reason, task.today))


def _hoped_for(link: Link, task: _Task, memory: Memory) -> bool:
    failed = memory.failed.get(link.url)
    return not task.archive.held(link.url) and failed is not None and failed.times < _GIVE_UP_AFTER


def _fresh(memory: Memory, source: Source) -> Memory:
    """Without what an older platform module or another entry read off the listing; failures are still
    failures."""
    if memory.made_by == _made_by(source):
        return memory
    return Memory(failed=memory.failed, rechecks=memory.rechecks)


def _made_by(source: Source) -> str:
    entry = repr((source.platform, source.listings, source.title_pattern, sorted(source.options.items())))
    return hashlib.sha256((entry + _code_of(source.platform)).encode()).hexdigest()[:16]


@cache
def _code_of(name: str) -> str:
    from scrapers import pages, titles

    return "".join(inspect.getsource(module) for module in (platform(name), pages, titles))


def _is_deep_night(source: Source, today: date) -> bool:
    """One night in seven, in season; not the same for all."""
    return (
        seasons.in_season(source.season, today)
        and (today.toordinal() + zlib.crc32(source.id.encode())) % 7 == 0
    )


def _mark(row: Row) -> str:
    return hashlib.sha256(f"{row.url}\n{row.title}".encode()).hexdigest()[:12]


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
            link = Link(source.id, url, name, item.claim, source.listings[0], item.origin)
            if everything or not _file_is_held(link, archive, settings):
                links.append(link)
    except LookError as error:
        return Look(run_id, source.id, None, now, ok=False, error=error.reason, detail=error.detail)
    return Look(
        run_id, source.id, None, now, ok=True, links_seen=seen, links=tuple(links), failures=tuple(failures)
    )


def _file_is_held(link: Link, archive: Archive, settings: FetchSettings) -> bool:
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
