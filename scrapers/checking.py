"""Try sources live and say what was found: the work behind `cityreports sources check`."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from scrapers.archive import Archive
from scrapers.discovery import discover
from scrapers.failures import REASONS
from scrapers.model import Look, Season, Source
from scrapers.settings import FetchSettings
from scrapers.sources import REGISTRY, RegistryError

_NOTHING_THERE = frozenset({"name_not_found", "no_network"})


@dataclass(frozen=True, slots=True)
class Check:
    """What one source answered. works: its listing was read and names a report of its region. titles: the
    reports it names, as its page has them. found_on: the page that names the first (a portal's column, say). advice:
    what to do, where something is to be done."""

    source_id: str
    region_name: str
    works: bool
    error: str | None
    detail: str
    titles: tuple[str, ...]
    requests: int
    advice: str
    place: str = "portal"
    platform: str = ""
    found_on: str = ""

    @property
    def result(self) -> str:
        """In one word: ``works``, ``no report``, or the failure's name."""
        return "works" if self.works else self.error or "no report"

    def found(self) -> str:
        """What is written into an entry that works."""
        count = f"{len(self.titles)} report{'s' if len(self.titles) != 1 else ''}"
        return f"{count} on {self.found_on}, the first: {self.titles[0]}"

    def line(self) -> str:
        """The result in one line."""
        if self.works:
            return f"{self.source_id} {self.region_name}: works, {self.found()}"
        if self.error:
            return f"{self.source_id} {self.region_name}: {self.error}: {self.detail} ({self.advice})"
        return f"{self.source_id} {self.region_name}: reached, names no report ({self.advice})"


COLUMNS = (
    "id",
    "region",
    "place",
    "platform",
    "result",
    "reports",
    "first",
    "found on",
    "requests",
    "detail",
    "advice",
)


def as_row(check: Check) -> tuple[object, ...]:
    """A check under ``COLUMNS``."""
    first = check.titles[0] if check.titles else ""
    return (
        check.source_id, check.region_name, check.place, check.platform, check.result, len(check.titles), first,
        check.found_on, check.requests, check.detail, check.advice,
    )  # fmt: skip


def advice_lines(checks: Sequence[Check]) -> list[str]:
    """What to do about those that do not work, one line a kind of failure, the commonest first."""
    kinds: dict[tuple[str, str], list[str]] = {}
    for check in checks:
        if not check.works:
            kinds.setdefault((check.result, check.advice), []).append(check.source_id)
    lines = []
    for (result, advice), ids in sorted(kinds.items(), key=lambda item: -len(item[1])):
        named = ", ".join(ids[:8]) + (", …" if len(ids) > 8 else "")
        lines.append(f"{result} ({len(ids)}): {advice}: {named}")
    return lines


def check_sources(sources: Sequence[Source], *, settings: FetchSettings, now: datetime) -> list[Check]:
    """Look at each source as a night in season would, with an empty memory and nothing kept."""
    all_year = Season(starts=(1, 1), ends=(12, 31), due=(12, 31))
    with tempfile.TemporaryDirectory(prefix="cityreports-check-") as scratch:
        looks = discover(
            [replace(source, season=all_year) for source in sources],
            archive=Archive(scratch),
            run_id="check",
            batch="check",
            settings=settings,
            now=now,
            years=(1979, now.year + 1),
        )
    return [_check(source, look) for source, look in zip(sources, looks, strict=True)]


def no_network(checks: Sequence[Check]) -> bool:
    """Whether it looks as if this machine had no network: not one of the sources' hosts could be reached."""
    return bool(checks) and all(check.error in _NOTHING_THERE for check in checks)


def _check(source: Source, look: Look) -> Check:
    titles = tuple(link.claim.title or link.file for link in look.links)
    if look.error and look.error != "blind_in_season":
        advice = REASONS[look.error][1]
    elif not titles:
        advice = "find the column 政府工作报告 on the portal and put its address into listings"
    else:
        advice = ""
    return Check(
        source_id=source.id,
        region_name=source.region_name,
        works=look.ok and bool(titles),
        error=None if look.error == "blind_in_season" else look.error,
        detail=look.detail,
        titles=titles,
        requests=look.requests,
        advice=advice,
        place=source.place,
        platform=source.platform,
        found_on=look.links[0].found_on if look.links else "",
    )


def record_verified(checks: Sequence[Check], today: date, directory: Path = REGISTRY) -> list[str]:
    """Write ``verified: <today>`` and ``found: …`` into the entries of sources that work; returns their ids. All else in
    the files stays as it is, comments included. ``directory`` may be one file.

    Raises RegistryError when an entry cannot be found in the form in which the files are written.
    """
    files = [directory] if directory.is_file() else sorted(directory.glob("*.yml"))
    working = [check for check in checks if check.works]
    for check in working:
        code, _, place = check.source_id.partition("-")
        for file in files:
            text = file.read_text(encoding="utf-8")
            changed = _with_verified(text, code, place, today, check.found())
            if changed is not None:
                with tempfile.NamedTemporaryFile(
                    "w", encoding="utf-8", dir=file.parent, prefix=f".{file.name}.", delete=False
                ) as draft:
                    draft.write(changed)
                Path(draft.name).chmod(file.stat().st_mode)
                Path(draft.name).replace(file)
                break
        else:
            raise RegistryError(f"{check.source_id}: no entry with a line 'verified:' in {directory}")
    return [check.source_id for check in working]


def _with_verified(text: str, code: str, place: str, today: date, found: str) -> str | None:
    """The text of a file with one entry's lines ``verified`` and ``found`` set; None when the entry is not in it."""
    entry = re.search(rf'^  - code: "{code}"\n(?:    .*\n|\n)*', text, re.M)
    if entry is None:
        return None
    if not place:
        start, indent = entry.start(), 4
    else:
        kind, number = re.fullmatch(r"([a-z]+)(\d*)", place).groups()  # type: ignore[union-attr]
        places = list(re.finditer(rf"^      - place: {kind}\n", entry[0], re.M))
        if len(places) < int(number or 1):
            return None
        start, indent = entry.start() + places[int(number or 1) - 1].start(), 8
    margin = " " * indent
    line = re.compile(rf"^{margin}verified: .*(?:\n{margin}found: .*)?$", re.M).search(
        text, start, entry.end()
    )
    if line is None:
        return None
    # A JSON string is a YAML string, whatever a page's title holds.
    said = json.dumps(" ".join(found.split()), ensure_ascii=False)
    return f"{text[: line.start()]}{margin}verified: {today.isoformat()}\n{margin}found: {said}{text[line.end() :]}"
