"""The baseline: every file of a root read, packed and stored once, before its changes count."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass

from fcm_tui.capture.codec import FAST_LEVEL
from fcm_tui.capture.growing import read_unsettled
from fcm_tui.capture.stable import YOUNG_NS, Outcome, Reading, read_stable
from fcm_tui.model import Capture, FileRecord
from fcm_tui.pipeline.drafts import capture_of
from fcm_tui.pipeline.roots import WatchedRoot
from fcm_tui.store.contents import ContentRow, pack
from fcm_tui.store.record import Record
from fcm_tui.watch.scan import Findings

_JOB_FILES = 200
_JOB_BYTES = 32 << 20
_IN_FLIGHT = 4
_BATCH_BYTES = 24 << 20


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a baseline is."""

    files_done: int
    files_total: int
    """0 while the folders are still being listed."""
    bytes_done: int
    seconds: float
    bytes_total: int = 0
    """0: not known, as files are not looked at before they are read."""

    @property
    def seconds_left(self) -> float | None:
        """At the pace so far; None before there is one."""
        if not self.files_done or not self.files_total:
            return None
        return self.seconds / self.files_done * (self.files_total - self.files_done)


class Cancelled(Exception):
    """The baseline was asked to stop; what is stored of it stays, and the next start goes on."""


@dataclass(slots=True)
class _Taken:
    file: FileRecord
    stamp: bytes
    rows: Sequence[ContentRow]
    size: int


def take_baseline(
    record: Record,
    root: WatchedRoot,
    pool: Executor,
    on_progress: Callable[[Progress], None],
    is_cancelled: Callable[[], bool],
) -> Findings:
    """Record every file of a root as it is, without a change.

    A baseline that was interrupted goes on where it stood; files it had already recorded are left
    to the passes that follow.

    Returns:
        What the scan met: folders that could not be listed are in it.

    Raises:
        Cancelled: `is_cancelled` said so, between two batches.
    """
    started = time.monotonic()
    findings = Findings()
    root.scanner.scan_all(findings)
    paths = [path for path in findings.changed if root.tree.get(path) is None]
    worker = _Worker(root, record.new_id)
    done = bytes_done = 0
    on_progress(Progress(0, len(paths), 0, 0.0))
    batch: list[_Taken] = []
    batch_bytes = 0
    for taken in _in_parallel(worker, _jobs(paths), pool):
        batch += taken
        done += len(taken)
        batch_bytes += sum(t.size for t in taken)
        if batch_bytes >= _BATCH_BYTES or len(batch) >= 4000:
            _store(record, root, batch)
            bytes_done += batch_bytes
            batch, batch_bytes = [], 0
            on_progress(Progress(done, len(paths), bytes_done, time.monotonic() - started))
        if is_cancelled():
            _store(record, root, batch)
            raise Cancelled
    time.sleep(YOUNG_NS / 1e9 if worker.restless else 0)
    _store(record, root, [*batch, *worker.take_restless()])
    on_progress(Progress(len(paths), len(paths), bytes_done + batch_bytes, time.monotonic() - started))
    return findings


def _store(record: Record, root: WatchedRoot, batch: list[_Taken]) -> None:
    record.add_baseline([(t.file, t.stamp) for t in batch], [row for t in batch for row in t.rows])
    for taken in batch:
        root.tree.put(taken.file.path, taken.stamp)


def _jobs(paths: list[bytes]) -> Iterator[list[bytes]]:
    for at in range(0, len(paths), _JOB_FILES):
        yield paths[at : at + _JOB_FILES]


class _Worker:
    """Reads and packs files in pool threads."""

    def __init__(self, root: WatchedRoot, new_id: Callable[[], bytes]) -> None:
        self._root = root
        self._new_id = new_id
        self._packed: set[bytes] = set()
        self.restless: list[bytes] = []

    def take(self, paths: list[bytes]) -> tuple[list[_Taken], list[bytes]]:
        """Files in their order, up to a bound of packed bytes, and the paths that are left over."""
        now = time.time_ns()
        taken: list[_Taken] = []
        weight = 0
        for number, path in enumerate(paths):
            if weight > _JOB_BYTES:
                return taken, paths[number:]
            reading = read_stable(path, self._root.size_limit, now_ns=now)
            if reading.outcome is Outcome.UNSETTLED:
                self.restless.append(path)
            elif reading.outcome is not Outcome.GONE and reading.state is not None:
                taken.append(self._packed_up(reading))
                weight += sum(len(row.data) for row in taken[-1].rows)
        return taken, []

    def take_restless(self) -> Iterator[_Taken]:
        """Files that were being written: as they are once two readings agree."""
        for path in self.restless:
            reading = read_stable(path, self._root.size_limit)
            if reading.outcome is Outcome.UNSETTLED:
                reading = read_unsettled(path, self._root.size_limit)
            if reading.outcome is not Outcome.GONE and reading.state is not None:
                yield self._packed_up(reading)

    def _packed_up(self, reading: Reading) -> _Taken:
        assert reading.state is not None
        capture = capture_of(reading, self._root.is_secret(reading.path))
        file = FileRecord(
            self._new_id(), self._root.root.root_id, reading.path, reading.digest, capture, reading.state
        )
        rows: Sequence[ContentRow] = ()
        if capture is Capture.STORED and reading.digest is not None and reading.data is not None:
            rows = self._packed_once(reading.data, reading.digest)
        return _Taken(file, reading.stamp, rows, reading.state.size)

    def _packed_once(self, data: bytes, digest: bytes) -> Sequence[ContentRow]:
        if digest in self._packed:
            return ()
        self._packed.add(digest)
        return pack(data, digest, level=FAST_LEVEL).rows


def _in_parallel(worker: _Worker, jobs: Iterator[list[bytes]], pool: Executor) -> Iterator[list[_Taken]]:
    """What the worker takes, about in the order of the jobs, a few jobs ahead of who stores it."""
    flying: deque[Future[tuple[list[_Taken], list[bytes]]]] = deque()
    more = True
    while more or flying:
        while more and len(flying) < _IN_FLIGHT:
            job = next(jobs, None)
            more = job is not None
            if job is not None:
                flying.append(pool.submit(worker.take, job))
        if flying:
            taken, left = flying.popleft().result()
            if left:
                flying.appendleft(pool.submit(worker.take, left))
            yield taken
