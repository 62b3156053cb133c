"""How the recorder stands, and what is wrong in words."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from fcm_tui.errors import StoreError
from fcm_tui.model import Gap, Pause, Shipping, Standing
from fcm_tui.pipeline.progress import Progress
from fcm_tui.safetext import path_text, visible, visible_path
from fcm_tui.store.database import may_be_full, may_pass, no_room
from fcm_tui.store.values import reading

if TYPE_CHECKING:
    from fcm_tui.pipeline.roots import WatchedRoot
    from fcm_tui.watch.hints import Source

T = TypeVar("T")

REFUSALS = (sqlite3.Error, OSError, MemoryError)
"""What the disk, the database or the system may say for a while."""

_log = logging.getLogger("fcm_tui.recorder")


class RecorderState(NamedTuple):
    """What the recorder is at, for a status line."""

    phase: str = "starting"
    """As `model.Standing` has it."""
    roots: int = 0
    files: int = 0
    standing_still: bool = False
    """Nothing can be recorded now; `message` says why. It goes on by itself once the cause is gone."""
    pending: bool = False
    """Something waits to be looked at again."""
    message: str = ""
    """What is wrong and how to mend it, or empty."""
    progress: Progress | None = None
    last_gap: Gap | None = None
    shipping: Shipping | None = None
    """How sending to the team's database goes; None where there is none."""
    paused: Pause | None = None
    """While the phase is `paused`."""
    sources: tuple[tuple[str, str], ...] = ()
    """As `model.Standing` has them."""


class LiveState:
    """How a recorder stands while it changes, and what other processes and the log file are to be told of that."""

    def __init__(self, roots: int) -> None:
        self.now = RecorderState(roots=roots)
        """A new object after each change."""
        self.trouble = ""
        """Why nothing can be recorded now, or empty."""
        self._said: Standing | None = None

    def set(self, **changes: Any) -> None:
        """Fields of the state that are otherwise now."""
        self.now = self.now._replace(**changes)

    def stand_still(self, error: Exception, retry: float) -> str:
        """Nothing can be recorded now, which is tried again after so many seconds; why, in words."""
        why = words(error)
        self.trouble = f"recording stands still: {why}; it is tried again every {retry:.0f} s"
        self.set(standing_still=True, message=self.trouble)
        return why

    def goes_on(self) -> None:
        """It can be recorded again."""
        self.trouble = ""
        self.set(standing_still=False)

    def from_record(self, database: Path, work: Callable[[], T]) -> T:
        """What `work` on a record gives, where a damaged record is the end.

        Where nothing could be recorded a moment ago, what keeps it from being opened may pass like what closed it;
        and so may a full disk.

        Raises:
            StoreError: the record cannot be used.
            sqlite3.Error, OSError: the disk refuses, or another program holds the record: later it may do.
        """
        is_reopened = bool(self.trouble)
        refusal: Exception
        with reading(database):
            try:
                return work()
            except sqlite3.Error as error:
                if not may_pass(error):
                    raise
                refusal = error
            except StoreError as error:
                cause = error.__cause__
                if not (isinstance(cause, sqlite3.Error) and may_pass(cause)):
                    raise
                full = no_room(database.parent) if may_be_full(cause) else None
                if full is None and not is_reopened:
                    raise
                refusal = full or cause
        raise refusal

    def news(self) -> Standing | None:
        """How it stands, if that is otherwise than at the last call."""
        state, said = self.now, self._said
        trouble = state.message
        since_ns: int | None = said.since_ns if said is not None and said.trouble else time.time_ns()
        since_ns = since_ns if trouble else None
        standing = Standing(state.phase, trouble, since_ns, state.shipping, state.paused, state.sources)
        if standing == said:
            return None
        if said is None or (standing.phase, trouble) != (said.phase, said.trouble):
            level = logging.WARNING if trouble else logging.INFO
            _log.log(level, "%s; %s", standing.phase, trouble or "all is well")
        self._said = standing
        return standing


def watched_by(source: Source, roots: Sequence[WatchedRoot]) -> tuple[tuple[str, str], ...]:
    """What watches each root, in words: first, under an empty path, what watches most of them, then the others."""
    unwatched, sources = source.unwatched, source.sources
    told = {}
    for root in roots:
        why = unwatched.get(root.path)
        if root.poll is True or (root.poll is None and why is not None):
            told[root.path] = f"poll: {why}" if why else "poll"
        else:
            told[root.path] = sources.get(root.path, source.name)
    most = Counter(told.values()).most_common(1)
    if not most:
        return ()
    others = ((path_text(path), said) for path, said in told.items() if said != most[0][0])
    return (("", most[0][0]), *others)


def unwatched_by(source: Source) -> list[str]:
    """Which roots are polled because they cannot be watched, and why."""
    return [f"{visible_path(path)}: {why}" for path, why in source.unwatched.items() if why]


def words(error: Exception) -> str:
    """What went wrong, for a person; the kind of error too where it is none that we expect."""
    if isinstance(error, MemoryError):
        return "memory is used up"
    if isinstance(error, OSError) and error.strerror:
        where = f" ({visible(str(error.filename))})" if error.filename else ""
        return f"{error.strerror}{where}"
    said = visible(str(error))
    return said if isinstance(error, sqlite3.Error) else f"{type(error).__name__}: {said}"
