"""Patches out of the screen: what git takes, and no file replaced unasked."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fcm_tui import cli
from fcm_tui.datadir import DataDir
from fcm_tui.errors import NotSoError
from fcm_tui.model import Change, Kind
from fcm_tui.review.acts import exporting
from fcm_tui.review.acts.subject import Subject
from fcm_tui.review.app import ReviewApp
from fcm_tui.store.reading.queries import Reader
from tests.programs import needs_git
from tests.review.builder import RecordBuilder, connect
from tests.review.screens import shows


def tree(root: Path) -> dict[str, str]:
    return {str(p.relative_to(root)): p.read_text() for p in root.rglob("*") if p.is_file()}


def about(change: Change) -> Subject:
    return Subject(change.path, change)


@needs_git
def test_git_applies_all_since_a_change(tmp_path: Path, data_dir: DataDir) -> None:
    root, copy = tmp_path / "root", tmp_path / "copy"
    (root / "sub").mkdir(parents=True)

    def record() -> None:
        assert cli.main(["record", "--once", str(root), "--data-dir", str(data_dir.path)]) == 0

    for name in ("a", "b", "c", "sub/d"):
        (root / name).write_text(f"{name}\n" * 9)
    record()
    shutil.copytree(root, copy)
    (root / "a").write_text("a\n" * 4 + "x\n" + "a\n" * 4)
    record()
    (root / "a").rename(root / "moved")
    (root / "b").unlink()
    (root / "new").write_text("new\n")
    record()
    (root / "moved").write_text("a\n" * 4 + "y\n" + "a\n" * 4)
    shutil.move(root / "sub", root / "elsewhere")
    record()
    with Reader(data_dir.database) as reader:
        change = reader.change(1)
        moved = next(c for c in reader.log(reverse=True) if c.path.endswith(b"moved"))
        patch = exporting.patch_for(reader, about(change), "all")
        one = exporting.patch_for(reader, about(moved), "file")
        group = next((c for c in reader.log() if c.group is not None), None)
        if group is not None:
            assert exporting.patch_for(reader, about(group), "group")
        assert "file" in {e.value for e in exporting.entries(about(change))}
    assert one.count(b"diff --git") == 1
    subprocess.run(["git", "apply", "-"], input=patch, cwd=copy, check=True)
    assert tree(copy) == tree(root)


def test_nothing_is_told(empty: RecordBuilder) -> None:
    at = "/home/ann/project/a"
    empty.file(at, b"one\n")
    empty.change(at, b"two\n")
    empty.change(at, b"one\n")
    with Reader(empty.database) as reader, pytest.raises(NotSoError):
        exporting.patch_for(reader, about(reader.change(1)), "file")


async def test_a_file_is_replaced_only_at_a_second_enter(
    record: RecordBuilder, make_app: Callable[..., ReviewApp], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = make_app(record)
    async with app.run_test(size=(120, 30)) as pilot:
        await shows(app, "line ten")
        await pilot.press("x")
        await shows(app, "all of this file since then, from change 8 on")
        await pilot.press("c")
        await shows(app, "change-8.patch")
        await pilot.press("enter")
        await shows(app, "Written to")
        written = (tmp_path / "change-8.patch").read_bytes()
        assert written.startswith(b"diff --git a/main.py b/main.py\n")
        (tmp_path / "change-8.patch").write_text("mine")
        await pilot.press("x")
        await shows(app, "Export a patch")
        await pilot.press("c")
        await shows(app, "Patch to")
        await pilot.press("enter")
        await shows(app, lambda screen: "is there already" in " ".join(screen.split()))
        assert (tmp_path / "change-8.patch").read_text() == "mine"
        await pilot.press("q", "left", "backspace")
        await shows(app, "change-8.patcq")
        await pilot.press("escape")
        await shows(app, "▌Log")
        assert (tmp_path / "change-8.patch").read_text() == "mine"
        await pilot.press("x")
        await shows(app, "Export a patch")
        await pilot.press("c")
        await shows(app, "Patch to")
        await pilot.press("enter")
        await shows(app, lambda screen: "Enter again replaces it" in " ".join(screen.split()))
        await pilot.press("enter")
        await shows(app, lambda screen: "Patch to" not in screen)
        assert (tmp_path / "change-8.patch").read_bytes() == written
    assert [p.name for p in tmp_path.iterdir() if p.suffix in (".patch", ".swp")] == ["change-8.patch"]


def test_a_group_is_exported_whole_though_others_changed_something_meanwhile(empty: RecordBuilder) -> None:
    """As a restore's, during which somebody works on."""
    with empty.transaction():
        for number in range(6):
            empty.change(f"/home/ann/project/f{number}", b"new\n", Kind.CREATED)
    mine = (1, 2, 4, 6)
    connection = connect(empty.database)
    connection.executemany("UPDATE changes SET group_sequence = 1 WHERE sequence = ?", [(n,) for n in mine])
    connection.execute("UPDATE changes SET group_sequence = 5 WHERE sequence = 5")
    connection.commit()
    with Reader(empty.database) as reader:
        for number in mine:
            patch = exporting.patch_for(reader, about(reader.change(number)), "group")
            assert [line for line in patch.split(b"\n") if line.startswith(b"+++")] == [
                b"+++ b/f%d" % (n - 1) for n in mine
            ]
