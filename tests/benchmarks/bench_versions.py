"""100 versions of each of 1,000 text files: bytes stored and seconds, of our engine, git and restic.

Every version is written, then taken in by each in turn. Our engine runs in this process, the others
as whole processes. Git needs a commit to keep a version through `git gc`; its commits are not counted.
"""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from fcm_tui.pipeline.engine import Look
from fcm_tui.pipeline.session import Session
from fcm_tui.settings.config import Settings
from tests.benchmarks.pairs import OURS, Goal, Run, compare, figure, heading, load, settle, timed
from tests.benchmarks.peers import Git, Restic, is_installed
from tests.benchmarks.scale import Scale, bytes_below
from tests.benchmarks.texts import edit, first_versions

GIT = "git add"
GOALS = {"git add and gc": Goal(faster=3)}
MOST_BYTES = 1.2
_OLD_ENOUGH = 0.03
"""Seconds after which what was written no longer counts as being written."""


def run(scale: Scale) -> list[str]:
    """The rounds are printed in blocks, of which the medians are taken; the sums have git's gc in them."""
    files, rounds = (30, 5) if scale.quick else (1000, 100)
    size = rounds // max(5, min(scale.runs, rounds))
    heading(f"{rounds} versions of each of {files:,} files; a run is {size} rounds in turn")
    tree = scale.fresh("edited")
    git = Git(scale.fresh("git"), tree)
    restic = Restic(scale.fresh("restic"), tree) if is_installed("restic") else None
    dice, texts = random.Random(7), first_versions(files)
    raw, changes = 0, 0
    with _session(scale.fresh("data") / "record.db", tree) as session:
        engine = session.engine

        def fcm_tui() -> Run:
            wall, cpu = time.perf_counter(), time.process_time()
            if not engine.roots[0].baseline:
                session.catch_up(patient=False)
            else:
                engine.run(Look(whole=engine.roots), patient=False)
            return Run(time.perf_counter() - wall, time.process_time() - cpu)

        sides: dict[str, Callable[[], Run]] = {
            OURS: fcm_tui,
            GIT: lambda: timed(git.command("add", "-A"), env=git.env),
        }
        if restic is not None:
            backup, env = restic.backup, restic.env
            sides["restic backup"] = lambda: timed(backup, env=env)
        results: dict[str, list[Run]] = {name: [] for name in sides}
        for number in range(rounds):
            for at, lines in enumerate(texts):
                text = b"".join(lines)
                raw += len(text)
                (tree / f"{at}.py").write_bytes(text)
                edit(lines, dice)
            time.sleep(_OLD_ENOUGH)
            settle()
            for name, side in sides.items():
                results[name].append(side())
            git.do("commit", "-q", "-m", "version")
            if (number + 1) % size == 0:
                row = " | ".join(f"{name} {figure(_sum(found[-size:]))}" for name, found in results.items())
                print(f"rounds {number + 2 - size} to {number + 1}: {row} | load {load()}", flush=True)
        changes = session.record.sequence
    gc = timed(git.command("gc", "-q"), env=git.env)
    if changes != files * (rounds - 1):
        raise RuntimeError(f"{changes} changes are recorded instead of {files * (rounds - 1)}")
    blocks = {
        name: [_sum(found[at : at + size]) for at in range(0, rounds, size)]
        for name, found in results.items()
    }
    compare(blocks, {})
    print(f"git gc: {figure(gc)}; the sums of all rounds:")
    sums = {name: [_sum(found)] for name, found in results.items()}
    sums["git add and gc"] = [_sum([*sums.pop(GIT), gc])]
    told = compare(sums, GOALS)
    contents, whole = stored(scale.work / "data" / "record.db")
    packed = bytes_below(git.objects)
    times = contents / packed
    others = f", restic {bytes_below(restic.data):,}" if restic is not None else ""
    told.append(
        f"{times:.2f} times the bytes of git after gc; goal: at most {MOST_BYTES}: "
        f"{'met' if times <= MOST_BYTES else 'MISSED'}"
    )
    print(
        f"bytes: raw {raw:,}; {OURS} contents {contents:,} (whole record, with log and lines, {whole:,}), "
        f"git {packed:,}{others}\n{told[-1]}",
        flush=True,
    )
    scale.drop("edited", "data", "git", "restic", "restic-cache")
    return told


@contextmanager
def _session(database: Path, tree: Path) -> Iterator[Session]:
    with ThreadPoolExecutor(2, "fcm-work") as pool:
        session = Session(database, Settings(), [os.fsencode(tree.resolve())], pool)
        try:
            yield session
        finally:
            session.close()


def _sum(found: list[Run]) -> Run:
    cpus = [run.cpu for run in found]
    known = [cpu for cpu in cpus if cpu is not None]
    return Run(sum(run.wall for run in found), sum(known) if len(known) == len(cpus) else None)


def stored(database: Path) -> tuple[int, int]:
    """Bytes of the table `contents` with its index, and of the whole database file."""
    connection = sqlite3.connect(database, isolation_level=None)
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        try:
            found = connection.execute(
                "SELECT sum(pgsize) FROM dbstat WHERE name IN"
                " (SELECT name FROM sqlite_schema WHERE tbl_name = 'contents')"
            ).fetchone()[0]
        except sqlite3.OperationalError:  # this SQLite is built without dbstat
            found = _in_a_copy(connection, database.with_name("contents.db"))
    finally:
        connection.close()
    return int(found), database.stat().st_size


def _in_a_copy(connection: sqlite3.Connection, copy: Path) -> int:
    """The size of a database that has the table `contents` and nothing else."""
    copy.unlink(missing_ok=True)
    sql = connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'contents'").fetchone()[0]
    connection.execute("ATTACH ? AS copy", (str(copy),))
    connection.execute(sql.replace("contents", "copy.contents", 1))
    connection.execute("INSERT INTO copy.contents SELECT * FROM main.contents ORDER BY rowid")
    connection.execute("DETACH copy")
    return copy.stat().st_size
