"""ReadDirectoryChangesW, read directly: what happens below roots, and that events were dropped."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from fcm_tui.watch.hints import Hints
from fcm_tui.watch.sources import make_source
from tests.recording.harness import Recording
from tests.windows.system import not_on_wine, windows_only

pytestmark = windows_only
_BURST = """
import os, sys
folder = os.path.join(sys.argv[1], sys.argv[2])
os.makedirs(folder, exist_ok=True)
for number in range(300):
    with open(os.path.join(folder, f"{'long' * 20}{number}.txt"), "w") as file:
        file.write(f"{number}\\n")
"""


@pytest.fixture
def small_buffer(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that has room for few events."""
    monkeypatch.setattr("fcm_tui.watch.directory_changes._BUFFERS", (1024,))


class Watching:
    """A source at work, and all that it hinted at."""

    def __init__(self, *roots: Path) -> None:
        self.source = make_source("auto", [os.fsencode(root) for root in roots])
        self.hints = Hints()

    def heard(self) -> Hints:
        """What it hinted at until now."""
        self.hints.add(self.source.take())
        return self.hints


@contextlib.asynccontextmanager
async def watching(*roots: Path) -> AsyncIterator[Watching]:
    watching = Watching(*roots)
    watching.source.start()
    try:
        async with asyncio.timeout(30):
            await watching.source.armed()
        yield watching
    finally:
        watching.source.close()


def burst(root: Path, folder: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _BURST, str(root), folder])


async def test_it_tells_the_folders_of_what_was_done(root: Path, eventually: Callable[..., Any]) -> None:
    inner = root / "folder" / "inner Ω"
    async with watching(root) as watched:
        assert watched.source.name == "ReadDirectoryChangesW"
        assert watched.source.unwatched == {}
        inner.mkdir(
            parents=True
        )  # not before: Wine tells nothing of what is in folders that were there already
        await eventually(lambda: os.fsencode(inner) in watched.heard().deep)
        (inner / "file").write_text("one\n")
        await eventually(lambda: os.fsencode(inner) in watched.heard().folders)
        (root / "folder").rename(root / "moved")
        await eventually(lambda: os.fsencode(root / "moved") in watched.heard().deep)
        assert os.fsencode(root) in watched.hints.folders
        assert not watched.hints.lost


async def test_each_of_many_roots_is_watched(tmp_path: Path, eventually: Callable[..., Any]) -> None:
    """More than Windows lets one thread wait for."""
    roots = [tmp_path / f"root{number}" for number in range(70)]
    for folder in roots:
        folder.mkdir()
    async with watching(*roots) as watched:
        for folder in roots:
            (folder / "file").write_text("one\n")
        await eventually(lambda: {os.fsencode(folder) for folder in roots} <= watched.heard().folders)


@pytest.mark.parametrize(
    "deed",
    [
        "renamed",
        pytest.param("deleted", marks=not_on_wine("a deleted folder stands there until all have let it go")),
    ],
)
async def test_a_root_that_went_away_can_be_made_again(
    root: Path, tmp_path: Path, deed: str, eventually: Callable[..., Any]
) -> None:
    (tmp_path / "other").mkdir()

    def made() -> bool:
        with contextlib.suppress(PermissionError):  # until it is let go
            root.mkdir()
            return True
        return False

    def is_heard() -> bool:
        (root / "file").write_text("one\n")  # until it is watched again
        return os.fsencode(root) in watched.heard().folders

    async with watching(root, tmp_path / "other") as watched:
        root.rename(tmp_path / "elsewhere") if deed == "renamed" else root.rmdir()
        await eventually(made)
        watched.source.rearm()
        await eventually(is_heard)
        (tmp_path / "other" / "file").write_text("one\n")
        await eventually(lambda: os.fsencode(tmp_path / "other") in watched.heard().folders)
        assert not watched.hints.lost


async def test_dropped_events_are_told_and_later_ones_come(
    root: Path, small_buffer: None, eventually: Callable[..., Any]
) -> None:
    def is_told() -> bool:
        with burst(root, ".") as program:  # Wine begins late to watch a new folder
            assert program.wait(60) == 0  # in the loop's own thread, which the readers need not
        return "Windows dropped events" in watched.heard().lost

    async with watching(root) as watched:
        await eventually(is_told, seconds=60)  # the readers keep up with one where others slow it down
        (root / "later").mkdir()
        await eventually(lambda: os.fsencode(root / "later") in watched.heard().deep)


async def test_dropped_events_are_a_gap_and_nothing_is_missing(
    recording: Recording, root: Path, small_buffer: None
) -> None:
    async with recording.running():
        for number in range(3):
            with burst(root, f"folder{number}") as program:
                assert await asyncio.to_thread(program.wait, 60) == 0
        await recording.settled(lambda: len(recording.changes()) == 900)
        (root / "later").write_text("one\n")
        await recording.has("created", "later")
    with recording.reader() as reader:
        gaps = reader.gaps()
    assert gaps
    assert all("Windows dropped events" in gap.reason and gap.to_ns is not None for gap in gaps)
