"""Which process did what at which path, as a source of events told it, until a change there is recorded.

Filled by the source's thread, asked by the engine's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, Protocol, TypeGuard

from fcm_tui.model import Process
from fcm_tui.paths import SEPARATOR, join
from fcm_tui.watch.hints import Source
from fcm_tui.watch.ignore import IgnoreRules

WRITTEN: Final = 0x2
ATTRIBUTES: Final = 0x4
CLOSED: Final = 0x8
LEFT: Final = 0x40
CAME: Final = 0x80
MADE: Final = 0x100
REMOVED: Final = 0x200
FOLDER: Final = 0x40000000
"""What a process did, to a folder if `FOLDER` is with it; the numbers are fanotify's."""

MOST_NAMES = 500_000
"""Paths of which deeds are kept: about 100 MB at the worst."""
MOST_PROCESSES = 2048
"""That were told last, which are known by their keys; whoever tells keys tells again whose they are behind so many."""
_MOST_AT_A_PATH = 64
"""Deeds that are kept at one path; of more the last ones."""


NOBODY = Process(0, 0, b"", b"", b"", None, 0, b"", None)
"""A process of which nothing is known."""


class Deed(NamedTuple):
    """What one process did at a path, all of it since the deed of another one before it."""

    what: int
    process: Process
    arrived_ns: int
    """When it was told last, which is after it was done; wall clock."""
    order: int = 0
    """Of deeds at any paths, what was done later has the greater one."""
    move: tuple[bytes, bytes] | None = None
    """From which path to which it `CAME` last, where that is known."""


Told = tuple[bytes, int, int, int, bytes]
"""Name, what was done, key of the process, how manyth event of its batch it was, and the path from which it came."""


class Deeds:
    """By folder and name, in the order in which they were done."""

    def __init__(self, folded: Callable[[bytes], bytes] = bytes) -> None:
        """`folded` makes one path of all that are the same to the system."""
        self._lock = threading.Lock()
        self._folded = folded
        self._folders: dict[bytes, dict[bytes, list[Deed]]] = {}
        self._names = 0
        self._processes: dict[int, Process] = {}
        self._order = 0
        self.losses = 1
        """Counts how often deeds were lost; before the first scan all are."""
        self._made_up = 0
        """Of them, those for which a scan has made up."""

    def add(
        self,
        processes: Mapping[int, Process],
        folders: Iterable[tuple[bytes, Sequence[Told]]],
        arrived_ns: int,
    ) -> None:
        """Take in a batch, with the processes that are told in it by their keys."""
        with self._lock:
            known = self._processes
            for key in processes:
                known.pop(key, None)
            known.update(processes)  # as the last ones
            last = 0
            for folder, told in folders:
                names = self._folders.setdefault(self._folded(folder), {})
                before = len(names)
                for name, what, key, number, came_from in told:
                    deeds = names.setdefault(self._folded(name), [])
                    process, order = known.get(key, NOBODY), self._order + number
                    move = (came_from, join(folder, name)) if came_from else None
                    if deeds and deeds[-1].process == process:
                        move = move or deeds[-1].move
                        deeds[-1] = Deed(deeds[-1].what | what, process, arrived_ns, order, move)
                    else:
                        deeds.append(Deed(what, process, arrived_ns, order, move))
                        del deeds[:-_MOST_AT_A_PATH]
                    last = max(last, number)
                self._names += len(names) - before
            self._order += last + 1
            self._bound()
            if len(known) > 2 * MOST_PROCESSES:
                self._processes = dict(list(known.items())[-MOST_PROCESSES:])

    def _bound(self) -> None:
        """Forget the folders that were first heard of longest ago; what is then not known counts as lost."""
        while self._names > MOST_NAMES:
            self._names -= len(self._folders.pop(next(iter(self._folders))))
            self.losses += 1

    def lose(self) -> None:
        """Some were not told: until a scan made up for it, what is known may not be all."""
        with self._lock:
            self.losses += 1

    @property
    def is_whole(self) -> bool:
        """Whether all that was done since the last version of every path was told."""
        return self._made_up == self.losses

    @property
    def were_lost(self) -> bool:
        """Whether some were that this saw go, beside all those before the first scan."""
        return self.losses > 1

    def made_up(self, losses: int) -> None:
        """A scan of everything that began after so many losses has come to its end."""
        self._made_up = max(self._made_up, losses)

    def at(self, path: bytes) -> list[Deed]:
        """What was done at a path, in order."""
        folder, _, name = self._folded(path).rpartition(SEPARATOR)
        with self._lock:
            return list(self._folders.get(folder or SEPARATOR, {}).get(name, ()))

    def forget(self, path: bytes, until: Sequence[Deed]) -> None:
        """These deeds at a path are told of by a recorded change."""
        folder, _, name = self._folded(path).rpartition(SEPARATOR)
        folder = folder or SEPARATOR
        with self._lock:
            names = self._folders.get(folder)
            if names is None or name not in names:
                return
            left = [deed for deed in names[name] if deed not in until]
            if left:
                names[name] = left
                return
            del names[name]
            self._names -= 1
            if not names:
                del self._folders[folder]

    def age(self, before_ns: int) -> None:
        """Forget what was told before a moment and has led to no change: of files that are ignored, or came and went."""
        with self._lock:
            for folder, names in list(self._folders.items()):
                for name in [name for name, deeds in names.items() if deeds[-1].arrived_ns < before_ns]:
                    del names[name]
                    self._names -= 1
                if not names:
                    del self._folders[folder]


class Telling(Protocol):
    """A source of events that tells who did what."""

    deeds: Deeds

    @property
    def why_later_is_not_told(self) -> str:
        """Why nothing may be told of a process that goes on with what it was told to do; empty where all is."""

    def knows_who(self, path: bytes) -> bool:
        """Whether it is told of what is done at a path."""

    def leave_out(self, rules: Mapping[bytes, IgnoreRules]) -> None:
        """Tell nothing of what the rules of each root match."""

    def catch_up(self, seconds: float, paths: Collection[bytes] = ()) -> bool:
        """Wait until what was done before this call is among the deeds; asked for what was done at some paths."""


def tells_who(source: Source) -> TypeGuard[Telling]:
    """Whether a source may tell which process did what."""
    return hasattr(source, "deeds")
