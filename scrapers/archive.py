"""The archive: raw bytes as they came, for ever, as WARC files (ISO 28500, written and read through warcio).

    <root>/<yyyy>/<run_id>-<batch>.warc.gz     one file a run and batch; a gzip member a record
    <root>/index/<run_id>-<batch>.jsonl        what lies where; can be made again from the WARC, and is when
    missing

A document fetched over HTTP is a ``response`` record with every byte that the server sent (status line,
headers, chunk marks, compression) beside its ``request``; a file of a folder is a ``resource`` record. Bytes
that the archive holds already make a ``revisit`` record. Each carries the field ``Cityreports-Facts``: JSON
with the source, the source's claim and the sha256 of the document, so that everything later can be rebuilt
from the WARC files alone. The last record of a file (``metadata``) counts the others, so that a lost tail
shows.

Appending only: a WARC file appears whole, under a name that was free, and is never written again.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import PurePosixPath
from threading import Lock
from types import TracebackType
from typing import IO, Any

import orjson
from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import ChunkedDataReader
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from extraction.model import Claim
from scrapers.decoding import undo_content_encodings
from scrapers.model import RawDocument, Ref, claim_from_dict
from scrapers.storage import Store

FACTS = "Cityreports-Facts"
END = "urn:cityreports:end"
#: More index files than this are merged into one.
INDEX_FILES = 64
_CHUNK = 1 << 20
#: More than a document may unpack to (`FetchSettings.max_expanded`); a member above it is damage or malice.
_LARGEST_RECORD = 1 << 28


class ArchiveDamaged(Exception):
    """The archive does not give back what was put in; the message names file and offset, and what to do."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of the index: a line of ``index/*.jsonl``. has_body is False for a revisit."""

    warc_file: str
    warc_offset: int
    has_body: bool
    source_id: str
    url: str
    file: str
    document_id: str
    kind: str
    fetched_at: datetime
    byte_size: int
    media_type: str
    charset: str
    claim: Claim
    etag: str = ""
    last_modified: str = ""
    text_id: str = ""
    notes: tuple[str, ...] = ()
    origin: str = ""

    @property
    def ref(self) -> Ref:
        return Ref(self.warc_file, self.warc_offset)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is recorded with a document beside its bytes. url is the address that was asked for (the record's
    own is the one that answered, after redirects). text_id is the sha256 of its readable text (or empty):
    copies whose bytes change at every download are told by it. origin is where a file comes from, as its
    manifest says. notes record exceptions made (TLS not verified, and why)."""

    source_id: str
    url: str
    file: str
    document_id: str
    media_type: str
    claim: Claim
    charset: str = ""
    kind: str = "document"
    text_id: str = ""
    notes: tuple[str, ...] = ()
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Wire:
    """One HTTP exchange, byte by byte as it went over the connection (inside TLS)."""

    url: str
    request: bytes
    response: bytes
    fetched_at: datetime
    address: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that `Archive.verify` found wrong."""

    warc_file: str
    warc_offset: int
    what: str


class _AsReceived(StatusAndHeaders):  # type: ignore[misc]
    """HTTP headers that are written as the bytes that came; warcio would normalise them."""

    def __init__(self, raw: bytes) -> None:
        super().__init__(statusline="", headers=[], protocol="")
        self._raw = raw

    def __bool__(self) -> bool:
        return True

    def compute_headers_buffer(self, header_filter: object = None) -> None:
        self.headers_buff = self._raw


#: Index files that this process has read: (root, name) → mark, what they cover, entries.
_INDEX: dict[tuple[str, str], tuple[str, dict[str, dict[str, Any]], list[Entry]]] = {}


