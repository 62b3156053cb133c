"""Reads a fanotify queue in a process of its own: the kernel's queue is emptied in time, whoever has the interpreter.

A process may end a moment after what it did, and with it all that /proc tells: so it is asked at its first event.
Folders come as file handles. Where each is, is asked once; of those outside of the watched places nothing more is kept
than that. A folder that is gone when it is asked for is told by its own deletion, whose event names it by its handle.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import marshal
import os
import pickle
import select
import struct
import sys
import termios
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from io import FileIO
from queue import SimpleQueue

from fcm_tui.child import Answers, receive, serving
from fcm_tui.paths import is_inside, join
from fcm_tui.watch import processes
from fcm_tui.watch.beginnings import Beginnings
from fcm_tui.watch.deeds import Told
from fcm_tui.watch.ignore import IgnoreRules
from fcm_tui.watch.known_processes import KnownProcesses
from fcm_tui.watch.mounts import mount_point, mount_table

assert sys.platform == "linux"

from fcm_tui.watch import fanotify_calls as calls  # noqa: E402 - only there

_READ_BYTES = 1 << 16
_READS_A_TURN = 16
_LONGEST_EVENT = 1024
"""Bytes, with a name of 255 and two handles of 128."""
_FOLDERS = 300_000
"""Handles of folders that are remembered: about 60 MB."""
_PARKED = 100_000
"""Events that wait for the deletion of their folder."""
_BEHIND = 500_000
"""Events that the recorder has not taken yet, above which more are dropped, and told as lost."""
_EVENT_BYTES = 24
_BREATH_MS = 3
"""Between two readings while events of processes that are known keep coming: the kernel puts those of one name together
meanwhile, and who writes is not interrupted at each."""
_PRIORITY = -10
"""Before others: who did something may be there for a moment only. It has little to do."""

Places = Sequence[tuple[bytes, bytes]]
"""Watched folders: the real path of each, and the one it is known by."""

_MOVED = calls.MOVED_FROM | calls.MOVED_TO
_FOREIGN, _ABOVE = b"", b"/"
"""What is remembered of a folder outside of the watched places, and of one that such a place lies in."""


class FileSystems:
    """Opens the file systems that folders are looked up on, while used as a context only: else none could be unmounted."""

    def __init__(self, paths: Iterable[bytes] = ()) -> None:
        """`paths` are links resolved; those that cannot be opened are passed over."""
        self._opened: dict[bytes, list[int]] | None = None
        with contextlib.suppress(OSError):
            table = mount_table()
            paths = {mount_point(path, table) for path in paths}
        self._points = sorted(paths)

    def of(self, file_system: bytes) -> list[int]:
        """A descriptor of each mount of a file system, by the 8 bytes of its id as events have it."""
        if self._opened is None:
            self._opened = {}
            for point in self._points:
                with contextlib.suppress(OSError):
                    mount = os.open(point, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                    self._opened.setdefault(struct.pack("=Q", os.fstatvfs(mount).f_fsid), []).append(mount)
        return self._opened.get(file_system, [])

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        for mounts in (self._opened or {}).values():
            for mount in mounts:
                os.close(mount)
        self._opened = None


class Reader:
    """Turns what is read of a queue into what was done where, by whom."""

    def __init__(self, places: Places, mounts: Iterable[bytes], who: KnownProcesses) -> None:
        """`mounts` are paths on the file systems whose events come."""
        self.who = who
        self._mounts = FileSystems()
        self._folders: dict[bytes, bytes] = {}
        self._parked: OrderedDict[bytes, list[tuple[calls.Event, tuple[int, ...]]]] = OrderedDict()
        self._parked_events = 0
        self._rules: Mapping[bytes, IgnoreRules] = {}
        self.told: dict[bytes, list[Told]] = {}
        """What was done since this was emptied last, by folder."""
        self.count = 0
        self._place = 0
        """How many events were read."""
        self._left: tuple[int, int, bytes] | None = None
        """What was moved away last: the event's place, the process, and the path."""
        self.has_lost = False
        self.move_to(places, mounts)

    def move_to(self, places: Places, mounts: Iterable[bytes]) -> None:
        """Look at these places from now on."""
        self._places = sorted(places, key=lambda place: len(place[0]), reverse=True)
        self._folders.clear()
        self._mounts = FileSystems(mounts)

    def leave_out(self, rules: Mapping[bytes, IgnoreRules]) -> None:
        """Tell nothing of what these rules match, by the place that they are of."""
        self._rules = rules
        self._folders.clear()

    def digest(self, data: bytes) -> int:
        """Take in what was read; how many events it was."""
        self.who.begin_piece()
        number = 0
        with self._mounts:
            for event in calls.events(data, self._is_foreign):
                number += 1
                self._place += 1
                if event is None:
                    continue
                if event.mask & calls.Q_OVERFLOW:
                    self.has_lost = True
                elif event.folder:
                    self._take(event)
        return number

    def _is_foreign(self, folder: bytes) -> bool:
        return self._folders.get(folder) == _FOREIGN

    def _take(self, event: calls.Event) -> None:
        folder = self._where(event.folder)
        if folder is None:
            self._park(event, self.who.keys(event.pid))
        elif folder == _ABOVE:
            if event.mask & calls.ONDIR and event.mask & (calls.MOVED_FROM | calls.MOVED_TO):
                self._folders.clear()
        elif folder != _FOREIGN:
            self._tell(folder, event, self.who.keys(event.pid))
        elif event.mask & calls.DELETE and event.mask & calls.ONDIR:
            self._drop(event.child)
        elif event.mask & calls.CREATE and event.mask & calls.ONDIR and event.child:
            self._remember(event.child, _FOREIGN)

    def _tell(self, folder: bytes, event: calls.Event, keys: tuple[int, ...]) -> None:
        mask = event.mask
        if event.name != b".":
            came_from = self._came_from(event, join(folder, event.name)) if mask & _MOVED else b""
            self.told.setdefault(folder, []).extend(
                (event.name, mask, key, self.count, came_from) for key in keys
            )
            self.count += len(keys)
        if mask & calls.ONDIR and event.child:
            if mask & (calls.MOVED_FROM | calls.MOVED_TO):
                self._folders.clear()  # it, and all below it, is elsewhere now
            elif mask & calls.DELETE:
                self._gone(event.child, self._unless_ignored(join(folder, event.name)))
            elif mask & calls.CREATE:
                self._remember(event.child, self._unless_ignored(join(folder, event.name)))

    def _came_from(self, event: calls.Event, path: bytes) -> bytes:
        """From where a move came: that it left is the event just before, where nobody else did anything meanwhile."""
        came_from = b""
        if event.mask & calls.MOVED_TO and self._left is not None:
            place, pid, left = self._left
            came_from = left if (place, pid) == (self._place - 1, event.pid) else b""
        self._left = (self._place, event.pid, path) if event.mask & calls.MOVED_FROM else None
        return came_from

    def _gone(self, child: bytes, path: bytes) -> None:
        """A folder was deleted: what was done in it before is known to be there now."""
        if path == _FOREIGN:
            self._drop(child)
            return
        self._folders.pop(child, None)
        parked = self._parked.pop(child, None)
        if parked:
            self._parked_events -= len(parked)
            for event, keys in parked:
                self._tell(path, event, keys)

    def _drop(self, child: bytes) -> None:
        """A folder outside of the places was deleted, and with it all that was done in it is of no concern."""
        self._folders.pop(child, None)
        for event, _ in self._unpark(child):
            if event.mask & calls.ONDIR and event.mask & calls.DELETE:
                self._drop(event.child)

    def _unpark(self, child: bytes) -> list[tuple[calls.Event, tuple[int, ...]]]:
        parked = self._parked.pop(child, [])
        self._parked_events -= len(parked)
        return parked

    def _park(self, event: calls.Event, keys: tuple[int, ...]) -> None:
        self._parked.setdefault(event.folder, []).append((event, keys))
        self._parked_events += 1
        while self._parked_events > _PARKED:
            _, dropped = self._parked.popitem(last=False)
            self._parked_events -= len(dropped)

    def _where(self, key: bytes) -> bytes | None:
        """A folder as it is known; `_FOREIGN`, `_ABOVE`, or None where it is gone."""
        known = self._folders.get(key)
        if known is not None:
            return known
        found: bytes | None = _FOREIGN
        mounts = self._mounts.of(key[:8])
        if not mounts:
            return _FOREIGN  # for now: it may be mounted again
        for mount in mounts:
            try:
                path = calls.path_of(key, mount)
            except OSError as error:
                if error.errno == errno.ESTALE:
                    found = None
                continue
            if path.endswith(b" (deleted)") and not os.path.lexists(path):
                found = None
                continue
            found = self._shown(path)
            if found not in (_FOREIGN, _ABOVE):
                break
        if found is not None:
            self._remember(key, found)
        return found

    def _shown(self, path: bytes) -> bytes:
        for real, known in self._places:
            if is_inside(path, real):
                return self._unless_ignored(known + path[len(real) :] if real != b"/" else path, known)
        return _ABOVE if any(is_inside(real, path) for real, _ in self._places) else _FOREIGN

    def _unless_ignored(self, folder: bytes, root: bytes | None = None) -> bytes:
        """A folder inside of a place; what is ignored is as foreign as what is elsewhere."""
        if not self._rules:
            return folder
        if root is None:
            root = max((known for _, known in self._places if is_inside(folder, known)), key=len, default=b"")
        rules = self._rules.get(root)
        return _FOREIGN if rules is not None and rules.matches_folder(folder) else folder

    def _remember(self, key: bytes, folder: bytes) -> None:
        if len(self._folders) >= _FOLDERS:
            self._folders.clear()
        self._folders[key] = folder


