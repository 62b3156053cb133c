"""Pausing from the screen: of its own recorder, and, as a viewer, of a service's; in real terminals."""

from __future__ import annotations

import contextlib
import sys

import pytest

if sys.platform == "win32":
    pytest.skip("there are no pseudo terminals", allow_module_level=True)

from pathlib import Path

from tests.ptyharness import Terminal

pytestmark = pytest.mark.slow


class Place:
    """One record, and programs on it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.work = folder, folder / "work"
        self.work.mkdir()

    def open(self, *words: str, columns: int = 100) -> Terminal:
        environ = {"LC_ALL": "C.UTF-8", "HOME": str(self.folder), "FCM_DATA_DIR": str(self.folder / "data")}
        return Terminal([sys.executable, "-m", "fcm_tui", *words], columns=columns, rows=30, environ=environ)


def test_a_screen_that_records(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with place.open(str(place.work)) as terminal:
        terminal.wait("● recording")
        terminal.press("r")
        terminal.wait("r again pauses recording")
        terminal.press("r")
        terminal.wait("‖ paused")
        (place.work / "meanwhile.txt").write_text("x\n")
        terminal.press("r")
        terminal.wait("● recording")
        terminal.wait("+ meanwhile.txt")
        terminal.wait("recording was paused by")
        assert terminal.leave() == 0


def test_a_viewer_pauses_the_recorder_of_another_process(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with contextlib.ExitStack() as both:
        recorder = both.enter_context(place.open("record", str(place.work)))
        recorder.wait("ready: 1 roots")
        viewer = both.enter_context(place.open(columns=80))
        viewer.wait("◇ viewer")
        viewer.press("r", "r")
        viewer.wait("is paused")
        (place.work / "meanwhile.txt").write_text("x\n")
        with place.open("resume") as resumed:
            resumed.wait("recording goes on")
        viewer.wait("+ meanwhile.txt")
        viewer.wait(lambda screen: "is paused" not in screen)
        recorder.press("ctrl+c")
        assert recorder.end() == 0
        viewer.press("r")
        viewer.wait("nobody records now")
        viewer.press("q")
        assert viewer.end() == 0
