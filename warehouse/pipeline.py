"""The steps of a night. DAG tasks and the command line call the same functions; each is safe to run again.

    plan → discover_batch → fetch_batch → parse_batch → commit     (DAG nightly_reports, batches side by side)
    build → check → publish                                        (DAG warehouse)

What one step hands to the next lies in ``<home>/runs/<run>/`` as JSON. Heavy libraries are imported inside
steps.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from warehouse import staging
from warehouse.events import emit
from warehouse.files import write_json
from warehouse.intake import Known, Writer, contradicting_copies, failure_row, parse_entries
from warehouse.looking import discover_batch as discover_batch
from warehouse.looking import fetch_batch as fetch_batch
from warehouse.looking import looks_of, open_archive, outcomes_of, plan_value, run_file, sources_of, told
from warehouse.runs import Batch, Refused, RunError, RunParams
from warehouse.schemas import TABLES
from warehouse.settings import Settings
from warehouse.staging import StagedFile

if TYPE_CHECKING:
    from expectations import CheckResult
    from expectations.alerts import Problem

#: Folders of past runs that are kept.
RUNS_KEPT = 60

#: Results of checks and logs of past runs that are kept: more than a year of nights.
RESULTS_KEPT = 400

#: Files that no commit names may belong to a run that is still going; the longest night known took ten hours.
UNCOMMITTED_SECONDS = 48 * 3600.0


#: Looks in a row that must fail before somebody is told of one source.
FAILURES_UNTIL_ALERT = 3

#: Share of sources that may fail in one night before somebody is told at once.
MOST_FAILED_LOOKS = 0.2


# --- plan ------------------------------------------------------------------------------------------------


@told
def plan(settings: Settings, run: str, params: RunParams) -> list[Batch]:
    """Decide which sources the run looks at, and in which batches. A second call keeps the first's time.

    Raises RunError, scrapers.sources.RegistryError.
    """
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,80}", run):
        raise RunError(f"run name {run!r}: letters, digits, '.', '_' and '-' only")
    from expectations import alerts
    from scrapers.sources import batches

    upgrade(settings, run)
    # What a process that died left untold.
    alerts.start(home=settings.home, urls=settings.alert_urls)
    sources = sources_of(settings, params)
    made = [
        Batch(name, _title(name), tuple(source.id for source in members))
        for name, members in batches(sources).items()
    ]
    path = run_file(settings, run, "plan.json")
    at = plan_value(settings, run)["at"] if path.is_file() else datetime.now(UTC).isoformat()
    write_json(path, {"run": run, "at": at, "params": asdict(params), "batches": [asdict(b) for b in made]})
    return made


def upgrade(settings: Settings, run: str) -> list[str]:
    """Bring what an older release staged to today's columns; what was done, in words. Raises StagingError."""
    done = staging.migrate(settings.staging, run)
    for words in done:
        emit("step", what=f"Upgraded {words}")
    return done


def _title(batch: str) -> str:
    from extraction.regions import by_code

    region = by_code(batch)
    return f"{batch} {region.name}" if region else batch


# --- parse -----------------------------------------------------------------------------------------------


@told
def parse_batch(settings: Settings, run: str, batch: str) -> dict[str, int]:
    """Read what the archive holds of the batch's sources and today's parser has not read; write staging.

    That is what this run fetched, what an earlier run fetched before it was killed, and, after a change of
    the parser, all the rest. The files count once ``commit`` names them; ``staged-<batch>.json`` lists them.
    """
    value = plan_value(settings, run)
    ids = next((set(b["sources"]) for b in value["batches"] if b["name"] == batch), set())
    archive = open_archive(settings)
    entries = [e for e in archive.entries() if e.source_id in ids and e.kind == "document"]
    fetched, failed = outcomes_of(settings, run, batch)
    again = {f.document_id for f in fetched} if value["params"]["everything"] else set()
    known = Known.read(settings)
    looks = looks_of(settings, run, batch)
    failures = [*(f for look in looks for f in look.failures), *failed]
    rows = [failure_row(run, failure) for failure in failures]
    rows += contradicting_copies(run, fetched)
    with Writer(settings, run, batch, known) as writer:
        writer.quarantine(rows)
        parse_entries(settings, writer, archive, known.todo(entries, again=again))
        seen = [writer.look(look) for look in looks]
    staged = {"files": [asdict(f) for f in writer.files], "counts": writer.counts, "reasons": writer.reasons}
    write_json(run_file(settings, run, f"staged-{batch}.json"), {**staged, "looks": seen})
    emit("parsed", batch=batch, **writer.counts)
    return writer.counts


