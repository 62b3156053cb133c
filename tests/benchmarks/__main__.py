"""All benchmarks: `python -m tests.benchmarks [NAME ...] [--quick] [--runs N] [--work FOLDER] [--tree FOLDER]`.

Each prints both figures, all runs, and the ratio of medians. Peers that are not installed are named and left out.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fcm_tui.config import Settings
from fcm_tui.pipeline.engine import Look
from fcm_tui.pipeline.session import Session
from tests.benchmarks.pairs import Run, in_turn, timed
from tests.benchmarks.realtree import build, warm
from tests.benchmarks.versions import edit, first_versions

IDENTITY = ["-c", "user.name=b", "-c", "user.email=b@b", "commit", "-qm", "b"]
OURS = [sys.executable, "-m", "fcm_tui"]


@dataclass(frozen=True, slots=True)
class Scale:
    """How large, how often, and where."""

    work: Path
    tree: Path
    runs: int
    quick: bool

    def fresh(self, name: str) -> Path:
        """An empty folder."""
        path = self.work / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(mode=0o700, parents=True)
        return path


def peers(*names: str) -> set[str]:
    """Those of the programs that are installed; the others are named."""
    there = {name for name in names if shutil.which(name)}
    for name in sorted(set(names) - there):
        print(f"{name}: not installed, left out")
    return there


def git(repository: Path, tree: Path, *command: str) -> list[str]:
    return ["git", f"--git-dir={repository}/.git", f"--work-tree={tree}", *command]


def restic(repository: Path, *command: str) -> tuple[list[str], dict[str, str]]:
    """Command and environment: a password is asked for, and the cache stays out of the home folder."""
    return ["restic", "-q", "-r", str(repository), *command], {
        **os.environ,
        "RESTIC_PASSWORD": "benchmark",
        "HOME": str(repository),
    }


def baseline(scale: Scale) -> None:
    """Baseline of the tree, content stored."""
    files, size = warm(scale.tree)
    print(f"{files:,} files, {size:,} bytes")

    def ours() -> Run:
        data = scale.fresh("data")
        warm(scale.tree)
        return timed([*OURS, "--data-dir", str(data), "record", "--once", str(scale.tree)])

    def with_git() -> Run:
        repository = scale.fresh("git")
        subprocess.run(["git", "init", "-q", str(repository)], check=True)
        warm(scale.tree)
        return timed(git(repository, scale.tree, "add", "-A"))

    def with_restic() -> Run:
        repository = scale.fresh("restic")
        command, env = restic(repository, "init")
        subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)
        warm(scale.tree)
        return timed(restic(repository, "backup", str(scale.tree))[0], env=env)

    sides: dict[str, Callable[[], Run]] = {"fcm-tui": ours, "git add -A": with_git}
    if peers("restic"):
        sides["restic backup"] = with_restic
    in_turn("baseline, content stored", sides, scale.runs)


def reconcile(scale: Scale) -> None:
    """Nothing has changed."""
    data, repository = scale.work / "data", scale.work / "git"
    if not (data / "record.db").exists():
        scale.fresh("data")
    subprocess.run(
        [*OURS, "--data-dir", str(data), "record", "--once", str(scale.tree)], check=True, capture_output=True
    )
    if not (repository / ".git").exists():
        subprocess.run(["git", "init", "-q", str(scale.fresh("git"))], check=True)
    subprocess.run(git(repository, scale.tree, "add", "-A"), check=True)
    subprocess.run(git(repository, scale.tree, "status"), check=True, stdout=subprocess.DEVNULL)
    sides: dict[str, Callable[[], Run]] = {
        "fcm-tui": lambda: timed([*OURS, "--data-dir", str(data), "record", "--once", str(scale.tree)]),
        "git status": lambda: timed(git(repository, scale.tree, "status")),
    }
    there = peers("restic", "aide")
    if "restic" in there:
        store = scale.work / "restic"
        command, env = restic(store, "backup", str(scale.tree))
        if not (store / "config").exists():
            subprocess.run(
                restic(scale.fresh("restic"), "init")[0], env=env, check=True, stdout=subprocess.DEVNULL
            )
            subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)
        sides["restic again"] = lambda: timed(command, env=env)
    if "aide" in there:
        config = scale.work / "aide.conf"
        config.write_text(
            f"database_in=file:{scale.work}/aide.db\ndatabase_out=file:{scale.work}/aide.new\n"
            f"{scale.tree} p+u+g+s+m+c+i+sha256\n"
        )
        subprocess.run(["aide", "--config", str(config), "--init"], check=True, stdout=subprocess.DEVNULL)
        shutil.move(scale.work / "aide.new", scale.work / "aide.db")
        sides["aide --check"] = lambda: timed(["aide", "--config", str(config), "--check"])
    in_turn("reconcile, nothing changed", sides, scale.runs)


def versions(scale: Scale) -> None:
    """100 versions of each of 1,000 files: bytes stored, and time."""
    files, rounds = (50, 10) if scale.quick else (1000, 100)
    tree, data = scale.fresh("edited"), scale.fresh("edited-data")
    repository = scale.fresh("edited-git")
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    dice = random.Random(7)
    texts = first_versions(files)
    ours = theirs = 0.0
    raw = 0
    with ThreadPoolExecutor(2) as pool:
        session = Session(data / "record.db", Settings(), [os.fsencode(tree)], pool)
        session.catch_up(patient=False)
        for _ in range(rounds):
            for number, lines in enumerate(texts):
                text = "".join(lines)
                raw += len(text)
                (tree / f"{number}.py").write_text(text)
            started = time.perf_counter()
            session.engine.run(Look(whole=session.engine.roots), patient=False)
            ours += time.perf_counter() - started
            theirs += timed(git(repository, tree, "add", "-A")).wall
            timed(git(repository, tree, *IDENTITY))  # not counted: only what is committed does gc pack
            edit(texts, dice)
        session.close()
    theirs += timed(git(repository, tree, "gc", "-q")).wall
    packed = sum(
        path.stat().st_size for path in (repository / ".git" / "objects").rglob("*") if path.is_file()
    )
    contents, whole = stored(data / "record.db")
    print(
        f"\n## {rounds} versions of each of {files} files, {raw:,} bytes raw (one run of all rounds, in turn)"
    )
    print(
        f"bytes: fcm-tui contents {contents:,} (whole record, with log and lines, {whole:,}); git after gc {packed:,}: "
        f"ratio {contents / packed:.2f}"
    )
    print(
        f"seconds: fcm-tui {ours:.1f}; git add of each and gc {theirs:.1f}: ratio {theirs / ours:.2f}",
        flush=True,
    )


def stored(database: Path) -> tuple[int, int]:
    """Bytes of the table `contents` with its index (its pages, by a copy without it), and of the database."""
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    whole = database.stat().st_size
    copy = database.with_name("contents.db")
    copy.unlink(missing_ok=True)
    with sqlite3.connect(copy, isolation_level=None) as connection:
        connection.execute("PRAGMA page_size=16384")
        connection.execute("ATTACH ? AS record", (str(database),))
        sql = connection.execute("SELECT sql FROM record.sqlite_schema WHERE name = 'contents'").fetchone()[0]
        connection.execute(sql)
        connection.execute("INSERT INTO main.contents SELECT * FROM record.contents ORDER BY rowid")
    connection.close()
    return copy.stat().st_size, whole


@contextmanager
def recording(data: Path, tree: Path) -> Any:
    """`fcm-tui record` on a tree, ready."""
    process = subprocess.Popen(
        [*OURS, "--data-dir", str(data), "record", str(tree)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()


def committed(connection: sqlite3.Connection) -> int:
    """The newest sequence that is in the record."""
    return int(connection.execute("SELECT coalesce(max(sequence), 0) FROM changes").fetchone()[0])


def burst(scale: Scale) -> None:
    """Files rewritten as fast as possible while recording."""
    files = 300 if scale.quick else 10_000
    tree = scale.fresh("burst")
    texts = ["".join(lines)[:6000] for lines in first_versions(200)]
    for number in range(files):
        (tree / f"f{number}").write_text(texts[number % 200] + f"{number}\n")
    rounds = iter(range(10**6))
    repository = scale.fresh("burst-git")
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    with recording(scale.fresh("burst-data"), tree):
        connection = sqlite3.connect(f"file:{scale.work}/burst-data/record.db?mode=ro", uri=True)

        def ours() -> Run:
            number, before = next(rounds), committed(connection)
            started = time.perf_counter()
            for file in range(files):
                (tree / f"f{file}").write_text(f"round {number}\n{texts[file % 200]}{file}\n")
            written = time.perf_counter()
            while committed(connection) < before + files:
                time.sleep(0.01)
            ended = time.perf_counter()
            print(
                f"written in {written - started:.2f} s, committed {ended - started:.2f} s after the first write: "
                f"{files / (ended - started):,.0f} changes/s",
                flush=True,
            )
            return Run(ended - written, 0.0001)

        def theirs() -> Run:
            add = timed(git(repository, tree, "add", "-A"))
            commit = timed(git(repository, tree, *IDENTITY))
            return Run(add.wall + commit.wall, add.cpu + commit.cpu)

        in_turn(
            f"{files} files rewritten: seconds after the last write until all is committed",
            {"fcm-tui": ours, "git": theirs},
            scale.runs,
        )
        connection.close()


def latency(scale: Scale) -> None:
    """From `write()` to the committed row, when quiet."""
    tree = scale.fresh("latency")
    samples = 10 if scale.quick else 100
    found = []
    with recording(scale.fresh("latency-data"), tree):
        connection = sqlite3.connect(f"file:{scale.work}/latency-data/record.db?mode=ro", uri=True)
        for number in range(samples):
            time.sleep(0.15)
            before = committed(connection)
            started = time.perf_counter()
            (tree / "file").write_text(f"{number}\n")
            while committed(connection) == before:
                time.sleep(0.001)
            found.append((time.perf_counter() - started) * 1000)
        connection.close()
    found.sort()
    print(
        f"\n## write() to committed row, quiet, {samples} samples: p50 {statistics.median(found):.0f} ms,"
        f" p90 {found[int(samples * 0.9)]:.0f} ms, most {found[-1]:.0f} ms",
        flush=True,
    )


def idle(scale: Scale) -> None:
    """Processor share and memory with the tree watched and nothing happening."""
    seconds = 3 if scale.quick else 60
    data = scale.work / "data"
    data.mkdir(mode=0o700, exist_ok=True)

    def watch(pid: int) -> tuple[float, float]:
        before = ticks(pid)
        time.sleep(seconds)
        share = (ticks(pid) - before) / os.sysconf("SC_CLK_TCK") / seconds
        status = Path(f"/proc/{pid}/status").read_text("ascii")
        return share * 100, int(status.split("VmRSS:")[1].split()[0]) / 1024

    def ticks(pid: int) -> int:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    with recording(data, scale.tree) as process:
        time.sleep(2)
        share, memory = watch(process.pid)
    print(
        f"\n## idle for {seconds} s, tree watched: fcm-tui {share:.2f} % of a core, {memory:.0f} MB",
        flush=True,
    )
    if peers("watchman"):
        state = scale.fresh("watchman")
        base = [
            "watchman",
            f"--sockname={state}/sock",
            f"--logfile={state}/log",
            f"--statefile={state}/state",
            f"--pidfile={state}/pid",
        ]
        subprocess.run([*base, "watch", str(scale.tree)], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([*base, "find", str(scale.tree), "*.nothing"], check=True, stdout=subprocess.DEVNULL)
        theirs, their_memory = watch(int((state / "pid").read_text("ascii")))
        subprocess.run([*base, "shutdown-server"], check=False, stdout=subprocess.DEVNULL)
        print(
            f"watchman {theirs:.2f} % of a core, {their_memory:.0f} MB: memory ratio {memory / their_memory:.2f}",
            flush=True,
        )


def diff(scale: Scale) -> None:
    """Line diffs against git and difflib."""
    if not scale.quick:
        subprocess.run([sys.executable, str(Path(__file__).with_name("bench_diff.py"))], check=True)


ALL: dict[str, Callable[[Scale], None]] = {
    "baseline": baseline, "reconcile": reconcile, "versions": versions, "burst": burst, "latency": latency,
    "idle": idle, "diff": diff,
}  # fmt: skip


def main() -> None:
    """Run the benchmarks named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ALL))
    parser.add_argument("--quick", action="store_true", help="a small scale, to see that it runs")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "fcm-tui-benchmarks")
    parser.add_argument("--tree", type=Path, help="a tree to use instead of one made of this machine's files")
    args = parser.parse_args()
    args.work.mkdir(exist_ok=True)
    tree = args.tree or args.work / ("small" if args.quick else "tree")
    build(tree, 500 if args.quick else 100_000, 5_000_000 if args.quick else 1_500_000_000)
    scale = Scale(args.work, tree.resolve(), args.runs, args.quick)
    for name in args.names or ALL:
        ALL[name](scale)


if __name__ == "__main__":
    main()
