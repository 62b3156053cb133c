"""A power cut at any write of a record: `python -m tests.faults cuts [--count 2000] [--seed 1]`.

A record is made while all that reaches the disk is logged (`disk_log`). A cut is a moment of that log and what a
disk may then hold: of each file all that was synced; of the writes since, any, in any order, torn at sectors; of
names created and removed since their folder was synced, any. On what is left of it a recorder is started: it has
to open, what was told has to be there, and the next reconcile has to complete the record.
"""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from fcm_tui.pipeline.engine import Look
from fcm_tui.pipeline.session import Session
from fcm_tui.settings.config import Settings
from fcm_tui.store import database as store_database
from fcm_tui.store import record as store_record
from fcm_tui.store.filling import filling_mark
from fcm_tui.store.reading.queries import Reader
from fcm_tui.store.trust.verify import Tally, verify
from tests.faults import oracle
from tests.faults.disk_log import Create, DiskLog, Event, Sync, SyncFolder, Told, Truncate, Unlink, Write
from tests.faults.fuzz import next_tick
from tests.recording.harness import Disk
from tests.recording.random_work import RandomWork

SECTOR = 512
CHECKPOINT_PAGES = 30
"""So that the log moves into the database every few commits."""
DATABASE = "record.db"


@dataclass(slots=True)
class _File:
    """What a disk has of a file, whatever its name is."""

    synced: bytearray = field(default_factory=bytearray)
    since: list[tuple[int, Write | Truncate]] = field(default_factory=list)
    """By number of the event."""


class Platter:
    """A folder on a disk while the events go by, and what a power cut may leave of it."""

    def __init__(self) -> None:
        self._names: dict[str, _File] = {}
        self._synced_names: dict[str, _File] = {}
        self._names_since: list[tuple[int, str, _File | None]] = []
        """Number of the event, name, and what it leads to from then on; None for nothing."""
        self.told = Told(0, 0)

    def happen(self, number: int, event: Event) -> None:
        """The next event."""
        match event:
            case Create(name):
                self._names[name] = _File()
                self._names_since.append((number, name, self._names[name]))
            case Unlink(name):
                del self._names[name]
                self._names_since.append((number, name, None))
            case Write(name) | Truncate(name):
                self._names[name].since.append((number, event))
            case Sync(name, upto):
                file = self._names[name]
                for at, change in file.since:
                    if at < upto:
                        _apply(file.synced, change)
                file.since = [(at, change) for at, change in file.since if at >= upto]
            case SyncFolder(upto):
                for at, name, file_now in self._names_since:
                    if at < upto:
                        _lead(self._synced_names, name, file_now)
                self._names_since = [entry for entry in self._names_since if entry[0] >= upto]
            case Told():
                self.told = event

    def cut(self, dice: random.Random) -> dict[str, bytes]:
        """One of the folders that there may be when the power comes back."""
        names = dict(self._synced_names)
        share = dice.choice([0.0, 0.5, 0.9, 1.0])
        for _, name, file in self._names_since:
            if dice.random() < share:
                _lead(names, name, file)
        return {name: self._left(file, dice) for name, file in names.items()}

    def _left(self, file: _File, dice: random.Random) -> bytes:
        content = bytearray(file.synced)
        changes = [change for _, change in file.since]
        style = dice.choice(["none", "all", "first", "any", "torn"])
        if style in ("none", "first"):
            changes = changes[: dice.randrange(len(changes) + 1) if style == "first" else 0]
        for change in changes:
            if style == "any" and dice.random() < 0.5:
                continue
            if style == "torn" or (style == "first" and change is changes[-1]):
                for piece in _sectors(change):
                    if dice.random() < 0.6:
                        _apply(content, piece)
            else:
                _apply(content, change)
        return bytes(content)


def _lead(names: dict[str, _File], name: str, file: _File | None) -> None:
    if file is None:
        names.pop(name, None)
    else:
        names[name] = file


def _apply(content: bytearray, change: Write | Truncate) -> None:
    if isinstance(change, Truncate):
        content[:] = content[: change.size].ljust(change.size, b"\0")
        return
    end = change.offset + len(change.data)
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    content[change.offset : end] = change.data


def _sectors(change: Write | Truncate) -> Iterator[Write | Truncate]:
    """The parts of a write that reach a disk each by itself."""
    if isinstance(change, Truncate):
        yield change
        return
    at = 0
    while at < len(change.data):
        size = SECTOR - (change.offset + at) % SECTOR
        yield Write(change.name, change.offset + at, change.data[at : at + size])
        at += size