class _Sender(threading.Thread):
    """Sends what is told, so that the queue is emptied whether the recorder takes it or not."""

    def __init__(self, answers: Answers) -> None:
        super().__init__(name="fcm-tell", daemon=True)
        self._answers = answers
        self._messages: SimpleQueue[tuple[int, bytes]] = SimpleQueue()
        self._waiting = 0

    def put(self, reader: Reader, barrier: int, *, mounted: bool = False) -> None:
        """Send what a reader has, as (lost, barrier, mounted, processes, folders)."""
        if self._waiting > _BEHIND:
            reader.told.clear()
            reader.has_lost = True
            reader.count = 0
            if not barrier:
                return
        folders = list(reader.told.items())
        message = marshal.dumps((reader.has_lost, barrier, mounted, reader.who.new, folders))
        self._waiting += reader.count
        self._messages.put((reader.count, message))
        reader.who.new, reader.told, reader.count, reader.has_lost = {}, {}, 0, False

    def run(self) -> None:
        with contextlib.suppress(OSError):  # nobody listens any more
            while True:
                count, message = self._messages.get()
                self._answers.send(message)
                self._waiting -= count


def serve(queue_number: str, beginnings_number: str, empty_ns: str) -> None:
    """Read the queue of that descriptor, and tell what it says, until standard input is closed.

    The second is of a socket that tells which processes began, -1 where there is none; the third a moment at which
    the queue was empty and that socket told.
    """
    requests, answers = serving()
    queue = int(queue_number)
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, _PRIORITY)
    with contextlib.suppress(OSError, EOFError):
        places, mounts = marshal.loads(receive(requests))
        sender = _Sender(answers)
        sender.start()
        beginnings = Beginnings(int(beginnings_number))
        who = KnownProcesses(beginnings, int(empty_ns))
        _serve(queue, requests, Reader(places, mounts, who), beginnings, sender)


