"""What a person does to files, one thing at a time, and what the log then says."""

from __future__ import annotations

import contextlib
import mmap
import os
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fcm_tui.pipeline.bookkeeper import MOST_ALIKE
from tests.recording.harness import Recording
from tests.windows.system import not_on_wine

posix = pytest.mark.skipif(sys.platform == "win32", reason="the file system of Windows has no such thing")


async def test_created_modified_deleted(recording: Recording, root: Path) -> None:
    (root / "kept.txt").write_text("one\ntwo\n")
    async with recording.running():
        (root / "kept.txt").write_text("one\nTWO\nthree\n")
        await recording.settled()
        (root / "new.txt").write_text("hello\n")
        await recording.settled()
        (root / "kept.txt").unlink()
        await recording.settled()
    first, second, third = recording.changes()
    assert (first.kind, first.inserted, first.updated, first.deleted) == ("modified", 0, 2, 0)
    assert (second.kind, second.inserted, second.origin) == ("created", 1, "event")
    assert (third.kind, third.deleted, third.capture) == ("deleted", 3, "none")


async def test_folders_made_and_filled_at_once(recording: Recording, root: Path) -> None:
    async with recording.running():
        for number in range(30):
            folder = root / f"a{number}" / "b" / "c" / "d"
            folder.mkdir(parents=True)
            (folder / "file").write_text(f"{number}\n")
        await recording.settled()


async def test_a_tree_copied_in(recording: Recording, root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    for number in range(600):
        folder = outside / f"f{number % 60}" / f"g{number % 7}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.txt").write_text(f"{number}\n" * 3)
    async with recording.running():
        shutil.copytree(outside, root / "copy")
        await recording.settled()
        shutil.move(outside, root / "moved")
        await recording.settled()
        shutil.rmtree(root / "copy")
        await recording.settled()


async def test_a_moved_folder_keeps_its_files(recording: Recording, root: Path) -> None:
    (root / "old" / "deep").mkdir(parents=True)
    for number in range(40):
        (root / "old" / "deep" / f"{number}").write_text(f"{number}\n")
    async with recording.running():
        (root / "old").rename(root / "new")
        await recording.settled()
    changes = recording.changes()
    assert {c.kind for c in changes} == {"moved"}
    assert len(changes) == 40
    assert {c.group for c in changes} == {1}


async def test_a_folder_deleted_is_one_group(recording: Recording, root: Path) -> None:
    (root / "gone").mkdir()
    for number in range(20):
        (root / "gone" / f"{number}").write_text(f"{number}\n")
    async with recording.running():
        shutil.rmtree(root / "gone")
        await recording.settled()
    assert len({c.group for c in recording.changes()}) <= 2


async def test_renames_keep_identity_also_with_an_edit(recording: Recording, root: Path) -> None:
    (root / "a").write_text("".join(f"line {n}\n" for n in range(50)))
    async with recording.running():
        (root / "a").rename(root / "b")
        await recording.settled()
        os.rename(root / "b", root / "c")
        with (root / "c").open("a") as file:
            file.write("more\n")
        await recording.settled()
    changes = recording.changes()
    assert len({c.file_id for c in changes}) == 1
    assert changes[0].kind == "moved"


def source(name: str) -> str:
    """A text of its own."""
    return "".join(f"def {name}_{n}(): return {n}\n" for n in range(30))


def renamed_as_git_does(old: Path, new: Path, text: str) -> None:
    """A checkout removes the one file, and writes the other under a new inode."""
    new.parent.mkdir(exist_ok=True)
    with (
        contextlib.nullcontext() if sys.platform == "win32" else old.open()
    ):  # so that its inode is not reused
        old.unlink()
        new.write_text(text)


@pytest.mark.parametrize("live", [True, False])
async def test_what_a_checkout_renames_and_edits_keeps_its_identity(
    recording: Recording, root: Path, live: bool
) -> None:
    names = ["alpha", "beta", "gamma"]
    for name in names:
        (root / f"log_{name}.py").write_text(source(name))
    (root / "other.py").write_text(source("other"))

    def checkout() -> None:
        (root / "other.py").unlink()
        for name in names:
            renamed_as_git_does(
                root / f"log_{name}.py", root / "log" / f"{name}.py", source(name) + "more = 1\n"
            )
        (root / "unlike.py").write_text(source("unlike"))

    async with recording.running():
        if live:
            checkout()
            await recording.settled()
    if not live:
        checkout()
        async with recording.running():
            await recording.settled()
    changes = {os.path.basename(change.path): change for change in recording.changes()}
    for name in names:
        change = changes[f"{name}.py".encode()]
        assert (change.kind, os.path.basename(change.previous_path or b"")) == (
            "moved",
            f"log_{name}.py".encode(),
        )
        assert (change.inserted, change.updated, change.deleted) == (1, 0, 0)
    assert (changes[b"other.py"].kind, changes[b"unlike.py"].kind) == ("deleted", "created")


