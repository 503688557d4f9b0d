"""Undo HTTP content encodings without ever unpacking more than allowed."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import brotli  # type: ignore[import-untyped]

from scrapers.failures import LookError

_STEP = 1 << 16
_PIECE = 1 << 20
#: Servers send one member, some a few. Each copies what follows it: millions of empty ones would take hours.
_MOST_MEMBERS = 100


def undo_content_encodings(data: bytes, encodings: str, *, max_size: int) -> bytes:
    """The bytes that ``Content-Encoding: encodings`` stands for (several are undone in reverse order).

    Raises LookError: ``decompression_bomb`` above max_size bytes, ``truncated_body`` when the stream has no
    end, ``damaged_encoding`` when it is none of the kind, or unknown. Servers that say gzip and send plain
    text are
    understood: a body that does not start like gzip is taken as it is.
    """
    for encoding in reversed([part.strip().lower() for part in encodings.split(",") if part.strip()]):
        if encoding in ("identity", "none", "utf-8"):
            continue
        if encoding in ("gzip", "x-gzip"):
            if data[:2] == b"\x1f\x8b":
                data = _inflate(data, 31, max_size)
        elif encoding == "deflate":
            # Some servers send raw deflate, some zlib's form; the first byte tells.
            data = _inflate(data, 15 if data[:1] == b"\x78" else -15, max_size)
        elif encoding == "br":
            data = _unbrotli(data, max_size)
        else:
            raise LookError("damaged_encoding", f"unknown content encoding {encoding!r}")
    return data


def _inflate(data: bytes, window: int, max_size: int) -> bytes:
    """gzip (window 31, all its members), zlib (15) or raw deflate (-15)."""
    size = 0
    for part in _inflated(data, window):  # counted before any of it is kept: a bomb takes no memory
        size += len(part)
        if size > max_size:
            raise LookError("decompression_bomb", f"{len(data)} bytes unpack to more than {max_size}")
    return b"".join(_inflated(data, window))


def _inflated(data: bytes, window: int) -> Iterator[bytes]:
    """In pieces. Given in pieces, too: zlib copies what it is given and does not come to."""
    begin = 0
    for _ in range(_MOST_MEMBERS):
        unpacker = zlib.decompressobj(window)
        at = begin
        try:
            while not unpacker.eof:
                packed = data[at : at + _STEP]
                at += len(packed)
                if not packed:
                    raise LookError("truncated_body", "the compressed answer has no end", retry=True)
                while packed and not unpacker.eof:
                    yield unpacker.decompress(packed, _PIECE)
                    packed = unpacker.unconsumed_tail
        except zlib.error as error:
            raise LookError("damaged_encoding", str(error), retry=True) from None
        begin = at - len(unpacker.unused_data)
        if window != 31 or data[begin : begin + 2] != b"\x1f\x8b":
            return
    raise LookError("decompression_bomb", f"more than {_MOST_MEMBERS} gzip members in one answer")


def _unbrotli(data: bytes, max_size: int) -> bytes:
    unpacker = brotli.Decompressor()
    parts: list[bytes] = []
    size = 0
    try:
        part = unpacker.process(data, output_buffer_limit=_STEP)
        while True:
            parts.append(part)
            size += len(part)
            if size > max_size:
                raise LookError("decompression_bomb", f"{len(data)} bytes unpack to more than {max_size}")
            if unpacker.is_finished() or unpacker.can_accept_more_data():
                break
            part = unpacker.process(b"", output_buffer_limit=_STEP)
    except brotli.error as error:
        raise LookError("damaged_encoding", str(error), retry=True) from None
    if not unpacker.is_finished():
        raise LookError("truncated_body", "the compressed answer has no end", retry=True)
    return b"".join(parts)
