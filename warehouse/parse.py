"""One document's bytes to rows of staging: what every worker process does, and `cityreports extract`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path

from extraction.model import Claim, DocumentError, DocumentText, Identity, Observation, Reading
from warehouse import corrections as corrections_file
from warehouse.corrections import Correction, Note
from warehouse.workers import more_time

_WHITE_SPACE = re.compile(r"\s+")

#: What the meaning of a parse depends on: code and data of extraction/, and corrections.
_PARSER_FILES = ("*.py", "*.yml", "*.yaml", "*.csv", "*.json", "*.txt")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document that was read: its text, what it is, what it states, what became of corrections to it."""

    document: DocumentText
    identity: Identity
    reading: Reading
    notes: tuple[Note, ...] = ()


def parse(
    body: bytes,
    *,
    name: str,
    media_type: str | None,
    claim: Claim,
    most_bytes: int,
    corrections: Sequence[Correction] = (),
) -> Parsed:
    """Read one document, and apply the corrections that concern it. Scanned pages get the time that they need.

    Raises DocumentError: reasons of ``extraction.model.DocumentError``, those of ``Identity.rejected``, and
    ``dropped_by_correction``.
    """
    from extraction.documents import read_document
    from extraction.extract import extract_report
    from extraction.identity import identify

    if len(body) > most_bytes:
        raise DocumentError("too_large", f"{len(body):,} bytes; document_megabytes allows {most_bytes:,}")
    document = read_document(body, name=name, media_type=media_type, more_time=more_time)
    identity = identify(document, claim)
    document_id = hashlib.sha256(body).hexdigest() if corrections else ""
    identity, notes = corrections_file.place(corrections, document_id, identity, document.text)
    if identity.rejected is not None:
        raise DocumentError(identity.rejected, identity.rejected_detail or "no report that can be placed")
    reading = extract_report(document.text, identity, document.recognised)
    if not corrections:
        return Parsed(document, identity, reading)
    observations, more = corrections_file.apply(
        corrections, document_id, identity, document.text, reading.observations
    )
    return Parsed(document, identity, replace(reading, observations=observations), (*notes, *more))


def prepare() -> None:
    """Load once what every document needs, so that the first one does not pay for it."""
    from extraction.names import load_names

    load_names()


def text_sha256(text: str) -> str:
    """Hash of a text without its white space: the same for copies that only their layout tells apart."""
    return hashlib.sha256(_WHITE_SPACE.sub("", text).encode("utf-8", "surrogatepass")).hexdigest()


def observation_id(document_id: str, o: Observation) -> str:
    """The same fact read again from the same bytes keeps its id."""
    parts = (
        document_id,
        o.char_start,
        o.char_end,
        o.number_start,
        o.number_end,
        o.metric_code,
        o.subject,
        o.statistic,
        o.role,
        o.period_start,
        o.period_end,
        o.value,
        o.value_high,
    )
    return hashlib.sha256("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")).hexdigest()


@cache
def parser_version() -> str:
    """Release and a hash over all that decides what a parse says: equal versions read equal rows from equal
    bytes."""
    from extraction.ocr import ocr_engine

    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for path in sorted(_parser_files(root)):
        digest.update(f"{path.name}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    digest.update(ocr_engine().encode())  # with OCR installed, what was set aside for want of it is read
    return f"{version('cityreports')}+{digest.hexdigest()[:12]}"


def _parser_files(root: Path) -> Iterable[Path]:
    for pattern in _PARSER_FILES:
        yield from (root / "extraction").rglob(pattern)
    yield from (Path(__file__).resolve(), Path(corrections_file.__file__).resolve(), corrections_file.FILE)
