"""What the terminal shows, cell by cell, and the fewest bytes that make it show something else.

Textual writes every region that may have changed, each piece of a line with all of its colours. Over a slow line that is
what one waits for. Here only cells that differ are written, only the attributes that differ, and what scrolled is scrolled
by the terminal. The terminal does not wrap lines, as Textual sets it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

from rich.cells import get_character_cell_size
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style


class Look(NamedTuple):
    """Attributes and colours as SGR parameters."""

    attributes: tuple[int, ...] = ()
    colour: str = ""
    background: str = ""


Cell = tuple[str, Look | None]
"""A character, with what joins it; empty for the right half of a wide one."""
PLAIN = Look()
UNKNOWN: Cell = ("", None)
_ATTRIBUTES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 21, 51, 52, 53)
"""In the order of Rich's bits."""
_GAP = 8
"""Equal cells that are written once more, as going around them takes as many bytes."""
_BLANKS = 8
_ERASABLE = frozenset((1, 2, 3))
"""Attributes that a blank does not show."""
_MOST_SCROLLED = 32
_WORTH = 0.7
"""Scrolling is done where it leaves so little of what would have to be written."""


class Cells:
    """The cells of one terminal."""

    def __init__(self, width: int, height: int, colours: ColorSystem) -> None:
        self.width, self.height = width, height
        self._colours = colours
        self._want: list[list[Cell]] = [[UNKNOWN] * width for _ in range(height)]
        self._looks: dict[Style | None, Look] = {None: PLAIN}
        self._blanks: dict[Look, Look] = {PLAIN: PLAIN}
        """Of each look what a blank shows of it."""
        self._erases = not os.environ.get("TERM", "").startswith(
            "screen"
        )  # it forgets the colour of what it erases
        self.forget()

    def forget(self) -> None:
        """Nobody knows what the terminal shows now."""
        self._sent: list[list[Cell]] = [[UNKNOWN] * self.width for _ in range(self.height)]
        self._dirty = set(range(self.height))
        self._look: Look | None = None
        self._at = (-1, -1)

    def put(self, y: int, x: int, segments: Iterable[Segment]) -> None:
        """Have text stand in a line from a column on."""
        if not 0 <= y < self.height:
            return
        cells: list[Cell] = []
        for text, style, control in segments:
            if control:
                continue
            look = self._looks.get(style) or self._look_of(style)
            if text.isascii():
                blank = (" ", self._blanks[look])
                cells.extend([blank if letter == " " else (letter, look) for letter in text])
            else:
                _add_wide(cells, text, look)
        row = self._want[y]
        cells = cells[: self.width - x]
        if row[x : x + len(cells)] != cells:
            row[x : x + len(cells)] = cells
            self._dirty.add(y)

    def changes(self) -> str:
        """What to write so that the terminal shows it all; it counts as written."""
        out: list[str] = []
        self._at = (-1, -1)
        self._scroll(out)
        for y in sorted(self._dirty):
            self._write_row(y, out)
        self._dirty.clear()
        return "".join(out)

    def _look_of(self, style: Style | None) -> Look:
        if style is None:
            return PLAIN
        bits = style._set_attributes & style._attributes
        codes = [
            ";".join(colour.downgrade(self._colours).get_ansi_codes(foreground)) if colour else ""
            for colour, foreground in ((style.color, True), (style.bgcolor, False))
        ]
        look = Look(
            tuple(code for bit, code in enumerate(_ATTRIBUTES) if bits >> bit & 1),
            "" if codes[0] == "39" else codes[0],
            "" if codes[1] == "49" else codes[1],
        )
        self._looks[style] = look
        is_erasable = _ERASABLE.issuperset(look.attributes)
        self._blanks[look] = Look(background=look.background) if is_erasable else look
        return look

    def _scroll(self, out: list[str]) -> None:
        """Let the terminal move whole lines, where that saves enough."""
        if len(self._dirty) < 6:
            return
        top, end = min(self._dirty), max(self._dirty) + 1
        want, sent = self._want, self._sent
        best = _WORTH * sum(_differing(want[y], sent[y]) for y in range(top, end))
        by = 0
        middle = (top + end) // 2
        for distance in range(1, min(end - top - 1, _MOST_SCROLLED)):
            for shift in (distance, -distance):
                if not any(_is_moved(want, sent, y, shift, top, end) for y in (middle, middle + 2)):
                    continue
                left = sum(
                    _differing(want[y], sent[y + shift]) if top <= y + shift < end else self.width
                    for y in range(top, end)
                )
                if left < best:
                    best, by = left, shift
        if by:
            self._scroll_by(top, end, by, out)

    def _scroll_by(self, top: int, end: int, by: int, out: list[str]) -> None:
        """Every terminal knows a line feed at the lower margin, and a reverse one at the upper."""
        self._set(PLAIN, out)
        moving = f"\x1b[{end};1H" + "\n" * by if by > 0 else f"\x1b[{top + 1};1H" + "\x1bM" * -by
        out.append(f"\x1b[{top + 1};{end}r{moving}\x1b[r")
        fresh = [[UNKNOWN] * self.width for _ in range(abs(by))]
        sent = self._sent
        sent[top:end] = [*sent[top + by : end], *fresh] if by > 0 else [*fresh, *sent[top : end + by]]
        self._dirty.update(range(top, end))

    def _write_row(self, y: int, out: list[str]) -> None:
        want, sent = self._want[y], self._sent[y]
        if want == sent:
            return
        if _is_simple(want) and _is_simple(sent):
            for start, end in _runs(want, sent):
                self._write(y, start, end, out)
        else:  # a terminal may take another view of how wide a character is: the line is written from its begin
            self._write(y, 0, len(want), out)
            self._at = (-1, -1)
        sent[:] = want

    def _write(self, y: int, start: int, end: int, out: list[str]) -> None:
        row = self._want[y]
        at_y, at_x = self._at
        if self._at != (y, start):
            is_ahead = at_y == y and 0 <= at_x < start
            out.append(f"\x1b[{start - at_x}C" if is_ahead else f"\x1b[{y + 1};{start + 1}H")
        x = start
        while x < end:
            look = row[x][1]
            if look is None:  # nobody has said what is to stand here
                out.append("\x1b[C")
                x += 1
                continue
            if row[x][0] == " " and not look.colour:
                look = self._blank(look)
            stop = x + 1
            while stop < end and (row[stop][1] == look or _fits(row[stop], look)):
                stop += 1
            self._set(look, out)
            self._text("".join([letter for letter, _ in row[x:stop]]), look, is_last=stop == end, out=out)
            x = stop
        # Behind the last column the cursor waits for a character to wrap.
        self._at = (y, end) if end < self.width else (-1, -1)

    def _text(self, text: str, look: Look, *, is_last: bool, out: list[str]) -> None:
        kept = text.rstrip(" ")
        blanks = len(text) - len(kept)
        if blanks < _BLANKS or not self._erases or not _ERASABLE.issuperset(look.attributes):
            out.append(text)
            return
        out.append(f"{kept}\x1b[{blanks}X\x1b[{blanks}C")

    def _blank(self, look: Look) -> Look:
        """What blanks may look like, to stay with what is set."""
        was = self._look
        if was is None or not _ERASABLE.issuperset((*was.attributes, *look.attributes)):
            return look
        return was._replace(background=look.background)

    def _set(self, look: Look, out: list[str]) -> None:
        """Have what is written next look so."""
        was, self._look = self._look, look
        if was == look:
            return
        codes: list[str] = []
        if was is None or set(was.attributes) - set(look.attributes):
            codes, was = [""], PLAIN
        codes += [str(code) for code in look.attributes if code not in was.attributes]
        if look.colour != was.colour:
            codes.append(look.colour or "39")
        if look.background != was.background:
            codes.append(look.background or "49")
        out.append(f"\x1b[{';'.join(codes)}m")


