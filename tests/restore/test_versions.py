"""One version back at its path, and the restore undone again."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.restore.conftest import Case

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX names, modes and links")


def test_the_version_before_a_change_comes_back_as_it_was(case: Case) -> None:
    path = case.write("a", "one\n", 0o640)
    os.utime(path, ns=(1_600_000_000_123_456_789, 1_600_000_000_123_456_000))
    before = path.stat()
    case.record()
    case.write("a", "two\n", 0o644)
    (change,) = case.record()
    out = case.restore("1", "--before")
    assert path.read_bytes() == b"one\n"
    after = path.stat()
    assert (after.st_mtime_ns, after.st_uid) == (before.st_mtime_ns, before.st_uid)
    if sys.platform != "win32":
        assert after.st_mode == before.st_mode
    (restored,) = case.since(1)
    assert (restored.kind, restored.origin, restored.before, restored.after) == (
        "modified", "restore", change.after, change.before,
    )  # fmt: skip
    assert out == f"wrote {path} (4 bytes)\nrecorded as change 2; `fcm-tui restore 2 --before` undoes it\n"


def test_a_restore_can_be_undone_and_done_again(case: Case) -> None:
    path = case.write("a", "one\n")
    case.record()
    case.write("a", "two\n", 0o600)
    case.record()
    two = case.disk()
    case.restore("1", "--before")
    one = case.disk()
    case.restore("2", "--before")
    assert case.disk() == two
    case.restore("2")
    assert case.disk() == one
    assert path.read_bytes() == b"one\n"
    assert [c.origin for c in case.since(1)] == ["restore"] * 3


def test_a_deleted_file_comes_back_with_its_folders(case: Case) -> None:
    path = case.write("d/e/a", "one\n", 0o604)
    case.record()
    disk = case.disk()
    case.clear()
    case.record()
    assert "--before" in case.refused("1")
    case.restore("1", "--before")
    assert case.disk() == disk
    (restored,) = case.since(1)
    assert (restored.kind, restored.origin, restored.path) == ("created", "restore", os.fsencode(path))
    case.restore("2", "--before")
    assert case.disk() == {}
    assert [(c.kind, c.origin) for c in case.since(2)] == [("deleted", "restore")]


def test_before_a_creation_there_was_no_file(case: Case) -> None:
    case.write("old", "stays\n")
    case.record()
    path = case.write("new", "one\n")
    case.record()
    assert case.restore("1", "--before", "--dry-run").startswith(
        f"would remove {path}\ndiff --git a/new b/new\ndeleted file"
    )
    assert path.exists()
    case.restore("1", "--before")
    assert set(case.disk()) == {b"old"}
    assert case.restore("1", "--before") == "nothing to do: it is as it was\n"


def test_before_a_move_it_stood_elsewhere(case: Case) -> None:
    case.write("old", "one\ntwo\nthree\n")
    case.record()
    disk = case.disk()
    (case.root / "d").mkdir()
    (case.root / "old").rename(case.root / "d" / "new")
    (moved,) = case.record()
    assert moved.kind == "moved"
    assert case.restore("1", "--before").startswith(
        f"moved {case.root / 'd' / 'new'} to {case.root / 'old'}\n"
    )
    assert case.disk() == disk
    (back,) = case.since(1)
    assert (back.kind, back.origin, back.file_id) == ("moved", "restore", moved.file_id)
    case.restore("2", "--before")
    assert set(case.disk()) == {b"d/new"}


def test_before_a_move_with_an_edit(case: Case) -> None:
    text = "".join(f"line {n}\n" for n in range(50))
    case.write("old", text)
    case.record()
    disk = case.disk()
    (case.root / "old").rename(case.root / "new")
    with open(case.root / "new", "a") as file:
        file.write("more\n")
    (moved,) = case.record()
    assert moved.kind == "moved"
    case.restore("1", "--before")
    assert case.disk() == disk
    assert {c.file_id for c in case.since(1)} == {moved.file_id}, "its identity is kept"
    assert {c.origin for c in case.since(1)} == {"restore"}


def test_an_old_place_that_is_taken_is_written_to_and_the_file_stays_where_it_is(case: Case) -> None:
    case.write("old", "one\n")
    case.record()
    (case.root / "old").rename(case.root / "new")
    case.record()
    case.write("old", "another file\n")
    case.record()
    case.restore("1", "--before")
    assert (case.root / "old").read_bytes() == b"one\n"
    assert (case.root / "new").read_bytes() == b"one\n"


def test_a_file_that_was_renamed_since_is_restored_where_it_is(case: Case) -> None:
    case.write("old", "one\n")
    case.record()
    case.write("old", "two\n")
    (edited,) = case.record()
    (case.root / "old").rename(case.root / "new")
    case.record()
    (case.root / "new").rename(case.root / "newer")
    case.record()
    newer, old = case.root / "newer", case.root / "old"
    wrote = f"{newer} (4 bytes), which was {old} then\n"
    assert case.restore("1", "--before", "--dry-run").startswith(f"would write {wrote}")
    assert case.restore("1", "--before").startswith(f"wrote {wrote}")
    assert {name: (case.root / os.fsdecode(name)).read_text() for name in case.disk()} == {b"newer": "one\n"}
    assert case.since(3)[-1].file_id == edited.file_id
    assert case.restore("1").startswith(f"wrote {wrote}")
    assert case.restore("2", "--before").startswith(f"moved {newer} to {old}\n"), (
        "a move is undone all the same"
    )
    assert set(case.disk()) == {b"old"}
    old.rename(newer)
    assert case.restore("1", "--hunk", "1").startswith(f"wrote {wrote}"), "as for a hunk"


def test_undoing_the_creation_of_a_file_removes_it_and_no_other_of_its_name(case: Case) -> None:
    case.write("stays", "")
    case.record()
    case.write("a", "mine\n")
    case.record()
    (case.root / "a").rename(case.root / "b")
    case.record()
    case.write("a", "another\n")
    case.record()
    assert f"removed {case.root / 'b'}, which was {case.root / 'a'} then" in case.restore("1", "--before")
    assert set(case.disk()) == {b"stays", b"a"}


@POSIX
def test_mode_and_time_alone_come_back_without_a_rewrite(case: Case) -> None:
    path = case.write("a", "one\n", 0o644)
    case.record()
    before = path.stat()
    path.chmod(0o755)
    os.utime(path, ns=(0, 0))
    case.record()
    assert case.restore("1", "--before").startswith(f"set mode and time of {path}\n")
    after = path.stat()
    assert (after.st_mode, after.st_mtime_ns, after.st_ino) == (
        before.st_mode,
        before.st_mtime_ns,
        before.st_ino,
    )
    assert [(c.kind, c.origin) for c in case.since(1)] == [("metadata", "restore")]


@POSIX
def test_the_mode_of_a_secret_comes_back_although_its_content_is_not_kept(case: Case) -> None:
    path = case.write(".env", "PASSWORD=1\n", 0o600)
    case.record()
    path.chmod(0o644)
    case.record()
    case.restore("1", "--before")
    assert path.stat().st_mode & 0o777 == 0o600


def test_binary_and_empty_and_large_versions_come_back_exactly(case: Case) -> None:
    contents = [os.urandom(3 << 20), b"", bytes(range(256)), b"no line feed", b"\xff\xfeu\0n\0i\0"]
    for content in contents:
        case.write("a", content)
        case.record()
    for number, content in enumerate(contents[1:], 1):
        case.restore(str(number))
        assert (case.root / "a").read_bytes() == content
    case.restore("1", "--before")
    assert (case.root / "a").read_bytes() == contents[0]


@POSIX
@pytest.mark.parametrize(
    "name", [b"new\nline", b"\x1b[31mred", b"not utf-8 \xff\xfe", b"-rf", b"x" * 255, b" ", b"a'b\"c$d"]
)
def test_hostile_names_come_back_and_are_shown_safely(case: Case, name: bytes) -> None:
    case.write(b"d/" + name, "one\n")
    case.record()
    disk = case.disk()
    case.clear()
    case.record()
    out = case.restore("1", "--before")
    assert case.disk() == disk
    assert all(line.isprintable() for line in out.splitlines())
    assert len(out.splitlines()) == 2


@POSIX
def test_a_link_comes_back_as_a_link(case: Case, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("outside\n")
    link = case.root / "link"
    link.symlink_to(outside)
    case.record()
    link.unlink()
    case.write("link", "a file now\n")
    case.record()
    case.restore("1", "--before")
    assert os.readlink(link) == str(outside)
    case.restore("2", "--before")
    assert not link.is_symlink()
    assert link.read_bytes() == b"a file now\n"
    assert outside.read_text() == "outside\n"


def test_what_is_already_so_is_left_alone(case: Case) -> None:
    path = case.write("a", "one\n")
    case.record()
    case.write("a", "two\n")
    case.record()
    state = path.stat()
    assert case.restore("1") == "nothing to do: it is as it was\n"
    assert path.stat() == state
    assert case.since(1) == []


def test_a_change_that_nothing_recorded_yet_is_recorded_before_it_is_restored_over(case: Case) -> None:
    path = case.write("a", "one\n")
    case.record()
    case.write("a", "two\n")
    case.record()
    case.write("a", "three, known to nobody\n")
    case.restore("1", "--before")
    assert path.read_bytes() == b"one\n"
    found, restored = case.since(1)
    assert (found.origin, restored.origin) == ("scan", "restore")
    case.restore(str(restored.sequence), "--before")
    assert path.read_bytes() == b"three, known to nobody\n"


def test_a_dry_run_shows_the_patch_and_changes_nothing(case: Case) -> None:
    path = case.write("a", "one\ntwo\n")
    case.record()
    case.write("a", "one\n2\n")
    case.record()
    disk, last = case.disk(), case.last()
    database = case.data_dir.database.read_bytes()
    out = case.restore("1", "--before", "--dry-run")
    assert out.splitlines()[0] == f"would write {path} (8 bytes)"
    assert out.endswith("--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n one\n-2\n+two\n")
    assert (case.disk(), case.last()) == (disk, last)
    assert case.data_dir.database.read_bytes() == database
    case.write("a", "not recorded\n")
    case.restore("1", "--before", "--dry-run")
    assert "is recorded first" in case.err


def test_to_another_place(case: Case, tmp_path: Path) -> None:
    case.write("a", "one\n", 0o640)
    case.record()
    case.write("a", "two\n")
    case.record()
    target = tmp_path / "new folder" / "copy"
    case.restore("1", "--before", "--to", str(target))
    assert target.read_bytes() == b"one\n"
    assert "not recorded" in case.err
    if sys.platform != "win32":
        assert target.stat().st_mode & 0o777 == 0o640
    assert (case.root / "a").read_bytes() == b"two\n"
    folder = tmp_path / "folder"
    folder.mkdir()
    case.restore("1", "--to", str(folder))
    assert (folder / "a").read_bytes() == b"two\n"
    inside = case.root / "b"
    case.restore("1", "--before", "--to", str(inside))
    assert [(c.kind, c.origin) for c in case.since(1)] == [("created", "restore")]


def test_a_backup_by_its_address(case: Case, tmp_path: Path) -> None:
    case.write("a", "one\n")
    case.record()
    case.write("a", "two\n")
    (change,) = case.record()
    assert change.before is not None
    address = f"sha256:{change.before.hex()}"
    case.restore(address, "--to", str(tmp_path / "b"))
    assert (tmp_path / "b").read_bytes() == b"one\n"
    assert "--to" in case.refused(address, status=2)
    case.refused("sha256:" + "0" * 64, "--to", str(tmp_path / "c"))


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["99"], 1),
        (["elsewhere:1"], 1),
        (["a"], 2),
        (["1", "--hunk", "1", "--before"], 2),
        (["a", "--at", "now", "--before"], 2),
        (["a", "--at", "sometime"], 2),
    ],
)
def test_what_does_not_exist_or_go_together_is_refused(case: Case, arguments: list[str], status: int) -> None:
    case.write("a", "one\n")
    case.record()
    case.write("a", "two\n")
    case.record()
    case.refused(*arguments, status=status)
