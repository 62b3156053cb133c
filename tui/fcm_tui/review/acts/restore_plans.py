"""What can be brought back from where a person looks: plans, shown as a diff before anything is done. For a thread."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fcm_tui.errors import FcmError, NoSuchChange, RecordingPaused, RestoreRefused
from fcm_tui.model import Capture, Change, Kind
from fcm_tui.restore import (
    Action,
    Done,
    Losing,
    Plan,
    Recording,
    Refusal,
    check,
    plan_change,
    plan_changes,
    plan_folder,
    plan_hunks,
    restore,
)  # fmt: skip
from fcm_tui.restore.disk import read_file
from fcm_tui.restore.hunks import HunkGone
from fcm_tui.restore.obstacles import Unrecorded
from fcm_tui.review import keys, wording
from fcm_tui.review.acts import plan_lines
from fcm_tui.review.acts.subject import Subject
from fcm_tui.review.documents import loading
from fcm_tui.review.documents.document import Burst, Document, Side
from fcm_tui.safetext import visible, visible_path
from fcm_tui.store.reading import past
from fcm_tui.store.reading.queries import Reader

_LARGEST = 16 << 20
_NAMED = 3
"""Files that are named where many are meant."""

Planner = Callable[[Reader], Plan]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be brought back."""

    what: str
    """In words, safe to show: the end of the sentence that begins with `restore`."""
    plan: Planner
    change: Change | None
    skip_missing: bool = False
    """Bring back what can be, and tell what could not."""
    told: Callable[[Reader], Sequence[str]] = lambda reader: ()
    """What else a person has to know of it, in lines that are safe to show."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be done."""

    document: Document
    steps: int
    """How many are done once somebody says so."""
    obstacle: str = ""
    """Why it cannot be done, or what would be lost; safe to show."""
    is_passing: bool = False
    """The obstacle is that something is not recorded yet, which it is before anything is done, if it can be."""
    may_force: bool = False
    """The obstacle is that something would be lost."""
    refused: int = 0
    """Files that stay as they are because a content was not kept."""


def undo_hunk(subject: Subject, hunk_number: int) -> Wish:
    """One hunk of a change (as its diff shows them, from 1) undone in the file as it is now."""
    change, hunk = subject.change, subject.hunks[hunk_number - 1]
    assert change is not None

    def plan(reader: Reader) -> Plan:
        recorded = past.hunks(reader.connection, change.recorder_id, change.sequence)
        if hunk not in recorded:
            raise NoSuchChange(f"change {change.sequence} was not recorded with this hunk")
        try:
            return plan_hunks(reader, change, [recorded.index(hunk) + 1])
        except HunkGone as gone:
            key = keys.shown("file.restore")
            raise RestoreRefused(f"{gone.what}. {key} b undoes the whole change.") from gone

    return Wish(f"what hunk {hunk_number} of change {change.sequence} replaced", plan, change)


def version(change: Change, *, before: bool) -> Wish:
    """The version that a change left, or the one before it."""
    which = "before" if before else "after"
    return Wish(
        f"the version {which} change {change.sequence}",
        lambda reader: plan_change(reader, change, before=before),
        change,
    )


def undo_burst(burst: Burst) -> Wish:
    """The files of all its changes as they were before it."""
    newest, oldest = burst.newest, burst.oldest

    def plan(reader: Reader) -> Plan:
        between = reader.iterate(
            burst.filters, reverse=True,
            before=(newest.sequence + 1, b""), after=(oldest.sequence - 1, b"\xff" * 16),
        )  # fmt: skip
        mine = oldest.recorder_id, oldest.root
        return plan_changes(reader, [c for c in between if (c.recorder_id, c.root) == mine])

    count = wording.plural(burst.count, "change")
    what = f"the files of {count}, #{oldest.sequence} to #{newest.sequence}, as they were before"
    return Wish(what, plan, None, skip_missing=True)


