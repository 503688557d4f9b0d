"""A PDF's text layer to text, in a process of its own with a deadline."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from extraction.documents.noise import without_noise
from extraction.model import DocumentError, DocumentText

#: Seconds of wall time for one PDF.
DEADLINE = 4.5

_WORKER = Path(__file__).with_name("pdf_worker.py")


def read_pdf(data: bytes) -> DocumentText:
    """Text of a PDF: columns in order, without page numbers and running heads, a line a paragraph.

    Raises DocumentError ``encrypted``, ``damaged``, ``needs_ocr``, ``no_text``, ``took_too_long``.
    """
    try:
        done = subprocess.run(  # noqa: S603 - our own file, by our own interpreter
            [sys.executable, "-I", "-X", "utf8", str(_WORKER)],
            input=data,
            capture_output=True,
            timeout=DEADLINE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DocumentError("took_too_long", f"the PDF was not read within {DEADLINE} seconds") from None
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        detail = done.stderr.decode("utf-8", "replace").strip().rsplit("\n", 1)[-1][:200]
        raise DocumentError(
            "damaged", f"reading the PDF ended with status {done.returncode}: {detail}"
        ) from None
    if "reason" in answer:
        raise DocumentError(answer["reason"], answer["detail"])
    text = without_noise(answer["text"])
    if not text:
        raise DocumentError("no_text", "nothing but navigation and page numbers")
    return DocumentText(text, "application/pdf", title=answer["title"], notes=tuple(answer["notes"]))
