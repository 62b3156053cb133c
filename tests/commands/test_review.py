"""Marking changes as reviewed, also while another process records."""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fcm_tui.datadir import open_data_dir
from fcm_tui.store import reviews
from fcm_tui.store.reading.queries import Reader
from tests.commands.test_commands import Cli
from tests.review.builder import connect
from tests.waiting import wait_for


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    root = tmp_path / "root"
    root.mkdir()
    found = Cli(tmp_path / "data", root)
    found.once()
    for name in ("a", "b", "c"):
        (root / name).write_text(f"{name}\n")
    found.once()
    return found


def reviewed(cli: Cli) -> list[int]:
    return [change["sequence"] for change in cli.log("--reverse") if change["reviewed"]]


def test_a_pin_is_told_found_and_taken_back(cli: Cli) -> None:
    assert cli.run("review", "2", "--pin").stdout.split(os.linesep.encode()) == [
        b"reviewed and pinned: 1 change",
        b"",
    ]
    assert reviewed(cli) == [2]
    cli.run("review", "2", "3")
    assert [change["sequence"] for change in cli.log("--filter", "is:pinned")] == [2]
    assert b"leave out --pin" in cli.run("review", "2", "--pin", "--undo", status=2).stderr
    cli.run("review", "2", "--undo")
    assert not cli.log("--filter", "is:pinned")


def test_changes_are_marked_and_unmarked(cli: Cli) -> None:
    assert cli.run("review", "1", "3").stdout.split(os.linesep.encode()) == [b"reviewed: 2 changes", b""]
    assert reviewed(cli) == [1, 3]
    assert [change["sequence"] for change in cli.log("--unreviewed")] == [2]
    assert [change["sequence"] for change in cli.log("--filter", "is:reviewed")] == [3, 1]
    assert cli.run("review", "3", "--undo").stdout.split(os.linesep.encode()) == [
        b"no longer reviewed by you: 1 change",
        b"",
    ]
    assert cli.run("review", "3", "--undo").stdout.split(os.linesep.encode()) == [
        b"no longer reviewed by you: 0 changes",
        b"",
    ]
    assert reviewed(cli) == [1]
    assert cli.run("verify").stdout.startswith(b"ok: ")


def test_a_note_stays_until_another_is_given(cli: Cli) -> None:
    database = open_data_dir(str(cli.data)).database
    for more, note in (
        (("--note", "fine"), "fine"),
        ((), "fine"),
        (("--note", "no: ask Ann"), "no: ask Ann"),
    ):
        cli.run("review", "2", *more)
        assert connect(database).execute(
            "SELECT sequence, reviewer, verdict, note FROM reviews"
        ).fetchall() == [(2, getpass.getuser(), "accepted", note)]
        assert [change["note"] for change in cli.log()] == [None, note, None]
    assert b'"no: ask Ann"' in cli.run("log", "--filter", "is:noted").stdout


def test_what_is_not_there_marks_nothing(cli: Cli) -> None:
    assert b"no change 9" in cli.run("review", "1", "9", status=1).stderr
    assert reviewed(cli) == []
    assert b"leave out --note" in cli.run("review", "1", "--undo", "--note", "x", status=2).stderr
    assert b"CHANGE is missing" in cli.run("review", status=2).stderr


def test_it_works_beside_a_recorder(cli: Cli) -> None:
    recorder = subprocess.Popen(
        [sys.executable, "-m", "fcm_tui", "--data-dir", str(cli.data), "record", str(cli.root)],
        stdout=subprocess.PIPE,
    )
    try:
        assert recorder.stdout is not None
        recorder.stdout.readline()
        cli.run("review", "1", "2", "3")
        (cli.root / "d").write_text("d\n")
        if sys.platform == "win32":  # there it is ended as with SIGKILL
            wait_for(lambda: len(cli.log()) == 4)
    finally:
        recorder.terminate()
        assert recorder.wait() == (1 if sys.platform == "win32" else 0)
        recorder.communicate()
    assert reviewed(cli) == [1, 2, 3]
    assert [change["sequence"] for change in cli.log("--unreviewed")] == [4]
    assert cli.run("verify").stdout.startswith(b"ok: ")


def test_counts_of_folders_follow_every_review(cli: Cli) -> None:
    database = open_data_dir(str(cli.data)).database
    with Reader(database) as reader:
        recorder = reader.change(1).recorder_id

        def counts() -> tuple[int, list[int]]:
            (root,) = reader.roots()
            return root.reviewed, [entry.reviewed for entry in reader.folder(root.root_id, root.path)]

        assert counts() == (0, [0, 0, 0])
        assert reviews.mark(database, [(1, recorder), (3, recorder), (7, recorder)]) == 2
        assert counts() == (2, [1, 0, 1])
        connect(database).execute(
            "INSERT INTO reviews SELECT recorder_id, 1, 'eve', 1, 'accepted', NULL FROM recorders"
        )
        assert counts() == (2, [1, 0, 1])
        assert reviews.unmark(database, [(1, recorder), (3, recorder)]) == 2
        assert counts() == (1, [1, 0, 0])
