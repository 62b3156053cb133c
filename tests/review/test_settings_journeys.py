"""The settings in a real terminal, with the real program: add a root; change a setting and see it live."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("there are no pseudo terminals", allow_module_level=True)

from fcm_tui.settings.config import load
from tests.ptyharness import Terminal


class Place:
    """A home with a folder to record and no configuration yet."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.work, self.other = home / "work", home / "notes"
        self.file = home / "conf" / "fcm-tui" / "fcm.toml"
        for folder in (self.work, self.other / ".git"):
            folder.mkdir(parents=True)
        (self.work / "old.txt").write_text("was there\n")
        (self.other / "first.md").write_text("was there too\n")
        (self.other / "\x1b]0;OWNED\x07.md").write_text("hostile\n")

    def open(self, *words: str, columns: int = 80, rows: int = 24) -> Terminal:
        environ = {
            "LC_ALL": "C.UTF-8",
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / "conf"),
            "FCM_DATA_DIR": str(self.home / "data"),
        }
        argv = [sys.executable, "-m", "fcm_tui", *words]
        return Terminal(argv, columns=columns, rows=rows, environ=environ)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def _leave(terminal: Terminal) -> None:
    assert terminal.leave() == 0
    assert b"\x1b]0;OWNED" not in terminal.raw and b"Traceback" not in terminal.raw


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (140, 40)])
def test_add_a_root(place: Place, columns: int, rows: int) -> None:
    with place.open(str(place.work), columns=columns, rows=rows) as terminal:
        terminal.wait("● recording")
        terminal.press(",")
        terminal.wait("There is no such file yet")
        terminal.press("enter")
        terminal.wait("▌Folders")
        terminal.press("enter")
        terminal.wait("Record a folder")
        terminal.press("n")
        terminal.wait(
            lambda screen: (
                "> ~/n" in screen and "/notes" in screen and "/work" not in screen.split("> ~/n")[1]
            )
        )
        terminal.press("tab")
        terminal.wait("/notes/")
        terminal.press("enter")
        terminal.wait("all counted")
        terminal.wait("2 files")
        terminal.wait("␛]0;OWNED␇.md")
        terminal.press("enter")
        terminal.wait("not written")
        terminal.press("w")
        terminal.wait("+ [[roots]]")
        terminal.press("enter")
        terminal.wait("Written.")
        terminal.press("escape")
        terminal.wait("Directories")
        terminal.wait("▸ notes")
        terminal.wait("● recording")
        (place.other / "second.md").write_text("fresh in the new root\n")
        terminal.wait("fresh in the new root")
        (place.work / "old.txt").write_text("still recorded too\n")
        terminal.wait("still recorded too")
        _leave(terminal)
        terminal.wait("recording of 2 folders has ended")
    assert [Path(root.path.decode()) for root in load(place.file).roots] == [place.work, place.other]


def test_change_a_setting_and_see_it_live(place: Place) -> None:
    with place.open(str(place.work)) as terminal:
        terminal.wait("● recording")
        terminal.press(",")
        terminal.wait("There is no such file yet")
        terminal.press("down", "enter")
        terminal.wait("▌Ignored")
        terminal.press("down", "enter", "*.tmp", "enter")
        terminal.wait("not written")
        terminal.press("left", "down", "down", "down", "down", "enter")
        terminal.wait("▌Screen")
        terminal.press("enter")
        terminal.wait("high-contrast")
        terminal.press("down", "down", "down", "enter")
        terminal.wait("light")
        terminal.wait("not written")
        terminal.press("w")
        terminal.wait('+ theme = "light"')
        terminal.press("enter")
        terminal.wait("Written.")
        background = terminal.screen.buffer[12][40].bg
        terminal.press("escape")
        terminal.wait("fcm.toml read again")
        terminal.wait(lambda screen: terminal.screen.buffer[12][40].bg == "ffffff", 30)
        assert background != "000000"
        (place.work / "noise.tmp").write_text("never recorded\n")
        (place.work / "seen.txt").write_text("recorded\n")
        terminal.wait("+ seen.txt")
        assert "noise.tmp" not in terminal.text
        _leave(terminal)
    assert load(place.file).ignore[-1] == "*.tmp"


def test_a_viewer_changes_the_file_and_the_recorder_takes_it_up(place: Place) -> None:
    with contextlib.ExitStack() as both:
        recorder = both.enter_context(place.open("record", str(place.work)))
        recorder.wait("ready: 1 roots")
        viewer = both.enter_context(place.open())
        viewer.wait("◇ ")
        viewer.press(",")
        viewer.wait("There is no such file yet")
        viewer.press("enter")
        viewer.wait("▌Folders")
        viewer.press("enter")
        viewer.wait("Record a folder")
        viewer.press("ctrl+u", str(place.other), "enter")
        viewer.wait("all counted")
        viewer.press("enter")
        viewer.wait("not written")
        viewer.press("w")
        viewer.wait("+ [[roots]]")
        viewer.press("enter")
        viewer.wait("Written.")
        viewer.press("escape")
        recorder.wait(lambda screen: "was read again" in " ".join(screen.split()))
        viewer.wait("▸ notes")
        (place.other / "second.md").write_text("seen by the recorder\n")
        viewer.wait("seen by the recorder")
        _leave(viewer)
    assert [Path(root.path.decode()) for root in load(place.file).roots] == [place.work, place.other]


def test_a_second_terminal_looks_on_at_a_folder_that_is_recorded_and_says_how_another_is_added(
    place: Place,
) -> None:
    with place.open("record", str(place.work)) as recorder:
        recorder.wait("ready: 1 roots")
        with place.open(str(place.work)) as viewer:
            viewer.wait("◇ viewer")
            _leave(viewer)
            assert "has ended" not in viewer.text
        with place.open(str(place.other)) as refused:
            assert refused.end() == 2
            said = "".join(
                refused.text.split()
            )  # the path in it may be of any length, and so wrap it anywhere
            assert "[[roots]]" in said and "butnotthisfolder" in said
