"""Steps of a night that look at sources and fetch: `discover_batch`, `fetch_batch`; and what all steps share.

Apart from ``warehouse.pipeline``, so that a process that looks and fetches holds neither pyarrow nor DuckDB.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from warehouse.ahead import Ahead
from warehouse.events import emit
from warehouse.files import write_json
from warehouse.runs import Refused, RunError, RunParams
from warehouse.settings import Settings

if TYPE_CHECKING:
    from scrapers.archive import Archive
    from scrapers.model import Failure, Fetched, Look, Source
    from scrapers.settings import FetchSettings

#: Off under a scheduler; ``warehouse.beside`` turns it on.
LOOKS: Ahead[list[Look]] = Ahead()

Values = ParamSpec("Values")
Outcome = TypeVar("Outcome")


def told(step: Callable[Values, Outcome]) -> Callable[Values, Outcome]:
    """A step that says to whoever watches why it broke, before its caller sees the exception."""

    @wraps(step)
    def stepping(*args: Values.args, **kwargs: Values.kwargs) -> Outcome:
        try:
            return step(*args, **kwargs)
        except Refused:
            raise
        except Exception as error:
            emit("broke", step=step.__name__, what=f"{step.__name__}: {type(error).__name__}: {error}")
            raise

    return stepping


def plan_value(settings: Settings, run: str) -> dict[str, Any]:
    path = run_file(settings, run, "plan.json")
    try:
        value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunError(f"{path}: run {run} was never planned") from None
    return value


def _batch_sources(settings: Settings, run: str, batch: str) -> tuple[list[Source], datetime, RunParams]:
    value = plan_value(settings, run)
    params = RunParams(**value["params"])
    ids = next((set(b["sources"]) for b in value["batches"] if b["name"] == batch), set())
    found = [source for source in sources_of(settings, params) if source.id in ids]
    return found, datetime.fromisoformat(value["at"]), params


def run_file(settings: Settings, run: str, name: str) -> Path:
    return settings.runs / run / name


def open_archive(settings: Settings) -> Archive:
    """The archive, a new one where there is none."""
    from scrapers.archive import Archive

    if isinstance(settings.archive, Path):
        settings.archive.mkdir(parents=True, exist_ok=True)
    return Archive(settings.archive)


def fetch_settings(settings: Settings) -> FetchSettings:
    """The settings of an operator, as the room that fetches takes them."""
    from importlib.metadata import version

    from scrapers.settings import FetchSettings

    return FetchSettings(
        contact=settings.contact,
        version=version("cityreports"),
        max_bytes=settings.document_megabytes * 2**20,
    )


def sources_of(settings: Settings, params: RunParams) -> list[Source]:
    """The sources that a run with ``params`` looks at. Raises RunError, scrapers.sources.RegistryError."""
    from scrapers.sources import folder_source, load_sources

    if params.folder:
        if not Path(params.folder).is_dir():
            raise RunError(f"{params.folder}: no such folder")
        return [folder_source(params.folder)]
    return load_sources(
        params.sources or settings.sources,
        province=params.province or None,
        ids=[_city_code(params.city)] if params.city else None,
        base_url=params.base_url,
    )


def _city_code(city: str) -> str:
    from extraction.regions import by_code, by_name

    region = by_code(city) or by_name(city)
    if region is None:
        raise RunError(f"no region is known as {city!r}; give its full name (太原市) or six-digit code")
    return region.code


@told
def discover_batch(settings: Settings, run: str, batch: str) -> dict[str, int]:
    """Look at the sources of a batch; what they name that is not held yet goes to ``links-<batch>.json``."""
    from scrapers.model import to_dict

    if LOOKS.is_on and LOOKS.run != run:
        names = [b["name"] for b in plan_value(settings, run)["batches"]]
        todo = (name for name in names if not run_file(settings, run, f"links-{name}.json").is_file())
        LOOKS.begin(run, todo, partial(_look_at_batch, settings, run))
    looks = LOOKS.outcome(batch, partial(_look_at_batch, settings, run))
    write_json(run_file(settings, run, f"links-{batch}.json"), [to_dict(look) for look in looks])
    emit("looked", batch=batch, sources=len(looks), links=sum(len(look.links) for look in looks))
    return {
        "sources": len(looks),
        "failed": sum(not look.ok for look in looks),
        "links": sum(len(look.links) for look in looks),
    }


def _look_at_batch(settings: Settings, run: str, batch: str) -> list[Look]:
    from scrapers.discovery import discover

    sources, at, params = _batch_sources(settings, run, batch)
    return discover(
        sources,
        archive=open_archive(settings),
        run_id=run,
        batch=batch,
        settings=fetch_settings(settings),
        now=at,
        everything=params.everything,
    )


def looks_of(settings: Settings, run: str, batch: str) -> list[Look]:
    from scrapers.model import Look, from_dict

    return [from_dict(Look, value) for value in _read_handover(settings, run, f"links-{batch}.json")]


def _read_handover(settings: Settings, run: str, name: str) -> list[dict[str, Any]]:
    """What the step before wrote; nothing where that step failed, so that the others' work goes on."""
    path = run_file(settings, run, name)
    if not path.is_file():
        return []
    value: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return value


@told
def fetch_batch(settings: Settings, run: str, batch: str) -> dict[str, int]:
    """Bring what ``discover_batch`` found into the archive; the outcome goes to ``fetched-<batch>.json``."""
    from scrapers.fetching import fetch
    from scrapers.model import Fetched, to_dict

    links = [link for look in looks_of(settings, run, batch) for link in look.links]
    results: list[Fetched | Failure] = []
    if links:
        sources, at, _ = _batch_sources(settings, run, batch)
        results = fetch(
            links,
            archive=open_archive(settings),
            run_id=run,
            batch=batch,
            settings=fetch_settings(settings),
            now=at,
            sources=sources,
        )
    handed = [{"fetched": isinstance(item, Fetched), **to_dict(item)} for item in results]
    write_json(run_file(settings, run, f"fetched-{batch}.json"), handed)
    fetched = [item for item in results if isinstance(item, Fetched)]
    emit("fetched", batch=batch, fetched=len(fetched), failed=len(results) - len(fetched))
    return {
        "fetched": len(fetched),
        "new": sum(f.new for f in fetched),
        "failed": len(results) - len(fetched),
    }


def outcomes_of(settings: Settings, run: str, batch: str) -> tuple[list[Fetched], list[Failure]]:
    from scrapers.model import Failure, Fetched, from_dict

    fetched, failed = [], []
    for value in _read_handover(settings, run, f"fetched-{batch}.json"):
        if value.pop("fetched"):
            fetched.append(from_dict(Fetched, value))
        else:
            failed.append(from_dict(Failure, value))
    return fetched, failed
