"""What the tests of this room share: the real reports, read once."""

from __future__ import annotations

from pathlib import Path

import pytest

from extraction.evaluate import Stated


@pytest.fixture(scope="session")
def corpus_facts(corpus: Path) -> dict[str, list[Stated]]:
    """Folder of the corpus → what was read of its reports, without corrections."""
    from warehouse.extracting import files_of, readings

    facts: dict[str, list[Stated]] = {}
    for folder in ("reports_2026", "city_history"):
        found = facts.setdefault(folder, [])
        files = list(files_of([corpus / folder]))
        for done in readings(files, jobs=1, seconds=10, most_bytes=1 << 26):
            assert done.result is not None, done.error
            text = done.result.document.text
            found += [
                Stated(done.item.path.name, text[o.sentence_start : o.sentence_end], o)
                for o in done.result.reading.observations
            ]
    return facts
