"""The soak works, and its verdict tells what grows from what does not."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.soak import Row, soak, verdict

RATE = 100.0


def rows(
    memory: Callable[[int], float], descriptors: Callable[[int], int], lag: Callable[[int], float]
) -> list[Row]:
    return [
        Row((n + 1) * 60.0, 6000, n * 6000, memory(n), memory(n) + 60, descriptors(n), [lag(n)] * 60)
        for n in range(60)
    ]


def judged(found: list[Row]) -> list[bool | None]:
    return [is_well for _, is_well in verdict(found, RATE)]


def test_what_stays_is_flat_and_getting_warm_is_no_growth() -> None:
    found = rows(
        lambda n: 90 + n if n < 17 else 120 + n % 3, lambda n: 11 + n % 2, lambda n: 0.05 + n % 5 / 100
    )
    assert judged(found) == [True] * 5


@pytest.mark.parametrize(
    ("number", "found"),
    [
        (0, rows(lambda n: 100 + n, lambda n: 11, lambda n: 0.05)),
        (
            1,
            [
                *rows(lambda n: 100, lambda n: 11, lambda n: 0.05),
                Row(3660, 6000, 10**6, 100, 200, 11, [0.05]),
            ],
        ),
        (2, rows(lambda n: 100, lambda n: 11 + n // 2, lambda n: 0.05)),
        (3, rows(lambda n: 100, lambda n: 11, lambda n: 0.05 + n / 50)),
        (4, [*rows(lambda n: 100, lambda n: 11, lambda n: 0.05), Row(7200, 0, 10**6, 100, 160, 11, [0.05])]),
    ],
)
def test_what_grows_is_told(number: int, found: list[Row]) -> None:
    assert [n for n, is_well in enumerate(judged(found)) if not is_well] == [number]


def test_a_few_rows_say_nothing() -> None:
    assert judged(rows(lambda n: 100 + n, lambda n: 11 + n, lambda n: n)[:20]) == [None]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="what a process holds is read from /proc")
def test_some_seconds_of_it(tmp_path: Path) -> None:
    told: list[str] = []
    found = soak(tmp_path, seconds=8, rate=RATE, every=2, tell=told.append)
    assert len(found) >= 3
    assert all(row.done and row.lag and row.memory > 10 and row.descriptors > 3 for row in found)
    assert "changes replay to the disk, every hunk applies, verified" in told[-1]