def _fits(cell: Cell, look: Look) -> bool:
    """Whether a blank may be written in this look."""
    letter, own = cell
    return (
        letter == " "
        and own is not None
        and not own.colour
        and own.background == look.background
        and _ERASABLE.issuperset((*own.attributes, *look.attributes))
    )


def _add_wide(cells: list[Cell], text: str, look: Look) -> None:
    for letter in text:
        width = get_character_cell_size(letter)
        if width == 2:
            cells += [(letter, look), ("", look)]
        elif width == 1:
            cells.append((letter, look))
        elif cells and letter.isprintable():  # joins the one before it
            place = -1 if cells[-1][0] else -2
            cells[place] = (cells[place][0] + letter, look)


def _is_simple(row: list[Cell]) -> bool:
    """Every cell is known, and has one character that takes one cell."""
    letters = [letter for letter, _ in row]
    return "" not in letters and len("".join(letters)) == len(letters)


def _is_moved(want: list[list[Cell]], sent: list[list[Cell]], y: int, shift: int, top: int, end: int) -> bool:
    """Whether a line, but for its edges, stands elsewhere on the terminal."""
    return y < end and top <= y + shift < end and want[y][2:-2] == sent[y + shift][2:-2]


def _differing(new: list[Cell], old: list[Cell]) -> int:
    return sum(map(tuple.__ne__, new, old))


def _runs(want: list[Cell], sent: list[Cell]) -> Iterable[tuple[int, int]]:
    """Stretches that have to be written, with short equal ones between them."""
    start = last = -1
    for x, (new, old) in enumerate(zip(want, sent, strict=True)):
        if new == old or new is UNKNOWN:
            continue
        if start >= 0 and x - last > _GAP:
            yield start, last + 1
            start = x
        elif start < 0:
            start = x
        last = x
    if start >= 0:
        yield start, last + 1
