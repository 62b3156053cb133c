"""How `fcm-tui prune` asks the recorder at work to do it (see `wishes`).

A file beside says when retention was looked after last, for recorders that do not stay.
"""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from fcm_tui.errors import FcmError, NotSoError
from fcm_tui.pipeline import wishes
from fcm_tui.settings.config import Retention
from fcm_tui.whole_file import put

_KIND = "prune"
_LAST = "prune.last"


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody wants a prune."""

    token: str
    retention: Retention
    versions: int = 0
    """Thinned out for it already, by a recorder that began anew meanwhile."""
    size: int = 0
    """Their bytes."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it."""

    token: str
    versions: int = 0
    """Thinned out."""
    size: int = 0
    """Their bytes."""
    error: str = ""


def ask(folder: Path, retention: Retention, is_recording: Callable[[], bool]) -> Result:
    """Have the recorder at work prune by these rules, and wait for the end of that.

    Raises:
        NotSoError: the recorder ended before, or could not do it.
        OSError: the folder cannot be written.
    """
    told = wishes.ask(folder, _KIND, {"retention": asdict(retention)}, is_recording, verb="pruned")
    return Result(told["token"], told["versions"], told["size"])


def take(folder: Path) -> Request | None:
    """The wish that waits, which is taken away with that; cheap while there is none."""
    told = wishes.take(folder, _KIND)
    if told is None:
        return None
    try:
        done = [_count(told.get(name, 0)) for name in ("versions", "size")]
        return Request(told["token"], _retention(told["retention"]), *done)
    except (KeyError, TypeError, FcmError) as error:
        answer(folder, Result(told["token"], error=f"it does not understand what is asked ({error})"))
        return None


def put_off(folder: Path, request: Request) -> bool:
    """Leave it to the recorder that goes on from here; False where that cannot be."""
    return wishes.put_back(folder, _KIND, asdict(request))


def answer(folder: Path, result: Result) -> None:
    """Tell what came of a wish; who asked may have gone."""
    wishes.answer(folder, _KIND, asdict(result))


def note_done(folder: Path) -> None:
    """Retention was looked after just now."""
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
        put(folder / _LAST, {})


def seconds_since_done(folder: Path) -> float:
    """Infinite where that is not known: it never was, or the clock was set back since."""
    try:
        seconds = time.time() - os.stat(folder / _LAST).st_mtime
    except OSError:
        return math.inf
    return seconds if seconds >= 0 else math.inf


def _count(told: object) -> int:
    if not isinstance(told, int):
        raise NotSoError("what was done already is no number")
    return told


def _retention(told: object) -> Retention:
    if not isinstance(told, dict) or {*told} != {field.name for field in fields(Retention)}:
        raise NotSoError("another version of fcm-tui asks")
    if not all(value is None or isinstance(value, int | float) for value in told.values()):
        raise NotSoError("a rule is no number")
    return Retention(**told)
