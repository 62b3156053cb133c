"""What stands on the disk now where a change was recorded: read as the recorder would, secrets left alone."""

from __future__ import annotations

import os
import time
from typing import NamedTuple

from fcm_tui.capture.detectors import secret_in
from fcm_tui.capture.stable import Outcome, Reading, read_stable
from fcm_tui.errors import NotSoError
from fcm_tui.model import Capture, Change
from fcm_tui.pipeline.secrecy import SecretRules
from fcm_tui.review import wording
from fcm_tui.settings.config import Settings

_PATIENCE = 2.0
"""Seconds that a file is given to stand still."""
_PAUSE = 0.05
_NOT_SHOWN = "the file on disk holds secrets, by its name or by what is in it: it is not shown"


class Now(NamedTuple):
    """A file on disk."""

    content: bytes
    mode: int | None
    """`st_mode`."""


def read_now(change: Change, settings: Settings) -> Now | None:
    """The file at the change's path; None where there is none. For a thread.

    Raises:
        NotSoError: it is not to be shown, or cannot be read; with why.
    """
    rules = SecretRules(change.root, settings.secrets, settings.detectors, settings.allowed)
    if change.capture is Capture.SECRET or rules.by_name(change.path):
        raise NotSoError(_NOT_SHOWN)
    if _leads_elsewhere(change):
        raise NotSoError("on disk a folder above it is a link now, which is not followed")
    limit = settings.for_root(change.root).size_limit
    reading = _read(change.path, limit)
    if reading.outcome is Outcome.GONE:
        return None
    if reading.outcome is Outcome.TOO_LARGE:
        raise NotSoError(f"the file on disk is above the size limit of {wording.size(limit)}: it is not read")
    if reading.outcome is Outcome.UNSETTLED:
        raise NotSoError("the file on disk does not stand still: try again in a moment")
    if reading.outcome is not Outcome.READ or reading.data is None:
        why = (
            reading.error.strerror
            if reading.error is not None and reading.error.strerror
            else "no reason given"
        )
        raise NotSoError(f"the file on disk cannot be read: {why}")
    if secret_in(reading.data, rules.detectors(change.path)):
        raise NotSoError(_NOT_SHOWN)
    return Now(reading.data, None if reading.state is None else reading.state.mode)


def _read(path: bytes, limit: int) -> Reading:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            reading = read_stable(path, limit)
        except OSError as error:
            raise NotSoError(f"the file on disk cannot be read: {error.strerror}") from error
        if reading.outcome not in (Outcome.UNSETTLED, Outcome.HELD) or time.monotonic() > until:
            return reading
        time.sleep(_PAUSE)


def _leads_elsewhere(change: Change) -> bool:
    """A link stands between the root and the file."""
    folder = os.path.dirname(change.path)
    below = os.path.relpath(folder, change.root) if change.root else os.curdir.encode()
    return os.path.realpath(folder) != os.path.normpath(
        os.path.join(os.path.realpath(change.root or folder), below)
    )
