"""The screen in a console of Windows: what a person presses, and what stands there then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.windows.console import Console
from tests.windows.system import not_on_wine, windows_only

pytestmark = windows_only


@pytest.fixture
def console(root: Path) -> Iterator[Console]:
    """The screen on a folder with one file, which was edited since it is there."""
    (root / "file.txt").write_bytes(b"one\n")
    with Console([str(root)]) as opened:
        opened.wait("recording")
        (root / "file.txt").write_bytes("zwei Ω\n".encode())
        yield opened


def test_it_records_and_shows(console: Console) -> None:
    console.wait("~ file.txt")
    console.wait("1 + zwei Ω")
    console.wait("? help  q quit")


@not_on_wine("a console that no terminal belongs to takes no keys")
def test_keys_are_taken_and_it_ends_cleanly(console: Console) -> None:
    console.wait("1 + zwei Ω")
    console.press("?")
    console.wait("Esc closes it")
    console.press("\r")
    console.wait("1 + zwei Ω")
    console.press("qq")
    assert console.end() == (0, "")
