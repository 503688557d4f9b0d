"""The steps of a night. DAG tasks and the command line call the same functions; each is safe to run again.

    plan → discover_batch → fetch_batch → parse_batch → commit     (DAG nightly_reports, batches side by side)
    build → check → publish                                        (DAG warehouse)

What one step hands to the next lies in ``<home>/runs/<run>/`` as JSON. Heavy libraries are imported inside
steps.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warehouse import staging
from warehouse.intake import Known, Writer, contradicting_copies, failure_row, parse_entries
from warehouse.schemas import TABLES
from warehouse.settings import Settings
from warehouse.staging import StagedFile, write_json

if TYPE_CHECKING:
    from scrapers.archive import Archive
    from scrapers.model import Failure, Fetched, Look, Source
    from scrapers.settings import FetchSettings

#: Folders of past runs that are kept.
RUNS_KEPT = 60

#: Files that no commit names may belong to a run that is still going; the longest night known took ten hours.
UNCOMMITTED_SECONDS = 48 * 3600.0


class RunError(Exception):
    """A run cannot do what it was asked to; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class RunParams:
    """What a run is to do. All empty: a look at every source.

    province, city   names or codes; only their sources
    folder           a folder of reports takes the place of the sources
    sources          a file or folder of source entries instead of the registry
    base_url         stands in for ``{base_url}`` in these entries
    everything       fetch and parse again what is held already
    """

    province: str = ""
    city: str = ""
    folder: str = ""
    sources: str = ""
    base_url: str = ""
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """Sources that one mapped task works on; ``title`` is what an operator reads in the grid."""

    name: str
    title: str
    sources: tuple[str, ...]


def params_from(values: Mapping[str, Any]) -> RunParams:
    """Parameters of a DAG run as RunParams; keys that are not ours are left out, nulls mean the default."""
    known = {f.name for f in fields(RunParams)}
    return RunParams(**{key: value for key, value in values.items() if key in known and value is not None})


def run_name(at: datetime) -> str:
    """Name of a run by its time: sorts, and can be part of a file name."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%S%f}"[:-3] + "Z"


# --- plan ------------------------------------------------------------------------------------------------


def plan(settings: Settings, run: str, params: RunParams) -> list[Batch]:
    """Decide which sources the run looks at, and in which batches. A second call keeps the first's time.

    Raises RunError, scrapers.sources.RegistryError.
    """
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,80}", run):
        raise RunError(f"run name {run!r}: letters, digits, '.', '_' and '-' only")
    from scrapers.sources import batches

    sources = _sources(settings, params)
    made = [
        Batch(name, _title(name), tuple(source.id for source in members))
        for name, members in batches(sources).items()
    ]
    path = _run_file(settings, run, "plan.json")
    at = _plan_value(settings, run)["at"] if path.is_file() else datetime.now(UTC).isoformat()
    write_json(path, {"run": run, "at": at, "params": asdict(params), "batches": [asdict(b) for b in made]})
    return made


def _sources(settings: Settings, params: RunParams) -> list[Source]:
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


def _title(batch: str) -> str:
    from extraction.regions import by_code

    region = by_code(batch)
    return f"{batch} {region.name}" if region else batch


def _plan_value(settings: Settings, run: str) -> dict[str, Any]:
    path = _run_file(settings, run, "plan.json")
    try:
        value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunError(f"{path}: run {run} was never planned") from None
    return value


def _batch_sources(settings: Settings, run: str, batch: str) -> tuple[list[Source], datetime, RunParams]:
    value = _plan_value(settings, run)
    params = RunParams(**value["params"])
    ids = next((set(b["sources"]) for b in value["batches"] if b["name"] == batch), set())
    found = [source for source in _sources(settings, params) if source.id in ids]
    return found, datetime.fromisoformat(value["at"]), params


def _run_file(settings: Settings, run: str, name: str) -> Path:
    return settings.runs / run / name


def _archive(settings: Settings) -> Archive:
    from scrapers.archive import Archive

    settings.archive.mkdir(parents=True, exist_ok=True)
    return Archive(settings.archive)


def _fetching(settings: Settings) -> FetchSettings:
    from importlib.metadata import version

    from scrapers.settings import FetchSettings

    return FetchSettings(
        contact=settings.contact,
        version=version("cityreports"),
        max_bytes=settings.document_megabytes * 2**20,
    )


# --- look and fetch --------------------------------------------------------------------------------------


def discover_batch(settings: Settings, run: str, batch: str) -> dict[str, int]:
    """Look at the sources of a batch; what they name that is not held yet goes to ``links-<batch>.json``."""
    from scrapers.discovery import discover
    from scrapers.model import to_dict

    sources, at, params = _batch_sources(settings, run, batch)
    looks = discover(
        sources,
        archive=_archive(settings),
        run_id=run,
        batch=batch,
        settings=_fetching(settings),
        now=at,
        everything=params.everything,
    )
    write_json(_run_file(settings, run, f"links-{batch}.json"), [to_dict(look) for look in looks])
    return {
        "sources": len(sources),
        "failed": sum(not look.ok for look in looks),
        "links": sum(len(look.links) for look in looks),
    }


def _looks(settings: Settings, run: str, batch: str) -> list[Look]:
    from scrapers.model import Look, from_dict

    return [from_dict(Look, value) for value in _read_handover(settings, run, f"links-{batch}.json")]


def _read_handover(settings: Settings, run: str, name: str) -> list[dict[str, Any]]:
    """What the step before wrote; nothing where that step failed, so that the others' work goes on."""
    path = _run_file(settings, run, name)
    if not path.is_file():
        return []
    value: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return value


