"""Which lines of a diff have a text, and where in them it stands."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Collection, Sequence

from fcm_tui.review.diff.rows import FILE, FOLD, REMOVED, Rows


def in_any_case(text: str) -> bool:
    """Whether capitals do not count: where none was written."""
    return text == text.lower()


def pattern(text: str) -> re.Pattern[str]:
    """What stands for a text where it is looked for in a line."""
    return re.compile(re.escape(text), re.IGNORECASE if in_any_case(text) else 0)


def exactly(texts: Collection[str]) -> re.Pattern[str] | None:
    """What stands for any of some texts, capitals as they are; None where there are none."""
    longest_first = sorted(filter(None, texts), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))) if longest_first else None


def lines_with(lines: Sequence[str], text: str) -> set[int]:
    """The lines that have a text, counted from 0. Takes as long as that takes: for a thread."""
    if in_any_case(text):
        return {number for number, line in enumerate(lines) if text in line.lower()}
    return {number for number, line in enumerate(lines) if text in line}


def rows_with(shown: Rows, old: Collection[int], new: Collection[int]) -> array[int]:
    """The rows in which one of these lines is shown."""
    if not old and not new:
        return array("i")
    if shown.split:
        return array(
            "i",
            [
                row
                for row, (kind, a, b) in enumerate(zip(shown.kinds, shown.old, shown.new, strict=True))
                if (b in new or a in old) and kind not in (FOLD, FILE)
            ],
        )
    return array(
        "i",
        [
            row
            for row, (kind, a, b) in enumerate(zip(shown.kinds, shown.old, shown.new, strict=True))
            if (a in old if kind == REMOVED else b in new) and kind not in (FOLD, FILE)
        ],
    )


def hidden(shown: Rows, new: Collection[int]) -> int:
    """How many of these lines of the new side stand in folds."""
    ordered = sorted(new) if shown.folds else []
    return sum(
        bisect_left(ordered, first + shown.old[row]) - bisect_left(ordered, first)
        for row, first in shown.folds.items()
    )
