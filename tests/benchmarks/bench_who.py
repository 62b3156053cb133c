"""Who deleted 50,000 files, what an event from elsewhere costs, and how soon many folders are watched."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.benchmarks.pairs import heading, load
from tests.benchmarks.recording import PATIENCE, recording, resident
from tests.benchmarks.scale import Scale
from tests.privilege import why_not

DELETED = 50_000
FOREIGN = 50_000
FILES, FOLDERS = 100_000, 10_000
"""A tenth of what fanotify was asked to carry: 1,000,000 files in 100,000 folders. `FCM_WHO_SCALE=10` does all of it."""
_UNLINK = "import os, sys\nfor name in os.listdir(sys.argv[1]): os.unlink(os.path.join(sys.argv[1], name))"
_FLOOD = (
    "import os, sys\nfor n in range(int(sys.argv[2])): os.close(os.open(f'{sys.argv[1]}/{n % 100}/{n}', 65))"
)


def run(scale: Scale) -> list[str]:
    """Counts of deletions by how they are attributed; microseconds; seconds and memory of each source."""
    reason = why_not()
    if reason:
        heading("who: left out")
        return [f"{reason}, left out"]
    lines = []
    number = 200 if scale.quick else DELETED
    heading(f"who: {number:,} deletions, load {load()}")
    lines.append(_deletions(scale, "rm -rf of a tree", number, 100, lambda tree: ["rm", "-rf", str(tree)]))
    lines.append(
        _deletions(scale, "os.unlink in a loop", number, 1, lambda tree: [sys.executable, "-c", _UNLINK, str(tree / "0")])
    )  # fmt: skip
    lines.append(_foreign(scale, 500 if scale.quick else FOREIGN))
    times = float(os.environ.get("FCM_WHO_SCALE", "1"))
    files, folders = (500, 50) if scale.quick else (int(FILES * times), int(FOLDERS * times))
    lines += _watching(scale, files, folders)
    scale.drop("who", "data")
    return lines


def _tree(scale: Scale, files: int, folders: int) -> Path:
    tree = scale.fresh("who")
    for folder in range(folders):
        (tree / f"{folder}").mkdir()
    for number in range(files):
        (tree / f"{number % folders}/{number}").touch()
    return tree


def _deletions(
    scale: Scale, what: str, number: int, folders: int, command: Callable[[Path], list[str]]
) -> str:
    tree, data = _tree(scale, number, folders), scale.fresh("data")
    with recording(data, tree.parent / "who"):
        began = time.monotonic()
        process = subprocess.Popen(command(tree))
        process.wait()
        took = time.monotonic() - began
        with closing(sqlite3.connect(f"{(data / 'record.db').as_uri()}?mode=ro", uri=True)) as database:
            deadline = time.monotonic() + PATIENCE
            while _one(database, "SELECT count(*) FROM changes WHERE kind = 'deleted'") < number:
                if time.monotonic() > deadline:
                    raise RuntimeError("some deletions were not recorded")
                time.sleep(0.2)
            how: Counter[str] = Counter()
            wrong = 0
            for told, pid, count in database.execute(
                "SELECT json_extract(process_info, '$.how'), json_extract(process_info, '$.pid'), count(*)"
                " FROM changes WHERE kind = 'deleted' GROUP BY 1, 2"
            ):
                how[told or "unknown"] += count
                wrong += count if told in ("event", "several") and pid != process.pid else 0
    counts = ", ".join(f"{count:,} {told}" for told, count in sorted(how.items()))
    line = f"{what}: {number:,} deletions in {took:.1f} s, recorded: {counts}; attributed to another process: {wrong:,}"
    print(line, flush=True)
    return line


def _one(database: sqlite3.Connection, sql: str) -> int:
    return int(database.execute(sql).fetchone()[0])


def _foreign(scale: Scale, number: int) -> str:
    """Files made elsewhere on the same file system: processor time of the reader for each of their events."""
    watched, elsewhere = scale.fresh("who"), scale.fresh("elsewhere")
    for folder in range(100):
        (elsewhere / f"{folder}").mkdir()
    command = [
        sys.executable,
        "-c",
        _READ,
        str(watched),
        sys.executable,
        "-c",
        _FLOOD,
        str(elsewhere),
        str(number),
    ]
    events, seconds, told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    scale.drop("elsewhere")
    line = (
        f"{int(events):,} events from elsewhere: {float(seconds) / int(events) * 1e6:.2f} µs of the reader for each,"
        f" {told} told of them"
    )
    print(line, flush=True)
    return line


_READ = """
import os, subprocess, sys, time
from fcm_tui.watch import fanotify_calls as calls
from fcm_tui.watch.fanotify_reader import Reader
from fcm_tui.watch.known_processes import KnownProcesses
root = os.fsencode(sys.argv[1])
queue = calls.open_queue()
calls.mark(queue, root)
reader = Reader([(root, root)], [root], KnownProcesses())
subprocess.run(sys.argv[2:], check=True)
began, events = time.process_time(), 0
while True:
    try:
        events += reader.digest(os.read(queue, 1 << 16))
    except BlockingIOError:
        break
print(events, time.process_time() - began, reader.count)
"""


def _watching(scale: Scale, files: int, folders: int) -> list[str]:
    heading(f"watching {files:,} files in {folders:,} folders, load {load()}")
    tree = _tree(scale, files, folders)
    lines = []
    for source in ("fanotify", "inotify", "watchfiles"):
        command = [sys.executable, "-c", _WATCH, source, str(tree)]
        with _running(command) as process:
            assert process.stdout is not None
            told = process.stdout.readline().split()
            kib, _ = resident(process.pid)
            more = sum(resident(child)[0] for child in _children(process.pid))
            lines.append(
                f"{source}: watching after {float(told[0]):.3f} s, {kib + more:.0f} MiB resident, {told[1]} descriptors,"
                f" {_watches(process.pid):,} watches"
            )
            print(lines[-1], flush=True)
    return lines


_WATCH = """
import asyncio, os, sys, time
from fcm_tui.watch.ignore import IgnoreRules
from fcm_tui.watch.scan import Findings, Scanner
from fcm_tui.watch.sources import make_source
from fcm_tui.watch.tree import Tree
async def main():
    root = os.fsencode(sys.argv[2])
    began = time.monotonic()
    source = make_source(sys.argv[1], [root])
    source.start()
    await source.armed()
    if source.name == "inotify":  # its folders are armed as they are listed
        Scanner(Tree(root), IgnoreRules(root, ()), arm=source.arm).scan_all(Findings())
    print(time.monotonic() - began, len(os.listdir("/proc/self/fd")), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    source.close()
asyncio.run(main())
"""


@contextmanager
def _running(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.communicate("")


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()] + [
        int(child)
        for task in os.listdir(f"/proc/{pid}/task")
        if task != str(pid)
        for child in Path(f"/proc/{pid}/task/{task}/children").read_text().split()
    ]


def _watches(pid: int) -> int:
    """Of all inotify descriptors of a process."""
    found = 0
    for name in os.listdir(f"/proc/{pid}/fdinfo"):
        try:
            found += Path(f"/proc/{pid}/fdinfo/{name}").read_text().count("inotify wd:")
        except OSError:
            continue
    return found
