"""The screen comes back whole: from the shell, from a detached tmux, and where nobody read it for a while."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("there are no pseudo terminals", allow_module_level=True)

from fcm_tui.datadir import open_data_dir
from fcm_tui.store.reading.queries import Reader
from tests.appearing import appear
from tests.ptyharness import Terminal
from tests.review.builder import RecordBuilder
from tests.review.journeys import PROGRAM, ROOT
from tests.terminals import Tmux
from tests.waiting import wait_for

PLAIN = {"LC_ALL": "C.UTF-8"}


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no shell with jobs here")
def test_after_control_z_and_fg(record: RecordBuilder) -> None:
    environ = PLAIN | {"PS1": "ready> "}
    with Terminal(["bash", "--norc", "-i"], environ=environ, cwd=ROOT) as terminal:
        terminal.wait("ready>")
        terminal.press(f"{sys.executable} -m tests.review.look {record.database}\r")
        terminal.wait("line ten")
        terminal.press("\x1a")
        terminal.wait("Stopped")
        terminal.press("fg\r")
        terminal.wait(lambda screen: "line ten" in screen and "▌Log" in screen and "q quit" in screen)
        terminal.press("down")
        terminal.wait("by vim of ann")
        terminal.press("q")
        terminal.wait(lambda _: terminal.raw.count(b"\x1b[?1049l") == 2)


@pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux here")
def test_after_a_detached_tmux_in_another_size(record: RecordBuilder) -> None:
    argv = [sys.executable, "-m", "tests.review.look", str(record.database)]
    with Tmux() as tmux:
        with tmux.open(argv, environ=PLAIN, cwd=ROOT) as terminal:
            terminal.wait("line ten")
            tmux.tell("detach-client")
            assert terminal.end() == 0
        with tmux.attach(columns=120, rows=40, environ=PLAIN) as terminal:
            terminal.wait(lambda screen: "line ten" in screen and "files  changes" in screen)
            terminal.press("down")
            terminal.wait("by vim of ann")
            assert terminal.leave() == 0


@pytest.mark.slow
def test_a_terminal_unread_for_ten_seconds_stops_no_recording(tmp_path: Path) -> None:
    """A change is committed within the time it always takes, all the while; then the screen catches up."""
    folder, data = tmp_path / "work", tmp_path / "data"
    folder.mkdir()
    environ = PLAIN | {"FCM_DATA_DIR": str(data)}
    with Terminal([*PROGRAM, str(folder)], columns=200, rows=60, environ=environ) as terminal:
        terminal.wait("● recording")
        number, begun = 0, time.monotonic()
        with Reader(open_data_dir(str(data)).database) as reader:
            while time.monotonic() - begun < 10 or number < 40:
                number += 1
                appear(folder / f"f{number}.py", f"x = {number}\n" * 100)
                wait_for(lambda: reader.count() >= number, 10, "the change is recorded")  # noqa: B023
        terminal.wait(f"{number}  ● live")
        assert terminal.leave() == 0
