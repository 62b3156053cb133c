"""A verdict about who is who, turned into changes with their content and line differences."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import NamedTuple

from fcm_tui.capture.attributes import same
from fcm_tui.model import Capture, DiskState, Draft, FileRecord, Kind, Origin
from fcm_tui.pipeline.content import Work, before_of, work_out
from fcm_tui.pipeline.lines import NOTHING, LineChanges, line_changes, unchanged
from fcm_tui.pipeline.taking import kept_version
from fcm_tui.pipeline.work import spread
from fcm_tui.store.contents.store import ContentRow, ContentStore, Packed, Version, pack
from fcm_tui.watch.renames import Arrival, Verdict, folder_moves, top_folder
from fcm_tui.who.users import user_of


@dataclass(slots=True, eq=False)
class Found(Arrival):
    """An arrival with what was read of it."""

    stamp: bytes = b""
    data: bytes | None = None
    capture: Capture = Capture.NONE
    work: Work | None = None
    """What is worked out already, of a change from `known` to this."""
    attributes: bytes | None = None
    """The set whose digest `state` has."""


class Noticed(NamedTuple):
    """How a change came to be recorded."""

    origin: Origin
    group: Hashable = None
    """Of the restore that it came with."""


@dataclass(slots=True)
class Prepared:
    """Drafts in order, with what belongs into the same transaction."""

    drafts: list[Draft] = field(default_factory=list)
    stamps: list[bytes] = field(default_factory=list)
    rows: list[ContentRow] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    """Those whose bytes are here."""


@dataclass(slots=True)
class _Step:
    """One change being prepared."""

    kind: Kind
    record: FileRecord | None
    found: Found | None
    base: Version | None
    group: Hashable = None
    work: Work | None = None
    """Where it is worked out already."""


def is_metadata_only(record: FileRecord, found: Found) -> bool:
    """The content is the same, or cannot be told; what differs is about the file."""
    return record.digest == found.digest and record.state.is_link == found.state.is_link


def same_metadata(old: DiskState, new: DiskState) -> bool:
    """Nothing that is recorded differs, content aside."""
    return (
        old.mode == new.mode and old.mtime_ns == new.mtime_ns and old.uid == new.uid and old.gid == new.gid
        and old.size == new.size and same(old.attributes, new.attributes)
    )  # fmt: skip


def prepare(
    verdict: Verdict,
    gone_folders: frozenset[bytes],
    noticed: Callable[[bytes, bytes | None], Noticed],
    contents: ContentStore,
    new_id: Callable[[], bytes],
    now_ns: int,
    pool: Executor,
) -> Prepared:
    """Make the drafts of a verdict, in the order in which replaying them gives the disk.

    Args:
        gone_folders: folders that vanished: their files' moves and deletions become groups.
        noticed: how the change at a path to a digest was.
    """
    steps = _steps(verdict, gone_folders, contents)
    done = spread(_work, steps, pool) if any(step.work is None for step in steps) else map(_work, steps)
    prepared = Prepared()
    for step, (lines, packed) in zip(steps, done, strict=True):
        record, found = step.record, step.found
        path = found.path if found else record.path if record else b""
        origin, restored_in = noticed(path, found.digest if found else None)
        after = _state(record, found) if found else None
        owned = after or (record.state if record else None)
        draft = Draft(
            time_ns=now_ns,
            kind=step.kind,
            root_id=found.root_id if found else record.root_id if record else b"",
            file_id=record.file_id if record else new_id(),
            path=path,
            origin=origin,
            capture=found.capture if found else Capture.NONE,
            previous_path=record.path if record and step.kind is Kind.MOVED else None,
            before=record.digest if record else None,
            after=found.digest if found else None,
            state=after,
            previous=record.state if record else None,
            owner=user_of(owned.uid) if owned else None,
            group=step.group if restored_in is None else restored_in,
            counts=lines.counts,
            encoding=lines.format.encoding if lines.format else None,
            newline=lines.format.newline if lines.format else None,
            differences=lines.differences,
        )
        prepared.drafts.append(draft)
        prepared.stamps.append(found.stamp if found else b"")
        if found is not None:
            prepared.rows.extend(_attribute_rows(record, found))
        if packed is not None:
            prepared.rows.extend(packed.rows)
            if found is not None and found.data is not None:
                prepared.versions.append(packed.version)
    return prepared


def _steps(verdict: Verdict, gone_folders: frozenset[bytes], contents: ContentStore) -> list[_Step]:
    moved_with = folder_moves(verdict.moved, gone_folders)
    steps = [
        _Step(
            Kind.DELETED, record, None, kept_version(before_of(record), contents),
            top_folder(record.path, gone_folders),
        )
        for record in verdict.deleted
    ]  # fmt: skip
    for record, arrival in verdict.moved:
        found = _found(arrival)
        known = record.digest == found.digest and found.data is not None
        base = None if known else kept_version(before_of(record), contents)
        steps.append(_Step(Kind.MOVED, record, found, base, moved_with.get(record.file_id)))
    for record, arrival in verdict.modified:
        found = _found(arrival)
        if is_metadata_only(record, found):
            base = kept_version(before_of(record), contents) if found.data is None else None
            steps.append(_Step(Kind.METADATA, record, found, base))
        else:
            base = kept_version(before_of(record), contents) if found.work is None else None
            steps.append(_Step(Kind.MODIFIED, record, found, base, None, found.work))
    for arrival in verdict.created:
        found = _found(arrival)
        work = found.work if found.known is None else None
        steps.append(_Step(Kind.CREATED, None, found, None, None, work))
    return steps


def _found(arrival: Arrival) -> Found:
    assert isinstance(arrival, Found)  # the engine hands in nothing else
    return arrival


def _work(step: _Step) -> tuple[LineChanges, Packed | None]:
    """Compare and pack: for pool threads."""
    if step.work is not None:
        return step.work
    record, found = step.record, step.found
    if found is None:
        return (line_changes(step.base.data, None) if step.base else NOTHING), None
    if record is not None and record.digest == found.digest and found.data is None and step.base is not None:
        return unchanged(step.base.data), None  # moved without a need to read it
    if found.capture != Capture.STORED or found.data is None or found.digest is None:
        return NOTHING, None
    if record is not None and record.digest == found.digest:
        kept = record.capture == Capture.STORED
        return unchanged(found.data), None if kept else pack(found.data, found.digest)
    return work_out(before_of(record), step.base, found.state.is_link, found.data, found.digest)


def _attribute_rows(record: FileRecord | None, found: Found) -> list[ContentRow]:
    """What the store lacks of the attributes that a file has."""
    digest = found.state.attributes
    if not found.attributes or not digest or (record is not None and record.state.attributes == digest):
        return []
    return pack(found.attributes, digest).rows


def _state(record: FileRecord | None, found: Found) -> DiskState:
    """A file's state; the attributes of one that can no longer be read are those that it was known to have."""
    old, new = record.state if record else None, found.state
    if found.capture is not Capture.UNREADABLE or old is None or old.inode != new.inode:
        return new
    return new._replace(attributes=old.attributes)


def is_unchanged(known: FileRecord, arrival: Found) -> bool:
    """Nothing that the record tells differs: a link made to it, a save of the same bytes at the same time."""
    return (
        known.digest == arrival.digest
        and known.capture == arrival.capture
        and known.state.inode == arrival.state.inode
        and same_metadata(known.state, _state(known, arrival))
    )


def is_closed_only(known: FileRecord, arrival: Found) -> bool:
    """It can no longer be read, and nothing else about it tells of another content."""
    old, new = known.state, arrival.state
    return (
        arrival.capture == Capture.UNREADABLE
        and (old.size, old.mtime_ns, old.inode) == (new.size, new.mtime_ns, new.inode)
        and old.is_link == new.is_link
    )
