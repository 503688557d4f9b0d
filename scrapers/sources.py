"""The registry: which places are watched. ``scrapers/sources/<province>.yml``, one entry a region.

A file that does not fit the schema stops the run with every mistake listed: a source left out in silence is
the failure that this room exists to prevent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from extraction.model import EDITIONS
from extraction.regions import by_code, by_name
from scrapers import platforms
from scrapers.model import REPORTS_TITLE, Season, Source, TlsException
from scrapers.season import in_season

REGISTRY = Path(__file__).resolve().parent / "sources"

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class RegistryError(Exception):
    """The registry cannot be used; the message lists each mistake with file and entry."""


def _month_day(value: Any) -> Any:
    """``03-31`` as (3, 31)."""
    if isinstance(value, str) and re.fullmatch(r"\d{2}-\d{2}", value):
        month, day = int(value[:2]), int(value[3:])
        try:
            date(2024, month, day)
        except ValueError:
            raise ValueError(f"{value!r} is no day of the year") from None
        return (month, day)
    raise ValueError(f"{value!r} is not written MM-DD in quotes")


MonthDay = Annotated[tuple[int, int], BeforeValidator(_month_day)]


#: What ``options`` of an entry may hold; docs/sources.md says what each is for.
OPTIONS = ("years", "edition", "url_pattern")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SeasonEntry(_Strict):
    starts: MonthDay = (12, 20)
    ends: MonthDay = (4, 30)
    due: MonthDay = (3, 31)

    @model_validator(mode="after")
    def _due_within(self) -> SeasonEntry:
        if not in_season(Season(self.starts, self.ends, self.due), date(2024, *self.due)):
            starts, ends, due = (f"{month:02}-{day:02}" for month, day in (self.starts, self.ends, self.due))
            raise ValueError(f"due {due} lies outside {starts} … {ends}")
        return self


class TlsEntry(_Strict):
    reason: str = Field(min_length=10)
    until: date


class PlaceEntry(_Strict):
    """A place where a region's reports appear: the region's portal, or a second place."""

    platform: str
    listings: list[str] = Field(min_length=1)
    title_pattern: str | None = None  # None: what the platform says, else what a report is called
    options: dict[str, str] = {}
    tls: TlsEntry | None = None
    local: bool = False
    verified: date | None = None
    found: str = ""  # what `sources check --record` saw that day
    note: str = ""

    @model_validator(mode="after")
    def _usable(self) -> PlaceEntry:
        if self.platform not in platforms.names():
            raise ValueError(f"platform {self.platform!r} is none of {', '.join(platforms.names())}")
        for listing in self.listings:
            if self.platform != "folder" and not re.match(r"https?://[^/\s]+\S*$", listing):
                raise ValueError(f"listing {listing!r} is no http(s) address")
        for option in self.options:
            if option not in OPTIONS:
                raise ValueError(f"option {option!r} is none of {', '.join(OPTIONS)}")
        if self.options.get("edition", "full") not in EDITIONS:
            raise ValueError(f"edition {self.options['edition']!r} is none of {', '.join(EDITIONS)}")
        if self.options.get("years", "all") != "all":
            raise ValueError(f"years {self.options['years']!r}: only 'all' is known, or leave it out")
        for name, pattern in (
            ("title_pattern", self.title_pattern),
            ("url_pattern", self.options.get("url_pattern")),
        ):
            try:
                if pattern is not None and re.search(pattern, ""):
                    raise ValueError(f"{name} {pattern!r} fits every title")
            except re.error as error:
                raise ValueError(f"{name} {pattern!r}: {error}") from None
        return self


class FallbackEntry(PlaceEntry):
    place: Literal["newspaper", "gazette", "congress", "portal"]


class RegionEntry(PlaceEntry):
    code: str
    name: str
    season: SeasonEntry = SeasonEntry()
    fallbacks: list[FallbackEntry] = []

    @model_validator(mode="after")
    def _known(self) -> RegionEntry:
        region = by_code(self.code)
        if region is None or region.valid_to is not None:
            raise ValueError(f"code {self.code!r} is no region of today")
        if region.name != self.name:
            raise ValueError(f"code {self.code} is {region.name}, not {self.name}")
        return self


class ProvinceFile(_Strict):
    province: str
    sources: list[RegionEntry]

    @model_validator(mode="after")
    def _within(self) -> ProvinceFile:
        """Where the file is named after a province, its entries lie there; a file of one's own may have any name."""
        province = by_name(self.province) or by_code(self.province)
        for entry in self.sources:
            region = by_code(entry.code)
            if province is None or region is None or province.code in (region.code, region.province_code):
                continue
            there = by_code(region.province_code or "")
            where = there.name if there else "no province"
            raise ValueError(f"province: {self.province}, and {entry.code} {entry.name} lies in {where}")
        return self


