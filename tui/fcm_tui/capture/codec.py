"""How one piece of content (at most 1 MiB) becomes bytes of a row, whole or as a delta.

| codec | data |
| --- | --- |
| `r` | the content itself |
| `z` | a zstd frame of the content |
| `s` | steps, head, tail, middle: the base's first `head` and last `tail` bytes around `middle` |
| `d` | the same with the middle as a zstd frame whose dictionary is the base's own middle and a margin |
| `e` | steps, length of the content, edits; the rest of the base is kept |

An edit is: bytes of the base to keep, bytes of it to leave out, length of what comes there, that itself.
`steps` is one byte: how many deltas lie between this content and the whole one that it starts from
(255: that many or more), so that the writer can bound chains without walking them. Lengths are
LEB128 numbers. Frames carry no magic number and no checksum, as the content's SHA-256 guards
them and most deltas are some forty bytes; they always carry the content's size, so that a hostile
row is refused before anything is allocated for it.

Everything here is pure and safe to call from many threads; zstd works without the GIL.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple, cast

import zstandard

MAX_PIECE = 1 << 20
"""Bytes of content in one piece, and so of data in one row."""

MAX_STEPS = 128
"""Deltas on top of a whole content before a whole one is stored again."""

MAX_WORK = 64 << 20
"""Bytes that decoding one version may produce on its way, all steps together."""

RAW, WHOLE, SPLICE, DELTA, EDITS = "r", "z", "s", "d", "e"

Span = tuple[int, int, int, int]
"""`base[a:b]` is replaced by `data[c:d]`; in bytes."""

_STEPS_CEILING = 255
_MARGIN = 1024
_RAW_MIDDLE = 64
LEVEL = 3
FAST_LEVEL = 1
_DELTA_LEVEL = 5
_HEAD_START = 32

_COMPRESSED = (
    b"\x1f\x8b\x08",  # gzip, RFC 1952
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",  # JPEG
    b"\xfd7zXZ\0",
    b"\x28\xb5\x2f\xfd",  # zstd, RFC 8878
    b"BZh",
    b"7z\xbc\xaf\x27\x1c",
    b"wOF2",
)
"""How contents begin that zstd makes no smaller, measured on 30,000 of them: less than half a percent."""

_local = threading.local()


class CodecError(ValueError):
    """Stored data does not decode: it is damaged, or was never ours."""


class Encoded(NamedTuple):
    """One piece ready for a row; `base` is the digest of what a delta builds on."""

    codec: str
    base: bytes | None
    data: bytes | memoryview


class DeltaBase(NamedTuple):
    """The piece that a new one may be encoded against."""

    digest: bytes
    data: bytes
    steps: int
    """Deltas below it, as `steps_of` tells; 0 for a piece stored whole."""


def encode(
    data: bytes, base: DeltaBase | None = None, level: int = LEVEL, spans: Sequence[Span] | None = None
) -> Encoded:
    """Encode a piece as small as is cheap: raw, whole (at zstd's `level`), or as a delta against `base`.

    Args:
        spans: where it is known already, all in which `data` differs from the base, in order.

    Raises:
        ValueError: the piece is larger than `MAX_PIECE`.
    """
    if len(data) > MAX_PIECE:
        raise ValueError(f"a piece has at most {MAX_PIECE} bytes, not {len(data)}: cut it first")
    delta = None
    if base is not None and base.steps < MAX_STEPS and (base.steps + 1) * len(data) <= MAX_WORK:
        delta = _encode_edits(data, base, spans) if spans else None
        if delta is None or len(delta.data) * _HEAD_START > len(data):
            delta = _encode_delta(data, base)
        if len(delta.data) * _HEAD_START <= len(data):
            return delta
    whole = _encode_whole(data, level)
    # A delta is worth its longer way back only where it saves at least a fifth.
    if delta is not None and len(delta.data) * 5 < len(whole.data) * 4:
        return delta
    return whole


def encode_whole(pieces: list[bytes], level: int = LEVEL) -> list[Encoded]:
    """`encode` without bases, of many pieces: zstd is entered once, and the GIL is let go of once."""
    encoded = [Encoded(RAW, None, data) for data in pieces]
    places = [place for place, data in enumerate(pieces) if data and not data.startswith(_COMPRESSED)]
    if places:  # zstandard refuses nothing at all
        frames = _compressor(level).multi_compress_to_buffer([pieces[place] for place in places], threads=1)
        for number, place in enumerate(places):
            encoded[place] = _whole(pieces[place], memoryview(cast(bytes, frames[number])))
    return encoded


def decode(codec: str, data: bytes, base: bytes | None = None) -> bytes:
    """The piece that `encode` was given; `base` is the decoded base of a delta.

    Raises:
        CodecError: the data is not what `encode` writes, or the piece would be over `MAX_PIECE`.
    """
    if codec == RAW:
        if len(data) > MAX_PIECE:
            raise CodecError(f"holds {len(data)} bytes where {MAX_PIECE} are the most")
        return data
    if codec == WHOLE:
        return _expand(data, MAX_PIECE)
    if not is_delta(codec):
        raise CodecError(f"has the unknown codec {codec[:16]!r}")
    if base is None:
        raise CodecError("is a delta without a base")
    if codec == EDITS:
        return _apply_edits(data, base)
    head, at = _number(data, 1)
    tail, at = _number(data, at)
    if head + tail > len(base) or head + tail > MAX_PIECE:
        raise CodecError("does not fit its base")
    middle = data[at:]
    if codec == DELTA:
        middle = _expand(middle, MAX_PIECE - head - tail, _dictionary(base, head, tail))
    if head + len(middle) + tail > MAX_PIECE:
        raise CodecError(f"decodes to more than {MAX_PIECE} bytes")
    return b"".join((base[:head], middle, base[len(base) - tail :]))


def is_delta(codec: str) -> bool:
    """Whether data of this codec needs a base."""
    return codec in (SPLICE, DELTA, EDITS)


def steps_of(codec: str, data: bytes | memoryview) -> int:
    """Deltas between this piece and a whole one; only the first byte of `data` is looked at."""
    return data[0] if is_delta(codec) and data else 0


def with_steps(data: bytes | memoryview, steps: int) -> bytes:
    """A delta's data, saying that it stands `steps` deltas above a whole piece."""
    return b"".join((bytes((min(steps, _STEPS_CEILING),)), data[1:]))


def _encode_whole(data: bytes, level: int) -> Encoded:
    if data.startswith(_COMPRESSED):
        return Encoded(RAW, None, data)
    return _whole(data, _compressor(level).compress(data))


def _compressor(level: int) -> zstandard.ZstdCompressor:
    compressors: dict[int, zstandard.ZstdCompressor] = _local.__dict__.setdefault("compressors", {})
    compressor = compressors.get(level)
    if compressor is None:
        compressor = compressors[level] = zstandard.ZstdCompressor(
            compression_params=zstandard.ZstdCompressionParameters(compression_level=level, **_FRAME)
        )
    return compressor


def _whole(data: bytes, frame: bytes | memoryview) -> Encoded:
    # Reading raw bytes back costs nothing, so a gain of a few bytes is not worth a frame.
    if len(frame) * 64 > len(data) * 63:
        return Encoded(RAW, None, data)
    return Encoded(WHOLE, None, frame)


def _encode_delta(data: bytes, base: DeltaBase) -> Encoded:
    old = base.data
    shorter = min(len(old), len(data))
    head = _common_head(old, data, shorter)
    tail = _common_tail(old, data, shorter - head)
    middle = data[head : len(data) - tail]
    codec = SPLICE
    if len(middle) > _RAW_MIDDLE:
        dictionary = _dictionary(old, head, tail)
        frame = zstandard.ZstdCompressor(
            compression_params=_delta_parameters((len(dictionary) + len(middle)).bit_length()),
            dict_data=zstandard.ZstdCompressionDict(dictionary, dict_type=zstandard.DICT_TYPE_RAWCONTENT),
        ).compress(middle)
        if len(frame) < len(middle):
            codec, middle = DELTA, frame
    start = bytes((min(base.steps + 1, _STEPS_CEILING),))
    return Encoded(codec, base.digest, b"".join((start, _varint(head), _varint(tail), middle)))


def _encode_edits(data: bytes, base: DeltaBase, spans: Sequence[Span]) -> Encoded | None:
    """None where the spans do not lead from the base to the data: content is never trusted to a claim."""
    parts = [bytes((min(base.steps + 1, _STEPS_CEILING),)), _varint(len(data))]
    whole: list[bytes] = []
    at = 0
    for old_from, old_to, new_from, new_to in spans:
        kept, came = base.data[at:old_from], data[new_from:new_to]
        whole += (kept, came)
        parts += (_varint(len(kept)), _varint(old_to - old_from), _varint(len(came)), came)
        at = old_to
    whole.append(base.data[at:])
    if b"".join(whole) != data:
        return None
    return Encoded(EDITS, base.digest, b"".join(parts))


def _apply_edits(data: bytes, base: bytes) -> bytes:
    length, at = _number(data, 1)
    if length > MAX_PIECE:
        raise CodecError(f"says that it decodes to {length} bytes where {MAX_PIECE} are the most")
    parts: list[bytes] = []
    done = 0
    while at < len(data):
        keep, at = _number(data, at)
        leave, at = _number(data, at)
        size, at = _number(data, at)
        if done + keep + leave > len(base) or at + size > len(data):
            raise CodecError("does not fit its base")
        parts += (base[done : done + keep], data[at : at + size])
        done += keep + leave
        at += size
    parts.append(base[done:])
    whole = b"".join(parts)
    if len(whole) != length:
        raise CodecError("decodes to another size than it says")
    return whole


_FRAME = {
    "format": zstandard.FORMAT_ZSTD1_MAGICLESS,
    "write_content_size": 1,
    "write_checksum": 0,
    "write_dict_id": 0,
}


@cache
def _delta_parameters(window_log: int) -> zstandard.ZstdCompressionParameters:
    """Parameters for a dictionary and a middle that together fill the window (15 µs to make)."""
    half = 1 << (window_log - 1)
    return zstandard.ZstdCompressionParameters.from_level(
        _DELTA_LEVEL,
        source_size=half,
        dict_size=half,
        window_log=max(window_log, zstandard.WINDOWLOG_MIN),
        **_FRAME,
    )


def _dictionary(base: bytes, head: int, tail: int) -> bytes:
    """What the new middle is likely made of: what it replaces, and a margin on either side.

    Part of the format: encoding and decoding must agree on it.
    """
    return base[max(0, head - _MARGIN) : len(base) - tail + _MARGIN]


def _expand(frame: bytes, limit: int, dictionary: bytes = b"") -> bytes:
    """Decompress a frame of ours, at most `limit` bytes of content."""
    try:
        size = zstandard.get_frame_parameters(frame, format=zstandard.FORMAT_ZSTD1_MAGICLESS).content_size
        # An unknown size is a number beyond any limit.
        if size > limit:
            raise CodecError(f"says that it decodes to {size} bytes where {limit} are the most")
        expanded: bytes = _decompressor(dictionary).decompress(frame, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise CodecError(f"does not decompress ({error})") from error
    if len(expanded) != size:
        raise CodecError("decompresses to another size than it says")
    return expanded


def _decompressor(dictionary: bytes) -> zstandard.ZstdDecompressor:
    if dictionary:
        return zstandard.ZstdDecompressor(
            dict_data=zstandard.ZstdCompressionDict(dictionary, dict_type=zstandard.DICT_TYPE_RAWCONTENT),
            format=zstandard.FORMAT_ZSTD1_MAGICLESS,
        )
    shared: zstandard.ZstdDecompressor | None = getattr(_local, "decompressor", None)
    if shared is None:
        shared = _local.decompressor = zstandard.ZstdDecompressor(format=zstandard.FORMAT_ZSTD1_MAGICLESS)
    return shared


def _common_head(old: bytes, new: bytes, limit: int) -> int:
    """How many first bytes are equal, by halving: each byte is compared about twice, by memcmp."""
    equal, differs = 0, limit + 1
    while differs - equal > 1:
        middle = (equal + differs) >> 1
        if old.startswith(new[equal:middle], equal):
            equal = middle
        else:
            differs = middle
    return equal


def _common_tail(old: bytes, new: bytes, limit: int) -> int:
    """How many last bytes are equal, at most `limit`."""
    equal, differs = 0, limit + 1
    while differs - equal > 1:
        middle = (equal + differs) >> 1
        if old.endswith(new[len(new) - middle : len(new) - equal], 0, len(old) - equal):
            equal = middle
        else:
            differs = middle
    return equal


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _number(data: bytes, at: int) -> tuple[int, int]:
    """The LEB128 number at `at` (at most 28 bits) and where it ends."""
    number = 0
    for place in range(4):
        if at + place >= len(data):
            break
        byte = data[at + place]
        number |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return number, at + place + 1
    raise CodecError("ends inside a number")
