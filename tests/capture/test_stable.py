"""Readings that may be trusted, and those after which a file has to be looked at again."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fcm_tui.capture.stable import YOUNG_NS, Outcome, read_stable
from fcm_tui.watch.stamp import stamp

LIMIT = 1 << 20


def write(path: Path) -> None:
    path.write_text("one")


def link(path: Path) -> None:
    path.symlink_to("one")


@pytest.mark.parametrize("put", [write, link] if sys.platform != "win32" else [write])
def test_a_file_just_written_and_read_all_the_same_is_looked_at_again(
    put: Callable[[Path], None], tmp_path: Path
) -> None:
    """A second write in the same tick of the file system's clock would leave the same stamp."""
    path = tmp_path / "file"
    put(path)
    found = path.lstat()
    changed_ns = found.st_mtime_ns if sys.platform == "win32" else found.st_ctime_ns
    young, old = (
        read_stable(os.fsencode(path), LIMIT, now_ns=changed_ns + age, settle=False)
        for age in (YOUNG_NS - 1, YOUNG_NS)
    )
    assert young.outcome is old.outcome is Outcome.READ
    assert young.data == old.data == b"one"
    assert young.stamp != stamp(found), "the next scan would take it for known"
    assert old.stamp == stamp(found)
