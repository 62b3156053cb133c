"""A plan in words for the screen."""

from __future__ import annotations

import os
from os import fsencode
from pathlib import Path

from rich.cells import cell_len

from fcm_tui.restore import Action, Missing, Plan, Step
from fcm_tui.review.acts.plan_lines import lines


def test_the_root_stands_once_and_both_ends_of_a_move_are_seen(tmp_path: Path) -> None:
    base = fsencode(tmp_path)
    (tmp_path / "there").write_text("x")

    def at(name: str) -> bytes:
        return fsencode(tmp_path / name)

    deep = "lib/" + "pip/" * 12
    plan = Plan.of(
        [
            Step(Action.REMOVE, base, at("new\x1b[31m")),
            Step(
                Action.MOVE,
                base,
                at(f"{deep}package_finder.py"),
                source=at(f"{deep}renamed_package_finder.py"),
            ),
            Step(Action.WRITE, base, at(f"{deep}package_finder.py"), size=7),
            Step(Action.WRITE, base, at("there"), size=1),
            Step(Action.WRITE, base, at("gone"), size=12),
        ],
        [Missing(at("lost"), "it was too large to keep")],
    )
    told = [line.replace(os.sep, "/") for line in lines(plan, 100)]
    assert told[0].startswith("in ") and told[0].endswith(tmp_path.name)
    assert told[1] == "would remove new␛[31m"
    assert told[2].startswith("would move lib/") and "renamed_package_finder.py to lib/" in told[2]
    assert told[2].endswith("/package_finder.py")
    assert told[3] == "would bring back gone (12 bytes)"
    assert told[4].startswith("would change lib/") and told[4].endswith("/package_finder.py (7 bytes)")
    assert told[5] == "would change there (1 byte)"
    assert told[6] == "cannot bring back lost: it was too large to keep"
    assert all(cell_len(line) <= 100 for line in told)
    assert all(cell_len(line) <= 60 for line in lines(plan, 60)[1:6])
