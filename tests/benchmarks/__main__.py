"""All benchmarks against their peers: `python -m tests.benchmarks [NAME ...] [--quick]`.

Each prints the machine and its load, every run of each side in turn, the medians and their ratio.
Git is needed; of restic, aide and watchman those that are not installed are named and left out.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import (
    bench_alerts,
    bench_baseline,
    bench_burst,
    bench_diff_view,
    bench_idle,
    bench_latency,
    bench_log,
    bench_long_record,
    bench_reading,
    bench_reconcile,
    bench_shipping,
    bench_terminal,
    bench_versions,
    bench_who,
)
from tests.benchmarks.pairs import heading
from tests.benchmarks.realtree import build
from tests.benchmarks.scale import Scale

FILES, BYTES = 100_000, 1_500_000_000
QUICK_FILES, QUICK_BYTES = 300, 4_500_000


def diff(scale: Scale) -> list[str]:
    """Line diffs, by a program of its own: it looks at how an event loop fares meanwhile."""
    heading("line diffs against git and difflib")
    command = [sys.executable, str(Path(__file__).with_name("bench_diff.py")), "--runs", str(scale.runs)]
    status = subprocess.run([*command, "--lines", "1000"] if scale.quick else command).returncode
    if status not in (0, 1):
        raise RuntimeError(f"bench_diff.py ended with {status}")
    return [f"goals {'MISSED in a case marked above' if status else 'met in every case'}"]


BENCHMARKS: dict[str, Callable[[Scale], list[str]]] = {
    "baseline": bench_baseline.run,
    "reconcile": bench_reconcile.run,
    "versions": bench_versions.run,
    "burst": bench_burst.run,
    "diff": diff,
    "diff-view": bench_diff_view.run,
    "latency": bench_latency.run,
    "idle": bench_idle.run,
    "long-record": bench_long_record.run,
    "log": bench_log.run,
    "terminal": bench_terminal.run,
    "shipping": bench_shipping.run,
    "alerts": bench_alerts.run,
    "reading": bench_reading.run,
    "who": bench_who.run,
}


def main() -> int:
    """Run the benchmarks named, or all; 1 where one could not run or something was not recorded."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(BENCHMARKS)}; without one, all")
    parser.add_argument("--quick", action="store_true", help="a small scale, which says nothing about speed")
    parser.add_argument("--runs", type=int, default=5, help="of each side, in turn (default %(default)s)")
    parser.add_argument(
        "--work", type=Path, default=Path(tempfile.gettempdir()) / "fcm-tui-benchmarks",
        help="folder for everything that is made; the tree in it is kept (default %(default)s)",
    )  # fmt: skip
    parser.add_argument("--tree", type=Path, help="a folder to use instead of a tree of this machine's files")
    args = parser.parse_args()
    unknown = [name for name in args.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark {unknown[0]!r}: choose from {', '.join(BENCHMARKS)}")
    if args.runs < 1:
        parser.error("--runs must be at least 1")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program is compiled, and so is ours
    args.work.mkdir(parents=True, exist_ok=True)
    work: Path = args.work.resolve()
    scale = Scale(work, lambda: _tree(args.tree, work, args.quick), args.runs, args.quick)
    told: dict[str, list[str]] = {}
    failed = False
    for name in args.names or BENCHMARKS:
        try:
            told[name] = BENCHMARKS[name](scale)
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            failed = True
            told[name] = [f"FAILED: {error}"]
            print(told[name][0], file=sys.stderr)
    print("\n## in short" + (" (quick: goals are about the full scale)" if scale.quick else ""))
    for name, lines in told.items():
        for line in lines:
            print(f"{name}: {line}")
    return 1 if failed else 0


def _tree(given: Path | None, work: Path, quick: bool) -> Path:
    """The tree of real files: the one given, else one made below the work folder and kept there."""
    if given is not None:
        return given.resolve(strict=True)
    files, size = (QUICK_FILES, QUICK_BYTES) if quick else (FILES, BYTES)
    folder = work / f"tree-{files}"
    print(f"making or finding the tree {folder}", flush=True)
    made = build(folder, files, size)
    print(f"{made.files:,} files, {made.size:,} bytes, {made.copies:,} of them further copies")
    return folder


if __name__ == "__main__":
    sys.exit(main())
