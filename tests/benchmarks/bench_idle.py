"""Many real files watched and nothing happening: processor share and memory, beside Watchman."""

from __future__ import annotations

import statistics
import sys
import time
from contextlib import ExitStack

from tests.benchmarks.pairs import OURS, heading, load
from tests.benchmarks.peers import Watchman, is_installed
from tests.benchmarks.recording import processor_seconds, recording, resident
from tests.benchmarks.scale import Scale

CPU_PER_CENT = 1.0
MEMORY_TIMES = 3.0
_SETTLED = 10.0
"""Seconds after the recorder is ready, in which what its start allocated is given back."""


def run(scale: Scale) -> list[str]:
    """Both are idle at the same time, and looked at over the same minutes."""
    if sys.platform != "linux":
        heading("idle: left out")
        return ["needs /proc, left out"]
    contents = scale.warm()
    seconds = 0.5 if scale.quick else 60.0
    heading(f"idle: {contents.files:,} files watched, {scale.runs} windows of {seconds:g} s")
    with ExitStack() as stack:
        pids = {OURS: stack.enter_context(recording(scale.fresh("data"), scale.tree))}
        if is_installed("watchman"):
            watchman = Watchman(scale.fresh("watchman"), scale.tree)
            stack.callback(watchman.stop)
            pids["watchman"] = watchman.pid
        time.sleep(0 if scale.quick else _SETTLED)
        shares: dict[str, list[float]] = {name: [] for name in pids}
        for number in range(scale.runs):
            before = {name: processor_seconds(pid) or 0.0 for name, pid in pids.items()}
            time.sleep(seconds)
            for name, pid in pids.items():
                shares[name].append(((processor_seconds(pid) or 0.0) - before[name]) / seconds * 100)
            row = " | ".join(f"{name} {found[-1]:.2f} %" for name, found in shares.items())
            print(f"window {number + 1}: {row} of a core | load {load()}", flush=True)
        memory = {name: resident(pid) for name, pid in pids.items()}
    medians = {name: statistics.median(found) for name, found in shares.items()}
    for name in pids:
        print(f"median  {name:<10} {medians[name]:.2f} % of a core, {memory[name][0]:.1f} MiB resident"
              f" ({memory[name][1]:.1f} MiB not of files)")  # fmt: skip
    lines = [
        f"{medians[OURS]:.2f} % of a core; goal: under {CPU_PER_CENT:g}: {_met(medians[OURS] < CPU_PER_CENT)}"
    ]
    if "watchman" in pids:
        times = memory[OURS][0] / memory["watchman"][0]
        lines.append(
            f"{times:.2f} times watchman's memory; goal: at most {MEMORY_TIMES:g}: {_met(times <= MEMORY_TIMES)}"
        )
    for line in lines:
        print(line, flush=True)
    scale.drop("data", "watchman")
    return lines


def _met(yes: bool) -> str:
    return "met" if yes else "MISSED"
