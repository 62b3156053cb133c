"""The files that a first look found, which no change of the log brought: each as it was before its first change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fcm_tui.exchange.git.tree import Placed
from fcm_tui.model import Capture, Kind
from fcm_tui.store.reading.queries import Reader

_PAGE = 2000
_SQL = (
    "SELECT f.file_id, f.first_seen_ns, f.path, f.digest, f.mode, f.size, f.capture, f.present, c.kind,"
    " coalesce(c.previous_path, c.path), c.before_digest, c.previous_mode, c.previous_size FROM files f"
    " LEFT JOIN changes c ON c.file_id = f.file_id AND c.recorder_id = ?1"
    " AND c.sequence = (SELECT min(m.sequence) FROM changes m WHERE m.file_id = f.file_id)"
    " WHERE f.file_id > ?2 ORDER BY f.file_id LIMIT ?3"
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that was there when it was first looked at."""

    file: Placed
    seen_ns: int


class Arrivals:
    """All of them, in the order in which they came into the record."""

    def __init__(self, reader: Reader, recorder_id: bytes) -> None:
        self._rows = self._each(reader, recorder_id)
        self._next = next(self._rows, None)

    def until(self, file_id: bytes, time_ns: int) -> Iterator[Arrival]:
        """Those that follow up to this file, and behind it while they were seen by then."""
        while (arrival := self._next) is not None and self.is_waiting(file_id, time_ns):
            self._next = next(self._rows, None)
            yield arrival

    def is_waiting(self, file_id: bytes, time_ns: int) -> bool:
        """Whether `until` has any."""
        arrival = self._next
        return arrival is not None and (arrival.file.file_id <= file_id or arrival.seen_ns <= time_ns)

    def _each(self, reader: Reader, recorder_id: bytes) -> Iterator[Arrival]:
        last = b""
        while True:
            rows = reader.connection.execute(_SQL, (recorder_id, last, _PAGE)).fetchall()
            for file_id, seen_ns, path, digest, mode, size, capture, present, kind, *before in rows:
                if kind is None and present:
                    yield Arrival(Placed(file_id, path, digest, mode, size, Capture(capture), 0), seen_ns)
                elif kind is not None and kind != Kind.CREATED:
                    path, digest, mode, size = before
                    yield Arrival(Placed(file_id, path, digest, mode, size, Capture.NONE, 0), seen_ns)
            if len(rows) < _PAGE:
                return
            last = rows[-1][0]
