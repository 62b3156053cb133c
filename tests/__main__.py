"""All checks in one command: `python -m tests`; with `--slow` the slow tests too."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = Path(sys.executable).parent
WORKERS = (os.cpu_count() or 1) + 1
"""That run tests at a time: half of the time they wait for a recorder, a screen or a clock."""


Checks = dict[str, list[str]]
"""Command of each check, by name."""


def checks(slow: bool) -> list[Checks]:
    """All of them in order, the quick ones first; those of one group at the same time."""
    python = [sys.executable, "-m"]
    mypy = [*python, "mypy", "--no-error-summary"]
    return [
        {"lint": [*python, "ruff", "check", "."]},
        {"format": [*python, "ruff", "format", "--check", "."]},
        {
            f"types ({name})": [*mypy, "--platform", platform, "--cache-dir", f".mypy_cache/{platform}"]
            for name, platform in (("linux", "linux"), ("windows", "win32"))
        },
        {"import contracts": [str(SCRIPTS / "lint-imports"), "--no-logo"]},
        {"tests": [*python, "pytest", "-q", "-n", str(WORKERS), *(["-m", ""] if slow else [])]},
    ]


def main() -> int:
    """Run every check, also after one has failed; 0 where all passed."""
    parser = argparse.ArgumentParser(prog="python -m tests", description=__doc__)
    parser.add_argument("--slow", action="store_true", help="run the tests that take long too")
    slow = parser.parse_args().slow
    results: list[tuple[str, bool, float]] = []
    for group in checks(slow):
        print(f"== {', '.join(group)}", flush=True)
        started = time.monotonic()
        begun = {name: subprocess.Popen(command, cwd=ROOT) for name, command in group.items()}
        for name, process in begun.items():
            results.append((name, process.wait() == 0, time.monotonic() - started))
    print("==")
    for name, passed, seconds in results:
        print(f"{'passed' if passed else 'FAILED'}  {name} ({seconds:.0f} s)")
    return 0 if all(passed for _, passed, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main())
