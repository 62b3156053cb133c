"""How far a long command is: one line that renews itself on a terminal, nothing on a pipe."""

from __future__ import annotations

import sys
import time

_PATIENCE = 1.0
"""Seconds after which a person wants to know that something goes on."""
_EVERY = 0.2


class CountLine:
    """Shows on stderr how many of how many, once it takes long."""

    def __init__(self, doing: str) -> None:
        """`doing`: what is done, as `checking`."""
        self._doing = doing
        self._is_terminal = sys.stderr.isatty()
        self._next = time.monotonic() + _PATIENCE
        self._shown = False

    def __enter__(self) -> CountLine:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def show(self, what: str, done: int, total: int) -> None:
        """Renew the line, a few times a second."""
        now = time.monotonic()
        if not self._is_terminal or now < self._next:
            return
        self._next = now + _EVERY
        self._shown = True
        sys.stderr.write(f"\r\x1b[K{self._doing} {what}: {done:,} of {total:,}")
        sys.stderr.flush()

    def clear(self) -> None:
        """Make room for what is printed."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = False
