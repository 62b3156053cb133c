"""Which changes have three letters in their lines: blocks, in which each bucket of trigrams has a bit for each change.

For a database that has no index of parts of words. A recorder sends a block once it is full, and never touches it again; a
reader joins the bits of all trigrams of a text, and asks of what is left whether it has the text. Bits tell no more
than that a change may have it: trigrams share buckets. A signature file of bit slices (Faloutsos and Christodoulakis,
"Signature files", 1984), its slices deflated, as most bits are 0.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

CHANGES = 1024
"""In one block, by their numbers: 1 to 1024, and so on."""
BUCKETS = 1024
MARK = -1
"""The bucket that every block has; there are no bits in it."""
TRIGRAM = 3
_LONGEST = 1 << 16
"""Characters; a change with more in its lines has every bit, so that one that writes a whole tree costs no second."""
_BYTES = CHANGES // 8
_LEVEL = 1
_REMEMBERED = 1 << 17


class BlockUnusable(Exception):
    """What is there is no block."""


class Block:
    """A block while it is made."""

    def __init__(self) -> None:
        self._bits: dict[int, bytearray] = {}
        self._buckets: dict[str, int] = {}

    def add(self, at: int, lines: Iterable[str]) -> None:
        """The lines of a change, which is the `at`th of the block, from 0 on."""
        letters = [side for side in lines if len(side) >= TRIGRAM]
        found: Iterable[int] = range(BUCKETS)
        if sum(map(len, letters)) <= _LONGEST:
            found = {self._bucket(trigram) for side in letters for trigram in _trigrams(side)}
        byte, bit = at >> 3, 1 << (at & 7)
        for bucket in found:
            bits = self._bits.get(bucket)
            if bits is None:
                bits = self._bits[bucket] = bytearray(_BYTES)
            bits[byte] |= bit

    def rows(self) -> Iterator[tuple[int, bytes]]:
        """The mark, and the buckets that have a bit, with their bits as they are sent."""
        yield MARK, b""
        for bucket in sorted(self._bits):
            yield bucket, zlib.compress(self._bits[bucket], _LEVEL)

    def _bucket(self, trigram: str) -> int:
        found = self._buckets.get(trigram)
        if found is None:
            if len(self._buckets) >= _REMEMBERED:
                self._buckets.clear()
            found = self._buckets[trigram] = bucket_of(trigram)
        return found


def bucket_of(trigram: str) -> int:
    """The bucket of three letters."""
    return zlib.crc32(trigram.encode("utf-8", "surrogatepass")) % BUCKETS


def buckets_of(text: str) -> list[int]:
    """Those in which every change with the text has its bit, in no order; none where it has less than three letters."""
    return sorted({bucket_of(trigram) for trigram in _trigrams(text)})


def bits_of(row: bytes) -> int:
    """The bits of a bucket as a number, the lowest of the first change.

    Raises:
        BlockUnusable: it holds something else.
    """
    inflating = zlib.decompressobj()
    try:
        found = inflating.decompress(row, _BYTES + 1)
    except zlib.error as error:
        raise BlockUnusable from error
    if len(found) != _BYTES:
        raise BlockUnusable
    return int.from_bytes(found, "little")


def numbers(block: int, bits: int) -> Iterator[int]:
    """The numbers of the changes whose bits are set, in order."""
    first = block * CHANGES + 1
    while bits:
        lowest = bits & -bits
        yield first + lowest.bit_length() - 1
        bits ^= lowest


def _trigrams(text: str) -> set[str]:
    return {text[at : at + TRIGRAM] for at in range(len(text) - TRIGRAM + 1)}