def folder(path: bytes, change: Change, *, before: bool = False) -> Wish:
    """A file or folder as it was after a change, or before it. Many changes share a moment, so its number counts."""
    which, at_ns = ("before", change.time_ns - 1) if before else ("after", change.time_ns)
    last = change.sequence - before

    def plan(reader: Reader) -> Plan:
        own = reader.recorder()
        is_own = own is not None and own.recorder_id == change.recorder_id
        return plan_folder(reader, path, at_ns, last=last if is_own else None)

    when = wording.moment(change.time_ns)
    what = f"{visible_path(path)} as it was {which} change #{change.sequence}, {when}"
    return Wish(what, plan, None, skip_missing=True)


def folder_then(path: bytes, at_ns: int) -> Wish:
    """A file or folder as it was at a moment."""
    what = f"{visible_path(path)} as it was at {wording.moment(at_ns)}"
    return Wish(what, lambda reader: plan_folder(reader, path, at_ns), None, skip_missing=True)


def undo(done: Done) -> Wish:
    """What stood there before a restore."""
    numbers = done.recorded.sequences
    tops = [step.source or step.path for step in done.steps]
    read: list[Change] = []

    def recorded(reader: Reader) -> list[Change]:
        if not read:
            read.extend([reader.change(number) for number in numbers])
        return read

    def plan(reader: Reader) -> Plan:
        changes = recorded(reader)
        if not changes:
            raise RestoreRefused("the restore is not in the record, so it cannot be undone from here")
        if len({change.file_id for change in changes}) == 1:
            return plan_change(reader, changes[0], before=True)
        if not done.recorded.late:  # what others did in the folder since stays
            return plan_changes(reader, changes)
        return plan_folder(reader, os.path.commonpath(tops), done.since_ns)

    span = (
        f"changes {numbers[0]} to {numbers[-1]}"
        if len(numbers) > 1
        else f"change {numbers[0]}"
        if numbers
        else "it"
    )
    what = f"what stood there before the restore that is {span}"
    return Wish(
        what,
        plan,
        None,
        skip_missing=len(numbers) > 1,
        told=lambda reader: _changed_since(reader, recorded(reader)),
    )


def _changed_since(reader: Reader, restored: Sequence[Change]) -> list[str]:
    """The files that somebody changed after a restore: what they did to them goes with it."""
    left = {change.path: change.after for change in restored}
    names = []
    for path, digest in left.items():
        now = past.present(reader.connection, path)
        if (None if now is None else now.digest) != digest:
            names.append(visible_path(os.path.basename(path)))
    if not names:
        return []
    more = f" and {wording.number(len(names) - _NAMED)} more" if len(names) > _NAMED else ""
    return [f"Changed since the restore, which goes too: {', '.join(names[:_NAMED])}{more}"]


def look(database: Path, recording: Recording, wish: Wish, width: int) -> Preview:
    """What a wish would do to the disk as it is, told in lines of so many cells.

    Raises:
        FcmError: there is no such version, or it cannot be planned.
    """
    with Reader(database) as reader:
        plan = wish.plan(reader)
        obstacle, is_passing, may_force = "", False, False
        left: tuple[Refusal, ...] = ()
        try:
            recording.check_goes_on()
            checked = check(reader, plan, skip_missing=wish.skip_missing, own_paths=recording.own_paths)
            left = checked.left
        except Losing as losing:
            obstacle, may_force = visible(losing.what), True
            is_passing = isinstance(losing, Unrecorded)
        except FcmError as refused:
            obstacle = why(refused)
        return Preview(
            _document(reader, wish, plan, left, width), len(plan.steps) - len(left), obstacle, is_passing, may_force,
            len(plan.missing) + len(left),
        )  # fmt: skip


def why(error: FcmError) -> str:
    """Why it cannot be done, as a person at the screen mends it; safe to show."""
    if isinstance(error, RecordingPaused):
        return f"recording is paused by {visible(error.by)}: in the log {keys.shown('pause')} has it go on, then restore"
    return wording.why(error)


