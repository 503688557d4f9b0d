"""The catalogue: which metrics there are, what they are called, and what they are not.

One YAML file a domain beside this module, one entry a metric; ``docs/adding-a-metric.md`` explains the
fields. The catalogue is data: a new metric is an entry and golden cases, no code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml

from extraction.units import UnitError, parse_unit

DIRECTORY = Path(__file__).parent

#: File names without ``.yml``; an entry's domain is the name of its file.
DOMAINS = (
    "economy",
    "fiscal",
    "industry",
    "investment",
    "consumption",
    "trade",
    "income",
    "employment",
    "prices",
    "agriculture",
    "rural",
    "urban",
    "transport",
    "housing",
    "energy",
    "environment",
    "innovation",
    "education",
    "health",
    "social",
    "culture",
    "tourism",
    "population",
    "safety",
    "finance",
    "digital",
    "governance",
)

#: flow   a year's amount: 达到5000亿元 is that year's level
#: stock  a state at a date: 森林覆盖率, 博物馆数, 高速公路里程
#: rate   a share, ratio, index, price or concentration
#: count  things done within the period, adding up over years: 新增就业, 新建学校
KINDS = ("flow", "stock", "rate", "count")
DIRECTIONS = ("higher", "lower", "neither")

#: Groups of verbs that ``needs`` may name; their words are the engine's.
VERB_GROUPS = ("@build", "@add", "@finish", "@open")

PLAUSIBLE_KEYS = ("level", "growth_rate", "change_pp")

#: Classifiers that may be written for what is counted in the canonical unit; ``written_units`` overrides.
COUNTERS = {
    "个": ("个", "处", "座", "所", "家", "项"),
    "家": ("家", "户", "个"),
    "户": ("户", "家", "个"),
    "所": ("所", "个", "座", "家"),
    "座": ("座", "个", "处", "所", "家"),
    "处": ("处", "个", "座", "项"),
    "条": ("条", "个"),
    "项": ("项", "个", "件"),
    "件": ("件", "项", "个", "部"),
    "台": ("台", "部", "辆", "个"),
    "辆": ("辆", "台"),
    "套": ("套", "户", "间"),
    "张": ("张", "个", "床"),
    "场": ("场", "场次", "次", "个"),
    "列": ("列", "班", "趟", "列次"),
    "对": ("对", "个"),
    "起": ("起", "件", "例", "宗"),
    "头": ("头",),
    "只": ("只",),
}

_REQUIRED = (
    "code",
    "name_zh",
    "name_en",
    "unit",
    "kind",
    "aliases",
    "direction",
    "definition",
    "source",
    "plausible",
)
_OPTIONAL = ("growth_only", "level_only", "needs", "not", "written_units", "decimals")
_CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_FULL_WIDTH = re.compile(r"[\s\u3000\uff01-\uff5e]")
_LIMIT = 600  # spellings that one pattern may expand to


class CatalogueError(ValueError):
    """The catalogue is wrong. Names the file, the code and the field, and says what to write instead."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of the catalogue.

    aliases        every spelling of the noun phrase's head, longest first: no region, no time, no white
                   space, half-width, simplified; those of growth_only and level_only are among them
    growth_only    aliases from which only growth may be read (经济增长5%)
    level_only     aliases from which only a level may be read (经济总量)
    needs          one of these words or verb groups (``@build`` …) must stand in the phrase; empty: none
    not_           words that make the phrase another thing, wherever they stand in it
    written_units  when not empty, a level counts only if written with one of these units (改造老旧小区: 个
                   counts communities, 户 households); growth rates are not bound by it. Filled from COUNTERS
                   where the entry counts things and names none
    plausible      by ``level`` (canonical unit), ``growth_rate`` (%), ``change_pp`` (points): (low, high)
    decimals       digits after the point that are shown
    """

    code: str
    name_zh: str
    name_en: str
    domain: str
    unit: str
    kind: str
    aliases: tuple[str, ...]
    growth_only: tuple[str, ...]
    level_only: tuple[str, ...]
    needs: tuple[str, ...]
    not_: tuple[str, ...]
    written_units: tuple[str, ...]
    direction: str
    definition: str
    source: str
    decimals: int
    plausible: dict[str, tuple[float, float]] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All metrics in the order of DOMAINS and files, and the same by code."""

    metrics: tuple[Metric, ...]
    by_code: dict[str, Metric]


def expand(pattern: str) -> tuple[str, ...]:
    """All spellings of a pattern: ``[x|y]`` is optional, ``{x|y}`` a choice; both may be nested.

    ``[地区|国内]生产总值`` → 生产总值, 地区生产总值, 国内生产总值. Raises ValueError on unbalanced brackets,
    on an empty choice and where one pattern makes over 600 spellings.
    """
    spellings, rest = _sequence(pattern, 0)
    if rest != len(pattern):
        raise ValueError(f"{pattern!r}: {pattern[rest]!r} closes nothing")
    if "" in spellings:
        raise ValueError(f"{pattern!r}: may not be empty as a whole")
    return tuple(dict.fromkeys(spellings))


