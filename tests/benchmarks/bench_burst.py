"""10,000 files rewritten as fast as possible: our recorder meanwhile, `git add -A && git commit` afterwards.

Ours is from the first write until every file's last content is committed; every digest is compared.
Git's is the two commands alone, on another tree with the same content; then, like ours, from the first write.
"""

from __future__ import annotations

import random
import statistics
import time
from pathlib import Path

from tests.benchmarks.pairs import OURS, Goal, Run, compare, heading, in_turn, quietly, timed
from tests.benchmarks.peers import Git
from tests.benchmarks.recording import Watcher, ours, processor_seconds, recording
from tests.benchmarks.scale import Scale
from tests.benchmarks.texts import edit, first_versions

GIT = "git add and commit"
WITH_WRITING = "the writing, then git"
GOALS = {WITH_WRITING: Goal(faster=1)}
"""Like with like: from the first write until all is kept."""


def run(scale: Scale) -> list[str]:
    """Each round is another version of all files."""
    files = 200 if scale.quick else 10_000
    watched, other = scale.fresh("watched"), scale.fresh("other")
    dice, texts = random.Random(11), first_versions(files, 160)
    heading(f"{files:,} files rewritten as fast as possible, all recorded")
    payload = [b"".join(lines) for lines in texts]
    _write(watched, payload)
    _write(other, payload)
    print(f"{sum(map(len, payload)):,} bytes a round; a few lines of each file differ")
    git = Git(scale.fresh("git"), other)
    git.do("add", "-A")
    git.do("commit", "-q", "-m", "first")
    data = scale.fresh("data")
    writing: list[float] = []
    after: list[float] = []
    alone: list[float] = []
    results: dict[str, list[Run]] = {OURS: [], WITH_WRITING: []}
    changes: list[int] = []
    with recording(data, watched) as pid, Watcher(data, pause=0.005) as watcher:

        def fcm_tui() -> Run:
            for lines in texts:
                edit(lines, dice)
            payload[:] = [b"".join(lines) for lines in texts]
            wanted = {watched / f"{number}.py": text for number, text in enumerate(payload)}
            sequence, cpu = watcher.sequence(), processor_seconds(pid)
            started = time.perf_counter()
            _write(watched, payload)
            written = time.perf_counter()
            ended = watcher.until(wanted, sequence)
            used = processor_seconds(pid)
            writing.append(written - started)
            after.append(ended - written)
            changes.append(watcher.sequence() - sequence)
            mine = Run(ended - started, used - cpu if used is not None and cpu is not None else None)
            results[OURS].append(mine)
            return mine

        def with_git() -> Run:
            started = time.perf_counter()
            _write(other, payload)
            alone.append(time.perf_counter() - started)
            add = timed(git.command("add", "-A"), env=git.env)
            commit = timed(git.command("commit", "-q", "-m", "round"), env=git.env)
            cpu = add.cpu + commit.cpu if add.cpu is not None and commit.cpu is not None else None
            results[WITH_WRITING].append(Run(alone[-1] + add.wall + commit.wall, None))
            return Run(add.wall + commit.wall, cpu)

        told = in_turn({OURS: fcm_tui, GIT: with_git}, scale.runs, {})
    told += compare(results, GOALS)
    quietly(ours(data, "verify"))
    whole = statistics.median(w + a for w, a in zip(writing, after, strict=True))
    print(
        f"{files / whole:,.0f} files a second; of {OURS}'s time the writing took {_seconds(writing)}, and the rest "
        f"{_seconds(after)}; with nobody recording the writing took {_seconds(alone)}; changes recorded: {', '.join(f'{count:,}' for count in changes)}; "
        "every digest as on the disk; verified",
        flush=True,
    )
    scale.drop("watched", "other", "git", "data")
    return told


def _write(folder: Path, payload: list[bytes]) -> None:
    for number, text in enumerate(payload):
        with open(folder / f"{number}.py", "wb", buffering=0) as file:
            file.write(text)


def _seconds(found: list[float]) -> str:
    return " ".join(f"{seconds:.2f}" for seconds in found) + " s"
