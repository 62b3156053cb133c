"""Having a restore recorded: by this process where no other records, else by the recorder that is at work."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from fcm_tui.datadir import DataDir
from fcm_tui.errors import RecordingPaused
from fcm_tui.intents import INTENTS, Intents
from fcm_tui.model import kept_ns
from fcm_tui.paths import is_inside
from fcm_tui.pipeline.engine import Look
from fcm_tui.pipeline.session import Session
from fcm_tui.restore.plan import Step
from fcm_tui.settings.config import Settings
from fcm_tui.store.reading import past
from fcm_tui.store.reading.queries import Reader

_PATIENCE = 10.0
"""Seconds that a recorder at work gets to record what was restored; more for many files."""
_PER_FILE = 0.005
_PAUSE = 0.02


@dataclass(frozen=True, slots=True)
class Recorded:
    """Which changes a restore became."""

    sequences: tuple[int, ...] = ()
    unwatched: int = 0
    """Steps outside every watched folder: they are not recorded."""
    late: int = 0
    """Steps that the recorder at work had not recorded when waiting for it ended."""


class Recording:
    """Records what a restore does, for as long as the block runs."""

    def __init__(
        self, data_dir: DataDir, database: Path, settings: Settings, own_paths: Sequence[bytes] = ()
    ) -> None:
        """`own_paths` are neither recorded nor restored into: the data directory, above all."""
        self._data_dir = data_dir
        self._database = database
        self._settings = settings
        files = [os.fsencode(f"{database}{suffix}") for suffix in ("", "-wal", "-shm", "-journal")]
        self.own_paths = [*own_paths, *files, os.fsencode(database.parent / INTENTS)]
        self._intents = Intents(database.parent / INTENTS)
        self._stack = ExitStack()
        self._session: Session | None = None
        self._late = 0
        self.is_elsewhere = False
        """Another process records, or another part of this one."""

    def __enter__(self) -> Self:
        """Raises `RecordingPaused` where the recorder at work is paused: it would not see what is done."""
        lock = self._data_dir.try_lock(self._database)
        self.is_elsewhere = lock is None
        if lock is not None:
            self._stack.enter_context(lock)
        else:
            self.check_goes_on()
        return self

    def check_goes_on(self) -> None:
        """Raises `RecordingPaused` where a recorder is at work and paused."""
        standing = self._data_dir.standing()
        if standing is not None and standing.paused is not None and self._data_dir.lock_holder() is not None:
            by = standing.paused.by
            raise RecordingPaused(f"recording is paused by {by}: `fcm-tui resume` goes on, then restore", by)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._late:
            self._intents.leave()
        else:
            self._intents.withdraw()
        self._session = None
        self._stack.close()

    def settle(self) -> None:
        """Record what is on the disk now, so that nothing that is restored over is lost.

        Raises:
            StoreError: the database cannot be written.
        """
        if self.is_elsewhere:
            return
        pool = self._stack.enter_context(ThreadPoolExecutor(2, "fcm-work"))
        with Reader(self._database) as reader:
            roots = [root.path for root in reader.roots() if root.active]
        self._session = Session(self._database, self._settings, roots, pool, own_paths=self.own_paths)
        self._stack.callback(self._session.close)
        self._session.catch_up(patient=False)

    def announce(self, steps: Sequence[Step]) -> None:
        """Tell whoever records what is about to be done."""
        told = [(step.path, step.digest) for step in steps]
        told += [(step.source, None) for step in steps if step.source is not None]
        self._intents.announce(told, together=len({step.path for step in steps}) > 1)

    def record(self, reader: Reader, steps: Sequence[Step], after: int) -> Recorded:
        """Have the steps recorded, and find them in the log behind the change `after`."""
        watched = [root.path for root in reader.roots() if root.active]
        expected = {
            (step.path, step.digest) for step in steps if any(is_inside(step.path, root) for root in watched)
        }
        unseen = {path for path, _ in expected}
        unwatched = len({step.path for step in steps} - unseen)
        if self._session is not None:
            paths = [path for step in steps for path in (step.path, step.source) if path is not None]
            self._session.engine.run(Look(folders={os.path.dirname(path) for path in paths}), patient=False)
        deadline = time.monotonic() + _PATIENCE + _PER_FILE * len(unseen)
        own = reader.recorder()
        found: list[int] = []
        key = (after, own.recorder_id if own else b"")
        arrived: set[bytes] = set()
        while True:
            for change in reader.iterate(after=key, reverse=True):
                key = (change.sequence, change.recorder_id)
                if (change.path, change.after) in expected:
                    found.append(change.sequence)
                    arrived.add(change.path)
            if self._session is not None:
                unseen -= arrived
            if not unseen or self._session is not None or time.monotonic() > deadline:
                self._late = len(unseen)
                return Recorded(tuple(found), unwatched, self._late)
            # Whatever makes record and disk agree is in the log that is read after this.
            unseen = {path for path in unseen if path not in arrived or not _agrees(reader, path)}
            if unseen:
                time.sleep(_PAUSE)


class NoRecording(Recording):
    """For a machine that records nothing: what is restored there is recorded nowhere."""

    def __init__(self, own_paths: Sequence[bytes] = ()) -> None:
        """`own_paths` are not restored into."""
        self.own_paths = [*own_paths]
        self.is_elsewhere = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def settle(self) -> None:
        """There is no record to be brought up to date."""

    def announce(self, steps: Sequence[Step]) -> None:
        """There is nobody to tell."""

    def record(self, reader: Reader, steps: Sequence[Step], after: int) -> Recorded:
        """All of it stays unrecorded."""
        return Recorded(unwatched=len({step.path for step in steps}))


def _agrees(reader: Reader, path: bytes) -> bool:
    """Whether the record has what stands at a path; a move and what changes mode or time then are two changes."""
    known = past.present(reader.connection, path)
    try:
        found = os.lstat(path)
    except OSError:
        return known is None
    return known is not None and (known.mode, known.mtime_ns) == (found.st_mode, kept_ns(found.st_mtime_ns))
