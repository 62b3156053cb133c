"""A program with a console of its own for its keys, and a pipe for what it draws.

`Console` is for tests; this module run as a program is what makes the console, because a process has only one. The
screen is not read from the console, so that one without escape sequences (Wine's) will do: pyte reads the pipe.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from tests.drawn import Drawn
from tests.waiting import wait_for

_COLUMNS, _ROWS = 100, 30
_AS_IN_A_CONSOLE = """
import sys
sys.stdout.isatty = lambda: True
from fcm_tui import cli
sys.exit(cli.main(sys.argv[1:]))
"""


class Console:
    """`fcm-tui` with these arguments; `with` ends it."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self._drawn = Drawn(_COLUMNS, _ROWS)
        self._lock = threading.Lock()
        environment = {
            **os.environ,
            "COLUMNS": str(_COLUMNS),
            "LINES": str(_ROWS),
            "PYTHONUTF8": "1",
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        self._driver = subprocess.Popen(
            [sys.executable, "-m", "tests.windows.console", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            bufsize=0,
            cwd=Path(__file__).parents[2],
        )
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self._driver.stdout is not None
        while piece := self._driver.stdout.read(65536):
            with self._lock:
                self._drawn.feed(piece)

    def text(self) -> str:
        """What the screen shows."""
        with self._lock:
            return self._drawn.text

    def wait(self, text: str) -> None:
        """Wait until the screen shows a text."""
        try:
            wait_for(lambda: text in self.text() or self._driver.poll() is not None, seconds=40)
        finally:
            assert text in self.text(), f"no {text!r} in\n{self.text()}\n{self._driver.poll()}"

    def press(self, keys: str) -> None:
        """Press the keys of these characters."""
        assert self._driver.stdin is not None
        self._driver.stdin.write(keys.encode("utf-16-le").hex().encode() + b"\n")

    def end(self) -> tuple[int, str]:
        """Wait until the program has ended; its status, and what it said beside the screen."""
        assert self._driver.stderr is not None
        said = self._driver.stderr.read().decode()
        return self._driver.wait(30), said

    def __enter__(self) -> Console:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._driver.stdin is not None
        self._driver.stdin.close()  # the console goes with whoever made it, and the program with its console
        self._reading.join(30)
        with self._driver:
            pass


def _drive(arguments: Sequence[str]) -> int:
    """Make a console, run the program in it, and press what comes as lines on stdin."""
    import msvcrt
    from ctypes import wintypes

    class Key(ctypes.Structure):
        _fields_ = (
            ("down", wintypes.BOOL),
            ("repeat", wintypes.WORD),
            ("key", wintypes.WORD),
            ("scan", wintypes.WORD),
            ("character", wintypes.WCHAR),
            ("control", wintypes.DWORD),
        )

    class Record(ctypes.Structure):
        _fields_ = (("kind", wintypes.WORD), ("event", Key))

    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.CreateFileW.restype = wintypes.HANDLE
    kernel.CreateFileW.argtypes = [
        wintypes.LPCWSTR, wintypes.DWORD, wintypes.DWORD, wintypes.LPVOID,
        wintypes.DWORD, wintypes.DWORD, wintypes.HANDLE,
    ]  # fmt: skip
    kernel.WriteConsoleInputW.argtypes = [wintypes.HANDLE, wintypes.LPVOID, wintypes.DWORD, wintypes.LPVOID]
    kernel.FreeConsole()
    if not kernel.AllocConsole():
        raise ctypes.WinError(ctypes.get_last_error())
    ours, its = (kernel.CreateFileW("CONIN$", 0xC0000000, 3, None, 3, 0, None) for _ in range(2))
    program = subprocess.Popen(
        [sys.executable, "-c", _AS_IN_A_CONSOLE, *arguments],
        stdin=msvcrt.open_osfhandle(its, os.O_RDWR),
        stdout=sys.stdout,  # and not what the new console put in their place
        stderr=sys.stderr,
    )

    def press() -> None:
        for line in sys.stdin:
            for character in bytes.fromhex(line).decode("utf-16-le"):
                both = (Record * 2)(*(Record(1, Key(down, 1, 0, 0, character, 0)) for down in (True, False)))
                kernel.WriteConsoleInputW(ours, both, 2, ctypes.byref(wintypes.DWORD()))
        program.kill()

    threading.Thread(target=press, daemon=True).start()
    return program.wait()


if __name__ == "__main__":
    sys.exit(_drive(sys.argv[1:]))
