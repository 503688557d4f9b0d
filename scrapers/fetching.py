"""Bring documents into the archive: `fetch`.

Whatever happens to one link happens to it alone: it becomes a `Failure` and the others go on.
"""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from extraction.model import Claim
from scrapers.archive import Archive, Entry, Facts, Writer
from scrapers.client import Answer, Network, Visit, is_challenge
from scrapers.failures import LookError
from scrapers.model import Failure, Fetched, Link, Source
from scrapers.pages import (
    SHORTEST_REPORT,
    Article,
    Page,
    Row,
    file_name,
    page_of,
    plain_article,
    running_text,
    says_not_found,
    visible_length,
)
from scrapers.platforms import folder, platform
from scrapers.settings import FetchSettings
from scrapers.state import after_failure, after_success, recall, remember
from scrapers.titles import edition_of, is_a_reports_title, year_of

_MOST_ATTACHMENTS = 4

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
    facts = Facts(
        link.source_id, link.url, link.file, document_id, media_type_of(path), link.claim, origin=link.origin
    )
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
    by_id = {source.id: source for source in sources}
    by_source: dict[str, list[Link]] = {}
    for link in dict.fromkeys(links):
        by_source.setdefault(link.source_id, []).append(link)

    async def all_sources() -> dict[Link, list[Fetched | Failure]]:
        network = Network(settings)
        places = asyncio.Semaphore(settings.concurrency)
        results: dict[Link, list[Fetched | Failure]] = {}

        async def one(source_id: str, wanted: list[Link]) -> None:
            source = by_id.get(source_id) or _stranger(wanted[0])
            async with places:
                results.update(await _visit(source, wanted, network, archive, writer, now))

        await asyncio.gather(*(one(source_id, wanted) for source_id, wanted in by_source.items()))
        return results

    return asyncio.run(all_sources())


def _stranger(link: Link) -> Source:
    """A source that is in no registry, for a link that came alone."""
    return Source(link.source_id, None, "", "", "plain", (link.url,))


async def _visit(
    source: Source, links: list[Link], network: Network, archive: Archive, writer: Writer, now: datetime
) -> dict[Link, list[Fetched | Failure]]:
    """All links of one source, one after the other; the source's memory learns what came of them."""
    results: dict[Link, list[Fetched | Failure]] = {}
    before = memory = recall(archive, source.id)
    try:
        module = platform(source.platform)
        async with Visit(network, source, now) as visit:
            for link in links:
                held = bool(archive.held(link.url))
                try:
                    results[link] = await _fetch_link(link, source, module, visit, archive, writer)
                    first = next((item for item in results[link] if isinstance(item, Failure)), None)
                    if first is not None:
                        memory = after_failure(memory, link.url, first.reason, now.date())
                    else:
                        memory = after_success(memory, link.url, recheck=held)
                except (
                    OSError
                ):  # the archive cannot be written: not this link's fault, and no use in going on
                    raise
                except Exception as failed:
                    error = failed if isinstance(failed, LookError) else _defect(failed)
                    results[link] = [_failure(link, link.url, error, now)]
                    memory = after_failure(memory, link.url, error.reason, now.date())
    except LookError as error:  # the visit as a whole: a tls exception that has ended, an unknown platform
        for link in links:
            results.setdefault(link, [_failure(link, link.url, error, now)])
    if memory != before:
        remember(archive, source.id, memory)
    return results


def _defect(error: Exception) -> LookError:
    """A defect of ours costs one document and is reported under its own name."""
    return LookError("broke", f"{type(error).__name__}: {error}")


def _failure(link: Link, url: str, error: LookError, now: datetime) -> Failure:
    return Failure(link.source_id, "fetch", error.reason, error.detail, now, url, link.file)


