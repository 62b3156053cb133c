"""Plans for one version: back at its path, or somewhere else."""

from __future__ import annotations

import os
from dataclasses import replace

from fcm_tui.errors import ContentMissing, RestoreRefused
from fcm_tui.model import Change, Kind
from fcm_tui.paths import join
from fcm_tui.restore.plan import Action, Plan, Step, base_of, bring_back, kept_only, write
from fcm_tui.store.reading import past
from fcm_tui.store.reading.past import Version
from fcm_tui.store.reading.queries import Reader


def plan_change(reader: Reader, change: Change, *, before: bool = False, to: bytes | None = None) -> Plan:
    """The version after a change, or before it, at `to` (absolute; a folder takes it by its name), or where its file is.

    A file that has another name by now keeps that; one that is gone comes back at its path. Before a
    creation there was no file, so it is removed; before a move it stood elsewhere, so it is moved back.

    Raises:
        RestoreRefused: the change left no file, or belongs to another machine.
        ContentMissing: the version's bytes were not kept.
    """
    connection = reader.connection
    version = past.before(connection, change) if before else past.after(connection, change)
    if version is None:
        return _plan_absence(reader, change, before=before, to=to)
    if to is not None:
        target = into(to, version.path)
        return _checked(
            reader, [write(base_of(reader, target), target, version, own=False)], version, target, change
        )
    refuse_foreign(reader, change)
    file = past.present_file(connection, change.file_id)
    path = version.path if file is None or (before and change.kind is Kind.MOVED) else file.path
    base = base_of(reader, path)
    now = past.present(connection, path)
    steps: list[Step] = []
    if now is None and file is not None and base_of(reader, file.path) == base:
        steps.append(Step(Action.MOVE, base, path, source=file.path, digest=file.digest, size=file.size))
        now = file
    steps += [
        step if path == version.path else replace(step, was=version.path)
        for step in bring_back(base, path, version, now)
    ]
    return _checked(reader, steps, version, path, change)


def plan_content(reader: Reader, digest: bytes, to: bytes) -> Plan:
    """A content, named by its SHA-256, to a path (absolute).

    Raises:
        ContentMissing: it is not in the record.
    """
    size = len(reader.content(digest))
    return Plan.of([Step(Action.WRITE, base_of(reader, to), to, digest=digest, size=size)])


def into(to: bytes, path: bytes) -> bytes:
    """Where a copy of `path` goes when a person says `to`: into it where it is a folder."""
    return join(to, os.path.basename(path)) if os.path.isdir(to) else to


def _plan_absence(reader: Reader, change: Change, *, before: bool, to: bytes | None) -> Plan:
    number = reader.called(change)
    if not before:
        where = "" if to is None else " --to PATH"
        raise RestoreRefused(
            f"change {number} deleted the file: `fcm-tui restore {number} --before{where}` brings it back"
        )
    if to is not None:
        raise RestoreRefused(
            f"change {number} created the file: there was nothing before it to write elsewhere"
        )
    refuse_foreign(reader, change)
    now = past.present_file(reader.connection, change.file_id) or past.present(reader.connection, change.path)
    path = change.path if now is None else now.path
    if now is None and not os.path.lexists(path):
        return Plan(())
    was = None if path == change.path else change.path
    return Plan.of([Step(Action.REMOVE, base_of(reader, path), path, was=was)])


def refuse_foreign(reader: Reader, change: Change) -> None:
    """What was recorded elsewhere is not at these paths.

    Raises:
        RestoreRefused: the change belongs to another machine.
    """
    own = reader.recorder()
    if own is None or own.recorder_id != change.recorder_id:
        raise RestoreRefused(
            f"change {change.sequence} is of {change.host}, not of this recorder: say --to PATH"
        )


def _checked(reader: Reader, steps: list[Step], version: Version, path: bytes, change: Change) -> Plan:
    steps, missing = kept_only(reader, steps, {path: version})
    if missing:
        raise ContentMissing(f"change {change.sequence}: the content cannot be restored: {missing[0].why}")
    return Plan.of(steps)
