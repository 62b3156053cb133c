"""A file that is written whole takes the place of one that others read."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from fcm_tui import whole_file
from fcm_tui.whole_file import write_whole
from tests.windows.system import windows_only

pytestmark = windows_only


def test_who_reads_it_for_a_moment_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole_file, "_READING", 60.0)
    file = tmp_path / "file"
    file.write_bytes(b"old")
    reading = file.open("rb")
    letting_go = threading.Timer(0.3, reading.close)
    letting_go.start()
    write_whole(file, b"new", over=True)
    letting_go.join()
    assert file.read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_who_goes_on_reading_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole_file, "_READING", 0.1)
    file = tmp_path / "file"
    file.write_bytes(b"old")
    with file.open("rb"), pytest.raises(PermissionError):
        write_whole(file, b"new", over=True)
    assert file.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
