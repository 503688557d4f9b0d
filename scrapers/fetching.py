"""Bring documents into the archive: `fetch`.

Whatever happens to one link happens to it alone: it becomes a `Failure` and the others go on.
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from scrapers.archive import Archive, Facts, Writer
from scrapers.failures import LookError
from scrapers.model import Failure, Fetched, Link, Source
from scrapers.platforms import folder
from scrapers.settings import FetchSettings

#: As `mimetypes` would have it, but the same on every machine.
_MEDIA_TYPES = {
    ".txt": "text/plain",
    ".md": "text/plain",
    ".html": "text/html",
    ".htm": "text/html",
    ".shtml": "text/html",
    ".pdf": "application/pdf",
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def fetch(
    links: Sequence[Link],
    *,
    archive: Archive,
    run_id: str,
    batch: str,
    settings: FetchSettings,
    now: datetime,
    sources: Iterable[Source] = (),
) -> list[Fetched | Failure]:
    """Fetch each link's document into the archive, in one WARC file for the batch.

    sources   those of the links, for what only the entry knows (platform, local, tls); a link whose source is
              not among them is fetched with the defaults of a public page
    now       UTC; the time of the run

    Returns one item a document, in the order of the links (a page with two attachments gives two). The
    results count only once this returns: a killed call leaves nothing in the archive, and its links are found
    again. Raises OSError where the archive cannot be written (disk full).
    """
    with archive.writer(run_id, batch) as writer:
        results: list[Fetched | Failure] = []
        web = [link for link in links if not link.url.startswith("file:")]
        from_web = _fetch_web(web, archive, writer, settings, now, sources) if web else {}
        for link in links:
            if link.url.startswith("file:"):
                results.append(_fetch_file(link, archive, writer, settings, now))
            else:
                results += from_web.pop(link, [])
    return results


def _fetch_file(
    link: Link, archive: Archive, writer: Writer, settings: FetchSettings, now: datetime
) -> Fetched | Failure:
    path = folder.path_of(link.url)
    try:
        body = read_file(path, settings.max_bytes)
    except LookError as error:
        return Failure(link.source_id, "fetch", error.reason, error.detail, now, link.url, link.file)
    document_id = hashlib.sha256(body).hexdigest()
    facts = Facts(link.source_id, link.url, link.file, document_id, media_type_of(path), link.claim)
    held = [
        entry
        for entry in archive.held(link.url)
        if entry.document_id == document_id and entry.claim == link.claim
    ]
    # The same bytes at the same place under the same claim leave no second record: nothing was learnt.
    ref = held[-1].ref if held else writer.add_file(body, facts, now)
    return Fetched(
        source_id=link.source_id,
        url=link.url,
        file=link.file,
        document_id=document_id,
        ref=ref,
        new=not held,
        fetched_at=held[-1].fetched_at if held else now.astimezone(UTC),
        byte_size=len(body),
        media_type=facts.media_type,
        claim=link.claim,
    )


def read_file(path: Path, max_bytes: int) -> bytes:
    """Bytes of a file. Raises LookError: ``file_missing``, ``unreadable_file``, ``too_large``."""
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise LookError("too_large", f"{path.name} has {size} bytes, the cap is {max_bytes}")
        return path.read_bytes()
    except FileNotFoundError:
        raise LookError("file_missing", f"{path} is gone") from None
    except OSError as error:
        raise LookError("unreadable_file", f"{path}: {error.strerror}") from None


def media_type_of(path: Path) -> str:
    return (
        _MEDIA_TYPES.get(path.suffix.lower())
        or mimetypes.guess_type(path.name)[0]
        or "application/octet-stream"
    )


def _fetch_web(
    links: Sequence[Link],
    archive: Archive,
    writer: Writer,
    settings: FetchSettings,
    now: datetime,
    sources: Iterable[Source],
) -> dict[Link, list[Fetched | Failure]]:
    raise NotImplementedError
