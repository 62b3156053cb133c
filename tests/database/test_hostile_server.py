"""Whoever answers at a server's address: a line that says what is wrong, no more memory than an answer may take, no secrets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from fcm_tui.cli import main
from fcm_tui.settings.database import parse_server
from fcm_tui.ship.shipper import Shipper
from fcm_tui.store.mysql import connection, synchronous
from fcm_tui.store.mysql.wire import ANSWER
from tests.database.feeder import Feeder
from tests.database.hostile_server import (
    MORE,
    Hostile,
    column,
    eof,
    greeting,
    hostile,
    ok,
    packet,
    result,
)
from tests.waiting import eventually

Output = pytest.CaptureFixture[str]
NOBODY = Path("/nobody/has/this")
SLACK = 16 << 20
"""Bytes that lie in the sockets' buffers, and the last piece."""


async def without_end(head: bytes, piece: Callable[[int], bytes], first: int) -> AsyncIterator[bytes]:
    """The same for ever, several at a time."""
    yield head
    number = first
    while True:
        many = [piece(number + at) for at in range(1000)] if len(piece(0)) < 1000 else [piece(number)]
        number += len(many)
        yield b"".join(many)


def rows(value: bytes) -> AsyncIterator[bytes]:
    head = packet(1, b"\1") + column(2) + eof(3)
    return without_end(head, lambda number: packet(number, value), 4)


def large_packets(first: int = 1) -> AsyncIterator[bytes]:
    return without_end(b"", lambda number: MORE + bytes([number & 255]) + bytes(0xFFFFFF), first)


ENDLESS: dict[str, Callable[[bytes], AsyncIterator[bytes]]] = {
    "large rows": lambda query: rows(b"\xfc\xff\xff" + bytes(0xFFFF)),
    "small rows": lambda query: rows(b"\1x"),
    "one packet": lambda query: large_packets(),
    "columns": lambda query: without_end(packet(1, b"\xfe" + b"\xff" * 7 + b"\x3f"), column, 2),
    "empty packets": lambda query: rows(b"\xfb"),
}


def status(server: Hostile, capsys: Output, tls: str = "") -> str:
    """What `database status` says of it: one line."""
    return said(server, capsys, "database", "status", tls=tls)


def said(server: Hostile, capsys: Output, *command: str, tls: str = "") -> str:
    """What a command says of it: one line."""
    with hostile(server):
        assert main([*command, "--database", f"mysql://me@127.0.0.1:{server.port}/fcm{tls}"]) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1), told
    assert "Traceback" not in told.err and "\x1b" not in told.err
    return told.err


@pytest.mark.parametrize("name", ENDLESS)
def test_an_answer_without_end_is_not_taken(name: str, capsys: Output) -> None:
    server = Hostile(ENDLESS[name])
    assert "the server answers more than it was asked for" in status(server, capsys)
    assert server.accepted < ANSWER + SLACK, f"{server.accepted:,} bytes were taken"


@pytest.mark.parametrize("name", ENDLESS)
def test_nor_by_a_seat(name: str, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synchronous, "ANSWER", 32 << 20)
    server = Hostile(lambda query: ENDLESS[name](query) if b"schema_steps" in query else None)
    assert "the server answers more than it was asked for" in said(server, capsys, "log")
    assert server.accepted < (32 << 20) + SLACK, f"{server.accepted:,} bytes were taken"


@pytest.mark.parametrize("when", ["greeting", "signing in"])
def test_nor_before_anybody_has_signed_in(when: str, capsys: Output) -> None:
    if when == "greeting":
        server = Hostile(lambda query: None, hello=lambda: large_packets(0))
    else:
        server = Hostile(
            lambda query: None, login=b"".join(packet(2, b"\xfe" + b"x" * 5_000_000) for _ in range(5))
        )
    assert "the server answers more than it was asked for" in status(server, capsys)
    assert server.accepted < (1 << 20) + 25_000_000 + SLACK


