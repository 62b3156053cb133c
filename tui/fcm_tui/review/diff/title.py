"""What the title over the diff says."""

from __future__ import annotations

from fcm_tui.review import wording
from fcm_tui.review.diff.reader import ChangeView


def title(view: ChangeView, *, with_root: bool) -> list[str]:
    """The path of the change, and then how it is laid out and where in it one is, the least important first."""
    document = view.document
    if document is None:
        return [""]
    hunk, hunks = view.hunk_at
    at = f"hunk {hunk} of {hunks}" if hunk and hunks else wording.plural(hunks, "hunk") if hunks else ""
    change = document.change
    old, new = bool(document.old.lines), bool(document.new.lines)
    told = view.shape.told(has_context=not document.partial, has_sides=old and new) if old or new else []
    if (marked := view.reader.mark.change) is not None:
        told.append("marked" if view.reader.mark.is_on(change) else f"{wording.number_of(marked)} marked")
    if view.reader.awaited is not None:
        told.append(f"reading {wording.number_of(view.reader.awaited)}…")
    if view.shape.blind and (old or new):
        hidden = f", {wording.plural(view.vanished, 'hunk')} of it hidden" if view.vanished else ""
        told.append(f"whitespace ignored{hidden}")
    path = document.title or wording.relative_path(change.path, change.root, with_root=with_root)
    if document.files:
        file = max(1, view.file_at)
        path = document.files[file - 1].path
        told.append(f"file {file} of {len(document.files)}")
    return [path, *told, view.told() or at]
