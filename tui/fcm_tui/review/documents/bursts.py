"""A burst told as a whole: who and when, how many changes of each kind, and its files by folder with their lines."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from fcm_tui.model import Change, Kind
from fcm_tui.review import keys, wording
from fcm_tui.review.documents.document import (
    Burst,
    Document,
    Listed,
    Side,
    by_whom,
    circumstances,
    note_text,
)
from fcm_tui.review.source import Record
from fcm_tui.safetext import visible
from fcm_tui.store.reading.changes import key_of
from fcm_tui.who.words import names as names_of

_COUNT = 6
"""Cells of each count of lines."""
_NAMED = 3
"""Programs that are named where there are more."""


@dataclass(slots=True)
class _File:
    """What became of one file."""

    path: str
    """Below its root."""
    previous: str
    """Where it was before the burst, if elsewhere."""
    changes: Sequence[Change]
    """The oldest first."""

    @property
    def folder(self) -> str:
        return os.path.dirname(self.path)

    @property
    def kind(self) -> Kind:
        """All of it as one change."""
        first, last = self.changes[0].kind, self.changes[-1].kind
        if last is Kind.DELETED or first is Kind.CREATED:
            return Kind.DELETED if last is Kind.DELETED else first
        kinds = {change.kind for change in self.changes}
        return next(kind for kind in (Kind.MOVED, Kind.MODIFIED, last) if kind in kinds)


def of(record: Record, burst: Burst) -> Document:
    """What its changes did, the newest standing for all. For a thread.

    Raises:
        NoSuchChange: they are not there any more.
    """
    newest, changes = burst.newest, changes_of(record, burst)
    files = sorted(_files(changes), key=lambda file: (file.folder, file.path))
    folders = [(folder, list(group)) for folder, group in groupby(files, key=lambda file: file.folder)]
    listed = [_sum(changes), Listed([])]
    for folder, inside in folders:
        count = wording.plural(len(inside), "file")
        name = folder or wording.name_of(newest.root)
        heading = Listed([(f"{count} in ", "muted")], name, "accent")
        listed += [*([heading] if len(folders) > 1 else []), *map(_line, inside)]
    return Document(
        newest, [*_facts(burst, changes), _way_in()], [], Side(), Side(), [], "", reviews=_noted(changes),
        compared="burst", burst=burst, title=_title(files, newest.root), listed=listed,
    )  # fmt: skip


def changes_of(record: Record, burst: Burst) -> list[Change]:
    """Its changes, the oldest first. For a thread.

    Raises:
        NoSuchChange: they are not there any more.
    """
    newest, oldest = key_of(burst.newest), key_of(burst.oldest)
    read = record.log(burst.filters, limit=None, before=newest, after=oldest, inclusive=True, reverse=True)
    mine = burst.newest.recorder_id, burst.newest.root
    return [change for change in read if (change.recorder_id, change.root) == mine]


def noted(record: Record, burst: Burst) -> list[str]:
    """The notes on its changes. For a thread.

    Raises:
        NoSuchChange: they are not there any more.
    """
    return _noted(changes_of(record, burst))


def _noted(changes: Sequence[Change]) -> list[str]:
    notes = [change.note for change in reversed(changes) if change.note]
    if not notes:
        return []
    newest = note_text(notes[0])
    on = "all of them" if len(notes) == len(changes) else f"{wording.number(len(notes))} of them"
    return [f"Note on {on}: {newest}" if len(set(notes)) == 1 else f"Notes on {on}, on the newest: {newest}"]


def _files(changes: Iterable[Change]) -> list[_File]:
    """The files that these changes, oldest first, changed."""
    found: dict[bytes, list[Change]] = {}
    for change in changes:
        found.setdefault(change.file_id, []).append(change)
    return [_file(its) for its in found.values()]


def _file(changes: Sequence[Change]) -> _File:
    last = changes[-1]
    path = wording.relative_path(last.path, last.root, with_root=False)
    was = next((change.previous_path for change in changes if change.previous_path is not None), None)
    previous = "" if was is None else wording.relative_path(was, last.root, with_root=False)
    return _File(path, previous if previous != path else "", changes)


def _title(files: Sequence[_File], root: bytes) -> str:
    folder = os.path.commonpath([file.folder for file in files]) if files else ""
    return f"{wording.plural(len(files), 'file')} in {folder or wording.name_of(root)}"


def _facts(burst: Burst, changes: Sequence[Change]) -> list[str]:
    """Which changes, when, and who made them."""
    newest, oldest = burst.newest, burst.oldest
    since, until = (wording.moment(time_ns) for time_ns in sorted((oldest.time_ns, newest.time_ns)))
    when = since if since == until else f"{since} to {until[11:] if since[:10] == until[:10] else until}"
    made = {(change.process, change.owner, change.process_info): change for change in changes}.values()
    who = {" ".join(by_whom(change)) for change in made}
    about = {tuple(circumstances(change)) for change in made}
    by = who.pop() if len(who) == 1 else _programs(changes)
    line = "  ".join(filter(None, (f"#{oldest.sequence} to {wording.number_of(newest)}", when, by)))
    return [line, *(about.pop() if len(about) == 1 else ())]


def _programs(changes: Iterable[Change]) -> str:
    """Those that made most of the changes."""
    made = Counter(name for change in changes for name in names_of(change.process))
    named = [visible(name) for name, _ in made.most_common(_NAMED)]
    more = f" and {wording.number(len(made) - _NAMED)} more" if len(made) > _NAMED else ""
    return f"by {', '.join(named)}{more}" if named else ""


def _way_in() -> str:
    return f"{keys.shown('log.diff')} in the log opens and closes it: a line for each change."


def _sum(changes: Sequence[Change]) -> Listed:
    """How many changes there are of each kind, and of how many lines."""
    kinds = Counter(change.kind for change in changes)
    begun = [(f"{wording.number(kinds[kind])} {kind.value}  ", kind.value) for kind in Kind if kinds[kind]]
    return Listed([*begun, *_lines(changes, 0)])


def _line(file: _File) -> Listed:
    kind = file.kind
    begun = [
        (f"   {wording.SIGNS[kind]} ", kind.value),
        *(_lines(file.changes, _COUNT) or [_without_lines(file)]),
    ]
    name = os.path.basename(file.path)
    if file.previous:
        name += f" ← {wording.moved_from(file.previous, file.path)}"
    count = len(file.changes)
    return Listed([*begun, ("  ", "text")], name + (f"  {count} changes" if count > 1 else ""))


def _lines(changes: Sequence[Change], column: int) -> list[tuple[str, str]]:
    """Counts of lines in columns, or as short as they are; nothing where nobody counted them."""
    counts = (
        ("+", "created", [change.inserted for change in changes]),
        ("~", "modified", [change.updated for change in changes]),
        ("-", "deleted", [change.deleted for change in changes]),
    )
    if all(count is None for _, _, found in counts for count in found):
        return []
    told = []
    for sign, style, found in counts:
        lines = sum(count or 0 for count in found)
        text = f"{sign}{wording.short(lines)}" if lines else ""
        if text or column:
            told.append((text.rjust(column) if column else f"{text} ", style))
    return told


def _without_lines(file: _File) -> tuple[str, str]:
    last = file.changes[-1]
    kept = last.previous_capture or last.capture
    is_same = all(change.before == change.after for change in file.changes)
    words = wording.NOT_KEPT.get(
        kept, "" if is_same else f"binary {wording.size(last.size)}" if last.size else "binary"
    )
    return words.rjust(3 * _COUNT), "warning" if kept in wording.NOT_KEPT else "muted"