@told
def read_archive(settings: Settings, run: str, again: bool) -> dict[str, int]:
    """Read what the archive holds, without a look at any source; with ``again``, also what was read before."""
    write_json(
        run_file(settings, run, "plan.json"),
        {"run": run, "at": datetime.now(UTC).isoformat(), "params": asdict(RunParams()), "batches": []},
    )
    upgrade(settings, run)
    archive = open_archive(settings)
    entries = [e for e in archive.entries() if e.kind == "document"]
    known = Known.read(settings)
    everything = {e.document_id for e in entries} if again else set()
    with Writer(settings, run, "archive", known) as writer:
        parse_entries(settings, writer, archive, known.todo(entries, again=everything))
    write_json(
        run_file(settings, run, "staged-archive.json"),
        {"files": [asdict(f) for f in writer.files], "counts": writer.counts, "reasons": writer.reasons},
    )
    return writer.counts


# --- commit ----------------------------------------------------------------------------------------------


@told
def commit(settings: Settings, run: str) -> dict[str, int]:
    """Make what the batches staged count, all at once. Returns rows by table, and ``new_documents``.

    A batch that broke is not among them; its documents lie in the archive and the next run parses them.
    """
    files: list[StagedFile] = []
    looks: list[dict[str, Any]] = []
    counts: Counter[str] = Counter(dict.fromkeys((*TABLES, "new_documents"), 0))
    for path in sorted((settings.runs / run).glob("staged-*.json")):
        value = json.loads(path.read_text(encoding="utf-8"))
        files += [StagedFile(**f) for f in value["files"]]
        looks += value.get("looks", ())
        counts.update(value["counts"])
    looks += retired_rows(settings, run)
    if looks:
        # One file for all batches: a few rows of each would be 34 files a night, and every second night would merge them.
        rows = [{**row, "looked_at": datetime.fromisoformat(row["looked_at"])} for row in looks]
        files.append(staging.write_table(settings.staging, "looks", f"{run}-looks", rows))
    if files:
        staging.write_commit(settings.staging, run, files)
    write_json(run_file(settings, run, "committed.json"), dict(counts))
    return dict(counts)


def retired_rows(settings: Settings, run: str) -> list[dict[str, Any]]:
    """A row of looks for each source that was looked at before and is not in the registry any more, its time as text. Only
    a night that plans to look at every source can tell."""
    planned = plan_value(settings, run)
    sources = {source for batch in planned["batches"] for source in batch["sources"]}
    if not sources or any(planned["params"][name] for name in ("province", "city", "folder")):
        return []
    at = datetime.fromisoformat(planned["at"])
    # A step that is made again finds what it wrote the first time.
    before = _last([look for look in _looks_by_time(settings) if look.looked_at < at])
    return [
        dict.fromkeys(TABLES["looks"].names)
        | {
            "run_id": run,
            "source_id": source,
            "region_code": look.region_code,
            "looked_at": planned["at"],
            "retired": True,
        }
        for source, look in before.items()
        if look.region_code and not look.retired and source not in sources
    ]


