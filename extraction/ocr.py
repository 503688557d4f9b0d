"""Which engine recognises pictures of pages. Apart from ``extraction.documents``: who only asks need not load lxml."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec


@cache
def ocr_engine() -> str:
    """Name and version of what recognises pictures of pages; empty where the extra ``ocr`` is not installed."""
    if find_spec("rapidocr") is None or find_spec("onnxruntime") is None:
        return ""
    try:
        return f"rapidocr {version('rapidocr')}"
    except PackageNotFoundError:
        return ""
