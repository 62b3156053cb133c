"""A verdict about who is who, turned into changes with their content and line differences."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Executor
from dataclasses import dataclass, field

from fcm_tui.errors import ContentMissing
from fcm_tui.model import Capture, DiskState, Draft, FileRecord, Kind, Origin
from fcm_tui.pipeline.lines import NOTHING, LineChanges, line_changes, unchanged
from fcm_tui.pipeline.owners import owner_name
from fcm_tui.pipeline.work import spread
from fcm_tui.store.contents import ContentRow, ContentStore, Packed, Version, pack
from fcm_tui.watch.renames import Arrival, Verdict, folder_moves, top_folder


@dataclass(slots=True, eq=False)
class Found(Arrival):
    """An arrival with what was read of it."""

    stamp: bytes = b""
    data: bytes | None = None
    capture: Capture = Capture.NONE


@dataclass(slots=True)
class Prepared:
    """Drafts in order, with what belongs into the same transaction."""

    drafts: list[Draft] = field(default_factory=list)
    stamps: list[bytes] = field(default_factory=list)
    rows: list[ContentRow] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)


@dataclass(slots=True)
class _Step:
    """One change being prepared."""

    kind: Kind
    record: FileRecord | None
    found: Found | None
    base: Version | None
    group: Hashable = None


def is_metadata_only(record: FileRecord, found: Found) -> bool:
    """The content is the same, or cannot be told; what differs is about the file."""
    return record.digest == found.digest and record.state.is_link == found.state.is_link


def same_metadata(old: DiskState, new: DiskState) -> bool:
    """Nothing that is recorded differs, content aside."""
    return (
        old.mode == new.mode and old.mtime_ns == new.mtime_ns and old.uid == new.uid and old.gid == new.gid
        and old.size == new.size
    )  # fmt: skip


def prepare(
    verdict: Verdict,
    gone_folders: frozenset[bytes],
    origin_of: Callable[[bytes, bytes | None], Origin],
    contents: ContentStore,
    new_id: Callable[[], bytes],
    now_ns: int,
    pool: Executor,
) -> Prepared:
    """Make the drafts of a verdict, in the order in which replaying them gives the disk.

    Args:
        gone_folders: folders that vanished: their files' moves and deletions become groups.
        origin_of: how the change at a path to a digest was noticed.
    """
    steps = _steps(verdict, gone_folders, contents)
    done = spread(_work, steps, pool)
    prepared = Prepared()
    for step, (lines, packed) in zip(steps, done, strict=True):
        record, found = step.record, step.found
        path = found.path if found else record.path if record else b""
        after = found.state if found else None
        owned = after or (record.state if record else None)
        draft = Draft(
            time_ns=now_ns,
            kind=step.kind,
            root_id=found.root_id if found else record.root_id if record else b"",
            file_id=record.file_id if record else new_id(),
            path=path,
            origin=origin_of(path, found.digest if found else None),
            capture=found.capture if found else Capture.NONE,
            previous_path=record.path if record and step.kind is Kind.MOVED else None,
            before=record.digest if record else None,
            after=found.digest if found else None,
            state=after,
            previous=record.state if record else None,
            owner=owner_name(owned) if owned else None,
            group=step.group,
            counts=lines.counts,
            encoding=lines.format.encoding if lines.format else None,
            newline=lines.format.newline if lines.format else None,
            differences=lines.differences,
        )
        prepared.drafts.append(draft)
        prepared.stamps.append(found.stamp if found else b"")
        if packed is not None:
            prepared.rows.extend(packed.rows)
            prepared.versions.append(packed.version)
    return prepared


def _steps(verdict: Verdict, gone_folders: frozenset[bytes], contents: ContentStore) -> list[_Step]:
    moved_with = folder_moves(verdict.moved, gone_folders)
    steps = [
        _Step(Kind.DELETED, record, None, _version(record, contents), top_folder(record.path, gone_folders))
        for record in verdict.deleted
    ]
    for record, arrival in verdict.moved:
        found = _found(arrival)
        known = record.digest == found.digest and found.data is not None
        base = None if known else _version(record, contents)
        steps.append(_Step(Kind.MOVED, record, found, base, moved_with.get(record.file_id)))
    for record, arrival in verdict.modified:
        found = _found(arrival)
        if is_metadata_only(record, found):
            unread = found.data is None
            steps.append(_Step(Kind.METADATA, record, found, _version(record, contents) if unread else None))
        else:
            steps.append(_Step(Kind.MODIFIED, record, found, _version(record, contents)))
    steps += [_Step(Kind.CREATED, None, _found(arrival), None) for arrival in verdict.created]
    return steps


def _found(arrival: Arrival) -> Found:
    assert isinstance(arrival, Found)  # the engine hands in nothing else
    return arrival


def _version(record: FileRecord, contents: ContentStore) -> Version | None:
    """The bytes of a record's version where they were kept."""
    if record.capture != Capture.STORED or record.digest is None:
        return None
    try:
        return contents.version(record.digest)
    except ContentMissing:
        return None  # damaged or thinned out: `verify` tells; the new version is kept whole


def _work(step: _Step) -> tuple[LineChanges, Packed | None]:
    """Compare and pack: for pool threads."""
    record, found = step.record, step.found
    if found is None:
        return (line_changes(step.base.data, None) if step.base else NOTHING), None
    if record is not None and record.digest == found.digest and found.data is None and step.base is not None:
        return unchanged(step.base.data), None  # moved without a need to read it
    if found.capture != Capture.STORED or found.data is None or found.digest is None:
        return NOTHING, None
    if record is None:
        return line_changes(None, found.data), pack(found.data, found.digest)
    if record.digest == found.digest:
        kept = record.capture == Capture.STORED
        return unchanged(found.data), None if kept else pack(found.data, found.digest)
    if step.base is None or record.state.is_link != found.state.is_link:
        packed = pack(found.data, found.digest, step.base)
        return LineChanges(unchanged(found.data).format, None, ()), packed
    lines = line_changes(step.base.data, found.data)
    return lines, pack(found.data, found.digest, step.base, spans=lines.spans)
