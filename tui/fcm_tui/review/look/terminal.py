"""What the terminal can do, asked before anything is drawn, and what ends a screen on it."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import select
import signal
import sys
from collections.abc import Callable

from fcm_tui.errors import UsageError

_PATIENCE = 1.0
"""Seconds that a terminal gets to take a line."""


def check() -> None:
    """Refuse terminals on which the screen cannot work.

    Raises:
        UsageError: not a terminal, one without cursor movement, or output that is not UTF-8.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "the screen needs a terminal: use `fcm-tui record` and `fcm-tui log` in scripts and pipes"
        )
    if os.name != "nt" and not (sys.stderr is not None and sys.stderr.isatty()):
        raise UsageError(
            "the screen is drawn on standard error, which is no terminal here: leave out what sends it elsewhere"
        )
    if os.environ.get("TERM", "") in ("dumb", "unknown") and os.name != "nt":
        raise UsageError(
            f"the terminal (TERM={os.environ['TERM']}) cannot place text:"
            " use `fcm-tui log`, or set TERM to what it really is"
        )
    encoding = sys.stdout.encoding or "ascii"
    if codecs.lookup(encoding).name != "utf-8":
        how = "chcp 65001, or PYTHONUTF8=1" if os.name == "nt" else "LC_ALL=C.UTF-8, or PYTHONUTF8=1"
        raise UsageError(f"the terminal's encoding is {encoding}, the screen needs UTF-8: set {how}")


def end_on_signals(end: Callable[[], object]) -> None:
    """Have what ends a program end this screen, in the loop that runs: Ctrl-C, SIGTERM and a terminal that is gone."""
    loop = asyncio.get_running_loop()
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        with contextlib.suppress(NotImplementedError, AttributeError, ValueError):
            loop.add_signal_handler(getattr(signal, name), end)


def say_last(line: str) -> None:
    """A line on standard error, unless that is a terminal that is gone, or takes nothing: nobody waits for it."""
    with contextlib.suppress(OSError, ValueError):
        if sys.platform == "win32" or select.select([], [sys.stderr], [], _PATIENCE)[1]:
            print(line, file=sys.stderr)


def depth(environ: dict[str, str] | os._Environ[str] = os.environ) -> str:
    """`truecolor`, `256` or `16`: how many colours to count on."""
    if "NO_COLOR" in environ:
        return "16"  # where a theme makes do with attributes
    if environ.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit") or os.name == "nt":
        return "truecolor"
    # as Rich decides, which writes the colours
    return (
        "256" if environ.get("TERM", "").strip().lower().rpartition("-")[2] in ("256color", "kitty") else "16"
    )
