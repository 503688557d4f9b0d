"""One form for matching: full-width and traditional characters to the form that patterns are written in.

The folded text has the same length as the text, so that offsets found in one hold in the other.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

# Full-width signs that stand in numbers and names. Sentence punctuation (，。；：！？（）) is kept as it
# is: in Chinese text the full-width form is the normal one.
_SIGNS = "％＋－．／～＝＃＆＠＊＄＜＞［］｛｝｜＿＾"


def _pairs() -> dict[int, int]:
    pairs: dict[int, int] = {}
    listing = files("opencc").joinpath("dictionary", "TSCharacters.txt").read_text(encoding="utf-8")
    for line in listing.splitlines():
        traditional, _, simplified = line.partition("\t")
        if len(traditional) == 1 and simplified:
            pairs[ord(traditional)] = ord(simplified[0])
    # PDF text layers often hold radicals (⼯) and compatibility forms (﹪) in place of the characters they
    # look like.
    blocks = ((0x2E80, 0x2FE0), (0xF900, 0xFB00), (0xFE50, 0xFE70))
    for char in (chr(code) for first, last in blocks for code in range(first, last)):
        plain = unicodedata.normalize("NFKC", char)
        if len(plain) == 1:
            pairs[ord(char)] = pairs.get(ord(plain), ord(plain))
    for code in range(0xFF01, 0xFF5F):
        if chr(code).isalnum() or chr(code) in _SIGNS:
            pairs[code] = code - 0xFEE0
    pairs.update(dict.fromkeys(map(ord, "↑⬆⇧"), ord("增")))  # digests: GDP ↑5.6%
    pairs.update(dict.fromkeys(map(ord, "↓⬇⇩"), ord("降")))
    pairs.update(dict.fromkeys((0x00A0, 0x2002, 0x2003, 0x2009, 0x202F, 0x3000), 0x20))
    return pairs


@cache
def _table() -> NDArray[np.uint16]:
    """What each UTF-16 unit becomes: an array, because looking characters up one by one in a dictionary
    takes longer than all of extraction may. Pairs outside the basic plane (rare characters of names) stay
    as they are."""
    table = np.arange(0x10000, dtype="<u2")
    for source, target in _pairs().items():
        if source < 0x10000 and target < 0x10000:
            table[source] = target
    return table


def fold(text: str) -> str:
    """``text`` of the same length with full-width digits, letters and signs as half-width ones, traditional
    characters as simplified ones, blanks as plain spaces; ``text`` itself where nothing is to be changed.

    >>> fold("１２．５％，經濟增長")
    '12.5%，经济增长'
    """
    if text.isascii():
        return text
    units = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype="<u2")
    folded = _table()[units]
    if np.array_equal(folded, units):
        return text
    return bytes(folded).decode("utf-16-le", "surrogatepass")
