"""Mixed work at a steady pace while a recorder runs: `python -m tests.soak [--minutes 60] [--rate 100]`.

A line a minute tells what the recorder holds and how far behind it is, and a verdict ends it: memory flat, file
descriptors flat, no lag growing, everything recorded. Exit 1 where one of them is not so. Linux, for /proc.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fcm_tui.store.database import CACHE_KIB
from tests.benchmarks.recording import Watcher, processor_seconds, recording, resident
from tests.faults import oracle

FILES = 2000
"""That the work keeps to, more or less: what is recorded of a tree grows with its files, and that is no leak."""
PROBE_SECONDS = 1.0
"""Between two writes whose way to the commit is timed."""
WARM = 100_000
"""Changes until what is kept in memory on purpose (SQLite's pages, decoded versions) has come to its bounds."""
LEAST_ROWS = 6
"""After that, from which on growth can be told from chance."""
MEMORY_GROWTH, MEMORY_SLACK = 1.10, 8.0
"""The last third's median over the first third's, once warm, at most; and MiB that are no growth."""
CACHE = CACHE_KIB / 1024 + 16.0
"""MiB between the least and the most of a minute: SQLite's pages, the more of them the larger the indexes, up to their
bound; and the work in hand."""
DESCRIPTORS_SLACK = 4
LAG_GROWTH, LAG_SLACK = 1.5, 0.25
"""The same for the lag; and seconds that are no growth."""
PACE_KEPT = 0.9
"""Share of the wanted changes that has to be done, or it was no such soak."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one stretch of the soak came to."""

    seconds: float
    """Since the start."""
    done: int
    """Changes made in it."""
    recorded: int
    """Changes in the record by then."""
    memory: float
    """MiB resident, at the least in it: after the recorder gave back what it does not need, as it does every minute."""
    peak: float
    """MiB resident, at the most."""
    descriptors: int
    lag: Sequence[float]
    """Seconds from `write()` to the committed row, of each probe in it."""
    processor: float = 0.0
    """Share of a core."""
    database: float = 0.0
    """MiB of the database and its log."""

    def text(self) -> str:
        """A line of the table."""
        lag = sorted(self.lag) or [0.0]
        p50, p99 = lag[len(lag) // 2], lag[min(len(lag) - 1, int(len(lag) * 0.99))]
        return (
            f"{self.seconds:>8.0f} {self.done:>8} {self.recorded:>9} {self.memory:>8.1f} {self.peak:>8.1f} {self.descriptors:>5}"
            f" {p50 * 1000:>8.0f} {p99 * 1000:>8.0f} {lag[-1] * 1000:>8.0f} {self.processor:>6.0%} {self.database:>8.1f}"
        )


HEADING = " seconds     done  recorded  RSS MiB  at most   fds  lag p50      p99     most    cpu   db MiB"


class Work:
    """Mixed changes to a tree at a steady pace: edits, creations, deletions, renames, saves over a name, folders."""

    def __init__(self, root: Path, seed: int) -> None:
        self._dice = random.Random(seed)
        self._folders = [root / f"d{number:02}" for number in range(40)]
        self.files: list[Path] = []
        self._born = 0
        for folder in self._folders:
            folder.mkdir()
        for _ in range(FILES):
            self._create()

    def act(self) -> None:
        """One change."""
        kinds: list[tuple[int, Callable[[], None]]] = [
            (50, self._edit), (15, self._save), (12, self._create), (12, self._delete), (10, self._rename), (1, self._move_folder),
        ]  # fmt: skip
        few, many = len(self.files) < FILES * 0.9, len(self.files) > FILES * 1.1
        if few or many:
            (self._create if few else self._delete)()
            return
        self._dice.choices([k for _, k in kinds], [w for w, _ in kinds])[0]()

    def _place(self) -> Path:
        self._born += 1
        return self._dice.choice(self._folders) / f"file {self._born}.py"

    def _any(self) -> Path:
        return self._dice.choice(self.files)

    def _text(self) -> bytes:
        return b"".join(
            b"value = %d\n" % self._dice.randrange(1000) for _ in range(self._dice.choice([5, 40, 400]))
        )

    def _create(self) -> None:
        place = self._place()
        place.write_bytes(self._text())
        self.files.append(place)

    def _edit(self) -> None:
        with self._any().open("r+b") as file:
            file.seek(0, os.SEEK_END)
            if file.tell() > 40_000:
                file.truncate(1000)
            file.write(b"more = %d\n" % self._dice.randrange(10**6))

    def _save(self) -> None:
        place = self._any()
        temporary = place.with_name("saving~")
        temporary.write_bytes(self._text())
        temporary.replace(place)

    def _delete(self) -> None:
        place = self._any()
        self.files.remove(place)
        place.unlink()

    def _rename(self) -> None:
        place, new = self._any(), self._place()
        self.files.remove(place)
        place.rename(new)
        self.files.append(new)

    def _move_folder(self) -> None:
        number = self._dice.randrange(len(self._folders))
        old, new = self._folders[number], self._folders[number].with_name(f"m{self._born}-{number}")
        old.rename(new)
        self._folders[number] = new
        self.files = [new / path.name if path.parent == old else path for path in self.files]


class Pace(threading.Thread):
    """Does the work, so many changes a second, until told to stop."""

    def __init__(self, work: Work, rate: float) -> None:
        super().__init__(name="soak-work", daemon=True)
        self._work = work
        self._rate = rate
        self.over = threading.Event()
        self.done = 0
        self.error: BaseException | None = None

    def run(self) -> None:
        started = time.monotonic()
        try:
            while not self.over.wait(max(0.0, started + self.done / self._rate - time.monotonic())):
                self._work.act()
                self.done += 1
        except BaseException as error:
            self.error = error


class Probe:
    """One file of its own that is written now and then: when does the record have it?"""

    def __init__(self, root: Path, watcher: Watcher) -> None:
        self._path = root / "probe"
        self._watcher = watcher
        self._number = 0

    def lag(self) -> float:
        """Seconds from a write to its committed row.

        Raises:
            RuntimeError: it never came.
        """
        self._number += 1
        text = b"probe %d\n" % self._number
        sequence = self._watcher.sequence()
        self._path.write_bytes(text)
        written = time.perf_counter()
        return self._watcher.until({self._path: text}, sequence) - written


def soak(folder: Path, seconds: float, rate: float, every: float, tell: Callable[[str], None]) -> list[Row]:
    """Work on a tree in a folder for so long, with a row of the table after each `every` seconds.

    Raises:
        AssertionError: the record is not true at the end.
        RuntimeError: the recorder did not begin, or did not end well, or a write was never recorded.
    """
    root, data = folder / "tree", folder / "data"
    root.mkdir()
    pace = Pace(Work(root, seed=1), rate)
    with recording(data, root) as pid:
        rows = _rows(pid, data, pace, Watcher(data), Probe(root, Watcher(data)), seconds, every, tell)
    tell("comparing the record with the disk")
    tell(f"{oracle.check(data / 'record.db', root)} changes replay to the disk, every hunk applies, verified")
    return rows


def _rows(
    pid: int, data: Path, pace: Pace, watcher: Watcher, probe: Probe, seconds: float, every: float,
    tell: Callable[[str], None],
) -> list[Row]:  # fmt: skip
    rows: list[Row] = []
    tell(HEADING)
    pace.start()
    started = time.monotonic()
    done, processor = 0, processor_seconds(pid) or 0.0
    lag: list[float] = []
    held: list[float] = []
    try:
        while time.monotonic() - started < seconds:
            time.sleep(PROBE_SECONDS)
            lag.append(probe.lag())
            held.append(resident(pid)[0])
            if time.monotonic() - started < every * (len(rows) + 1):
                continue
            used = processor_seconds(pid) or 0.0
            rows.append(
                Row(
                    seconds=time.monotonic() - started,
                    done=pace.done - done,
                    recorded=watcher.sequence(),
                    memory=min(held),
                    peak=max(held),
                    descriptors=len(os.listdir(f"/proc/{pid}/fd")),
                    lag=lag,
                    processor=(used - processor) / every,
                    database=_size(data),
                )
            )
            tell(rows[-1].text())
            done, processor, lag, held = pace.done, used, [], []
    finally:
        pace.over.set()
        pace.join()
    if pace.error is not None:
        raise RuntimeError(f"the work ended early: {pace.error!r}") from pace.error
    probe.lag()
    return rows


def _size(data: Path) -> float:
    files = (data / name for name in ("record.db", "record.db-wal"))
    return sum(path.stat().st_size for path in files if path.exists()) / 2**20


def verdict(rows: Sequence[Row], rate: float) -> list[tuple[str, bool | None]]:
    """What the table shows, and whether it is as it should be; None where it is too short to tell."""
    pace = sum(row.done for row in rows) / rows[-1].seconds
    rows = [row for row in rows if row.recorded >= WARM]
    if len(rows) < LEAST_ROWS:
        return [
            (
                f"fewer than {LEAST_ROWS} rows once {WARM:,} changes are recorded: too short for a verdict",
                None,
            )
        ]
    third = len(rows) // 3
    first, last = rows[:third], rows[-third:]

    def growth(of: Callable[[Row], float]) -> tuple[float, float]:
        return statistics.median(map(of, first)), statistics.median(map(of, last))

    peak = max(row.peak for row in rows)
    memory, descriptors = growth(lambda row: row.memory), growth(lambda row: row.descriptors)
    lag = growth(lambda row: statistics.median(row.lag) if row.lag else 0.0)
    return [
        (
            f"memory {memory[0]:.1f} MiB once warm, {memory[1]:.1f} at the end",
            memory[1] <= max(memory[0] * MEMORY_GROWTH, memory[0] + MEMORY_SLACK),
        ),
        (
            f"memory at most {peak:.1f} MiB in between, where caches may take {CACHE:.0f}",
            peak <= max(memory) + CACHE,
        ),
        (
            f"file descriptors {descriptors[0]:.0f}, {descriptors[1]:.0f}",
            descriptors[1] <= descriptors[0] + DESCRIPTORS_SLACK,
        ),
        (
            f"lag {lag[0] * 1000:.0f} ms, {lag[1] * 1000:.0f} ms",
            lag[1] <= max(lag[0] * LAG_GROWTH, lag[0] + LAG_SLACK),
        ),
        (f"{pace:.0f} changes/s of {rate:g} wanted", pace >= rate * PACE_KEPT),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a soak; 1 where something grew, or was not recorded."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=100.0, help="changes a second (default %(default)g)")
    parser.add_argument("--every", type=float, default=60.0, help="seconds of a row (default %(default)g)")
    args = parser.parse_args(arguments)
    if sys.platform != "linux":
        parser.error("needs /proc: run it on Linux")
    with tempfile.TemporaryDirectory(prefix="fcm-tui-soak-") as folder:
        try:
            rows = soak(Path(folder), args.minutes * 60, args.rate, args.every, _say)
        except (AssertionError, RuntimeError) as error:
            _say(f"FAILED: {error}")
            return 1
    found = verdict(rows, args.rate)
    for text, is_well in found:
        _say(f"{text}{_WORDS[is_well]}")
    return 1 if any(is_well is False for _, is_well in found) else 0


_WORDS = {True: ": as it should be", False: ": NOT as it should be", None: ""}


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
