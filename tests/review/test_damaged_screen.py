"""The screen over a record that cannot be used: it says so in words and ends when it is told to."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("there are no pseudo terminals", allow_module_level=True)

from fcm_tui.store.database import PAGE_SIZE
from tests.ptyharness import Terminal


def _statement(sql: str) -> Callable[[Path], None]:
    def change(database: Path) -> None:
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute(sql)

    return change


def _zeroed(database: Path) -> None:
    content = database.read_bytes()
    database.write_bytes(content[:PAGE_SIZE] + bytes(len(content) - PAGE_SIZE))


CASES: dict[str, tuple[Callable[[Path], object], str]] = {
    "zeroed behind its first page": (_zeroed, "the record is damaged"),
    "cut": (lambda d: d.write_bytes(d.read_bytes()[: 3 * PAGE_SIZE]), "the record is damaged"),
    "no database": (lambda d: d.write_bytes(b"not a database\n" * 5000), "is no record"),
    "foreign": (_statement("PRAGMA application_id = 7"), "belongs to another program"),
    "newer": (_statement("PRAGMA user_version = 99"), "newer fcm-tui"),
    "no table": (_statement("DROP TABLE changes"), "the record is damaged"),
    "a kind that is none": (_statement("UPDATE changes SET kind = 'evil'"), "does not belong there"),
    "a path that is a number": (_statement("UPDATE roots SET path = 7"), "does not belong there"),
}


@pytest.mark.slow
@pytest.mark.parametrize("seat", ["recording", "looking on"])
@pytest.mark.parametrize("case", CASES)
def test_it_says_so_and_ends(case: str, seat: str, tmp_path: Path) -> None:
    root, data = tmp_path / "root", tmp_path / "data"
    root.mkdir()
    program = [sys.executable, "-m", "fcm_tui", "--data-dir", str(data)]
    for text in ("one\n", "two\n"):
        (root / "a").write_text(text)
        subprocess.run([*program, "record", "--once", str(root)], check=True, stdout=subprocess.DEVNULL)
    damage, wanted = CASES[case]
    damage(data / "record.db")
    argv = [*program, str(root)]
    if seat == "looking on":
        shutil.move(data / "record.db", tmp_path / "record.db")
        argv = [sys.executable, "-m", "tests.review.look", str(tmp_path / "record.db")]
    with Terminal(
        argv, columns=200, rows=30, environ={"LC_ALL": "C.UTF-8"}, cwd=str(Path(__file__).parents[2])
    ) as terminal:
        if seat == "recording" and case == "a kind that is none":
            wanted = ""  # recording does not read the log, and goes on
        terminal.wait(lambda screen: (wanted in screen and screen.strip()) or not terminal.alive)
        if terminal.alive:
            status = terminal.leave()
        assert status in (0, 2), terminal.text
        assert wanted in terminal.raw.decode()
        assert b"Traceback" not in terminal.raw
