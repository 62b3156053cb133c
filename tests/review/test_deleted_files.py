"""Deleted files in the tree: shown on demand, with their history, and brought back from there."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fcm_tui import cli
from fcm_tui.datadir import DataDir
from fcm_tui.model import Kind
from fcm_tui.review.app import ReviewApp
from tests.review.builder import RecordBuilder, connect
from tests.review.screens import lines, shows, text
from tests.waiting import eventually, wait_for

Make = Callable[..., ReviewApp]


def tree(app: ReviewApp) -> list[str]:
    return [line for line in lines(app.tree_view) if line]


async def test_deleted_files_are_shown_on_demand(record: RecordBuilder, make_app: Make) -> None:
    connect(record.database).execute("UPDATE files SET changes = 2")
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "▸ src")
        await pilot.press("1", "G")
        assert "gone.txt" not in "".join(tree(app))
        await pilot.press("d")
        gone = next(line for line in tree(app) if "gone.txt" in line)
        assert re.fullmatch(r" +- gone.txt +2", gone)
        await pilot.press(*("j" * tree(app).index(gone)))
        await pilot.press("g", *("j" * tree(app).index(gone)), "H")
        await shows(app, "1 of 1")
        await shows(app, "Deleted; it had 792 B.")
        await pilot.press("escape", "d")
        await eventually(lambda: "gone.txt" not in "".join(tree(app)))


async def test_how_lately_something_changed(record: RecordBuilder, make_app: Make) -> None:
    connect(record.database).execute("UPDATE roots SET changes = 8")
    connect(record.database).execute("UPDATE files SET changes = 1 WHERE CAST(path AS TEXT) LIKE '%py'")
    connect(record.database).execute(
        "UPDATE changes SET time_ns = (strftime('%s') - 7201) * 1000000000 WHERE sequence > 6"
    )
    app = make_app(record)
    async with app.run_test(size=(160, 40)):
        await shows(app, "files  changes  ago")
        await eventually(lambda: len(tree(app)) > 2)
        assert re.search(r"project +\d+ +8 +2 h$", tree(app)[0]), text(app)
        assert re.search(r"src +1 +1 +2 h$", tree(app)[1])
        main = next(line for line in tree(app) if "main.py" in line)
        new = next(line for line in tree(app) if "new.txt" in line)
        assert re.search(r"new.txt +\d+ [dwy]$", new)
        assert re.search(r"main.py +1 +2 h$", main)


async def test_a_path_that_was_used_twice_has_the_later_file_s_history(
    record: RecordBuilder, make_app: Make
) -> None:
    at = "/home/ann/project/gone.txt"
    record.change(at, b"again\n", Kind.CREATED)
    record.change(at, None, Kind.DELETED)
    connect(record.database).execute("UPDATE files SET changes = 2")
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "▸ src")
        await pilot.press("1", "d")
        row = next(i for i, line in enumerate(tree(app)) if "gone.txt" in line)
        await pilot.press("g", *("j" * row), "H")
        await shows(app, "Deleted; it had 6 B.")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo terminals")
def test_a_deleted_file_and_folder_come_back_from_the_tree(root: Path, data_dir: DataDir) -> None:
    from tests.ptyharness import Terminal

    def record() -> None:
        assert cli.main(["record", "--once", str(root), "--data-dir", str(data_dir.path)]) == 0

    (root / "docs").mkdir()
    for name in ("docs/a", "docs/b", "kept", "z"):
        (root / name).write_text(f"{name}\n")
    record()
    for name in ("docs/a", "docs/b", "z"):
        (root / name).unlink()
    (root / "docs").rmdir()
    record()
    argv = [sys.executable, "-m", "fcm_tui", "--data-dir", str(data_dir.path)]
    with Terminal(argv, columns=100, rows=30, environ={"LC_ALL": "C.UTF-8"}) as terminal:
        terminal.wait("● recording")
        terminal.press("1", "d")
        terminal.wait("- z")
        terminal.press("G", "R")
        terminal.wait("bring the file back")
        terminal.press("b")
        terminal.wait("y restores")
        terminal.press("y")
        terminal.wait("Restored")
        wait_for(lambda: (root / "z").exists() and (root / "z").read_text() == "z\n")
        terminal.press("g", "j", "R")
        terminal.wait("took it away")
        terminal.press("b")
        terminal.wait("y restores")
        terminal.press("y")
        wait_for(lambda: (root / "docs/a").exists() and (root / "docs/b").exists())
        terminal.wait(lambda screen: "▸ docs" in screen)
        assert terminal.leave() == 0
