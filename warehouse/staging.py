"""Staging: Parquet files written side by side, made to count by one commit file a run.

    <staging>/_tmp/…                              half-written files; nobody reads them
    <staging>/<table>/<run_id>-<batch>.parquet    whole files; count once a commit names them
    <staging>/commits/<run_id>.json               {"run_id", "at", "files": {table: […]}, "replaces": […]}

A file that no commit names is not there. A commit that ``replaces`` others stands for all of their rows
(compaction). Every step is a write to ``_tmp`` and one rename, so a process can be killed at any moment.

The root is a folder, or a URL of object storage with a local folder for copies (``Remote``). There, every step is one
object put: data first, then the commit that names it. Readers get paths of local copies, fetched once.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from scrapers.storage import Detail, Mirror, Store
from warehouse.files import whole_file
from warehouse.locks import StagingError as StagingError
from warehouse.schemas import STAGING_VERSION, TABLES
from warehouse.settings import Remote

#: Where staging lies.
Root = Path | Remote

#: Tables that say what was read; the others (looks) say that somebody looked.
DATA_TABLES = ("documents", "sections", "observations", "quarantine", "copies")

#: A look further ahead was made under a wrong clock. It would stay the last of its source until its day; nobody counts it.
LOOKED_AHEAD = timedelta(days=1)
LOOKED_BY_NOW = f"(looked_at is null or looked_at <= now() + interval {LOOKED_AHEAD.days} day)"

#: Looks that are kept, counted back from the youngest; of older ones only what mart_source_health still asks for.
LOOKS_DAYS = 400

#: Files over this size, or with so many rows, are left alone by compaction; smaller ones are merged so many at a time
#: that they come to it. Merging sorts its rows in memory: this bounds what a night takes, however much there is.
COMPACT_BELOW_BYTES = 8 * 1024 * 1024
COMPACT_BELOW_ROWS = 100_000

#: Memory for DuckDB to merge in; what is more goes to disk.
MERGE_MEGABYTES = 512

#: Rows that a merged file has in one piece (a row group); a document's row has its whole text. And rows that are read at once.
ROWS_AT_ONCE = 50_000
DOCUMENTS_AT_ONCE = 500
READ_AT_ONCE = 5_000


class _Place:
    """A root, opened: its files, and paths at which they can be read."""

    def __init__(self, root: Root) -> None:
        self.store = Store(root.url if isinstance(root, Remote) else root)
        self.mirror = Mirror(self.store, root.mirror if isinstance(root, Remote) else root)
        #: What is not shared: an empty file a table, and scratch space.
        self.local = self.mirror.folder

    def list(self) -> dict[str, Detail]:
        return self.store.details()


@dataclass(frozen=True, slots=True)
class StagedFile:
    """One whole Parquet file; ``name`` is relative to its table's folder."""

    table: str
    name: str
    rows: int

    @property
    def path(self) -> str:
        """Relative to the root."""
        return f"{self.table}/{self.name}"


@dataclass(frozen=True, slots=True)
class Commit:
    """What one run, or one compaction, made to count."""

    run_id: str
    at: datetime
    files: tuple[StagedFile, ...]
    replaces: tuple[str, ...] = ()
    version: int = STAGING_VERSION


def write_table(root: Root, table: str, name: str, rows: Sequence[Mapping[str, Any]]) -> StagedFile:
    """Write ``rows`` of ``table`` as ``<root>/<table>/<name>.parquet``.

    Every row must have just the columns of ``warehouse.schemas``; a column too few is an error here and not a
    null later.
    """
    schema = TABLES[table]
    expected = set(schema.names)
    for row in rows:
        if row.keys() != expected:
            odd = sorted(expected ^ row.keys())
            raise StagingError(f"row for staging table {table} has wrong columns: {', '.join(odd)}")
    return _write(_Place(root), table, name, [pa.Table.from_pylist(list(rows), schema=schema)])


