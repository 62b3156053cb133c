"""Running two programs in turn, and saying what came of it."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds of one run: on the clock, and of processor time with its children."""

    wall: float
    cpu: float


def timed(command: Sequence[str], **more: object) -> Run:
    """Run a command as a whole process; its output is thrown away."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)  # type: ignore[call-overload]
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Run(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def in_turn(title: str, sides: Mapping[str, Callable[[], Run]], runs: int) -> None:
    """Each side once a round; prints every figure, and the ratio of each peer's median to ours (the first)."""
    print(f"\n## {title}")
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {runs} alternating runs, seconds wall (cpu)"
    )
    results: dict[str, list[Run]] = {name: [] for name in sides}
    for _ in range(runs):
        for name, side in sides.items():
            results[name].append(side())
    medians = {name: statistics.median(run.wall for run in found) for name, found in results.items()}
    cpu = {name: statistics.median(run.cpu for run in found) for name, found in results.items()}
    ours = next(iter(sides))
    for name, found in results.items():
        figures = "  ".join(f"{run.wall:.2f} ({run.cpu:.2f})" for run in found)
        ratio = (
            ""
            if name == ours
            else f"   {name}/{ours} wall {medians[name] / medians[ours]:.2f}, cpu {cpu[name] / cpu[ours]:.2f}"
        )
        print(f"{name:<14} median {medians[name]:.2f} ({cpu[name]:.2f}): {figures}{ratio}", flush=True)
