"""Who had ended before anybody asked: known from its birth, and never by another program's name."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

if sys.platform != "linux":
    pytest.skip("/proc is Linux's", allow_module_level=True)

from fcm_tui.watch.beginnings import Beginnings
from fcm_tui.watch.known_processes import KnownProcesses


class Told(Beginnings):
    """Tells what a test says."""

    def __init__(self) -> None:
        super().__init__(-1)
        self.next: list[tuple[int, int]] = []

    def told(self) -> Iterator[tuple[int, int]]:
        told, self.next = self.next, []
        yield from told


@pytest.fixture
def gone() -> int:
    """The number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_child_is_known_by_its_parent(gone: int) -> None:
    told = Told()
    who = KnownProcesses(told)
    told.next = [(gone, os.getpid())]
    found = who.read(gone)
    ours = who.read(os.getpid())
    assert (found.pid, found.parent, found.parent_name) == (gone, os.getpid(), ours.name)
    assert (found.name, found.command, found.program, found.uid) == ours[2:6]


@pytest.mark.parametrize("is_heard_at_once", [True, False])
def test_one_that_ran_a_program_is_not(gone: int, is_heard_at_once: bool) -> None:
    told = Told()
    who = KnownProcesses(told)
    told.next = [(gone, os.getpid())]
    if is_heard_at_once:
        told.next.append((gone, 0))
    who.hear()
    if not is_heard_at_once:
        told.next = [(gone, 0)]
    assert who.read(gone)[:4] == (gone, 0, b"", b"")


def test_nor_where_some_were_not_told(gone: int) -> None:
    told = Told()
    who = KnownProcesses(told)
    told.next, told.has_lost = [(gone, os.getpid())], True
    assert who.read(gone)[:4] == (gone, 0, b"", b"")


def test_nor_by_what_its_parent_ran_later(gone: int) -> None:
    told = Told()
    who = KnownProcesses(told)
    told.next = [(gone, os.getpid()), (os.getpid(), 0)]
    assert who.read(gone)[:4] == (gone, 0, b"", b"")


def test_a_number_that_is_given_again_is_another_process(gone: int) -> None:
    told = Told()
    who = KnownProcesses(told)
    told.next = [(gone, os.getpid())]
    first = who.key(gone)
    assert who.key(gone) == first
    told.next = [(gone, os.getppid())]
    who.hear()
    who.begin_piece()
    assert who.key(gone) != first
