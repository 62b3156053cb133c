"""From `write()` to the committed row, seen by another process, and to the screen, when it is quiet."""

from __future__ import annotations

import os
import random
import sys
import time
from typing import TYPE_CHECKING

from tests.benchmarks.pairs import heading
from tests.benchmarks.recording import PATIENCE, Watcher, ours, recording
from tests.benchmarks.scale import Scale

if TYPE_CHECKING:
    from tests.ptyharness import Terminal

COMMITTED, SHOWN = 0.100, 0.150
"""Seconds that the medians may be."""
_QUIET = (0.1, 0.3)
"""Seconds between two samples, at random, so that no clock in the program keeps step with them."""


def run(scale: Scale) -> list[str]:
    """One after the other: a row in the record, a name on a screen of 120 by 30."""
    samples = 5 if scale.quick else 100
    heading(f"from write() to the committed row and to the screen, quiet, {samples} samples each")
    lines = [_told("committed", _committed(scale, samples), COMMITTED)]
    if sys.platform == "win32":
        print("the screen: needs a pseudo terminal, left out")
    else:
        lines.append(_told("on the screen", _shown(scale, samples), SHOWN))
    scale.drop("quiet", "data")
    return lines


def _told(what: str, found: list[float], goal: float) -> str:
    """Percentiles in milliseconds, printed."""
    found = sorted(found)
    p50, p90, p99 = (found[min(len(found) - 1, int(len(found) * share))] for share in (0.5, 0.9, 0.99))
    line = (
        f"{what}: p50 {p50 * 1000:.0f} ms, p90 {p90 * 1000:.0f}, p99 {p99 * 1000:.0f}, most {found[-1] * 1000:.0f}; "
        f"goal: p50 under {goal * 1000:.0f}: {'met' if p50 < goal else 'MISSED'}"
    )
    print("all, ms: " + " ".join(f"{seconds * 1000:.0f}" for seconds in found))
    print(line, flush=True)
    return line


def _committed(scale: Scale, samples: int) -> list[float]:
    """A line is appended to a file."""
    tree, data, dice = scale.fresh("quiet"), scale.fresh("data"), random.Random(3)
    files = [tree / f"file {number}" for number in range(50)]
    for path in files:
        path.write_bytes(b"first\n")
    found = []
    with recording(data, tree), Watcher(data) as watcher:
        for number in range(samples):
            time.sleep(dice.uniform(*_QUIET))
            path = files[number % len(files)]
            line = b"%d\n" % number
            wanted = {path: path.read_bytes() + line}
            sequence = watcher.sequence()
            handle = os.open(path, os.O_WRONLY | os.O_APPEND)
            started = time.perf_counter()
            os.write(handle, line)
            os.close(handle)
            found.append(watcher.until(wanted, sequence) - started)
    return found


def _shown(scale: Scale, samples: int) -> list[float]:
    """A new file's name stands in the event log."""
    from tests.ptyharness import Terminal  # not to be had on Windows

    tree, data, dice = scale.fresh("quiet"), scale.fresh("data"), random.Random(4)
    (tree / "there before").write_bytes(b"first\n")
    found = []
    with Terminal(ours(data, str(tree)), columns=120, rows=30) as terminal:
        terminal.wait("● recording")
        for number in range(samples):
            _pump_for(terminal, dice.uniform(*_QUIET))
            path = tree / f"n{number}-{dice.getrandbits(24):06x}"
            handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
            started = time.perf_counter()
            os.write(handle, b"%d\n" % number)
            os.close(handle)
            deadline = time.monotonic() + PATIENCE
            while path.name not in terminal.text:
                if time.monotonic() > deadline or not (terminal.pump(1.0) or terminal.alive):
                    raise RuntimeError(f"{path.name} did not come to the screen:\n{terminal.text}")
            found.append(time.perf_counter() - started)
        terminal.leave()
    return found


def _pump_for(terminal: Terminal, seconds: float) -> None:
    """Go on reading what the program writes, as a terminal does."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        terminal.pump(left)
