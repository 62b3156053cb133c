"""What the screen refuses to restore, and what it says then, in a real terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("there are no pseudo terminals", allow_module_level=True)

from tests.ptyharness import Terminal
from tests.review.builder import RecordBuilder
from tests.review.watched import NEW, OLD, Watched


@contextmanager
def paused(watched: Watched, file: Path, *words: str, key: str = "r") -> Iterator[Terminal]:
    """A screen that recorded a change of a file, and was told to pause."""
    with watched.screen(str(watched.root), *words) as terminal:
        terminal.wait("● recording")
        file.write_text(NEW)
        terminal.wait("line ten")
        terminal.press(key)
        terminal.wait(f"{key} again pauses recording")
        terminal.press(key)
        terminal.wait("‖ paused")
        yield terminal


def test_while_recording_is_paused_it_is_refused_before_it_is_asked_for(watched: Watched) -> None:
    file = watched.write("a.txt", OLD)
    with paused(watched, file) as terminal:
        terminal.press("R", "b")
        terminal.wait("recording is paused by")
        assert "line ten" in terminal.text and "y restores" not in terminal.text
        terminal.press("y", "escape")
        terminal.wait("▌Log")
        terminal.press("r")
        terminal.wait("● recording")
        terminal.press("R", "b")
        terminal.wait("y restores the version before change 1")
        terminal.press("escape")
        terminal.wait("▌Log")
        assert file.read_text() == NEW


@pytest.mark.parametrize("key", ["r", "X"])
def test_who_restores_while_recording_is_paused_is_told_the_key_that_has_it_go_on(
    watched: Watched, key: str
) -> None:
    file = watched.write("a.txt", OLD)
    configuration = watched.root.parent / "fcm.toml"
    configuration.write_text(f"[keys]\npause = '{key}'\n")
    with paused(watched, file, "--config", str(configuration), key=key) as terminal:
        terminal.press("R", "b")
        terminal.wait(f"in the log {key} has it go on, then restore.")
        assert "fcm-tui resume" not in terminal.text
        terminal.press("escape")
        terminal.wait("▌Log")


def test_while_recording_is_paused_nothing_is_promised_of_what_changed_meanwhile(watched: Watched) -> None:
    file = watched.write("a.txt", OLD)
    with paused(watched, file) as terminal:
        file.write_text(NEW + "more\n")
        terminal.press("R", "b")
        terminal.wait("recording is paused by")
        assert "y restores" not in terminal.text
        terminal.press("escape")
        terminal.wait("▌Log")
        assert file.read_text() == NEW + "more\n"


def test_what_could_not_be_brought_back_is_lost_only_when_that_is_said(watched: Watched) -> None:
    """A file came to stand, as a secret that is not kept, where another one would be brought back."""
    file = watched.write("a.txt", "harmless\n")
    with watched.screen(str(watched.root)) as terminal:
        terminal.wait("● recording")
        file.write_text(
            "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEpAIBAAKCAQEA" * 8 + "\n-----END RSA PRIVATE KEY-----\n"
        )
        secret = file.read_bytes()
        terminal.wait("it holds secrets")
        terminal.press("R")
        terminal.wait("the version before it")
        terminal.press("b")
        terminal.wait("F restores all")
        terminal.press("y", "enter")
        assert file.read_bytes() == secret
        terminal.press("F")
        terminal.wait("recorded as change 2")
        assert file.read_text() == "harmless\n"


def test_a_record_that_is_only_looked_at(record: RecordBuilder) -> None:
    root = Path(__file__).parents[2]
    argv = [sys.executable, "-m", "tests.review.look", str(record.database)]
    with Terminal(argv, environ={"LC_ALL": "C.UTF-8"}, cwd=str(root)) as terminal:
        terminal.wait("line ten")
        terminal.press("R")
        terminal.wait("reviewer's seat")
        assert terminal.leave() == 0


def test_a_hunk_whose_lines_have_changed_is_refused_with_the_key_that_helps(watched: Watched) -> None:
    file = watched.write("a.txt", OLD)
    with watched.screen(str(watched.root), columns=200) as terminal:
        terminal.wait("● recording")
        file.write_text(OLD.replace("line 10\n", "line ten\n"))
        terminal.wait("#1  modified")
        file.write_text(OLD.replace("line 10\n", "line 10.0\n"))
        terminal.wait("#2  modified")
        terminal.press("j")
        terminal.wait("#1  modified")
        terminal.press("R")
        terminal.wait("undo this hunk, 1 of 1, at line 10")
        terminal.press("h")
        terminal.wait("have changed since. R b undoes the whole change. Esc goes back.")
        assert "fcm-tui restore" not in terminal.text
        terminal.press("q")
        terminal.wait("▌Log")
        terminal.press("R")
        terminal.wait("undo the whole change: the version before it")
        terminal.press("b")
        terminal.wait("y restores the version before change 1; Esc")
        terminal.press("y")
        terminal.wait("Restored")
        assert file.read_text() == OLD
