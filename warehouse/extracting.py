"""`cityreports extract` and `text`: documents of a path to JSON lines, quickly and in bounded memory.

No database, no Airflow, no pandas is imported on this way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import orjson

from extraction.model import Claim, DocumentError, DocumentText, Observation
from warehouse.parse import parse, prepare
from warehouse.workers import Done, guarded, read_all

_FACT = tuple(f.name for f in fields(Observation))


@dataclass(frozen=True, slots=True)
class File:
    """A file to read, with what its manifest, its name or the user says that it is; or why it is not read."""

    path: Path
    claim: Claim
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Extracted:
    """JSON lines of one file (may be none), or a problem in words."""

    file: Path
    lines: bytes = b""
    problem: str = ""


def files_of(paths: Sequence[Path], *, region: str | None = None, year: int | None = None) -> Iterator[File]:
    """All files under ``paths`` (files, or folders with or without a manifest); ``region`` and ``year`` win over
    what manifest and names say."""
    from scrapers.failures import LookError
    from scrapers.platforms import folder

    today = datetime.now(UTC).date()
    for path in paths:
        if path.is_dir():
            try:
                for item in folder.items(path, today=today):
                    problem = f"{item.reason}: {item.detail}" if item.reason else ""
                    yield File(item.path, _told(item.claim, region, year), problem)
            except LookError as error:
                yield File(path, Claim(), str(error))
        else:
            claim = folder.claim_by_name(path.stem, today)
            manifest = path.parent / folder.MANIFEST
            if manifest.is_file():
                named = (i for i in folder.items(path.parent, today=today) if i.path.name == path.name)
                claim = next((item.claim for item in named if not item.reason), claim)
            yield File(path, _told(claim, region, year))


def _told(claim: Claim, region: str | None, year: int | None) -> Claim:
    return replace(claim, region=region or claim.region, report_year=year or claim.report_year)


def extract(files: Sequence[File], *, jobs: int, seconds: float, most_bytes: int) -> Iterator[Extracted]:
    """The observations of each file, in the order of the files. A file that cannot be read is a problem, and
    stops nobody."""
    readable = [file for file in files if not file.problem]
    yield from (Extracted(file.path, problem=file.problem) for file in files if file.problem)
    read = partial(_lines, most_bytes=most_bytes)
    if jobs == 1 or len(readable) <= 1:
        results: Iterator[Done[File, bytes]] = (guarded(read, file, seconds) for file in readable)
    else:
        # A fork shares what is loaded; nothing here has threads yet.
        prepare()
        results = read_all(
            read, readable, jobs=min(jobs, len(readable)), seconds=seconds, start_method="fork"
        )
    for done in results:
        if done.result is None:
            yield Extracted(done.item.path, problem=str(done.error))
        else:
            yield Extracted(done.item.path, done.result)


def _lines(file: File, *, most_bytes: int) -> bytes:
    body = _read(file.path, most_bytes)
    parsed = parse(body, name=file.path.name, media_type=None, claim=file.claim, most_bytes=most_bytes)
    whose = {
        "file": file.path.name,
        "document_id": hashlib.sha256(body).hexdigest(),
        "region_code": parsed.identity.region_code,
        "region_name": parsed.identity.region_name,
        "report_year": parsed.identity.report_year,
    }
    return b"".join(
        orjson.dumps(whose | {name: getattr(fact, name) for name in _FACT}, option=orjson.OPT_APPEND_NEWLINE)
        for fact in parsed.reading.observations
    )


def _read(path: Path, most_bytes: int) -> bytes:
    try:
        size = path.stat().st_size
        if size > most_bytes:
            raise DocumentError("too_large", f"{size:,} bytes; document_megabytes allows {most_bytes:,}")
        return path.read_bytes()
    except OSError as error:
        raise DocumentError("unreadable_file", error.strerror or str(error)) from error


def document_text(path: Path, *, seconds: float, most_bytes: int) -> DocumentText:
    """The text that offsets of ``path``'s observations refer to. Raises DocumentError."""
    from extraction.documents import read_document

    def read(path: Path) -> DocumentText:
        return read_document(_read(path, most_bytes), name=path.name)

    done = guarded(read, path, seconds)
    if done.result is None:
        assert done.error is not None
        raise done.error
    return done.result
