"""Random work at random speeds, the recorder restarted in between: the log replays to the disk."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from fcm_tui.pipeline import ahead, bookkeeper, work
from fcm_tui.store.trust.verify import Tally, verify
from tests.recording.harness import Recording, disk, replay
from tests.recording.random_work import RandomWork
from tests.windows.system import ON_WINE

SCAN_INTERVAL = 0.5
"""Seconds: writes through another name of the same file raise no event, and only a scan finds them."""


async def work_and_compare(recording: Recording, seed: int, steps: int, stretches: int) -> None:
    """Some work before, during and between runs; compared after each run."""
    if ON_WINE:
        steps //= 4  # where each look at a folder takes many times as long as on any other system
    recording.settings = replace(recording.settings, scan_interval=SCAN_INTERVAL)
    other = recording.roots[0].with_name("other")
    other.mkdir()
    recording.roots.append(other)
    actor = RandomWork(recording.roots, seed)

    def act(count: int) -> None:
        for _ in range(count):
            actor.act()
            actor.pause()

    act(steps // 3)
    for _ in range(stretches):
        async with recording.running():
            await asyncio.to_thread(act, steps)
            await recording.settled()
            await asyncio.to_thread(act, steps // 4)
        # What was hinted at when it was told to stop is recorded, so only scanned-for changes may remain.
        await asyncio.to_thread(act, steps // 4)
    async with recording.running():
        await recording.settled()
    assert replay(recording.baseline, recording.changes()) == disk(*recording.roots)
    with recording.reader() as reader:
        assert list(verify(reader.connection, Tally())) == []


@pytest.mark.parametrize("seed", [1, 2])
async def test_random_work_replays_to_the_disk(recording: Recording, seed: int) -> None:
    await work_and_compare(recording, seed, steps=100, stretches=2)


@pytest.fixture
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few files are many slices, helped with by processes, and several commits."""
    monkeypatch.setattr(work, "FIRST_SLICE_FILES", 3)
    monkeypatch.setattr(work, "SLICE_FILES", 4)
    monkeypatch.setattr(ahead, "WORTH_FILES", 1)
    monkeypatch.setattr(bookkeeper, "_TOGETHER_FILES", 6)
    monkeypatch.setattr(bookkeeper, "MOST_ALIKE", 3)


@pytest.mark.usefixtures("small_slices")
@pytest.mark.parametrize("seed", [11, 12])
async def test_random_work_in_many_slices_replays_to_the_disk(recording: Recording, seed: int) -> None:
    await work_and_compare(recording, seed, steps=100, stretches=2)


@pytest.mark.slow
@pytest.mark.usefixtures("small_slices")
@pytest.mark.parametrize("seed", [13])
async def test_longer_random_work_in_many_slices_replays_to_the_disk(recording: Recording, seed: int) -> None:
    await work_and_compare(recording, seed, steps=300, stretches=3)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 4])
async def test_longer_random_work_replays_to_the_disk(recording: Recording, seed: int) -> None:
    await work_and_compare(recording, seed, steps=300, stretches=3)
