"""Content turned into rows of the table `contents`: pure, so that pool threads can do it.

A version of at most 1 MiB is one piece in one row: whole, or as a delta against the version before.
A larger one is cut into pieces, each a content of its own under its own digest, and a row (or more,
past 1 MiB of them) with codec `c` that lists the pieces' digests in order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from fcm_tui.capture.chunks import counterparts, cut
from fcm_tui.capture.codec import LEVEL, MAX_PIECE, DeltaBase, Span, encode, encode_whole, steps_of

CHUNKS = "c"
"""Codec of a row that lists the digests of pieces."""

DIGEST_SIZE = 32


class ContentRow(NamedTuple):
    """One row of `contents`, in the order of its columns."""

    digest: bytes
    chunk: int
    codec: str
    base_digest: bytes | None
    data: bytes | memoryview


class Piece(NamedTuple):
    """A stored piece of a version; a version of at most 1 MiB is itself its only piece."""

    digest: bytes
    length: int
    steps: int
    """Deltas between it and a whole piece."""


class Version(NamedTuple):
    """A version's bytes and the pieces that it is stored as: what the next version builds on."""

    digest: bytes
    data: bytes
    pieces: tuple[Piece, ...]


class Packed(NamedTuple):
    """Rows to insert, in this order, and the version that they hold."""

    rows: list[ContentRow]
    version: Version


def pack(
    data: bytes,
    digest: bytes,
    base: Version | None = None,
    *,
    level: int = LEVEL,
    spans: Sequence[Span] | None = None,
) -> Packed:
    """Encode a version, as a delta against `base` (the file's version before) where that is smaller.

    `digest` is the SHA-256 of `data`; `spans` are all the places in which it differs from the base's
    bytes, where they are known. The base has to be in the store when the rows are inserted, or
    to come before them in the same call of `ContentStore.insert`. A chain of deltas never becomes
    longer than `codec.MAX_STEPS` nor dearer to decode than `codec.MAX_WORK`.
    """
    if len(data) <= MAX_PIECE:
        old = _delta_base(base, 0) if base is not None and base.pieces else None
        whole_base = base is not None and len(base.pieces) == 1
        row, piece = _pack_piece(data, digest, old, level, spans if whole_base else None)
        return Packed([row], Version(digest, data, (piece,)))
    return _pack_large(data, digest, base, level)


def pack_whole(versions: Sequence[tuple[bytes, bytes]], *, level: int = LEVEL) -> list[ContentRow]:
    """Encode many versions (digest and bytes) of at most 1 MiB each, none as a delta."""
    encoded = encode_whole([data for _, data in versions], level)
    return [
        ContentRow(digest, 0, e.codec, None, e.data) for (digest, _), e in zip(versions, encoded, strict=True)
    ]


def _pack_piece(
    data: bytes, digest: bytes, base: DeltaBase | None, level: int, spans: Sequence[Span] | None = None
) -> tuple[ContentRow, Piece]:
    if base is not None and base.digest == digest:
        base = None
    encoded = encode(data, base, level, spans)
    row = ContentRow(digest, 0, encoded.codec, encoded.base, encoded.data)
    return row, Piece(digest, len(data), steps_of(encoded.codec, encoded.data))


def _pack_large(data: bytes, digest: bytes, base: Version | None, level: int) -> Packed:
    spans = cut(data)
    digests = [hashlib.sha256(memoryview(data)[start : start + length]).digest() for start, length in spans]
    old = base.pieces if base is not None else ()
    stored = {piece.digest: piece for piece in old}
    rows: list[ContentRow] = []
    pairs = counterparts([piece.digest for piece in old], digests)
    for (start, length), piece_digest, pair in zip(spans, digests, pairs, strict=True):
        if piece_digest in stored:
            continue
        against = _delta_base(base, pair) if base is not None and pair is not None else None
        row, piece = _pack_piece(data[start : start + length], piece_digest, against, level)
        rows.append(row)
        stored[piece_digest] = piece
    rows.extend(_listing(digest, digests))
    return Packed(rows, Version(digest, data, tuple(stored[piece_digest] for piece_digest in digests)))


def _delta_base(version: Version, place: int) -> DeltaBase:
    """One piece of a version, with its bytes."""
    piece = version.pieces[place]
    if len(version.pieces) == 1:
        return DeltaBase(piece.digest, version.data, piece.steps)
    start = sum(before.length for before in version.pieces[:place])
    return DeltaBase(piece.digest, version.data[start : start + piece.length], piece.steps)


def _listing(digest: bytes, pieces: list[bytes]) -> Iterable[ContentRow]:
    joined = b"".join(pieces)
    for chunk, start in enumerate(range(0, len(joined), MAX_PIECE)):
        yield ContentRow(digest, chunk, CHUNKS, None, joined[start : start + MAX_PIECE])
