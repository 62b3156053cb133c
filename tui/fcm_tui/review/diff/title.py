"""What the title over the diff says."""

from __future__ import annotations

from fcm_tui.review import wording
from fcm_tui.review.diff.reader import ChangeView
from fcm_tui.store.reading.changes import key_of


def title(view: ChangeView, *, with_root: bool) -> tuple[str, str]:
    """The path of the change, and where in it one is and how it is laid out."""
    document = view.document
    if document is None:
        return "", ""
    hunk, hunks = view.hunk_at
    at = f"hunk {hunk} of {hunks}" if hunk and hunks else wording.plural(hunks, "hunk") if hunks else ""
    change = document.change
    told = view.shape.told(has_context=not document.partial)
    if (marked := view.reader.marked) is not None:
        told.insert(
            0, "marked" if key_of(marked) == key_of(change) else f"{wording.number_of(marked)} marked"
        )
    if view.shape.blind:
        hidden = view.vanished
        told.append(
            "whitespace ignored" + (f", {wording.plural(hidden, 'hunk')} of it hidden" if hidden else "")
        )
    awaited = view.reader.awaited
    told = told if awaited is None else [f"reading {wording.number_of(awaited)}…", *told]
    where = ", ".join(filter(None, [*told, view.told() or at]))
    if document.files:
        file = max(1, view.file_at)
        return document.files[file - 1].title, f"file {file} of {len(document.files)}, {where}"
    return wording.relative_path(change.path, change.root, with_root=with_root), where
