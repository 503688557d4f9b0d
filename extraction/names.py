"""Metric names in a text: one automaton over all aliases of the catalogue, built once a process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from extraction.catalogue import Metric, load_catalogue
from extraction.words import Words

#: (metric, "any" | "growth" | "level"): what may be read from this name.
Claim = tuple[Metric, str]


class Mention(NamedTuple):
    """A metric's name in the matching text, with all entries that claim the name."""

    start: int
    end: int
    candidates: tuple[Claim, ...]


#: A named tuple's own constructor is a Python function; this is the C one beneath it.
_record = tuple.__new__


@dataclass(frozen=True, slots=True)
class Names:
    """All names: ``claims`` by spelling, the words to look for with the claims of each, metrics by code, and what names end
    with (two characters)."""

    claims: dict[str, tuple[Claim, ...]]
    words: Words
    by_index: tuple[tuple[Claim, ...], ...]
    by_code: dict[str, Metric]
    endings: frozenset[str]

    def find(self, text: str) -> list[Mention]:
        """Names in ``text``, left to right; a name inside a longer one is not listed."""
        # Half of all names found end inside a longer one: records are made of those that stay only. This loop runs
        # once a name, tens of thousands of times a second.
        found: list[tuple[int, int, tuple[Claim, ...]]] = []
        push, pop = found.append, found.pop
        begin = -1  # where the last name kept begins
        by_index = self.by_index
        for index, start, end in self.words.find(text):
            while begin >= start:
                pop()
                begin = found[-1][0] if found else -1
            if found and found[-1][1] >= end:
                continue
            push((start, end, by_index[index]))
            begin = start
        return [_record(Mention, name) for name in found]


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
    frozen = {alias: tuple(entries) for alias, entries in claims.items()}
    return Names(
        frozen,
        Words(frozen),
        tuple(frozen.values()),
        catalogue.by_code,
        frozenset(alias[-2:] for alias in frozen),
    )
