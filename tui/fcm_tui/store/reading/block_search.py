"""Which changes may have some letters in their lines, by the blocks that recorders send (`store.line_blocks`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from operator import and_
from typing import Any

from fcm_tui.store.line_blocks import CHANGES, MARK, bits_of, numbers
from fcm_tui.store.reading.dialect import Connection

_LAST = 8
"""Blocks that are looked at first: what is frequent is found to be so there, and which buckets few changes have."""
_RAREST = 2
"""Buckets that most blocks are asked for; a block that is left then is asked for the others too."""

Bits = dict[int, dict[int, int]]
"""Of blocks, what `line_blocks.bits_of` says of each bucket that has any."""


class BlockSearch:
    """The blocks of some recorders."""

    def __init__(self, connection: Connection, newest: Mapping[bytes, int]) -> None:
        """`newest`: the recorders, each with the number of its last change."""
        self._connection = connection
        self.newest = newest
        self.reached = {
            recorder_id: (block + 1) * CHANGES
            for recorder_id, block in connection.execute(
                "SELECT r.recorder_id, (SELECT max(b.block) FROM line_blocks b"
                f" WHERE b.recorder_id = r.recorder_id AND b.bucket = {MARK}) FROM recorders r"
            )
            if block is not None and recorder_id in newest
        }
        """Up to which change the blocks of each recorder go, where there are any."""

    def behind(self) -> int:
        """How many changes lie behind the blocks."""
        return sum(self.newest[recorder_id] - end for recorder_id, end in self.ends())

    def ends(self) -> list[tuple[bytes, int]]:
        """The recorders that have changes behind their blocks, each with the last number in those."""
        return [
            (recorder_id, end)
            for recorder_id, last in self.newest.items()
            if (end := self.reached.get(recorder_id, 0)) < last
        ]

    def having(self, buckets: Sequence[int]) -> Iterator[tuple[bytes, list[int]]]:
        """The changes that have their bit in each of some buckets, by recorder and block; the last blocks first.

        Raises:
            BlockUnusable: there is something else than blocks.
        """
        for recorder_id, end in self.reached.items():
            last, *others = _spans(end // CHANGES)
            found = self._bits(recorder_id, buckets, last)
            yield from self._joined(recorder_id, buckets, found)
            ordered = sorted(buckets, key=lambda bucket: _frequency(found, bucket))
            for blocks in others:
                yield from self._joined(recorder_id, ordered, self._rarely(recorder_id, ordered, blocks))

    def _rarely(self, recorder_id: bytes, ordered: Sequence[int], blocks: range) -> Bits:
        """The bits of some blocks, without those that the rarest buckets rule out."""
        first, rest = ordered[:_RAREST], ordered[_RAREST:]
        found = self._bits(recorder_id, first, blocks)
        left = [block for block, bits in found.items() if _in_all(bits, first)]
        if rest and left:
            for block, bits in self._bits(recorder_id, rest, left).items():
                found[block].update(bits)
        return found

    def _joined(
        self, recorder_id: bytes, buckets: Sequence[int], found: Bits
    ) -> Iterator[tuple[bytes, list[int]]]:
        for block, bits in found.items():
            if joined := _in_all(bits, buckets):
                yield recorder_id, list(numbers(block, joined))

    def _bits(self, recorder_id: bytes, buckets: Sequence[int], blocks: Sequence[int]) -> Bits:
        within, bounds = f"block IN ({marks(blocks)})", [*blocks]
        if isinstance(blocks, range):
            within, bounds = "block >= ? AND block < ?", [blocks.start, blocks.stop]
        found: Bits = {}
        for block, bucket, changes in self._connection.execute(
            "SELECT block, bucket, changes FROM line_blocks"
            f" WHERE recorder_id = ? AND bucket IN ({marks(buckets)}) AND {within}",
            (recorder_id, *buckets, *bounds),
        ):
            found.setdefault(block, {})[bucket] = bits_of(changes)
        return found


def marks(values: Sequence[Any]) -> str:
    """Places for values, as they stand in a list."""
    return ", ".join("?" * len(values))


def _spans(many: int) -> Iterator[range]:
    """All blocks, the last ones first, in parts."""
    size = _LAST
    while many > 0:
        yield range(max(0, many - size), many)
        many -= size
        size *= 16


def _in_all(bits: Mapping[int, int], buckets: Sequence[int]) -> int:
    return reduce(and_, (bits.get(bucket, 0) for bucket in buckets))


def _frequency(found: Bits, bucket: int) -> int:
    return sum(bits.get(bucket, 0).bit_count() for bits in found.values())
