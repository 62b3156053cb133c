"""A model-based fuzzer of the engine: `python -m tests.faults fuzz [--steps 100000] [--seed 1]`.

An episode does random things to a small tree, and after every few of them one thing to the engine: a look where
hints may or may not lead, with or without patience, a look in which the database refuses, an end and a start, an
end as by `kill -9`, a `record --once`. The engine's clocks are the fuzzer's. The model is the disk itself: at the
end the log has to replay to it, exactly, and `oracle.check` tells what else has to hold. An episode is repeated
with its seed; the seeds that found something are kept in `test_fuzz.py`.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from fcm_tui.capture import stable
from fcm_tui.pipeline import bookkeeper, session, waiting, work
from fcm_tui.pipeline.engine import Look
from fcm_tui.pipeline.session import Session
from fcm_tui.settings.config import Settings
from tests.faults import oracle
from tests.recording.random_work import RandomWork

EPISODE_STEPS = 150
"""Things done to one tree: enough for a history, few enough to be read."""
DEADLINE = 60.0
"""Seconds in which what waits has to be settled once the disk is at rest."""


class Clock:
    """Stands where the engine reads the time: it goes on when the fuzzer says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.ahead_ns = 0
        """How far the age of files is misjudged: far ahead, everything written is old enough to be read."""

    def monotonic(self) -> float:
        return self.now

    def time_ns(self) -> int:
        return time.time_ns() + self.ahead_ns

    def sleep(self, seconds: float) -> None:
        """Time goes by."""
        self.now += seconds


class Episode:
    """One tree, one record, one seed."""

    def __init__(self, folder: Path, seed: int, pool: Executor) -> None:
        self.seed = seed
        self.roots = [folder / "root", folder / "other"]
        for root in self.roots:
            root.mkdir(parents=True)
        self.work = RandomWork(self.roots, seed)
        self._folder = folder
        self._dice = random.Random(f"engine {seed}")
        self._pool = pool
        self._clock = Clock()
        self._data = 0
        self._session: Session | None = None
        self._behind = False
        self._events: list[tuple[int, Callable[[], None]]] = [
            (60, self._look),
            (6, self._failing_look),
            (4, self._restart),
            (4, self._kill),
            (3, self._once),
            (1, self._root_anew),
        ]

    @property
    def database(self) -> Path:
        return self._folder / f"data{self._data}" / "record.db"

    def run(self, steps: int) -> int:
        """Do so many things to the tree, and compare; the number of changes recorded.

        Raises:
            AssertionError: the record is not true; what was done stands in the message.
        """
        with ExitStack() as stack:
            for module in (stable, waiting, session):
                stack.enter_context(mock.patch.object(module, "time", self._clock))
            if self._dice.random() < 0.5:
                stack.enter_context(_small_slices())
            stack.callback(self._abandon)
            try:
                self._work(steps)
                self._settle()
                return oracle.check(self.database, *self.roots)
            except Exception as error:
                raise AssertionError(
                    f"{error}\nseed {self.seed}; done:\n" + "\n".join(self.work.done)
                ) from error

    def _work(self, steps: int) -> None:
        events, weights = [e for _, e in self._events], [w for w, _ in self._events]
        self._act(self._dice.randrange(20))
        self._open(patient=True)
        left = steps
        while left > 0:
            burst = min(left, self._dice.choice([1, 1, 1, 2, 2, 3, 5, 12, 30]))
            left -= burst
            self._act(burst)
            event = self._dice.choices(events, weights)[0]
            self.work.done.append(f"-- {event.__name__}")
            event()

    def _act(self, count: int) -> None:
        for _ in range(count):
            self.work.act()

    @property
    def _running(self) -> Session:
        assert self._session is not None
        return self._session

    def _open(self, *, patient: bool) -> None:
        self.database.parent.mkdir(mode=0o700, exist_ok=True)
        self._session = Session(
            self.database, Settings(), [os.fsencode(root) for root in self.roots], self._pool
        )
        with self._reading():
            self._session.catch_up(patient=patient)

    def _abandon(self) -> None:
        opened, self._session = self._session, None
        if opened is not None:
            opened.engine.close()
            opened.record.close()

    def _look(self) -> None:
        """A pass over everything, or where hints lead: to some of what changed, and to what did not."""
        self._clock.sleep(self._dice.choice([0, 0, 0.03, 0.2, 1.1]))
        with self._reading():
            self._running.engine.run(self._where(), patient=self._dice.random() < 0.8)

    def _where(self) -> Look:
        engine = self._running.engine
        if self._behind or self._dice.random() < 0.3:
            self._behind = False
            return Look(whole=engine.roots)
        folders = [os.fsencode(path) for root in self.roots for path in (root, *_folders(root))]
        hinted = {folder for folder in folders if self._dice.random() < 0.6}
        deep = {folder for folder in folders if self._dice.random() < 0.2}
        gone = os.path.join(self._dice.choice(folders), b"d1", b"gone") if folders else b""
        return Look(folders=hinted | {gone}, deep=deep)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """The engine reads: all is as young as it is, or taken for old. In that case what is written next gets another
        time, as it would if it were old.
        """
        self._clock.ahead_ns = self._dice.choice([0, 10**9])
        yield
        if self._clock.ahead_ns:
            next_tick()

    def _failing_look(self) -> None:
        """The database refuses a commit; the recorder then scans everything, later."""
        engine, record = self._running.engine, self._running.record
        commit, left, late = record.commit, self._dice.choice([0, 0, 1, 3]), self._dice.random() < 0.5

        def refuse(*arguments: Any) -> tuple[int, int]:
            nonlocal left
            left -= 1
            if left >= 0:
                return commit(*arguments)
            if late:
                commit(*arguments)
            raise sqlite3.OperationalError("database or disk is full")

        self._clock.sleep(self._dice.choice([0, 0.2]))
        with mock.patch.object(record, "commit", refuse), self._reading():
            try:
                engine.run(self._where())
            except sqlite3.OperationalError:
                self._behind = True

    def _restart(self) -> None:
        self._running.close()
        self._session = None
        self._act(self._dice.randrange(4))
        self._open(patient=True)

    def _once(self) -> None:
        self._running.close()
        self._act(self._dice.randrange(4))
        self._open(patient=False)
        self._running.close()
        self._act(self._dice.randrange(4))
        self._open(patient=True)

    def _kill(self) -> None:
        """What `kill -9` leaves: the files as they are, their log not moved into the database."""
        left = self.database.parent
        self._data += 1
        shutil.copytree(left, self.database.parent, ignore=shutil.ignore_patterns("*-shm"))
        self._abandon()
        shutil.rmtree(left)
        self._act(self._dice.randrange(4))
        self._open(patient=self._dice.random() < 0.7)

    def _root_anew(self) -> None:
        """A root is removed, with a look or without one, and made again; or moved away and back."""
        root = self._dice.choice(self.roots)
        away = root.with_name("away")
        root.rename(away)
        if self._dice.random() < 0.5:
            self._look()
        if self._dice.random() < 0.5:
            away.rename(root)
        else:
            shutil.rmtree(away)
            root.mkdir()

    def _settle(self) -> None:
        """The disk is at rest: look until nothing waits, then once more at everything."""
        deadline = time.monotonic() + DEADLINE
        engine = self._running.engine
        engine.run(Look(whole=engine.roots))
        while engine.is_waiting:
            assert time.monotonic() < deadline, "something waits for ever"
            self._clock.sleep(0.2)
            engine.run(Look())
        settled = self._running.record.sequence
        engine.run(Look(whole=engine.roots))
        assert self._running.record.sequence == settled, "a scan of what is settled found changes"
        self._running.close()
        self._session = None


