"""Changes that arrive in a long record, until ended: `python -m tests.benchmarks.arriving DATABASE RATE`."""

from __future__ import annotations

import sys
import time
from itertools import count
from pathlib import Path

from fcm_tui.store.record import Record
from tests.benchmarks.long_record import known_files

COMMITS = 20
"""In a second."""


def write(database: Path, rate: int) -> None:
    """So many changes a second, each committed as a recorder commits it."""
    with Record(database) as record:
        files = known_files(record, record.active_roots()[0])
        due = time.monotonic()
        for number in count(1):
            made = [
                files[(number * rate // COMMITS + at) % len(files)].next(
                    10**9 + number, time.time_ns(), is_last=False
                )
                for at in range(rate // COMMITS)
            ]
            record.commit(
                [draft for draft, _ in made], [b"arrived"] * len(made), [row for _, row in made], {}
            )
            due += 1 / COMMITS
            time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
