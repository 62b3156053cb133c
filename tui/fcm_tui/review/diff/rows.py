"""Which lines stand in which row of a diff, one below the other and side by side."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fcm_tui.model import Hunk

SAME, ADDED, REMOVED, FOLD, FILE = 0, 1, 2, 3, 4
NOTHING = -1


class Place(NamedTuple):
    """A line of one side (0 the old one), or a file (2), counted from 0."""

    side: int
    line: int


@dataclass(slots=True)
class Rows:
    """Three numbers a row: its kind, the old line's index and the new line's, counted from 0.

    A fold has the number of lines it hides, and the row's old index, instead.
    """

    kinds: array[int]
    old: array[int]
    new: array[int]
    hunks: list[int]
    """The row at which each hunk begins."""

    folds: dict[int, int]
    """The rows that are folds, and the new line at which each begins."""
    heads: dict[int, int]
    """The rows that are the heads of files, and which files."""
    split: bool = False
    """Side by side: a row has a line of each side."""

    def __len__(self) -> int:
        return len(self.kinds)

    def place(self, row: int) -> Place:
        """What stands in a row, in words that hold in every layout."""
        if self.kinds[row] == FOLD:
            return Place(0, self.new[row])
        if self.kinds[row] == FILE:
            return Place(2, self.heads[row])
        if self.kinds[row] == ADDED:
            return Place(1, self.new[row])
        return Place(0, self.old[row])

    def row_of(self, place: Place) -> int:
        """The row in which a line stands, or the fold that hides it; the last one where there is neither."""
        side, line = place
        if side == 2:
            return next((row for row, file in self.heads.items() if file == line), 0)
        numbers, other = (self.new, REMOVED) if side else (self.old, ADDED)
        at = -1
        try:
            while True:
                at = numbers.index(line, at + 1)
                if self.kinds[at] == SAME or (
                    self.kinds[at] != FOLD and (self.split or self.kinds[at] != other)
                ):
                    return at
        except ValueError:
            pass
        for row, first_new in self.folds.items():
            first = first_new if side else self.new[row]
            if first <= line < first + self.old[row]:
                return row
        return max(0, len(self) - 1)

    def add(self, kind: int, old: range | None, new: range | None) -> None:
        """Rows of one kind; where one side is None, its lines are missing."""
        count = len(old) if old is not None else len(new or ())
        self.kinds.extend([kind] * count)
        self.old.extend(old if old is not None else [NOTHING] * count)
        self.new.extend(new if new is not None else [NOTHING] * count)


def rows(
    hunks: Sequence[Hunk],
    old_count: int,
    new_count: int,
    *,
    context: int | None,
    split: bool,
    files: Sequence[tuple[int, int]] = (),
) -> Rows:
    """The rows of a diff; `context` lines around each hunk, or the whole file for None.

    One below the other, an updated line knows its partner (the same place in the hunk) all the
    same: the words that differ are marked by it. Side by side, a row has one line of each side.
    `files` are the old and the new line at which each begins, where the lines are those of several.
    """
    made = Rows(array("b"), array("i"), array("i"), [], {}, {}, split)
    begun = _Begun(made, context)
    if not files:
        _one_file(begun, hunks, old_count)
        if not hunks:
            begun.same(min(old_count, new_count))
        return made
    ends = [*files[1:], (old_count, new_count)]
    at = 0
    for number, (old_end, new_end) in enumerate(ends):
        made.heads[len(made)] = number
        made.kinds.append(FILE)
        made.old.append(NOTHING)
        made.new.append(NOTHING)
        first = at
        while at < len(hunks) and (hunks[at].old_start <= old_end or hunks[at].new_start <= new_end):
            at += 1
        _one_file(begun, hunks[first:at], old_end)
        begun.old, begun.new = old_end, new_end
    return made


@dataclass(slots=True)
class _Begun:
    """Rows on their way, and the next line of each side."""

    made: Rows
    context: int | None
    old: int = 0
    new: int = 0

    def same(self, count: int) -> None:
        """Lines that both sides have."""
        self.made.add(SAME, range(self.old, self.old + count), range(self.new, self.new + count))
        self.old += count
        self.new += count

    def between(self, count: int, *, first: bool, last: bool) -> None:
        """Lines that both sides have, folded but for the context of the hunks around them."""
        if self.context is None:
            return self.same(count)
        head, tail = 0 if first else self.context, 0 if last else self.context
        if count <= head + tail + 1:
            return self.same(count)
        self.same(head)
        hidden = count - head - tail
        made = self.made
        made.folds[len(made)] = self.new
        made.kinds.append(FOLD)
        made.old.append(hidden)
        made.new.append(self.old)
        self.old += hidden
        self.new += hidden
        self.same(tail)
        return None


def _one_file(begun: _Begun, hunks: Sequence[Hunk], old_end: int) -> None:
    made = begun.made
    for number, hunk in enumerate(hunks):
        begun.between(hunk.old_start - 1 - begun.old, first=number == 0, last=False)
        made.hunks.append(len(made))
        removed = range(hunk.old_start - 1, hunk.old_start - 1 + hunk.old_count)
        added = range(hunk.new_start - 1, hunk.new_start - 1 + hunk.new_count)
        pairs = min(len(removed), len(added))
        made.add(REMOVED, removed[:pairs], added[:pairs])
        made.add(REMOVED, removed[pairs:], None)
        if not made.split:
            made.add(ADDED, removed[:pairs], added[:pairs])
        made.add(ADDED, None, added[pairs:])
        begun.old, begun.new = removed.stop, added.stop
    if hunks:
        begun.between(old_end - begun.old, first=False, last=True)
