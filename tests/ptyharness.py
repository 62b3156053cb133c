"""A program under a pseudo terminal, its screen in pyte: tests press keys and wait for text.

POSIX only, as pseudo terminals are. The terminal answers the queries that a modern one answers, so
that the program does not wait for them.
"""

from __future__ import annotations

import fcntl
import os
import pty
import selectors
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

from tests.drawn import Drawn

KEYS = {
    "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H",
    "end": "\x1b[F", "pageup": "\x1b[5~", "pagedown": "\x1b[6~", "enter": "\r", "tab": "\t",
    "shift+tab": "\x1b[Z", "escape": "\x1b", "space": " ", "f1": "\x1bOP", "question_mark": "?",
    "ctrl+c": "\x03", "ctrl+d": "\x04", "ctrl+u": "\x15", "left_square_bracket": "[",
    "right_square_bracket": "]",
}  # fmt: skip
"""What a terminal sends for Textual's names of keys."""


class Terminal:
    """Runs `argv` in a terminal of its own; `with` ends it."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 24,
        environ: Mapping[str, str] | None = None,
        cwd: str | None = None,
        chunk: int = 65536,
    ) -> None:
        """`chunk`: as many bytes are taken in at once."""
        self._chunk = chunk
        self.columns, self.rows = columns, rows
        self._drawn = Drawn(columns, rows)
        self.screen = self._drawn.screen
        self.raw = bytearray()
        """Everything that the program wrote."""
        self._overwritten = 0
        """As much of it was there when another program wrote: what was in the middle then will not come to an end."""
        self.alive = True
        self._status: int | None = None
        self.started = time.perf_counter()
        variables = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(environ or {})}
        self.pid, self._descriptor = pty.fork()
        if self.pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
                if cwd is not None:
                    os.chdir(cwd)
                os.execvpe(argv[0], list(argv), variables)
            finally:
                os._exit(127)
        self._set_size(columns, rows)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def text(self) -> str:
        """The screen as lines of text."""
        return self._drawn.text

    @property
    def is_drawn(self) -> bool:
        """Not in the middle of what the program wants to be seen at once, where two screens stand half and half."""
        begun = self.raw.rfind(b"\x1b[?2026h", self._overwritten)
        return begun <= self.raw.rfind(b"\x1b[?2026l", self._overwritten)

    def is_readable(self, timeout: float) -> bool:
        """Whether the program has written something, by then at the latest."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._descriptor, selectors.EVENT_READ)
            return bool(selector.select(timeout))

    def pump(self, timeout: float = 0.05) -> bool:
        """Take in what the program wrote; False if it was nothing."""
        if not self.alive or not self.is_readable(timeout):
            return False
        try:
            data = os.read(self._descriptor, self._chunk)
        except OSError:
            data = b""
        if not data:
            self.alive = False
            return False
        self.raw += data
        self._answer(data)
        self._drawn.feed(data)
        return True

    def wait(self, wanted: str | Callable[[str], object], seconds: float = 30.0) -> float:
        """Until the text, or a screen of which `wanted` holds, is there; seconds since the start."""
        holds = wanted if callable(wanted) else lambda screen: wanted in screen
        deadline = time.monotonic() + seconds
        while not (self.is_drawn and holds(self.text)):
            assert time.monotonic() < deadline, f"after {seconds:g} s there is no {wanted!r} in\n{self.text}"
            assert self.pump() or self.alive, f"ended before there was {wanted!r} in\n{self.text}"
        return time.perf_counter() - self.started

    def overwrite(self, text: str) -> None:
        """Have another program write to the terminal."""
        self._overwritten = len(self.raw)
        self._drawn.feed(text.encode())

    def press(self, *keys: str) -> None:
        """Send keys by Textual's names, or text as it is."""
        for key in keys:
            os.write(self._descriptor, KEYS.get(key, key).encode())

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size."""
        self.columns, self.rows = columns, rows
        self.screen.resize(rows, columns)
        self._set_size(columns, rows)

    @property
    def is_as_it_was(self) -> bool:
        """Lines are edited and echoed, the cursor stands on the first screen, and nothing is reported."""
        modes = termios.tcgetattr(self._descriptor)[3]
        undone = (b"?1049", b"?1003", b"?1004", b"?2004")
        return (
            modes & (termios.ICANON | termios.ECHO | termios.ISIG)
            == termios.ICANON | termios.ECHO | termios.ISIG
            and all(
                self.raw.rfind(b"\x1b[%sh" % mode) <= self.raw.rfind(b"\x1b[%sl" % mode) for mode in undone
            )
            and self.raw.rfind(b"\x1b[?25l") <= self.raw.rfind(b"\x1b[?25h")
        )

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def end(self, seconds: float = 20.0) -> int:
        """Wait until the program has ended by itself; its exit status."""
        deadline = time.monotonic() + seconds
        while self._status is None:
            self.pump(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
            assert self._status is not None or time.monotonic() < deadline, f"still running:\n{self.text}"
        while self.pump(0.02):
            pass
        return self._status

    def leave(self) -> int:
        """Leave the program by its own key, pressed twice as it asks while it records; its exit status."""
        self.press("q", "q")
        return self.end()

    def kill(self) -> None:
        """End the program if it still runs, and close the terminal."""
        if self._status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self._status = -signal.SIGKILL
        os.close(self._descriptor)

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _answer(self, data: bytes) -> None:
        for query, answer in (
            (b"\x1b[?2026$p", b"\x1b[?2026;2$y"),
            (b"\x1b[?2048$p", b"\x1b[?2048;0$y"),
            (b"\x1b[c", b"\x1b[?62;22c"),
        ):
            if query in data:
                os.write(self._descriptor, answer)
