"""Many words looked for at once: one automaton, one pass over the text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

#: Half a character, which no encoding of text has: a broken page may hold one, and the automaton would refuse it.
_HALF = re.compile("[\ud800-\udfff]")


class Words:
    """A set of words to look for. ``words[i]`` is the i-th of them, as given; none may be empty."""

    __slots__ = ("_automaton", "words")

    def __init__(self, words: Iterable[str]) -> None:
        self.words = tuple(words)
        self._automaton = AhoCorasick(
            self.words, matchkind=MatchKind.Standard, implementation=Implementation.ContiguousNFA
        )

    def find(self, text: str) -> list[tuple[int, int, int]]:
        """(index of the word, start, end) of every occurrence in ``text``, overlapping ones too, by end."""
        try:
            return self._automaton.find_matches_as_indexes(text, overlapping=True)
        except UnicodeEncodeError:
            return self._automaton.find_matches_as_indexes(_HALF.sub("\ufffd", text), overlapping=True)