def write_batches(root: Root, table: str, name: str, batches: Sequence[pa.RecordBatch]) -> StagedFile:
    """Write what ``packed`` made of rows of ``table`` as ``<root>/<table>/<name>.parquet``."""
    whole = pa.Table.from_batches(batches, schema=TABLES[table]).combine_chunks()
    return _write(_Place(root), table, name, [whole])


def packed(table: str, rows: int, columns: Mapping[str, Any]) -> bytes:
    """``rows`` rows of ``table`` as bytes that another process unpacks without reading them one by one.

    columns  of every column of the table its values, a list; or one value that all rows have
    """
    schema = TABLES[table]
    if columns.keys() != set(schema.names):
        odd = sorted(set(schema.names) ^ columns.keys())
        raise StagingError(f"rows for staging table {table} have wrong columns: {', '.join(odd)}")
    arrays = [
        pa.array(value, column.type)
        if isinstance(value := columns[column.name], list)
        else pa.repeat(pa.scalar(value, column.type), rows)
        for column in schema
    ]
    return bytes(pa.RecordBatch.from_arrays(arrays, schema=schema).serialize())


def unpacked(table: str, data: bytes) -> pa.RecordBatch:
    """The rows that ``packed`` packed."""
    return pa.ipc.read_record_batch(pa.py_buffer(data), TABLES[table])


def _write(place: _Place, table: str, name: str, parts: Iterable[pa.Table | pa.RecordBatch]) -> StagedFile:
    file = f"{name}.parquet"
    schema = TABLES[table].with_metadata({"staging_version": str(STAGING_VERSION)})
    count = 0
    with (
        place.store.writing(f"{table}/{file}") as draft,
        pq.ParquetWriter(draft, schema, compression="zstd", write_page_checksum=True) as writer,
    ):
        for part in parts:
            count += part.num_rows
            batch = part if isinstance(part, pa.Table) else pa.Table.from_batches([part])
            writer.write_table(
                batch.replace_schema_metadata(schema.metadata)
                if batch.schema.equals(schema)
                else batch.cast(schema)
            )
    return StagedFile(table, file, count)


def write_commit(
    root: Root, run_id: str, files: Sequence[StagedFile], *, replaces: Sequence[str] = ()
) -> Commit:
    """Make ``files`` count, all at once. A second commit of the same run takes the place of its first."""
    return _write_commit(_Place(root), run_id, files, replaces)


def _write_commit(place: _Place, run_id: str, files: Sequence[StagedFile], replaces: Sequence[str]) -> Commit:
    there = place.list()
    for file in files:
        if file.path not in there:
            raise StagingError(f"{place.store.address(file.path)}: named by run {run_id}, but not there")
    commit = Commit(run_id, datetime.now(UTC), tuple(files), tuple(replaces), STAGING_VERSION)
    value = {
        "run_id": run_id,
        "at": commit.at.isoformat(),
        "staging_version": STAGING_VERSION,
        "files": {
            table: [{"name": f.name, "rows": f.rows} for f in files if f.table == table] for table in TABLES
        },
        "replaces": list(replaces),
    }
    text = json.dumps(value, ensure_ascii=False, indent=1)
    place.store.write(f"commits/{run_id}.json", text.encode())
    return commit


def read_commits(root: Root) -> list[Commit]:
    """The commits that count, oldest first: all, less those that another one replaces."""
    place = _Place(root)
    return _read_commits(place, place.list())


