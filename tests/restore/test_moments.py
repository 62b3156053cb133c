"""A file or a folder as it was at a moment."""

from __future__ import annotations

import os
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.restore.conftest import Case, Disk

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX names, modes and links")


def test_a_folder_as_it_was(case: Case) -> None:
    case.write("kept", "kept\n")
    case.write("changed", "one\n", 0o640)
    case.write("deleted/deep/a", "deleted\n")
    case.write("src/b", "moved with its folder\n")
    case.write("src/c", "moved and edited\n" * 20)
    case.record()
    disk, then = case.disk(), case.moment()
    kept = (case.root / "kept").stat()
    case.write("changed", "two\n", 0o600)
    shutil.rmtree(case.root / "deleted")
    (case.root / "src").rename(case.root / "lib")
    case.record()
    case.write("lib/c", "moved and edited\n" * 20 + "here\n")
    case.write("new/later", "later\n")
    case.record()
    disk_now, last = case.disk(), case.last()
    out = case.restore(str(case.root), "--at", then)
    assert case.disk() == disk
    assert sorted(os.listdir(case.root)) == ["changed", "deleted", "kept", "src"], "emptied folders are gone"
    assert (case.root / "kept").stat() == kept
    changes = case.since(last)
    assert {c.origin for c in changes} == {"restore"}
    assert sorted({c.kind for c in changes}) == ["created", "deleted", "modified", "moved"]
    assert f"removed {case.root / 'new' / 'later'}" in out
    undo = out.splitlines()[-1].split("`")[1].split()
    assert undo[:2] == ["fcm-tui", "restore"]
    case.restore(*undo[2:])
    assert case.disk() == disk_now


def test_one_file_as_it_was(case: Case) -> None:
    path = case.write("a", "one\n")
    case.write("b", "one\n")
    case.record()
    then = case.moment()
    case.write("a", "two\n")
    case.write("b", "two\n")
    case.record()
    case.restore(str(path), "--at", then)
    assert (path.read_text(), (case.root / "b").read_text()) == ("one\n", "two\n")
    path.unlink()
    case.record()
    case.restore(str(path), "--at", then)
    assert path.read_text() == "one\n"


def test_a_folder_that_is_gone(case: Case) -> None:
    case.write("d/a", "one\n")
    case.write("d/e/b", "two\n")
    case.record()
    disk, then = case.disk(), case.moment()
    case.clear()
    case.record()
    case.restore(str(case.root / "d"), "--at", then)
    assert case.disk() == disk


def test_every_moment_of_a_file_that_comes_and_goes(case: Case) -> None:
    case.record()
    moments: list[tuple[str, Disk]] = []
    actions: list[Callable[[], object]] = [
        lambda: case.write("d/a", "one\n"),
        lambda: (case.root / "d").rename(case.root / "e"),
        lambda: case.write("e/a", "two\n"),
        lambda: case.clear(),
        lambda: case.write("d", "a file where a folder was\n"),
        lambda: case.clear(),
        lambda: case.write("d/a/deeper", "a folder where a file was\n"),
        lambda: shutil.move(case.root / "d" / "a" / "deeper", case.root / "top"),
    ]
    for action in actions:
        action()
        case.record()
        moments.append((case.moment(), case.disk()))
    random.Random(7).shuffle(moments)
    for then, disk in moments:
        case.restore(str(case.root), "--at", then)
        assert case.disk() == disk


@pytest.mark.parametrize("seed", range(4))
def test_random_histories(case: Case, seed: int) -> None:
    """Files are written, edited, moved, deleted and replaced by folders; every moment can be had back."""
    chance = random.Random(seed)
    case.write("a", "start\n")
    case.record()
    moments: list[tuple[str, Disk]] = [(case.moment(), case.disk())]
    for step in range(6):
        for _ in range(6):
            _do_something(case, chance, step)
        case.record()
        moments.append((case.moment(), case.disk()))
    for then, disk in chance.sample(moments, len(moments)):
        case.restore(str(case.root), "--at", then)
        assert case.disk() == disk


