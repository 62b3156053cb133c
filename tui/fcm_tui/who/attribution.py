"""The join of what processes did with what changed: asked for each change before it is recorded.

A change is told apart by what can have made it: a deletion only by who deleted the file or moved it away (or a folder
above it), a move by who moved it, other changes by all who touched the path since the version before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import NamedTuple

from fcm_tui.model import Draft, Kind, Process
from fcm_tui.paths import SEPARATOR, is_inside
from fcm_tui.watch import deeds
from fcm_tui.watch.deeds import Deed, Deeds, Telling
from fcm_tui.who.words import How, told

_PATIENCE = 3.0
"""Seconds that the source may take to tell of what was done up to now."""
_SETTLING = 1.0
"""Seconds after which what was being written while everything was scanned has been recorded at least once."""
_GOING = deeds.REMOVED | deeds.LEFT
_CONTENT = deeds.WRITTEN | deeds.CLOSED | deeds.MADE | deeds.CAME
_GOES_ON = (Kind.MODIFIED, Kind.METADATA)
"""What a process that changed a file before may go on to do."""
_NO_EVENT = "no event told of it"
_NOT_WRITTEN = "no event told of the writing"
_NOT_PUT = "no event told what took its place"
_LOST = "events were lost"
_BEFORE = "it was before recording began, or just then"
_LATE = "events came late"
_CLOCK_NS = 20_000_000
"""By which a file's times may be behind the clock: the kernel takes them from its last tick."""
_CARRIED = 20_000
"""Paths of which it is remembered who touched them last."""


class _Last(NamedTuple):
    """What was said of a path last."""

    until_ns: int
    """Its deeds up to then (wall clock) were used up."""
    processes: list[Process]
    order: int
    """Of the last of the deeds."""


_NOTHING = _Last(0, [], -1)
Guess = Callable[[Sequence[Draft]], dict[bytes, list[Process]]]


