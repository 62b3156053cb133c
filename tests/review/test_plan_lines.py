"""A plan in words for the screen."""

from __future__ import annotations

import os
import re
from os import fsencode
from pathlib import Path

from rich.cells import cell_len

from fcm_tui.restore import Action, Missing, Plan, Refusal, Step
from fcm_tui.restore.obstacles import Obstacle
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
    told = [line.replace(os.sep, "/") for line in lines(plan, [], 100)]
    assert told[0].startswith("in ") and told[0].endswith(tmp_path.name)
    assert told[1] == "cannot bring back lost: it was too large to keep"
    assert told[2] == "would remove new␛[31m"
    assert told[3].startswith("would move lib/") and "renamed_package_finder.py to lib/" in told[3]
    assert told[3].endswith("/package_finder.py")
    assert told[4] == "would bring back gone (12 bytes)"
    assert told[5].startswith("would change lib/") and told[5].endswith("/package_finder.py (7 bytes)")
    assert told[6] == "would change there (1 byte)"
    assert all(cell_len(line) <= 100 for line in told)
    assert all(cell_len(line) <= 60 for line in lines(plan, [], 60)[2:])


def test_what_will_not_be_done_stands_first_and_is_no_step(tmp_path: Path) -> None:
    base = fsencode(tmp_path)
    remove = [Step(Action.REMOVE, base, fsencode(tmp_path / name)) for name in ("a", "b", ".env")]
    plan = Plan.of(remove, [Missing(fsencode(tmp_path / "lost"), "it was excluded")])
    left = Refusal(remove[2], Obstacle.NOT_KEPT, "", "it is a secret, so it is not kept")
    assert lines(plan, [left], 100)[1:] == [
        "cannot bring back lost: it was excluded",
        "cannot remove .env: what stands there was not kept: it is a secret, so it is not kept",
        "would remove a",
        "would remove b",
    ]


def test_of_a_name_too_long_for_a_line_the_folder_is_told(tmp_path: Path) -> None:
    base = fsencode(tmp_path)
    near, far = f"src{os.sep}{'x' * 240}.txt", os.sep.join(["src", "deep" * 20, f"{'x' * 240}.txt"])
    steps = [Step(Action.REMOVE, base, os.path.join(base, fsencode(name))) for name in (near, far)]
    told = lines(Plan.of(steps), [], 80)[1:]
    assert any(re.fullmatch(rf"would remove src{re.escape(os.sep)}x+…x+\.txt", line) for line in told)
    assert any(
        re.fullmatch(rf"would remove src{re.escape(os.sep)}deepdeep\w*…x+\.txt", line) for line in told
    )
    assert [cell_len(line) for line in told] == [80, 80]
