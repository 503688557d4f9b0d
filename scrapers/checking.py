"""Try sources live and say what was found: the work behind `cityreports sources check`."""

from __future__ import annotations

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
    newest reports it names. advice: what to do, where something is to be done."""

    source_id: str
    region_name: str
    works: bool
    error: str | None
    detail: str
    titles: tuple[str, ...]
    requests: int
    advice: str

    def line(self) -> str:
        """The result in one line."""
        if self.works:
            found = f"{len(self.titles)} reports; newest: {self.titles[0]}"
            return f"{self.source_id} {self.region_name}: works, {found}"
        if self.error:
            return f"{self.source_id} {self.region_name}: {self.error}: {self.detail} ({self.advice})"
        return f"{self.source_id} {self.region_name}: reached, names no report ({self.advice})"


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
    )


def record_verified(checks: Sequence[Check], today: date, directory: Path = REGISTRY) -> list[str]:
    """Write ``verified: <today>`` into the entries of sources that work; returns their ids. All else in the
    files stays as it is, comments included.

    Raises RegistryError when an entry cannot be found in the form in which the files are written.
    """
    working = [check.source_id for check in checks if check.works]
    for source_id in working:
        code, _, place = source_id.partition("-")
        for file in sorted(directory.glob("*.yml")):
            text = file.read_text(encoding="utf-8")
            changed = _with_verified(text, code, place, today)
            if changed is not None:
                file.write_text(changed, encoding="utf-8")
                break
        else:
            raise RegistryError(f"{source_id}: no entry with a line 'verified:' in {directory}")
    return working


def _with_verified(text: str, code: str, place: str, today: date) -> str | None:
    """The text of a file with one entry's verified line set; None when the entry is not in it."""
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
    line = re.compile(rf"^ {{{indent}}}verified: .*$", re.M).search(text, start, entry.end())
    if line is None:
        return None
    return f"{text[: line.start()]}{' ' * indent}verified: {today.isoformat()}{text[line.end() :]}"