def _read_commits(place: _Place, there: Mapping[str, Detail], *, older: bool = False) -> list[Commit]:
    """``older`` lets commits of older releases pass, for the migration; nobody else may take their rows for today's."""
    found = []
    for name in sorted(n for n in there if n.startswith("commits/") and n.endswith(".json")):
        path = place.store.address(name)
        try:
            value = json.loads(place.mirror.path(name, there[name]).read_text(encoding="utf-8"))
            version = value["staging_version"]
            files = tuple(
                StagedFile(table, entry["name"], entry["rows"])
                for table, entries in value["files"].items()
                for entry in entries
            )
            commit = Commit(
                value["run_id"],
                datetime.fromisoformat(value["at"]),
                files,
                tuple(value["replaces"]),
                int(version),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StagingError(
                f"{path}: no readable commit ({error}). Restore it from a back-up, or set the folder "
                f"{place.store.url} aside and run `cityreports rebuild`"
            ) from error
        if version > STAGING_VERSION:
            raise StagingError(
                f"{path}: written by a newer cityreports (staging version {version}, this one reads up to "
                f"{STAGING_VERSION}); upgrade"
            )
        found.append(commit)
    replaced = {run_id for commit in found for run_id in commit.replaces}
    alive = sorted((c for c in found if c.run_id not in replaced), key=lambda c: (c.at, c.run_id))
    oldest = min((commit.version for commit in alive), default=STAGING_VERSION)
    if oldest < STAGING_VERSION and not older:
        raise StagingError(
            f"{place.store.url}: written by an older cityreports (staging version {oldest}, this one reads "
            f"{STAGING_VERSION}); the next run brings it up to date, or `cityreports upgrade` now"
        )
    return alive


def table_files(root: Root, table: str) -> list[Path]:
    """The files of ``table`` that count. Raises StagingError where one is gone."""
    return _table_files(_Place(root), table)


def _table_files(place: _Place, table: str) -> list[Path]:
    there = place.list()
    paths = []
    for commit in _read_commits(place, there):
        for file in commit.files:
            if file.table == table:
                try:
                    paths.append(place.mirror.path(file.path, there[file.path]))
                except (KeyError, FileNotFoundError):
                    raise StagingError(
                        f"{place.store.address(file.path)}: committed by run {commit.run_id}, but not there. "
                        f"Restore it from a back-up, or set {place.store.url} aside and run `cityreports rebuild`"
                    ) from None
    return paths


def inputs_for_sql(root: Root, table: str) -> list[Path]:
    """The files of ``table`` that count, after one without rows but with every column of today.

    With it in the list, ``read_parquet(…, union_by_name := true)`` needs no special case for an empty table
    or for files from before a column was added.
    """
    place = _Place(root)
    return [_empty(place, table), *_table_files(place, table)]


def _empty(place: _Place, table: str) -> Path:
    schema = TABLES[table]
    digest = hashlib.sha256(str(schema).encode()).hexdigest()[:12]
    empty = place.local / "_empty" / f"{table}-{digest}.parquet"
    if not empty.is_file():
        with whole_file(empty, place.local / "_tmp") as draft:
            pq.write_table(schema.empty_table(), draft)
    return empty


def read_table(root: Root, table: str, columns: Sequence[str] | None = None) -> pa.Table:
    """All rows of ``table`` that count, in the order of their commits, with ``columns`` or all of them."""
    schema = TABLES[table]
    wanted = schema if columns is None else pa.schema([schema.field(name) for name in columns])
    parts = [_read_file(path, wanted) for path in table_files(root, table)]
    return pa.concat_tables(parts) if parts else wanted.empty_table()


def marks(root: Root, tables: Iterable[str]) -> dict[str, str]:
    """Of each file of ``tables`` that counts, what changes whenever its content does; empty where it is gone."""
    place = _Place(root)
    there = place.list()
    files = (file for commit in _read_commits(place, there) for file in commit.files)
    return {
        file.path: there[file.path].mark if file.path in there else ""
        for file in files
        if file.table in tables
    }


def _read_file(path: Path, wanted: pa.Schema) -> pa.Table:
    try:
        file = pq.ParquetFile(path)
        present = [name for name in wanted.names if name in file.schema_arrow.names]
        table = file.read(columns=present)
    except (pa.ArrowException, OSError) as error:
        raise StagingError(f"{path}: damaged Parquet file ({error})") from error
    # A column that was added after the file was written is null for its rows.
    for name in wanted.names:
        if name not in present:
            table = table.append_column(name, pa.nulls(table.num_rows, wanted.field(name).type))
    table = table.select(wanted.names)
    # A cast to what it is already would load pyarrow's compute functions, for 15 MB.
    return table if table.schema.equals(wanted) else table.cast(wanted)


def verify(root: Root) -> list[str]:
    """What is wrong with the files that count, in words; empty when they are as they were written.

    Reads every page of every file: their checksums tell a flipped bit from a figure.
    """
    problems = []
    place = _Place(root)
    there = place.list()
    for commit in _read_commits(place, there):
        for file in commit.files:
            path = place.store.address(file.path)
            try:
                copy = place.mirror.path(file.path, there[file.path])
                with pq.ParquetFile(copy, page_checksum_verification=True) as parquet:
                    rows = sum(batch.num_rows for batch in parquet.iter_batches(batch_size=20_000))
            except (KeyError, FileNotFoundError):
                problems.append(f"{path}: committed by run {commit.run_id}, but not there")
            except (pa.ArrowException, OSError) as error:
                problems.append(f"{path}: damaged ({error})")
            else:
                if rows != file.rows:
                    problems.append(f"{path}: {rows} rows, where run {commit.run_id} committed {file.rows}")
    return problems


def compact(root: Root, run_id: str, *, after: int) -> Commit | None:
    """Write the small files of each table that has more than ``after`` of them into few.

    Rows that a newer parse of the same document supersedes are left out (of documents, one row for each
    source stays: it tells what that source claimed), and looks of more than LOOKS_DAYS ago. Files of
    COMPACT_BELOW_BYTES or COMPACT_BELOW_ROWS and more stay as they are. The files that were merged stay, too, until
    ``remove_uncommitted`` finds that no reader can still have them open.

    Returns the new commit, or None where there was nothing to do.
    """
    place = _Place(root)
    there = place.list()
    files = [file for commit in _read_commits(place, there) for file in commit.files]
    small = [f for f in files if f.path in there and _is_small(f.table, there[f.path].size, f.rows)]
    many = {table for table, count in Counter(file.table for file in small).items() if count > after}
    # Looks come every night, and are light: no reason to merge every document of the season with them.
    small = [file for file in small if file.table in many]
    if not small:
        return None
    result = [file for file in files if file not in small]
    for table in TABLES:
        groups = _groups([(f, there[f.path].size) for f in small if f.table == table])
        for number, group in enumerate(groups):
            name = f"compact-{run_id}" + (f"-{number}" if number else "")
            paths = [place.mirror.path(file.path, there[file.path]) for file in group]
            merge = _merge_looks if table == "looks" else _merge
            result.append(merge(place, table, name, paths))
    # Replaced commits that are still there are named again: removed in any order, none comes back to life.
    replaces = sorted(Path(name).stem for name in there if name.startswith("commits/"))
    return write_commit(root, f"compact-{run_id}", result, replaces=replaces)


def _is_small(table: str, size: int, rows: int) -> bool:
    """Looks always are: what is kept of them is told by all of them together."""
    return table == "looks" or (size < COMPACT_BELOW_BYTES and rows < COMPACT_BELOW_ROWS)


def _groups(files: Sequence[tuple[StagedFile, int]]) -> list[list[StagedFile]]:
    """Files of a table, in their order, with their sizes: so many together that they are no longer small."""
    groups: list[list[StagedFile]] = []
    size = rows = 0
    for file, its in files:
        if not groups or not _is_small(file.table, size, rows):
            groups.append([])
            size = rows = 0
        groups[-1].append(file)
        size, rows = size + its, rows + file.rows
    return groups


def _merge(place: _Place, table: str, name: str, small: list[Path]) -> StagedFile:
    import duckdb

    columns = ", ".join(f'"{c}"' for c in TABLES[table].names)
    parameters: dict[str, Any] = {"files": [str(p) for p in [_empty(place, table), *small]]}
    query = f"select {columns} from read_parquet($files, union_by_name := true)"  # noqa: S608 - our own names
    documents = [str(p) for p in (_empty(place, "documents"), *_table_files(place, "documents"))]
    match table:
        case "documents":
            query += (
                " semi join (select document_id, source_id, arg_max(parse_id, (parsed_at, parse_id)) as parse_id "
                "from read_parquet($documents, union_by_name := true) group by document_id, source_id) "
                "using (document_id, source_id, parse_id) order by parsed_at, document_id, parse_id"
            )
            parameters["documents"] = documents
        case "sections" | "observations":
            query += (
                " semi join (select document_id, arg_max(parse_id, (parsed_at, parse_id)) as parse_id "
                "from read_parquet($documents, union_by_name := true) group by document_id) "
                "using (document_id, parse_id) order by document_id, char_start, char_end"
            )
            parameters["documents"] = documents
    with duckdb.connect() as connection:
        connection.execute(f"set timezone = 'UTC'; set threads = 1; set memory_limit = '{MERGE_MEGABYTES}MB'")
        connection.execute(
            f"set temp_directory = '{str(place.local / '_tmp').replace(chr(39), chr(39) * 2)}'"
        )
        rows = DOCUMENTS_AT_ONCE if table == "documents" else ROWS_AT_ONCE
        batches: Any = connection.sql(query, params=parameters).to_arrow_reader(rows)
        return _write(place, table, name, batches)


def _merge_looks(place: _Place, table: str, name: str, small: list[Path]) -> StagedFile:
    """Looks of LOOKS_DAYS, and of older ones what mart_source_health asks for: the last of each source, its last success
    and its fullest list. In their order, without DuckDB and a piece at a time: a night without news does this, and little else."""
    kept = bytearray(_kept_looks(small))

    def parts() -> Iterator[pa.Table]:
        piece: list[pa.RecordBatch] = []
        row = 0
        for batch in _batches(small, TABLES[table]):
            at = 0
            for is_kept, run in groupby(kept[row : row + batch.num_rows]):
                rows = len(list(run))
                if is_kept:
                    piece.append(batch.slice(at, rows))
                at += rows
            row += batch.num_rows
            if sum(part.num_rows for part in piece) >= ROWS_AT_ONCE:
                yield pa.Table.from_batches(piece)
                piece.clear()
        if piece:
            yield pa.Table.from_batches(piece)

    return _write(place, table, name, parts())


def _kept_looks(paths: Sequence[Path]) -> Iterator[bool]:
    """Of each look of these files, in their order, whether it is kept."""
    schema = pa.schema([TABLES["looks"].field(c) for c in ("source_id", "looked_at", "ok", "links_seen")])

    def looks() -> Iterator[tuple[str | None, int | None, bool | None, int | None]]:
        """source_id, looked_at (microseconds since 1970), ok, links_seen."""
        for batch in _batches(paths, schema):
            source, at, ok, seen = batch.columns
            yield from zip(
                source.to_pylist(),
                at.view(pa.int64()).to_pylist(),
                ok.to_pylist(),
                seen.to_pylist(),
                strict=True,
            )

    latest = time.time_ns() // 1000 + _microseconds(LOOKED_AHEAD)
    youngest = -(2**63)
    last: dict[str | None, int] = {}
    succeeded: dict[str | None, int] = {}
    fullest: dict[str | None, tuple[int, int]] = {}
    for source, at, ok, seen in looks():
        if at is None or at > latest:
            continue
        youngest = max(youngest, at)
        last[source] = max(at, last.get(source, at))
        if ok:
            succeeded[source] = max(at, succeeded.get(source, at))
        full = (-1 if seen is None else seen, -at)
        fullest[source] = max(full, fullest.get(source, full))
    for source, at, ok, seen in looks():
        yield at is None or (
            at <= latest
            and (
                at >= youngest - _microseconds(timedelta(days=LOOKS_DAYS))
                or at == last[source]
                or (bool(ok) and at == succeeded[source])
                or (-1 if seen is None else seen, -at) == fullest[source]
            )
        )


def _microseconds(time: timedelta) -> int:
    return time // timedelta(microseconds=1)


def _batches(paths: Sequence[Path], wanted: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The rows of some files with the columns of ``wanted``, a piece at a time. Raises StagingError."""
    for path in paths:
        try:
            with pq.ParquetFile(path) as file:
                present = [name for name in wanted.names if name in file.schema_arrow.names]
                for batch in file.iter_batches(READ_AT_ONCE, columns=present):
                    yield pa.RecordBatch.from_arrays(
                        [
                            batch.column(field.name)
                            if field.name in present
                            else pa.nulls(batch.num_rows, field.type)
                            for field in wanted
                        ],
                        schema=wanted,
                    )
        except (pa.ArrowException, OSError) as error:
            raise StagingError(f"{path}: damaged Parquet file ({error})") from error


def migrate(root: Root, run_id: str) -> list[str]:
    """Bring staging of an older release to today's columns (``warehouse.migrations``); what was done, in words.

    Only while no other run writes. One commit replaces all: until it is written, the old files count.
    Raises StagingError for staging of a newer release, or of one that nothing leads from.
    """
    from warehouse.migrations import steps

    place = _Place(root)
    there = place.list()
    commits = _read_commits(place, there, older=True)
    if all(commit.version == STAGING_VERSION for commit in commits):
        return []
    files: list[StagedFile] = []
    words: dict[str, None] = {}
    for commit in commits:
        try:
            todo = steps(commit.version, STAGING_VERSION)
        except LookupError:
            raise StagingError(
                f"{place.store.url}: staging version {commit.version} is too old for this cityreports. Set the folder "
                "aside and run `cityreports rebuild`: the archive has all that was read"
            ) from None
        words |= dict.fromkeys(f"staging version {step.to}: {step.words}" for step in todo)
        for file in commit.files:
            changes = [step.tables[file.table] for step in todo if file.table in step.tables]
            if not changes:
                files.append(file)
                continue
            if file.path not in there:
                raise StagingError(
                    f"{place.store.address(file.path)}: committed by run {commit.run_id}, but not there"
                )
            rows = pq.read_table(place.mirror.path(file.path, there[file.path])).to_pylist()
            for change in changes:
                rows = change(rows)
            name = f"v{STAGING_VERSION}-{file.name.removesuffix('.parquet')}"
            files.append(write_table(root, file.table, name, rows))
    replaces = sorted(Path(name).stem for name in there if name.startswith("commits/"))
    _write_commit(place, f"upgrade-{run_id}", files, replaces)
    return list(words)


def remove_uncommitted(root: Root, *, older_than_s: float) -> int:
    """Remove what killed runs and replaced commits left; returns how many files went.

    Only files that were last written ``older_than_s`` seconds ago go: a run that has not committed yet, and a
    build that started before a compaction, keep theirs. Files go before the commits that named them.
    """
    place = _Place(root)
    there = place.list()
    commits = _read_commits(place, there)
    alive = {f.path for c in commits for f in c.files} | {f"commits/{c.run_id}.json" for c in commits}
    latest = time.time() - older_than_s
    dead = [
        name
        for folder in (*TABLES, "commits")
        for name, detail in there.items()
        if name.startswith(f"{folder}/") and name not in alive and detail.modified <= latest
    ]
    for name in dead:
        place.store.remove(name)
    removed = len(dead)
    for path in (place.local / "_tmp").glob("*"):
        if path.is_file() and path.stat().st_mtime <= latest:
            path.unlink(missing_ok=True)
            removed += 1
    place.mirror.keep_only({name: there[name] for name in there.keys() - set(dead)})
    return removed