def nothing_new(counts: Mapping[str, int]) -> bool:
    """Whether a commit changed nothing that the warehouse shows (that somebody looked is no news)."""
    return not any(counts.get(table) for table in staging.DATA_TABLES)


def nothing_to_build(settings: Settings, counts: Mapping[str, int]) -> bool:
    """Whether the warehouse shows what is staged, after a commit of ``counts``. What an earlier night staged, and a
    killed build did not publish, is built tonight."""
    return nothing_new(counts) and (is_current(settings) or not has_documents(settings))


@told
def report(settings: Settings, run: str) -> dict[str, Any]:
    """The last step of a night: tidy up, say what was done (``nightly.json``), tell who must know.

    Raises RunError where a batch or the commit broke: everything else was done, and the run must not look well.
    """
    from expectations.alerts import Problem, notify_problem

    try:
        value = plan_value(settings, run)
        names = [batch["name"] for batch in value["batches"]]
        broken = [name for name in names if _unfinished(settings, run, name)]
        committed = run_file(settings, run, "committed.json").is_file()
        summary = summarise(settings, run)
        write_json(run_file(settings, run, "nightly.json"), summary)
        tidy(settings, run)
        problems = problems_of_night(settings, broken, summary)
    except Exception as error:
        tell_of_the_night(settings, run, f"{type(error).__name__}: {error}")
        emit("told")
        raise
    tell_of_the_night(settings, run, "")
    if not committed:
        problems.append(
            Problem(
                key="commit",
                severity="error",
                status="broke",
                title="What the night staged does not count",
                what="The step `commit` broke; the next run reads the same documents again, from the archive.",
                runbook="commit-broke",
            )
        )
    notify_problem(problems, home=settings.home, kind="silent", run_id=run, urls=settings.alert_urls)
    emit("told")
    if not committed:
        raise RunError(
            f"the step commit of run {run} broke; see its log, and run again: nothing is fetched twice"
        )
    if broken:
        raise RunError(
            f"{len(broken)} of {len(names)} batches broke: {', '.join(broken)}. All else was staged; see "
            "the log of the broken task, and run again: what was fetched is not fetched twice"
        )
    return {"sources": summary["sources"], "documents": summary["counts"].get("new_documents", 0)}


def tell_of_the_night(settings: Settings, run: str, words: str) -> None:
    """Tell that a night broke as a whole, and how; with empty ``words``, that it did not. Nobody hears that twice."""
    from expectations.alerts import Problem, notify_problem

    problem = Problem(
        key="night",
        severity="error",
        status="broke",
        title="The night broke",
        what="A step without which there is no night broke; analysts keep the file of the last run.",
        detail=words,
        runbook="run-broke",
    )
    notify_problem(
        (problem,) if words else (),
        home=settings.home,
        kind="broke",
        of="night",
        run_id=run,
        urls=settings.alert_urls,
    )


def _unfinished(settings: Settings, run: str, batch: str) -> bool:
    """Whether a step of the batch broke. One that reads goes on after one that looks broke, and says nothing of it."""
    return not all(
        run_file(settings, run, f"{step}-{batch}.json").is_file() for step in ("links", "fetched", "staged")
    )


