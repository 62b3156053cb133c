"""The first moment of the screen: a sign of life before anything is imported, and a terminal left as it was."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("there are no pseudo terminals", allow_module_level=True)

from fcm_tui.commands.opening import opens_screen
from tests.benchmarks.recording import ours
from tests.ptyharness import Terminal

_ALTERNATE, _NORMAL = b"\x1b[?1049h", b"\x1b[?1049l"


def test_the_program_tells_that_it_starts_before_the_screen_is_there(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "tree").mkdir()
    with Terminal(ours(tmp_path / "data", str(tmp_path / "tree"))) as terminal:
        terminal.wait("opening the record")
        terminal.wait("? help  q quit")
        assert "opening the record" not in terminal.text
        assert terminal.raw.index(b"opening") < terminal.raw.index(b"\x1b[?2026$p")
        assert terminal.leave() == 0
        assert terminal.raw.rindex(_NORMAL) > terminal.raw.rindex(_ALTERNATE)


def test_what_keeps_the_screen_from_opening_stands_on_the_terminal_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    with Terminal(ours(tmp_path / "data", str(tmp_path / "no such folder"))) as terminal:
        assert terminal.end() == 2
        assert terminal.raw.rindex(_NORMAL) > terminal.raw.rindex(_ALTERNATE)
        assert b"no such folder" in terminal.raw[terminal.raw.rindex(_NORMAL) :]


def test_it_tells_so_before_its_command_line_is_imported(tmp_path: Path) -> None:
    """Which takes a third of the time until then."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys, builtins\n"
        "class Late:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'argparse':\n"
        "            sys.stdout.write('LATE'); sys.stdout.flush()\n"
        "sys.meta_path.insert(0, Late())\n"
    )
    command = [sys.executable, "-m", "fcm_tui", "--data-dir", str(tmp_path / "data"), f"{tmp_path}{os.sep}"]
    environ = {"PYTHONPATH": str(tmp_path), "LC_ALL": "C.UTF-8"}
    with Terminal(command, environ=environ, cwd=str(Path(__file__).parents[2])) as terminal:
        terminal.wait("? help  q quit")
        assert terminal.raw.index(b"opening the record") < terminal.raw.index(b"LATE")
        assert terminal.leave() == 0


@pytest.mark.parametrize(
    ("arguments", "certain"),
    [
        ("", True),
        (".", True),
        ("./log /srv", True),
        ("--data-dir /d --theme dark /srv", True),
        ("log", False),
        ("--data-dir /d log", False),
        ("--help", False),
        ("--data-dir", False),
        ("--once /srv", False),
    ],
)
def test_where_it_is_not_certain_that_the_screen_opens_nothing_is_shown_early(
    arguments: str, certain: bool
) -> None:
    assert opens_screen(arguments.split()) is certain