class Archive:
    """The archive under a root: a local folder or any fsspec URL."""

    def __init__(self, root: Any) -> None:
        self.store = Store(root)
        #: In an object store, the WARC file that was read last: the next record mostly lies in it, a little further.
        self._last: tuple[str, IO[bytes]] | None = None
        self._reading = Lock()
        self._entries: list[Entry] | None = None
        self._covered: dict[str, dict[str, Any]] = {}
        self._by_url: dict[str, list[Entry]] = {}
        self._bodies: dict[str, Entry] = {}

    # --- what is held

    def entries(self) -> list[Entry]:
        """All documents held, in the order in which they were archived (revisits too). From the index; a WARC
        file that the index lacks (a run killed between the two) is read and indexed here."""
        if self._entries is None:
            self._load()
        return list(self._entries or ())

    def refresh(self) -> None:
        """Forget what was read of the index: another process may have written."""
        self._entries = None

    def held(self, url: str) -> list[Entry]:
        """What was fetched from this address, oldest first."""
        self.entries()
        return list(self._by_url.get(url, ()))

    def has_body(self, document_id: str) -> bool:
        self.entries()
        return document_id in self._bodies

    def body_entry(self, document_id: str) -> Entry | None:
        self.entries()
        return self._bodies.get(document_id)

    def _load(self) -> None:
        self._entries, self._covered, self._by_url, self._bodies = [], {}, {}, {}
        seen: set[tuple[str, int]] = set()
        found: list[Entry] = []
        there = self.store.details()
        for name in sorted(n for n in there if n.startswith("index/") and n.endswith(".jsonl")):
            try:
                covered, entries = self._read_index_once(name, there[name].mark)
            except (
                FileNotFoundError
            ):  # merged away by another process a moment ago: its lines are in the merged file
                continue
            self._covered.update(covered)
            found += [entry for entry in entries if (entry.warc_file, entry.warc_offset) not in seen]
            seen.update((entry.warc_file, entry.warc_offset) for entry in entries)
        for warc in sorted(n for n in there if n.endswith(".warc.gz")):
            if warc not in self._covered:
                covered, entries = self._index_warc(warc)
                self._covered.update(covered)
                found += entries
        found.sort(key=lambda entry: (entry.fetched_at, entry.warc_file, entry.warc_offset))
        for entry in found:
            self._remember(entry)

    def _read_index_once(self, name: str, mark: str) -> tuple[dict[str, dict[str, Any]], list[Entry]]:
        """A night opens the archive for every batch and step; what was read of it in this process is read once."""
        held = _INDEX.get((self.store.url, name))
        if held is None or held[0] != mark:
            held = mark, *_read_index(self.store.read(name), name)
            if len(_INDEX) > 4 * INDEX_FILES:
                _INDEX.clear()
            _INDEX[self.store.url, name] = held
        return held[1], held[2]

    def _remember(self, entry: Entry) -> None:
        assert self._entries is not None
        self._entries.append(entry)
        self._by_url.setdefault(entry.url, []).append(entry)
        if entry.has_body:
            self._bodies.setdefault(entry.document_id, entry)

    def _index_warc(self, warc: str) -> tuple[dict[str, dict[str, Any]], list[Entry]]:
        """Read a WARC file that has no index and write one."""
        entries = [entry for entry, _ in self._scan(warc) if entry is not None]
        header = self._header(warc, len(entries))
        self.store.write(_index_name(warc), _index_bytes([header], entries))
        return {warc: header}, entries

    def _header(self, warc: str, count: int) -> dict[str, Any]:
        digest = hashlib.sha256()
        with self.store.open(warc) as handle:
            while chunk := handle.read(_CHUNK):
                digest.update(chunk)
        return {"warc": warc, "size": self.store.size(warc), "sha256": digest.hexdigest(), "documents": count}

    def rebuild_index(self) -> int:
        """Throw the index away and make it again from the WARC files alone. Returns the number of
        documents."""
        for name in self.store.files("index", ".jsonl"):
            self.store.remove(name)
        self.refresh()
        return len(self.entries())

    def compact_index(self, *, above: int = INDEX_FILES) -> None:
        """Merge index files into one when there are more than ``above``: opening stays quick over the years.
        Others may read and write meanwhile; what one of them misses in the moment of the change, it reads off
        the WARC files."""
        names = self.store.files("index", ".jsonl")
        if len(names) <= above:
            return
        self.refresh()
        entries = self.entries()
        headers = [self._covered[warc] for warc in sorted(self._covered)]
        data = _index_bytes(headers, entries)
        merged = f"index/merged-{hashlib.sha256(data).hexdigest()[:16]}.jsonl"
        self.store.write(merged, data)
        for name in names:
            if name != merged:
                self.store.remove(name)
        self.refresh()

    # --- reading

    def read(self, ref: Ref) -> RawDocument:
        """The document at a place. For a revisit, the bytes of the record that it refers to.

        Raises ArchiveDamaged when these are not the bytes that were archived.
        """
        try:
            with self._opened(ref.warc_file) as handle:
                handle.seek(ref.warc_offset)
                member = next(_members(handle, ref.warc_file, ref.warc_offset), None)
        except FileNotFoundError:
            raise ArchiveDamaged(
                f"{ref.warc_file}: no such file in the archive; restore it from a copy"
            ) from None
        if member is None:
            raise ArchiveDamaged(f"{ref}: nothing lies there; the file has lost its tail")
        record = _parse(member[1], ref)
        entry = _entry(record, ref)
        if entry is None:
            raise ArchiveDamaged(f"{ref}: no document starts there; rebuild the index")
        return self._document(entry, record)

    @contextmanager
    def _opened(self, warc: str) -> Iterator[IO[bytes]]:
        if self.store.local:
            with self.store.open(warc) as handle:
                yield handle
            return
        with self._reading:
            if self._last is None or self._last[0] != warc:
                if self._last is not None:
                    self._last[1].close()
                self._last = warc, self.store.open(warc)
            yield self._last[1]

    def records(self, *, kind: str | None = "document") -> Iterator[RawDocument]:
        """Everything that was archived, in the order of time; all that a rebuild needs. kind None: pages,
        too."""
        for entry in self.entries():
            if kind is None or entry.kind == kind:
                yield self.read(entry.ref)

    def _document(self, entry: Entry, record: _Record) -> RawDocument:
        headers = record.http_headers
        if entry.has_body:
            body = record.content()
        else:
            original = self.body_entry(entry.document_id)
            if original is None:
                raise ArchiveDamaged(
                    f"{entry.ref}: refers to {entry.document_id[:12]}…, which no WARC file holds"
                )
            body = self.read(original.ref).body
        if hashlib.sha256(body).hexdigest() != entry.document_id:
            raise ArchiveDamaged(f"{entry.ref}: not the bytes that were archived; restore {entry.warc_file}")
        return RawDocument(
            ref=entry.ref,
            source_id=entry.source_id,
            url=entry.url,
            file=entry.file,
            document_id=entry.document_id,
            body=body,
            headers=headers,
            fetched_at=entry.fetched_at,
            media_type=entry.media_type,
            charset=entry.charset,
            claim=entry.claim,
            kind=entry.kind,
            origin=entry.origin,
        )

    def _scan(self, warc: str) -> Iterator[tuple[Entry | None, _Record]]:
        """Every record of a WARC file in order; raises ArchiveDamaged where one is torn or the end is
        missing."""
        records = 0
        ended = False
        with self.store.open(warc) as handle:
            for offset, data in _members(handle, warc, 0):
                ref = Ref(warc, offset)
                record = _parse(data, ref)
                if record.kind == "metadata" and record.url == END:
                    counted = int(json.loads(record.block)["records"])
                    if counted != records:
                        raise ArchiveDamaged(f"{ref}: counts {counted} records where {records} are")
                    ended = True
                    continue
                records += 1
                yield _entry(record, ref), record
        if not ended:
            raise ArchiveDamaged(f"{warc}: the last records are missing; restore it from a copy")

    def verify(self) -> list[Problem]:
        """Read everything again: sizes and digests of files, digests of records and documents, revisits that
        resolve, an index that says the same. Empty when all is well."""
        problems: list[Problem] = []
        lines: dict[str, set[Entry]] = {}  # a line may stand in two files after two merges at once
        covered: dict[str, dict[str, Any]] = {}
        for name in self.store.files("index", ".jsonl"):
            try:
                headers, entries = _read_index(self.store.read(name), name)
            except ArchiveDamaged as error:
                problems.append(Problem(name, 0, str(error)))
                continue
            covered.update(headers)
            for line in entries:
                lines.setdefault(line.warc_file, set()).add(line)
        warcs = self.store.files("", ".warc.gz")
        bodies: set[str] = set()
        revisits: list[Entry] = []
        for warc in warcs:
            entries = []
            try:
                for entry, record in self._scan(warc):
                    record.check_digests()
                    if entry is None:
                        continue
                    entries.append(entry)
                    if not entry.has_body:
                        revisits.append(entry)
                    elif hashlib.sha256(record.content()).hexdigest() == entry.document_id:
                        bodies.add(entry.document_id)
                    else:
                        problems.append(Problem(warc, entry.warc_offset, "not the bytes that were archived"))
            except ArchiveDamaged as error:
                problems.append(Problem(warc, 0, str(error)))
                continue
            if warc in covered:
                if self._header(warc, len(entries)) != covered[warc]:
                    problems.append(Problem(warc, 0, "size or digest is not what the index says"))
                if sorted(lines.get(warc, ()), key=lambda entry: entry.warc_offset) != entries:
                    problems.append(Problem(warc, 0, "the index says something else: rebuild it"))
        problems += [
            Problem(entry.warc_file, entry.warc_offset, f"refers to {entry.document_id}, which is not held")
            for entry in revisits
            if entry.document_id not in bodies
        ]
        problems += [
            Problem(warc, 0, "the index names this file and it is gone")
            for warc in sorted(set(covered) - set(warcs))
        ]
        return problems

    # --- writing

    def writer(self, run_id: str, batch: str) -> Writer:
        """A writer for one run and batch; use it in a ``with`` block. Its file appears at the end of the
        block, whole; a block left by an exception, or a killed process, leaves nothing."""
        return Writer(self, run_id, batch)


