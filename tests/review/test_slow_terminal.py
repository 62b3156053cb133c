"""Over a modem of 56 kbit/s: the log follows what comes, keys are answered, and recording does not wait for the line."""

from __future__ import annotations

import sqlite3
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("there are no pseudo terminals", allow_module_level=True)

from tests.benchmarks.recording import ours
from tests.ptyharness import Terminal
from tests.waiting import wait_for

RATE = 7000
"""Bytes that the line takes in a second."""


class SlowTerminal(Terminal):
    """Takes as many bytes as the line carries, and no more."""

    _free_at = 0.0

    def pump(self, timeout: float = 0.05) -> bool:
        before = len(self.raw)
        time.sleep(max(0.0, self._free_at - time.monotonic()))
        came = super().pump(timeout)
        self._free_at = time.monotonic() + (len(self.raw) - before) / RATE
        return came


@pytest.mark.slow
def test_following_on_a_slow_line_hinders_neither_keys_nor_recording(tmp_path: Path) -> None:
    data, tree = tmp_path / "data", tmp_path / "tree"
    data.mkdir(mode=0o700)
    tree.mkdir()
    (tree / "first").write_text("first\n")

    def recorded() -> int:
        with closing(sqlite3.connect(f"{(data / 'record.db').as_uri()}?mode=ro", uri=True)) as connection:
            # a writer that is held up between making a file and filling it makes two changes of it
            return int(connection.execute("SELECT count(DISTINCT path) FROM changes").fetchone()[0])

    is_over = threading.Event()
    written = 0

    def write() -> None:
        nonlocal written
        while not is_over.wait(0.01):
            (tree / f"file{written}").write_text(f"{written}\n")
            written += 1

    with SlowTerminal(ours(data, str(tree)), chunk=256) as terminal:
        terminal.wait("● recording")
        terminal.press("b")
        writer = threading.Thread(target=write)
        writer.start()
        try:
            terminal.wait(lambda screen: "file1" in screen)
            for _ in range(3):
                terminal.press("?")
                terminal.wait("Esc closes it")
                terminal.press("escape")
                terminal.wait(lambda screen: "Esc closes it" not in screen)
            already = written
            wait_for(lambda: recorded() >= already, what="recorded while the line is full")
        finally:
            is_over.set()
            writer.join()
        wait_for(lambda: recorded() == written, what="all recorded")
        terminal.wait(lambda screen: f"file{written - 1}" in screen)
        assert terminal.leave() == 0
