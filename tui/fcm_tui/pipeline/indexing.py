"""The index of changed lines, kept up beside a recorder at work: in a thread of its own, and out of its way."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from fcm_tui.errors import FcmError
from fcm_tui.store.database import may_pass, open_reader
from fcm_tui.store.reading.text_index import TextIndex
from fcm_tui.store.record import Record

STEP = 0.05
"""Seconds of work between two looks at whether the recorder is at work itself."""
LONG_STEP = 0.5
"""The same where changes go on coming: of the thousands a second that it can take, it has to keep up with some."""
QUIET = 0.5
"""Seconds without a commit after which a burst counts as over."""
PATIENCE = 5.0
"""Seconds after which it goes on although changes go on coming."""
ONCE = 0.3
"""Seconds that who records once spends on it: some 3,000 changes."""
_COMMIT = 5.0
_RETRY = 60.0


class Indexing:
    """Keeps the index of the record that `record` writes, until it is closed."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin. A record without changes has no index."""
        self._thread = threading.Thread(target=self._run, name="fcm-search", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End soon; what was indexed stays."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                with closing(open_reader(self._record.database)) as reader:
                    self._keep_up(reader)
            except (sqlite3.Error, OSError, FcmError):  # searching takes longer without it, and that is all
                self._over.wait(_RETRY)

    def _keep_up(self, reader: sqlite3.Connection) -> None:
        with _index(reader, self._record.database) as index:
            seen, is_more, committed = -1, True, time.monotonic()
            while not self._over.is_set():
                is_busy = self._record.sequence != seen
                if is_busy:
                    self._wait_for_quiet()
                seen = self._record.sequence
                started = time.monotonic()
                is_more = (is_busy or is_more) and index.step(LONG_STEP if is_busy else STEP)
                ended = time.monotonic()
                if not is_more or ended - committed > _COMMIT:
                    index.commit()
                    committed = ended
                self._over.wait(ended - started if is_more else QUIET)

    def _wait_for_quiet(self) -> None:
        """Let a burst pass."""
        until = time.monotonic() + PATIENCE
        newest = -1
        while newest != self._record.sequence and time.monotonic() < until:
            newest = self._record.sequence
            self._over.wait(QUIET)


def index_once(record: Record, seconds: float = ONCE) -> None:
    """Bring the index of a record on for a moment; the rest is for the next time."""
    try:
        with _index(record.connection, record.database) as index:
            index.step(seconds)
            index.commit()
    except (sqlite3.Error, OSError, FcmError):
        return


@contextmanager
def _index(reader: sqlite3.Connection, database: Path) -> Iterator[TextIndex]:
    """The index of a record; one that turns out to be damaged is taken away, to be made anew."""
    with closing(TextIndex(reader, database)) as index:
        try:
            yield index
        except sqlite3.Error as error:
            if not may_pass(error):
                index.discard()
            raise