class Writer:
    """Writes one WARC file. See `Archive.writer`."""

    def __init__(self, archive: Archive, run_id: str, batch: str) -> None:
        self._archive = archive
        self._stem = _safe(f"{run_id}-{batch}")
        self._stack = ExitStack()
        self._handle: IO[bytes] | None = None
        self._warc: WARCWriter | None = None
        self._name = ""
        self._records = 0
        self._entries: list[Entry] = []
        self._bodies: dict[str, Entry] = {}

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._warc is None:
            return
        if kind is None:
            end = json.dumps({"records": self._records}).encode()
            self._put("metadata", END, end, {}, content_type="application/json", counted=False)
        self._stack.__exit__(kind, error, trace)
        if kind is None:
            store = self._archive.store
            header = self._archive._header(self._name, len(self._entries))
            store.write(_index_name(self._name), _index_bytes([header], self._entries))
            if self._archive._entries is not None:
                self._archive._covered[self._name] = header
                for entry in self._entries:
                    self._archive._remember(entry)

    def add_file(self, body: bytes, facts: Facts, at: datetime) -> Ref:
        """Archive a file of a folder, or a revisit when these bytes are held already. Times are UTC."""
        held = self._held(facts.document_id)
        fields = {"WARC-Date": _warc_date(at), FACTS: _facts_header(facts, len(body))}
        if held is not None:
            return self._revisit(facts.url, held, fields, facts, b"", len(body), at)
        offset = self._put(
            "resource", facts.url, body, fields, content_type=facts.media_type or "application/octet-stream"
        )
        return self._note(offset, True, facts, len(body), at, {})

    def add_exchange(self, wire: Wire, body: bytes, facts: Facts, *, before: tuple[Wire, ...] = ()) -> Ref:
        """Archive a document that came over HTTP, with its request and with the redirects that led to it.

        wire is the exchange as it was, body the document in it with all encodings undone.
        """
        for hop in before:
            self._pair(hop, {})
        head = _split(wire.response)[0]
        fields = {FACTS: _facts_header(facts, len(body))}
        held = self._held(facts.document_id)
        if held is not None:
            fields["WARC-Date"] = _warc_date(wire.fetched_at)
            ref = self._revisit(wire.url, held, fields, facts, head, len(body), wire.fetched_at)
            self._request(wire)
            return ref
        offset = self._pair(wire, fields)
        return self._note(offset, True, facts, len(body), wire.fetched_at, _headers_of(head))

    def _held(self, document_id: str) -> Entry | None:
        return self._bodies.get(document_id) or self._archive.body_entry(document_id)

    def _pair(self, wire: Wire, fields: dict[str, str]) -> int:
        head, payload = _split(wire.response)
        fields = {"WARC-Date": _warc_date(wire.fetched_at), **fields}
        if wire.address:
            fields["WARC-IP-Address"] = wire.address
        offset = self._put("response", wire.url, payload, fields, head=head)
        self._request(wire)
        return offset

    def _request(self, wire: Wire) -> None:
        head, payload = _split(wire.request)
        self._put("request", wire.url, payload, {"WARC-Date": _warc_date(wire.fetched_at)}, head=head)

    def _revisit(
        self,
        url: str,
        held: Entry,
        fields: dict[str, str],
        facts: Facts,
        head: bytes,
        size: int,
        at: datetime,
    ) -> Ref:
        warc, out = self._open()
        offset = out.tell()
        record = warc.create_revisit_record(
            url,
            f"sha256:{facts.document_id}",
            held.url,
            _warc_date(held.fetched_at),
            http_headers=_AsReceived(head) if head else None,
            warc_headers_dict=fields,
        )
        warc.write_record(record)
        self._records += 1
        return self._note(offset, False, facts, size, at, _headers_of(head) if head else {})

    def _note(
        self, offset: int, has_body: bool, facts: Facts, size: int, at: datetime, headers: dict[str, str]
    ) -> Ref:
        entry = _make_entry(Ref(self._name, offset), has_body, at, _facts_dict(facts, size), headers)
        self._entries.append(entry)
        if has_body:
            self._bodies.setdefault(entry.document_id, entry)
        return entry.ref

    def _put(
        self,
        kind: str,
        url: str,
        payload: bytes,
        fields: dict[str, str],
        *,
        head: bytes = b"",
        content_type: str = "",
        counted: bool = True,
    ) -> int:
        warc, out = self._open()
        offset = out.tell()
        record = warc.create_warc_record(
            url,
            kind,
            payload=BytesIO(payload),
            length=len(payload),
            warc_content_type=content_type,
            warc_headers_dict=fields,
            http_headers=_AsReceived(head) if head else None,
        )
        warc.write_record(record)
        self._records += counted
        return offset

    def _open(self) -> tuple[WARCWriter, IO[bytes]]:
        if self._warc is None or self._handle is None:
            store = self._archive.store
            store.sweep()
            year = datetime.now(UTC).year
            name, number = f"{year}/{self._stem}.warc.gz", 1
            while store.exists(name):  # a task tried again writes beside its first try, never over it
                number += 1
                name = f"{year}/{self._stem}-{number}.warc.gz"
            self._name = name
            self._handle = self._stack.enter_context(store.writing(name))
            self._warc = WARCWriter(self._handle, gzip=True, warc_version="1.1")
            info = {"software": "cityreports, warcio", "format": "WARC File Format 1.1"}
            self._warc.write_record(self._warc.create_warcinfo_record(PurePosixPath(name).name, info))
            self._records += 1
        return self._warc, self._handle