def problems_of_night(settings: Settings, broken: Sequence[str], summary: Mapping[str, Any]) -> list[Problem]:
    """What somebody must hear of: batches that broke, sources that fail for the third time, many that fail at once.

    A single failed look is no alert: of some hundred sites one is always down, and who hears of it each day stops
    listening. It stands in ``status`` and in marts.mart_source_health. Sources that never named a report are told of
    together, once, and again when there is one more; so are regions that no source watches any more.
    """
    from expectations.alerts import Problem

    problems = [
        Problem(
            key=f"batch/{name}",
            severity="error",
            status="open",
            title=f"Batch {name} broke",
            what="Its sources were not looked at to the end, or not read; the others were.",
            runbook="batch-broke",
        )
        for name in broken
    ]
    looks = _looks_by_time(settings)
    named = {look.source_id for look in looks if look.links_seen}
    # Searched for a report, and found none: that is neither the network's doing nor news.
    failed = [f for f in summary["failed_looks"] if f["error"] != "blind_in_season" or f["source"] in named]
    if len(failed) > MOST_FAILED_LOOKS * summary["sources"] and len(failed) > 2:
        problems.append(
            Problem(
                key="sources/many",
                severity="error",
                status="open",
                title=f"{len(failed)} of {summary['sources']} sources failed in one night",
                what="So many at once are rather our network than theirs.",
                detail="; ".join(f"{f['source']}: {f['error']}" for f in failed[:10]),
                count=len(failed),
                runbook="many-sources-failed",
            )
        )
    watched = {look.source_id: look for look in looks}
    watched = {source: look for source, look in watched.items() if not look.retired}
    in_a_row = _failures_in_a_row(looks)
    began = _blind_since(looks)
    # They stay so out of season, when nothing is asked of them.
    nameless = {
        source: began[source]
        for source, look in watched.items()
        if source in began
        and source not in named
        and look.asked is not False
        and (look.ok or look.error == "blind_in_season")
    }
    tonight = {f["source"] for f in failed}
    # By the last look of each, whenever it was: a run for one city ends no other's trouble. A folder has no next night.
    problems += [
        Problem(
            key=f"source/{source}",
            severity="warn",
            status="open",
            title=f"Source {source} failed {in_a_row[source]} times in a row",
            detail=f"{look.error}: {look.detail}",
            runbook="source-failing",
        )
        for source, look in sorted(watched.items())
        if in_a_row.get(source, 0) >= FAILURES_UNTIL_ALERT
        and look.asked is not False
        and (look.region_code or source in tonight)
        and not (look.error == "blind_in_season" and source not in named)
    ]
    if nameless:
        problems.append(_nameless_problem(nameless, len(watched)))
    regions = {look.region_code for look in watched.values()}
    gone = sorted({look.region_code for look in looks if look.region_code} - regions)
    if gone:
        problems.append(_unwatched_problem(gone))
    return problems


def _blind_since(looks: Sequence[_Look]) -> dict[str, datetime]:
    """Sources that named no report in season, at so many looks that somebody is to hear of it, and since when."""
    began: dict[str, datetime] = {}
    times: Counter[str] = Counter()
    for look in looks:
        if look.error == "blind_in_season":
            began.setdefault(look.source_id, look.looked_at)
            times[look.source_id] += 1
    return {source: at for source, at in began.items() if times[source] >= FAILURES_UNTIL_ALERT}


def _nameless_problem(began: Mapping[str, datetime], watched: int) -> Problem:
    """Sources that answer and never named a report, and since when. Hundreds of portals begin so, and most of them name
    one in the season: fewer of them are no news, one more is."""
    from expectations.alerts import Problem

    newest = sorted(began, key=lambda source: (began[source], source), reverse=True)
    more = f" and {len(newest) - 10} more" if len(newest) > 10 else ""
    return Problem(
        key="sources/nameless",
        severity="warn",
        status="open",
        title=f"{len(began)} of {watched} sources answer and never named a report",
        what="No title of any year on their pages fits, in season: another address, or another title pattern. "
        "`cityreports status` counts them, marts.mart_source_health has each (status blind).",
        detail=f"the latest: {', '.join(newest[:10])}{more}",
        count=len(began),
        runbook="sources-nameless",
        news_of=max(began.values()).isoformat(),
    )


def _unwatched_problem(regions: Sequence[str]) -> Problem:
    """Regions whose sources have all left the registry."""
    from expectations.alerts import Problem
    from extraction.regions import by_code

    names = [region.name if (region := by_code(code)) else code for code in regions]
    return Problem(
        key="sources/unwatched",
        severity="warn",
        status="open",
        title=f"{len(regions)} region{'s' if len(regions) > 1 else ''} no longer watched by any source",
        what="They were looked at before, and the registry has no entry for them now. Their reports stay.",
        cities=tuple(names[:50]),
        count=len(regions),
        runbook="sources-unwatched",
        news_of=" ".join(regions),
    )


