"""Any two versions as a document: of two changes, or of a change and the disk."""

from __future__ import annotations

from fcm_tui.errors import FcmError, NotSoError
from fcm_tui.model import Capture, Change, Kind
from fcm_tui.review import wording
from fcm_tui.review.documents import modes
from fcm_tui.review.documents.comparing import Pair, compare
from fcm_tui.review.documents.document import Document, Side, sorry
from fcm_tui.review.documents.on_disk import read_now
from fcm_tui.review.source import Record
from fcm_tui.safetext import visible, visible_path
from fcm_tui.settings.config import Settings


def of_two(record: Record, old: Change, new: Change) -> Document:
    """The version after one change compared with that after another. For a thread."""
    said = [
        f"{wording.number_of(old)} {wording.moment(old.time_ns)}  →  {wording.number_of(new)} {wording.moment(new.time_ns)}"
    ]
    notes = []
    if old.path != new.path:
        notes.append(f"{visible_path(old.path)} → {visible_path(new.path)}")
    if old.kind is Kind.DELETED or new.kind is Kind.DELETED:
        notes.append(f"#{(old if old.kind is Kind.DELETED else new).sequence} deleted the file.")
    try:
        pair = Pair(new, said, _after(record, old), _after(record, new), notes, "marked")
    except FcmError as error:
        return sorry(new, visible(str(error)), compared="marked")
    return _compared(pair, "Both versions are the same.", (old.mode, new.mode))._replace(marked=old)


def with_disk(record: Record, change: Change, settings: Settings) -> Document:
    """The version after a change compared with the file at its path now. For a thread."""
    said = [f"{wording.number_of(change)} {wording.moment(change.time_ns)}  →  on disk now"]
    try:
        now = read_now(change, settings)
        notes = ["There is no file on disk."] if now is None else []
        content, mode = (None, None) if now is None else now
        pair = Pair(change, said, _after(record, change), content, notes, "disk")
    except FcmError as error:
        return sorry(change, visible(str(error)), compared="disk")
    return _compared(pair, "The file on disk is that version.", (change.mode, mode))


def _compared(pair: Pair, same: str, each: tuple[int | None, int | None]) -> Document:
    """The document of a pair; `each` is the mode of each side, and `same` is said where nothing differs at all."""
    other_mode = modes.told(*each) if modes.differ(*each) else ""
    if pair.old == pair.new:
        said = f"The content is the same; {other_mode}" if other_mode else same
        notes = pair.notes if pair.old is None else [*pair.notes, said]
        return Document(pair.change, pair.facts, notes, Side(), Side(), [], "", compared=pair.compared)
    if other_mode:
        pair.notes.append(other_mode)
    return compare(pair)


def _after(record: Record, change: Change) -> bytes | None:
    if change.kind is Kind.DELETED:
        return None
    if change.capture is not Capture.STORED or change.after is None:
        kept = wording.NOT_KEPT.get(change.capture, "no content")
        raise NotSoError(f"The version of change {change.sequence} was not kept: {kept}.")
    return record.content(change.after)
