"""Publish: the checked build file becomes the published one by one rename; readers never see half of it.

<home>/published/cityreports.duckdb                what analysts open
<home>/published/cityreports.duckdb.json           its manifest, for those who fetch it (warehouse.manifest)
<home>/published/history/<built_at>-<hash>.duckdb  the last few published files, the newest among them
<home>/published/_tmp/…                            drafts; nobody reads them
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from warehouse.files import sync_folder, whole_file
from warehouse.manifest import Manifest, file_sha256, manifest_of, read_manifest

#: Grows by one when a table or column that analysts read changes its meaning or goes.
SCHEMA_VERSION = 1

#: Schemas whose rows are the content: what analysts compare. Check results and this table's row are about it.
CONTENT_SCHEMAS = ("marts",)

#: Views of these schemas that count as content: the facts themselves. mart_coverage does not: its millions of cells
#: follow from what is counted, and take 1.5 GB to hash.
CONTENT_VIEWS = ("fct_observation",)

#: Say when, how often and by which run something was done; the same content built again differs in them.
VOLATILE_COLUMNS = (
    "run_id",
    "parse_id",
    "looks",
    "days_silent",
    "failures_since_success",
    "last_error",
    "last_detail",
    "last_links_seen",
)

LOCK_SECONDS = 600.0


class PublishError(Exception):
    """The build file cannot be published; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What stands in ``meta.publication`` of a published file."""

    run_id: str
    built_at: datetime
    content_hash: str
    schema_version: int
    cityreports_version: str
    duckdb_version: str


@dataclass(frozen=True, slots=True)
class PublishResult:
    """published is False where the published file has the same content already; it was not touched then."""

    published: bool
    path: Path
    content_hash: str


def content_hash(database: Path) -> str:
    """A hash over the rows of all tables of CONTENT_SCHEMAS, and of CONTENT_VIEWS, independent of their order.

    Left out: points in time and VOLATILE_COLUMNS. Doubles count to nine digits after the point, since sums
    over several threads differ in their last bits. The hash holds for one version of DuckDB.
    """
    with duckdb.connect(str(database), read_only=True) as connection:
        columns = connection.execute(
            "select c.schema_name, c.table_name, c.column_name, c.data_type "
            "from duckdb_columns() c left join duckdb_tables() t using (database_name, schema_name, table_name) "
            "where c.schema_name in (select unnest($schemas)) and c.database_name = current_database() "
            "and (t.table_name is not null or c.table_name in (select unnest($views))) "
            "order by all",
            {"schemas": list(CONTENT_SCHEMAS), "views": list(CONTENT_VIEWS)},
        ).fetchall()
        tables: dict[tuple[str, str], list[str]] = {}
        for schema, table, column, kind in columns:
            parts = tables.setdefault((schema, table), [])
            if kind.startswith("TIMESTAMP") or column in VOLATILE_COLUMNS:
                continue
            name = _quoted(column)
            parts.append(f"round({name}, 9)" if kind in ("DOUBLE", "FLOAT") else name)
        lines = []
        for (schema, table), parts in tables.items():
            row = ", ".join(parts) or "1"
            names = ", ".join(column for s, t, column, _ in columns if (s, t) == (schema, table))
            count, total, mixed = connection.execute(
                f"select count(*), sum(hash({row})::hugeint), bit_xor(hash({row})) "  # noqa: S608 - quoted names
                f"from {_quoted(schema)}.{_quoted(table)}"
            ).fetchone() or (0, 0, 0)
            lines.append(f"{schema}.{table}({names}) {count} {total} {mixed}")
        digest = connection.execute("select sha256($text)", {"text": "\n".join(lines)}).fetchone()
    assert digest is not None
    return str(digest[0])


def read_publication(database: Path) -> Publication | None:
    """What the published file says about itself; None where there is no such file."""
    if not database.is_file():
        return None
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            row = connection.execute(
                "select run_id, built_at, content_hash, schema_version, cityreports_version, duckdb_version "
                "from meta.publication"
            ).fetchone()
    except duckdb.Error as error:
        raise PublishError(
            f"{database}: no readable published warehouse ({error}). Put back a file of "
            f"{database.parent / 'history'}, or remove it and run again"
        ) from error
    return Publication(*row) if row else None


def publish(build: Path, published: Path, *, run_id: str, keep: int) -> PublishResult:
    """Make the content of ``build`` the published one, unless it is already.

    ``build`` must be closed by its writer. ``keep`` published files stay in ``history``. One process
    publishes at a time; readers of the old file keep it until they connect again.

    Raises PublishError; the published file is untouched then.
    """
    if not build.is_file():
        raise PublishError(f"{build}: there is no build to publish; run `cityreports run`")
    published.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(published.parent / ".lock")
    try:
        lock.acquire(timeout=LOCK_SECONDS)
    except Timeout as error:
        raise PublishError(
            f"{published.parent}: another process has been publishing for 10 minutes"
        ) from error
    try:
        try:
            digest = content_hash(build)
        except duckdb.Error as error:
            raise PublishError(f"{build}: cannot be read ({error}); remove it and run again") from error
        held = _held(published)
        if held is not None and held.schema_version > SCHEMA_VERSION:
            raise PublishError(
                f"{published}: published by cityreports {held.cityreports_version} with schema version "
                f"{held.schema_version}; this one publishes version {SCHEMA_VERSION}. Upgrade, or move the file away to "
                "go back to this release"
            )
        if held is not None and held.content_hash == digest and held.schema_version == SCHEMA_VERSION:
            _mend_manifest(published, held)
            return PublishResult(False, published, digest)
        for abandoned in (published.parent / "_tmp").glob("*"):
            abandoned.unlink()
        built_at = datetime.now(UTC)
        publication = Publication(
            run_id, built_at, digest, SCHEMA_VERSION, version("cityreports"), duckdb.__version__
        )
        with whole_file(published, published.parent / "_tmp") as draft:
            _write_draft(build, draft, publication)
            history = published.parent / "history"
            history.mkdir(exist_ok=True)
            kept = history / f"{built_at:%Y%m%dT%H%M%S%fZ}-{digest[:12]}.duckdb"
            link_or_copy(draft, kept, published.parent / "_tmp")
        _write_manifest(published, kept, publication)
        _prune(history, kept, keep)
        return PublishResult(True, published, digest)
    finally:
        lock.release()


def _write_manifest(published: Path, kept: Path, publication: Publication) -> None:
    manifest = Manifest(
        file=kept.relative_to(published.parent).as_posix(),
        size=kept.stat().st_size,
        sha256=file_sha256(kept),
        content_hash=publication.content_hash,
        run_id=publication.run_id,
        built_at=publication.built_at.astimezone(UTC).isoformat(),
        schema_version=publication.schema_version,
        cityreports_version=publication.cityreports_version,
        duckdb_version=publication.duckdb_version,
    )
    with whole_file(manifest_of(published), published.parent / "_tmp") as draft:
        draft.write_bytes(manifest.as_bytes())


def keep_manifest(published: Path) -> None:
    """Make the manifest of a published file again where it is missing or of another. Raises PublishError."""
    held = read_publication(published)
    if held is not None:
        _mend_manifest(published, held)


def _mend_manifest(published: Path, held: Publication) -> None:
    """Make the manifest again where it does not name what is published: a file put back from the history, a process
    killed between the two, a release that wrote none."""
    manifest = read_manifest(published)
    if manifest is not None and manifest.run_id == held.run_id and manifest.content_hash == held.content_hash:
        kept = published.parent / manifest.file
        if kept.is_file() and kept.stat().st_size == manifest.size == published.stat().st_size:
            return
    history = published.parent / "history"
    history.mkdir(exist_ok=True)
    built_at = held.built_at.astimezone(UTC)
    kept = history / f"{built_at:%Y%m%dT%H%M%S%fZ}-{held.content_hash[:12]}.duckdb"
    if not kept.is_file():
        link_or_copy(published, kept, published.parent / "_tmp")
    _write_manifest(published, kept, held)


def _held(published: Path) -> Publication | None:
    """The publication that readers see now; None also for a file that cannot be read: it is then replaced."""
    try:
        return read_publication(published)
    except PublishError:
        return None


def _write_draft(build: Path, draft: Path, publication: Publication) -> None:
    shutil.copyfile(build, draft)
    with duckdb.connect(str(draft)) as connection:
        connection.execute(
            "create schema if not exists meta;"
            "create or replace table meta.publication (run_id text, built_at timestamptz, content_hash text, "
            "schema_version integer, cityreports_version text, duckdb_version text);"
            "comment on table meta.publication is 'One row: what was published, when, and from which run';"
        )
        for column, words in {
            "run_id": "run that published this file",
            "built_at": "when it was published",
            "content_hash": "hash over the rows of the marts; equal content, equal hash",
            "schema_version": "grows when a table or column changes its meaning or goes",
            "cityreports_version": "release that built it",
            "duckdb_version": "DuckDB that wrote it",
        }.items():
            connection.execute(f"comment on column meta.publication.{column} is '{words}'")
        connection.execute(
            "insert into meta.publication values (?, ?, ?, ?, ?, ?)",
            [
                publication.run_id,
                publication.built_at,
                publication.content_hash,
                publication.schema_version,
                publication.cityreports_version,
                publication.duckdb_version,
            ],
        )
        connection.execute("checkpoint")
    draft.chmod(0o444)
    leftover = draft.with_name(draft.name + ".wal")
    if leftover.exists():
        leftover.unlink()
        raise PublishError(f"{draft}: DuckDB left a write-ahead log after its checkpoint; run again")


def link_or_copy(source: Path, target: Path, scratch: Path) -> None:
    """``target`` as another name of ``source``; a copy where the file system knows no hard links."""
    try:
        os.link(source, target)
    except OSError:
        with whole_file(target, scratch) as draft:
            shutil.copyfile(source, draft)
    sync_folder(target.parent)


def _prune(history: Path, current: Path, keep: int) -> None:
    # What was published under a clock that was ahead sorts after what is published now.
    for path in sorted(history.glob("*.duckdb"))[:-keep]:
        if path != current:
            path.unlink()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
