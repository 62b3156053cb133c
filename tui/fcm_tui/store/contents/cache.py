"""Decoded pieces in memory, bounded by bytes, the least recently used dropped first."""

from __future__ import annotations

from collections import OrderedDict

ENTRY_BYTES = 300
"""What an entry takes beside its data; without it, many tiny pieces would not be bounded."""


class ContentCache:
    """Pieces whose digest was checked, each with its steps, by digest."""

    def __init__(self, limit: int) -> None:
        """Hold at most `limit` bytes, the entries' own included."""
        self._limit = limit
        self._entries: OrderedDict[bytes, tuple[bytes, int]] = OrderedDict()
        self.size = 0

    def get(self, digest: bytes) -> tuple[bytes, int] | None:
        """A piece's bytes and its steps, or None where it is not in memory."""
        entry = self._entries.get(digest)
        if entry is not None:
            self._entries.move_to_end(digest)
        return entry

    def put(self, digest: bytes, data: bytes, steps: int) -> None:
        """Keep a piece, and drop others for it; one that does not fit at all is not kept."""
        if digest in self._entries or len(data) + ENTRY_BYTES > self._limit:
            return
        self._entries[digest] = (data, steps)
        self.size += len(data) + ENTRY_BYTES
        while self.size > self._limit:
            _, (dropped, _) = self._entries.popitem(last=False)
            self.size -= len(dropped) + ENTRY_BYTES

    def drop(self, digest: bytes) -> None:
        """Make room: this piece is not expected to be asked for again."""
        entry = self._entries.pop(digest, None)
        if entry is not None:
            self.size -= len(entry[0]) + ENTRY_BYTES
