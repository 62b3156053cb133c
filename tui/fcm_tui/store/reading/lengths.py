"""How long a stored content is, told from its rows' first bytes, without decoding it."""

from __future__ import annotations

import zstandard

from fcm_tui.capture.codec import DELTA, EDITS, RAW, SPLICE, WHOLE, CodecError
from fcm_tui.store.contents.packing import CHUNKS, DIGEST_SIZE
from fcm_tui.store.reading.dialect import Connection
from fcm_tui.store.sealing.sealer import SEALED, opener

FIRST_BYTES = 64
"""As many bytes of a row's data as its length can need: two numbers and a frame's header."""


def length_of(connection: Connection, digest: bytes, codec: str, first: bytes, stored: int) -> int | None:
    """The length of the content that a row holds, or None where the row does not say one.

    Args:
        connection: where the pieces of a large content are looked up.
        digest: of the content.
        codec: of its row of chunk 0.
        first: the first `FIRST_BYTES` of that row's data.
        stored: how many bytes of data that row has.
    """
    if codec != CHUNKS:
        return _length_of_row(connection, digest, codec, first, stored)
    total = 0
    for (names,) in connection.execute(
        "SELECT data FROM contents WHERE digest = ? AND codec = ? ORDER BY chunk", (digest, CHUNKS)
    ):
        for at in range(0, len(names), DIGEST_SIZE):
            row = connection.execute(
                "SELECT codec, substr(data, 1, ?), length(data) FROM contents WHERE digest = ? AND chunk = 0",
                (FIRST_BYTES, piece := names[at : at + DIGEST_SIZE]),
            ).fetchone()
            length = None if row is None else _length_of_row(connection, piece, *row)
            if length is None:
                return None
            total += length
    return total


def _length_of_row(
    connection: Connection, digest: bytes, codec: str, first: bytes | None, stored: int
) -> int | None:
    if not codec.startswith(SEALED):
        return _length_of_piece(codec, first, stored)
    (data,) = connection.execute(
        "SELECT data FROM contents WHERE digest = ? AND chunk = 0", (digest,)
    ).fetchone()
    try:
        data = opener(connection).open_data(digest, 0, codec, data)
    except CodecError:
        return None
    return _length_of_piece(codec[len(SEALED) :], data[:FIRST_BYTES], len(data))


def _length_of_piece(codec: str, first: bytes | None, stored: int) -> int | None:
    first = first or b""  # `substr` of an empty blob is NULL
    if codec == RAW:
        return stored
    if codec == WHOLE:
        return _frame(first)
    if codec == EDITS:
        length = _number(first, 1)
        return length[0] if length else None
    if codec not in (SPLICE, DELTA):
        return None
    head = _number(first, 1)
    tail = _number(first, head[1]) if head else None
    if head is None or tail is None:
        return None
    middle = _frame(first[tail[1] :]) if codec == DELTA else stored - tail[1]
    return None if middle is None else head[0] + tail[0] + middle


def _frame(first: bytes) -> int | None:
    try:
        size = zstandard.get_frame_parameters(first, format=zstandard.FORMAT_ZSTD1_MAGICLESS).content_size
    except zstandard.ZstdError:
        return None
    return None if size in (zstandard.CONTENTSIZE_UNKNOWN, zstandard.CONTENTSIZE_ERROR) else int(size)


def _number(data: bytes, at: int) -> tuple[int, int] | None:
    """A LEB128 number and where it ends."""
    value = shift = 0
    while at < len(data) and shift < 63:
        value |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:
            return value, at
        shift += 7
    return None
