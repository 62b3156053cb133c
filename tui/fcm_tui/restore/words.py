"""A plan in words, and as a patch where it is about one file."""

from __future__ import annotations

import stat

from fcm_tui.diff.patch import PatchFile, unified
from fcm_tui.paths import SEPARATOR, join
from fcm_tui.restore.disk import Folder
from fcm_tui.restore.plan import Action, Plan, Step, names_below
from fcm_tui.safetext import visible_path
from fcm_tui.store.reading.queries import Reader

_DONE = {
    Action.REMOVE: "removed",
    Action.MOVE: "moved",
    Action.WRITE: "wrote",
    Action.ATTRIBUTES: "set mode and time of",
}
_LARGEST_PATCH = 16 << 20


def preview(plan: Plan) -> list[str]:
    """What would be done, a line a step; names are made safe for a terminal."""
    return [f"would {_words(step, str(step.action))}" for step in plan.steps]


def told(step: Step) -> str:
    """What was done."""
    return _words(step, _DONE[step.action])


def patch(reader: Reader, plan: Plan) -> bytes:
    """The plan as a unified patch against the disk as it is; empty where it is about several files, or huge ones.

    The bytes are the files' own: who shows them on a terminal makes them safe first.
    """
    paths = {step.path for step in plan.steps}
    if len(paths) != 1 or plan.steps[-1].size > _LARGEST_PATCH:
        return b""
    last, first = plan.steps[-1], plan.steps[0]
    where = first.source or first.path
    *folders, name = names_below(first.base, where)
    old: bytes | None = None
    new: bytes | None
    old_mode = None
    try:
        with Folder.opened(first.base, folders) as folder:
            found = folder.look(name)
            if found is not None and (stat.S_ISREG(found.st_mode) or stat.S_ISLNK(found.st_mode)):
                if found.st_size > _LARGEST_PATCH:
                    return b""
                old, old_mode = b"".join(folder.read(name)), found.st_mode
    except FileNotFoundError:
        pass
    if last.action is Action.WRITE:
        new = last.data if last.data is not None else reader.content(last.digest or b"")
    else:
        new = None if last.action is Action.REMOVE else old
    return unified(
        PatchFile(
            path=None if new is None else _relative(last.base, last.path),
            old_path=None if old is None else _relative(last.base, where),
            old_mode=old_mode, new_mode=last.mode or old_mode, old=old, new=new,
        )
    )  # fmt: skip


def _words(step: Step, verb: str) -> str:
    was = "" if step.was is None else f", which was {visible_path(step.was)} then"
    return f"{_deed(step, verb)}{was}"


def _deed(step: Step, verb: str) -> str:
    path = visible_path(step.path)
    if step.action is Action.MOVE and step.source is not None:
        return f"{verb} {visible_path(step.source)} to {path}"
    if step.action is Action.WRITE and step.is_link:
        return f"{verb} {path} (a symbolic link)"
    if step.action is Action.WRITE:
        more = " and attributes" if step.attributes else ""
        return f"{verb} {path} ({step.size} byte{'' if step.size == 1 else 's'}{more})"
    if step.action is Action.ATTRIBUTES and step.attributes is not None:
        verb = verb.replace("mode and time", "mode, time and attributes")
    return f"{verb} {path}"


def _relative(base: bytes, path: bytes) -> bytes:
    return path[len(join(base, b"")) :].replace(SEPARATOR, b"/")
