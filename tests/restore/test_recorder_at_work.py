"""Restoring while another process records: it is told beforehand, and records what it sees."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from fcm_tui.intents import INTENTS
from fcm_tui.restore import recording as recording_module
from fcm_tui.restore import run as running
from tests.restore.conftest import Case

STOPPABLE = pytest.mark.skipif(
    sys.platform == "win32", reason="a process cannot be stopped and continued there"
)
Wait = Callable[..., Any]


@contextmanager
def recorder(case: Case) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "fcm_tui", "record", str(case.root), "--data-dir", str(case.data_dir.path)],
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline().startswith(b"ready: ")
        yield process
    finally:
        if sys.platform != "win32":
            process.send_signal(signal.SIGCONT)
        process.terminate()
        process.stdout.close()
        process.wait(30)


@pytest.fixture
def live(case: Case, wait_for: Wait) -> Iterator[tuple[Case, subprocess.Popen[bytes]]]:
    """A recorder at work that has recorded `a` as `one`, then as `two` (change 1)."""
    case.write("a", "one\n")
    with recorder(case) as process:
        case.write("a", "two\n")
        wait_for(lambda: case.last() == 1)
        yield case, process


def test_it_becomes_a_change_of_origin_restore_and_can_be_undone(live: tuple[Case, object]) -> None:
    case, _ = live
    out = case.restore("1", "--before")
    assert out.endswith("recorded as change 2; `fcm-tui restore 2 --before` undoes it\n")
    (change,) = case.since(1)
    assert (change.kind, change.origin) == ("modified", "restore")
    assert os.listdir(case.data_dir.path / INTENTS) == [], "what was announced is withdrawn"
    case.restore("2", "--before")
    assert (case.root / "a").read_text() == "two\n"
    assert [c.origin for c in case.since(1)] == ["restore", "restore"]


def test_a_persons_own_edit_afterwards_is_theirs(live: tuple[Case, object], wait_for: Wait) -> None:
    case, _ = live
    case.restore("1", "--before")
    case.write("a", "two\n")
    wait_for(lambda: case.last() == 3)
    case.write("a", "one\n")
    wait_for(lambda: case.last() == 4)
    assert [c.origin for c in case.since(1)] == ["restore", "event", "event"]


def test_undoing_a_move_with_all_that_came_with_it(live: tuple[Case, object], wait_for: Wait) -> None:
    case, _ = live
    for mode, name in ((0o600, "b"), (0o640, "c"), (0o604, "d")):
        last = case.last()
        before = os.stat(case.root / "a")
        (case.root / "a").rename(case.root / name)
        (case.root / name).chmod(mode)
        os.utime(case.root / name, ns=(0, 1))
        there = os.stat(case.root / name)  # which has not all of these modes, nor that moment, on Windows
        wait_for(
            lambda: any((c.mode, c.mtime_ns) == (there.st_mode, there.st_mtime_ns) for c in case.since(last))  # noqa: B023
        )
        moved = next(c for c in case.since(last) if c.kind == "moved")
        last = case.last()
        case.restore(str(moved.sequence), "--before")
        after = os.stat(case.root / "a")
        assert (after.st_mode, after.st_mtime_ns) == (before.st_mode, before.st_mtime_ns)
        wait_for(lambda: case.since(last)[-1].mode == before.st_mode)  # noqa: B023
        assert {c.origin for c in case.since(last)} == {"restore"}


def test_a_folder_as_it_was(live: tuple[Case, object], wait_for: Wait) -> None:
    case, _ = live
    case.write("src/b", "moved and edited\n" * 30)
    case.write("src/c", "deleted\n")
    wait_for(lambda: case.last() == 3)
    disk, then = case.disk(), case.moment()
    (case.root / "src").rename(case.root / "lib")
    wait_for(lambda: case.last() == 5)
    case.write("lib/b", "moved and edited\n" * 30 + "here\n")
    (case.root / "lib" / "c").unlink()
    case.write("new", "new\n")
    wait_for(lambda: case.last() == 8)
    case.restore(str(case.root), "--at", then)
    assert case.disk() == disk
    assert {c.origin for c in case.since(8)} == {"restore"}
    assert "moved" in {c.kind for c in case.since(8)}
    assert "not recorded" not in case.err


@STOPPABLE
def test_what_the_recorder_has_not_recorded_yet_is_not_overwritten(
    live: tuple[Case, subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    case, process = live
    process.send_signal(signal.SIGSTOP)
    monkeypatch.setattr(running, "_PATIENCE", 0.1)
    case.write("a", "three\n")
    assert "not recorded" in case.refused("1", "--before")
    process.send_signal(signal.SIGCONT)
    monkeypatch.setattr(running, "_PATIENCE", 20)
    case.restore("1", "--before")
    assert [(c.origin, c.size) for c in case.since(1)] == [
        ("scan", 6),
        ("restore", 4),
    ]  # stopped: all is scanned


@STOPPABLE
def test_a_recorder_that_lags_is_said_to_and_still_knows_what_it_was(
    live: tuple[Case, subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch, wait_for: Wait
) -> None:
    case, process = live
    process.send_signal(signal.SIGSTOP)
    monkeypatch.setattr(recording_module, "_PATIENCE", 0.1)
    case.restore("1", "--before")
    assert "has not recorded it yet" in case.err
    assert (case.root / "a").read_text() == "one\n"
    process.send_signal(signal.SIGCONT)
    wait_for(lambda: case.last() == 2)
    assert [c.origin for c in case.since(1)] == ["restore"]
