"""How other processes have the recorder at work do something: a file for each wish, one for what came of it.

They lie where a restore announces itself, beside the database, where only the owner of the record can write.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fcm_tui.errors import NotSoError
from fcm_tui.private_file import read_small
from fcm_tui.whole_file import put

_LARGEST = 4096
_PAUSE = 0.05
_REQUEST, _RESULT = ".request", ".result"
_UNREAD = 600.0
"""Seconds after which nobody comes for an answer: who asks looks for it all the time."""


def ask(
    folder: Path,
    kind: str,
    wish: dict[str, Any],
    is_recording: Callable[[], bool],
    *,
    verb: str,
    patience: float | None = None,
) -> dict[str, Any]:
    """Have the recorder at work fulfil a wish, and wait for its answer, which has `token` and `error` at least.

    Args:
        verb: what it was to do, for errors: `pruned`.
        patience: seconds, after which the wish is taken back; None for as long as it records.

    Raises:
        NotSoError: the recorder ended before, did not answer in time, or could not do it.
        OSError: the folder cannot be written.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    token = secrets.token_hex(16)
    request, result = _request(folder, kind, token), _result(folder, kind, token)
    put(request, {"token": token, **wish})
    deadline = None if patience is None else time.monotonic() + patience
    try:
        while True:
            going_on = is_recording()  # asked first: its last deed is to tell
            told = read(result)
            if told is not None:
                if told["error"]:
                    raise NotSoError(f"the recorder has not {verb}: {told['error']}")
                return told
            if not going_on:
                raise NotSoError(f"the recorder ended before it had {verb}: try again")
            if deadline is not None and time.monotonic() > deadline:
                raise NotSoError(
                    f"the recorder has not {verb} within {patience:.0f} s: see `fcm-tui status`, and try again"
                )
            time.sleep(_PAUSE)
    finally:
        for path in (request, result):
            with contextlib.suppress(OSError):
                path.unlink()


def take(folder: Path, kind: str) -> dict[str, Any] | None:
    """The wish that waits longest, which is taken away with that; cheap while there is none."""
    waiting: list[tuple[int, str]] = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(f"{kind}-") and entry.name.endswith(_REQUEST):
                waiting.append((entry.stat().st_mtime_ns, entry.path))
    for mtime_ns, name in sorted(waiting):
        path = Path(name)
        try:
            told = _read(path)
        except OSError:  # as on Windows for the moment in which somebody else looks at it
            if time.time() - mtime_ns / 1e9 < _UNREAD:
                continue
            told = None
        with contextlib.suppress(OSError):
            path.unlink()
        token = path.name.removeprefix(f"{kind}-").removesuffix(_REQUEST)
        if told is not None and told.get("token") == token:
            return told
    return None


def put_back(folder: Path, kind: str, wish: dict[str, Any]) -> bool:
    """Leave a wish that was taken, with its `token`, for later; False where that cannot be."""
    with contextlib.suppress(OSError):
        put(_request(folder, kind, wish["token"]), wish)
        return True
    return False


def answer(folder: Path, kind: str, told: dict[str, Any]) -> None:
    """Tell what came of a wish; who asked may have gone, and what others left unread then is taken away."""
    with contextlib.suppress(OSError):
        put(_result(folder, kind, told["token"]), told)
        for left in folder.glob(f"{kind}-*{_RESULT}"):
            if time.time() - left.stat().st_mtime > _UNREAD:
                left.unlink()


def _request(folder: Path, kind: str, token: str) -> Path:
    return folder / f"{kind}-{token}{_REQUEST}"


def _result(folder: Path, kind: str, token: str) -> Path:
    return folder / f"{kind}-{token}{_RESULT}"


def read(path: Path) -> dict[str, Any] | None:
    """What such a file holds; None where there is none, or it is not ours."""
    with contextlib.suppress(OSError):
        return _read(path)
    return None


def _read(path: Path) -> dict[str, Any] | None:
    try:
        told = json.loads(read_small(path, _LARGEST))
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None
