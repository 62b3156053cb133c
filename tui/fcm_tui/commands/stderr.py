"""Telling on stderr, where that can be written: a disk that is full, or a reader that is gone, ends no recording."""

from __future__ import annotations

import contextlib
import sys


def say(text: str, end: str = "\n") -> None:
    """A line, or what else `end` makes of it."""
    with contextlib.suppress(OSError):
        print(text, end=end, file=sys.stderr, flush=True)
