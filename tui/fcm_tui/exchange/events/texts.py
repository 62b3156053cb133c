"""Paths and moments as events have them: always valid Unicode, whatever the names are."""

from __future__ import annotations

import os

from fcm_tui.model import Change
from fcm_tui.paths import SEPARATOR


def text(path: bytes) -> str:
    """A path as text; bytes that are none stand as `\\xff`."""
    try:
        return path.decode()
    except UnicodeDecodeError:
        if os.name == "nt":  # a lone surrogate of a name, which Python writes as three bytes
            return path.decode("utf-8", "surrogatepass").encode("utf-8", "backslashreplace").decode()
        return path.decode("utf-8", "backslashreplace")


def is_exact(path: bytes) -> bool:
    """Whether `text` gives all of it back."""
    return text(path).encode() == path


def split(path: bytes) -> tuple[str, str]:
    """The folder above and the name."""
    folder, _, name = path.rpartition(SEPARATOR)
    return text(folder or SEPARATOR), text(name)


def uid(change: Change, sequence: int | None = None) -> str:
    """What names a change among those of all recorders."""
    return f"{change.recorder_id.hex()}:{change.sequence if sequence is None else sequence}"