@dataclass(frozen=True, slots=True)
class _Record:
    """A WARC record taken apart. head and payload are of the HTTP message, or empty and the whole block."""

    ref: Ref
    kind: str
    url: str
    date: datetime
    fields: dict[str, str]
    block: bytes
    head: bytes
    payload: bytes

    @property
    def http_headers(self) -> dict[str, str]:
        return _headers_of(self.head) if self.head else {}

    def content(self) -> bytes:
        """The document: transfer and content encodings undone."""
        headers = self.http_headers
        payload = self.payload
        if headers.get("transfer-encoding", "").lower() == "chunked":
            payload = _dechunk(payload)
        encodings = headers.get("content-encoding", "")
        return undo_content_encodings(payload, encodings, max_size=_LARGEST_RECORD) if encodings else payload

    def check_digests(self) -> None:
        for field, data in (("warc-block-digest", self.block), ("warc-payload-digest", self.payload)):
            stated = self.fields.get(field, "")
            if stated.startswith("sha1:") and stated != f"sha1:{_sha1_base32(data)}":
                raise ArchiveDamaged(
                    f"{self.ref}: {field} does not fit; restore {self.ref.warc_file} from a copy"
                )


def _dechunk(payload: bytes) -> bytes:
    reader = ChunkedDataReader(BytesIO(payload))
    parts = []
    while part := reader.read(_CHUNK):
        parts.append(part)
    return b"".join(parts)


