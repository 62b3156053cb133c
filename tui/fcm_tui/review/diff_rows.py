"""Which lines stand in which row of a diff, one below the other and side by side."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import NamedTuple

from fcm_tui.model import Hunk

SAME, ADDED, REMOVED, FOLD = 0, 1, 2, 3
NOTHING = -1


class Place(NamedTuple):
    """A line of one side (0 the old one), counted from 0."""

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
    split: bool = False
    """Side by side: a row has a line of each side."""

    def __len__(self) -> int:
        return len(self.kinds)

    def place(self, row: int) -> Place:
        """What stands in a row, in words that hold in every layout."""
        if self.kinds[row] == FOLD:
            return Place(0, self.new[row])
        if self.kinds[row] == ADDED:
            return Place(1, self.new[row])
        return Place(0, self.old[row])

    def row_of(self, place: Place) -> int:
        """The row in which a line stands, or the fold that hides it; the last one where there is neither."""
        side, line = place
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


def rows(hunks: list[Hunk], old_count: int, new_count: int, *, context: int | None, split: bool) -> Rows:
    """The rows of a diff; `context` lines around each hunk, or the whole file for None.

    One below the other, an updated line knows its partner (the same place in the hunk) all the
    same: the words that differ are marked by it. Side by side, a row has one line of each side.
    """
    made = Rows(array("b"), array("i"), array("i"), [], {}, split)
    at_old = at_new = 0

    def same(count: int) -> None:
        nonlocal at_old, at_new
        made.add(SAME, range(at_old, at_old + count), range(at_new, at_new + count))
        at_old += count
        at_new += count

    def between(count: int, *, first: bool, last: bool) -> None:
        nonlocal at_old, at_new
        if context is None:
            return same(count)
        head, tail = 0 if first else context, 0 if last else context
        if count <= head + tail + 1:
            return same(count)
        same(head)
        hidden = count - head - tail
        made.folds[len(made)] = at_new
        made.kinds.append(FOLD)
        made.old.append(hidden)
        made.new.append(at_old)
        at_old += hidden
        at_new += hidden
        same(tail)
        return None

    for number, hunk in enumerate(hunks):
        between(hunk.old_start - 1 - at_old, first=number == 0, last=False)
        made.hunks.append(len(made))
        removed = range(hunk.old_start - 1, hunk.old_start - 1 + hunk.old_count)
        added = range(hunk.new_start - 1, hunk.new_start - 1 + hunk.new_count)
        pairs = min(len(removed), len(added))
        if split:
            made.add(REMOVED, removed[:pairs], added[:pairs])
            made.add(REMOVED, removed[pairs:], None)
            made.add(ADDED, None, added[pairs:])
        else:
            made.add(REMOVED, removed[:pairs], added[:pairs])
            made.add(REMOVED, removed[pairs:], None)
            made.add(ADDED, removed[:pairs], added[:pairs])
            made.add(ADDED, None, added[pairs:])
        at_old, at_new = removed.stop, added.stop
    if hunks:
        between(old_count - at_old, first=False, last=True)
    else:
        same(min(old_count, new_count))
    return made
