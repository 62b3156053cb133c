"""Line diffs of 1,000 to 1,000,000 lines: ours, `git diff --no-index` as a whole process, difflib.

    python tests/benchmarks/bench_diff.py [--lines N]... [--runs N]

For each case: the median of the runs, taken in turn, of each program; the ratio to git's; the longest
time for which an event loop stood still while the diff ran in a thread of its process; the changed lines.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tui"))

from fcm_tui.diff.lines import diff_lines

Lines = list[bytes]
GIT_SECONDS = 30
DIFFLIB_SECONDS = 5
DIFFLIB = """
import difflib, sys, time
old, new = (open(name, "rb").read().split(b"\\n") for name in sys.argv[1:])
start = time.perf_counter()
for _ in difflib.SequenceMatcher(None, old, new).get_opcodes(): pass
print(time.perf_counter() - start)
"""


def source(count: int, seed: int) -> Lines:
    """Lines like those of a program: indented, many unique, some blank or closing a block."""
    rng = random.Random(seed)
    result = []
    for number in range(count):
        kind = rng.random()
        if kind < 0.12:
            result.append(b"\n")
        elif kind < 0.25:
            result.append(b"    " * rng.randrange(1, 4) + rng.choice([b"}\n", b"else:\n", b"return None\n"]))
        else:
            result.append(
                b"%svalue_%d = call(%d)\n" % (b"    " * rng.randrange(4), number % 997, rng.getrandbits(24))
            )
    return result


def one_line(count: int) -> tuple[Lines, Lines]:
    old = source(count, 1)
    return old, [*old[: count // 2], b"changed\n", *old[count // 2 + 1 :]]


def ten_per_cent(count: int) -> tuple[Lines, Lines]:
    old, rng = source(count, 2), random.Random(3)
    return old, [b"changed %d\n" % rng.getrandbits(30) if rng.random() < 0.1 else line for line in old]


def moved_block(count: int) -> tuple[Lines, Lines]:
    old, block, start = source(count, 4), count // 50, count // 4
    rest = old[:start] + old[start + block :]
    return old, rest[: count // 2] + old[start : start + block] + rest[count // 2 :]


def unrelated(count: int) -> tuple[Lines, Lines]:
    return source(count, 5), source(count, 6)


def repetitive(count: int) -> tuple[Lines, Lines]:
    rng, words = random.Random(7), [b"%d\n" % number for number in range(10)]
    return rng.choices(words, k=count), rng.choices(words, k=count)


CASES: dict[str, Callable[[int], tuple[Lines, Lines]]] = {
    "one line": one_line,
    "10 %": ten_per_cent,
    "moved block": moved_block,
    "unrelated": unrelated,
    "repetitive": repetitive,
}


@dataclass
class Ours:
    seconds: float
    stall: float
    changed: int


async def ours(old: bytes, new: bytes) -> Ours:
    """One diff in a thread, while the loop's own clock is watched."""
    loop = asyncio.get_running_loop()
    stall = 0.0
    running = True

    async def watch() -> None:
        nonlocal stall
        while running:
            before = loop.time()
            await asyncio.sleep(0.001)
            stall = max(stall, loop.time() - before - 0.001)

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0.005)
    stall = 0.0
    start = time.perf_counter()
    hunks = await asyncio.to_thread(diff_lines, old, new)
    seconds = time.perf_counter() - start
    await asyncio.sleep(0.002)
    running = False
    await watching
    return Ours(seconds, stall, sum(hunk.old_count + hunk.new_count for hunk in hunks))


def git(folder: str, *options: str) -> tuple[float, int | None]:
    """Whole process, and with --numstat the lines it found changed; None where it took too long."""
    start = time.perf_counter()
    try:
        done = subprocess.run(
            ["git", "diff", "--no-index", *options, "old", "new"],
            cwd=folder,
            capture_output=True,
            timeout=GIT_SECONDS,
            env={**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull},
        )
    except subprocess.TimeoutExpired:
        return GIT_SECONDS, None
    seconds = time.perf_counter() - start
    return seconds, sum(map(int, done.stdout.split()[:2])) if options else None


def difflib_seconds(folder: str) -> float | None:
    command = [sys.executable, "-I", "-S", "-c", DIFFLIB, "old", "new"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=DIFFLIB_SECONDS, check=True)
    except subprocess.TimeoutExpired:
        return None
    return float(done.stdout)


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:,.1f}"


def measure(name: str, count: int, runs: int) -> bool:
    """Prints one row; whether the targets were met."""
    old, new = (b"".join(lines) for lines in CASES[name](count))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "old").write_bytes(old)
        (Path(folder) / "new").write_bytes(new)
        mine: list[Ours] = []
        theirs: list[float] = []
        stdlib: list[float] = []
        git_changed = git(folder, "--numstat")[1]
        for _ in range(runs):
            mine.append(asyncio.run(ours(old, new)))
            theirs.append(git(folder)[0])
            if count <= 10_000 and len(stdlib) < runs:
                taken = difflib_seconds(folder)
                stdlib += [taken] if taken is not None else [DIFFLIB_SECONDS] * runs
    us, them = statistics.median(run.seconds for run in mine), statistics.median(theirs)
    stall, slowest = max(run.stall for run in mine), max(run.seconds for run in mine)
    changed = max(run.changed for run in mine)
    met = us <= 1.5 * them and slowest <= 2 and stall <= 0.05
    difflib = milliseconds(statistics.median(stdlib)) if stdlib else "-"
    print(
        f"{name:12} {count:>9,} {milliseconds(us):>9} {milliseconds(them):>9} {us / them:>6.2f} {difflib:>9} "
        f"{milliseconds(stall):>6} {changed:>9,} {'-' if git_changed is None else f'{git_changed:,}':>9}"
        f"{'' if met else '  over its target'}",
        flush=True,
    )
    return met


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lines", type=int, action="append", help="only these sizes; may be repeated")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    asyncio.run(ours(b"warm\nup\n", b"up\nwarm\n"))  # opens the library, which a recorder does once
    print(
        "case             lines   ours ms    git ms  ratio   difflib  stall      ours       git changed lines"
    )
    met = True
    for count in arguments.lines or [1_000, 10_000, 100_000, 1_000_000]:
        for name in CASES:
            met &= measure(name, count, arguments.runs)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
