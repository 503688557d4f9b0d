"""What the archive holds becomes rows of staging: what is to be parsed, and what comes of it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from extraction.catalogue import load_catalogue
from extraction.model import Claim, DocumentError, Observation
from warehouse import corrections, staging
from warehouse.corrections import Correction, Note
from warehouse.parse import Parsed, observation_id, parse, parser_version, prepare, text_sha256
from warehouse.schemas import TABLES
from warehouse.settings import Settings
from warehouse.staging import StagedFile
from warehouse.workers import NOT_JUDGED, READER_FAILED, Done, read_all

if TYPE_CHECKING:
    from pyarrow import RecordBatch

    from scrapers.archive import Archive, Entry
    from scrapers.model import Failure, Fetched, Look

#: Rows of observations that one staging file holds before the next is begun: bounds memory in a rebuild.
ROWS_PER_FILE = 40_000


#: Above this share of documents on which the reader fails, the reader is broken, and nothing is staged.
MOST_READER_FAILURES = 0.05


class ReaderBroke(Exception):
    """The reader fails on document after document; the message says how."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker reads: bytes and what is said of them."""

    entry: Entry
    body: bytes
    media_type: str
    claim: Claim


@dataclass(frozen=True, slots=True)
class Rows:
    """What a worker made of a document, as rows of staging: the run's process only has to write them down.

    packed  (table, number of rows, rows as ``staging.packed``) of tables with many rows a document
    """

    document: dict[str, Any]
    packed: tuple[tuple[str, int, bytes], ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Todo:
    """Entries of the archive that are new here: to be parsed, and to be noted as places of a document."""

    parse: tuple[Entry, ...]
    copies: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What staging holds already.

    by_source   (document, source) → what its latest parse was: parser version and claim
    latest      document → the same, of its latest parse under any source
    dated       document → when its latest reading, or its latest refusal, says that it was made
    items       ids of quarantined items
    places      (WARC file, offset) of known copies
    """

    by_source: dict[tuple[str, str], tuple[str, str]]
    latest: dict[str, tuple[str, str]]
    dated: dict[str, datetime]
    items: frozenset[str]
    places: frozenset[tuple[str, int]]

    @classmethod
    def read(cls, settings: Settings) -> Known:
        """What the files that count say now. A night asks once a batch, and between batches nothing is committed: the
        last answer is kept by what it was read from."""
        global _last
        marks = staging.marks(settings.staging, ("documents", "quarantine", "copies"))
        if _last is None or _last[0] != (settings.staging, marks):
            _last = ((settings.staging, marks), cls._read(settings))
        return _last[1]

    @classmethod
    def _read(cls, settings: Settings) -> Known:
        root = settings.staging
        names = [
            "document_id",
            "source_id",
            "parsed_at",
            "parse_id",
            "parser_version",
            "claimed_region",
            "claimed_year",
            "claimed_edition",
            "published",
        ]
        by_source: dict[tuple[str, str], tuple[str, str]] = {}
        latest: dict[str, tuple[str, str]] = {}
        dated: dict[str, datetime] = {}
        documents = staging.read_table(root, "documents", names).to_pylist()
        for row in sorted(documents, key=lambda row: (row["parsed_at"], row["parse_id"])):
            claim = Claim(
                row["claimed_region"], row["claimed_year"], row["claimed_edition"], published=row["published"]
            )
            seen = (row["parser_version"], _claimed(claim))
            by_source[row["document_id"], row["source_id"]] = seen
            latest[row["document_id"]] = seen
            dated[row["document_id"]] = row["parsed_at"]
        quarantined = staging.read_table(root, "quarantine", ["item_id", "document_id", "at"]).to_pylist()
        for item in quarantined:
            document = item["document_id"]
            if document is not None:
                dated[document] = max(item["at"], dated.get(document, item["at"]))
        places = staging.read_table(root, "copies", ["warc_file", "warc_offset"])
        return cls(
            by_source,
            latest,
            dated,
            frozenset(item["item_id"] for item in quarantined),
            frozenset(zip(*(column.to_pylist() for column in places.columns), strict=True)),
        )

    def next_time(self, document_id: str, now: datetime) -> datetime:
        """``now``; or, where a clock that was ahead dated what is known of the document, right after that. The latest
        reading counts, and a reading that is made now is the latest."""
        before = self.dated.get(document_id)
        return now if before is None else max(now, before + timedelta(microseconds=1))

    def todo(self, entries: Sequence[Entry], *, again: set[str]) -> Todo:
        """Of ``entries``, oldest first, what is to be done; documents in ``again`` are parsed though known.

        Of several entries of one document in one source the last counts: it has the claim as it is today (a
        manifest was corrected, a file renamed).
        """
        version = parser_version()
        newest = {(e.document_id, e.source_id): e for e in entries}
        chosen = []
        done: set[tuple[str, str]] = set()
        for (document_id, source_id), entry in newest.items():
            wanted = (version, _claimed(entry.claim))
            seen = self.by_source.get((document_id, source_id)) or self.latest.get(document_id)
            refused = _parse_item_id(document_id, *wanted) in self.items
            if document_id in again or not (seen == wanted or refused):
                # The same bytes under the same claim from two sources need one parse.
                if (document_id, wanted[1]) not in done:
                    chosen.append(entry)
                done.add((document_id, wanted[1]))
        copies = [e for e in entries if (e.warc_file, e.warc_offset) not in self.places]
        return Todo(tuple(chosen), tuple(copies))


#: What was known last, and the marks of the files that said so.
_last: tuple[tuple[staging.Root, dict[str, str]], Known] | None = None


def _claimed(claim: Claim) -> str:
    """A claim as far as it decides what a document is."""
    return "\x1f".join(
        str(v or "") for v in (claim.region, claim.report_year, claim.edition, claim.published)
    )


def _parse_item_id(document_id: str, version: str, claimed: str) -> str:
    return _hash("parse", document_id, version, claimed)


def _hash(*parts: object) -> str:
    return hashlib.sha256("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")).hexdigest()


def parse_entries(settings: Settings, writer: Writer, archive: Archive, todo: Todo) -> None:
    for entry in todo.copies:
        writer.copy(entry)
    if not todo.parse:
        return
    # A mistake in the catalogue is no fault of any document: it breaks the batch, here, by name.
    load_catalogue()
    jobs = min(settings.parsers, len(todo.parse))
    read = partial(
        _read,
        run=writer.run,
        batch=writer.batch,
        version=parser_version(),
        most_bytes=settings.document_megabytes * 2**20,
        corrections=corrections.load(),
    )
    tasks = _tasks(archive, todo.parse, writer)
    for done in read_all(read, tasks, jobs=jobs, seconds=settings.document_seconds, prepare=prepare):
        writer.parsed(done)
    failed = writer.reasons.get(READER_FAILED, 0)
    if failed > max(2, MOST_READER_FAILURES * len(todo.parse)):
        raise ReaderBroke(
            f"the reader failed on {failed} of {len(todo.parse)} documents, the last time with: "
            f"{writer.last_failure}. This is a defect of the reader, not of documents; nothing was staged"
        )


def _tasks(archive: Archive, entries: Iterable[Entry], writer: Writer) -> Iterator[Task]:
    from scrapers.archive import ArchiveDamaged

    for entry in entries:
        try:
            raw = archive.read(entry.ref)
        except ArchiveDamaged as error:
            writer.refused(entry, DocumentError("archive_damaged", str(error)))
            continue
        media_type = f"{raw.media_type}; charset={raw.charset}" if raw.charset else raw.media_type
        yield Task(entry, raw.body, media_type, raw.claim)


def _read(
    task: Task, *, run: str, batch: str, version: str, most_bytes: int, corrections: Sequence[Correction]
) -> Rows:
    parsed = parse(
        task.body,
        name=task.entry.file,
        media_type=task.media_type,
        claim=task.claim,
        most_bytes=most_bytes,
        corrections=corrections,
    )
    return _rows(run, f"{run}/{batch}", version, task, parsed)


class Writer:
    """Collects rows of one batch and writes them to staging, a file whenever enough have come together."""

    def __init__(self, settings: Settings, run: str, batch: str, known: Known) -> None:
        self.files: list[StagedFile] = []
        self.counts: dict[str, int] = dict.fromkeys((*staging.DATA_TABLES, "looks", "new_documents"), 0)
        self.reasons: dict[str, int] = {}
        self.last_failure = ""
        self._root = settings.staging
        self.run = run
        self.batch = batch
        self._known = known
        self._items: set[str] = set()
        self._by_source: Counter[str] = Counter()
        self._rows: dict[str, list[dict[str, Any]]] = {table: [] for table in TABLES}
        self._packed: dict[str, list[RecordBatch]] = {table: [] for table in TABLES}
        self._observations = 0
        self._parts = 0

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._flush()

    def parsed(self, done: Done[Task, Rows]) -> None:
        if done.result is None:
            assert done.error is not None
            self.refused(done.item.entry, done.error)
            return
        entry = done.item.entry
        if entry.document_id not in self._known.latest:
            self.counts["new_documents"] += 1
        self._by_source[entry.source_id] += 1
        rows = done.result
        rows.document["parsed_at"] = self._known.next_time(entry.document_id, rows.document["parsed_at"])
        self._add("documents", [rows.document])
        self.quarantine(_stale_rows(rows.document, rows.notes))
        for table, count, packed in rows.packed:
            self._packed[table].append(staging.unpacked(table, packed))
            self.counts[table] += count
        self._observations += rows.document["quantity_count"]
        if self._observations >= ROWS_PER_FILE:
            self._flush()

    def refused(self, entry: Entry, error: DocumentError) -> None:
        """A document that could not be read, or is no report: quarantine, with what the parser said.

        One on which the reader failed, or for which it had no time, is tried again in every run: its id does not say
        that it was judged.
        """
        item_id = _parse_item_id(entry.document_id, parser_version(), _claimed(entry.claim))
        if error.reason == READER_FAILED:
            self.last_failure = error.detail
        if error.reason in NOT_JUDGED:
            item_id = _hash(error.reason, item_id)
        self.quarantine(
            [
                {
                    "item_id": item_id,
                    "run_id": self.run,
                    "at": self._known.next_time(entry.document_id, datetime.now(UTC)),
                    "stage": "parse",
                    "source_id": entry.source_id,
                    "url": entry.url,
                    "file": entry.file,
                    "document_id": entry.document_id,
                    "reason": error.reason,
                    "detail": error.detail,
                }
            ]
        )

    def quarantine(self, rows: Iterable[dict[str, Any]]) -> None:
        """Set aside what was not set aside before."""
        for row in rows:
            if row["item_id"] not in self._known.items and row["item_id"] not in self._items:
                self._items.add(row["item_id"])
                self.reasons[row["reason"]] = self.reasons.get(row["reason"], 0) + 1
                self._add("quarantine", [row])

    def copy(self, entry: Entry) -> None:
        self._add(
            "copies",
            [
                {
                    "run_id": self.run,
                    "document_id": entry.document_id,
                    "source_id": entry.source_id,
                    "url": entry.url,
                    "file": entry.file,
                    "fetched_at": entry.fetched_at,
                    "published": entry.claim.published,
                    "warc_file": entry.warc_file,
                    "warc_offset": entry.warc_offset,
                }
            ],
        )

    def look(self, look: Look) -> dict[str, Any]:
        """A look as a row of staging, its time as text: ``commit`` writes those of all batches. After ``parsed``."""
        self.counts["looks"] += 1
        return {
            "run_id": self.run,
            "source_id": look.source_id,
            "region_code": look.region_code,
            "looked_at": look.looked_at.isoformat(),
            "ok": look.ok,
            "error": look.error,
            "detail": look.detail,
            "requests": look.requests,
            "links_seen": look.links_seen,
            "links_new": look.links_new,
            "documents_new": self._by_source[look.source_id],
            "asked": look.asked,
            "season_due": look.season_due,
            "retired": False,
        }

    def _add(self, table: str, rows: list[dict[str, Any]]) -> None:
        self._rows[table] += rows
        self.counts[table] += len(rows)

    def _flush(self) -> None:
        part = f"-{self._parts}" if self._parts else ""
        name = f"{self.run}-{self.batch.replace(':', '_')}{part}"
        for table, rows in self._rows.items():
            if rows:
                self.files.append(staging.write_table(self._root, table, name, rows))
                rows.clear()
        for table, batches in self._packed.items():
            if batches:
                self.files.append(staging.write_batches(self._root, table, name, batches))
                batches.clear()
        self._observations = 0
        self._parts += 1


#: Columns of observations that the reader itself fills in.
_FACTS = tuple(f.name for f in fields(Observation))


def _rows(run: str, parse_id: str, version: str, task: Task, parsed: Parsed) -> Rows:
    entry, document, identity, reading = task.entry, parsed.document, parsed.identity, parsed.reading
    text = document.text
    facts = reading.observations
    whose = {"document_id": entry.document_id, "parse_id": parse_id}
    ids: Counter[str] = Counter()
    names = []
    for o in facts:
        name = observation_id(entry.document_id, o)
        ids[name] += 1
        # Two facts that nothing tells apart are still two rows, with two ids.
        names.append(name if ids[name] == 1 else _hash(name, ids[name]))
    observations: dict[str, Any] = {name: [getattr(o, name) for o in facts] for name in _FACTS}
    observations |= whose | {
        "observation_id": names,
        "file": entry.file,
        "region_code": identity.region_code,
        "region_name": identity.region_name,
        "report_year": identity.report_year,
        "sentence": [text[o.sentence_start : o.sentence_end] for o in facts],
    }
    sections: dict[str, Any] = whose | {
        "section_seq": [s.seq for s in reading.sections],
        "kind": [s.kind for s in reading.sections],
        "heading": [s.heading for s in reading.sections],
        "char_start": [s.char_start for s in reading.sections],
        "char_end": [s.char_end for s in reading.sections],
    }
    row: dict[str, Any] = {
        "document_id": entry.document_id,
        "parse_id": parse_id,
        "run_id": run,
        "parsed_at": datetime.now(UTC),
        "parser_version": version,
        "source_id": entry.source_id,
        # A user's file is known by the address that its manifest gives; where it lay stands in copies.
        "url": entry.origin or entry.url,
        "file": entry.file,
        "fetched_at": entry.fetched_at,
        "published": task.claim.published,
        "text_sha256": text_sha256(text),
        "media_type": document.media_type,
        "encoding": document.encoding,
        "byte_size": len(task.body),
        "char_count": len(text),
        "region_code": identity.region_code,
        "region_name": identity.region_name,
        "report_year": identity.report_year,
        "edition": identity.edition,
        "title": identity.title or document.title,
        "delivered_on": identity.delivered_on,
        "session": identity.session,
        "claimed_region": task.claim.region,
        "claimed_year": task.claim.report_year,
        "claimed_edition": task.claim.edition,
        "doubts": list(identity.doubts),
        "quantity_count": len(facts),
        "mapped_count": sum(o.metric_code is not None for o in facts),
        "text": text,
    }
    packed = [
        (table, count, staging.packed(table, count, columns))
        for table, count, columns in (
            ("sections", len(reading.sections), sections),
            ("observations", len(facts), observations),
        )
        if count
    ]
    return Rows(row, tuple(packed), parsed.notes)


def _stale_rows(document: dict[str, Any], notes: Iterable[Note]) -> Iterator[dict[str, Any]]:
    """Corrections that no longer hold, set aside anew at each parse of their document; a parse on which they
    hold again closes them, as it does any item that is older than the latest parse."""
    for note in notes:
        if note.problem:
            yield {
                "item_id": _hash(
                    corrections.STALE, note.correction_id, document["document_id"], document["parse_id"]
                ),
                "run_id": document["run_id"],
                "at": document["parsed_at"] + timedelta(microseconds=1),
                "stage": "extract",
                "source_id": document["source_id"],
                "url": document["url"],
                "file": document["file"],
                "document_id": document["document_id"],
                "reason": corrections.STALE,
                "detail": note.problem,
            }


def failure_row(run: str, failure: Failure) -> dict[str, Any]:
    return {
        "item_id": _hash(failure.stage, failure.source_id, failure.url, failure.file, failure.reason),
        "run_id": run,
        "at": failure.at,
        "stage": failure.stage,
        "source_id": failure.source_id,
        "url": failure.url,
        "file": failure.file,
        "document_id": None,
        "reason": failure.reason,
        "detail": failure.detail,
    }


def contradicting_copies(run: str, fetched: Iterable[Fetched]) -> Iterator[dict[str, Any]]:
    """The same bytes in one source under two names that claim different things: one of them is wrong.

    The last is read (as ``Known.todo`` does); each other one is set aside, so that somebody looks.
    """
    last = {(f.source_id, f.document_id): f for f in fetched}
    for item in fetched:
        kept = last[item.source_id, item.document_id]
        if item is not kept and _claimed(item.claim) != _claimed(kept.claim):
            yield {
                "item_id": _hash("copy", item.source_id, item.document_id, item.url, _claimed(item.claim)),
                "run_id": run,
                "at": item.fetched_at,
                "stage": "parse",
                "source_id": item.source_id,
                "url": item.url,
                "file": item.file,
                "document_id": None,
                "reason": "same_bytes_other_claim",
                "detail": f"byte for byte the same as {kept.file}, which is said to be "
                f"{kept.claim.region or 'nobody'} {kept.claim.report_year or ''}".rstrip(),
            }
