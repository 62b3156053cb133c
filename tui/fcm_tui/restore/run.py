"""A restore from beginning to end: what is there recorded, the plan made, checked, carried out, and recorded."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass

from fcm_tui.capture.attributes import RIGHTS
from fcm_tui.errors import RestoreRefused
from fcm_tui.paths import SEPARATOR, is_inside
from fcm_tui.restore.disk import Folder
from fcm_tui.restore.obstacles import Checked, Seen, Unrecorded, check, seen_of
from fcm_tui.restore.plan import Action, Plan, Step, names_below
from fcm_tui.restore.recording import Recorded, Recording
from fcm_tui.safetext import visible_path
from fcm_tui.store.contents.attribute_sets import set_of
from fcm_tui.store.reading.queries import Reader

_PATIENCE = 3.0
"""Seconds for which a recorder at work may still have to record what stands on the disk."""
_PAUSE = 0.05
_DAMAGED = b"all (damaged in the record)"
"""Stands in the place of the names of a set that cannot be read."""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a restore."""

    steps: tuple[Step, ...]
    recorded: Recorded
    since_ns: int
    """Just before it: restoring the same path as of this moment undoes it."""
    without: tuple[tuple[bytes, tuple[bytes, ...]], ...] = ()
    """Paths, each with the names of the extended attributes that could not be brought back there."""


def restore(
    reader: Reader,
    recording: Recording,
    plan: Callable[[], Plan],
    *,
    force: bool = False,
    skip_missing: bool = False,
    on_step: Callable[[Step], None] = lambda step: None,
) -> Done:
    """Carry out a plan, and have it recorded as what it is.

    Args:
        reader: the record.
        recording: what records it, or knows who does.
        plan: makes the plan; called anew where the record has moved on.
        force: as for `check`.
        skip_missing: as for `check`.
        on_step: told each step once it is done.

    Raises:
        NotSoError: nothing was done; or, where the text says so, a part.
    """
    recording.settle()
    checked = _prepare(reader, recording, plan, force, skip_missing)
    since_ns = time.time_ns()
    before = reader.last_sequence()
    done: list[Step] = []
    without: list[tuple[bytes, tuple[bytes, ...]]] = []
    recording.announce(checked.steps)
    try:
        moved = {step.path for step in checked.steps if step.action is Action.MOVE}
        rewritten = any(step.path in moved and step.action is not Action.MOVE for step in checked.steps)
        for step, seen in zip(checked.steps, checked.seen, strict=True):
            if rewritten and step.action is not Action.MOVE and done and done[-1].action is Action.MOVE:
                # A file moved and rewritten between two looks would be taken for another one.
                recording.record(reader, done, before)
            refused = _take(reader, step, seen, step.path in moved)
            if refused:
                without.append((step.path, tuple(refused)))
            done.append(step)
            on_step(step)
    except RestoreRefused as refused:
        if done:
            recording.record(reader, done, before)
            raise RestoreRefused(
                f"{refused}; {len(done)} of {len(checked.steps)} steps were done and are recorded"
            ) from refused
        raise
    finally:
        _tidy(checked, done)
    return Done(tuple(done), recording.record(reader, done, before), since_ns, tuple(without))


def _prepare(
    reader: Reader, recording: Recording, plan: Callable[[], Plan], force: bool, skip_missing: bool
) -> Checked:
    """The checked plan; where a recorder is at work, once it has recorded what was changed a moment ago."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return check(
                reader, plan(), force=force, skip_missing=skip_missing, own_paths=recording.own_paths
            )
        except Unrecorded:
            if not recording.is_elsewhere or time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE)


def _take(reader: Reader, step: Step, seen: Seen, was_moved: bool) -> list[bytes]:
    """One step; what stood there has to be what was checked. The names of extended attributes that were refused."""
    where = step.source or step.path
    *folders, name = names_below(step.base, where)
    try:
        with Folder.opened(step.base, folders, make=step.action is Action.WRITE) as folder:
            found = folder.look(name)
            if found is not None and seen is None and step.action is Action.WRITE and _is_folder(found):
                folder.remove_empty(name)
                found = None
            if not was_moved and seen_of(found) != seen and not (found and _is_folder(found)):
                raise RestoreRefused(f"{visible_path(where)}: changed just now; nothing was done to it")
            refused = _act(reader, step, folder, name, is_there=found is not None)
            folder.sync()
            return refused
    except OSError as error:
        raise RestoreRefused(
            f"{visible_path(where)}: {error.strerror or error}; nothing was done to it"
        ) from error


def _act(reader: Reader, step: Step, folder: Folder, name: bytes, *, is_there: bool) -> list[bytes]:
    match step.action:
        case Action.REMOVE:
            if is_there:
                folder.remove(name)
        case Action.MOVE:
            *folders, new_name = names_below(step.base, step.path)
            with Folder.opened(step.base, folders, make=True) as to:
                if to.look(new_name) is not None:
                    raise FileExistsError(0, f"something stands at {visible_path(step.path)}")
                folder.move(name, to, new_name)
                to.sync()
        case Action.ATTRIBUTES:
            wanted = _attributes(reader, step)
            owner = step.uid, step.gid
            refused = folder.set_attributes(name, step.mode or 0, step.mtime_ns or 0, owner, wanted)
            return refused if wanted is not None or step.attributes is None else [_DAMAGED]
        case Action.WRITE:
            data = step.data if step.data is not None else reader.content(step.digest or b"")
            wanted = _attributes(reader, step)
            owner = step.uid, step.gid
            refused = folder.write(name, data, step.mode, step.mtime_ns, owner, wanted, over=is_there)
            return refused if wanted is not None or step.attributes is None else [_DAMAGED]
    return []


def _attributes(reader: Reader, step: Step) -> dict[bytes, bytes] | None:
    """The extended attributes that a step gives a file; None for it to keep what it has, as where they are damaged."""
    found = set_of(reader.content, step.attributes)
    if found and step.action is Action.WRITE and step.uid == -1:  # somebody else's copy
        return {name: value for name, value in found.items() if not name.startswith(RIGHTS)}
    return found


def _is_folder(found: os.stat_result) -> bool:
    return stat.S_ISDIR(found.st_mode)


def _tidy(checked: Checked, done: list[Step]) -> None:
    """Remove folders that the steps left empty, deepest first."""
    if checked.top is None:
        return
    emptied = {
        (step.base, path.rpartition(SEPARATOR)[0]) for step in done if (path := step.clears) is not None
    }
    for base, folder in sorted(emptied, key=lambda one: len(one[1]), reverse=True):
        while (
            folder not in (base, checked.top) and is_inside(folder, base) and is_inside(folder, checked.top)
        ):
            *folders, name = names_below(base, folder)
            with contextlib.suppress(OSError, RestoreRefused), Folder.opened(base, folders) as above:
                above.remove_alone(name)
            folder = folder.rpartition(SEPARATOR)[0]
