"""The editor on the screen's own terminal, while recording goes on."""

from __future__ import annotations

import sys

import pytest

if sys.platform == "win32":
    pytest.skip("there are no pseudo terminals", allow_module_level=True)

from tests.review.watched import NEW, OLD, Watched
from tests.waiting import wait_for


def test_the_editor_gets_the_terminal_and_recording_goes_on(watched: Watched) -> None:
    file = watched.write("a.txt", OLD)
    editor = watched.root.parent / "vi"
    editor.write_text('#!/bin/sh\necho "editing $1 $2"\nread answer\necho edited >> "$2"\n')
    editor.chmod(0o755)
    with watched.screen(str(watched.root), columns=140, environ={"VISUAL": str(editor)}) as terminal:
        terminal.wait("● recording")
        file.write_text(NEW)
        terminal.wait("line ten")
        terminal.press("3")
        terminal.wait("▌Diff")
        terminal.press("G")
        terminal.wait("hunk 2 of 2")
        terminal.press("e")
        terminal.wait(f"editing +50 {file}")
        watched.write("b.txt", "meanwhile\n")
        wait_for(lambda: len(watched.changes()) == 2)
        terminal.press("enter")
        terminal.wait("▌Diff")
        wait_for(lambda: len(watched.changes()) == 3)
        terminal.press("2")
        terminal.wait("▌Log")
        terminal.press("g")
        terminal.wait("#3  modified")
        terminal.wait("edited")
