"""`cityreports extract` and `text`: documents of a path to JSON lines, quickly and in bounded memory.

No database, no Airflow, no pandas is imported on this way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import orjson

from extraction.model import Claim, DocumentError, DocumentText
from warehouse.corrections import Correction
from warehouse.corrections import load as load_corrections
from warehouse.parse import Parsed, parse, prepare
from warehouse.workers import Done, guarded, more_time, read_all

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class File:
    """A file to read, with what its manifest, its name or the user says that it is; or why it is not read."""

    path: Path
    claim: Claim
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Extracted:
    """JSON lines of one file (may be none), or a problem; ``notes``: corrections that went stale."""

    file: Path
    lines: bytes = b""
    problem: str = ""
    notes: tuple[str, ...] = ()


def files_of(paths: Sequence[Path], *, region: str | None = None, year: int | None = None) -> Iterator[File]:
    """All files under ``paths`` (files, or folders with or without a manifest); ``region`` and ``year`` win
    over what manifest and names say."""
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
    read = partial(_lines, most_bytes=most_bytes, corrections=load_corrections())
    for done in _each(read, files, jobs=jobs, seconds=seconds):
        if done.result is None:
            yield Extracted(done.item.path, problem=str(done.error))
        else:
            lines, notes = done.result
            yield Extracted(done.item.path, lines, notes=notes)


def readings(
    files: Sequence[File],
    *,
    jobs: int,
    seconds: float,
    most_bytes: int,
    corrections: Sequence[Correction] = (),
) -> Iterator[Done[File, Parsed]]:
    """What was read of each file, in the order of the files, or the DocumentError that it was refused with.

    Without ``corrections`` it is what the reader itself makes of the text.
    """
    read = partial(_parsed, most_bytes=most_bytes, corrections=corrections)
    return _each(read, files, jobs=jobs, seconds=seconds)


def _each(
    read: Callable[[File], Result], files: Sequence[File], *, jobs: int, seconds: float
) -> Iterator[Done[File, Result]]:
    readable = [file for file in files if not file.problem]
    for file in files:
        if file.problem:
            reason, _, detail = file.problem.partition(": ")
            yield Done(file, None, DocumentError(reason, detail), 0.0)
    if jobs == 1 or len(readable) <= 1:
        for file in readable:
            yield guarded(read, file, seconds)
    else:
        # A fork shares what is loaded; nothing here has threads yet.
        prepare()
        yield from read_all(
            read, readable, jobs=min(jobs, len(readable)), seconds=seconds, start_method="fork"
        )


def _parsed(file: File, *, most_bytes: int, corrections: Sequence[Correction]) -> Parsed:
    return _parse(file, _read(file.path, most_bytes), most_bytes, corrections)


def _parse(file: File, body: bytes, most_bytes: int, corrections: Sequence[Correction]) -> Parsed:
    return parse(
        body,
        name=file.path.name,
        media_type=None,
        claim=file.claim,
        most_bytes=most_bytes,
        corrections=corrections,
    )


def _lines(
    file: File, *, most_bytes: int, corrections: Sequence[Correction]
) -> tuple[bytes, tuple[str, ...]]:
    body = _read(file.path, most_bytes)
    parsed = _parse(file, body, most_bytes, corrections)
    whose = {
        "file": file.path.name,
        "document_id": hashlib.sha256(body).hexdigest(),
        "region_code": parsed.identity.region_code,
        "region_name": parsed.identity.region_name,
        "report_year": parsed.identity.report_year,
    }
    # Whose facts they are is written once, and put before each: {"file": …, and "metric_code": …}
    head = orjson.dumps(whose)[:-1] + b","
    lines = b"".join(
        [
            head + orjson.dumps(fact, option=orjson.OPT_APPEND_NEWLINE)[1:]
            for fact in parsed.reading.observations
        ]
    )
    return lines, tuple(note.problem for note in parsed.notes if note.problem)


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
        return read_document(_read(path, most_bytes), name=path.name, more_time=more_time)

    done = guarded(read, path, seconds)
    if done.result is None:
        assert done.error is not None
        raise done.error
    return done.result
