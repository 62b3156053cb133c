"""A plan in words for the screen: paths below the root, which stands once above them, cut in their middle to fit."""

from __future__ import annotations

import os
from collections.abc import Sequence

from fcm_tui.restore import Action, Plan, Refusal, Step
from fcm_tui.review import wording
from fcm_tui.safetext import visible, visible_path

_SHOWN = 2_000
"""Steps that are listed; of more the number is told."""
_NARROWEST = 12
"""Cells that a path gets however little room there is."""


def lines(plan: Plan, left: Sequence[Refusal], width: int) -> list[str]:
    """What would be done to the disk as it is, a line a step, in so many cells each; safe to show.

    What will not be done stands first: what is missing, and the steps that are `left`.
    """
    bases = {step.base for step in plan.steps}
    base = bases.pop() if len(bases) == 1 else b""
    arriving = {step.path for step in plan.steps if step.action is Action.MOVE}
    found = [f"in {_fit(base, b'', width - 3)}"] if base else []
    refused = [("bring back", missing.path, missing.why) for missing in plan.missing]
    refused += [(_verb(it.step), it.step.path, f"what stands there was not kept: {it.why}") for it in left]
    for verb, path, said in refused[:_SHOWN]:
        why = visible(said)
        room = width - len(f"cannot {verb} : {why}")
        found.append(f"cannot {verb} {_fit(path, base, room)}: {why}")
    if len(refused) > _SHOWN:
        found.append(f"and {wording.number(len(refused) - _SHOWN)} more that cannot be done")
    not_taken = {it.step for it in left}
    steps = [step for step in plan.steps if step not in not_taken]
    found += [_line(step, base, step.path in arriving, width) for step in steps[:_SHOWN]]
    if len(steps) > _SHOWN:
        found.append(f"and {wording.number(len(steps) - _SHOWN)} more steps")
    return found


def _verb(step: Step, *, arrives: bool = False) -> str:
    if step.action is Action.WRITE:
        return "change" if arrives or os.path.lexists(step.path) else "bring back"
    if step.action is Action.ATTRIBUTES and step.attributes is not None:
        return "set mode, time and attributes of"
    return str(step.action)


def _line(step: Step, base: bytes, arrives: bool, width: int) -> str:
    verb, paths, more = _verb(step, arrives=arrives), [step.path], ""
    if step.action is Action.MOVE and step.source is not None:
        paths = [step.source, step.path]
    elif step.action is Action.WRITE:
        attributes = " and attributes" if step.attributes else ""
        size = wording.plural(step.size, "byte")
        more = " (a symbolic link)" if step.is_link else f" ({size}{attributes})"
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
