"""Taking files in processes of their own, as Python's threads would wait for each other most of the time.

Measured on 100,000 files and two cores, threads that share an interpreter with the writer of the
database leave a third of the machine idle. A process that cannot be started, that dies or is stopped,
costs only speed: its work is done in the caller's thread.
"""

from __future__ import annotations

import contextlib
import marshal
import pickle
from collections import deque

from fcm_tui.child import Helper, receive, requested, serving, told_in, with_data
from fcm_tui.pipeline.bulk import Batch, Bulk, BulkSettings
from fcm_tui.store.contents.packing import ContentRow
from fcm_tui.store.seen import Seen


class BulkProcess(Helper):
    """`Bulk` in a process of its own; for one thread."""

    def __init__(self, settings: BulkSettings) -> None:
        """Start it; it gets ready while the caller goes on."""
        self._settings = settings
        self._substitute: Bulk | None = None
        self._begun: deque[list[bytes]] = deque()
        super().__init__(__name__, serve.__name__)
        self.tell(pickle.dumps(settings))

    def take(self, paths: list[bytes]) -> Batch:
        """As `Bulk.take`."""
        self.begin(paths)
        return self.finish()

    def begin(self, paths: list[bytes]) -> None:
        """Hand over paths; a few may be handed over before the first are finished."""
        self._begun.append(paths)
        self.tell(marshal.dumps(paths))

    def finish(self) -> Batch:
        """What came of the paths handed over first."""
        paths = self._begun.popleft()
        message = self.answer()
        if message is not None:
            return _unpacked(message)
        if self._substitute is None:
            self._substitute = Bulk(self._settings)
        return self._substitute.take(paths)


def serve() -> None:
    """Take files as standard input says, until it is closed."""
    requests, answers = serving()
    with contextlib.suppress(OSError, EOFError):
        bulk = Bulk(pickle.loads(receive(requests)))
        for request in requested(requests):
            answers.send(*_packed(bulk.take(marshal.loads(request))))


def _packed(batch: Batch) -> list[bytes | memoryview]:
    """A batch as the parts of a message: what is told of the files, then the data of all rows."""
    files = list(map(tuple, batch.files))
    rows = [(*row[:4], len(row.data)) for row in batch.rows]
    return with_data((files, rows, batch.restless, batch.left), (row.data for row in batch.rows))


def _unpacked(message: memoryview) -> Batch:
    (files, told, restless, left), at = told_in(message)
    rows = []
    for digest, chunk, codec, base, size in told:
        rows.append(ContentRow(digest, chunk, codec, base, message[at : at + size]))
        at += size
    return Batch(list(map(Seen._make, files)), rows, restless, left)
