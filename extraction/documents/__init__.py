"""Bytes of a report as published to its text: ``read_document``; and what in a text is not the report."""

from __future__ import annotations

from collections.abc import Callable

from extraction.documents.encoding import declared_charset, decode
from extraction.documents.folding import fold
from extraction.documents.html import attachment_links, looks_like_html, read_page
from extraction.documents.noise import noise_spans
from extraction.model import DocumentError, DocumentText

__all__ = ["MAX_BYTES", "attachment_links", "fold", "noise_spans", "read_document"]

#: Larger documents are refused unread: a report has some 50,000 characters, a scanned gazette 40 MB.
MAX_BYTES = 64 * 1024 * 1024

#: Text formats; pages come with their pictures inside at times.
MAX_TEXT_BYTES = 16 * 1024 * 1024

#: ... and longer texts are no report either; extraction's five seconds end here.
MAX_CHARS = 2_000_000

_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"BM")


def read_document(
    data: bytes,
    *,
    name: str = "",
    media_type: str | None = None,
    more_time: Callable[[float], object] | None = None,
) -> DocumentText:
    """Text of a document, whatever format the bytes are in; the name and the claimed media type decide
    nothing that the bytes can tell.

    data        raw bytes, at most ``MAX_BYTES``
    name        file name or URL, for messages
    media_type  Content-Type as the source sent it, parameters included
    more_time   called with seconds, by the clock, before a step that may take so long: recognition of scanned pages

    Raises DocumentError, reasons as listed there, and nothing else. Takes under five seconds and 500 MB; but where the
    extra ``ocr`` is installed, up to ten minutes, in another process, for a PDF with pictures of pages.
    """
    if len(data) > MAX_BYTES:
        raise DocumentError("too_large", f"{len(data)} bytes, the limit is {MAX_BYTES}")
    if not data.strip(b" \t\r\n\0\xef\xbb\xbf"):
        raise DocumentError("empty", f"{name or 'the document'} holds nothing")
    try:
        document = _read(data, media_type, more_time)
    except (RecursionError, MemoryError) as error:
        raise DocumentError("took_too_long", f"gave up on its structure ({type(error).__name__})") from None
    if len(document.text) > MAX_CHARS:
        raise DocumentError("too_large", f"{len(document.text)} characters of text, the limit is {MAX_CHARS}")
    return document


def _read(data: bytes, media_type: str | None, more_time: Callable[[float], object] | None) -> DocumentText:
    if b"%PDF-" in data[:1024]:
        from extraction.documents.pdf import read_pdf

        return read_pdf(data, more_time=more_time)
    if data.startswith(b"PK\x03\x04"):
        from extraction.documents.word import read_docx

        return read_docx(data)
    if data.startswith((b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"{\\rtf")):
        from extraction.documents.word import read_doc

        return read_doc(data)
    if data.startswith(_PICTURES) or data[8:12] == b"WEBP":
        raise DocumentError("needs_ocr", "the document is a picture; as a PDF its pages can be recognised")
    if data.startswith((b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"MIME-Version:")):
        raise DocumentError("unknown_format", "an archive; unpack it and give the documents inside")
    return _read_text(data, media_type)


def _read_text(data: bytes, media_type: str | None) -> DocumentText:
    if len(data) > MAX_TEXT_BYTES:
        raise DocumentError("too_large", f"{len(data)} bytes of text, the limit is {MAX_TEXT_BYTES}")
    decoded = decode(data, declared=declared_charset(data, media_type))
    if looks_like_html(decoded.text):
        page = read_page(decoded.text)
        return DocumentText(page.text, "text/html", decoded.encoding, page.title, page.meta, decoded.notes)
    if not decoded.text.strip():
        raise DocumentError("empty", "nothing but blanks")
    return DocumentText(decoded.text, "text/plain", decoded.encoding, notes=decoded.notes)
