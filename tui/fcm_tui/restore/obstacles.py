"""Whether a plan can be carried out as the disk is now, and without losing what the record does not have."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from fcm_tui.errors import ContentMissing, RestoreRefused
from fcm_tui.paths import is_inside, join
from fcm_tui.restore.disk import Blocked, Folder, is_link
from fcm_tui.restore.plan import Action, Plan, Step, names_below
from fcm_tui.safetext import visible_path
from fcm_tui.store.reading import past
from fcm_tui.store.reading.queries import Reader

_SHOWN = 3

Seen = tuple[int, int, int] | None
"""Inode, size and modification time of what stood at a path; None for nothing."""


class Obstacle(Enum):
    """Why a step cannot be taken, and what may be done about it."""

    UNSAFE = auto()
    """Nothing may: it would lead elsewhere, or the system refuses."""
    UNRECORDED = auto()
    """What stands there is not in the record, or not yet: force loses it."""
    NOT_KEPT = auto()
    """What stands there is recorded, but its content was not kept: it may be left alone, or lost by force."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A step that cannot be taken."""

    step: Step
    obstacle: Obstacle
    text: str
    why: str = ""
    """The end of the text, where the content was not kept."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The steps that can be taken, each with what stood at its path when it was looked at."""

    steps: tuple[Step, ...]
    seen: tuple[Seen, ...]
    top: bytes | None
    left: tuple[Refusal, ...] = ()
    """The steps that are not taken because what stands there was not kept."""


class Losing(RestoreRefused):
    """What stands on the disk could not be brought back again: only force goes on."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(f"{what}{advice}")
        self.what = what
        """The obstacles alone, for who asks a person instead of naming options."""


class Unrecorded(Losing):
    """What stands on the disk is not recorded; where a recorder is at work it may be soon."""


def check(
    reader: Reader,
    plan: Plan,
    *,
    force: bool = False,
    skip_missing: bool = False,
    own_paths: Sequence[bytes] = (),
) -> Checked:
    """Look at everything that a plan would touch. Nothing is changed.

    Args:
        reader: the record.
        plan: what would be done.
        force: lose what the record does not have.
        skip_missing: leave alone what cannot be brought back, and what could not be brought back again.
        own_paths: the data directory, into which nothing is restored.

    Raises:
        RestoreRefused: a step cannot be taken.
        ContentMissing: there are versions whose content was not kept.
    """
    if plan.missing and not skip_missing:
        files = [f"{visible_path(m.path)} ({m.why})" for m in plan.missing]
        raise ContentMissing(f"not all can be brought back: {_some(files)}; --skip-missing restores the rest")
    cleared = {path for step in plan.steps if (path := step.clears) is not None}
    arriving = {step.path for step in plan.steps if step.action is Action.MOVE}
    _refuse_own(plan.steps, own_paths)
    steps: list[Step] = []
    seen: list[Seen] = []
    refusals: list[Refusal] = []
    left: list[Refusal] = []
    for step in plan.steps:
        # What is moved first and changed then is looked at where it is moved from.
        is_moved = step.path in arriving and step.action is not Action.MOVE
        found = None if is_moved else _look(reader, step, cleared)
        if not isinstance(found, Refusal):
            steps.append(step)
            seen.append(found)
        elif found.obstacle is Obstacle.UNSAFE or not (
            force or (skip_missing and found.obstacle is Obstacle.NOT_KEPT)
        ):
            refusals.append(found)
        elif force:
            steps.append(step)
            seen.append(_seen(step))
        else:
            left.append(found)
    if refusals:
        refusals.sort(key=lambda refusal: refusal.obstacle.value)
        worst = refusals[0].obstacle
        what = _some([r.text for r in refusals])
        if worst is Obstacle.UNSAFE:
            raise RestoreRefused(what)
        raise (Unrecorded if worst is Obstacle.UNRECORDED else Losing)(what, _ADVICE[worst])
    return Checked(tuple(steps), tuple(seen), plan.top, tuple(left))


_ADVICE = {
    Obstacle.UNRECORDED: "; it would be lost: record it first (`fcm-tui record --once`), or lose it with --force",
    Obstacle.NOT_KEPT: "; it could not be brought back again: --force loses it, --skip-missing leaves it alone",
}


def seen_of(found: os.stat_result | None) -> Seen:
    """What is compared between the look and the deed."""
    return None if found is None else (found.st_ino, found.st_size, found.st_mtime_ns)


def _look(reader: Reader, step: Step, cleared: set[bytes]) -> Seen | Refusal:
    where = step.source or step.path
    try:
        if step.source is not None and (refusal := _refuse_arrival(step, cleared)) is not None:
            return refusal
        *folders, name = names_below(step.base, where)
        with Folder.opened(step.base, folders) as folder:
            if step.action is not Action.MOVE and not os.access(folder.path, os.W_OK):
                return Refusal(step, Obstacle.UNSAFE, f"{visible_path(folder.path)}: may not be written to")
            found = folder.look(name)
            if found is None:
                gone = step.action in (Action.MOVE, Action.ATTRIBUTES)
                return Refusal(step, Obstacle.UNRECORDED, f"{visible_path(where)}: is gone") if gone else None
            if stat.S_ISDIR(found.st_mode) and not is_link(found):
                return _look_into(step, folder, name, cleared)
            if not (stat.S_ISREG(found.st_mode) or stat.S_ISLNK(found.st_mode)):
                return Refusal(step, Obstacle.UNSAFE, f"{visible_path(where)}: is neither a file nor a link")
            return _compare(reader, step, where, folder.digest(name)) or seen_of(found)
    except FileNotFoundError:
        return None
    except Blocked as blocked:
        return None if blocked.path in cleared else Refusal(step, Obstacle.UNSAFE, str(blocked))
    except RestoreRefused as refused:
        return Refusal(step, Obstacle.UNSAFE, str(refused))
    except OSError as error:
        return Refusal(step, Obstacle.UNSAFE, f"{visible_path(where)}: {error.strerror or error}")


def _compare(reader: Reader, step: Step, path: bytes, digest: bytes) -> Refusal | None:
    """Whether what stands at a path is what the record has there, and can give back."""
    if step.action is Action.WRITE and digest == step.digest:
        return None
    known = past.present(reader.connection, path)
    if known is None or known.digest != digest:
        return Refusal(step, Obstacle.UNRECORDED, f"{visible_path(path)}: what stands there is not recorded")
    if step.action in (Action.MOVE, Action.ATTRIBUTES) or reader.contents.known([digest]):
        return None
    why = past.why_not_kept(reader.connection, known)
    return Refusal(
        step, Obstacle.NOT_KEPT, f"{visible_path(path)}: the content there was not kept: {why}", why
    )


def _refuse_arrival(step: Step, cleared: set[bytes]) -> Refusal | None:
    """A move's new place has to be free."""
    *folders, name = names_below(step.base, step.path)
    try:
        with Folder.opened(step.base, folders) as folder:
            if folder.look(name) is None or step.path in cleared:
                return None
    except FileNotFoundError:
        return None
    except Blocked as blocked:
        return None if blocked.path in cleared else Refusal(step, Obstacle.UNSAFE, str(blocked))
    return Refusal(
        step, Obstacle.UNSAFE, f"{visible_path(step.path)}: something that is not recorded stands there"
    )


