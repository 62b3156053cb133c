"""Whether a file that is somewhere else, and has other bytes, is an edit of a recorded one or another file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from fcm_tui.errors import ContentMissing
from fcm_tui.model import Capture, FileRecord
from fcm_tui.paths import SEPARATOR
from fcm_tui.pipeline.drafts import Found
from fcm_tui.store.contents.store import ContentStore
from fcm_tui.watch.renames import Arrival, Move

LEAST_COMMON = 0.5
"""Share of lines in common from which git, too, speaks of a rename."""
_LARGEST = 8 << 20
_LARGEST_UNKNOWN = 1 << 20
"""Bytes of a file that nothing but its lines tells whose it is."""
_SMALLEST_UNKNOWN = 64
"""Bytes in common, below which they tell nothing: many short files begin alike."""
_MOST_PAIRS = 5000
"""That are compared where neither inode nor name says which (some 20 µs each for usual sources)."""


class Similarity:
    """Compares by the share of common lines; without content, by name and birth in the same place."""

    def __init__(self, contents: ContentStore) -> None:
        self._contents = contents

    def __call__(self, record: FileRecord, arrival: Arrival) -> bool:
        if record.state.is_link != arrival.state.is_link:
            return False
        new = arrival.data if isinstance(arrival, Found) else None
        if record.capture != Capture.STORED or record.digest is None or new is None or len(new) > _LARGEST:
            return _name(record.path) == _name(arrival.path)
        try:
            old = self._contents.get(record.digest)
        except ContentMissing:
            return False
        if not old or not new:
            return _name(record.path) == _name(arrival.path)
        return _Lines(old).share(_Lines(new)) >= LEAST_COMMON

    def pairs(self, lost: Sequence[FileRecord], free: Sequence[Arrival]) -> list[Move]:
        """What vanished, each with what came elsewhere and has most lines in common; the same name first.

        So git tells a rename with an edit, and so it makes one when it checks out: under a new inode.
        """
        old = {record.path: record for record in lost if _may_be_kin(record)}
        texts = {arrival.path: text for arrival in free if (text := _text_of(arrival)) is not None}
        new = {arrival.path: arrival for arrival in free if arrival.path in texts}
        old_lines: dict[bytes, _Lines | None] = {}
        new_lines: dict[bytes, _Lines] = {}
        scores: list[tuple[bool, float, bytes, bytes]] = []
        for left, came in islice(_candidates(old, new), _MOST_PAIRS):
            if left not in old_lines:
                old_lines[left] = self._recorded_lines(old[left])
            if came not in new_lines:
                new_lines[came] = _Lines(texts[came])
            lines = old_lines[left]
            share = lines.share(new_lines[came], _SMALLEST_UNKNOWN) if lines is not None else 0.0
            if share >= LEAST_COMMON:
                scores.append((_name(left) == _name(came), share, left, came))
        moves: list[Move] = []
        for _, _, left, came in sorted(scores, reverse=True):
            if left in old and came in new:
                moves.append((old.pop(left), new.pop(came)))
        return moves

    def _recorded_lines(self, record: FileRecord) -> _Lines | None:
        assert record.digest is not None
        try:
            data = self._contents.get(record.digest)
        except ContentMissing:
            return None
        return None if b"\0" in data else _Lines(data)


class _Lines:
    """The different lines of a text, and how much they are."""

    def __init__(self, data: bytes) -> None:
        self._lines = set(data.split(b"\n"))
        self.size = _size(self._lines)

    def share(self, other: _Lines, least: int = 0) -> float:
        """Of the larger one, what is in both, from 0 to 1; 0 where it is less than so many bytes."""
        common = _size(self._lines & other._lines)
        return common / max(self.size, other.size) if common >= least else 0.0


def _size(lines: set[bytes]) -> int:
    return sum(map(len, lines)) + len(lines)


def _may_be_kin(record: FileRecord) -> bool:
    return (
        record.capture is Capture.STORED
        and record.digest is not None
        and not record.state.is_link
        and _SMALLEST_UNKNOWN <= record.state.size <= _LARGEST_UNKNOWN
    )


def _text_of(arrival: Arrival) -> bytes | None:
    """What stands there, where it is a text of which lines may tell whose it is."""
    data = arrival.data if isinstance(arrival, Found) and not arrival.state.is_link else None
    if data is None or not _SMALLEST_UNKNOWN <= len(data) <= _LARGEST_UNKNOWN or b"\0" in data:
        return None
    return data


def _candidates(
    old: Mapping[bytes, FileRecord], new: Mapping[bytes, Arrival]
) -> Iterator[tuple[bytes, bytes]]:
    """Paths of what vanished and of what came, of like size; of one name only, where all pairs are too many."""
    named: dict[bytes, list[bytes]] = {}
    for came in new:
        named.setdefault(_name(came), []).append(came)
    are_few = len(old) * len(new) <= _MOST_PAIRS
    for left, record in old.items():
        for came in new if are_few else named.get(_name(left), ()):
            sizes = sorted((record.state.size, new[came].state.size))
            if sizes[0] >= LEAST_COMMON * sizes[1]:
                yield left, came


def _name(path: bytes) -> bytes:
    return path.rpartition(SEPARATOR)[2]
