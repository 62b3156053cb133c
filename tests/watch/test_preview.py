"""What recording a folder would take, counted as a first recording would."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from fcm_tui.settings.defaults import IGNORED, SECRET
from fcm_tui.watch.preview import Preview, preview


def test_it_counts_what_would_be_recorded_and_what_not(tmp_path: Path) -> None:
    for name, size in (
        ("a.txt", 10),
        ("src/b.py", 20),
        ("big.iso", 5000),
        (".env", 7),
        ("x.log", 9),
        ("y.log", 9),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x" * size)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("never counted")
    (tmp_path / "own.db").write_text("the record itself")
    root = os.fsencode(tmp_path)
    found = preview(root, [*IGNORED, "*.log"], SECRET, 1000, skip=[os.path.join(root, b"own.db")])
    assert (found.files, found.size, found.too_large, found.secret) == (4, 30, 1, 1)
    assert found.ignored == 4 and found.is_whole
    assert [os.path.basename(path) for _, path in found.largest] == [b"big.iso", b"b.py", b"a.txt"]
    by_pattern = {pattern: len(paths) for pattern, paths in found.by_pattern.items()}
    assert by_pattern == {".git": 1, "*.log": 2}


def test_it_ends_when_told_to_and_tells_how_far_it_is(tmp_path: Path) -> None:
    for folder in range(3):
        (tmp_path / str(folder)).mkdir()
        for number in range(1100):
            (tmp_path / str(folder) / str(number)).touch()
    told: list[int] = []

    def tell(found: Preview) -> None:
        told.append(found.files)

    found = preview(os.fsencode(tmp_path), [], [], 1, is_cancelled=lambda: bool(told), tell=tell)
    assert told == [2200] and found.files == 2200 and not found.is_whole


@pytest.mark.skipif(sys.platform == "win32", reason="modes and links")
def test_what_cannot_be_read_is_told_and_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "around").symlink_to(tmp_path)
    found = preview(os.fsencode(tmp_path), [], [], 1000)
    assert found.files == 1
    assert preview(os.fsencode(tmp_path / "none"), [], [], 1000).unreadable == 1
