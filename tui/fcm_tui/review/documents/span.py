"""All files that differ between two moments, one below the other in one document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fcm_tui.errors import FcmError
from fcm_tui.model import Change, Hunk, Kind
from fcm_tui.review import wording
from fcm_tui.review.documents import modes
from fcm_tui.review.documents.comparing import Pair, compare
from fcm_tui.review.documents.document import Document, FilePart, Side, Span
from fcm_tui.review.source import Record, reader_of
from fcm_tui.safetext import visible
from fcm_tui.store.reading import past
from fcm_tui.store.reading.changes import key_of
from fcm_tui.store.reading.filters import Filters

_CHANGES = 20_000
"""Changes between the two moments that are looked at."""
_FILES = 200
"""Files that are shown."""
_BYTES = 16_000_000
"""Of all the versions that are shown, together."""


@dataclass(frozen=True, slots=True)
class _Version:
    """What stood at a path at one of the two moments."""

    path: bytes
    digest: bytes | None
    """None where it could not be read."""
    change: Change = field(compare=False)
    """Which left it, or else replaced it."""


@dataclass(slots=True)
class _File:
    """A file at the two moments; None where it was not there."""

    old: _Version | None
    new: _Version | None
    last: Change
    """The last change that made it so."""
    mode: str = ""
    """How its mode differs, in words."""

    @property
    def differs(self) -> bool:
        """What was done was not undone again."""
        return self.old != self.new or bool(self.mode)

    @property
    def path(self) -> bytes:
        there = self.new or self.old
        return there.path if there is not None else self.last.path


class _Together:
    """The documents of files, put one below the other."""

    def __init__(self) -> None:
        self.old: list[str] = []
        self.new: list[str] = []
        self.hunks: list[Hunk] = []
        self.files: list[FilePart] = []
        self.moved: tuple[dict[int, int], dict[int, int]] = ({}, {})

    def add(self, last: Change, path: str, about: str, document: Document | None) -> None:
        old, new = len(self.old), len(self.new)
        part = FilePart(path, old, new, change=last, about=about)
        if document is None or document.hex:
            self.files.append(part)
            return
        self.files.append(part._replace(name=document.name, contents=document.contents or (None, None)))
        self.old += document.old.lines
        self.new += document.new.lines
        self.hunks += [hunk.shifted(old, new) for hunk in document.hunks]
        _shift(self.moved[0], document.moved[0], old, new)
        _shift(self.moved[1], document.moved[1], new, old)


def between(record: Record, one: Change, other: Change, within: bytes | None) -> Document:
    """What differs between the moments after two changes, in a folder or everywhere. For a thread."""
    older, newer = sorted((one, other), key=key_of)
    host = older.recorder_id.hex() if record.is_server else None
    changes = record.log(Filters(path=within, host=host), limit=_CHANGES, after=key_of(older), reverse=True)
    upto = [change for change in changes if key_of(change) <= key_of(newer)]
    said = "  →  ".join(
        f"{wording.number_of(change)} {wording.moment(change.time_ns)}" for change in (older, newer)
    )
    document = _document(record, other, upto, said, within, all_of_them=len(changes) < _CHANGES)
    return document._replace(span=Span(older, within))


def since(record: Record, path: bytes, at_ns: int, host: str = "") -> Document | None:
    """What differs in a folder between a moment and the newest change; None where nothing happened. For a thread.

    Where several hosts may have such a folder, `host` tells whose it is.
    """
    own, filters = record.recorder(), Filters(path=path, since_ns=at_ns + 1, host=host or None)
    changes = [
        change
        for change in record.log(filters, limit=_CHANGES, reverse=True)
        if own is None or change.recorder_id == own.recorder_id
    ]
    if not changes:
        return None
    said = f"{wording.moment(at_ns)}  →  now, #{changes[-1].sequence}"
    return _document(record, changes[-1], changes, said, path, all_of_them=len(changes) < _CHANGES)


def _document(
    record: Record,
    shown_as: Change,
    changes: list[Change],
    said: str,
    within: bytes | None,
    *,
    all_of_them: bool,
) -> Document:
    together, left = _Together(), _BYTES
    own = [change for change in changes if change.recorder_id == shown_as.recorder_id]
    files = _files(own)
    _compare_modes(record, shown_as.recorder_id, files)
    shown = [file for file in files if file.differs]
    for file in shown[:_FILES]:
        why, document, size = _part(record, file, left)
        together.add(file.last, _path(file), _about(file, why), document)
        left -= size
    count, differ = wording.plural(len(shown), "file"), "differs" if len(shown) == 1 else "differ"
    everywhere = f"{count} {differ}, in all directories"
    facts = [said, everywhere if within is None else f"{count} in {_folder(within, shown_as.root)} {differ}"]
    notes = []
    if len(shown) > _FILES or not all_of_them:
        notes.append(
            f"Too many to be shown at once: these are the first {wording.number(len(together.files))}."
        )
    return Document(
        shown_as, facts, notes, Side(together.old), Side(together.new), together.hunks, "",
        compared="span", files=together.files, moved=together.moved,
    )  # fmt: skip


def _folder(path: bytes, root: bytes) -> str:
    """As the log names it; a root by its own name."""
    return wording.name_of(root) if path == root else wording.relative_path(path, root, with_root=True)


def _files(changes: list[Change]) -> list[_File]:
    """The files that these changes, oldest first, changed, by path."""
    found: dict[bytes, _File] = {}
    for change in changes:
        file = found.get(change.file_id)
        if file is None:
            created = change.kind is Kind.CREATED
            old = None if created else _Version(change.previous_path or change.path, change.before, change)
            file = found[change.file_id] = _File(old, None, change)
        file.new = None if change.kind is Kind.DELETED else _Version(change.path, change.after, change)
        file.last = change
    return sorted(_by_path([*found.values()]), key=lambda file: file.path)


def _compare_modes(record: Record, recorder_id: bytes, files: list[_File]) -> None:
    """Note of each file how its mode differs."""
    both = [(file, file.old.change, file.new.change) for file in files if file.old and file.new]
    before = past.modes_before(
        reader_of(record).connection, recorder_id, [first.sequence for _, first, _ in both]
    )
    for file, first, last in both:
        old = before.get(first.sequence)
        file.mode = modes.told(old, last.mode) if modes.differ(old, last.mode) else ""


def _by_path(files: list[_File]) -> list[_File]:
    """Where one file took another's path, the path is one file at both moments: a restored file is a new one."""
    old = {file.old.path: file for file in files if file.old is not None}
    new = {file.new.path: file for file in files if file.new is not None}
    taken = [path for path in old if path in new and old[path] is not new[path]]
    together = [_File(old[path].old, new[path].new, new[path].last) for path in taken]
    for path in taken:
        old[path].old = new[path].new = None
    return [*files, *together]