def has_documents(settings: Settings) -> bool:
    """Whether anything was ever read. Without it there is nothing to build, and nothing for a check to refuse."""
    return bool(staging.marks(settings.staging, ("documents",)))


class _Look(NamedTuple):
    """What of a row of staging's looks is asked for here."""

    source_id: str
    region_code: str | None
    looked_at: datetime
    ok: bool
    error: str | None
    detail: str | None
    links_seen: int | None
    asked: bool | None
    season_due: str | None
    retired: bool | None


def _failures_in_a_row(looks: Sequence[_Look]) -> dict[str, int]:
    """Of each source, how many of its looks, oldest first, failed since the last that did not. A night that left it alone
    counts neither way."""
    counts: Counter[str] = Counter()
    for look in looks:
        if look.retired:
            counts.pop(look.source_id, None)
        elif look.asked is not False:
            counts[look.source_id] = 0 if look.ok else counts[look.source_id] + 1
    return dict(counts)


def _last(looks: Sequence[_Look]) -> dict[str, _Look]:
    """Of each source the last of its looks, oldest first, that asked it, or that says that it left the registry."""
    last: dict[str, _Look] = {}
    for look in looks:
        if look.asked is not False or look.source_id not in last:
            last[look.source_id] = look
    return last


def _looks_by_time(settings: Settings) -> list[_Look]:
    """The looks that count, oldest first. There are some hundred thousand after some years: equal values are kept once."""
    # Not by DuckDB: every night asks, and on a night without news nobody else has a use for its 50 MB.
    tomorrow = datetime.now(UTC) + staging.LOOKED_AHEAD
    table = staging.read_table(settings.staging, "looks", _Look._fields)
    kept: dict[Any, Any] = {}
    looks = [
        _Look(*(kept.setdefault(v, v) if isinstance(v, str | datetime) else v for v in row))
        for batch in table.to_batches(max_chunksize=10_000)
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)
    ]
    return sorted(
        (look for look in looks if look.looked_at is not None and look.looked_at <= tomorrow),
        key=lambda look: look.looked_at,
    )


def summarise(settings: Settings, run: str) -> dict[str, Any]:
    """What a run looked at, found, fetched, read and set aside, in numbers; and its failed looks by name."""
    names = [batch["name"] for batch in plan_value(settings, run)["batches"]]
    looks = [look for name in names for look in looks_of(settings, run, name)]
    outcomes = [outcomes_of(settings, run, name) for name in names]
    reasons: Counter[str] = Counter()
    for path in (settings.runs / run).glob("staged-*.json"):
        reasons.update(json.loads(path.read_text(encoding="utf-8"))["reasons"])
    committed = run_file(settings, run, "committed.json")
    return {
        "run": run,
        "sources": len(looks),
        "failed_looks": [
            {"source": look.source_id, "error": look.error, "detail": look.detail}
            for look in looks
            if not look.ok
        ],
        "left_alone": sum(not look.asked for look in looks),
        "links_seen": sum(look.links_seen for look in looks),
        "links_new": sum(look.links_new for look in looks),
        "fetched": sum(f.new for fetched, _ in outcomes for f in fetched),
        "fetch_failures": sum(len(failed) for _, failed in outcomes),
        "quarantined": dict(reasons),
        "counts": json.loads(committed.read_text(encoding="utf-8")) if committed.is_file() else {},
    }