@not_on_wine("a new file gets the index of the one just deleted")
async def test_short_files_that_begin_alike_are_not_taken_for_one_another(
    recording: Recording, root: Path
) -> None:
    (root / "a.ini").write_text("[main]\na = 1\n")
    async with recording.running():
        renamed_as_git_does(root / "a.ini", root / "b.ini", "[main]\nb = 1\n")
        await recording.settled()
    assert recording.kinds() == [("created", "b.ini"), ("deleted", "a.ini")]


@not_on_wine("a new file gets the index of the one just deleted")
async def test_in_a_pass_of_many_files_only_equal_ones_are_paired(recording: Recording, root: Path) -> None:
    (root / "old.py").write_text(source("old"))
    async with recording.running():
        pass
    renamed_as_git_does(root / "old.py", root / "new.py", source("old") + "more = 1\n")
    for number in range(MOST_ALIKE):
        (root / f"{number}.txt").write_text(f"{number}\n")
    async with recording.running():
        await recording.settled()
    assert {c.kind for c in recording.changes() if c.path.endswith(b".py")} == {"created", "deleted"}


@pytest.mark.parametrize("backup", [False, True])
async def test_an_atomic_save_is_a_modification(recording: Recording, root: Path, backup: bool) -> None:
    target = root / "config.ini"
    target.write_text("a=1\n")
    async with recording.running():
        if backup:  # as vim does
            target.rename(root / "config.ini~")
            target.write_text("a=2\n")
            (root / "config.ini~").unlink()
        else:
            (root / "config.ini.tmp~").write_text("a=2\n")
            (root / "config.ini.tmp~").replace(target)
        await recording.settled()
    assert recording.kinds() == [("modified", "config.ini")]


async def test_sed_in_place(recording: Recording, root: Path) -> None:
    if shutil.which("sed") is None:
        pytest.skip("no sed on this system")
    (root / "file").write_text("one\n")
    async with recording.running():
        subprocess.run(["sed", "-i", "s/one/two/", str(root / "file")], check=True)
        await recording.settled()
    assert ("modified", "file") in recording.kinds()


async def test_a_rotated_log_keeps_every_identity(recording: Recording, root: Path) -> None:
    (root / "log.1").write_text("older\n" * 5)
    (root / "log").write_text("old\n" * 5)
    async with recording.running():
        (root / "log.1").rename(root / "log.2")
        (root / "log").rename(root / "log.1")
        (root / "log").write_text("new\n")
        await recording.settled()
    moved = {os.path.basename(c.path): c for c in recording.changes() if c.kind == "moved"}
    assert set(moved) == {b"log.1", b"log.2"}


async def test_a_swap_replays(recording: Recording, root: Path) -> None:
    (root / "a").write_text("a\n")
    (root / "b").write_text("b\n")
    async with recording.running():
        (root / "a").rename(root / "t")
        (root / "b").rename(root / "a")
        (root / "t").rename(root / "b")
        await recording.settled()


async def test_a_move_between_roots(recording: Recording, root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    recording.roots.append(other)
    (root / "file").write_text("the same\n")
    async with recording.running():
        (root / "file").rename(other / "file")
        await recording.settled()
    (change,) = recording.changes()
    assert (change.kind, change.root) == ("moved", os.fsencode(other))


@posix
async def test_metadata_and_links(recording: Recording, root: Path) -> None:
    (root / "file").write_text("content\n")
    async with recording.running():
        (root / "file").chmod(0o600)
        assert (await recording.has("metadata", "file")).mode == stat.S_IFREG | 0o600
        os.utime(root / "file", ns=(5, 10_000_000_000))
        await recording.settled(lambda: len(recording.changes()) == 2)
        os.link(root / "file", root / "hard")
        (root / "loop").symlink_to(root)
        (root / "dangling").symlink_to("/nowhere")
        await recording.settled()
    changes = recording.changes()
    assert changes[1].mtime_ns == 10_000_000_000
    links = {c.path: c for c in changes if c.mode is not None and stat.S_ISLNK(c.mode)}
    assert set(links) == {os.fsencode(root / "loop"), os.fsencode(root / "dangling")}


@posix
async def test_fifos_and_sockets_are_never_opened(recording: Recording, root: Path) -> None:
    (root / "was").write_text("a file\n")
    os.mkfifo(root / "fifo")
    async with recording.running():
        (root / "was").unlink()
        os.mkfifo(root / "was")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(root / "s"))
            (root / "marker").write_text("x\n")
            await recording.settled()
    assert sorted(recording.kinds()) == [("created", "marker"), ("deleted", "was")]


