"""The fewest lines that any diff of two texts can change."""

from __future__ import annotations

from fcm_tui.diff.split import split_lines


def fewest_changes(old: bytes, new: bytes) -> int:
    """Deleted and inserted lines of the shortest edit script; for some thousand lines at most."""
    if not old or not new:
        return len(split_lines(old or new))
    from rapidfuzz.distance import Indel  # a tenth of a second, and most changes do without

    return Indel.distance(split_lines(old), split_lines(new))