class Attribution:
    """Says of drafts who made them. For the engine's thread."""

    def __init__(self, source: Telling | None, guess: Guess) -> None:
        """`guess` says which processes have the files of some drafts open, by path; for what no source tells of."""
        self._source = source
        self._guess = guess
        self._carried: dict[bytes, _Last] = {}
        """Of paths whose deeds were used up."""
        self._scanned: tuple[int, float] | None = None
        """How often deeds had been lost when the last scan of everything began, and when (monotonic) it counts anyway."""
        self._used: list[tuple[bytes, list[Deed]]] = []

    def begin_scan(self) -> int:
        """To be called before a scan of everything; what it returns goes to `scanned`."""
        return 0 if self._source is None else self._source.deeds.losses

    def scanned(self, begun: int) -> None:
        """A scan of everything came to its end; what it found is recorded, but for what is still being written."""
        self._scanned = begun, time.monotonic() + _SETTLING

    def passed(self, *, is_settled: bool) -> None:
        """A pass came to its end, with nothing that is still being written if `is_settled`."""
        if self._source is not None and self._scanned is not None:
            begun, until = self._scanned
            if is_settled or time.monotonic() >= until:
                self._source.deeds.made_up(begun)
                self._scanned = None

    def attribute(self, drafts: Sequence[Draft]) -> None:
        """Put into each draft what is known of who made it."""
        source = self._source
        known = [draft for draft in drafts if source is not None and source.knows_who(draft.path)]
        if source is not None and known:
            is_there = source.catch_up(_PATIENCE, [draft.path for draft in known])
            now_ns = time.time_ns()
            is_whole = source.deeds.is_whole
            for draft in known:
                self._attribute(draft, source, now_ns, is_whole=is_whole, is_there=is_there)
        rest = [draft for draft in drafts if draft.process_info is None]
        for path, processes in (self._guess(rest) if rest else {}).items():
            for draft in rest:
                if draft.path == path:
                    draft.process, draft.process_info = told(processes, How.GUESS, "it had the file open")

    def recorded(self) -> None:
        """What was said since the last call is recorded: it is not said again."""
        if self._source is not None:
            for path, used in self._used:
                self._source.deeds.forget(path, used)
        self._used.clear()

    def forget(self) -> None:
        """What was said since `recorded` is not recorded: it will be asked for again."""
        self._used.clear()

    def _attribute(
        self, draft: Draft, source: Telling, now_ns: int, *, is_whole: bool, is_there: bool
    ) -> None:
        all_deeds = source.deeds
        last = self._carried.get(draft.path, _NOTHING)
        found = _fitting(draft, all_deeds, last.order)
        processes = list(dict.fromkeys(deed.process for deed in reversed(found)))
        why_not = source.why_later_is_not_told
        if not processes and not why_not:
            processes = _carry(draft, last)
        earlier = last.processes if why_not and draft.kind in _GOES_ON else []
        order = max([last.order, *(deed.order for deed in found)])
        self._carried[draft.path] = _Last(now_ns, processes or earlier, order)
        if len(self._carried) > _CARRIED:
            self._carried = dict(list(self._carried.items())[_CARRIED // 2 :])
        doubt = _doubt(all_deeds, is_whole=is_whole, is_there=is_there) or _gap(draft, found)
        if not processes and earlier:
            draft.process, draft.process_info = told(earlier, How.GUESS, why_not)
        elif not processes:
            draft.process, draft.process_info = told([], How.UNKNOWN, doubt or _NO_EVENT)
        elif doubt:
            draft.process, draft.process_info = told(
                processes, How.GUESS, f"{doubt}, others may have changed it"
            )
        else:
            draft.process, draft.process_info = told(
                processes, How.EVENT if len(processes) == 1 else How.SEVERAL
            )
        for path in (draft.path, draft.previous_path):
            if path is not None:
                self._used.append((path, _used_up(draft, path, all_deeds, found)))
        if draft.kind is not Kind.DELETED:
            self._used += _brought(draft.path, found, all_deeds)


def _carry(draft: Draft, last: _Last) -> list[Process]:
    """Who touched the path up to the change before, where what this one is about may have been done then already."""
    state = draft.state
    if state is None or _is_replaced(draft):
        return []
    return last.processes if state.ctime_ns <= last.until_ns + _CLOCK_NS else []


def _is_replaced(draft: Draft) -> bool:
    """Whether another file stands there than before."""
    old, new = draft.previous, draft.state
    return draft.kind in _GOES_ON and old is not None and new is not None and old.inode != new.inode


def _gap(draft: Draft, found: Sequence[Deed]) -> str:
    """What the deeds that were told do not explain of a change, so that others had a hand in it; empty for nothing."""
    is_put = any(deed.what & (deeds.MADE | deeds.CAME) for deed in found)
    if not found or is_put or draft.kind is not Kind.MODIFIED:
        return ""
    if _is_replaced(draft):
        return _NOT_PUT
    is_written = draft.before == draft.after or any(deed.what & deeds.WRITTEN for deed in found)
    return "" if is_written else _NOT_WRITTEN


def _doubt(all_deeds: Deeds, *, is_whole: bool, is_there: bool) -> str:
    """Why what was told may not be all of it; empty where it is."""
    if is_whole:
        return "" if is_there else _LATE
    return _LOST if all_deeds.were_lost else _BEFORE


def _fitting(draft: Draft, all_deeds: Deeds, after: int) -> list[Deed]:
    """The deeds that can have made a change, in the order in which they were done.

    What was done to a folder above counts where it came after the deeds of which `after` was the last: what was told of
    the path before.
    """
    here = all_deeds.at(draft.path)
    put = max([after, *(deed.order for deed in here if deed.what & (deeds.MADE | deeds.CAME))])
    if draft.kind is Kind.DELETED:
        going = [deed for deed in here if deed.what & _GOING][-1:]
        if going and going[0].order >= put:
            return going
        return _above(draft.path, all_deeds, _GOING, put) or going
    if draft.kind is Kind.MOVED and draft.previous_path is not None:
        return list(_moving(draft, draft.previous_path, all_deeds))
    found = here + _above(draft.path, all_deeds, deeds.CAME, put)
    return _in_order(found + [deed for _, made in _brought(draft.path, found, all_deeds) for deed in made])


def _brought(path: bytes, found: Sequence[Deed], all_deeds: Deeds) -> Iterator[tuple[bytes, list[Deed]]]:
    """Where what came to a path, itself or with its folder, was before, and the deeds that made it what it is there."""
    for deed in found:
        if deed.move is not None and is_inside(path, deed.move[1]):
            old, new = deed.move
            before = old + path[len(new) :]
            yield before, [d for d in all_deeds.at(before) if d.what & _CONTENT and d.order < deed.order]


def _moving(draft: Draft, previous_path: bytes, all_deeds: Deeds) -> Iterator[Deed]:
    here, there = all_deeds.at(draft.path), all_deeds.at(previous_path)
    came = [deed for deed in here if deed.what & deeds.CAME]
    left = [deed for deed in there if deed.what & deeds.LEFT]
    yield from came or left or _above(draft.path, all_deeds, deeds.CAME)
    if draft.before != draft.after:
        yield from (deed for deed in here if deed.what & _CONTENT and deed not in came)
        yield from (deed for deed in there if deed.what & _CONTENT and deed not in left)
    elif not (came or left):
        yield from (deed for deed in there if deed.what & _GOING)
        yield from here


def _in_order(found: list[Deed]) -> list[Deed]:
    return sorted(found, key=attrgetter("order"))


def _above(path: bytes, all_deeds: Deeds, what: int, after: int = -1) -> list[Deed]:
    """What was done last to the folders above, and behind another deed: all in them came or went with it."""
    done: list[Deed] = []
    folder = path.rpartition(SEPARATOR)[0]
    while folder:
        done += [
            deed
            for deed in all_deeds.at(folder)
            if deed.what & what and deed.what & deeds.FOLDER and deed.order > after
        ]
        folder = folder.rpartition(SEPARATOR)[0]
    return _in_order(done)[-1:]


def _used_up(draft: Draft, path: bytes, all_deeds: Deeds, found: Sequence[Deed]) -> list[Deed]:
    """The deeds at a path that a change tells of, but not a deletion that came after what it tells of."""
    here = all_deeds.at(path)
    if draft.kind is Kind.DELETED or path != draft.path:
        return here
    put = max((deed.order for deed in found if deed.what & (deeds.MADE | deeds.CAME)), default=-1)
    later = [
        at
        for at, deed in enumerate(here)
        if deed.order > put and deed.what & _GOING and not deed.what & _CONTENT
    ]
    return here[: later[0]] if later else here
