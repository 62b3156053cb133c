"""The lines of the log: changes, bursts as one line, and what stands between changes (days, gaps).

What is between rows, and which of them are a burst, is known only where rows have been read. Elsewhere a row counts as a
line; once it is read, lines may become fewer. Places count as the pages do: 0 is the row that was the newest when the log
was opened, those that arrived later are negative.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Sequence
from typing import NamedTuple

from fcm_tui.model import Change, Gap
from fcm_tui.review.log.folds import MOST, Fold
from fcm_tui.store.reading.changes import Where
from fcm_tui.store.reading.neighbours import are_together

Between = Callable[[Change, Change | None], Sequence["Mark"]]
"""What stands between a change and the one before it; None for the log's end."""


class Mark(NamedTuple):
    """A line of its own between two changes: a gap, how many more there are, or else a day's begin (ns)."""

    gap: Gap | None = None
    day_ns: int = 0
    more: int = 0


class Line(NamedTuple):
    """What a line shows: a mark, a burst, else the row at `place`."""

    place: int
    mark: Mark | None = None
    fold: Fold | None = None


class LogLines:
    """Which line shows what. Knows no page, and reads nothing."""

    def __init__(self, between: Between) -> None:
        self._between = between
        self.is_folding = True
        self.reset()

    def reset(self) -> None:
        """Nothing has been read."""
        self._starts: dict[int, Fold] = {}
        self._stops: dict[int, Fold] = {}
        self._marks: dict[int, Sequence[Mark]] = {}
        self._first = self._stop = 0
        self._top: Sequence[Mark] = ()
        self._made: list[Line] | None = None
        self._at: list[int] = []
        self._places: list[int] = []
        self._count = 0

    def extend(self, first: int, stop: int, top: Sequence[Mark] = ()) -> None:
        """The log goes from place `first` to `stop`, with `top` above it."""
        if (first, stop, top) != (self._first, self._stop, self._top):
            self._first, self._stop, self._top = first, stop, top
            self._made = None

    def learn(self, place: int, rows: Sequence[Change], *, is_end: bool = False) -> None:
        """What was read at `place` and the places that follow, each of them once; `is_end` where nothing follows."""
        if not rows:
            return
        self._made = None
        folds = [Fold.of(place, rows[0])]
        for at, change in enumerate(rows[1:], place + 1):
            if self._are_one(folds[-1].oldest, change, at):
                folds[-1].add(Fold.of(at, change))
            else:
                folds.append(Fold.of(at, change))
        for fold in folds:  # of the others nothing has to be known any more
            if fold.is_line or fold in (folds[0], folds[-1]):
                self._starts[fold.start] = self._stops[fold.stop] = fold
        for border in (place, place + len(rows)):
            newer, older = self._stops.get(border), self._starts.get(border)
            if newer is not None and older is not None and self._are_one(newer.oldest, older.newest, border):
                del self._stops[border], self._starts[border]
                newer.add(older)
                self._stops[newer.stop] = newer
        if is_end and (marks := self._between(rows[-1], None)):
            self._marks[place + len(rows)] = marks

    def _are_one(self, newer: Change, older: Change, border: int) -> bool:
        """Whether neighbours belong together; what stands between them is noted."""
        if marks := self._between(newer, older):
            self._marks[border] = marks
            return False
        is_end = border % MOST == 0 and border != 0  # at 0, what came since the log was opened goes on
        return not is_end and are_together(newer, older)

    # --- lines

    def __len__(self) -> int:
        self._make()
        return self._count

    def _make(self) -> list[Line]:
        """Where each stretch of rows, and each line that is none, begins."""
        if self._made is not None:
            return self._made
        self._made, self._at, self._places, self._count = [], [], [], 0
        here = self._first
        for mark in self._top:
            self._put(Line(here, mark=mark), 1)
        folds = (
            {start: fold for start, fold in self._starts.items() if fold.is_line} if self.is_folding else {}
        )
        for place in sorted({*folds, *self._marks}):
            if place > here:
                self._put(Line(here), place - here)
                here = place
            for mark in self._marks.get(place, ()):
                self._put(Line(place, mark=mark), 1)
            if (fold := folds.get(place)) is not None:
                self._put(Line(place, fold=fold), 1)
                here = place if fold.is_open else fold.stop
        if self._stop > here:
            self._put(Line(here), self._stop - here)
        return self._made

    def _put(self, line: Line, lines: int) -> None:
        assert self._made is not None
        self._made.append(line)
        self._at.append(self._count)
        self._places.append(line.place)
        self._count += lines

    @property
    def above(self) -> int:
        """How many lines stand above the newest change; 0 where there is none."""
        return len(self._top) if self._stop > self._first else 0

    def at(self, number: int) -> Line:
        """What a line shows."""
        made = self._make()
        found = bisect.bisect_right(self._at, number) - 1
        line = made[found]
        if line.mark is not None or line.fold is not None:
            return line
        return Line(line.place + number - self._at[found])

    def line_of(self, place: int) -> int:
        """The line of the row at a place, or of the burst that it is hidden in."""
        made = self._make()
        found = bisect.bisect_right(self._places, place) - 1
        if found < 0:
            return 0
        line = made[found]
        if line.mark is not None or line.fold is not None:
            return self._at[found]
        return self._at[found] + place - line.place

    def head_of(self, place: int) -> Fold | None:
        """The burst that a place belongs to, open or not."""
        if not self.is_folding:
            return None
        return next((f for f in self._starts.values() if f.start <= place < f.stop and f.is_line), None)

    def line_of_head(self, fold: Fold) -> int:
        """The line that stands for a burst."""
        made = self._make()
        found = bisect.bisect_left(self._places, fold.start)
        while found < len(made) and made[found].fold is not fold:
            found += 1
        return self._at[found]

    def turn(self, fold: Fold, *, is_open: bool) -> None:
        """Open or close a burst."""
        fold.is_open = is_open
        self._made = None

    def switch(self) -> None:
        """Bursts as one line, or every change by itself."""
        self.is_folding = not self.is_folding
        self._made = None

    def marked(
        self, newest: Where, oldest: Where, *, reviewed: bool, row: Callable[[int], Change | None]
    ) -> None:
        """Note that what is between two places was reviewed, or not after all.

        Args:
            row: the row at a place as it is now, where it is known.
        """
        for fold in self._starts.values():
            first, last = fold.span
            if oldest <= last and first <= newest:
                fold.reviewed = len(fold) * reviewed
            elif oldest <= first and last <= newest:
                _recount(fold, row)

    def recount(self, row: Callable[[int], Change | None]) -> None:
        """Some changes, anywhere, were reviewed or not after all; `row` as for `marked`."""
        for fold in self._starts.values():
            _recount(fold, row)


def _recount(fold: Fold, row: Callable[[int], Change | None]) -> None:
    rows = [row(place) for place in range(fold.start, fold.stop)]
    if None not in rows:
        fold.reviewed = sum(change.reviewed for change in rows if change is not None)