_SPECIAL = re.compile(r"[\[\]{}|]")


def _sequence(pattern: str, position: int) -> tuple[list[str], int]:
    """Spellings of one alternative, up to ``|`` or the closing bracket (not consumed)."""
    spellings = [""]
    while position < len(pattern):
        special = _SPECIAL.search(pattern, position)
        literal = pattern[position : special.start() if special else len(pattern)]
        if literal:
            spellings = [head + literal for head in spellings]
            position += len(literal)
        elif pattern[position] in "[{":
            options, position = _group(pattern, position)
            spellings = [head + tail for head in spellings for tail in options]
            if len(spellings) > _LIMIT:
                raise ValueError(f"{pattern!r}: over {_LIMIT} spellings; split it")
        else:
            break
    return spellings, position


def _group(pattern: str, position: int) -> tuple[list[str], int]:
    """Spellings of the bracket that opens at ``position``, and where the text goes on after it."""
    opener = pattern[position]
    closer = "]" if opener == "[" else "}"
    options: list[str] = [""] if opener == "[" else []
    while True:
        spellings, position = _sequence(pattern, position + 1)
        if spellings == [""]:
            raise ValueError(f"{pattern!r}: empty choice; for something optional use [ ]")
        options += spellings
        if position >= len(pattern) or pattern[position] not in "|" + closer:
            raise ValueError(f"{pattern!r}: {opener!r} is not closed by {closer!r}")
        if pattern[position] == closer:
            return options, position + 1


@cache
def load_catalogue(directory: Path | None = None) -> Catalogue:
    """The catalogue of ``directory`` (default: the project's own), validated and cached.

    Raises CatalogueError where an entry is wrong, a code stands twice, or two metrics share an alias and
    nothing tells them apart.
    """
    root = directory or DIRECTORY
    metrics: list[Metric] = []
    by_code: dict[str, Metric] = {}
    for path in sorted(root.glob("*.yml"), key=_domain_order):
        for metric in _read(path):
            if metric.code in by_code:
                first = by_code[metric.code].domain
                raise CatalogueError(
                    f"{path.name}: {metric.code}: code: stands already in {first}.yml; choose another"
                )
            by_code[metric.code] = metric
            metrics.append(metric)
    if not metrics:
        raise CatalogueError(f"{root}: no entries; the catalogue is missing from the installation")
    _check_shared_aliases(metrics)
    return Catalogue(tuple(metrics), by_code)


def _domain_order(path: Path) -> tuple[int, str]:
    return (DOMAINS.index(path.stem) if path.stem in DOMAINS else len(DOMAINS), path.name)


def _read(path: Path) -> Iterator[Metric]:
    if path.stem not in DOMAINS:
        raise CatalogueError(
            f"{path.name}: unknown domain {path.stem!r}; add it to DOMAINS or rename the file"
        )
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        entries = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        raise CatalogueError(f"{path.name}: not readable as YAML: {error}") from error
    if not isinstance(entries, list):
        raise CatalogueError(f"{path.name}: must be a list of entries, each beginning with '- code:'")
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict) or not isinstance(entry.get("code"), str):
            raise CatalogueError(f"{path.name}: entry {number}: must be a mapping with a 'code'")
        yield _metric(path, entry)


