"""What a person reads of how sending goes; no server is needed for that."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import sys

import pytest

from fcm_tui.model import Shipping
from fcm_tui.review.status import Status, parts
from fcm_tui.ship.wording import as_json, silent, text
from fcm_tui.store.mysql.failures import words
from fcm_tui.store.reading.results import RecorderInfo
from tests.review.fake_engine import FakeState

NOW = 1_000_000_000_000
SERVER = "mysql://me@db/fcm"
SAID = {
    Shipping(SERVER, "connected", 7, is_whole=True): "all sent",
    Shipping(SERVER, "connected", 7): "changes sent, other files follow",
    Shipping(SERVER, "connected", 7, 1204, NOW - 3_000_000_000): "1,204 behind (3 s)",
    Shipping(
        SERVER, "retrying", 7, 2, NOW - 600_000_000_000, "Connection refused", NOW + 4_000_000_000
    ): "2 behind (10 min), retrying in 4 s because Connection refused",
    Shipping(SERVER, "refused", 7, 0, None, "no", NOW + 1, dead=1): (
        "retrying in 0 s because no, 1 row refused: see `fcm-tui database dead`"
    ),
    Shipping(SERVER, "stopped", 7, 3, NOW - 7_200_000_000_000): "3 behind (2.0 h), nothing is being sent",
    Shipping(SERVER, "stopped", 7, is_whole=True): "all sent when it ended",
    Shipping(SERVER, "stopped"): "not all is sent, nothing is being sent",
    Shipping(SERVER, "stopped", reason="no"): "not all is sent, nothing is being sent because no",
}


@pytest.mark.parametrize("shipping", SAID, ids=list(SAID.values()))
def test_it_is_said_in_a_line(shipping: Shipping) -> None:
    assert text(shipping, NOW) == SAID[shipping]


def test_scripts_read_it_too() -> None:
    found = as_json(Shipping(SERVER, "retrying", 7, 2, NOW - 1_500_000_000, "why", NOW + 250_000_000), NOW)
    assert (found["behind"], found["behind_seconds"], found["retry_in"]) == (2, 1.5, 0.25)


def test_what_a_server_says_never_acts_on_a_terminal() -> None:
    state = FakeState("recording", files=1, shipping=Shipping(SERVER, "refused", reason="\x1b[31mred"))
    said = "".join(word for field in parts(Status(state)) for word, _ in field)
    assert "\x1b" not in said
    assert "␛[31mred" in said


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed ('127.0.0.1', 1)"),
            "Connect call failed ('127.0.0.1', 1)"
            if sys.platform == "win32"
            else os.strerror(errno.ECONNREFUSED),
        ),
        (socket.gaierror(-2, "Name or service not known"), "Name or service not known"),
        (TimeoutError(), "the server does not answer"),
        (asyncio.IncompleteReadError(b"", 4), "0 bytes read on a total of 4 expected bytes"),
    ],
)
def test_errors_are_told_in_words(error: Exception, said: str) -> None:
    assert words(error) == said


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        ((0, 170), ""),
        ((0, 181), "web2 silent for 3 min"),
        ((8000, 0), "web1 silent for 2 h 13 min"),
        ((8000, 300), "2 of 2 recorders silent, web2 for 5 min"),
        ((-1000, 0), ""),  # a clock that goes ahead
    ],
)
def test_who_tells_nothing_any_more(seconds: tuple[int, ...], says: str) -> None:
    now = 10**18
    known = [
        RecorderInfo(bytes([number]) * 16, f"web{number}", "me", "linux", "1", 0, now - ago * 10**9)
        for number, ago in enumerate(seconds, 1)
    ]
    assert silent(known, now) == says
