"""One module a publishing platform. A platform knows the shape of pages; it fetches nothing.

A module's docstring is its metadata (name, known-by, listing, article, facts). A web platform has

    rows(page) -> list[Row]                 what a listing page lists, in order, reports or not
    following(page) -> str | None           address of the listing's next page
    article(page) -> Article                what an article's page says of itself, and its attachments

and may have ``starts(source, today) -> list[str]`` where the listing's address depends on the day, and
``LEADS_ON = True`` where a listing page without rows is in order as long as another page follows. What most
platforms share is in `scrapers.pages`. Each has golden pages in tests/scrapers/golden/<platform>/.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from types import ModuleType

from scrapers.failures import LookError


@cache
def names() -> tuple[str, ...]:
    """All platforms, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def platform(name: str) -> ModuleType:
    """The module of a platform. Raises LookError ``unknown_platform``."""
    if name not in names():
        raise LookError("unknown_platform", f"{name!r} is none of {', '.join(names())}")
    return importlib.import_module(f"{__name__}.{name}")
