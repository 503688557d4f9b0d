"""A small site of report pages to run on out of the box: ``with serve() as base: sources(base)``."""

from __future__ import annotations

from samples.site import SOURCES
from samples.site import serve_samples as serve

__all__ = ["SOURCES", "serve"]