def _do_something(case: Case, chance: random.Random, step: int) -> None:
    files = [Path(folder, name) for folder, _, names in os.walk(case.root) for name in sorted(names)]
    target = case.root.joinpath(*chance.choices("abcd", k=chance.randint(1, 3)))
    match chance.choice(["write", "write", "edit", "move", "delete", "clear"]):
        case "edit" if files:
            with open(chance.choice(sorted(files)), "a") as file:
                file.write(f"edit {step} {chance.random()}\n")
        case "move" if files and not target.exists() and not any(p.is_file() for p in target.parents):
            target.parent.mkdir(parents=True, exist_ok=True)
            chance.choice(sorted(files)).rename(target)
        case "delete" if files:
            chance.choice(sorted(files)).unlink()
        case "clear" if chance.random() < 0.3 and target.is_dir():
            shutil.rmtree(target)
        case "write":
            for parent in [*reversed(target.parents), target]:
                if parent.is_file() and parent != target:
                    parent.unlink()
            if target.is_dir():
                shutil.rmtree(target)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(f"{step} {chance.random()}\n" * chance.randint(1, 30))


@POSIX
def test_links_modes_and_hostile_names(case: Case) -> None:
    case.write(b"not utf-8 \xff/new\nline", "one\n", 0o755)
    (case.root / "link").symlink_to("nowhere")
    case.record()
    disk, then = case.disk(), case.moment()
    case.clear()
    case.write("link", "a file\n")
    case.record()
    out = case.restore(str(case.root), "--at", then)
    assert case.disk() == disk
    assert all(line.isprintable() for line in out.splitlines())


def test_to_another_folder_nothing_is_moved_or_removed(case: Case, tmp_path: Path) -> None:
    case.write("d/a", "one\n")
    case.write("d/e/b", "two\n")
    case.record()
    then = case.moment()
    case.write("d/a", "changed\n")
    (case.root / "d" / "e" / "b").rename(case.root / "d" / "c")
    case.record()
    disk = case.disk()
    target = tmp_path / "copy"
    case.restore(str(case.root / "d"), "--at", then, "--to", str(target))
    assert case.disk() == disk
    assert (target / "a").read_text() == "one\n"
    assert (target / "e" / "b").read_text() == "two\n"
    (target / "a").write_text("precious\n")
    assert "not recorded" in case.refused(str(case.root / "d"), "--at", then, "--to", str(target))
    case.restore(str(case.root / "d"), "--at", then, "--to", str(target), "--force")
    assert (target / "a").read_text() == "one\n"


def test_a_dry_run_lists_what_would_be_done(case: Case) -> None:
    case.write("changed", "one\n")
    case.write("gone", "two\n")
    case.write("old", "three\n")
    case.record()
    then = case.moment()
    case.write("changed", "1\n")
    (case.root / "gone").unlink()
    case.record()
    (case.root / "old").rename(case.root / "renamed")
    case.write("new", "four\n")
    case.record()
    disk, last = case.disk(), case.last()
    out = case.restore(str(case.root), "--at", then, "--dry-run")
    assert out.splitlines() == [
        f"would remove {case.root / 'new'}",
        f"would move {case.root / 'renamed'} to {case.root / 'old'}",
        f"would write {case.root / 'changed'} (4 bytes)",
        f"would write {case.root / 'gone'} (4 bytes)",
    ]
    assert (case.disk(), case.last()) == (disk, last)


def test_before_the_record_begins(case: Case) -> None:
    then = case.moment()
    case.write("a", "one\n")
    case.record()
    case.write("a", "two\n")
    case.record()
    message = case.refused(str(case.root), "--at", then)
    assert "reaches back to" in message
    since = message.split("reaches back to ")[1].split(",")[0]
    case.restore(str(case.root), "--at", since)
    assert (case.root / "a").read_text() == "one\n"


