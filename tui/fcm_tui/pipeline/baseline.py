"""The baseline: every file of a root read, packed and stored once, before its changes count."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from queue import Queue
from typing import Protocol

from fcm_tui.capture.stable import YOUNG_NS
from fcm_tui.pipeline.bulk import Batch, Bulk
from fcm_tui.pipeline.bulk_process import BulkProcess
from fcm_tui.pipeline.progress import Cancelled, Progress
from fcm_tui.pipeline.roots import WatchedRoot
from fcm_tui.pipeline.search import Search
from fcm_tui.store.record import Record
from fcm_tui.watch.scan import Findings

_BEGUN = 2
"""Jobs that a process has at a time, so that it need not wait for the next one."""
_AHEAD = 16
"""Batches that may wait to be stored."""
_STORED_BYTES = 24 << 20
_STORED_FILES = 4000
_FILES_A_PROCESS = 1000
"""Below so many it is not worth its start."""
_MOST_PROCESSES = 8


def take_baseline(
    record: Record,
    root: WatchedRoot,
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
    search = Search(root)
    storing = _Storing(record, root, search, on_progress)
    restless: list[bytes] = []
    with ExitStack() as stack:
        stack.callback(search.stop)
        batches = _in_parallel(_takers(root, search, stack), search.jobs())
        stack.callback(batches.close)
        for batch in batches:
            restless += batch.restless
            storing.add(batch)
            if is_cancelled():
                storing.flush()
                raise Cancelled
    if restless:
        time.sleep(YOUNG_NS / 1e9)
        storing.add(Bulk(root.bulk).take_now(restless))
    storing.flush()
    return search.findings


class _Storing:
    """Gathers what was taken, and stores it in transactions worth their price."""

    def __init__(
        self, record: Record, root: WatchedRoot, search: Search, on_progress: Callable[[Progress], None]
    ) -> None:
        self._record = record
        self._root = root
        self._search = search
        self._started = time.monotonic()
        self._on_progress = on_progress
        self._waiting = Batch()
        self._waiting_bytes = 0
        self._new_in_tree: list[tuple[bytes, bytes]] = []
        self._files = self._bytes = 0
        self._report()

    def add(self, batch: Batch) -> None:
        self._waiting.files += batch.files
        self._waiting.rows += batch.rows
        self._waiting_bytes += sum(file.size for file in batch.files)
        if self._waiting_bytes >= _STORED_BYTES or len(self._waiting.files) >= _STORED_FILES:
            self.flush()

    def flush(self) -> None:
        waiting, record, root = self._waiting, self._record, self._root
        record.add_baseline(root.root, waiting.files, waiting.rows)
        self._new_in_tree += [(file.path, file.stamp) for file in waiting.files]
        if self._search.is_over:
            root.tree.fill(self._new_in_tree)
            self._new_in_tree.clear()
        self._files += len(waiting.files)
        self._bytes += self._waiting_bytes
        self._waiting, self._waiting_bytes = Batch(), 0
        self._report()

    def _report(self) -> None:
        seconds = time.monotonic() - self._started
        self._on_progress(Progress(self._files, self._search.total, self._bytes, seconds))


class _Taker(Protocol):
    def begin(self, paths: list[bytes]) -> None: ...

    def finish(self) -> Batch: ...


def _takers(root: WatchedRoot, search: Search, stack: ExitStack) -> list[_Taker]:
    """One in a process of its own for each processor, where there is work for them."""
    wanted = min(os.cpu_count() or 1, _MOST_PROCESSES)
    count = min(wanted, search.wait_for(wanted * _FILES_A_PROCESS) // _FILES_A_PROCESS)
    if not count:
        return [Bulk(root.bulk)]
    processes = [BulkProcess(root.bulk) for _ in range(count)]
    for process in processes:
        stack.callback(process.close)
    return list(processes)


def _in_parallel(takers: Sequence[_Taker], jobs: Iterator[list[bytes]]) -> Generator[Batch]:
    """What the takers take, as it comes, a few batches ahead of who stores it."""
    ready: Queue[Batch | BaseException | None] = Queue(_AHEAD)
    lock = threading.Lock()
    stopping = threading.Event()

    def another() -> list[bytes] | None:
        with lock:
            return next(jobs, None)

    def work(taker: _Taker) -> None:
        left: list[list[bytes]] = []
        begun = 0
        try:
            while not stopping.is_set():
                while begun < _BEGUN and (job := left.pop() if left else another()) is not None:
                    taker.begin(job)
                    begun += 1
                if not begun:
                    break
                batch = taker.finish()
                begun -= 1
                if batch.left:
                    left.append(batch.left)
                ready.put(batch)
        except BaseException as error:
            ready.put(error)
        finally:
            ready.put(None)

    for taker in takers:
        threading.Thread(target=work, args=(taker,), name="fcm-take", daemon=True).start()
    at_work = len(takers)
    try:
        while at_work:
            batch = ready.get()
            if batch is None:
                at_work -= 1
            elif isinstance(batch, BaseException):
                raise batch
            else:
                yield batch
    finally:
        stopping.set()
        while at_work:
            at_work -= ready.get() is None
