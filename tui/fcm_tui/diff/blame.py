"""Which of a file's changes each line of a version came with: its hunks, walked back from there."""

from __future__ import annotations

from collections.abc import Sequence

from fcm_tui.model import Hunk


class Walk:
    """The lines of one version, each followed back until the change that brought it is found.

    Held as stretches of lines that are still together, in the order of the older version reached, so
    a step costs as much as it has hunks and stretches, however many lines there are.
    """

    def __init__(self, lines: int) -> None:
        self.owners: list[int | None] = [None] * lines
        """By line, from 0: the number of the change that brought it; None where that is not known yet."""
        self._open: list[tuple[int, int, int]] = [(0, 0, lines)] if lines else []
        """First line in the version begun with, first line in the one reached, count."""

    @property
    def is_done(self) -> bool:
        """Every line has its change."""
        return not self._open

    def back(self, change: int, hunks: Sequence[Hunk]) -> None:
        """Go back over one change: the new lines of its hunks are its own."""
        kept: list[tuple[int, int, int]] = []
        number, shift = 0, 0
        for first, start, count in self._open:
            while count:
                # hunks that end in front of the stretch only move it
                while number < len(hunks) and _end(hunks[number]) <= start:
                    shift += hunks[number].old_count - hunks[number].new_count
                    number += 1
                ahead = count if number == len(hunks) else min(count, hunks[number].new_start - 1 - start)
                if ahead > 0:
                    _keep(kept, first, start + shift, ahead)
                    first, start, count = first + ahead, start + ahead, count - ahead
                    continue
                own = min(count, _end(hunks[number]) - start)
                self.owners[first : first + own] = [change] * own
                first, start, count = first + own, start + own, count - own
        self._open = kept

    def rest(self, change: int) -> None:
        """All that is left came with this change: before it there was no such file."""
        for first, _, count in self._open:
            self.owners[first : first + count] = [change] * count
        self._open = []


def _end(hunk: Hunk) -> int:
    return hunk.new_start - 1 + hunk.new_count


def _keep(kept: list[tuple[int, int, int]], first: int, start: int, count: int) -> None:
    """Add a stretch, to the last one where they are together in both versions."""
    if kept and kept[-1][0] + kept[-1][2] == first and kept[-1][1] + kept[-1][2] == start:
        kept[-1] = (kept[-1][0], kept[-1][1], kept[-1][2] + count)
    else:
        kept.append((first, start, count))
