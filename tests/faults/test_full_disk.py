"""The disk of the record is full: that is told while it lasts, and nothing is lost by it."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tests.faults.conftest import Program
from tests.recording.harness import disk
from tests.waiting import wait_for

pytestmark = pytest.mark.slow
FullDisk = Callable[[], Callable[[], None]]


def work(program: Program, letter: str) -> None:
    """Changes that need more room than a page of the database that is free by chance."""
    for number in range(20):
        (program.root / f"{letter}{number}").write_bytes(os.urandom(20_000))


async def test_a_full_disk_is_told_while_it_lasts_and_recording_goes_on(
    program: Program, full_disk: FullDisk
) -> None:
    (program.root / "a0").write_text("before\n")
    program.recording.baseline = disk(program.root)
    program.start()
    free = full_disk()
    work(program, "a")
    said = wait_for(program.trouble, 20)
    assert "recording stands still: database or disk is full" in said
    assert "recording stands still" in program.run("status").stdout
    wait_for(lambda: any("disk is full" in line for line in program.said))
    work(program, "b")
    (program.root / "a1").unlink()
    free()
    wait_for(lambda: not program.trouble(), 20)
    gap = program.closed_gap("disk is full")
    assert gap["changes_found"] == 39
    assert gap["root"] == str(program.root)
    wait_for(lambda: program.said[-1] == "fcm-tui: all is recorded again")
    await program.recording.settled()
    assert program.end() == 0
    program.run("verify")


def test_who_has_to_end_meanwhile_says_so_and_the_next_start_finds_the_rest(
    program: Program, full_disk: FullDisk
) -> None:
    program.start()
    free = full_disk()
    work(program, "a")
    wait_for(program.trouble, 20)
    assert program.end() == 1
    wait_for(
        lambda: program.said[-1].startswith("fcm-tui: recording ended with changes that are not recorded")
    )
    told = program.status()
    assert not told["recording"]
    assert "disk is full" in told["last_error"]
    free()
    program.start()
    gap = program.closed_gap("not running")
    assert gap["changes_found"] == 20
    assert gap["from"] < told["last_error_since"]
    assert program.trouble() == ""
    assert program.end() == 0
    program.run("verify")


def test_a_first_look_that_fills_the_disk_begins_anew_once_there_is_room(
    program: Program, full_disk: FullDisk
) -> None:
    full_disk()()
    for number in range(600):
        (program.root / f"f{number}").write_bytes(os.urandom(20_000))
    program.begin()
    said = wait_for(lambda: program.said, 20)
    assert "database or disk is full" in said[0]
    assert "disk is full" in program.trouble()
    for number in range(1, 600):
        (program.root / f"f{number}").unlink()
    program.ready()
    assert program.end() == 0
    assert program.status()["files"] == 1
    program.run("verify")


def test_a_disk_that_is_full_at_the_start_is_waited_for(program: Program, full_disk: FullDisk) -> None:
    (program.root / "a0").write_text("before\n")
    program.start()
    assert program.end() == 0
    free = full_disk()
    (program.root / "a0").write_text("meanwhile\n")
    program.begin()
    wait_for(lambda: any("No space left on device" in line for line in program.said), 20)
    wait_for(lambda: "recording stands still" in program.trouble(), 20)
    free()
    program.ready()
    wait_for(lambda: not program.trouble(), 20)
    assert program.end() == 0
    assert program.run("cat", "1").stdout == "meanwhile\n"
    program.run("verify")
