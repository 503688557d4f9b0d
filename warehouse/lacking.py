"""`cityreports gaps`: what the catalogue lacks, by what numbers without a metric speak of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from extraction.catalogue.gaps import gaps
from extraction.model import Observation
from warehouse.extracting import files_of, readings
from warehouse.reading import open_warehouse
from warehouse.settings import Settings

COLUMNS = ("subject", "count", "unit", "sections", "example")


@dataclass(frozen=True, slots=True)
class Lacking:
    """Facts without a metric, how many facts there are in all, and files that were not read, with the reason."""

    unmapped: tuple[Observation, ...]
    facts: int
    documents: int
    problems: tuple[str, ...] = ()

    def rows(self, *, at_least: int) -> list[tuple[Any, ...]]:
        """The subjects, the most frequent first, as rows of ``COLUMNS``."""
        return [
            (gap.subject, gap.count, gap.unit, ", ".join(gap.sections), gap.example)
            for gap in gaps(self.unmapped, at_least=at_least)
        ]

    def summary(self, subjects: int, shown: int) -> str:
        share = len(self.unmapped) / self.facts if self.facts else 0.0
        return (
            f"{min(subjects, shown)} of {subjects} subjects. {len(self.unmapped)} of {self.facts} quantities in "
            f"{self.documents} reports have no metric ({share:.1%})"
        )


def of_files(paths: Sequence[Path], settings: Settings) -> Lacking:
    """What today's reader leaves without a metric in files and folders."""
    unmapped: list[Observation] = []
    problems: list[str] = []
    facts = documents = 0
    for done in readings(
        list(files_of(paths)),
        jobs=settings.parsers,
        seconds=settings.document_seconds,
        most_bytes=settings.document_megabytes * 2**20,
    ):
        if done.result is None:
            problems.append(f"{done.item.path}: {done.error}")
            continue
        observations = done.result.reading.observations
        documents += 1
        facts += len(observations)
        unmapped += [o for o in observations if o.metric_code is None]
    return Lacking(tuple(unmapped), facts, documents, tuple(problems))


def of_warehouse(database: Path) -> Lacking:
    """What stands without a metric in a published warehouse, each report once."""
    names = ", ".join(field.name for field in fields(Observation))
    with open_warehouse(database) as connection:
        counted = connection.execute(
            "select count(*), count(distinct document_id) from marts.fct_observation where superseded_at is null"
        ).fetchone()
        assert counted is not None
        rows = connection.execute(
            f"select {names} from marts.fct_observation "  # noqa: S608 - our own names
            "where metric_code is null and superseded_at is null order by document_id, char_start"
        ).fetchall()
    return Lacking(tuple(Observation(*row) for row in rows), *counted)
