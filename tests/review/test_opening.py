"""The first moment of the screen: a sign of life before anything is imported, and a terminal left as it was."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("there are no pseudo terminals", allow_module_level=True)

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