async def _fetch_link(
    link: Link, source: Source, module: ModuleType, visit: Visit, archive: Archive, writer: Writer
) -> list[Fetched | Failure]:
    """A link's document; or, where its page only leads to attachments, these. Raises LookError."""
    held = archive.held(link.url)
    last = held[-1] if held else None
    answer = await visit.get(
        link.url, etag=last.etag if last else "", last_modified=last.last_modified if last else ""
    )
    if answer.not_modified and last is not None:
        return [_known(link, entry) for entry in held[-1:] if entry.kind == "document"]
    kind = sniff(answer.body)
    if kind != "text":
        _check_document(link.url, answer.body, kind)
        if getattr(module, "CONTENTS", False) and not is_a_reports_title(link.claim.title or ""):
            # A whole issue: it holds other documents, whose figures are none of the report's. Kept, and not read.
            _archive(link, link.url, answer, link.claim, "", "page", visit, archive, writer)
            return []
        return [_archive(link, link.url, answer, link.claim, "", "document", visit, archive, writer)]
    page = _page(link, answer)
    article: Article = module.article(page)
    claim = _better_claim(link.claim, article)
    if hasattr(module, "is_contents") and not article.attachments and module.is_contents(page):
        # An issue without a report: kept as a page, so that it is known and not asked for again.
        _archive(link, link.url, answer, claim, "", "page", visit, archive, writer)
        return []
    if not article.attachments:
        _check_article(link, page)
        return [_archive(link, link.url, answer, claim, text_id(page), "document", visit, archive, writer)]
    results: list[Fetched | Failure] = []
    for row in article.attachments[:_MOST_ATTACHMENTS]:
        try:
            document = await visit.get(row.url)
            kind = sniff(document.body)
            if kind == "text" and getattr(module, "CONTENTS", False):
                results.append(_of_contents(link, row, document, claim, visit, archive, writer))
                continue
            if kind == "text":
                raise LookError("wrong_content_type", f"{row.url} is a page where a document should be")
            _check_document(row.url, document.body, kind)
        except LookError as error:
            results.append(_failure(link, row.url, error, answer.wire.fetched_at))
            continue
        results.append(_archive(link, row.url, document, claim, "", "document", visit, archive, writer))
    if not any(isinstance(item, Failure) for item in results):
        # Last, so that a link whose attachments failed is not held and comes again.
        _archive(link, link.url, answer, claim, "", "page", visit, archive, writer)
    return results


def _of_contents(
    link: Link, row: Row, answer: Answer, claim: Claim, visit: Visit, archive: Archive, writer: Writer
) -> Fetched:
    """A report that is one of the pages of an issue: it is called by its own name. Raises LookError where it is none."""
    page = _page(link, answer)
    if visible_length(page) < SHORTEST_REPORT:
        raise LookError("stub_listing", f"{row.url} holds no report though its title is one's")
    own = plain_article(page)
    published = own.published or claim.published
    claim = replace(
        claim,
        title=row.title,
        published=published,
        report_year=year_of(row.title, None) or claim.report_year or year_of(row.title, published),
        edition=edition_of(row.title),
    )
    return _archive(link, row.url, answer, claim, text_id(page), "document", visit, archive, writer)


def _page(link: Link, answer: Answer) -> Page:
    if is_challenge(answer.body):
        raise LookError("challenge_page", f"{answer.url} answers with a captcha or browser check")
    page = page_of(answer.body, answer.url, media_type=answer.media_type, charset=answer.charset)
    if says_not_found(page):
        raise LookError("soft_404", f"{link.url} says that there is no such page, with status 200")
    return page


def _check_article(link: Link, page: Page) -> None:
    """A page with many links, hardly any running text and no word of the report is the home page in
    disguise."""
    if visible_length(page) >= SHORTEST_REPORT:
        return
    words = page.tree.text_content()
    if not words.strip():
        raise LookError("stub_listing", f"{link.url} is an empty page")
    if "报告" not in words:
        raise LookError("soft_404", f"{link.url} gives a page that says nothing of a report")


