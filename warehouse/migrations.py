"""Staging of an older release, brought to today's columns: one step a version, in order.

Adding a column needs no step: it is null in older rows. A column that goes, or changes its meaning, does: raise
``schemas.STAGING_VERSION`` by one, and add here what becomes of older rows. What only reading the documents again can
say is left null: a new release reads them again anyway, and `cityreports rebuild` does so at once.

A migration is a commit that replaces all others, as a compaction is: killed at any moment, the old files still
count, and the next run begins it anew. Old files stay for two days (``staging.remove_uncommitted``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

#: Rows of a staging file as the version before had them → as the version has them. Both are lists of dictionaries.
Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Migration:
    """From version ``to - 1`` to ``to``. ``tables`` says how the rows of each table that changed are to be changed;
    the files of all others stay as they are. ``words`` say to an operator what changes."""

    to: int
    words: str
    tables: Mapping[str, Callable[[Rows], Rows]]


#: In order; one for each version from 2 on.
MIGRATIONS: tuple[Migration, ...] = ()


def steps(version: int, upto: int) -> list[Migration]:
    """What brings staging of ``version`` to ``upto``. Raises LookupError where a step is missing."""
    by_version = {migration.to: migration for migration in MIGRATIONS}
    return [by_version[to] for to in range(version + 1, upto + 1)]