def load_sources(
    directory: Path | str | None = None,
    *,
    province: str | None = None,
    ids: Iterable[str] | None = None,
    base_url: str = "",
) -> list[Source]:
    """The sources of a directory of YAML files (or of one file), in the order of the files.

    directory   default: the registry that comes with the project
    province    keep one province's: code, full or short name
    ids         keep these sources; a region's code means all its places
    base_url    stands in for ``{base_url}`` in listings (sites whose port is known only when they run)

    Raises RegistryError with all mistakes at once, also when province or an id names nothing.
    """
    root = Path(directory) if directory is not None else REGISTRY
    files = [root] if root.is_file() else sorted(root.glob("*.yml"))
    if not files:
        raise RegistryError(f"{root}: no source files (*.yml)")
    mistakes: list[str] = []
    sources: list[Source] = []
    for file in files:
        try:
            data = yaml.load(file.read_text(encoding="utf-8").replace("{base_url}", base_url), Loader=_LOADER)  # noqa: S506
            parsed = ProvinceFile.model_validate(data)
        except yaml.YAMLError as error:
            mistakes.append(f"{file.name}: {error}")
            continue
        except UnicodeDecodeError:
            mistakes.append(f"{file.name}: is no text in UTF-8")
            continue
        except ValidationError as error:
            mistakes += [f"{file.name}: {line}" for line in _explain(error, data)]
            continue
        for entry in parsed.sources:
            sources += _of_entry(entry)
    mistakes += [f"{name}: this id stands twice" for name in _twice(source.id for source in sources)]
    if mistakes:
        raise RegistryError("The source registry has mistakes:\n  " + "\n  ".join(mistakes))
    if province is not None:
        sources = _of_province(sources, province)
    if ids is not None:
        sources = _of_ids(sources, list(ids))
    return sources


def folder_source(folder: Path | str) -> Source:
    """A folder of reports as a source."""
    path = Path(folder).resolve()
    return Source(
        id=f"folder:{path.name}",
        region_code=None,
        region_name="",
        province="",
        platform="folder",
        listings=(str(path),),
        place="folder",
        local=True,
    )


def batches(sources: Iterable[Source]) -> dict[str, list[Source]]:
    """Sources by batch, as tasks are mapped over them: one batch a province (its code), ``folder`` for
    folders."""
    result: dict[str, list[Source]] = {}
    for source in sources:
        result.setdefault(source.province or "folder", []).append(source)
    return result


def _of_entry(entry: RegionEntry) -> list[Source]:
    region = by_code(entry.code)
    assert region is not None
    season = Season(entry.season.starts, entry.season.ends, entry.season.due)
    counts: dict[str, int] = {}
    result = []
    for place in (entry, *entry.fallbacks):
        kind = place.place if isinstance(place, FallbackEntry) else "portal"
        counts[kind] = counts.get(kind, 0) + 1
        suffix = "" if place is entry else f"-{kind}" + (str(counts[kind]) if counts[kind] > 1 else "")
        result.append(
            Source(
                id=entry.code + suffix,
                region_code=entry.code,
                region_name=entry.name,
                province=region.province_code or region.code,  # the nation is a province to itself
                platform=place.platform,
                listings=tuple(place.listings),
                place=kind,
                title_pattern=_title_pattern(place),
                season=season,
                local=place.local,
                options=dict(place.options),
                tls=TlsException(place.tls.reason, place.tls.until) if place.tls else None,
                verified=place.verified,
                note=place.note,
            )
        )
    return result


def _title_pattern(place: PlaceEntry) -> str:
    if place.title_pattern is not None:
        return place.title_pattern
    pattern: str = getattr(platforms.platform(place.platform), "TITLE_PATTERN", REPORTS_TITLE)
    return pattern


def _of_province(sources: list[Source], province: str) -> list[Source]:
    region = by_code(province) or by_name(province)
    code = (region.province_code or region.code) if region else None
    kept = [source for source in sources if source.province == code]
    if not kept:
        raise RegistryError(f"no source of province {province!r}: give its code (140000) or name (山西省)")
    return kept


def _of_ids(sources: list[Source], ids: list[str]) -> list[Source]:
    kept = [source for source in sources if source.id in ids or source.region_code in ids]
    found = {source.id for source in kept} | {source.region_code for source in kept}
    missing = [name for name in ids if name not in found]
    if missing:
        raise RegistryError(f"no such source: {', '.join(missing)} (`cityreports sources list` shows them)")
    return kept


def _twice(names: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    return [name for name in names if name in seen or seen.add(name)]  # type: ignore[func-returns-value]


def _explain(error: ValidationError, data: Any) -> list[str]:
    """Each mistake with the name of the entry instead of its number."""
    lines = []
    for mistake in error.errors():
        location = list(mistake["loc"])
        where = ""
        if len(location) >= 2 and location[0] == "sources" and isinstance(location[1], int):
            entry = data["sources"][location[1]]
            name = f"{entry.get('code', '?')} {entry.get('name', '')}" if isinstance(entry, dict) else "?"
            where = f"entry {location[1] + 1} ({name.strip()}): "
            location = location[2:]
        field = ".".join(str(part) for part in location)
        lines.append(f"{where}{field + ': ' if field else ''}{_in_words(mistake)}")
    return lines


def _in_words(mistake: Any) -> str:
    """What pydantic found, as somebody who writes YAML would say it."""
    kind, given = mistake["type"], mistake["input"]
    match kind:
        case "extra_forbidden":
            near = get_close_matches(
                str(mistake["loc"][-1]), [*RegionEntry.model_fields, "province", "sources"], 1
            )
            return "no such key" + (f"; did you mean {near[0]}?" if near else "")
        case "missing":
            return "is missing"
        case "too_short":
            return "is empty"
        case "string_type" if isinstance(given, int) and not isinstance(given, bool):
            return f'{given} is a number; write it in quotes: "{given}"'
        case "list_type":
            return "a list is wanted: […]"
        case "bool_type" | "bool_parsing":
            return f"{given!r} is neither true nor false"
        case "model_type" | "model_attributes_type" | "dict_type":
            return "keys and values are wanted: name: …"
        case _ if kind.startswith("date"):
            return f"{given!r} is no day (2026-11-22)"
    return str(mistake["msg"].removeprefix("Value error, "))
