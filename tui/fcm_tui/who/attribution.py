"""The join of what processes did with what changed: asked for each change before it is recorded.

A change is told apart by what can have made it: a deletion only by who deleted the file or moved it away (or a folder
above it), a move by who moved it, other changes by all who touched the path since the version before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from fcm_tui.model import Draft, Kind, Process
from fcm_tui.paths import SEPARATOR
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
_LOST = "events were lost"
_BEFORE = "it was before recording began, or just then"
_LATE = "events came late"
_CLOCK_NS = 20_000_000
"""By which a file's times may be behind the clock: the kernel takes them from its last tick."""
_CARRIED = 20_000
"""Paths of which it is remembered who touched them last."""

Guess = Callable[[Sequence[Draft]], dict[bytes, list[Process]]]


class Attribution:
    """Says of drafts who made them. For the engine's thread."""

    def __init__(self, source: Telling | None, guess: Guess) -> None:
        """`guess` says which processes have the files of some drafts open, by path; for what no source tells of."""
        self._source = source
        self._guess = guess
        self._carried: dict[bytes, tuple[int, list[Process]]] = {}
        """Of paths whose deeds were used up: until when (wall clock), and whose they were."""
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
        found = list(_fitting(draft, all_deeds))
        processes = list(dict.fromkeys(deed.process for deed in reversed(found)))
        why_not = source.why_later_is_not_told
        if not processes and not why_not:
            processes = self._carry(draft)
        earlier = self._carried.get(draft.path, (0, []))[1] if why_not and draft.kind in _GOES_ON else []
        self._carried[draft.path] = now_ns, processes or earlier
        if len(self._carried) > _CARRIED:
            self._carried = dict(list(self._carried.items())[_CARRIED // 2 :])
        doubt = _doubt(all_deeds, is_whole=is_whole, is_there=is_there)
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
                self._used.append((path, _used_up(draft, path, all_deeds)))

    def _carry(self, draft: Draft) -> list[Process]:
        """Who touched the path up to the change before, where what this one is about may have been done then already."""
        until_ns, processes = self._carried.get(draft.path, (0, []))
        state = draft.state
        return processes if state is not None and state.ctime_ns <= until_ns + _CLOCK_NS else []


def _doubt(all_deeds: Deeds, *, is_whole: bool, is_there: bool) -> str:
    """Why what was told may not be all of it; empty where it is."""
    if is_whole:
        return "" if is_there else _LATE
    return _LOST if all_deeds.were_lost else _BEFORE


def _fitting(draft: Draft, all_deeds: Deeds) -> Iterator[Deed]:
    """The deeds that can have made a change, in the order in which they were done."""
    here = all_deeds.at(draft.path)
    if draft.kind is Kind.DELETED:
        going = [deed for deed in here if deed.what & _GOING]
        yield from going[-1:] or _above(draft.path, all_deeds, _GOING)
        return
    if draft.kind is Kind.MOVED and draft.previous_path is not None:
        came = [deed for deed in here if deed.what & deeds.CAME]
        left = [deed for deed in all_deeds.at(draft.previous_path) if deed.what & deeds.LEFT]
        yield from came or left or _above(draft.path, all_deeds, deeds.CAME)
        if draft.before != draft.after:
            yield from (deed for deed in here if deed.what & _CONTENT and deed not in came)
            yield from (d for d in all_deeds.at(draft.previous_path) if d.what & _CONTENT and d not in left)
        elif not (came or left):
            yield from (deed for deed in all_deeds.at(draft.previous_path) if deed.what & _GOING)
            yield from here
        return
    if here:
        yield from here
    elif draft.kind is Kind.CREATED:
        yield from _above(draft.path, all_deeds, deeds.CAME)


def _above(path: bytes, all_deeds: Deeds, what: int) -> list[Deed]:
    """What was done last to the nearest folder above that something was done to: all in it came or went with it."""
    folder = path.rpartition(SEPARATOR)[0]
    while folder:
        done = [deed for deed in all_deeds.at(folder) if deed.what & what and deed.what & deeds.FOLDER]
        if done:
            return done[-1:]
        folder = folder.rpartition(SEPARATOR)[0]
    return []


def _used_up(draft: Draft, path: bytes, all_deeds: Deeds) -> list[Deed]:
    """The deeds at a path that a change tells of, but not a deletion that came after what it tells of."""
    here = all_deeds.at(path)
    if draft.kind is Kind.DELETED or path != draft.path:
        return here
    last = max((at for at, deed in enumerate(here) if deed.what & (deeds.MADE | deeds.CAME)), default=-1)
    later = [
        at for at, deed in enumerate(here) if at > last and deed.what & _GOING and not deed.what & _CONTENT
    ]
    return here[: later[0]] if later else here