def _folders(root: Path) -> Iterator[Path]:
    for here, below, _ in os.walk(root):
        yield from (Path(here, name) for name in sorted(below))


@contextmanager
def _small_slices() -> Iterator[None]:
    """A few files are several slices, committed in several transactions."""
    with (
        mock.patch.object(work, "FIRST_SLICE_FILES", 2),
        mock.patch.object(work, "SLICE_FILES", 3),
        mock.patch.object(bookkeeper, "SLICE_FILES", 3),
        mock.patch.object(bookkeeper, "_TOGETHER_FILES", 5),
        mock.patch.object(bookkeeper, "MOST_ALIKE", 4),
    ):
        yield


def next_tick() -> None:
    """Wait until the clock of the file system has gone on: a few milliseconds."""
    clock = getattr(time, "CLOCK_REALTIME_COARSE", None)
    if clock is None:
        time.sleep(0.02)
        return
    now = time.clock_gettime_ns(clock)
    while time.clock_gettime_ns(clock) == now:
        time.sleep(0.0005)


def fuzz(
    folder: Path, seed: int, steps: int, pool: Executor, tell: Callable[[str], None] = lambda line: None
) -> tuple[int, int]:
    """Episodes with one seed after the other, of so many steps together; how many episodes, how many changes.

    `tell` gets a line after every hundredth episode.
    """
    episodes = changes = 0
    while steps > 0:
        here = folder / f"seed{seed + episodes}"
        changes += Episode(here, seed + episodes, pool).run(min(steps, EPISODE_STEPS))
        shutil.rmtree(here)
        steps -= EPISODE_STEPS
        episodes += 1
        if episodes % 100 == 0:
            tell(f"{episodes} episodes, {changes} changes, next seed {seed + episodes}")
    return episodes, changes