def fetch_batch(settings: Settings, run: str, batch: str) -> dict[str, int]:
    """Bring what ``discover_batch`` found into the archive; the outcome goes to ``fetched-<batch>.json``."""
    from scrapers.fetching import fetch
    from scrapers.model import Fetched, to_dict

    sources, at, _ = _batch_sources(settings, run, batch)
    links = [link for look in _looks(settings, run, batch) for link in look.links]
    results: list[Fetched | Failure] = []
    if links:
        results = fetch(
            links,
            archive=_archive(settings),
            run_id=run,
            batch=batch,
            settings=_fetching(settings),
            now=at,
            sources=sources,
        )
    handed = [{"fetched": isinstance(item, Fetched), **to_dict(item)} for item in results]
    write_json(_run_file(settings, run, f"fetched-{batch}.json"), handed)
    fetched = [item for item in results if isinstance(item, Fetched)]
    return {
        "fetched": len(fetched),
        "new": sum(f.new for f in fetched),
        "failed": len(results) - len(fetched),
    }


def _outcomes(settings: Settings, run: str, batch: str) -> tuple[list[Fetched], list[Failure]]:
    from scrapers.model import Failure, Fetched, from_dict

    fetched, failed = [], []
    for value in _read_handover(settings, run, f"fetched-{batch}.json"):
        if value.pop("fetched"):
            fetched.append(from_dict(Fetched, value))
        else:
            failed.append(from_dict(Failure, value))
    return fetched, failed


# --- parse -----------------------------------------------------------------------------------------------


def parse_batch(settings: Settings, run: str, batch: str) -> dict[str, int]:
    """Read what the archive holds of the batch's sources and today's parser has not read; write staging.

    That is what this run fetched, what an earlier run fetched before it was killed, and, after a change of
    the parser, all the rest. The files count once ``commit`` names them; ``staged-<batch>.json`` lists them.
    """
    sources, _, params = _batch_sources(settings, run, batch)
    ids = {source.id for source in sources}
    archive = _archive(settings)
    entries = [e for e in archive.entries() if e.source_id in ids and e.kind == "document"]
    fetched, failed = _outcomes(settings, run, batch)
    again = {f.document_id for f in fetched} if params.everything else set()
    known = Known.read(settings)
    looks = _looks(settings, run, batch)
    failures = [*(f for look in looks for f in look.failures), *failed]
    rows = [failure_row(run, failure) for failure in failures]
    rows += contradicting_copies(run, fetched)
    with Writer(settings, run, batch, known) as writer:
        writer.quarantine(rows)
        parse_entries(settings, writer, archive, known.todo(entries, again=again))
        for look in looks:
            writer.look(look)
    write_json(
        _run_file(settings, run, f"staged-{batch}.json"),
        {"files": [asdict(f) for f in writer.files], "counts": writer.counts, "reasons": writer.reasons},
    )
    return writer.counts


def reparse(settings: Settings, run: str) -> dict[str, int]:
    """Read the whole archive again with today's parser, whatever was read before: `cityreports rebuild`."""
    write_json(
        _run_file(settings, run, "plan.json"),
        {"run": run, "at": datetime.now(UTC).isoformat(), "params": asdict(RunParams()), "batches": []},
    )
    archive = _archive(settings)
    entries = [e for e in archive.entries() if e.kind == "document"]
    known = Known.read(settings)
    everything = {e.document_id for e in entries}
    with Writer(settings, run, "rebuild", known) as writer:
        parse_entries(settings, writer, archive, known.todo(entries, again=everything))
    write_json(
        _run_file(settings, run, "staged-rebuild.json"),
        {"files": [asdict(f) for f in writer.files], "counts": writer.counts, "reasons": writer.reasons},
    )
    return writer.counts


# --- commit ----------------------------------------------------------------------------------------------


def commit(settings: Settings, run: str) -> dict[str, int]:
    """Make what the batches staged count, all at once. Returns rows by table, and ``new_documents``.

    A batch that broke is not among them; its documents lie in the archive and the next run parses them.
    """
    files: list[StagedFile] = []
    counts: Counter[str] = Counter(dict.fromkeys((*TABLES, "new_documents"), 0))
    for path in sorted((settings.runs / run).glob("staged-*.json")):
        value = json.loads(path.read_text(encoding="utf-8"))
        files += [StagedFile(**f) for f in value["files"]]
        counts.update(value["counts"])
    if files:
        staging.write_commit(settings.staging, run, files)
    write_json(_run_file(settings, run, "committed.json"), dict(counts))
    return dict(counts)


def nothing_new(counts: Mapping[str, int]) -> bool:
    """Whether a commit changed nothing that the warehouse shows (that somebody looked is no news)."""
    return not any(counts.get(table) for table in staging.DATA_TABLES)


def tidy(settings: Settings, run: str) -> None:
    """Merge small files and remove what nobody needs. Only while no other run writes."""
    staging.compact(settings.staging, run, after=settings.compact_after)
    staging.remove_uncommitted(settings.staging, older_than_s=UNCOMMITTED_SECONDS)
    if settings.archive.is_dir():
        _archive(settings).compact_index()
    for folder in sorted(p for p in settings.runs.iterdir() if p.is_dir())[:-RUNS_KEPT]:
        shutil.rmtree(folder)
