"""The first look at many real files, their content stored: `record --once`, `git add -A`, `restic backup`."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from tests.benchmarks.pairs import OURS, Goal, Run, heading, in_turn, timed
from tests.benchmarks.peers import Git, Restic, is_installed
from tests.benchmarks.recording import files_recorded, ours
from tests.benchmarks.scale import Scale, bytes_below

GOALS = {"git add -A": Goal(faster=3), "restic backup": Goal(faster=2)}


def run(scale: Scale) -> list[str]:
    """Each run goes into a fresh place; making a repository is not timed."""
    contents = scale.warm()
    heading(f"baseline: {contents.files:,} real files, {contents.size:,} bytes, content stored")

    def fcm_tui() -> Run:
        return timed(ours(scale.fresh("data"), "record", "--once", str(scale.tree)))

    def git() -> Run:
        repository = Git(scale.fresh("git"), scale.tree)
        return timed(repository.command("add", "-A"), env=repository.env)

    def restic() -> Run:
        scale.drop("restic-cache")
        repository = Restic(scale.fresh("restic"), scale.tree)
        return timed(repository.backup, env=repository.env)

    sides: dict[str, Callable[[], Run]] = {OURS: fcm_tui, "git add -A": git}
    if is_installed("restic"):
        sides["restic backup"] = restic
    lines = in_turn(sides, scale.runs, GOALS)
    index = subprocess.run(
        ["git", f"--git-dir={scale.work / 'git'}", "ls-files", "-z"], capture_output=True, check=True
    )
    print(
        f"files: {OURS} {files_recorded(scale.work / 'data'):,}, git {index.stdout.count(0):,}; bytes stored: "
        + ", ".join(
            f"{name} {bytes_below(scale.work / name):,}"
            for name in ("data", "git", "restic")
            if (scale.work / name).exists()
        )
    )
    scale.drop("data", "git", "restic", "restic-cache")
    return lines