def _look_into(step: Step, folder: Folder, name: bytes, cleared: set[bytes]) -> Refusal | None:
    """A folder makes way for a file where all that it holds goes anyway."""
    path = join(folder.path, name)
    if step.action is not Action.WRITE:
        return Refusal(step, Obstacle.UNSAFE, f"{visible_path(path)}: a folder stands there")
    for inside, _, files in os.walk(path, followlinks=False):
        for file in files:
            if join(inside, file) not in cleared:
                held = visible_path(join(inside, file))
                return Refusal(
                    step, Obstacle.UNSAFE, f"{visible_path(path)}: a folder stands there, and holds {held}"
                )
    return None


def _seen(step: Step) -> Seen:
    where = step.source or step.path
    try:
        return seen_of(os.lstat(where))
    except OSError:
        return None


def _refuse_own(steps: Iterable[Step], own_paths: Sequence[bytes]) -> None:
    own = [os.path.realpath(path) for path in own_paths]
    real: dict[bytes, bytes] = {}
    for step in steps:
        base = real.setdefault(step.base, os.path.realpath(step.base))
        target = base + step.path[len(step.base) :]
        if any(is_inside(target, path) for path in own):
            raise RestoreRefused(
                f"{visible_path(step.path)}: is inside the data directory: choose another place"
            )


def _some(texts: Sequence[str]) -> str:
    """The first few of many, in one line."""
    rest = len(texts) - _SHOWN
    return "; ".join(texts[:_SHOWN]) + (f"; and {rest} more" if rest > 0 else "")
