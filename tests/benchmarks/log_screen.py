"""The screen over a record of very many changes, in a real terminal: opening, memory, from a key to what it shows.

A key counts as answered when the line with the cursor is another one on the terminal, or in another place; the
terminal's own work is not counted.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fcm_tui.datadir import open_data_dir
from tests.benchmarks.recording import ours
from tests.benchmarks.scale import Scale
from tests.ptyharness import Terminal

OPEN, RESIDENT = 1.0, 80e6
P50, P99 = 0.010, 0.050
_CURSOR = "20344f"
"""The background of the line with the cursor, in the theme `dark`."""
_KEYS = ("j", "k", "pagedown", "G", "g")
RATE = 1000
"""Changes that arrive in a second."""


def run(scale: Scale, data: Path) -> list[str]:
    """The screen looks on, as this process holds the data directory."""
    presses = 3 if scale.quick else 40
    live = scale.fresh("log-live")
    shutil.copytree(data, live / "data")
    os.chmod(live / "data", 0o700)
    told = []
    opened: list[float] = []
    lock = open_data_dir(live / "data").try_lock()
    if lock is None:
        raise RuntimeError("another process has the data directory")
    with lock:
        for _ in range(scale.runs):
            with _screen(live / "data") as terminal:
                opened.append(_first_page(terminal))
                _answer(terminal, "G")
                resident = _resident(terminal.pid)
        told.append(
            f"opened after {_told(statistics.median(opened), OPEN)}, resident {resident / 1e6:.0f} MB"
            f" (goal {RESIDENT / 1e6:.0f}: {'met' if resident <= RESIDENT else 'MISSED'})"
        )
        print(told[-1], flush=True)
        for name, arrives, follows in (
            ("at rest", False, False),
            (f"while {RATE:,} changes/s arrive", True, False),
            (f"following {RATE:,} changes/s", True, True),
        ):
            with _screen(live / "data") as terminal:
                _first_page(terminal)
                terminal.press("b")  # every change by itself
                if not follows:
                    terminal.press("j", "j", "j")
                _settle(terminal)
                with _arriving(live / "data" / "record.db") if arrives else _nothing():
                    told.append(f"{name}: {_keys(terminal, presses, follows)}")
                print(told[-1], flush=True)
    scale.drop("log-live")
    return told


def _keys(terminal: Terminal, presses: int, follows: bool) -> str:
    """While one follows, `j` leaves the newest change, and `g` comes back to it."""
    keys = ("j", "g") if follows else _KEYS
    taken: dict[str, list[float]] = {key: [] for key in keys}
    for _ in range(presses):
        for key in keys:
            taken[key].append(_answer(terminal, key))
    every = [seconds for of in taken.values() for seconds in of]
    each = ", ".join(f"{key} {statistics.median(of) * 1000:.1f}" for key, of in taken.items())
    return f"key to paint p50 {_told(statistics.median(every), P50)}, p99 {_told(_p99(every), P99)} ({each})"


def _answer(terminal: Terminal, key: str) -> float:
    """Seconds from a key until the terminal had been sent what shows that it was heard."""
    while terminal.pump(0.0):
        pass
    before = _cursor(terminal)
    started = time.perf_counter()
    terminal.press(key)
    while time.perf_counter() - started < 30:
        if terminal.is_readable(0.1):
            came = time.perf_counter()
            terminal.pump(0.0)
            if _cursor(terminal) not in (None, before):
                return came - started
    raise RuntimeError(f"{key} was not answered:\n{terminal.text}")


def _told(seconds: float, goal: float) -> str:
    return f"{seconds * 1000:.1f} ms (goal {goal * 1000:.0f}: {'met' if seconds <= goal else 'MISSED'})"


def _p99(taken: list[float]) -> float:
    return sorted(taken)[int(len(taken) * 0.99)]


def _cursor(terminal: Terminal) -> tuple[int, str] | None:
    """The line with the cursor: where it is, and what is in it."""
    screen = terminal.screen
    for y in range(screen.lines):
        row = screen.buffer[y]
        if row[screen.columns - 20].bg == _CURSOR:
            text = "".join(row[x].data for x in range(screen.columns))
            return None if "…  " in text else (y, text)
    return None


def _first_page(terminal: Terminal) -> float:
    return terminal.wait(lambda text: "1,000 files" in text or "file0" in text)


def _settle(terminal: Terminal) -> None:
    while terminal.pump(0.5):
        pass


def _screen(data: Path) -> Terminal:
    return Terminal(ours(data, "--theme", "dark"), columns=120, rows=40)


def _resident(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return float(line.split()[1]) * 1024
    return 0.0


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@contextmanager
def _arriving(database: Path) -> Iterator[None]:
    """Another process writes, as a recorder does."""
    writer = subprocess.Popen([sys.executable, "-m", "tests.benchmarks.arriving", str(database), str(RATE)])
    try:
        yield
    finally:
        writer.terminate()
        writer.wait()
