"""Rows that fail a check are set aside, and shown as withheld; the rest goes on. Somebody may release them.

    <home>/quarantine/withheld.jsonl    what is withheld now, one line a row, replaced by each screening
    <home>/quarantine/releases.jsonl    who released what, and why; appended
    <home>/quarantine/accepted.jsonl    changes against the published file that somebody wants, for three days
    <home>/build/screened/…             copies of the Parquet files that hold withheld rows, without them

Staging itself is never changed: the build reads a screened copy where there is one. In it, the documents concerned
carry another ``parse_id`` (``…~<digest of what is withheld>``), so that an incremental build reads them again when
something is withheld or released, and only then.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.gate import load_checks, run_gate
from expectations.model import CheckResult, Shown
from expectations.results import described

if TYPE_CHECKING:
    import duckdb

#: An accepted change is meant for the next run or two, not for ever.
ACCEPTED_FOR = timedelta(days=3)


class QuarantineError(Exception):
    """A row that cannot be released; the message says what would do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld(Shown):
    """A row that is set aside. ``kind`` is ``observation`` or ``document``; ``checks`` are those it fails."""

    row_id: str
    kind: str
    checks: tuple[str, ...]
    since: str
    run_id: str


@dataclass(frozen=True, slots=True)
class Release:
    """Somebody's decision that a row is right although it fails a check."""

    row_id: str
    by: str
    reason: str
    at: str
    checks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Screening:
    """What came of the staging gate. ``files`` is what the build is to read, by staging table."""

    results: list[CheckResult]
    files: dict[str, list[Path]]
    withheld: tuple[Withheld, ...]


def screen(
    staging: Mapping[str, Sequence[Path]],
    *,
    home: Path,
    run_id: str,
    today: date | None = None,
    now: datetime | None = None,
    memory_megabytes: int = 400,
) -> Screening:
    """Run the staging gate over the Parquet files and set aside the rows that fail single-row checks.

    staging  Parquet files that count, by staging table, as the build would read them

    The gate itself never raises; writing the screened copies may (a full disk: OSError).
    """
    released = {release.row_id for release in read_releases(home)}
    results = run_gate(
        "staging",
        staging=staging,
        run_id=run_id,
        today=today,
        released=released,
        may_set_aside=True,
        memory_megabytes=memory_megabytes,
    )
    withheld = _withheld(results, home, run_id, now or datetime.now(UTC))
    files = {table: list(paths) for table, paths in staging.items()}
    if withheld:
        files = _screened_copies(files, withheld, home / "build" / "screened")
    _write_lines(home / "quarantine" / "withheld.jsonl", [asdict(row) for row in withheld])
    return Screening(results, files, withheld)


def _withheld(results: Sequence[CheckResult], home: Path, run_id: str, now: datetime) -> tuple[Withheld, ...]:
    before = {row.row_id: row for row in read_withheld(home)}
    kinds = {check.name: check.sets_aside for check in load_checks("staging")}
    rows: dict[str, Withheld] = {}
    for result in results:
        if not result.withheld_rows:
            continue
        for sample in result.samples:
            if sample.row_id is None:
                continue
            known = rows.get(sample.row_id)
            if known is not None:
                rows[sample.row_id] = replace(known, checks=(*known.checks, result.check))
                continue
            old = before.get(sample.row_id)
            rows[sample.row_id] = Withheld(
                row_id=sample.row_id,
                kind=kinds[result.check] or "observation",
                checks=(result.check,),
                since=old.since if old else now.isoformat(),
                run_id=old.run_id if old else run_id,
                **{f.name: getattr(sample, f.name) for f in fields(Shown)},
            )
    return tuple(sorted(rows.values(), key=lambda row: row.row_id))


def _screened_copies(
    files: dict[str, list[Path]], withheld: Sequence[Withheld], folder: Path
) -> dict[str, list[Path]]:
    """Replace each Parquet file that a withheld row concerns by a copy without it."""
    import duckdb

    folder.mkdir(parents=True, exist_ok=True)
    keep: set[Path] = set()
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute("create table gone (kind varchar, row_id varchar)")
        connection.executemany("insert into gone values (?, ?)", [(w.kind, w.row_id) for w in withheld])
        # What each document loses, as a mark that changes with it.
        connection.execute(
            "create table touched as select document_id, left(md5(string_agg(row_id, ',' order by row_id)), 8) "  # noqa: S608
            "as mark from ("
            f"select document_id, observation_id as row_id from {_read(files.get('observations', []))} "
            "where observation_id in (select row_id from gone where kind = 'observation')"
            ") group by document_id"
        )
        screened = {}
        for table, paths in files.items():
            screened[table] = [_screened(connection, table, path, folder) for path in paths]
            keep |= set(screened[table])
    for stale in set(folder.glob("*.parquet")) - keep:
        stale.unlink(missing_ok=True)
    return screened


