"""What a machine is called, whatever its administrator wrote."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from fcm_tui.host import host_name
from fcm_tui.store.reading.queries import Reader
from fcm_tui.store.record import Record


@pytest.mark.parametrize(
    ("called", "name"),
    [
        ("desk", "desk"),
        ("bücher", "bücher"),
        ("", "localhost"),
        pytest.param(
            "\udcff\udcfe",
            r"\xff\xfe",
            marks=pytest.mark.skipif(os.name != "posix", reason="a name is no bytes there"),
        ),
    ],
)
def test_a_record_is_made_on_a_machine_of_any_name(
    called: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: called)
    assert host_name() == name
    with Record(tmp_path / "record.db"):
        pass
    with Reader(tmp_path / "record.db") as reader:
        recorder = reader.recorder()
    assert recorder is not None and recorder.host == name