def test_outside_of_what_is_recorded(case: Case, tmp_path: Path) -> None:
    case.write("a", "one\n")
    case.record()
    assert "no recorded folder" in case.refused(str(tmp_path), "--at", "now")
    assert "nothing is recorded there" in case.refused(str(case.root / "b"), "--at", "now")
    assert case.restore(str(case.root), "--at", "now") == "nothing to do: it is as it was\n"


def test_content_that_was_not_kept(case: Case) -> None:
    case.write(".env", "PASSWORD=1\n")
    case.write("a", "one\n")
    case.record()
    disk, then = case.disk(), case.moment()
    case.write("a", "two\n")
    case.record()
    case.restore(str(case.root), "--at", then)
    assert case.disk() == disk, "a secret that did not change needs no content"
    (case.root / ".env").rename(case.root / "d.pem")
    case.record()
    case.restore(str(case.root), "--at", then)
    assert case.disk() == disk, "nor does one that was moved"
    case.write(".env", "PASSWORD=2\n")
    case.write("a", "two\n")
    case.record()
    message = case.refused(str(case.root), "--at", then)
    assert ".env" in message
    assert "secret" in message
    assert "--skip-missing" in message
    case.restore(str(case.root), "--at", then, "--skip-missing")
    assert (case.root / "a").read_text() == "one\n"
    assert (case.root / ".env").read_text() == "PASSWORD=2\n"


def test_a_secret_that_came_since_is_not_thrown_away(case: Case) -> None:
    case.write("a", "one\n")
    case.record()
    then = case.moment()
    case.write("a", "two\n")
    secret = case.write("new.pem", "the only copy\n")
    case.record()
    assert "--skip-missing" in case.refused(str(case.root), "--at", then)
    case.restore(str(case.root), "--at", then, "--skip-missing")
    assert secret.read_text() == "the only copy\n"
    assert (case.root / "a").read_text() == "one\n"
    case.restore(str(case.root), "--at", then, "--force")
    assert not secret.exists()


def test_two_files_that_changed_places(case: Case) -> None:
    case.write("a", "file a\n" * 9)
    case.write("b", "file b\n" * 9)
    case.record()
    disk, then = case.disk(), case.moment()
    (case.root / "a").rename(case.root / "t")
    case.record()
    (case.root / "b").rename(case.root / "a")
    case.record()
    (case.root / "t").rename(case.root / "b")
    case.record()
    case.restore(str(case.root), "--at", then)
    assert case.disk() == disk


def test_a_file_that_left_the_folder_stays_where_it_is(case: Case) -> None:
    case.write("d/a", "one\n")
    case.write("other/b", "two\n")
    case.record()
    then = case.moment()
    (case.root / "d" / "a").rename(case.root / "other" / "a")
    case.record()
    case.restore(str(case.root / "d"), "--at", then)
    assert set(case.disk()) == {b"d/a", b"other/a", b"other/b"}


def test_after_a_change_of_many_that_share_a_moment(case: Case) -> None:
    for name in "abc":
        case.write(name, "old\n")
    case.record()
    for name in "abc":
        case.write(name, "new\n")
    first, second, _ = case.record()
    assert first.time_ns == second.time_ns, "one look found them"
    case.restore(str(case.root), "--at", f"#{first.sequence}")
    told = {name: (case.root / name).read_text() for name in "abc"}
    assert told == dict.fromkeys("abc", "old\n") | {os.fsdecode(os.path.basename(first.path)): "new\n"}
    case.restore(str(case.root), "--at", "#0")
    assert {name: (case.root / name).read_text() for name in "abc"} == dict.fromkeys("abc", "old\n")
    assert "no change 99" in case.refused(str(case.root), "--at", "#99")
    assert "not a change" in case.refused(str(case.root), "--at", "#²", status=2)