def _serve(queue: int, requests: FileIO, reader: Reader, beginnings: Beginnings, sender: _Sender) -> None:
    mounted = os.open("/proc/self/mountinfo", os.O_RDONLY | os.O_CLOEXEC)
    others, all_of_it = select.poll(), select.poll()
    for poll in (others, all_of_it):
        poll.register(requests, select.POLLIN)
        poll.register(mounted, select.POLLPRI)
        if beginnings.fileno() >= 0:
            poll.register(beginnings, select.POLLIN)
    all_of_it.register(queue, select.POLLIN)
    may_breathe = False
    while True:
        ready = dict(others.poll(_BREATH_MS) if may_breathe else all_of_it.poll())
        if beginnings.fileno() in ready:
            reader.who.hear()
        least = barrier = 0
        if requests.fileno() in ready:
            what, *values = marshal.loads(receive(requests))
            if what == "barrier":
                barrier = values[0]
                least = _waiting(queue)
            elif what == "rules":
                reader.leave_out(pickle.loads(values[0]))
            else:
                reader.move_to(*values)
        number = _empty(queue, reader, least)
        may_breathe = number > 0 and reader.who.can_wait
        if barrier or reader.told or reader.has_lost or mounted in ready:
            sender.put(reader, barrier, mounted=mounted in ready)


def _empty(queue: int, reader: Reader, least: int) -> int:
    """Read what the queue has, at least so many events of it, but not for ever; how many events it was."""
    number = turns = 0
    while turns < _READS_A_TURN or number < least:
        turns += 1
        at_ns = processes.now_ns()
        try:
            data = os.read(queue, _READ_BYTES)
        except BlockingIOError:
            reader.who.queue_is_empty(at_ns)
            return number
        number += reader.digest(data)
        if len(data) < _READ_BYTES - _LONGEST_EVENT:  # else more would have come with it
            reader.who.queue_is_empty(at_ns)
            return number
    return number


def _waiting(queue: int) -> int:
    """How many events a queue has, or more."""
    size = fcntl.ioctl(queue, termios.FIONREAD, struct.pack("=i", 0))
    return int(struct.unpack("=i", size)[0]) // _EVENT_BYTES
