"""Reading one change for the diff pane: lines and hunks, or words where there are no lines."""

from __future__ import annotations

import os
import stat

from fcm_tui.capture.text import detect, to_utf8
from fcm_tui.diff.lines import diff_lines
from fcm_tui.diff.moved import Moved, find_moved
from fcm_tui.errors import FcmError
from fcm_tui.model import Capture, Change, Kind
from fcm_tui.review import wording
from fcm_tui.review.document import Document, Side, facts, newline_name
from fcm_tui.review.source import Record
from fcm_tui.safetext import path_text, visible, visible_path
from fcm_tui.store.filters import Filters
from fcm_tui.store.queries import key_of

TAB = 4
_BLOCKS_TOLD = 3
LEXED_BYTES = 8_000_000
"""Beyond this, source text is shown without colours: a lexer would be at it for minutes."""


def load(record: Record, change: Change) -> Document:
    """Read both versions of a change and compare them. Takes as long as that takes: for a thread."""
    said = facts(change)
    notes: list[str] = []
    empty = Side()
    if change.kind is Kind.MOVED and change.previous_path is not None:
        notes.append(f"Moved from {visible_path(change.previous_path)}")
    if change.capture in wording.NOT_KEPT:
        notes.append(_not_kept(change))
    if change.kind is Kind.METADATA:
        notes.append(_metadata(record, change))
        return Document(change, said, notes, empty, empty, [], "")
    if change.before == change.after:
        notes.append(f"The content is the same, {wording.size(change.size)}.")
        return Document(change, said, notes, empty, empty, [], "")

    before, missing_before = _content(record, change.before)
    after, missing_after = _content(record, change.after)
    if change.before is not None and before is None:
        notes.append(f"The version before is not in the record: {missing_before}")
    if change.after is not None and after is None and change.capture is Capture.STORED:
        notes.append(f"The version after is not in the record: {missing_after}")
    if (change.before is not None and before is None) or (change.after is not None and after is None):
        return Document(change, said, notes, empty, empty, [], "")

    old, new = before or b"", after or b""
    old_format, new_format = detect(old), detect(new)
    if (old and old_format is None) or (new and new_format is None):
        notes.append(_binary(change, before, after))
        return Document(change, said, notes, empty, empty, [], "")
    if old_format and new_format and old and new:
        if old_format.encoding != new_format.encoding:
            notes.append(
                f"Encoding changed from {visible(old_format.encoding)} to {visible(new_format.encoding)}."
            )
        if old_format.newline != new_format.newline and "none" not in (
            old_format.newline,
            new_format.newline,
        ):
            was, now = newline_name(old_format.newline), newline_name(new_format.newline)
            notes.append(f"Line ends changed from {was} to {now}.")
    old_text = to_utf8(old, old_format.encoding) if old_format else b""
    new_text = to_utf8(new, new_format.encoding) if new_format else b""
    hunks = diff_lines(old_text, new_text)
    styles = {text.newline for text in (old_format, new_format) if text is not None}
    quiet_returns = "crlf" in styles and styles <= {"crlf", "none"}
    if not hunks and not notes:
        notes.append("An empty file." if not new_text else "The text is the same; the bytes differ.")
    if change.kind is Kind.DELETED:
        notes.append(f"Deleted; it had {wording.size(len(old))}.")
    name = path_text(os.path.basename(change.path)) if len(old_text) + len(new_text) <= LEXED_BYTES else ""
    before_side, after_side = _side(old_text, quiet_returns), _side(new_text, quiet_returns)
    moved = find_moved(before_side.lines, after_side.lines, hunks)
    if moved.old:
        notes.append(_moved(moved))
    return Document(change, said, notes, before_side, after_side, hunks, name, moved)


def _moved(moved: Moved) -> str:
    starts = [line for line, there in moved.old.items() if moved.old.get(line - 1) != there - 1]
    said = []
    for start in starts[:_BLOCKS_TOLD]:
        count = 1
        while moved.old.get(start + count) == moved.old[start] + count:
            count += 1
        said.append(f"{_lines(start, count)} → {_lines(moved.old[start], count)}")
    more = ["…"] if len(starts) > _BLOCKS_TOLD else []
    return f"{wording.plural(len(moved.old), 'line')} moved (< from, > to): {', '.join([*said, *more])}"


def _lines(start: int, count: int) -> str:
    return f"{start + 1}" if count == 1 else f"{start + 1}-{start + count}"


def _not_kept(change: Change) -> str:
    held = wording.size(change.size)
    return {
        Capture.TOO_LARGE: f"Not kept: {held} is above the size limit. Its digest is recorded.",
        Capture.SECRET: "Not kept: by its name or by what is in it, it holds secrets. Only its digest is recorded.",
        Capture.UNREADABLE: "Not kept: the file could not be read.",
        Capture.EXCLUDED: "Not kept: the configuration excludes it.",
        Capture.QUOTA: f"Thinned out by retention: it had {held}. The log keeps the change and its digest.",
    }[change.capture]


def _metadata(record: Record, change: Change) -> str:
    mode = stat.filemode(change.mode) if change.mode is not None else "unknown"
    earlier = [
        other
        for other in record.log(Filters(path=change.path), limit=20, before=key_of(change))
        if other.file_id == change.file_id and other.mode is not None
    ]
    said = [f"Only metadata changed: mode {mode}"]
    if earlier and earlier[0].mode is not None and earlier[0].mode != change.mode:
        said[0] = f"Only metadata changed: mode {stat.filemode(earlier[0].mode)} to {mode}"
    if change.mtime_ns is not None:
        said.append(f"modified time {wording.moment(change.mtime_ns)}")
    if change.owner:
        said.append(f"owner {visible(change.owner)}")
    return ", ".join(said) + "."


def _binary(change: Change, before: bytes | None, after: bytes | None) -> str:
    if before is None:
        return f"Binary, {wording.size(len(after or b''))}."
    if after is None:
        return f"Binary, deleted; it had {wording.size(len(before))}."
    return f"Binary, {wording.size(len(before))} before, {wording.size(len(after))} after."


def _content(record: Record, digest: bytes | None) -> tuple[bytes | None, str]:
    if digest is None:
        return None, ""
    try:
        return record.content(digest), ""
    except FcmError as error:
        return None, visible(str(error))


def _side(text: bytes, quiet_returns: bool) -> Side:
    if not text:
        return Side()
    decoded = text.decode("utf-8", "replace")
    lines = decoded.split("\n")
    ends_open = bool(lines[-1])
    if not ends_open:
        lines.pop()
    if quiet_returns:
        lines = [line.removesuffix("\r") for line in lines]
    if "\t" in decoded:
        lines = [line.expandtabs(TAB) if "\t" in line else line for line in lines]
    return Side([visible(line) for line in lines], ends_open)