def _members(handle: IO[bytes], name: str, start: int) -> Iterator[tuple[int, bytes]]:
    """The gzip members of a file from its present position: (offset, unpacked bytes)."""
    offset, pending = start, b""
    while True:
        unpacker = zlib.decompressobj(31)
        parts: list[bytes] = []
        size = used = 0
        while not unpacker.eof:
            if not pending:
                pending = handle.read(_CHUNK)
                if not pending:
                    break
            try:
                part = unpacker.decompress(pending, _LARGEST_RECORD - size)
            except zlib.error as error:
                raise ArchiveDamaged(f"{name}:{offset}: {error}; restore {name} from a copy") from None
            left = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
            used += len(pending) - len(left)
            size += len(part)
            parts.append(part)
            pending = left
            if size >= _LARGEST_RECORD:
                raise ArchiveDamaged(
                    f"{name}:{offset}: a record above {_LARGEST_RECORD} bytes; not one of ours"
                )
        if not used:
            return
        if not unpacker.eof:
            raise ArchiveDamaged(f"{name}:{offset}: the file ends within a record; restore it from a copy")
        yield offset, b"".join(parts)
        offset += used


def _parse(data: bytes, ref: Ref) -> _Record:
    try:
        record = next(iter(ArchiveIterator(BytesIO(data), no_record_parse=True)))
        block = record.raw_stream.read()
        headers = {name.lower(): value for name, value in record.rec_headers.headers}
    except Exception as error:
        raise ArchiveDamaged(f"{ref}: not a WARC record ({error})") from error
    if len(block) != int(headers.get("content-length", -1)):
        raise ArchiveDamaged(
            f"{ref}: the record is shorter than it says; restore {ref.warc_file} from a copy"
        )
    is_http = "application/http" in headers.get("content-type", "") and block
    head, payload = _split(block) if is_http else (b"", block)
    return _Record(
        ref=ref,
        kind=record.rec_type,
        url=headers.get("warc-target-uri", ""),
        date=datetime.fromisoformat(headers["warc-date"]),
        fields=headers,
        block=block,
        head=head,
        payload=payload,
    )