def _archive(
    link: Link,
    url: str,
    answer: Answer,
    claim: Claim,
    text: str,
    kind: str,
    visit: Visit,
    archive: Archive,
    writer: Writer,
) -> Fetched:
    """Put a document where it stays, unless this address gave the same before: the same bytes, or the same
    text."""
    document_id = hashlib.sha256(answer.body).hexdigest()
    media_type = _TYPE_OF_KIND.get(sniff(answer.body)) or answer.media_type or "text/html"
    held = archive.held(url)
    for entry in held:
        if entry.document_id == document_id and entry.claim == claim:
            return _known(link, entry)
    if held and text and held[-1].text_id == text and held[-1].claim == claim:
        return replace(_known(link, held[-1]), same_text=True)
    facts = Facts(
        source_id=link.source_id,
        url=url,
        file=file_name(url),
        document_id=document_id,
        media_type=media_type,
        claim=claim,
        charset=answer.charset,
        kind=kind,
        text_id=text,
        notes=tuple(visit.notes),
    )
    ref = writer.add_exchange(answer.wire, answer.body, facts, before=answer.before)
    return Fetched(
        source_id=link.source_id,
        url=url,
        file=facts.file,
        document_id=document_id,
        ref=ref,
        new=True,
        fetched_at=answer.wire.fetched_at,
        byte_size=len(answer.body),
        media_type=media_type,
        claim=claim,
    )


def _known(link: Link, entry: Entry) -> Fetched:
    return Fetched(
        source_id=link.source_id,
        url=entry.url,
        file=entry.file,
        document_id=entry.document_id,
        ref=entry.ref,
        new=False,
        fetched_at=entry.fetched_at,
        byte_size=entry.byte_size,
        media_type=entry.media_type,
        claim=entry.claim,
    )


def _better_claim(claim: Claim, article: Article) -> Claim:
    """What the listing left open, as the article's own head says it."""
    title = claim.title or article.title or None
    published = claim.published or article.published
    return replace(
        claim,
        title=title,
        published=published,
        report_year=claim.report_year or year_of(article.title, published),
        edition=claim.edition or edition_of(article.title),
    )


def text_id(page: Page) -> str:
    """sha256 of a page's running text without white space: visitor counters, clocks and menus do not change
    it."""
    return hashlib.sha256("".join("".join(running_text(page)).split()).encode()).hexdigest()


_TYPE_OF_KIND = {"pdf": "application/pdf", "docx": _MEDIA_TYPES[".docx"], "doc": "application/msword"}


def sniff(body: bytes) -> str:
    """``pdf``, ``docx``, ``doc``, ``text`` or ``other``, by the first bytes: servers mislabel attachments."""
    head = body[:1024].lstrip()
    if head[:5] == b"%PDF-":
        return "pdf"
    if head[:4] == b"PK\x03\x04":
        return "docx"
    if head[:4] == b"\xd0\xcf\x11\xe0":
        return "doc"
    binary = head[:4] in (b"\x89PNG", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"RIFF") or head[:2] in (
        b"\xff\xd8",
        b"MZ",
        b"\x1f\x8b",
    )
    return "other" if binary or (b"\x00" in head and head[:2] not in (b"\xff\xfe", b"\xfe\xff")) else "text"


def _check_document(url: str, body: bytes, kind: str) -> None:
    """Raises LookError ``wrong_content_type``, or ``truncated_body`` where the format's own end is
    missing."""
    if kind == "other":
        raise LookError("wrong_content_type", f"{url} is neither a page nor a document ({body[:4]!r}…)")
    if kind == "pdf" and b"%%EOF" not in body[-4096:]:
        raise LookError("truncated_body", f"{url}: a PDF without its end")
    if kind == "docx" and b"PK\x05\x06" not in body[-70_000:]:
        raise LookError("truncated_body", f"{url}: a DOCX without its end")
