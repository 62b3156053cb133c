"""Programs run in turn on the same work, and what came of it: every run, the medians, their ratio."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

OURS = "fcm-tui"


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds that one run took."""

    wall: float
    cpu: float | None
    """Of processor time, user and system, descendants included; None where the system does not tell."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What we want to reach: so many times as fast as a peer, or at most so many times its time."""

    faster: float | None = None
    slower: float | None = None

    def verdict(self, times: float) -> str:
        """What `times` as fast as the peer means."""
        if self.faster is not None:
            return f"goal: at least {self.faster:g}: {'met' if times >= self.faster else 'MISSED'}"
        assert self.slower is not None
        met = 1 / times <= self.slower
        return f"that is {1 / times:.2f} times its time, goal: at most {self.slower:g}: {'met' if met else 'MISSED'}"


def timed(command: Sequence[str], *, env: Mapping[str, str] | None = None) -> Run:
    """Run a command as a whole process; its output is thrown away.

    Raises:
        RuntimeError: it failed; with what it said.
    """
    with tempfile.TemporaryFile() as said:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, env=env
        )
        cpu = None
        if sys.platform == "win32":
            process.wait()
        else:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            cpu = usage.ru_utime + usage.ru_stime
        wall = time.perf_counter() - started
        if process.returncode:
            said.seek(0)
            text = said.read().decode(errors="replace")
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{text}")
    return Run(wall, cpu)


def quietly(command: Sequence[str], *, env: Mapping[str, str] | None = None) -> None:
    """Run a command that is not part of what is measured."""
    timed(command, env=env)


def machine() -> str:
    """Where a figure comes from, and what else the machine was doing."""
    return (
        f"{os.cpu_count()} cores, load {load()} before, {platform.system()} {platform.release()} {platform.machine()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def load() -> str:
    """The load average of the last minute, or `?`."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "?"


def heading(title: str) -> None:
    """Begin a benchmark's output."""
    print(f"\n## {title}\n{machine()}", flush=True)


def settle() -> None:
    """What earlier runs left to be written is written now, and not during the next one."""
    if hasattr(os, "sync"):
        os.sync()


def in_turn(
    sides: Mapping[str, Callable[[], Run]], runs: int, goals: Mapping[str, Goal] | None = None
) -> list[str]:
    """Each side once a round (A B C A B C …), ours first; all figures are printed.

    Returns:
        A line for each peer: how many times as fast as it we are.
    """
    results: dict[str, list[Run]] = {name: [] for name in sides}
    for number in range(runs):
        before = load()
        for name, side in sides.items():
            settle()
            results[name].append(side())
        row = " | ".join(f"{name} {figure(found[-1])}" for name, found in results.items())
        print(f"run {number + 1}: {row} | load {before}", flush=True)
    return compare(results, goals or {})


def figure(run: Run) -> str:
    """Seconds on the clock, and of processor time."""
    return f"{run.wall:.2f} s" if run.cpu is None else f"{run.wall:.2f} s (cpu {run.cpu:.2f})"


def compare(results: Mapping[str, Sequence[Run]], goals: Mapping[str, Goal]) -> list[str]:
    """Print the medians, and how many times as fast as each peer we are; returns the lines about peers."""
    medians = {name: median(found) for name, found in results.items()}
    for name, run in medians.items():
        print(f"median  {name:<22} {figure(run)}")
    ours = medians[OURS]
    lines = []
    for name, run in medians.items():
        if name == OURS:
            continue
        times = run.wall / ours.wall
        cpu = f" (cpu {run.cpu / ours.cpu:.2f})" if run.cpu and ours.cpu else ""
        verdict = f"; {goals[name].verdict(times)}" if name in goals else ""
        lines.append(f"{times:.2f}{cpu} times as fast as {name}{verdict}")
    for line in lines:
        print(line, flush=True)
    return lines


def median(found: Sequence[Run]) -> Run:
    """Of wall and of processor time, each by itself."""
    cpus = [run.cpu for run in found if run.cpu is not None]
    return Run(statistics.median(run.wall for run in found), statistics.median(cpus) if cpus else None)
