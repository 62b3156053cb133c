"""Reading one change for the diff pane: lines and hunks, or words where there are no lines."""

from __future__ import annotations

from fcm_tui.errors import FcmError
from fcm_tui.model import Capture, Change, Kind
from fcm_tui.review import wording
from fcm_tui.review.documents import modes
from fcm_tui.review.documents.comparing import Pair, compare
from fcm_tui.review.documents.document import Document, Side, facts, told
from fcm_tui.review.documents.large import changed_lines, is_large
from fcm_tui.review.source import Record, reader_of
from fcm_tui.safetext import visible, visible_path
from fcm_tui.store.contents import attribute_sets
from fcm_tui.store.reading import past
from fcm_tui.store.reading.changes import key_of
from fcm_tui.store.reviews import reviews_of


def load_reviewed(record: Record, change: Change) -> Document:
    """As `load`, with what reviewers had to say."""
    return load(record, change)._replace(reviews=reviews(record, change))


def reviews(record: Record, change: Change) -> list[str]:
    """What reviewers had to say to a change. For a thread."""
    return told(reviews_of(reader_of(record).connection, key_of(change)))


def load(record: Record, change: Change) -> Document:
    """Read both versions of a change and compare them. Takes as long as that takes: for a thread."""
    said = facts(change)
    notes: list[str] = []
    empty = Side()
    if change.kind is Kind.MOVED and change.previous_path is not None:
        notes.append(f"Moved from {visible_path(change.previous_path)}")
    if change.capture in wording.NOT_KEPT:
        notes.append(_not_kept(change))
    attributes = attribute_sets.told(record.content, change)
    if attributes and change.kind is not Kind.METADATA:
        notes.append(f"Extended attributes: {attributes}.")
    if change.kind is Kind.METADATA:
        notes += _metadata(record, change)
        if attributes:
            notes.append(f"Extended attributes: {attributes}.")
        return Document(change, said, notes, empty, empty, [], "")
    if change.before == change.after:
        if change.kind is Kind.DELETED:
            notes.append(f"Deleted. The version before is not in the record: {_why(record, change)}")
        elif change.after is not None:
            notes += [f"The content is the same, {wording.size(change.size)}.", *_other_mode(record, change)]
        return Document(change, said, notes, empty, empty, [], "")

    notes += _other_mode(record, change)
    if is_large(change) and (large := changed_lines(record, change, said, notes)) is not None:
        return large
    before, missing_before = _content(record, change.before)
    after, missing_after = _content(record, change.after)
    if change.before is not None and before is None:
        notes.append(f"The version before is not in the record: {_why(record, change) or missing_before}")
    if change.after is not None and after is None and change.capture is Capture.STORED:
        notes.append(f"The version after is not in the record: {missing_after}")
    if (change.before is not None and before is None) or (change.after is not None and after is None):
        return Document(change, said, notes, empty, empty, [], "")

    if change.kind is Kind.DELETED:
        notes.append(f"Deleted; it had {wording.size(len(before or b''))}.")
    return compare(Pair(change, said, before, after, notes))


def _not_kept(change: Change) -> str:
    held = wording.size(change.size)
    return {
        Capture.TOO_LARGE: f"Not kept: {held} is above the size limit. Its digest is recorded.",
        Capture.SECRET: "Not kept: by its name or by what is in it, it holds secrets. Only its digest is recorded.",
        Capture.UNREADABLE: "Not kept: the file could not be read.",
        Capture.EXCLUDED: "Not kept: the configuration excludes it.",
        Capture.QUOTA: f"Thinned out by retention: it had {held}. The log keeps the change and its digest.",
    }[change.capture]


def _metadata(record: Record, change: Change) -> list[str]:
    old_mode, old_mtime = record.state_before(change)
    said = [f"Only metadata changed: {modes.told(old_mode, change.mode)}"]
    if change.mtime_ns is not None:
        now = wording.moment(change.mtime_ns)
        was = wording.moment(old_mtime) if old_mtime is not None else now
        said.append(f"modified time {now}" if was == now else f"modified time {was} → {now}")
    if change.owner:
        said.append(f"owner {visible(change.owner)}")
    return said


def _other_mode(record: Record, change: Change) -> list[str]:
    old = record.state_before(change)[0] if change.before is not None else None
    return [modes.told(old, change.mode)] if modes.differ(old, change.mode) else []


def _why(record: Record, change: Change) -> str:
    """Why the version before was not kept; empty where it was, so that it is damaged or lost."""
    connection = reader_of(record).connection
    version = past.before(connection, change)
    if (
        version is None
        or past.capture_of(connection, version.file_id, version.digest) not in wording.NOT_KEPT
    ):
        return ""
    return f"{past.why_not_kept(connection, version)}."


def _content(record: Record, digest: bytes | None) -> tuple[bytes | None, str]:
    if digest is None:
        return None, ""
    try:
        return record.content(digest), ""
    except FcmError as error:
        return None, visible(str(error))
