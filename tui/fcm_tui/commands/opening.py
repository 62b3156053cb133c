"""Something to look at while the screen is being imported, which takes longer than all else of a start."""

from __future__ import annotations

import codecs
import contextlib
import gc
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

_FRAME = "\x1b[?1049h\x1b[?25l\x1b[2J\x1b[1;2Hfcm-tui\x1b[{rows};2Hopening the record …"
_AWAY = "\x1b[?1049l\x1b[?25h"


TAKES_VALUE = ("--data-dir", "--config", "--database")
"""Options of every command with a word behind them."""
_handlers: dict[int, Any] = {}
"""What signals led to before the sign was shown; empty while it is not."""


def opens_screen(arguments: Sequence[str]) -> bool:
    """Whether it is certain that these open the screen, as they have neither a command nor a mistake in them."""
    rest = iter(arguments)
    for argument in rest:
        if argument in (*TAKES_VALUE, "--theme"):
            if not next(rest, ""):
                return False
        elif argument.startswith("-") or not (os.sep in argument or argument == os.curdir):
            return False
    return True


def show() -> None:
    """Say at once that the program starts, where it was not said yet and the screen will be shown.

    Nothing is collected until the screen is there: what is imported stays.
    """
    if sys.platform != "win32" and not _handlers and _can_show():
        gc.disable()
        for number in (signal.SIGTERM, signal.SIGHUP):
            _handlers[number] = signal.signal(number, _leave)
        _write(_FRAME.format(rows=os.get_terminal_size().lines))


def hide() -> None:
    """Whatever ends the program before the screen is there finds the terminal as it was."""
    if _handlers:
        _write(_AWAY)
        _taken_over()


def _taken_over() -> None:
    while _handlers:
        signal.signal(*_handlers.popitem())
    gc.enable()


@contextmanager
def sign() -> Iterator[None]:
    """Show it until the screen has taken it over, or what is done inside has failed."""
    gc.disable()  # also where nothing is shown
    show()
    try:
        yield
    except BaseException:
        hide()
        raise
    finally:
        _taken_over()


def _leave(number: int, frame: object) -> None:
    """End by that signal, until the screen takes it up and ends cleanly: nothing is recorded yet."""
    with contextlib.suppress(OSError):  # the terminal may be gone
        os.write(sys.stdout.fileno(), _AWAY.encode())
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _can_show() -> bool:
    """Whether the screen will show too; what keeps it from that is told by itself, on an untouched terminal."""
    return (
        sys.platform != "win32"
        and sys.stdin is not None
        and sys.stdin.isatty()
        and sys.stdout.isatty()
        and sys.stderr is not None
        and sys.stderr.isatty()
        and os.environ.get("TERM", "dumb") not in ("dumb", "unknown")
        and codecs.lookup(sys.stdout.encoding or "ascii").name == "utf-8"
    )


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
