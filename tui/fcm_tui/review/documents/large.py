"""A text too large to be read for the screen: its changed lines, as the record keeps them, and nothing else."""

from __future__ import annotations

from fcm_tui.diff.made_lines import MadeLines
from fcm_tui.model import Change, Kind
from fcm_tui.review import wording
from fcm_tui.review.documents.document import Document, Side
from fcm_tui.review.source import Record
from fcm_tui.safetext import visible

LARGE = 16_000_000
"""Bytes of a text from which on its contents are not read."""
_CHARACTERS = 8_000_000
_TAB = 4


class SparseLines(MadeLines):
    """Some lines of a text, each at its place."""

    def __init__(self) -> None:
        self._lines: dict[int, str] = {}
        self._count = 0

    def put(self, first: int, count: int, text: str) -> None:
        """The lines of a hunk, as far as they were kept."""
        lines = text.split("\n")
        if not lines[-1]:
            lines.pop()
        for index, line in enumerate(lines[:count], first):
            self._lines[index] = visible(line.removesuffix("\r").expandtabs(_TAB))
        self._count = max(self._count, first + count)

    def __len__(self) -> int:
        return self._count

    def line(self, index: int) -> str:
        return self._lines.get(index, "⋯")


def is_large(change: Change) -> bool:
    """A text whose changed lines stand for it."""
    texts = change.inserted is not None and change.kind in (Kind.CREATED, Kind.MODIFIED, Kind.MOVED)
    return texts and (change.size or 0) >= LARGE


def changed_lines(record: Record, change: Change, facts: list[str], notes: list[str]) -> Document | None:
    """The document of a large text; None where the record has no lines of it. For a thread."""
    kept = record.kept_hunks(change, _CHARACTERS)
    if not kept:
        return None
    old, new = SparseLines(), SparseLines()
    for hunk, before, after in kept:
        old.put(hunk.old_start - 1, hunk.old_count, before)
        new.put(hunk.new_start - 1, hunk.new_count, after)
    said = f"A large file, {wording.size(change.size)}: only its changed lines are read and shown."
    counted = (change.inserted or 0) + (change.updated or 0)
    if sum(hunk.new_count for hunk, _, _ in kept) < counted:
        said = f"{said[:-1]}, the first {wording.plural(len(kept), 'hunk')}."
    hunks = [hunk for hunk, _, _ in kept]
    return Document(change, facts, [*notes, said], Side(old), Side(new), hunks, "", partial=True)
