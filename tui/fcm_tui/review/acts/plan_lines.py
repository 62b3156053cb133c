"""A plan in words for the screen: paths below the root, which stands once above them, cut in their middle to fit."""

from __future__ import annotations

import os

from fcm_tui.restore import Action, Plan, Step
from fcm_tui.review import wording
from fcm_tui.safetext import visible, visible_path

_SHOWN = 2_000
"""Steps that are listed; of more the number is told."""
_NARROWEST = 12
"""Cells that a path gets however little room there is."""


def lines(plan: Plan, width: int) -> list[str]:
    """What would be done to the disk as it is, a line a step, in so many cells each; safe to show."""
    bases = {step.base for step in plan.steps}
    base = bases.pop() if len(bases) == 1 else b""
    arriving = {step.path for step in plan.steps if step.action is Action.MOVE}
    found = [f"in {_fit(base, b'', width - 3)}"] if base else []
    found += [_line(step, base, step.path in arriving, width) for step in plan.steps[:_SHOWN]]
    if len(plan.steps) > _SHOWN:
        found.append(f"and {wording.number(len(plan.steps) - _SHOWN)} more steps")
    for missing in plan.missing[:_SHOWN]:
        why = visible(missing.why)
        found.append(f"cannot bring back {_fit(missing.path, base, width - 20 - len(why))}: {why}")
    return found


def _line(step: Step, base: bytes, arrives: bool, width: int) -> str:
    paths, more = [step.path], ""
    match step.action:
        case Action.MOVE if step.source is not None:
            verb, paths = "move", [step.source, step.path]
        case Action.WRITE:
            verb = "change" if arrives or os.path.lexists(step.path) else "bring back"
            attributes = " and attributes" if step.attributes else ""
            size = wording.plural(step.size, "byte")
            more = " (a symbolic link)" if step.is_link else f" ({size}{attributes})"
        case Action.ATTRIBUTES if step.attributes is not None:
            verb = "set mode, time and attributes of"
        case _:
            verb = str(step.action)
    was = ", which was {} then" if step.was is not None else ""
    taken = len(f"would {verb} {more}{was}") + len(" to ") * (len(paths) - 1)
    room = (width - taken) // (len(paths) + (step.was is not None))
    shown = " to ".join(_fit(path, base, room) for path in paths)
    before = ", which was " + _fit(step.was, base, room) + " then" if step.was is not None else ""
    return f"would {verb} {shown}{more}{before}"


def _fit(path: bytes, base: bytes, room: int) -> str:
    """A path, below `base` where it is, in at most so many cells."""
    below = path.removeprefix(os.path.join(base, b"")) if base else path
    return wording.fit_path(visible_path(below), max(room, _NARROWEST)).rstrip()
