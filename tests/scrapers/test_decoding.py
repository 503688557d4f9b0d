"""Content encodings undone piece by piece: what comes out is what went in, at every length."""

from __future__ import annotations

import gzip
import random
import zlib

import pytest

from scrapers.decoding import undo_content_encodings
from scrapers.failures import LookError

MIB = 1 << 20


@pytest.mark.parametrize("size", [0, 1, 65_536, MIB, MIB + 1, 3 * MIB])
@pytest.mark.parametrize("packable", [True, False])
def test_what_was_packed_comes_back_however_many_pieces_it_takes(size: int, packable: bool) -> None:
    data = bytes(size) if packable else random.Random(size).randbytes(size)
    packed = gzip.compress(data, 1)
    most = {"max_size": size + 4}
    assert undo_content_encodings(packed, "gzip", **most) == data
    assert undo_content_encodings(packed + gzip.compress(b"tail") + b"junk", "gzip", **most) == data + b"tail"
    assert undo_content_encodings(zlib.compress(data), "deflate", **most) == data
    with pytest.raises(LookError, match="truncated_body"):
        undo_content_encodings(packed[:-9], "gzip", **most)
    if size:
        with pytest.raises(LookError, match="decompression_bomb"):
            undo_content_encodings(packed, "gzip", max_size=size - 1)
