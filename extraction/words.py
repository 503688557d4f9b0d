"""Many words looked for at once: one automaton, one pass over the text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

#: Half a character, which no encoding of text has: a broken page may hold one, and the automaton would refuse it.
_HALF = re.compile("[\ud800-\udfff]")


def alternation(words: Iterable[str]) -> str:
    """A regular expression that matches one of ``words``, the longest that does first, as ``longest|…|shortest`` would; but
    words that begin alike are tried together, so that a character that begins none of them is found out sooner."""
    return _branches(sorted({word for word in words if word}, key=lambda word: (-len(word), word)))


def _branches(words: list[str]) -> str:
    groups: dict[str, list[str]] = {}
    for word in words:
        groups.setdefault(word[0], []).append(word[1:])
    return "|".join(_branch(first, rests) for first, rests in groups.items())


def _branch(first: str, rests: list[str]) -> str:
    longer = [rest for rest in rests if rest]
    if not longer:
        return re.escape(first)
    if len(rests) == 1:
        return re.escape(first + rests[0])
    inner = _branches(longer)
    return f"{re.escape(first)}(?:{inner})" + ("?" if len(longer) < len(rests) else "")


_FEW = 100


class Words:
    """A set of words to look for. ``words[i]`` is the i-th of them, as given; none may be empty."""

    __slots__ = ("_automaton", "words")

    def __init__(self, words: Iterable[str]) -> None:
        self.words = tuple(words)
        few = len(self.words) <= _FEW  # twice as fast, and its size grows with the square
        implementation = Implementation.DFA if few else Implementation.ContiguousNFA
        self._automaton = AhoCorasick(self.words, matchkind=MatchKind.Standard, implementation=implementation)

    def find(self, text: str) -> list[tuple[int, int, int]]:
        """(index of the word, start, end) of every occurrence in ``text``, overlapping ones too, by end."""
        try:
            return self._automaton.find_matches_as_indexes(text, overlapping=True)
        except UnicodeEncodeError:
            return self._automaton.find_matches_as_indexes(_HALF.sub("\ufffd", text), overlapping=True)