def _read(paths: Sequence[Path]) -> str:
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    return f"read_parquet([{listed}], union_by_name := true)"


def _screened(connection: duckdb.DuckDBPyConnection, table: str, path: Path, folder: Path) -> Path:
    if table not in ("documents", "sections", "observations", "copies"):
        return path
    source = _read([path])
    touched = "" if table == "copies" else " union all select document_id from touched"
    concerned = connection.execute(
        f"select string_agg(distinct document_id, ',' order by document_id) from {source} "  # noqa: S608
        f"where document_id in (select row_id from gone where kind = 'document'{touched})"
    ).fetchone()
    if concerned is None or concerned[0] is None:
        return path
    marks = connection.execute(
        "select string_agg(document_id || mark, ',' order by all) from touched"
    ).fetchone()
    gone = connection.execute("select string_agg(row_id, ',' order by row_id) from gone").fetchone()
    digest = hashlib.sha256(f"{path.resolve()}|{path.stat().st_size}|{marks}|{gone}".encode()).hexdigest()[
        :16
    ]
    target = folder / f"{table}-{digest}.parquet"
    if target.is_file():
        return target
    query = (
        f"select s.* from {source} s "  # noqa: S608
        "where s.document_id not in (select row_id from gone where kind = 'document')"
    )
    if table == "observations":
        query += " and s.observation_id not in (select row_id from gone where kind = 'observation')"
    if table != "copies":
        query = (
            "select s.* replace (s.parse_id || coalesce('~' || t.mark, '') as parse_id) "  # noqa: S608
            f"from ({query}) s left join touched t using (document_id)"
        )
    draft = folder / f".{target.name}.{os.getpid()}.{secrets.token_hex(4)}"
    try:
        connection.execute(
            f"copy ({query}) to '{str(draft).replace(chr(39), chr(39) * 2)}' (format parquet, compression zstd)"
        )
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return target


def read_withheld(home: Path) -> list[Withheld]:
    """What the last screening set aside."""
    return [
        Withheld(**{**line, "checks": tuple(line["checks"])})
        for line in _read_lines(home / "quarantine" / "withheld.jsonl")
    ]


def read_releases(home: Path) -> list[Release]:
    """All releases, oldest first."""
    return [
        Release(**{**line, "checks": tuple(line["checks"])})
        for line in _read_lines(home / "quarantine" / "releases.jsonl")
    ]


