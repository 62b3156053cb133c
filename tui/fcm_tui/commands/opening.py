"""Something to look at while the screen is being imported, which takes longer than all else of a start."""

from __future__ import annotations

import codecs
import contextlib
import gc
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_FRAME = "\x1b[?1049h\x1b[?25l\x1b[2J\x1b[1;2Hfcm-tui\x1b[{rows};2Hopening the record …"
_AWAY = "\x1b[?1049l\x1b[?25h"


@contextmanager
def sign() -> Iterator[None]:
    """Say at once that the program starts; whatever ends it before the screen is there finds the terminal as it was.

    Nothing is collected until the screen is there: what is imported stays.
    """
    gc.disable()
    is_shown = _can_show()
    with contextlib.ExitStack() as undo:
        undo.callback(gc.enable)
        if is_shown and sys.platform != "win32":
            for number in (signal.SIGTERM, signal.SIGHUP):
                undo.callback(signal.signal, number, signal.signal(number, _leave))
            _write(_FRAME.format(rows=os.get_terminal_size().lines))
        try:
            yield
        except BaseException:
            if is_shown:
                _write(_AWAY)
            raise


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