async def test_a_file_becomes_a_folder_and_back(recording: Recording, root: Path) -> None:
    (root / "x").write_text("file\n")
    async with recording.running():
        (root / "x").unlink()
        (root / "x").mkdir()
        (root / "x" / "y").write_text("inside\n")
        await recording.settled()
        shutil.rmtree(root / "x")
        (root / "x").write_text("file again\n")
        await recording.settled()


@posix
async def test_hostile_names(recording: Recording, root: Path) -> None:
    names = [
        b"new\nline",
        b"\xff\xfe not utf-8",
        b"\x1b[31mred",
        b"a" * 255,
        "é".encode(),
        b" ",
        b"-rf",
        b"a[b].py",
        b"[bold]x",
    ]
    async with recording.running():
        for name in names:
            with open(os.path.join(os.fsencode(root), name), "wb") as file:
                file.write(name)
        await recording.settled()
        for name in names:
            os.unlink(os.path.join(os.fsencode(root), name))
        await recording.settled()


async def test_append_truncate_and_empty(recording: Recording, root: Path) -> None:
    (root / "file").write_text("one\n")
    async with recording.running():
        with (root / "file").open("a") as file:
            file.write("two\n")
        await recording.settled()
        os.truncate(root / "file", 2)
        await recording.settled()
        os.truncate(root / "file", 0)
        (root / "empty").touch()
        await recording.settled()


async def test_memory_mapped_writes_are_found_by_a_scan(recording: Recording, root: Path) -> None:
    recording.settings = replace(recording.settings, scan_interval=0.2)
    (root / "file").write_bytes(b"a" * 5000)
    with (root / "file").open("r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
        async with recording.running():
            memory[0:3] = b"xyz"
            memory.flush()
            await recording.settled()
    assert [(c.kind, c.origin) for c in recording.changes()] == [("modified", "scan")]


async def test_limits_secrets_and_ignored_names(recording: Recording, root: Path) -> None:
    recording.settings = replace(recording.settings, size_limit=1000)
    async with recording.running():
        (root / "large").write_bytes(b"x" * 1001)
        (root / ".env").write_text("TOKEN=1\n")
        (root / "plain").write_text("kept\n")
        (root / "node_modules").mkdir()
        (root / "node_modules" / "m.js").write_text("ignored\n")
        captures = {}
        for name in ("large", ".env", "plain"):
            captures[name] = str((await recording.has("created", name)).capture)
    assert captures == {"large": "too-large", ".env": "secret", "plain": "stored"}
    assert not any(name == "m.js" for _, name in recording.kinds())
    assert b"TOKEN" not in recording.database.read_bytes()


def made_again(folder: Path) -> bool:
    """Whether a deleted folder could be made again: not on Windows while something still watches it."""
    with contextlib.suppress(FileExistsError, PermissionError):
        folder.mkdir()
        return True
    return False


@not_on_wine("a deleted folder stands there until nothing watches it, and nobody can tell")
async def test_a_root_deleted_and_made_again(
    recording: Recording, root: Path, eventually: Callable[..., Any]
) -> None:
    (root / "file").write_text("1\n")
    async with recording.running():
        shutil.rmtree(root)
        await recording.has("deleted", "file")
        await eventually(lambda: made_again(root))
        (root / "again").write_text("2\n")
        await recording.settled()
        (root / "and").write_text("3\n")
        await recording.settled()


async def test_a_root_renamed_away_and_back(recording: Recording, root: Path) -> None:
    (root / "file").write_text("1\n")
    async with recording.running():
        root.rename(root.with_name("away"))
        await recording.has("deleted", "file")
        (root.with_name("away") / "more").write_text("2\n")
        root.with_name("away").rename(root)
        await recording.settled()
        (root / "file").write_text("3\n")
        await recording.settled()


async def test_polling_alone(recording: Recording, root: Path) -> None:
    recording.settings = replace(recording.settings, watch_source="poll")
    async with recording.running():
        (root / "a").write_text("1\n")
        await recording.settled()
        (root / "a").rename(root / "b")
        await recording.settled()
    assert recording.kinds() == [("created", "a"), ("moved", "b")]
