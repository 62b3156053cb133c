"""watchfiles where it fails: what it cannot watch is polled, and said."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from fcm_tui.watch.portable import WatchfilesSource
from tests.recording.harness import Recording, fast

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux has names that watchfiles cannot read"
)
FOREIGN = b"folder\xff"


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    root, data = tmp_path / "root", tmp_path / "data"
    root.mkdir()
    data.mkdir(mode=0o700)
    return Recording(data / "record.db", [root], fast("watchfiles"))


async def test_a_folder_that_it_cannot_name_is_polled(recording: Recording) -> None:
    root = recording.roots[0]
    os.mkdir(os.path.join(os.fsencode(root), FOREIGN))
    async with recording.running() as recorder:
        assert f"{root}: watchfiles cannot watch it" in recorder.state.message
        (root / "file").write_text("x\n")
        await recording.has("created", "file")
        await recording.settled()


async def test_a_folder_that_it_cannot_name_comes_later(recording: Recording) -> None:
    root = recording.roots[0]
    async with recording.running():
        os.mkdir(os.path.join(os.fsencode(root), FOREIGN))
        (root / "file").write_text("x\n")
        await recording.has("created", "file")
        with open(os.path.join(os.fsencode(root), FOREIGN, b"inside\xff"), "w") as file:
            file.write("y\n")
        await recording.settled()


async def test_it_watches_again_once_it_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fcm_tui.watch.portable._POLL_FOR", 0.05)
    root = os.fsencode(tmp_path)
    os.mkdir(os.path.join(root, FOREIGN))
    source = WatchfilesSource([root])
    source.start()
    try:
        async with asyncio.timeout(30):
            await source.armed()
            assert list(source.unwatched) == [root]
            os.rmdir(os.path.join(root, FOREIGN))
            hints = source.take()
            while not hints.burst:
                await source.wait()
                hints.add(source.take())
            assert source.unwatched == {}
            (tmp_path / "file").write_text("x\n")
            while root not in hints.folders:
                await source.wait()
                hints.add(source.take())
    finally:
        source.close()
