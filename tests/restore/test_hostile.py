"""Nothing is lost that is not recorded, and nothing is written where it should not be."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from fcm_tui.datadir import DataDir
from fcm_tui.errors import RestoreRefused
from fcm_tui.restore import Action, check, disk, obstacles
from fcm_tui.restore import run as running
from fcm_tui.restore.disk import Folder
from fcm_tui.restore.plan import Plan, Step
from fcm_tui.store.reading.queries import Reader
from tests.restore.conftest import Case

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX names, modes and links")


@pytest.fixture
def twice(case: Case) -> Case:
    """`d/a` is recorded as `one`, then as `two` (change 1)."""
    case.write("d/a", "one\n")
    case.record()
    case.write("d/a", "two\n")
    case.record()
    return case


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "a").write_text("outside\n")
    return folder


def untouched(outside: Path) -> None:
    assert [p.name for p in outside.iterdir()] == ["a"]
    assert (outside / "a").read_text() == "outside\n"


@POSIX
@pytest.mark.parametrize("force", [[], ["--force"]])
def test_a_folder_that_became_a_link_is_not_followed(twice: Case, outside: Path, force: list[str]) -> None:
    (twice.root / "d" / "a").unlink()
    (twice.root / "d").rmdir()
    (twice.root / "d").symlink_to(outside)
    twice.record()
    assert "symbolic link" in twice.refused("1", "--before", *force)
    untouched(outside)


@POSIX
def test_a_link_put_in_a_folders_place_at_the_last_moment_is_not_followed(
    twice: Case, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = obstacles.check

    def check_and_swap(*args: object, **kwargs: object) -> object:
        checked = real(*args, **kwargs)  # type: ignore[arg-type]
        (twice.root / "d").rename(twice.root / "e")
        (twice.root / "d").symlink_to(outside)
        return checked

    monkeypatch.setattr(running, "check", check_and_swap)
    twice.run("restore", "1", "--before", status=1)
    assert "symbolic link" in twice.err
    untouched(outside)


@POSIX
def test_a_link_put_there_between_the_look_and_the_opening_is_not_followed(
    tmp_path: Path, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = tmp_path / "base"
    (base / "d").mkdir(parents=True)
    look = Folder.look

    def look_and_swap(self: Folder, name: bytes) -> os.stat_result | None:
        found = look(self, name)
        if name == b"d":
            (base / "d").rename(base / "e")
            (base / "d").symlink_to(outside)
        return found

    monkeypatch.setattr(Folder, "look", look_and_swap)
    with pytest.raises((RestoreRefused, OSError)), Folder.opened(os.fsencode(base), [b"d"]):
        pass
    untouched(outside)


@POSIX
def test_a_folder_swapped_for_a_link_after_it_was_opened_leads_nowhere_else(
    tmp_path: Path, outside: Path
) -> None:
    base = tmp_path / "base"
    (base / "d").mkdir(parents=True)
    with Folder.opened(os.fsencode(base), [b"d"]) as folder:
        (base / "d").rename(base / "e")
        (base / "d").symlink_to(outside)
        folder.write(b"a", b"mine\n", None, None, (-1, -1), over=True)
    untouched(outside)
    assert (base / "e" / "a").read_text() == "mine\n"


@POSIX
def test_a_target_that_became_a_link_is_replaced_and_not_followed(twice: Case, outside: Path) -> None:
    (twice.root / "d" / "a").unlink()
    (twice.root / "d" / "a").symlink_to(outside / "a")
    twice.restore("1", "--before")
    assert not (twice.root / "d" / "a").is_symlink()
    assert (twice.root / "d" / "a").read_text() == "one\n"
    untouched(outside)


@POSIX
def test_a_recorded_link_that_leads_outside_is_restored_as_a_link_and_writes_nothing(
    case: Case, outside: Path
) -> None:
    case.write("d/a", "one\n")
    case.record()
    then = case.moment()
    (case.root / "d" / "a").unlink()
    (case.root / "d").rmdir()
    (case.root / "d").symlink_to(outside)
    case.record()
    case.restore(str(case.root), "--at", then)
    assert (case.root / "d" / "a").read_text() == "one\n"
    untouched(outside)


@pytest.mark.parametrize("path", ["../outside/x", "d/../../outside/x", "", "/x", "./x", "d/.."])
def test_a_path_in_the_record_that_leads_outside_is_refused(twice: Case, outside: Path, path: str) -> None:
    (twice.root / "d" / "a").unlink()
    twice.record()
    hostile = os.fsencode(f"{twice.root}{os.sep}{path}")
    with closing(sqlite3.connect(twice.data_dir.database)) as connection, connection:
        (kept,) = connection.execute("SELECT path FROM changes").fetchone()
        connection.execute("UPDATE changes SET path = ?", (hostile,))
    message = twice.refused("1", "--before", "--force")
    assert "not a path inside" in message
    untouched(outside)
    with closing(sqlite3.connect(twice.data_dir.database)) as connection, connection:
        connection.execute("UPDATE changes SET path = ?", (kept,))


def test_a_step_outside_its_base_is_refused(data_dir: DataDir, twice: Case, outside: Path) -> None:
    base = os.fsencode(twice.root)
    for path in (base + b"/../outside/a", os.fsencode(outside / "a"), base, base + b"/x/../../outside/a"):
        with Reader(data_dir.database) as reader, pytest.raises(RestoreRefused, match="not a path inside"):
            check(reader, Plan.of([Step(Action.REMOVE, base, path)]), force=True)
    untouched(outside)


def test_dots_in_what_a_person_names_mean_what_they_say(twice: Case, tmp_path: Path) -> None:
    twice.restore("1", "--before", "--to", str(twice.root / "d" / ".." / ".." / "beside"))
    assert (tmp_path / "beside").read_text() == "one\n"


@pytest.mark.parametrize(
    "name", ["record.db", "record.db-wal", "recorder.lock", "new/file", "intents/x.json"]
)
def test_nothing_is_restored_into_the_data_directory(twice: Case, name: str) -> None:
    twice.refused("1", "--before", "--to", str(twice.data_dir.path / name), "--force")
    assert "data directory" in twice.err
    assert not (twice.data_dir.path / "new").exists()
    twice.verify()


def test_an_existing_file_elsewhere_is_not_overwritten(twice: Case, outside: Path) -> None:
    assert "not recorded" in twice.refused("1", "--to", str(outside))
    untouched(outside)
    twice.restore("1", "--to", str(outside), "--force")
    assert (outside / "a").read_text() == "two\n"


def test_an_ignored_file_in_the_way_is_not_overwritten(case: Case) -> None:
    case.write("a", "one\n")
    case.record()
    case.write("a", "two\n")
    case.record()
    precious = case.write("b.swp", "not recorded\n")
    case.refused("1", "--to", str(precious))
    assert precious.read_text() == "not recorded\n"


def test_a_secret_is_not_overwritten(case: Case) -> None:
    case.write("a", "one\n")
    case.record()
    (case.root / "a").unlink()
    case.record()
    secret = case.write("key.pem", "the only copy\n")
    case.record()
    assert "secret" in case.refused("1", "--before", "--to", str(secret))
    case.restore("1", "--before", "--to", str(secret), "--force")
    assert secret.read_text() == "one\n"


def test_a_file_that_changes_after_the_check_is_left_alone(
    twice: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = obstacles.check

    def check_and_write(*args: object, **kwargs: object) -> object:
        checked = real(*args, **kwargs)  # type: ignore[arg-type]
        twice.write("d/a", "written just now\n")
        return checked

    monkeypatch.setattr(running, "check", check_and_write)
    twice.run("restore", "1", "--before", status=1)
    assert "changed just now" in twice.err
    assert (twice.root / "d" / "a").read_text() == "written just now\n"


def test_a_file_that_appears_after_the_check_is_left_alone(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = case.write("a", "one\n")
    case.record()
    path.unlink()
    case.record()
    publish = Folder._publish

    def publish_late(self: Folder, temporary: bytes, name: bytes) -> None:
        path.write_text("appeared just now\n")
        publish(self, temporary, name)

    monkeypatch.setattr(Folder, "_publish", publish_late)
    case.run("restore", "1", "--before", status=1)
    assert path.read_text() == "appeared just now\n"
    assert os.listdir(case.root) == ["a"], "nothing is left lying around"


def test_a_folder_in_the_way_of_a_file(case: Case) -> None:
    path = case.write("a", "one\n")
    case.record()
    path.unlink()
    (path / "empty").mkdir(parents=True)
    case.record()
    case.restore("1", "--before")
    assert path.read_text() == "one\n", "empty folders give way"
    path.unlink()
    case.write("a/b", "two\n")
    case.record()
    assert "a folder stands there" in case.refused("1", "--before")
    assert "a folder stands there" in case.refused("1", "--before", "--force")


def test_a_folder_with_something_not_recorded_is_not_removed_for_a_file(case: Case) -> None:
    path = case.write("a", "one\n")
    case.record()
    then = case.moment()
    path.unlink()
    case.write("a/b", "two\n")
    case.write("a/ignored.swp", "precious\n")
    case.record()
    assert "ignored.swp" in case.refused(str(case.root), "--at", then, "--force")


def test_a_file_in_the_way_of_a_folder(case: Case) -> None:
    case.write("a/b", "one\n")
    case.record()
    case.clear()
    case.write("a", "two\n")
    (first, *_) = case.record()
    assert "where a folder has to be" in case.refused(str(first.sequence), "--before")


def test_a_folder_that_may_not_be_written_to(twice: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    twice.write("x", "one\n")
    twice.record()
    then = twice.moment()
    twice.write("d/a", "three\n")
    twice.write("x", "two\n")
    twice.record()
    folder = os.fsencode(twice.root / "d")
    access = os.access  # root may write anywhere, so the system's answer is put in its mouth
    monkeypatch.setattr(obstacles.os, "access", lambda path, mode: path != folder and access(path, mode))
    assert "may not be written to" in twice.refused(str(twice.root), "--at", then), "not even x is restored"


def test_what_the_system_refuses_is_told_and_nothing_is_left_lying(
    twice: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk.os, "fsync", full)
    assert "No space left on device" in twice.refused("1", "--before")
    assert os.listdir(twice.root / "d") == ["a"]


def test_a_part_that_was_done_is_told_and_recorded(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    case.write("a", "one\n")
    case.write("b", "one\n")
    case.record()
    then = case.moment()
    case.write("a", "two\n")
    case.write("b", "two\n")
    case.record()
    write = Folder.write

    def fails_for_b(self: Folder, name: bytes, *args: object, **kwargs: object) -> None:
        if name == b"b":
            raise OSError(5, "Input/output error")
        write(self, name, *args, **kwargs)  # type: ignore[arg-type]

    last = case.last()
    monkeypatch.setattr(Folder, "write", fails_for_b)
    case.run("restore", str(case.root), "--at", then, status=1)
    assert "1 of 2 steps were done" in case.err
    assert [(c.path, c.origin) for c in case.since(last)] == [(os.fsencode(case.root / "a"), "restore")]
    assert (case.root / "b").read_text() == "two\n"


@POSIX
def test_a_restored_program_of_another_user_does_not_run_as_that_user(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = case.write("a", "one\n", 0o4755)
    case.record()
    path.unlink()
    case.record()

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(disk.os, "fchown", refuse)
    case.restore("1", "--before")
    assert path.stat().st_mode & 0o7777 == 0o755


@POSIX
def test_a_fifo_in_the_way_is_neither_opened_nor_replaced(twice: Case) -> None:
    path = twice.root / "d" / "a"
    path.unlink()
    os.mkfifo(path)
    twice.record()
    twice.run("restore", "1", "--before", status=1)
    assert "neither a file nor a link" in twice.err
    assert path.is_fifo()


def test_a_version_whose_content_is_damaged_is_refused(twice: Case) -> None:
    with closing(sqlite3.connect(twice.data_dir.database)) as connection, connection:
        rows = connection.execute("SELECT rowid, data FROM contents").fetchall()
        connection.execute("UPDATE contents SET data = zeroblob(length(data))")
    twice.refused("1", "--before")
    with closing(sqlite3.connect(twice.data_dir.database)) as connection, connection:
        connection.executemany("UPDATE contents SET data = ? WHERE rowid = ?", [(d, r) for r, d in rows])