def _entry(record: _Record, ref: Ref) -> Entry | None:
    """The document that a record is, or None (requests, redirects, the file's own records)."""
    facts = record.fields.get(FACTS.lower())
    if facts is None:
        return None
    has_body = record.kind != "revisit"
    return _make_entry(ref, has_body, record.date, json.loads(facts), record.http_headers)


def _make_entry(
    ref: Ref, has_body: bool, at: datetime, facts: dict[str, Any], headers: dict[str, str]
) -> Entry:
    return Entry(
        warc_file=ref.warc_file,
        warc_offset=ref.warc_offset,
        has_body=has_body,
        source_id=facts["source_id"],
        url=facts["url"],
        file=facts["file"],
        document_id=facts["document_id"],
        kind=facts["kind"],
        fetched_at=at,
        byte_size=facts["byte_size"],
        media_type=facts["media_type"],
        charset=facts["charset"],
        claim=claim_from_dict(facts["claim"]),
        etag=headers.get("etag", ""),
        last_modified=headers.get("last-modified", ""),
        text_id=facts["text_id"],
        notes=tuple(facts["notes"]),
        origin=facts.get("origin", ""),
    )


def _facts_dict(facts: Facts, size: int) -> dict[str, Any]:
    claim = asdict(facts.claim)
    claim["published"] = facts.claim.published.isoformat() if facts.claim.published else None
    return {
        "source_id": facts.source_id,
        "url": facts.url,
        "file": facts.file,
        "document_id": facts.document_id,
        "kind": facts.kind,
        "byte_size": size,
        "media_type": facts.media_type,
        "charset": facts.charset,
        "claim": claim,
        "text_id": facts.text_id,
        "notes": list(facts.notes),
        "origin": facts.origin,
    }


