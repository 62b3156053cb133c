"""Nothing has changed in many real files: `record --once`, `git status`, `restic backup` again, `aide --check`."""

from __future__ import annotations

from collections.abc import Callable

from tests.benchmarks.pairs import OURS, Goal, Run, heading, in_turn, quietly, timed
from tests.benchmarks.peers import Aide, Git, Restic, is_installed
from tests.benchmarks.recording import ours
from tests.benchmarks.scale import Scale

GOALS = {"git status": Goal(slower=1.5), "restic backup": Goal(faster=5), "aide --check": Goal(faster=30)}


def run(scale: Scale) -> list[str]:
    """Each has taken in the tree before, and looked at it once more."""
    contents = scale.warm()
    heading(f"reconcile: nothing changed in {contents.files:,} real files, {contents.size:,} bytes")
    once = ours(scale.fresh("data"), "record", "--once", str(scale.tree))
    git = Git(scale.fresh("git"), scale.tree)
    git.do("add", "-A")
    sides: dict[str, Callable[[], Run]] = {
        OURS: lambda: timed(once),
        "git status": lambda: timed(git.command("status"), env=git.env),
    }
    quietly(once)
    if is_installed("restic"):
        scale.drop("restic-cache")
        restic = Restic(scale.fresh("restic"), scale.tree)
        quietly(restic.backup, env=restic.env)
        sides["restic backup"] = lambda: timed(restic.backup, env=restic.env)
    if is_installed("aide"):
        aide = Aide(scale.fresh("aide"), scale.tree)
        sides["aide --check"] = lambda: timed(aide.check)
    for side in list(sides.values())[:2]:
        side()
    lines = in_turn(sides, scale.runs, GOALS)
    scale.drop("data", "git", "restic", "restic-cache", "aide")
    return lines