def carry_out(
    database: Path, recording: Recording, wish: Wish, force: bool, on_step: Callable[[object], None]
) -> Done:
    """Do it, and have it recorded.

    Raises:
        FcmError: nothing was done; or, where the text says so, a part.
    """
    with Reader(database) as reader, recording:
        return restore(
            reader, recording, lambda: wish.plan(reader), force=force, skip_missing=wish.skip_missing,
            on_step=on_step,
        )  # fmt: skip


def words(done: Done, planned: int, undo_key: str) -> str:
    """What came of it, in a sentence."""
    recorded = done.recorded
    if not done.steps:
        return "Nothing to do: it is as it was."
    numbers = recorded.sequences
    left = planned - len(done.steps)
    return " ".join(
        filter(
            None,
            [
                f"Restored: {wording.plural(len(done.steps), 'step')} done"
                + (f", {wording.number(left)} left alone" if left > 0 else "")
                + (
                    f", recorded as change {numbers[0]}."
                    if len(numbers) == 1
                    else f", recorded as changes {numbers[0]} to {numbers[-1]}."
                    if numbers
                    else "."
                ),
                "Outside the watched folders it is not recorded." if recorded.unwatched else "",
                "The recorder has not recorded it yet." if recorded.late else "",
                f"{undo_key} undoes it." if numbers else "",
            ],
        )
    )


def _document(reader: Reader, wish: Wish, plan: Plan, left: Sequence[Refusal], width: int) -> Document:
    """The plan as the diff pane shows it: the file on the disk against what it would be, and the steps in words."""
    lines = [*wish.told(reader), *plan_lines.lines(plan, left, width)]
    if not plan.steps and not plan.missing:
        lines.append("Nothing to do: it is as it was.")
    change = wish.change or _nothing(plan)
    shown = _one_file(reader, plan, change)
    if shown is None:
        return Document(change, lines, [], Side(), Side(), [], "")
    return shown._replace(facts=lines)


class _TwoVersions:
    """Stands for a record that has just these two contents; all else is asked of the real one."""

    def __init__(self, reader: Reader, contents: dict[bytes, bytes]) -> None:
        self._reader = reader
        self._contents = contents

    def content(self, digest: bytes) -> bytes:
        return self._contents[digest]

    def __getattr__(self, name: str) -> object:
        return getattr(self._reader, name)


def _one_file(reader: Reader, plan: Plan, change: Change) -> Document | None:
    if len({step.path for step in plan.steps}) != 1:
        return None
    first, last = plan.steps[0], plan.steps[-1]
    where = first.source or first.path
    old = new = None
    try:
        if os.lstat(where).st_size > _LARGEST or last.size > _LARGEST:
            return None
        old = read_file(first.base, where)
    except (OSError, FcmError):
        if os.path.lexists(where):
            return None
    if last.action is Action.WRITE:
        new = last.data if last.data is not None else reader.content(last.digest or b"")
    elif last.action is not Action.REMOVE:
        return None
    contents = {hashlib.sha256(data).digest(): data for data in (old, new) if data is not None}
    kind = Kind.CREATED if old is None else Kind.DELETED if new is None else Kind.MODIFIED
    seen = change._replace(
        kind=kind, path=last.path, previous_path=None,
        before=None if old is None else hashlib.sha256(old).digest(),
        after=None if new is None else hashlib.sha256(new).digest(),
        size=None if new is None else len(new), capture=Capture.NONE if new is None else Capture.STORED,
    )  # fmt: skip
    return loading.load(_TwoVersions(reader, contents), seen)  # type: ignore[arg-type]


def _nothing(plan: Plan) -> Change:
    """A change that stands for a plan about no single one."""
    from fcm_tui.model import Origin

    path = plan.steps[0].path if plan.steps else b""
    base = plan.steps[0].base if plan.steps else b""
    return Change(
        b"", "", 0, 0, Kind.MODIFIED, base, b"", path, None, None, None, None, None, None, None, None,
        Capture.NONE, Origin.RESTORE, None, None, None, None, None, None, False,
    )  # fmt: skip
