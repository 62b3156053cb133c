"""Junctions lead elsewhere: what is behind one is no part of the tree that it stands in."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from fcm_tui.restore.disk import Blocked, Folder
from fcm_tui.watch import paths
from fcm_tui.watch.ignore import IgnoreRules
from fcm_tui.watch.scan import Findings, Scanner
from fcm_tui.watch.tree import Tree
from tests.recording.harness import Recording
from tests.windows.system import not_on_wine, windows_only

pytestmark = windows_only


def fcm(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "fcm_tui", *arguments], capture_output=True, timeout=60)


@not_on_wine("it cannot make junctions")
async def test_a_junction_is_not_followed(recording: Recording, root: Path, tmp_path: Path) -> None:
    import _winapi

    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("x\n")
    async with recording.running():
        _winapi.CreateJunction(str(outside), str(root / "junction"))
        _winapi.CreateJunction(str(root), str(root / "round"))
        (root / "file").write_text("one\n")
        await recording.has("created", "file")
        (outside / "secret").write_text("y\n")
        (root / "file").write_text("two\n")
        await recording.has("modified", "file")
    assert {os.path.basename(change.path) for change in recording.changes()} == {b"file"}


@not_on_wine("it cannot make junctions")
def test_one_as_root_is_what_it_leads_to(root: Path, tmp_path: Path) -> None:
    """One record, whichever way the folder is named, and a way back to itself in it is not followed."""
    import _winapi

    _winapi.CreateJunction(str(root), str(tmp_path / "junction"))
    _winapi.CreateJunction(str(tmp_path / "junction"), str(root / "round"))
    for text, named in (("one\n", root), ("two\n", tmp_path / "junction")):
        (root / "file").write_text(text)
        done = fcm("record", "--once", str(named))
        assert (done.returncode, b"1 roots, 1 files" in done.stdout) == (0, True), done.stderr
    (line,) = fcm("log", "--json", str(tmp_path / "junction")).stdout.splitlines()
    assert json.loads(line)["path"] == str(root / "file")


@not_on_wine("it cannot make junctions")
def test_nothing_is_restored_through_one(root: Path, tmp_path: Path) -> None:
    import _winapi

    (root / "folder").mkdir()
    for text in ("one\n", "two\n"):
        (root / "folder" / "file").write_text(text)
        assert fcm("record", "--once", str(root)).returncode == 0
    (root / "folder").rename(tmp_path / "outside")
    _winapi.CreateJunction(str(tmp_path / "outside"), str(root / "folder"))
    done = fcm("restore", "1", "--before", "--force")
    assert done.returncode == 1
    assert b"stands where a folder has to be" in done.stderr
    assert (tmp_path / "outside" / "file").read_text() == "two\n"


def test_a_folder_that_leads_elsewhere_is_not_entered(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder stands for a junction: `lstat` tells either as a folder, and a junction by this attribute."""

    class Found:
        st_mode = stat.S_IFDIR
        st_file_attributes = stat.FILE_ATTRIBUTE_DIRECTORY | stat.FILE_ATTRIBUTE_REPARSE_POINT

    (root / "junction").mkdir()
    monkeypatch.setattr(Folder, "look", lambda folder, name: Found())
    with pytest.raises(Blocked, match="stands where a folder has to be"):
        Folder.opened(os.fsencode(root), [b"junction"]).__enter__()


def test_nothing_looks_into_one(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none can be made, a folder stands for one: that it leads elsewhere is told of its time."""
    mark = 946_684_800 * 10**9
    monkeypatch.setattr(paths, "_leads_elsewhere", lambda found: found.st_mtime_ns == mark)
    (root / "junction" / "inner").mkdir(parents=True)
    (root / "junction" / "file").write_text("x\n")
    (root / "folder").mkdir()
    (root / "folder" / "file").write_text("x\n")
    os.utime(root / "junction", ns=(mark, mark))
    tree = Tree(os.fsencode(root))
    scanner = Scanner(tree, IgnoreRules(tree.root, []))
    whole = Findings()
    scanner.scan_all(whole)
    assert [os.path.relpath(path, tree.root) for path in whole.changed] == [rb"folder\file"]
    assert whole.folders_new == [os.fsencode(root / "folder")]
    hinted = Findings()
    scanner.scan_hinted(
        [(os.fsencode(root / "junction"), True), (os.fsencode(root / "junction" / "inner"), True)], hinted
    )
    assert os.fsencode(root / "junction" / "file") not in hinted.changed


def test_a_folder_that_became_one_is_left(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was recorded in it is told as gone, and what is behind it is not looked at."""
    mark = 946_684_800 * 10**9
    monkeypatch.setattr(paths, "_leads_elsewhere", lambda found: found.st_mtime_ns == mark)
    (root / "folder").mkdir()
    (root / "folder" / "file").write_text("x\n")
    tree = Tree(os.fsencode(root))
    scanner = Scanner(tree, IgnoreRules(tree.root, []))
    scanner.scan_all(Findings())
    tree.put(os.fsencode(root / "folder" / "file"), b"a stamp")
    os.utime(root / "folder", ns=(mark, mark))
    found = Findings()
    scanner.scan_all(found)
    assert (found.vanished, found.folders_gone) == (
        [os.fsencode(root / "folder" / "file")],
        [os.fsencode(root / "folder")],
    )
