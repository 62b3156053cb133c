"""Taking files in processes of their own, as Python's threads would wait for each other most of the time.

Measured on 100,000 files and two cores, threads that share an interpreter with the writer of the
database leave a third of the machine idle. A process that cannot be started, that dies or is stopped,
costs only speed: its work is done in the caller's thread.
"""

from __future__ import annotations

import contextlib
import marshal
import pickle

from fcm_tui.child import Helper, receive, serving, told_in, with_data
from fcm_tui.model import Capture, DiskState
from fcm_tui.pipeline.bulk import Batch, Bulk, BulkSettings, Taken
from fcm_tui.store.contents.packing import ContentRow

_CAPTURES = {capture.value: capture for capture in Capture}


class BulkProcess(Helper):
    """`Bulk` in a process of its own; for one thread."""

    def __init__(self, settings: BulkSettings) -> None:
        """Start it; it gets ready while the caller goes on."""
        self._settings = settings
        self._substitute: Bulk | None = None
        super().__init__(__name__, serve.__name__)
        self.tell(pickle.dumps(settings))

    def take(self, paths: list[bytes]) -> Batch:
        """As `Bulk.take`."""
        if self.tell(marshal.dumps(paths)):
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
        while True:
            answers.send(*_packed(bulk.take(marshal.loads(receive(requests)))))


def _packed(batch: Batch) -> list[bytes | memoryview]:
    """A batch as the parts of a message: what is told of the files, then the data of all rows."""
    told = [
        (t.path, t.digest, t.capture.value, tuple(t.state), t.stamp, [(*row[:4], len(row.data)) for row in t.rows])
        for t in batch.taken
    ]  # fmt: skip
    return with_data((told, batch.restless, batch.left), (row.data for t in batch.taken for row in t.rows))


def _unpacked(message: memoryview) -> Batch:
    (told, restless, left), at = told_in(message)
    taken = []
    for path, digest, capture, state, stamp, parts in told:
        rows = []
        for row_digest, chunk, codec, base, size in parts:
            rows.append(ContentRow(row_digest, chunk, codec, base, message[at : at + size]))
            at += size
        taken.append(Taken(path, digest, _CAPTURES[capture], DiskState._make(state), stamp, rows))
    return Batch(taken, restless, left)
