"""A PDF to text, in a process of its own with a deadline: its text layer first, then, where the extra ``ocr`` is
installed, the pages that are pictures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from extraction.documents.noise import without_noise
from extraction.model import DocumentError, DocumentText
from extraction.ocr import ocr_engine

#: Seconds of wall time for one PDF.
DEADLINE = 4.5

#: ... and of its pictures of pages, where they are recognised: a page takes three on one core. A report of 40 pages
#: needs two minutes; beyond ``OCR_PAGES`` a document is a book.
OCR_PAGES = 120
OCR_START_SECONDS = 30.0
OCR_PAGE_SECONDS = 10.0
OCR_DEADLINE = 600.0

INSTALL = "the extra `ocr` reads such pages: pip install 'cityreports[ocr]'"

#: glibc then gives back what a layer of a model used: 150 MB less of 560, for half a second more a page.
_THRIFT = {"MALLOC_MMAP_THRESHOLD_": "1000000", "MALLOC_ARENA_MAX": "1"}

_WORKER = Path(__file__).with_name("pdf_worker.py")


def read_pdf(data: bytes, *, more_time: Callable[[float], object] | None = None) -> DocumentText:
    """Text of a PDF: columns in order, without page numbers and running heads, a line a paragraph.

    more_time  told, before pages are recognised, how many seconds that may take by the clock

    Raises DocumentError ``encrypted``, ``damaged``, ``needs_ocr``, ``no_text``, ``took_too_long``.
    """
    answer = _ask(data, [], DEADLINE)
    pictures: list[int] = answer.get("pictures", [])
    if pictures and ocr_engine():
        answer = _recognised(data, answer, pictures, more_time)
    elif answer.get("reason") == "needs_ocr":
        raise DocumentError("needs_ocr", f"{answer['detail']}; {INSTALL}")
    if "reason" in answer:
        raise DocumentError(answer["reason"], answer["detail"])
    text = without_noise("\n".join(paragraph for paragraph, _, _ in answer["paragraphs"]))
    if not text:
        raise DocumentError("no_text", "nothing but navigation and page numbers")
    notes: list[str] = answer["notes"]
    if answer["recognised"]:
        notes = [f"read by OCR: {answer['recognised']} of {answer['pages']} pages ({ocr_engine()})", *notes]
    spans = _spans(text, answer["paragraphs"]) if answer["recognised"] else ()
    return DocumentText(text, "application/pdf", title=answer["title"], notes=tuple(notes), recognised=spans)


def _recognised(
    data: bytes, first: dict[str, Any], pictures: list[int], more_time: Callable[[float], object] | None
) -> dict[str, Any]:
    """The worker's answer with its pictures recognised. Where that fails, and there is a text layer, the first answer,
    which then says what is missing."""
    try:
        if len(pictures) > OCR_PAGES:
            detail = f"{len(pictures)} pages are pictures; more than {OCR_PAGES} are not recognised"
            raise DocumentError("needs_ocr", f"{detail}: divide the PDF, or give it a text layer")
        deadline = min(OCR_DEADLINE, OCR_START_SECONDS + OCR_PAGE_SECONDS * len(pictures))
        if more_time is not None:
            more_time(deadline)
        answer = _ask(data, pictures, deadline)
        if "reason" in answer:
            raise DocumentError(answer["reason"], answer["detail"])
    except DocumentError as failed:
        if "reason" in first:
            raise
        return {**first, "notes": [*first["notes"], f"they were not recognised ({failed})"]}
    return answer


def _ask(data: bytes, by_ocr: Sequence[int], deadline: float) -> dict[str, Any]:
    try:
        done = subprocess.run(  # noqa: S603 - our own file, by our own interpreter
            [sys.executable, "-I", "-X", "utf8", str(_WORKER), *map(str, by_ocr)],
            input=data,
            capture_output=True,
            env={**os.environ, **_THRIFT} if by_ocr else None,
            timeout=deadline,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DocumentError("took_too_long", f"the PDF was not read within {deadline:g} seconds") from None
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        detail = done.stderr.decode("utf-8", "replace").strip().rsplit("\n", 1)[-1][:200]
        raise DocumentError(
            "damaged", f"reading the PDF ended with status {done.returncode}: {detail}"
        ) from None
    return answer


def _spans(text: str, paragraphs: Sequence[tuple[str, bool, float]]) -> tuple[tuple[int, int, float], ...]:
    """Which stretches of ``text`` were recognised, and how surely (0 to 1). What noise was cut out of counts as
    recognised, too."""
    printed = {paragraph for paragraph, recognised, _ in paragraphs if not recognised}
    scores: dict[str, float] = {}
    for paragraph, recognised, score in paragraphs:
        if recognised:
            scores[paragraph] = min(score, scores.get(paragraph, 1.0))
    worst = min(scores.values(), default=1.0)
    spans: list[tuple[int, int, float]] = []
    start = 0
    for line in text.split("\n"):
        if line in scores or line not in printed:
            spans.append((start, start + len(line), scores.get(line, worst)))
        start += len(line) + 1
    return tuple(spans)
