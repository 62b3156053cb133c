"""The diff pane over a file of 100,000 lines with 1,000 hunks: until it is painted, and a line further down.

In one process with a terminal that takes everything at once: `j` is the key's action and the drawing of all lines in sight.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from textual.pilot import Pilot

from fcm_tui.review.app import ReviewApp
from fcm_tui.review.look.theme import Themes
from tests.benchmarks.pairs import heading
from tests.benchmarks.scale import Scale
from tests.review.builder import RecordBuilder
from tests.review.screens import text

LINES, HUNKS, KEYS = 100_000, 1_000, 200
QUICK_LINES, QUICK_HUNKS, QUICK_KEYS = 2_000, 20, 10
PAINT, KEY, STALL = 0.6, 0.010, 0.050
"""Goals in seconds: the first paint, the median of `j`, the longest time the event loop stands still."""
OPENING = "opening"
SHAPES: dict[str, tuple[str, ...]] = {
    "as it is": (),
    "whole file": ("f",),
    "wrapped": ("f", "w"),
    "side by side, wrapped": ("s",),
}
"""The keys that lead from each layout to the next."""


def run(scale: Scale) -> list[str]:
    """Each run opens the record anew; medians over the runs."""
    lines, hunks, keys = (QUICK_LINES, QUICK_HUNKS, QUICK_KEYS) if scale.quick else (LINES, HUNKS, KEYS)
    heading(f"the diff of a file of {lines:,} lines with {hunks:,} hunks, on the screen")
    database = scale.fresh("diff-view") / "record.sqlite"
    _record(database, lines, hunks)
    paints: list[float] = []
    presses: dict[str, list[float]] = {}
    stalls: dict[str, list[float]] = {}
    for number in range(scale.runs):
        paints.append(asyncio.run(_look(database, keys, presses, stalls)))
        print(f"run {number + 1}: painted after {paints[-1] * 1000:,.0f} ms")
    scale.drop("diff-view")
    paint = statistics.median(paints)
    opening = statistics.median(stalls[OPENING])
    told = [
        f"painted after {paint * 1000:,.0f} ms{_verdict(paint, PAINT)},"
        f" longest standstill {opening * 1000:.0f} ms{_verdict(opening, STALL)}"
    ]
    for name, taken in presses.items():
        stall = statistics.median(stalls[name])
        middle, worst = statistics.median(taken), sorted(taken)[int(len(taken) * 0.99)]
        told.append(
            f"{name}: j p50 {middle * 1000:.1f} ms{_verdict(middle, KEY)}, p99 {worst * 1000:.1f} ms,"
            f" longest standstill {stall * 1000:.0f} ms{_verdict(stall, STALL)}"
        )
    for line in told:
        print(line, flush=True)
    return told


def _verdict(taken: float, goal: float) -> str:
    return f" (goal {goal * 1000:.0f}: {'met' if taken <= goal else 'MISSED'})"


def _record(database: Path, lines: int, hunks: int) -> None:
    old = [
        f"    value_{n} = call({n * 7919 % 10_007}, 'text {n % 97}')  # number {n}\n" for n in range(lines)
    ]
    new = list(old)
    for n in range(lines // hunks // 2, lines, lines // hunks):
        new[n] = new[n].replace("call", "other")
    builder = RecordBuilder(database)
    builder.root("/home/ann/project")
    with builder.transaction():
        builder.file("/home/ann/project/small.py", b"x\n")
        builder.file("/home/ann/project/big.py", "".join(old).encode())
        builder.change("/home/ann/project/big.py", "".join(new).encode())
        builder.change("/home/ann/project/small.py", b"y\n")
    builder.close()


async def _look(
    database: Path, keys: int, presses: dict[str, list[float]], stalls: dict[str, list[float]]
) -> float:
    """Seconds until the large diff is painted; the rest goes into the dictionaries."""
    app = ReviewApp(database=database, engine=None, themes=Themes("dark", colours="truecolor"))
    async with app.run_test(size=(160, 50)) as pilot:
        await _until(lambda: "small.py" in text(app) and app.diff_view.document is not None)
        await pilot.pause()
        started = time.perf_counter()
        stalls.setdefault(OPENING, []).append(await _standstill(partial(_open, app)))
        painted = time.perf_counter() - started
        app.action_focus_pane("diff")
        await pilot.pause()
        for name, shape in SHAPES.items():
            stalls.setdefault(name, []).append(await _standstill(partial(_press, pilot, shape)))
            view = app.diff_view
            taken = presses.setdefault(name, [])
            for _ in range(keys):
                before = time.perf_counter()
                view.action_line(1)
                await asyncio.sleep(0)
                for y in range(view.size.height):
                    view.render_line(y)
                taken.append(time.perf_counter() - before)
                await asyncio.sleep(0)
    await app.close_record()
    return painted


async def _open(app: ReviewApp) -> None:
    app.log_view.action_move(1)
    await _until(lambda: (document := app.diff_view.document) is not None and len(document.hunks) > 1)
    await _until(lambda: "value_" in text(app))


async def _press(pilot: Pilot[int], shape: tuple[str, ...]) -> None:
    await pilot.press(*shape)
    await pilot.pause()


async def _until(holds: Callable[[], object]) -> None:
    until = time.monotonic() + 60
    while not holds():
        if time.monotonic() > until:
            raise RuntimeError("the screen did not get there in a minute")
        await asyncio.sleep(0.002)


async def _standstill(work: Callable[[], Awaitable[None]]) -> float:
    """The longest time for which the event loop did nothing else while `work` was done."""
    longest, running = 0.0, True

    async def watch() -> None:
        nonlocal longest
        while running:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            longest = max(longest, time.perf_counter() - before - 0.001)

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0.005)
    await work()
    running = False
    await watching
    return longest