def _facts_header(facts: Facts, size: int) -> str:
    return json.dumps(_facts_dict(facts, size), ensure_ascii=True, separators=(",", ":"))


def _index_bytes(headers: list[dict[str, Any]], entries: list[Entry]) -> bytes:
    lines = [orjson.dumps(header) for header in headers]
    lines += [orjson.dumps(asdict(entry)) for entry in entries]
    return b"\n".join(lines) + b"\n"


def _read_index(data: bytes, name: str) -> tuple[dict[str, dict[str, Any]], list[Entry]]:
    covered: dict[str, dict[str, Any]] = {}
    entries: list[Entry] = []
    try:
        for line in data.splitlines():
            values = orjson.loads(line)
            if "warc" in values:
                covered[values["warc"]] = values
            else:
                values["claim"] = claim_from_dict(values["claim"])
                values["fetched_at"] = datetime.fromisoformat(values["fetched_at"])
                values["notes"] = tuple(values["notes"])
                entries.append(Entry(**values))
    except (ValueError, KeyError, TypeError) as error:
        raise ArchiveDamaged(f"{name}: {error}; delete this index file, it is made again") from error
    return covered, entries


def _index_name(warc: str) -> str:
    return f"index/{PurePosixPath(warc).name.removesuffix('.warc.gz')}.jsonl"


def _safe(name: str) -> str:
    """A run id as a file name: ``scheduled__2026-01-01T18:00:00+00:00`` has characters that not every store
    takes."""
    return re.sub(r"[^0-9A-Za-z._-]+", "_", name)


def _warc_date(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _split(message: bytes) -> tuple[bytes, bytes]:
    """An HTTP message into head (with its empty line) and the rest."""
    end = message.find(b"\r\n\r\n")
    if end < 0:
        return message, b""
    return message[: end + 4], message[end + 4 :]


def _headers_of(head: bytes) -> dict[str, str]:
    """Names in lower case; a header that comes twice is joined by commas, as HTTP has it."""
    headers: dict[str, str] = {}
    for line in head.split(b"\r\n")[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            key, text = name.decode("latin-1").strip().lower(), value.decode("latin-1").strip()
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def _sha1_base32(data: bytes) -> str:
    return base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()