class Cuts:
    """One record with the log of how it came to the disk, to be cut again and again."""

    def __init__(self, folder: Path, seed: int, pool: Executor) -> None:
        self._dice = random.Random(f"cuts {seed}")
        self._pool = pool
        self._roots = [folder / "root", folder / "other"]
        for root in self._roots:
            root.mkdir(parents=True)
        self._work = RandomWork(self._roots, seed)
        self._data = folder / "data"
        self._data.mkdir(mode=0o700)
        self._cut = folder / "cut"
        self._log = DiskLog(self._data)
        self.met: Counter[str] = Counter()
        """How many cuts were met in which state."""

    def record(self, looks: int) -> int:
        """Make the record: a first baseline, changes, an end, a second root's baseline, changes; the events logged."""
        self._act(40)
        with ExitStack() as stack:
            stack.enter_context(mock.patch.object(store_database, "CHECKPOINT_PAGES", CHECKPOINT_PAGES))
            stack.enter_context(mock.patch.object(store_record, "CHECKPOINT_PAGES", CHECKPOINT_PAGES))
            stack.enter_context(self._log.on())
            self._run(self._roots[:1], looks)
            self._act(20)
            self._run(self._roots, looks)
        with Reader(self._data / DATABASE) as reader:
            self._chain = _chain(reader)
            self._baseline = oracle.baseline(reader.connection)
        oracle.check(self._data / DATABASE, *self._roots)
        return len(self._log.events)

    def check(self, count: int) -> None:
        """Cut so often, each time at another moment.

        Raises:
            AssertionError: what was left is not a record, lost what was told, or cannot be completed.
        """
        events = self._log.events
        moments = sorted(self._dice.choices(range(len(events) + 1), k=count))
        platter, at = Platter(), 0
        for moment in moments:
            while at < moment:
                platter.happen(at, events[at])
                at += 1
            seed = self._dice.getrandbits(64)
            left = platter.cut(random.Random(seed))
            try:
                self._start_on(left, platter.told)
            except Exception as error:
                recent = [_short(event) for event in events[max(0, at - 12) : at]]
                raise AssertionError(
                    f"cut at event {at}, cut {seed}, {platter.told}: {error!r}\n{recent}"
                ) from error

    def _act(self, count: int) -> None:
        for _ in range(count):
            self._work.act()

    def _run(self, roots: Sequence[Path], looks: int) -> None:
        session = Session(
            self._data / DATABASE,
            Settings(),
            [os.fsencode(root) for root in roots],
            self._pool,
            on_commit=lambda _, last: self._log.add(
                Told(last, sum(r.baseline for r in session.engine.roots))
            ),
        )
        session.catch_up(patient=False)
        self._log.add(Told(session.record.sequence, len(roots)))
        next_tick()
        for _ in range(looks):
            self._act(self._dice.choice([1, 2, 5, 20]))
            session.engine.run(Look(whole=session.engine.roots), patient=False)
            next_tick()
        session.close()

    def _start_on(self, left: dict[str, bytes], told: Told) -> None:
        """A recorder starts on what a cut left."""
        shutil.rmtree(self._cut, ignore_errors=True)
        self._cut.mkdir(mode=0o700)
        for name, content in left.items():
            (self._cut / name).write_bytes(content)
        database = self._cut / DATABASE
        self.met["before the first baseline stands" if not told.baselines else "recording"] += 1
        self.met["with a log"] += bool(left.get(f"{DATABASE}-wal"))
        if told.baselines:
            assert not filling_mark(database).exists(), "a baseline that was told would be begun anew"
            with Reader(database) as reader:
                assert list(verify(reader.connection, Tally())) == []
        session = Session(database, Settings(), [os.fsencode(root) for root in self._roots], self._pool)
        session.catch_up(patient=False)
        session.close()
        oracle.check(database, *self._roots)
        with Reader(database) as reader:
            kept, baseline = _chain(reader), oracle.baseline(reader.connection)
        lost = [number for number in range(1, told.sequence + 1) if kept.get(number) != self._chain[number]]
        assert lost == [], f"told, and lost: {lost}"
        for root in self._roots[: told.baselines]:
            assert _below(baseline, root) == _below(self._baseline, root), (
                "a baseline that was told is another"
            )


def _chain(reader: Reader) -> dict[int, bytes]:
    """Every change's hash, which covers all that it says."""
    return dict(reader.connection.execute("SELECT sequence, chain_hash FROM changes").fetchall())


def _below(state: Disk, root: Path) -> Disk:
    return {path: entry for path, entry in state.items() if path.startswith(os.fsencode(root) + b"/")}


def _short(event: Event) -> str:
    what = [len(value) if isinstance(value, bytes) else value for value in event]
    return f"{type(event).__name__} {' '.join(map(str, what))}"
