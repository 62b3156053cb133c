"""Where the panes stand, by the size of the terminal and by what a person has moved."""

from __future__ import annotations

from dataclasses import dataclass, field

BREAKPOINTS = [(0, "-narrow"), (100, "-wide"), (160, "-vast")]
"""Cells of width from which a screen has a class."""

CSS = """
Screen { background: $fcm-background; overflow: hidden; }
Pane { background: $fcm-background; height: 1fr; }
PaneTitle, StatusLine { height: 1; }
StatusLine { dock: bottom; }
ScrollView {
    height: 1fr; background: $fcm-background; overflow-x: hidden; scrollbar-size-vertical: 1;
    scrollbar-gutter: stable;
    scrollbar-color: $fcm-scrollbar; scrollbar-color-hover: $fcm-scrollbar;
    scrollbar-color-active: $fcm-scrollbar;
    scrollbar-background: $fcm-background; scrollbar-background-hover: $fcm-background;
    scrollbar-background-active: $fcm-background;
}
#panes { height: 1fr; background: $fcm-background; overflow: hidden; }
"""

SMALLEST = 40, 10
"""Columns and rows of the terminal from which all panes are shown; below that the one with the keyboard."""

ALONE, STACKED, NARROW, WIDE, VAST = "alone", "stacked", "narrow", "wide", "vast"
"""Forms. Stacked: one below the other. Narrow: directories and log above the diff. Else the directories stand
beside both."""

TREE, LOG = "tree", "log"
"""The borders that can be moved: behind the directories, and between log and diff."""

_STATUS = 1
_BESIDE = 60
"""Columns from which two panes stand beside one another."""
_TREES = {NARROW: 23, WIDE: 33, VAST: 41}
"""Columns of the directories as long as nobody has moved their border."""
_NARROWEST_TREE, _NARROWEST_LOG, _LOWEST = 10, 24, 3

Box = tuple[int, int, int, int]
"""Column, row, width, height."""


def form(width: int, height: int) -> str:
    """How the panes stand in a terminal of that size."""
    if width < SMALLEST[0] or height < SMALLEST[1]:
        return ALONE
    if width < _BESIDE or 2 * width < 3 * height:
        return STACKED
    return NARROW if width < BREAKPOINTS[1][0] else WIDE if width < BREAKPOINTS[2][0] else VAST


def is_small(width: int, height: int) -> bool:
    """Whether there is room for one pane only."""
    return form(width, height) == ALONE


@dataclass
class Layout:
    """The forms, and in each of them where the borders were moved to."""

    _moved: dict[tuple[str, str], float] = field(default_factory=dict)
    """Form and border to the share of the width or height in front of it."""

    def borders(self, width: int, height: int) -> dict[str, int]:
        """Cells of the directories and of the log: columns or rows, as they stand in this room for the panes."""
        shape = form(width, height + _STATUS)
        stacked = shape == STACKED
        along = height if stacked else width
        tree = self._at(shape, TREE, along, height // 5 if stacked else _TREES.get(shape, 0))
        if stacked:
            tree = _within(tree, _LOWEST, height - 2 * _LOWEST)
        else:
            tree = _within(tree, _NARROWEST_TREE, width - 1 - _NARROWEST_LOG)
        above = tree if stacked else 0
        log = self._at(shape, LOG, height, (height - above) * 2 // 5)
        return {TREE: tree, LOG: _within(log, _LOWEST, height - above - _LOWEST)}

    def _at(self, shape: str, border: str, along: int, usual: int) -> int:
        moved = self._moved.get((shape, border))
        return usual if moved is None else round(moved * along)

    def move(self, border: str, cells: int, width: int, height: int) -> None:
        """Give the directories, or the log, so many cells more or fewer, as far as the others leave room."""
        shape = form(width, height + _STATUS)
        along = width if border == TREE and shape != STACKED else height
        self._moved[shape, border] = (self.borders(width, height)[border] + cells) / along
        # no further than one sees: the way back begins at once
        self._moved[shape, border] = self.borders(width, height)[border] / along

    def reset(self) -> None:
        """All borders where they were at the start."""
        self._moved.clear()

    def boxes(self, width: int, height: int) -> dict[str, Box]:
        """Where `tree`, `log` and `diff` stand, and the `rule` beside the directories; nothing where one is alone."""
        shape = form(width, height + _STATUS)
        if shape == ALONE:
            return {}
        tree, log = self.borders(width, height).values()
        if shape == STACKED:
            return {
                "tree": (0, 0, width, tree),
                "log": (0, tree, width, log),
                "diff": (0, tree + log, width, height - tree - log),
            }
        side, rest = tree + 1, width - tree - 1
        tall = log if shape == NARROW else height
        boxes = {"tree": (0, 0, tree, tall), "rule": (tree, 0, 1, tall), "log": (side, 0, rest, log)}
        diff = (0, log, width, height - log) if shape == NARROW else (side, log, rest, height - log)
        return boxes | {"diff": diff}


def _within(cells: int, least: int, most: int) -> int:
    return max(least, min(cells, most))