MALFORMED = {
    "a value longer than its row": result((b"1", b"2"), columns=2)[:-9] + packet(6, b"\x01") + eof(7),
    "a length that is none": packet(1, b"\1") + column(2) + eof(3) + packet(4, b"\xff\xff") + eof(5),
    "an order that is wrong": packet(7, b"\0\0\0\2\0\0\0"),
    "an error cut short": packet(1, b"\xff"),
    "a column cut short": packet(1, b"\1") + packet(2, b"\x03de") + eof(3) + eof(4),
    "an unknown type": packet(1, b"\1") + column(2, kind=0x77) + eof(3) + packet(4, b"\3abc") + eof(5),
    "a number that is none": packet(1, b"\1") + column(2, kind=3) + eof(3) + packet(4, b"\3abc") + eof(5),
    "a text that is none": packet(1, b"\1") + column(2) + eof(3) + packet(4, b"\2\xff\xfe") + eof(5),
    "no rows": result(),
    "a text for a number": result((b"max_allowed_packet", b"many"), (b"version", b"x"), columns=2),
    "done, without rows": ok(),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_an_answer_that_makes_no_sense_is_told(name: str, capsys: Output) -> None:
    told = status(Hostile(lambda query: MALFORMED[name] if b"max_allowed" in query else None), capsys)
    assert "127.0.0.1" in told and any(
        words in told
        for words in ("makes no sense", "does not fit", "sequence number wrong", "Lost connection")
    ), told


@pytest.mark.parametrize("name", MALFORMED)
def test_nor_is_it_for_a_seat(name: str, capsys: Output) -> None:
    server = Hostile(lambda query: MALFORMED[name] if b"schema_steps" in query else None)
    assert "127.0.0.1" in said(server, capsys, "log")


@pytest.mark.parametrize(
    "hello",
    [b"SSH-2.0-OpenSSH_9.2\r\n" * 9, b"\0\0\0\0", packet(0, b"\x0a"), packet(0, b"\x09old\0"), bytes(4000)],
)
@pytest.mark.parametrize("command", [("database", "status"), ("log",)])
def test_what_is_no_server_is_told(
    hello: bytes, command: tuple[str, ...], capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "CONNECT_SECONDS", 1.0)
    monkeypatch.setattr(synchronous, "CONNECT_SECONDS", 1.0)
    assert "mend that" in said(Hostile(lambda query: None, hello=hello), capsys, *command)


def test_its_words_do_nothing_to_the_terminal(capsys: Output) -> None:
    said = packet(1, b"\xff\x51\x04#42000\x1b]0;title\x07\x1b[2J\ngone")
    assert "gone" in status(Hostile(lambda query: said), capsys)


def test_no_file_is_handed_over(tmp_path: Path, capsys: Output) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden in here")
    server = Hostile(lambda query: packet(1, b"\xfb" + bytes(secret)))
    assert "asked for a file of this machine, which it does not get" in status(server, capsys)
    assert b"hidden in here" not in server.told


@pytest.mark.parametrize(
    ("hello", "login"),
    [
        (greeting(plugin=b"mysql_clear_password"), b""),
        (b"", packet(2, b"\xfemysql_clear_password\0")),
        (b"", packet(2, b"\xfe")),
        (b"", packet(2, b"\xfemysql_old_password\0abcdefgh\0")),
    ],
)
def test_the_password_never_goes_out_in_clear(
    hello: bytes, login: bytes, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FCM_DATABASE_PASSWORD", "right one")
    server = Hostile(lambda query: None, hello=hello, login=login)
    assert "wants the password in clear" in status(server, capsys)
    assert b"right one" not in server.told
    if hello:
        with hostile(server):  # a seat's way there is another driver's
            assert main(["log", "--database", f"mysql://me@127.0.0.1:{server.port}/fcm"]) == 2
        assert "wants the password in clear" in capsys.readouterr().err
        assert b"right one" not in server.told


@pytest.mark.parametrize("name", ["large rows", "one packet"])
async def test_a_shipper_keeps_off_it(name: str, tmp_path: Path) -> None:
    """It says why, and the record is whole: it goes on once there is a server."""
    with Feeder(tmp_path / "record.db", 1) as feeder:
        behind = feeder.grow(20)
    server = Hostile(lambda query: ENDLESS[name](query) if b"schema_steps" in query else None)
    with hostile(server):
        shipper = Shipper(
            tmp_path / "record.db",
            parse_server(f"mysql://me@127.0.0.1:{server.port}/fcm"),
            tmp_path / "dead.db",
        )
        sending = asyncio.create_task(shipper.run())
        await eventually(lambda: shipper.state.state == "refused")
        assert "the server answers more than it was asked for" in shipper.state.reason
        assert (shipper.state.behind, shipper.state.dead) == (behind, 0)
        assert server.accepted < ANSWER + SLACK
        shipper.stop()
        await sending
