"""How a diff is laid out, as the person asked for it: stays from change to change."""

from __future__ import annotations

from dataclasses import dataclass

CONTEXT = 3
_STEPS = (0, 1, 3, 6, 12, 25, 50, 100)
"""Lines of context that one may ask for."""
SIDE_BY_SIDE = 140
"""Cells of width from which both versions stand side by side, unless asked otherwise."""

BYTES_SIDE_BY_SIDE = 160
"""The same for rows of bytes."""


@dataclass(slots=True)
class Shape:
    """Layout, wrapping, context."""

    split: bool | None = None
    """Side by side; None for by the width."""
    wrap: bool = False
    context: int = CONTEXT
    whole: bool = False
    """The whole file, whatever the context."""
    blind: bool = False
    """Whitespace does not count."""

    def is_split(self, width: int, needed: int = SIDE_BY_SIDE) -> bool:
        """Whether both versions stand side by side in so many cells."""
        return width >= needed if self.split is None else self.split

    def turn(self, width: int, needed: int = SIDE_BY_SIDE) -> None:
        """The next layout: first the other one than shows, then that which shows for good, then by width."""
        by_width = width >= needed
        self.split = not by_width if self.split is None else by_width if self.split != by_width else None

    def widen(self, step: int) -> None:
        """More context or less; behind the most comes the whole file."""
        if self.whole:
            self.whole = step > 0
            return
        at = _STEPS.index(self.context) + step
        self.whole = at >= len(_STEPS)
        self.context = _STEPS[max(0, min(at, len(_STEPS) - 1))]

    def told(self, *, has_context: bool = True, has_sides: bool = True) -> list[str]:
        """What is not as it is by itself, in words for the title; of a file that is new or gone there are no two sides."""
        said = [] if self.split is None or not has_sides else ["side by side" if self.split else "unified"]
        if self.wrap:
            said.append("wrapped")
        if has_context and (self.whole or self.context != CONTEXT):
            said.append("whole file" if self.whole else f"context {self.context}")
        return said
