"""Names as only Windows reads them: without case, with dots and blanks dropped, devices, streams, too long."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fcm_tui.errors import RestoreRefused
from fcm_tui.restore.disk import Folder
from fcm_tui.watch.ignore import IgnoreRules
from fcm_tui.watch.paths import on_disk, stands
from fcm_tui.watch.scan import Findings, Scanner
from fcm_tui.watch.tree import Tree
from tests.recording.harness import Recording
from tests.windows.system import not_on_wine, windows_only

pytestmark = windows_only
ODD = ["dots...", "blank ", "NUL", "nul.txt", "con", "COM1", "aux.tar.gz", "lpt9.log", "prn .x"]
LONG = "d" * 60


def verbatim(path: Path) -> str:
    return f"\\\\?\\{path}"


def fcm(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "fcm_tui", *arguments]
    return subprocess.run(command, capture_output=True, env={**os.environ, **environment}, timeout=60)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (rb"C:\a\b.txt", rb"C:\a\b.txt"),
        (rb"C:\a\b.", rb"\\?\C:\a\b."),
        (rb"C:\a \b", rb"\\?\C:\a \b"),
        (rb"C:\aux\b", rb"\\?\C:\aux\b"),
        (rb"C:\a\Com1.txt", rb"\\?\C:\a\Com1.txt"),
        (rb"C:\a\com.txt", rb"C:\a\com.txt"),
        (rb"C:\a\console", rb"C:\a\console"),
        (rb"\\server\share\nul", rb"\\?\UNC\server\share\nul"),
        (rb"\\?\C:\a\b.", rb"\\?\C:\a\b."),
        (b"C:\\" + b"a" * 245, b"\\\\?\\C:\\" + b"a" * 245),
    ],
)
def test_the_path_that_finds_just_this_file(path: bytes, expected: bytes) -> None:
    assert on_disk(path) == expected


async def test_names_that_mean_something_else_to_windows(recording: Recording, root: Path) -> None:
    """The neighbour that the name without its dots would find is told apart from it."""
    (root / "dots").write_text("not this one\n")
    async with recording.running():
        for name in ODD:
            with open(verbatim(root / name), "w") as file:
                file.write(f"{name}\n")
            change = await recording.has("created", name)
            assert (change.capture, change.size) == ("stored", len(name) + 2)
        os.unlink(verbatim(root / "dots..."))
        await recording.has("deleted", "dots...")
    assert ("deleted", "dots") not in recording.kinds()


async def test_they_are_restored_under_the_same_names(recording: Recording, root: Path) -> None:
    async with recording.running():
        for name in ("dots...", "nul.txt"):
            with open(verbatim(root / name), "w") as file:
                file.write(f"{name}\n")
            await recording.has("created", name)
            os.unlink(verbatim(root / name))
            await recording.has("deleted", name)
    data_dir = str(recording.database.parent)
    for change in recording.changes():
        if change.kind == "deleted":
            done = fcm("--data-dir", data_dir, "restore", str(change.sequence), "--before")
            assert done.returncode == 0, done.stderr
    assert sorted(os.listdir(verbatim(root))) == ["dots...", "nul.txt"]


async def test_folders_whose_names_mean_something_else_to_windows(recording: Recording, root: Path) -> None:
    (root / "dots").mkdir()
    (root / "dots" / "file").write_text("not this one\n")
    async with recording.running():
        for name in ("dots..", "blank ", "con", "lpt1.d"):
            os.mkdir(verbatim(root / name))
            with open(verbatim(root / name / f"in {name.strip()}x"), "w") as file:
                file.write("one\n")
            await recording.has("created", f"in {name.strip()}x")
        os.rename(verbatim(root / "dots.."), verbatim(root / "nul"))
        moved = await recording.has("moved", "in dots..x")
    assert moved.path == os.fsencode(root / "nul" / "in dots..x")
    assert ("deleted", "file") not in recording.kinds()


async def test_longer_than_windows_likes(recording: Recording, root: Path) -> None:
    deep = Path(str(root), *[LONG] * 6)
    async with recording.running():
        os.makedirs(verbatim(deep))
        with open(verbatim(deep / "file"), "w") as file:
            file.write("one\n")
        assert (await recording.has("created", "file")).capture == "stored"
        with open(verbatim(deep / "file"), "w") as file:
            file.write("two\n")
        assert (await recording.has("modified", "file")).updated == 1
        os.unlink(verbatim(deep / "file"))
        await recording.has("deleted", "file")
        os.rmdir(verbatim(deep))
    data_dir = str(recording.database.parent)
    assert fcm("--data-dir", data_dir, "cat", "3", "--before").stdout == b"two\r\n"
    done = fcm("--data-dir", data_dir, "restore", "3", "--before")
    assert done.returncode == 0, done.stderr
    with open(verbatim(deep / "file"), "rb") as file:
        assert file.read() == b"two\r\n"


@pytest.mark.parametrize("name", ["file.txt", "folder"])
async def test_a_rename_that_changes_only_case(recording: Recording, root: Path, name: str) -> None:
    """In two steps, with nothing recorded between them: Wine does not do it in one."""
    (root / name).mkdir() if name == "folder" else (root / name).write_text("one\n")
    if name == "folder":
        (root / name / "file.txt").write_text("one\n")
    async with recording.running():
        pass
    (root / name).rename(root / "between")
    (root / "between").rename(root / name.upper())
    async with recording.running():
        await recording.settled()
    (change,) = recording.changes()
    assert change.kind == "moved"
    assert name.upper() in os.fsdecode(change.path)
    assert name in os.fsdecode(change.previous_path or b"")


@not_on_wine("a rename that changes only case does nothing")
@pytest.mark.parametrize("name", ["file.txt", "folder"])
async def test_a_rename_that_changes_only_case_while_recording(
    recording: Recording, root: Path, name: str
) -> None:
    (root / "folder").mkdir()
    (root / "folder" / "inner").write_text("one\n")
    (root / "file.txt").write_text("two\n")
    async with recording.running():
        (root / name).rename(root / name.upper())
        await recording.settled()
    assert recording.kinds() == [("moved", "FILE.TXT" if name == "file.txt" else "inner")]


def test_a_name_stands_as_it_is_spelled(root: Path) -> None:
    (root / "Folder").mkdir()
    (root / "Folder" / "File").write_text("x")
    above = os.fsencode(root)
    assert stands(os.path.join(above, b"Folder", b"File"), above)
    assert not stands(os.path.join(above, b"Folder", b"file"), above)
    assert not stands(os.path.join(above, b"folder", b"File"), above)
    assert not stands(os.path.join(above, b"Folder", b"none"), above)


def test_secrets_and_ignored_names_are_known_in_any_case(root: Path) -> None:
    rules = IgnoreRules(os.fsencode(root), [".env", "*.Pem", "node_modules/"])
    for name in (b".ENV", b"Server.PEM", b".env"):
        assert rules.matches(os.fsencode(root), name, False), name
    assert rules.matches(os.fsencode(root), b"Node_Modules", True)


def test_commands_find_a_file_in_any_case(root: Path) -> None:
    (root / "File.txt").write_text("one\n")
    assert fcm("record", "--once", str(root)).returncode == 0
    (root / "File.txt").write_text("two\n")
    assert fcm("record", "--once", str(root).upper()).returncode == 0
    shown = fcm("log", str(root / "FILE.TXT"), "--json").stdout.splitlines()
    assert [json.loads(line)["kind"] for line in shown] == ["modified"]


@not_on_wine("files have no streams")
async def test_a_stream_is_no_file(recording: Recording, root: Path) -> None:
    (root / "file").write_text("one\n")
    async with recording.running():
        with open(f"{root / 'file'}:stream", "w") as stream:
            stream.write("hidden\n")
        (root / "other").write_text("two\n")
        await recording.settled()
    assert {os.path.basename(change.path) for change in recording.changes()} <= {b"file", b"other"}


@pytest.mark.parametrize("name", ["file:stream", "file::$DATA", "folder:stream"])
def test_commands_refuse_a_stream_in_a_line(root: Path, name: str) -> None:
    """`record` takes none for a folder, `cat`, `diff` and `restore` know none, and `--to` makes none."""
    (root / "folder").mkdir()
    for text in ("one\n", "two\n"):
        (root / "file").write_text(text)
        assert fcm("record", "--once", str(root)).returncode == 0
    stream = str(root / name)
    for command, said in {
        ("record", "--once", stream): "name an existing folder to record",
        ("cat", stream): "not a change: give its number",
        ("diff", stream): "not a change: give its number",
        ("restore", stream, "--at", "#1"): "nothing is recorded there, then or now",
        ("restore", "1", "--to", stream): "a stream of another file: name another place with --to",
        ("restore", "1", "--before", "--to", f"{stream}\\inner"): "a stream of another file",
        ("restore", "1", "--dry-run", "--to", stream): "a stream of another file",
    }.items():
        done = fcm(*command)
        assert done.returncode in (1, 2), command
        (line,) = done.stderr.decode().splitlines()
        assert name in line, command
        assert said in line, command
        assert not done.stdout, command
    assert (root / "file").read_bytes() == b"two\r\n"
    assert sorted(path.name for path in root.iterdir()) == ["file", "folder"]


def test_nothing_is_restored_into_a_stream(root: Path) -> None:
    (root / "file").write_text("one\n")
    with Folder.opened(os.fsencode(root), []) as folder, pytest.raises(RestoreRefused, match="colon"):
        folder.write(b"file:stream", b"hidden", None, None, (0, 0), over=False)
    assert [path.name for path in root.iterdir()] == ["file"]


@pytest.mark.parametrize("root", [b"C:\\", rb"\\server\share", b"\\\\server\\share\\"])
def test_a_drive_or_a_share_as_root(root: bytes) -> None:
    prefix = root.rstrip(b"\\") + b"\\"
    tree = Tree(root)
    tree.put(prefix + b"file", b"1")
    tree.put(prefix + rb"folder\file", b"2")
    assert sorted(tree.top.walk_files(root)) == [prefix + b"file", prefix + rb"folder\file"]
    assert tree.get(prefix + rb"folder\file") == b"2"
    assert IgnoreRules(root, ["/folder/file"]).matches_path(prefix + rb"folder\file")
    tree.drop(prefix + b"file")
    assert tree.count() == 1


def test_a_whole_drive_is_scanned() -> None:
    drive = os.fsencode(os.path.splitdrive(os.getcwd())[0] + "\\")
    names = {os.fsencode(name) for name in os.listdir(drive)}
    tree, findings = Tree(drive), Findings()
    folders = [f"/{os.fsdecode(entry.name)}/" for entry in os.scandir(drive) if entry.is_dir()]
    Scanner(tree, IgnoreRules(drive, folders)).scan_all(findings)
    assert not findings.unlistable
    assert {os.path.basename(path) for path in findings.changed} <= names
    assert all(os.path.dirname(path) == drive for path in findings.changed)
