"""What is pasted is text, whatever stands in it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fcm_tui.review.look import pastes
from fcm_tui.review.look.pastes import Part, Pastes
from tests.review.builder import RecordBuilder

START, END = "\x1b[200~", "\x1b[201~"


def parts(*pieces: str) -> list[Part]:
    found = Pastes()
    return [part for piece in pieces for part in found.parts(piece)]


def test_it_is_taken_out_of_what_is_typed_around_it() -> None:
    sent = f"j{START}a\x1b[Bq\n\x00b{END}k{START}{END}\x1b"
    assert parts(sent) == [("j", False), ("a\x1b[Bq\nb", True), ("k", False), ("", True), ("\x1b", False)]


def test_it_may_come_in_pieces_of_any_size() -> None:
    rest = f"a\x1b[20b{END}k"
    for size in range(1, len(rest) + 1):
        pieces = [rest[at : at + size] for at in range(0, len(rest), size)]
        found = parts(START, *pieces)
        assert found[0] == ("a\x1b[20b", True)
        assert "".join(part.text for part in found[1:]) == "k"


def test_a_lone_esc_does_not_wait_for_what_may_follow() -> None:
    assert parts("\x1b", "[200~a") == [("\x1b", False), ("[200~a", False)]


def test_one_that_never_ends_takes_no_more_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pastes, "LONGEST", 10)
    found = Pastes()
    assert not [part for _ in range(100) for part in found.parts(f"{START if not _ else ''}abcdefg\x1b[2")]
    assert len(found._held or "") <= 15
    assert list(found.parts(f"01~j{END}")) == [("abcdefg\x1b[2", True), ("j" + END, False)]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo terminals")
def test_in_a_terminal_nothing_of_it_is_a_key(record: RecordBuilder) -> None:
    from tests.ptyharness import Terminal

    argv = [sys.executable, "-m", "tests.review.look", str(record.database)]
    with Terminal(argv, environ={"LC_ALL": "C.UTF-8"}, cwd=str(Path(__file__).parents[2])) as terminal:
        terminal.wait("line ten")
        terminal.press("/")
        terminal.wait("Tab kind:")
        terminal.press(f"{START}main\x1b[B\x1b\x03q{END}")
        terminal.wait("/ main[Bq")
        terminal.press("escape")
        terminal.wait(lambda screen: "main[Bq" not in screen)
        assert terminal.leave() == 0
