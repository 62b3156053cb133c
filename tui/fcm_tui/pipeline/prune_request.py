"""How `fcm-tui prune` asks the recorder at work to do it: one file for the wish, one for what came of it.

A third says when retention was looked after last, for recorders that do not stay.

They lie where a restore announces itself, beside the database.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from fcm_tui.errors import FcmError, NotSoError
from fcm_tui.intents import put
from fcm_tui.settings.config import Retention

_REQUEST = "prune.request"
_RESULT = "prune.result"
_LAST = "prune.last"
_LARGEST = 4096
_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody wants a prune."""

    token: str
    retention: Retention


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
    folder.mkdir(mode=0o700, exist_ok=True)
    token = secrets.token_hex(16)
    put(folder / _REQUEST, {"token": token, "retention": asdict(retention)})
    try:
        while True:
            going_on = is_recording()  # asked first: its last deed is to tell
            told = _read(folder / _RESULT)
            if told is not None and told.get("token") == token:
                with contextlib.suppress(OSError):
                    (folder / _RESULT).unlink()
                result = Result(token, told["versions"], told["size"], told["error"])
                if result.error:
                    raise NotSoError(f"the recorder could not prune: {result.error}")
                return result
            if not going_on:
                raise NotSoError("the recorder ended before it had pruned: try again")
            time.sleep(_PAUSE)
    finally:
        request = _read(folder / _REQUEST)
        if request is not None and request.get("token") == token:
            with contextlib.suppress(OSError):
                (folder / _REQUEST).unlink()


def take(folder: Path) -> Request | None:
    """The wish that waits, which is taken away with that; cheap while there is none."""
    path = folder / _REQUEST
    if not path.exists():
        return None
    told = _read(path)
    with contextlib.suppress(OSError):
        path.unlink()
    if told is None or not isinstance(told.get("token"), str):
        return None
    try:
        return Request(told["token"], _retention(told["retention"]))
    except (KeyError, TypeError, FcmError) as error:
        answer(folder, Result(told["token"], error=f"it does not understand what is asked ({error})"))
        return None


def answer(folder: Path, result: Result) -> None:
    """Tell what came of a wish; who asked may have gone."""
    with contextlib.suppress(OSError):
        put(folder / _RESULT, asdict(result))


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


def _retention(told: object) -> Retention:
    if not isinstance(told, dict) or {*told} != {field.name for field in fields(Retention)}:
        raise NotSoError("another version of fcm-tui asks")
    if not all(value is None or isinstance(value, int | float) for value in told.values()):
        raise NotSoError("a rule is no number")
    return Retention(**told)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        with open(path, "rb") as file:
            told = json.loads(file.read(_LARGEST))
    except (OSError, ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None