def _metric(path: Path, entry: dict[str, Any]) -> Metric:
    code = entry["code"]

    def wrong(name: str, why: str) -> CatalogueError:
        return CatalogueError(f"{path.name}: {code}: {name}: {why}")

    if not _CODE.fullmatch(code):
        raise wrong("code", "must be lower case words joined by _, like 'exports'")
    for name in entry:
        if name not in _REQUIRED and name not in _OPTIONAL:
            raise wrong(str(name), f"unknown field; known are {', '.join(_REQUIRED + _OPTIONAL)}")
    for name in _REQUIRED:
        if entry.get(name) in (None, [], {}) or (name != "unit" and entry[name] == ""):
            raise wrong(name, "is missing or empty")
    for name in ("name_zh", "name_en", "unit", "definition", "source"):
        if not isinstance(entry[name], str):
            raise wrong(name, f"must be text; put {entry[name]!r} in quotes")
    for name, allowed in (("kind", KINDS), ("direction", DIRECTIONS)):
        if entry[name] not in allowed:
            raise wrong(name, f"{entry[name]!r} is none of {', '.join(allowed)}")
    decimals = entry.get("decimals", 2)
    if not isinstance(decimals, int) or not 0 <= decimals <= 6:
        raise wrong("decimals", f"{decimals!r} is no whole number from 0 to 6")
    try:
        dimension = parse_unit(entry["unit"]).dimension
    except UnitError as error:
        raise wrong("unit", str(error)) from error

    def texts(name: str) -> tuple[str, ...]:
        values = entry.get(name, [])
        if not isinstance(values, list) or not all(isinstance(value, str) and value for value in values):
            raise wrong(name, "must be a list of texts; quote what begins with [ { @ %")
        return tuple(values)

    def spellings(name: str) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for pattern in texts(name):
            if _FULL_WIDTH.search(pattern):
                raise wrong(name, f"{pattern!r}: write it half-width and without white space")
            try:
                found.update(dict.fromkeys(expand(pattern)))
            except ValueError as error:
                raise wrong(name, str(error)) from error
        return tuple(found)

    growth_only, level_only = spellings("growth_only"), spellings("level_only")
    both = set(growth_only) & set(level_only)
    if both:
        raise wrong("level_only", f"{', '.join(sorted(both))} is in growth_only, too; keep it in one of them")
    aliases = sorted({*spellings("aliases"), *growth_only, *level_only}, key=lambda text: (-len(text), text))
    for need in texts("needs"):
        if need.startswith("@") and need not in VERB_GROUPS:
            raise wrong("needs", f"unknown verb group {need}; known are {', '.join(VERB_GROUPS)}")
    for unit in texts("written_units"):
        try:
            other = parse_unit(unit).dimension
        except UnitError as error:
            raise wrong("written_units", str(error)) from error
        if other != dimension:
            raise wrong(
                "written_units", f"{unit} measures {other}, the metric's {entry['unit']!r} {dimension}"
            )
    written = texts("written_units")
    if not written and dimension == "count":
        classifier = entry["unit"].lstrip("万亿")
        if classifier not in COUNTERS:
            raise wrong("written_units", f"say which classifiers count it, or add {classifier} to COUNTERS")
        written = COUNTERS[classifier]
    return Metric(
        code=code,
        name_zh=entry["name_zh"],
        name_en=entry["name_en"],
        domain=path.stem,
        unit=entry["unit"],
        kind=entry["kind"],
        aliases=tuple(aliases),
        growth_only=growth_only,
        level_only=level_only,
        needs=texts("needs"),
        not_=texts("not"),
        written_units=written,
        direction=entry["direction"],
        definition=entry["definition"].strip(),
        source=entry["source"].strip(),
        decimals=decimals,
        plausible=_plausible(entry["plausible"], wrong),
    )


def _plausible(ranges: Any, wrong: Any) -> dict[str, tuple[float, float]]:
    if not isinstance(ranges, dict):
        raise wrong("plausible", "must be a mapping like {level: [0, 100]}")
    checked: dict[str, tuple[float, float]] = {}
    for key, pair in ranges.items():
        if key not in PLAUSIBLE_KEYS:
            raise wrong("plausible", f"{key!r} is none of {', '.join(PLAUSIBLE_KEYS)}")
        if not (
            isinstance(pair, list) and len(pair) == 2 and all(isinstance(end, int | float) for end in pair)
        ):
            raise wrong("plausible", f"{key} must be two numbers, [low, high]")
        if pair[0] >= pair[1]:
            raise wrong("plausible", f"{key}: [{pair[0]}, {pair[1]}] is inverted or empty; write [low, high]")
        checked[key] = (float(pair[0]), float(pair[1]))
    return checked


def _check_shared_aliases(metrics: list[Metric]) -> None:
    """Two metrics may share an alias where the phrase decides: by needs, by not, or by the unit written."""
    owners: dict[str, list[Metric]] = {}
    for metric in metrics:
        for alias in metric.aliases:
            owners.setdefault(alias, []).append(metric)
    for alias, sharing in owners.items():
        for first, second in combinations(sharing, 2):
            if not _told_apart(first, second, alias):
                raise CatalogueError(
                    f"{second.domain}.yml: {second.code}: aliases: {alias} is an alias of {first.code}"
                    f" ({first.domain}.yml), too; give one of them needs, not or written_units,"
                    " or a longer alias"
                )


def _told_apart(first: Metric, second: Metric, alias: str) -> bool:
    if set(first.needs) != set(second.needs) or set(first.not_) != set(second.not_):
        return True
    if parse_unit(first.unit).dimension != parse_unit(second.unit).dimension:
        return True
    if (
        first.written_units
        and second.written_units
        and not set(first.written_units) & set(second.written_units)
    ):
        return True
    growth = (alias in first.growth_only, alias in second.growth_only)
    level = (alias in first.level_only, alias in second.level_only)
    return (growth[0] and level[1]) or (level[0] and growth[1])
