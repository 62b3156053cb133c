"""A baseline's progress: one line that renews itself on a terminal, nothing on a pipe."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from fcm_tui.commands.stderr import say

if TYPE_CHECKING:
    from fcm_tui.pipeline.progress import Progress

_EVERY = 0.2


class ProgressLine:
    """Shows how far a baseline is, on stderr; a short one is not worth a line."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._next = time.monotonic() + _EVERY
        self._shown = False

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Take the line away, if it is there."""
        if self._shown:
            self._shown = False
            say("\r\x1b[K", end="")

    def show(self, progress: Progress) -> None:
        """Renew the line, a few times a second."""
        now = time.monotonic()
        if not self._is_terminal or now < self._next:
            return
        self._next = now + _EVERY
        self._shown = True
        say(f"\r\x1b[K{describe(progress)}", end="")


def describe(progress: Progress) -> str:
    """Files, bytes and time left, in words."""
    if not progress.files_total:
        so_far = (
            f", {progress.files_done:,} files so far, {size_text(progress.bytes_done)}"
            if progress.files_done
            else ""
        )
        return f"taking the baseline: listing folders{so_far}"
    text = (
        f"taking the baseline: {progress.files_done:,} of {progress.files_total:,} files,"
        f" {size_text(progress.bytes_done)}"
    )
    left = progress.seconds_left
    return text if left is None else f"{text}, about {duration_text(left)} left"


def size_text(size: int) -> str:
    """Bytes in a unit that keeps the number short."""
    value = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024 or unit == "GiB":
            break
        value /= 1024
    return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"


def duration_text(seconds: float) -> str:
    """Seconds as people say them."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