def tidy(settings: Settings, run: str) -> None:
    """Merge small files and remove what nobody needs. Only while no other run writes."""
    built = built_from(settings)
    before = inputs_digest(settings)
    if staging.compact(settings.staging, run, after=settings.compact_after) and built.get("inputs") == before:
        # The same rows in fewer files are no reason to build again.
        write_json(_state_file(settings), {**built, "inputs": inputs_digest(settings)})
    staging.remove_uncommitted(settings.staging, older_than_s=UNCOMMITTED_SECONDS)
    open_archive(settings).compact_index()
    # Their names begin with the time of the run; this one's need not be the last, where a clock was ahead or is behind.
    for folder in sorted(p for p in settings.runs.iterdir() if p.is_dir())[:-RUNS_KEPT]:
        if folder.name != run:
            shutil.rmtree(folder)
    for pattern in ("checks/*.jsonl", "logs/runs/*.log"):
        for path in sorted(settings.home.glob(pattern))[:-RESULTS_KEPT]:
            if path.stem != run:
                path.unlink(missing_ok=True)


# --- build, check, publish ----------------------------------------------------------------------------------


def inputs_digest(settings: Settings) -> str:
    """A hash over what a build depends on: staging files as they lie there, and the code of build and checks.

    Of looks, only what changes a source's health counts (that somebody looked is no news). A file that was changed
    by hand counts as changed.
    """
    from warehouse.build import code_version

    parts = [code_version()]
    for name in ("releases.jsonl", "accepted.jsonl"):
        path = settings.home / "quarantine" / name
        parts.append(path.read_text(encoding="utf-8") if path.is_file() else "")
    parts += _health(settings)
    marks = staging.marks(settings.staging, staging.DATA_TABLES)
    parts += [f"{name} {mark}" for name, mark in marks.items()]
    return hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()


def _health(settings: Settings) -> list[str]:
    """Of each source, how its last look went. Whether it is late depends on the calendar: seen anew each month, and when
    its report is due."""
    looks = _looks_by_time(settings)
    if not looks:
        return []
    today = looks[-1].looked_at
    health = []
    for name, look in _last(looks).items():
        said = f"{name} {look.ok} {look.error} {bool(look.links_seen)} {look.retired} "
        if look.region_code:
            is_past_due = f"{today:%m-%d}" > (look.season_due or "")
            said += f"{today:%Y-%m} {look.season_due} {is_past_due}"
        health.append(said)
    return health


def _state_file(settings: Settings) -> Path:
    return settings.home / "build" / "state.json"


def built_from(settings: Settings) -> dict[str, Any]:
    """``inputs`` and ``content_hash`` of the last build that passed its checks; empty where there is none."""
    try:
        value: dict[str, Any] = json.loads(_state_file(settings).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return value


def is_current(settings: Settings) -> bool:
    """Whether what is published was built from what is staged now, passed its checks, and lies wherever it is to lie."""
    built = built_from(settings)
    is_copied = built.get("copied_to", "") == settings.publish_url
    is_published = settings.published.is_file() and is_copied
    return is_published and bool(built) and built.get("inputs") == inputs_digest(settings)


@told
def check_staging(settings: Settings, run: str) -> dict[str, Any]:
    """Gate 1, over the staging files; single bad rows are set aside, and the build will not read them.

    Raises Refused.
    """
    from expectations import screen

    for name in ("refused.json", "published.json"):
        run_file(settings, run, name).unlink(missing_ok=True)
    emit("step", what="Checking what was staged")
    # Before anything is read: what another run commits from now on is in no build yet.
    write_json(run_file(settings, run, "inputs.json"), inputs_digest(settings))
    files = {table: staging.inputs_for_sql(settings.staging, table) for table in TABLES}
    damaged = staging.verify(settings.staging)
    if damaged:
        results = [_damaged(problem) for problem in damaged]
    else:
        screening = screen(files, home=settings.home, run_id=run)
        results, files = screening.results, screening.files
        emit("withheld", count=len(screening.withheld))
    listed = {table: [str(path) for path in paths] for table, paths in files.items()}
    write_json(run_file(settings, run, "build-inputs.json"), listed)
    return _judge(settings, run, "staging", results, database=None)


def _damaged(problem: str) -> CheckResult:
    from expectations import CheckResult

    return CheckResult(
        check="staging_files_are_whole",
        gate="staging",
        threat="damaged_storage",
        severity="error",
        status="failed",
        failing_rows=1,
        detail=problem,
        what="a staging file is not as it was written",
        runbook="staging_files_are_whole",
    )


@told
def build(settings: Settings, run: str) -> dict[str, Any]:
    """dbt over the staging files. Raises Refused where dbt's tests fail, BuildError where dbt itself does."""
    from warehouse import build as builder

    emit("step", what="Building the warehouse (dbt)")
    path = run_file(settings, run, "build-inputs.json")
    if not path.is_file():
        raise RunError(f"{path}: what was staged was not checked in this run; start with check_staging")
    listed: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))
    try:
        builder.build(settings, {table: [Path(path) for path in paths] for table, paths in listed.items()})
    except builder.BuildRefused as refused:
        _refuse(settings, run, str(refused), ())
    return {"database": str(settings.build_database)}


