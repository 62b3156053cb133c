"""How another process has the recorder at work do something: one file for the wish, one for what came of it.

They lie where a restore announces itself, beside the database, where only the owner of the record can write.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fcm_tui.errors import NotSoError
from fcm_tui.intents import put

_LARGEST = 4096
_PAUSE = 0.05


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
    request, result = folder / f"{kind}.request", folder / f"{kind}.result"
    put(request, {"token": token, **wish})
    deadline = None if patience is None else time.monotonic() + patience
    try:
        while True:
            going_on = is_recording()  # asked first: its last deed is to tell
            told = read(result)
            if told is not None and told.get("token") == token:
                with contextlib.suppress(OSError):
                    result.unlink()
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
        waiting = read(request)
        if waiting is not None and waiting.get("token") == token:
            with contextlib.suppress(OSError):
                request.unlink()


def take(folder: Path, kind: str) -> dict[str, Any] | None:
    """The wish that waits, which is taken away with that; cheap while there is none."""
    path = folder / f"{kind}.request"
    if not path.exists():
        return None
    told = read(path)
    with contextlib.suppress(OSError):
        path.unlink()
    return told if told is not None and isinstance(told.get("token"), str) else None


def put_back(folder: Path, kind: str, wish: dict[str, Any]) -> bool:
    """Leave a wish that was taken, with its `token`, for later; False where a newer one waits already, or it cannot be."""
    path = folder / f"{kind}.request"
    with contextlib.suppress(OSError):
        if not path.exists():
            put(path, wish)
            return True
    return False


def answer(folder: Path, kind: str, told: dict[str, Any]) -> None:
    """Tell what came of a wish; who asked may have gone."""
    with contextlib.suppress(OSError):
        put(folder / f"{kind}.result", told)


def read(path: Path) -> dict[str, Any] | None:
    """What such a file holds; None where there is none, or it is not ours."""
    try:
        with open(path, "rb") as file:
            told = json.loads(file.read(_LARGEST))
    except (OSError, ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None
