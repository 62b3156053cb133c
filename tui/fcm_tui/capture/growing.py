"""Capturing a file that never comes to rest, as it is at a moment, and still never a mixture of versions."""

from __future__ import annotations

import errno
import hashlib
import os

from fcm_tui.capture.stable import Outcome, Reading, read_stable

_TRIES = 4


def read_unsettled(path: bytes, size_limit: int) -> Reading:
    """Read a file under constant writing.

    Two readings in a row have to agree, on the whole file or, where it only grows, on what was there
    when the first began. Where none do, the reading is `UNREADABLE` and says so.
    """
    last: Reading | None = None
    for _ in range(_TRIES):
        reading = read_stable(path, size_limit, settle=False)
        if reading.outcome not in (Outcome.UNSETTLED, Outcome.READ, Outcome.TOO_LARGE):
            return reading
        grown = reading.outcome is Outcome.UNSETTLED
        if grown and reading.data is not None and reading.state is not None:
            reading.data = reading.data[: reading.state.size]
            reading.digest = hashlib.sha256(reading.data).digest()
        if last is not None and _agree(last, reading):
            last.outcome = Outcome.READ if last.data is not None else Outcome.TOO_LARGE
            return last
        last = reading
    reading = read_stable(path, size_limit, settle=False)
    if reading.outcome is Outcome.UNSETTLED:
        reading.outcome, reading.data, reading.digest = Outcome.UNREADABLE, None, None
        reading.error = OSError(errno.EBUSY, "it changes all the time", os.fsdecode(path))
    return reading


def _agree(first: Reading, second: Reading) -> bool:
    if first.digest is None or first.state is None:
        return False
    if first.digest == second.digest:
        return True
    if first.data is None or second.data is None or len(first.data) != first.state.size:
        return False
    return second.data.startswith(first.data)
