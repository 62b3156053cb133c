"""Without the privilege: the processes that have a file open for writing, as a guess that says so."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fcm_tui.report.changes import values_of
from tests.recording.harness import Recording, fast
from tests.who.test_recording import Worker

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it is seen in Linux' /proc")


async def test_who_has_the_file_open_is_a_guess(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fcm_tui.who.open_files._LONGEST_S", 30.0)  # a look has a budget, which others use up
    monkeypatch.setattr("fcm_tui.who.open_files._SHARE", 0)
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "data").mkdir()
    recording = Recording(tmp_path / "data" / "record.db", [root], fast("inotify"))
    async with recording.running():
        with Worker(root) as reader, Worker(root) as writer:
            await writer.do("held = open('held', 'w'); held.write('x'); held.flush()")
            change = await recording.has("created", "held")
            await reader.do("held = open('held'); open('closed', 'w').write('x')")
            closed = await recording.has("created", "closed")
    found = values_of(change)
    assert found["process"] == f"{found['process_info']['name']}[{writer.pid}]?"
    assert (found["process_info"]["how"], found["process_info"]["why"]) == ("guess", "it had the file open")
    assert (closed.process, closed.process_info, closed.owner) == (None, None, change.owner)
