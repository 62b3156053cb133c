"""What a person at the screen sees of a full disk: while it lasts, when it is over, and on leaving meanwhile."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("there are no pseudo terminals", allow_module_level=True)

from tests.faults.conftest import CLI, Program
from tests.ptyharness import Terminal
from tests.waiting import wait_for

pytestmark = pytest.mark.slow
CWD = str(Path(__file__).parents[2])
FullDisk = Callable[[], Callable[[], None]]


def screen(program: Program, *paths: str) -> Terminal:
    command = [*CLI, "--data-dir", str(program.data), *paths]
    return Terminal(command, columns=160, rows=30, environ={"LC_ALL": "C.UTF-8"}, cwd=CWD)


def test_the_screen_says_that_the_disk_is_full_and_when_it_is_over(
    program: Program, full_disk: FullDisk
) -> None:
    with screen(program, str(program.root)) as recorder:
        recorder.wait("● recording")
        free = full_disk()
        for number in range(20):
            (program.root / f"f{number}").write_bytes(os.urandom(20_000))
        recorder.wait("✗ standing still")
        recorder.wait("database or disk is full")
        with screen(program) as viewer:
            viewer.wait("database or disk is full")
            free()
            recorder.wait("● recording")
            recorder.wait("20 changes found by scan")
            viewer.wait("records")
            viewer.wait("20 changes found by scan")
            assert viewer.leave() == 0
        assert recorder.leave() == 0
    program.run("verify")


def test_leaving_the_screen_with_changes_that_are_not_recorded_says_so(
    program: Program, full_disk: FullDisk
) -> None:
    with screen(program, str(program.root)) as recorder:
        recorder.wait("● recording")
        full_disk()
        for number in range(20):
            (program.root / f"f{number}").write_bytes(os.urandom(20_000))
        recorder.wait("✗ standing still")
        assert recorder.leave() == 1
        wait_for(lambda: b"recording ended with changes that are not recorded" in recorder.raw)
    assert "disk is full" in program.trouble()


def test_a_first_look_that_began_anew_is_followed_by_the_screen(
    program: Program, full_disk: FullDisk
) -> None:
    full_disk()()
    for number in range(600):
        (program.root / f"f{number}").write_bytes(os.urandom(20_000))
    with screen(program, str(program.root)) as recorder:
        recorder.wait("✗ standing still")
        for number in range(1, 600):
            (program.root / f"f{number}").unlink()
        recorder.wait("● recording")
        (program.root / "seen").write_text("x\n")
        recorder.wait("+ seen")
        assert recorder.leave() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="limits of a running process are set on Linux alone")
def test_the_screen_stays_without_descriptors(program: Program) -> None:
    import resource

    with screen(program, str(program.root)) as recorder:
        recorder.wait("● recording")
        recorder.wait("store")
        number = program.status()["pid"]
        resource.prlimit(number, resource.RLIMIT_NOFILE, (3, 1024))
        (program.root / "file").write_text("x\n")
        recorder.wait("✗ standing still")
        recorder.wait("Too many open files")
        resource.prlimit(number, resource.RLIMIT_NOFILE, (1024, 1024))
        recorder.wait("● recording")
        recorder.wait("+ file")
        assert recorder.leave() == 0


def test_a_disk_that_is_full_at_the_start_is_told_and_waited_for(
    program: Program, full_disk: FullDisk
) -> None:
    program.start()
    assert program.end() == 0
    free = full_disk()
    (program.root / "new").write_text("x\n")
    with screen(program, str(program.root)) as recorder:
        recorder.wait("✗ standing still")
        recorder.wait("No space left on device")
        recorder.wait("The record cannot be read now.")
        free()
        recorder.wait("● recording")
        recorder.wait("+ new")
        assert recorder.leave() == 0


def test_a_record_that_cannot_be_used_is_told_on_the_screen_and_behind_it(program: Program) -> None:
    program.start()
    assert program.end() == 0
    (program.data / "record.db").write_bytes(b"no record of ours" * 4096)
    with screen(program, str(program.root)) as recorder:
        recorder.wait("✗ not recording")
        recorder.wait("The record cannot be read now.")
        assert recorder.leave() == 2
        wait_for(
            lambda: b"is no record, or its beginning is damaged" in recorder.raw.rpartition(b"\x1b[?1049l")[2]
        )
        assert b"has ended" not in recorder.raw
