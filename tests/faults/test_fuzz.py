"""The fuzzer, for some thousands of steps in the slow suite; seeds that found something run always."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.fuzz import EPISODE_STEPS, Episode, fuzz

FOUND: list[int] = []
"""Seeds of episodes that once failed."""


@pytest.fixture(scope="module")
def pool() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


@pytest.mark.parametrize("seed", [1, *FOUND])
def test_an_episode_replays_to_the_disk(seed: int, tmp_path: Path, pool: Executor) -> None:
    assert Episode(tmp_path, seed, pool).run(EPISODE_STEPS) > 20


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [1000, 2000, 3000])
def test_thousands_of_steps_replay_to_the_disk(seed: int, tmp_path: Path, pool: Executor) -> None:
    assert fuzz(tmp_path, seed, 1000, pool)[1] > 500