@told
def check_warehouse(settings: Settings, run: str) -> dict[str, Any]:
    """Gates 2 and 3: the marts by themselves, and beside what is published. Raises Refused."""
    from expectations import run_gate
    from expectations.quarantine import read_accepted

    emit("step", what="Checking the warehouse")
    accepted = read_accepted(settings.home)
    database = settings.build_database
    results = [
        *run_gate("warehouse", database=database, published=settings.published, run_id=run),
        *run_gate("publish", database=database, published=settings.published, run_id=run, accepted=accepted),
    ]
    return _judge(settings, run, "warehouse and publish", results, database=database)


def _judge(
    settings: Settings, run: str, gate: str, results: Sequence[CheckResult], *, database: Path | None
) -> dict[str, Any]:
    from expectations import may_publish, write_results

    write_results(database, results, run, home=settings.home)
    counts = Counter(result.status for result in results)
    emit("checks", gate=gate, count=len(results), failed=counts["failed"], broke=counts["broke"])
    if not may_publish(list(results)):
        stopping = [result for result in results if result.stops]
        words = "; ".join(f"{r.check} {r.status}: {r.detail}" for r in stopping) or "no check was made"
        _refuse(settings, run, f"gate {gate} refused the data: {words}", stopping)
    return {"checks": len(results), **{str(status): n for status, n in counts.items()}}


def _refuse(settings: Settings, run: str, words: str, stopping: Sequence[CheckResult]) -> NoReturn:
    write_json(
        run_file(settings, run, "refused.json"),
        {"words": words, "checks": [result.as_dict() for result in stopping]},
    )
    raise Refused(words, stopping)


def refusal(settings: Settings, run: str) -> dict[str, Any] | None:
    """``words`` and ``checks`` (CheckResults as dictionaries) of what refused the data, or None."""
    path = run_file(settings, run, "refused.json")
    if not path.is_file():
        return None
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return value


@told
def publish(settings: Settings, run: str) -> dict[str, Any]:
    """The build becomes the published file, unless its content is that already."""
    from warehouse import publish as publisher

    emit("step", what="Publishing")
    inputs = json.loads(run_file(settings, run, "inputs.json").read_text(encoding="utf-8"))
    result = publisher.publish(settings.build_database, settings.published, run_id=run, keep=settings.history)
    state = {"inputs": inputs, "content_hash": result.content_hash, "run": run}
    write_json(_state_file(settings), state)
    write_json(run_file(settings, run, "published.json"), {"published": result.published})
    emit("published", published=result.published, path=str(result.path))
    if settings.publish_url:
        from warehouse.copying import copy_published
        from warehouse.sharing import NotOurs

        emit("step", what=f"Copying what is published to {settings.publish_url}")
        try:
            copy_published(settings.home, settings.published, settings.publish_url, keep=settings.history)
        except NotOurs as error:
            write_json(
                run_file(settings, run, "published.json"),
                {"published": result.published, "not_copied": str(error)},
            )
            raise
        write_json(_state_file(settings), {**state, "copied_to": settings.publish_url})
    return {"published": result.published, "path": str(result.path), "content_hash": result.content_hash}


