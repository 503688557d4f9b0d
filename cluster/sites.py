"""The loopback farm of the tests as a file of sources, which any night can look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.scrapers.farm import Field, farm


@dataclass(frozen=True, slots=True)
class Sites:
    """A farm that runs, and the file that names its sites."""

    field: Field
    sources: Path


@contextmanager
def sites(folder: Path, count: int, *, first: int = 0, published: bool = True) -> Iterator[Sites]:
    """``count`` sites, less the ``first``, with a report of last year and, once published, one of this year."""
    with farm(count, faulty=0, latency=0.0) as field:
        if published:
            field.publish()
        path = folder / "sources" / "farm.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        entries = [
            {
                "code": source.id,
                "name": source.region_name,
                "platform": source.platform,
                "local": True,
                "listings": list(source.listings),
                "options": {"years": "all"},
            }
            for source in field.sources()[first:]
        ]
        path.write_text(
            yaml.safe_dump({"province": "farm", "sources": entries}, allow_unicode=True), encoding="utf-8"
        )
        yield Sites(field, path.parent)