def find(home: Path, prefix: str) -> Withheld:
    """The withheld row whose id starts with ``prefix``. Raises QuarantineError where none or several do."""
    found = [row for row in read_withheld(home) if row.row_id.startswith(prefix)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise QuarantineError(
            f"no withheld row has an id that starts with {prefix}; see `cityreports quarantine list`"
        )
    raise QuarantineError(f"{len(found)} withheld rows have ids that start with {prefix}; give more of it")


def release(home: Path, row_id: str, *, by: str, reason: str, now: datetime | None = None) -> Release:
    """Let a row pass all checks of single rows from the next run on. ``row_id``: the start of a withheld row's id, or
    the whole id of a row that stopped the run (as the alert and the report show it).

    Raises QuarantineError without a reason, for an id that nobody knows, or one that is released already.
    """
    if not reason.strip() or not by.strip():
        raise QuarantineError("a release needs a reason, and a name: --reason TEXT, and who says so")
    checks: tuple[str, ...] = ()
    try:
        row = find(home, row_id)
        row_id, checks = row.row_id, row.checks
    except QuarantineError:
        checks = tuple(sorted(_checks_that_showed(home, row_id)))
        if not checks:
            raise
    if any(existing.row_id == row_id for existing in read_releases(home)):
        raise QuarantineError(f"{row_id[:12]} is released already; it counts from the next run on")
    made = Release(row_id, by.strip(), reason.strip(), (now or datetime.now(UTC)).isoformat(), checks)
    path = home / "quarantine" / "releases.jsonl"
    _write_lines(path, [*_read_lines(path), asdict(made)])
    return made


def accept(home: Path, check: str, *, by: str, reason: str, now: datetime | None = None) -> None:
    """Let a change against the published file through that ``check`` of the gate ``publish`` would stop, for
    ``ACCEPTED_FOR``. Raises QuarantineError for a check of another gate, or without a reason."""
    names = [c.name for c in load_checks("publish")]
    if check not in names:
        raise QuarantineError(
            f"{check} is no check of the gate publish; these can be accepted: {', '.join(names)}"
        )
    if not reason.strip() or not by.strip():
        raise QuarantineError("accepting a change needs a reason, and a name: --reason TEXT, and who says so")
    path = home / "quarantine" / "accepted.jsonl"
    at = (now or datetime.now(UTC)).isoformat()
    _write_lines(path, [*_read_lines(path), {"check": check, "by": by, "reason": reason, "at": at}])


def read_accepted(home: Path, now: datetime | None = None) -> dict[str, str]:
    """Changes that are accepted now: name of the check, and who says so and why (for ``run_gate(accepted=…)``)."""
    now = now or datetime.now(UTC)
    return {
        line["check"]: f"{line['reason']} ({line['by']}, {line['at'][:10]})"
        for line in _read_lines(home / "quarantine" / "accepted.jsonl")
        if now - datetime.fromisoformat(line["at"]) <= ACCEPTED_FOR
    }


def _checks_that_showed(home: Path, row_id: str) -> set[str]:
    """Checks among whose failing rows of the latest runs ``row_id`` is."""
    paths = sorted((home / "checks").glob("*.jsonl"), key=lambda path: path.stat().st_mtime)[-5:]
    return {
        line["check"]
        for path in paths
        for line in _read_lines(path)
        if any(sample.get("row_id") == row_id for sample in line["samples"])
    }


_WITHHELD_COLUMNS = (
    ("row_id", "varchar", "observation_id or document_id of the row that is set aside"),
    ("kind", "varchar", "observation or document"),
    ("checks", "varchar", "names of the checks that it fails, separated by commas"),
    ("withheld_since", "timestamp", "when it was first set aside, UTC"),
    ("run_id", "varchar", "run that first set it aside"),
    ("region_name", "varchar", "region it was read for"),
    ("metric_code", "varchar", "metric it was read as"),
    ("report_year", "integer", "year of the report"),
    ("value", "varchar", "value and unit as extracted"),
    ("sentence", "varchar", "sentence that states it"),
    ("url", "varchar", "where it was read"),
    ("file", "varchar", "file it was read from"),
    ("note", "varchar", "what the check found"),
)
_RELEASE_COLUMNS = (
    ("row_id", "varchar", "observation_id or document_id of the row that was released"),
    ("released_by", "varchar", "who says that it is right"),
    ("reason", "varchar", "why"),
    ("released_at", "timestamp", "when, UTC"),
    ("checks", "varchar", "checks that it fails, separated by commas"),
)


def load_quarantine(database: Path, home: Path) -> None:
    """(Re)make ``checks.withheld`` and ``checks.released`` in ``database``."""
    import duckdb

    withheld = [
        (
            w.row_id,
            w.kind,
            ", ".join(w.checks),
            _naive(w.since),
            w.run_id,
            w.region,
            w.metric,
            w.year,
            w.value,
            w.sentence,
            w.url,
            w.file,
            w.note,
        )
        for w in read_withheld(home)
    ]
    released = [(r.row_id, r.by, r.reason, _naive(r.at), ", ".join(r.checks)) for r in read_releases(home)]
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema if not exists checks")
        described(
            connection,
            "checks.withheld",
            "Rows that failed a check and are in no mart: one row per row that is set aside.",
            _WITHHELD_COLUMNS,
            withheld,
        )
        described(
            connection,
            "checks.released",
            "Rows that fail a check and are published because somebody said so: one row per release.",
            _RELEASE_COLUMNS,
            released,
        )


def _naive(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def _read_lines(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def _write_lines(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with draft.open("w", encoding="utf-8") as handle:
            handle.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
            handle.flush()
            os.fsync(handle.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
