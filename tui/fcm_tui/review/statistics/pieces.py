"""What the screen is put together from: pieces of text, the figures among them, blocks beside one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from fcm_tui.report.drill import Drill
from fcm_tui.review import wording


@dataclass(frozen=True, eq=False, slots=True)
class Figure:
    """A number that the cursor can stand on."""

    told: str
    """What it is, in a sentence; safe to show."""
    drill: Drill | None
    """The way to its changes; None where there is none."""


class Piece(NamedTuple):
    """Text in one style, and the figure that it belongs to. Safe to show."""

    text: str
    style: str = "text"
    figure: Figure | None = None


Line = list[Piece]


@dataclass(slots=True)
class Block:
    """Lines of the same width under a title."""

    title: str
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a figure stands: its last row, and the columns there."""

    row: int
    column: int
    width: int
    figure: Figure


def cells(line: Sequence[Piece]) -> int:
    """The width of a line."""
    return sum(wording.cells(piece.text) for piece in line)


def padded(line: Line, width: int) -> Line:
    """A line with blanks up to a width; it is no wider."""
    missing = width - cells(line)
    return [*line, Piece(" " * missing)] if missing > 0 else line


def beside(blocks: Sequence[Sequence[Line]], widths: Sequence[int], apart: int) -> list[Line]:
    """Columns of lines, side by side."""
    made: list[Line] = []
    for row in range(max(map(len, blocks), default=0)):
        line: Line = []
        for at, (column, width) in enumerate(zip(blocks, widths, strict=True)):
            line += padded(column[row] if row < len(column) else [], width)
            if at < len(blocks) - 1:
                line.append(Piece(" " * apart))
        made.append(line)
    return made


def places(lines: Sequence[Line]) -> list[Place]:
    """Every figure once, in the order in which one reads."""
    found: dict[Figure, Place] = {}
    for row, line in enumerate(lines):
        column = 0
        for piece in line:
            width = wording.cells(piece.text)
            if piece.figure is not None:
                before = found.get(piece.figure)
                is_same_row = before is not None and before.row == row
                start = before.column if before is not None and is_same_row else column
                found[piece.figure] = Place(row, start, column + width - start, piece.figure)
            column += width
    return sorted(found.values(), key=lambda place: (place.row, place.column))


def nearest(among: Sequence[Place], here: Place, rows: int, columns: int) -> Place | None:
    """Where an arrow leads: in its direction the nearest row (column), in that the nearest figure."""
    middle = here.column + here.width / 2

    def aside(place: Place) -> float:
        if place.column <= middle < place.column + place.width:
            return 0.0
        return min(abs(place.column - middle), abs(place.column + place.width - 1 - middle))

    if rows:
        ahead = [place for place in among if (place.row - here.row) * rows > 0]
        return min(
            ahead,
            key=lambda place: (abs(place.row - here.row) + 2 * aside(place), aside(place)),
            default=None,
        )
    ahead = [place for place in among if (place.column - here.column) * columns > 0]
    near = [place for place in ahead if place.row == here.row] or [
        place for place in ahead if abs(place.row - here.row) <= 12
    ]
    return min(
        near, key=lambda place: (abs(place.row - here.row), abs(place.column - here.column)), default=None
    )
