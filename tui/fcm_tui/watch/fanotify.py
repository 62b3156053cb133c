"""Hints, and who did what, from fanotify: one mark for each file system, however many folders it has.

A process of its own reads the queue (`fanotify_reader`), a thread takes what it tells, and the loop only ever has hints
to take. Where a file system cannot be watched so, its folders are watched by inotify. The queue has no limit in the kernel,
so whoever reads it is watched: where it stands still, it is ended, and with it the queue; a scan makes up for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import marshal
import os
import pickle
import select
import sys
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from fcm_tui.child import PATIENCE, Child, receive, send
from fcm_tui.model import Process
from fcm_tui.paths import SEPARATOR, is_inside, join
from fcm_tui.watch import deeds
from fcm_tui.watch.beginnings import Beginnings
from fcm_tui.watch.deeds import Deeds
from fcm_tui.watch.hints import Hints
from fcm_tui.watch.ignore import IgnoreRules
from fcm_tui.watch.mounts import is_remounted, mount_table, mounted_in
from fcm_tui.watch.processes import now_ns

assert sys.platform == "linux"

from fcm_tui.watch import fanotify_calls as calls  # noqa: E402 - only there
from fcm_tui.watch.inotify import InotifySource  # noqa: E402

_log = logging.getLogger(__name__)

_AGAIN, _AGAIN_AT_MOST = 1.0, 60.0
"""Seconds until a reader that ended is started anew; twice as many each time that it told nothing."""
_AGE_NS = 600 * 10**9
"""After which what was done at a path, and has led to no change, is forgotten."""
_SETTLING = 5.0
"""Seconds, at the most, for which the reader is waited for before the last look."""


class FanotifySource:
    """Watches the file systems of the roots, and by inotify what cannot be watched so."""

    name = "fanotify"

    def __init__(self, roots: Sequence[bytes], *, unlimited: bool = True) -> None:
        """Mark the file systems; from here on every event is in the queue.

        Args:
            roots: absolute paths.
            unlimited: whether the kernel's queue has no limit; else it is 16,384 events, or what the system has set.

        Raises:
            OSError: there is no privilege, or the kernel lacks it.
        """
        self._roots = list(roots)
        self._is_unlimited = unlimited
        self._inotify = InotifySource(roots)
        self._refused: dict[bytes, str] = {}
        """Roots, and folders in them where something else is mounted, that fanotify cannot watch, and why."""
        self._marked: list[bytes] = []
        self._table = b""
        """What was mounted when the marks were set last."""
        self.deeds = Deeds()
        self._hints = Hints()
        self._ready = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = threading.Event()
        self._queue = -1
        self._empty_ns = 0
        """A moment at which there was nothing in the queue, and beginnings were told."""
        self._beginnings: Beginnings | None = None
        self._child: Child | None = None
        self._thread: threading.Thread | None = None
        self._rules = b""
        self._again = _AGAIN
        self._aged_ns = time.time_ns()
        self._barrier = self._reached = 0
        self._passed = threading.Condition(threading.RLock())
        self._open()

    def _open(self) -> None:
        """Who begins from now on, and a new queue with its marks."""
        self._beginnings = Beginnings()
        self._empty_ns = now_ns()
        try:
            self._queue = calls.open_queue(unlimited=self._is_unlimited)
            self._mark()
        except OSError:
            self._close_queue()
            raise

    def _close_queue(self) -> None:
        if self._queue >= 0:
            os.close(self._queue)
            self._queue = -1
        if self._beginnings is not None:
            self._beginnings.close()

    def _mark(self) -> None:
        """Mark what is not marked yet of the file systems that the roots, and what is mounted in them, are on.

        Raises:
            OSError: this process may not.
        """
        refused: dict[bytes, str] = {}
        marked: list[bytes] = []
        table = self._table = mount_table()
        for root in self._roots:
            real = os.path.realpath(root)
            for place in (real, *mounted_in([real], table)):
                shown = root + place[len(real) :]
                try:
                    _try(self._queue, place)
                    marked.append(place)
                except (FileNotFoundError, NotADirectoryError):
                    continue
                except PermissionError:
                    raise
                except OSError as error:
                    refused[shown] = calls.why_not(error)
        self._marked = marked
        self._refused = refused

    @property
    def places(self) -> list[tuple[bytes, bytes]]:
        """Real path and known path of each root."""
        return [(os.path.realpath(root), root) for root in self._roots]

    @property
    def unwatched(self) -> dict[bytes, str]:
        return self._inotify.unwatched

    @property
    def sources(self) -> dict[bytes, str]:
        """What watches each root, in words."""
        told = {}
        for root in self._roots:
            why = self._refused.get(root)
            inner = [path for path in self._refused if path != root and is_inside(path, root)]
            if why is not None:
                told[root] = f"inotify, as fanotify cannot: {why}"
            elif inner:
                more = f" and {len(inner) - 1} more" if len(inner) > 1 else ""
                where = inner[0].decode(errors="replace")
                told[root] = f"fanotify, and inotify in {where}{more}: {self._refused[inner[0]]}"
            else:
                told[root] = "fanotify"
        return told

    @property
    def why_later_is_not_told(self) -> str:
        """All is told."""
        return ""

    def knows_who(self, path: bytes) -> bool:
        """Whether this source is told who does what at a path in one of the roots."""
        if not self._refused:
            return True
        best = max((p for p in (*self._roots, *self._refused) if is_inside(path, p)), key=len, default=None)
        return best is not None and best not in self._refused

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._inotify.start()
        self._thread = threading.Thread(target=self._follow, name="fcm-fanotify", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._inotify.close()
        child, self._loop = self._child, None
        if child is not None:
            child.end()
        if self._thread is None:
            self._close_queue()

    async def armed(self) -> None:
        """At once: the marks stand since this was made."""

    async def wait(self) -> None:
        both = [asyncio.ensure_future(self._ready.wait()), asyncio.ensure_future(self._inotify.wait())]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in both:
                one.cancel()

    def wake(self) -> None:
        self._ready.set()

    async def settled(self) -> None:
        await asyncio.to_thread(self.catch_up, _SETTLING)
        await self._inotify.settled()

    def take(self) -> Hints:
        hints, self._hints = self._hints, Hints()
        self._ready.clear()
        hints.add(self._inotify.take())
        return hints

    def arm(self, folder: bytes) -> None:
        if self._refused and not self.knows_who(folder):
            self._inotify.arm(folder)

    def leave_out(self, rules: Mapping[bytes, IgnoreRules]) -> None:
        """Tell nothing of what the rules of each root match. For the engine's thread."""
        self._rules = pickle.dumps(dict(rules))
        self._send("rules", self._rules)

    def _send(self, *request: Any) -> bool:
        """Ask the reader for something; False where there is none."""
        with self._passed:
            if self._child is None:
                return False
            try:
                send(self._child.requests, marshal.dumps(request))
            except (OSError, ValueError):
                return False
        return True

    def rearm(self) -> None:
        """Mark anew, and tell the reader what is where; called from the engine's thread."""
        self._renew()

    def catch_up(self, seconds: float, paths: Collection[bytes] = ()) -> bool:
        """Wait until all events that came before this call are among the deeds; False where that takes longer."""
        with self._passed:
            self._barrier += 1
            wanted = self._barrier
            return self._send("barrier", wanted) and self._passed.wait_for(
                lambda: self._reached >= wanted, seconds
            )

    def _renew(self, *, mounted: bool = False) -> None:
        """Mark anew; `mounted` where Linux tells that something was mounted or unmounted."""
        before, table = (set(self._marked), dict(self._refused)), self._table
        with contextlib.suppress(OSError):
            self._mark()
        places = self.places
        self._send("places", places, self._marked)
        remounted = mounted and is_remounted([real for real, _ in places], table, self._table)
        if remounted or before != (set(self._marked), self._refused):
            self._tell(Hints(lost="a file system was mounted or unmounted"))

    def _tell(self, hints: Hints) -> None:
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # it is closed: nobody waits any more
                loop.call_soon_threadsafe(self._hint, hints)

    def _hint(self, hints: Hints) -> None:
        self._hints.add(hints)
        self._ready.set()

    def _follow(self) -> None:
        """Have a reader, and take what it tells; a new one where it ends."""
        while not self._closing.is_set():
            try:
                self._take_from_reader()
            except (OSError, EOFError, RuntimeError):
                pass  # it ended
            except Exception as error:  # else nothing would be heard from here on, and nobody be told
                _log.error("what the reader of fanotify's events told was not taken in", exc_info=error)
            if self._child is not None:
                self._child.close()
            self._close_queue()
            if self._closing.is_set():
                return
            self._begin_anew()

    def _take_from_reader(self) -> None:
        begin = self._beginnings.fileno() if self._beginnings is not None else -1
        passed = (self._queue, begin) if begin >= 0 else (self._queue,)
        child = Child(
            "fcm_tui.watch.fanotify_reader",
            "serve",
            str(self._queue),
            str(begin),
            str(self._empty_ns),
            descriptors=passed,
            apart=True,
        )
        self._begin(child)
        while not self._closing.is_set():
            self._digest(_next(child))

    def _begin(self, child: Child) -> None:
        """Tell a new reader what it is to look at, before anybody asks it for something."""
        with self._passed:
            try:
                send(child.requests, marshal.dumps((self.places, self._marked)))
                if self._rules:
                    send(child.requests, marshal.dumps(("rules", self._rules)))
            finally:
                self._child = child

    def _begin_anew(self) -> None:
        """The reader ended: its queue goes, so that it does not grow, and what was in it is lost.

        A scan finds that, and what happens until there is another reader.
        """
        self._lose()
        while not self._closing.wait(self._again):
            self._again = min(2 * self._again, _AGAIN_AT_MOST)
            with contextlib.suppress(OSError):
                self._open()
                self._lose()
                return
            self._lose()

    def _lose(self) -> None:
        self.deeds.lose()
        self._tell(Hints(lost="the reader of fanotify's events ended"))

    def _digest(self, message: memoryview) -> None:
        if not message:
            return
        self._again = _AGAIN
        has_lost, barrier, mounted, processes, folders = marshal.loads(message)
        now = time.time_ns()
        self.deeds.add({key: Process(*values) for key, values in processes.items()}, folders, now)
        hints = Hints()
        for folder, told in folders:
            hints.folders.add(folder)
            for name, what, *_ in told:
                if what & deeds.FOLDER:
                    _about_folder(hints, join(folder, name), what)
        if has_lost:
            self.deeds.lose()
            hints.lost = "fanotify's event queue overflowed"
        if hints:
            self._tell(hints)
        if now - self._aged_ns > _AGE_NS // 10:
            self._aged_ns = now
            self.deeds.age(now - _AGE_NS)
        if barrier:
            with self._passed:
                self._reached = max(self._reached, barrier)
                self._passed.notify_all()
        if mounted:
            self._renew(mounted=True)


def _about_folder(hints: Hints, path: bytes, what: int) -> None:
    if what & (deeds.MADE | deeds.CAME):
        hints.deep.add(path)
    elif what & deeds.ATTRIBUTES:
        hints.folders.add(path)  # it may be readable now
    elif what & (deeds.REMOVED | deeds.LEFT):
        hints.folders.add(path.rpartition(SEPARATOR)[0] or SEPARATOR)


def _try(queue: int, place: bytes) -> None:
    mount = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        calls.check_handles(place, mount)
        calls.mark(queue, place)
    finally:
        os.close(mount)


def _next(child: Child) -> memoryview:
    """The reader's next message.

    Raises:
        EOFError: it has ended, or gave no sign of life for so long that it was ended.
    """
    poll = select.poll()
    poll.register(child.answers, select.POLLIN)
    if not poll.poll(PATIENCE * 1000):
        child.kill()
    return receive(child.answers)
