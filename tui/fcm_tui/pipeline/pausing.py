"""Recording that pauses, goes on or ends because another process asks for it (see `wishes`).

While it pauses nothing is looked at. What changed meanwhile is found by the scan with which it goes on, and stands in the
gap ledger with who paused it and why.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fcm_tui.model import Pause
from fcm_tui.pipeline import wishes

if TYPE_CHECKING:  # who only asks need not import what records
    from fcm_tui.pipeline.schedule import Schedule
    from fcm_tui.pipeline.session import Session

LOOK = 0.25
"""Seconds between two looks at whether a pause is over."""
_PATIENCE = 30.0
"""Seconds that a recorder gets to answer: between two looks it does at once, but a scan may take longer."""
_KIND = "pause"
_PAUSE, _RESUME, _END = "pause", "resume", "end"
_LENGTHS = (40, 80)
"""Characters of who paused it, and why, that are kept."""


def ask_to_pause(folder: Path, pause: Pause, is_recording: Callable[[], bool]) -> None:
    """Have the recorder at work pause.

    Raises:
        NotSoError: it could not, or did not answer.
        OSError: the folder cannot be written.
    """
    wishes.ask(
        folder, _KIND, {"do": _PAUSE, **pause._asdict()}, is_recording, verb="paused", patience=_PATIENCE
    )


def ask_to_resume(folder: Path, is_recording: Callable[[], bool]) -> None:
    """Have it go on.

    Raises:
        NotSoError: it is not paused, or did not answer.
        OSError: the folder cannot be written.
    """
    wishes.ask(folder, _KIND, {"do": _RESUME}, is_recording, verb="gone on", patience=_PATIENCE)


def ask_to_end(folder: Path, is_recording: Callable[[], bool]) -> None:
    """Have it end, cleanly; that it answers comes before that.

    Raises:
        NotSoError: it ended before it had answered, or did not answer.
        OSError: the folder cannot be written.
    """
    wishes.ask(folder, _KIND, {"do": _END}, is_recording, verb="ended", patience=_PATIENCE)


class Pausing:
    """What others want of a recorder at work. For the engine's thread."""

    def __init__(self, folder: Path) -> None:
        """`folder` is where wishes are left."""
        self._folder = folder
        self.now: Pause | None = None
        """The pause that it is in."""
        self.is_to_end = False
        """Somebody wants it to end."""

    def obey(self, session: Session, schedule: Schedule) -> None:
        """Do what somebody asked for since the last call.

        Raises:
            sqlite3.Error: the disk refuses to take down that it pauses, so it does not.
        """
        if self.now is not None and self.now.until_ns is not None and time.time_ns() >= self.now.until_ns:
            self.now = None
        wish = wishes.take(self._folder, _KIND)
        if wish is None:
            return
        try:
            error = self._do(wish, session, schedule)
        except Exception as refusal:
            self._answer(wish, str(refusal) or type(refusal).__name__)
            raise
        self._answer(wish, error)

    def _do(self, wish: dict[str, Any], session: Session, schedule: Schedule) -> str:
        if wish.get("do") == _PAUSE:
            pause = _pause(wish)
            if self.now is None:
                schedule.last_look()  # what waited to be looked at again does not wait for the end of the pause
                session.engine.ledger.miss(session.engine.roots, _reason(pause))
                session.engine.ledger.write()
            self.now = pause
        elif wish.get("do") == _RESUME:
            if self.now is None:
                return "it is not paused"
            self.now = None
        elif wish.get("do") == _END:
            self.is_to_end = True
        else:
            return "another version of fcm-tui asks"
        return ""

    def _answer(self, wish: dict[str, Any], error: str) -> None:
        wishes.answer(self._folder, _KIND, {"token": wish["token"], "error": error[:400]})


def _pause(wish: dict[str, Any]) -> Pause:
    by, reason = (
        str(wish.get(name) or "")[:most] for name, most in zip(("by", "reason"), _LENGTHS, strict=True)
    )
    until = wish.get("until_ns")
    return Pause(time.time_ns(), by, reason, until if isinstance(until, int) else None)


def _reason(pause: Pause) -> str:
    return f"recording was paused by {pause.by}{f': {pause.reason}' if pause.reason else ''}"
