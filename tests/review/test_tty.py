"""A terminal that is read and written in the loop: nothing waits for it, and nobody else's files are touched."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("elsewhere Textual's threads do it", allow_module_level=True)

import pty
import tty

from textual._xterm_parser import XTermParser
from textual.events import Key, Paste
from textual.message import Message

from fcm_tui.review.look import tty as module
from fcm_tui.review.look.tty import Reader, Writer
from tests.ptyharness import Terminal
from tests.review.builder import RecordBuilder
from tests.waiting import eventually, wait_for


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    """The outer end of a pseudo terminal, and the one that a program has."""
    outer, inner = pty.openpty()
    tty.setraw(inner)
    yield outer, inner
    for descriptor in (outer, inner):
        os.close(descriptor)


async def test_what_comes_is_told_in_order_and_a_lone_esc_in_time(ends: tuple[int, int]) -> None:
    outer, inner = ends
    came: list[Message] = []
    reader = Reader(asyncio.get_running_loop(), inner, XTermParser, came.append, lambda: None)  # type: ignore[arg-type]
    reader.start()
    os.write(outer, b"j\x1b[200~\x1bk\x1b[201~\xc3")
    os.write(outer, b"\xa4\x1b")
    await eventually(lambda: len(came) == 4)
    assert [event.key for event in came if isinstance(event, Key)] == ["j", "ä", "escape"]
    assert [event.text for event in came if isinstance(event, Paste)] == ["\x1bk"]
    assert os.get_blocking(inner), "who shares it waits as before"
    reader.join()


@pytest.mark.parametrize(
    "sent", [b"\x1b[97;1:1u", b"\x1b[1;1:1B", b"\x1b[97;1;1114112u", b"\x1b[97:65;2u", b"\x1b[9999999999u"]
)
async def test_what_is_no_key_is_passed_over(ends: tuple[int, int], sent: bytes) -> None:
    """As a terminal sends in modes of the kitty protocol that somebody else has left on."""
    outer, inner = ends
    came: list[Message] = []
    reader = Reader(asyncio.get_running_loop(), inner, XTermParser, came.append, lambda: None)  # type: ignore[arg-type]
    reader.start()
    os.write(outer, b"j" + sent)
    await eventually(lambda: came)
    os.write(outer, b"k")
    await eventually(lambda: [event.key for event in came if isinstance(event, Key)][-1] == "k")
    reader.join()


def test_a_terminal_that_cannot_be_opened_once_more_is_read_all_the_same(record: RecordBuilder) -> None:
    """As that of another user, in a shell that one got by `su`."""
    code = """
import runpy, sys
from fcm_tui.review.look import tty
def refuse(descriptor, flags): raise PermissionError(13, "it is another user's")
tty._once_more = refuse
runpy.run_module("tests.review.look", run_name="__main__")
"""
    argv = [sys.executable, "-c", code, str(record.database)]
    with Terminal(argv, environ={"LC_ALL": "C.UTF-8"}, cwd=str(Path(__file__).parents[2])) as terminal:
        terminal.wait("line ten")
        terminal.press("?")
        terminal.wait("Esc closes it")
        terminal.press("escape")
        terminal.wait(lambda screen: "Esc closes it" not in screen)
        assert terminal.leave() == 0
        assert terminal.is_as_it_was


@pytest.mark.slow
def test_a_terminal_that_is_not_read_lets_the_program_end(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    argv = [sys.executable, "-m", "fcm_tui", "--data-dir", str(tmp_path / "data"), str(tmp_path / "root")]
    environ = {"LC_ALL": "C.UTF-8"}
    with Terminal(
        argv, columns=160, rows=50, environ=environ, cwd=str(Path(__file__).parents[2])
    ) as terminal:
        terminal.wait("● recording")
        for number in range(300):
            (tmp_path / f"root/file{number}").write_text(f"{number}\n")
            terminal.press("?")
        # a file that is read between being made and being filled makes two changes
        wait_for(lambda: '"files": 300' in _status(tmp_path), 40)
        terminal.signal(signal.SIGTERM)
        wait_for(lambda: os.waitid(os.P_PID, terminal.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT), 60)
        assert '"recording": false' in _status(tmp_path)


def _status(folder: Path) -> str:
    argv = [sys.executable, "-m", "fcm_tui", "status", "--json", "--data-dir", str(folder / "data")]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout


async def test_who_has_ended_touches_no_file_of_others(ends: tuple[int, int], tmp_path: Path) -> None:
    """Textual ends the reader twice where the terminal was lent."""
    reader = Reader(asyncio.get_running_loop(), ends[1], XTermParser, lambda _: None, lambda: None)  # type: ignore[arg-type]
    reader.start()
    own = reader._descriptor
    reader.join()
    (tmp_path / "file").write_bytes(b"content")
    other = os.open(tmp_path / "file", os.O_RDONLY)
    assert other == own
    reader.join()
    assert os.read(other, 10) == b"content"
    os.close(other)


async def test_a_terminal_that_is_gone_is_told_once_and_read_no_more(ends: tuple[int, int]) -> None:
    outer, inner = pty.openpty()
    tty.setraw(inner)
    told: list[str] = []
    reader = Reader(
        asyncio.get_running_loop(), inner, XTermParser, lambda _: None, lambda: told.append("gone")  # type: ignore[arg-type]
    )  # fmt: skip
    reader.start()
    os.close(outer)
    await eventually(lambda: told)
    reader.join()
    assert told == ["gone"]
    os.close(inner)


async def test_writing_never_waits_and_all_of_it_arrives_however_slowly_it_is_taken(
    ends: tuple[int, int],
) -> None:
    outer, inner = ends
    writer = Writer(asyncio.get_running_loop(), inner)
    for number in range(1000):
        writer.write(f"{number:>100}\r\n")  # the terminal takes some thousand bytes of it
    assert writer.behind > 500
    taken = bytearray()

    def take() -> None:
        while b" 999\r\n" not in taken:
            taken.extend(os.read(outer, 700))

    reading = threading.Thread(target=take)
    reading.start()
    await eventually(lambda: writer.behind < 400)
    writer.stop()
    reading.join()
    assert taken.split() == [b"%d" % number for number in range(1000)]
    assert writer.behind == 0
    writer.write("nobody hears it")
    writer.stop()


async def test_a_terminal_that_takes_nothing_is_given_up(
    ends: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.01)
    writer = Writer(asyncio.get_running_loop(), ends[1])
    writer.write("x" * 100_000)
    writer.stop()
    assert writer.behind == 0