def take_over(settings: Settings) -> bool:
    """Make ``publish_url`` this home's, whosever it was, and copy what is published to it; False where nothing is
    published here yet, and nothing was done.

    Raises SettingsError where no ``publish_url`` is set; StorageError, ManifestError.
    """
    from warehouse.copying import copy_published
    from warehouse.publish import keep_manifest
    from warehouse.settings import SettingsError

    if not settings.publish_url:
        raise SettingsError("publish_url is not set: there is no place to take over")
    if not settings.published.is_file():
        return False
    keep_manifest(settings.published)
    copy_published(
        settings.home, settings.published, settings.publish_url, keep=settings.history, take_over=True
    )
    if built := built_from(settings):
        write_json(_state_file(settings), {**built, "copied_to": settings.publish_url})
    return True


def _report(settings: Settings, run: str, *, published: bool) -> str:
    """Path of the run's HTML report; empty where it could not be written, which must keep no alert from going out."""
    from expectations.report import write_report

    night = run_file(settings, run, "nightly.json")
    try:
        summary = json.loads(night.read_text(encoding="utf-8")) if night.is_file() else {}
        database = settings.published if published else settings.build_database
        return str(write_report(settings.home, run, database=database, published=published, summary=summary))
    except Exception as error:
        emit("step", what=f"The run's report could not be written: {type(error).__name__}: {error}")
        return ""


@told
def tell(settings: Settings, run: str) -> dict[str, Any]:
    """The last step of a build: tell who must know what came of it. One message, and only if there is news.

    Raises RunError where nothing was published or copied though something should have been: the run must not look
    well.
    """
    from expectations.alerts import Problem, notify_problem, notify_run
    from expectations.results import read_results

    refused = refusal(settings, run)
    path = run_file(settings, run, "published.json")
    done = path.is_file()
    broke = (
        []
        if done or refused
        else [
            Problem(
                key="warehouse",
                severity="error",
                status="broke",
                title="The warehouse was not built",
                what="A step of the build broke; analysts keep the file of the last run.",
                runbook="build-broke",
            )
        ]
    )
    results = read_results(settings.home, run)
    if refused and not refused["checks"]:
        broke.append(
            Problem(
                key="warehouse/dbt-tests",
                severity="error",
                status="failed",
                title="dbt's tests refused the data",
                what="Nothing was published; analysts keep the file of the last run.",
                detail=refused["words"],
                runbook="dbt-tests-failed",
            )
        )
    if done and settings.publish_url and built_from(settings).get("copied_to", "") != settings.publish_url:
        broke.append(
            Problem(
                key="warehouse/copy",
                severity="error",
                status="broke",
                title="What was published was not copied",
                what=f"Readers of {settings.publish_url} keep the file of the last run; here the new one is published.",
                detail=json.loads(path.read_text(encoding="utf-8")).get("not_copied", ""),
                runbook="copy-broke",
            )
        )
    notify_problem(
        broke, home=settings.home, kind="broke", of="warehouse", run_id=run, urls=settings.alert_urls
    )
    if results:
        notify_run(
            home=settings.home,
            run_id=run,
            results=results,
            published=done,
            urls=settings.alert_urls,
            report=_report(settings, run, published=done),
        )
    emit("told")
    if refused:
        raise Refused(f"nothing was published: {refused['words']}")
    if broke:
        what = "what was published was not copied" if done else "nothing was published: a step broke"
        raise RunError(f"{what}; run again, or see {settings.logs}")
    return {"published": done}