def _part(record: Record, file: _File, left: int) -> tuple[str, Document | None, int]:
    """What there is to say of it, what differs in it if that can be shown in the bytes that are left, and how many of them
    it takes.
    """
    if file.old is not None and file.new is not None and file.old.digest == file.new.digest:
        return "", None, 0
    connection = reader_of(record).connection
    old = None if file.old is None else past.before(connection, file.old.change)
    new = None if file.new is None else past.after(connection, file.new.change)
    which = "" if new is None else "the version before is "
    if why := _not_kept(record, new) or _not_kept(record, old, which):
        return why, None, 0
    size = sum(version.size for version in (old, new) if version is not None)
    if size > left:
        return "too much to show here", None, 0
    try:
        pair = Pair(file.last, [], _content(record, old), _content(record, new), compared="span")
    except FcmError as error:
        return visible(str(error)), None, 0
    document = compare(pair)
    return "; ".join(document.notes[:1]), document, 0 if document.hex else size


def _content(record: Record, version: past.Version | None) -> bytes | None:
    return None if version is None else record.content(version.digest or b"")


def _not_kept(record: Record, version: past.Version | None, what: str = "") -> str:
    """Why there is no content, where that is known; `what` is said in front of it."""
    reader = reader_of(record)
    if version is None or (version.digest is not None and reader.contents.known([version.digest])):
        return ""
    capture = past.capture_of(reader.connection, version.file_id, version.digest)
    return f"{what}not kept: {wording.NOT_KEPT[capture]}" if capture in wording.NOT_KEPT else ""


def _path(file: _File) -> str:
    root = file.last.root
    path = wording.relative_path(file.path, root, with_root=False)
    if file.old is not None and file.old.path != file.path:
        path = f"{wording.relative_path(file.old.path, root, with_root=False)} → {path}"
    return path


def _about(file: _File, why: str) -> str:
    kind = "created" if file.old is None else "deleted" if file.new is None else ""
    return "  ".join(filter(None, (kind, file.mode, why)))


def _shift(into: dict[int, int], moved: Mapping[int, int], here: int, there: int) -> None:
    into.update((line + here, other + there) for line, other in moved.items())
