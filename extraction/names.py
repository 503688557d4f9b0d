"""Metric names in a text: one automaton over all aliases of the catalogue, built once a process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import ahocorasick

from extraction.catalogue import Metric, load_catalogue

#: (metric, "any" | "growth" | "level"): what may be read from this name.
Claim = tuple[Metric, str]


class Mention(NamedTuple):
    """A metric's name in the matching text, with all entries that claim the name."""

    start: int
    end: int
    candidates: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """All names: ``claims`` by spelling, the automaton that finds them, metrics by code."""

    claims: dict[str, tuple[Claim, ...]]
    automaton: Any
    by_code: dict[str, Metric]

    def find(self, text: str) -> list[Mention]:
        """Names in ``text``, left to right; a name inside a longer one is not listed."""
        found: list[Mention] = []
        for last, (length, claims) in self.automaton.iter(text):
            start, end = last + 1 - length, last + 1
            while found and found[-1].start >= start:
                found.pop()
            if found and found[-1].end >= end:
                continue
            found.append(Mention(start, end, claims))
        return found


@cache
def load_names() -> Names:
    """The names of the project's catalogue. Raises CatalogueError where the catalogue is wrong."""
    catalogue = load_catalogue()
    claims: dict[str, list[Claim]] = {}
    for metric in catalogue.metrics:
        for alias in metric.aliases:
            grade = (
                "growth" if alias in metric.growth_only else "level" if alias in metric.level_only else "any"
            )
            claims.setdefault(alias, []).append((metric, grade))
    automaton = ahocorasick.Automaton()
    frozen = {alias: tuple(entries) for alias, entries in claims.items()}
    for alias, entries in frozen.items():
        automaton.add_word(alias, (len(alias), entries))
    automaton.make_automaton()
    return Names(frozen, automaton, catalogue.by_code)
