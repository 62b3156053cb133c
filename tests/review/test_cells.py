"""The fewest bytes: whatever came before, the terminal shows what was to be shown, in its colours."""

from __future__ import annotations

import random
import unicodedata

import pyte
import pytest
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style

from fcm_tui.review.look.cells import Cells

W, H = 40, 12
STYLES = [
    None,
    Style(color="#102030", bgcolor="#203040"),
    Style(color="#102030", bgcolor="#405060", bold=True),
    Style(bold=True, italic=True),
    Style(underline=True, bgcolor="#203040"),
    Style(reverse=True),
]
WORDS = ["alpha", "beta ", "   ", "            ", "ノート", "é", "▌", "x", "a\u0301", "│"]


def screen_of() -> tuple[pyte.Screen, pyte.Stream]:
    screen = pyte.Screen(W, H)
    stream = pyte.Stream(screen)
    stream.feed("\x1b[?7l")  # no wrapping, as Textual has it
    return screen, stream


def cells_of(screen: pyte.Screen) -> list[list[object]]:
    """What stands where, in which look; of a blank only what it shows."""
    found: list[list[object]] = []
    for y in range(H):
        row = [screen.buffer[y][x] for x in range(W)]
        found.append(
            [
                (
                    c.data,
                    c.fg if c.data.strip() else "",
                    c.bg,
                    c.bold and c.data.strip() != "",
                    c.underscore,
                    c.reverse,
                )
                for c in row
            ]
        )
    return found


def line(dice: random.Random) -> list[Segment]:
    segments: list[Segment] = []
    length = 0
    while length < W:
        segment = Segment(dice.choice(WORDS), dice.choice(STYLES))
        length += segment.cell_length
        segments.append(segment)
    return Segment.adjust_line_length(segments, W)


@pytest.mark.parametrize("seed", range(20))
def test_the_terminal_shows_what_was_put_whatever_came_before(seed: int) -> None:
    dice = random.Random(seed)
    cells = Cells(W, H, ColorSystem.TRUECOLOR)
    screen, stream = screen_of()
    lines = [line(dice) for _ in range(H)]
    for _ in range(30):
        what = dice.randrange(4)
        if what == 0:
            by = dice.randint(1, 4)
            lines = lines[by:] + [line(dice) for _ in range(by)]
        elif what == 1:
            by = dice.randint(1, 4)
            lines = [line(dice) for _ in range(by)] + lines[:-by]
        elif what == 2:
            lines[dice.randrange(H)] = line(dice)
        else:
            cells.forget()
        for y, segments in enumerate(lines):
            cells.put(y, 0, segments)
        stream.feed(cells.changes())
        fresh, fresh_stream = screen_of()
        anew = Cells(W, H, ColorSystem.TRUECOLOR)
        for y, segments in enumerate(lines):
            anew.put(y, 0, segments)
        fresh_stream.feed(anew.changes())
        assert [r.rstrip() for r in screen.display] == [r.rstrip() for r in fresh.display]
        assert cells_of(screen) == cells_of(fresh)
        shown = [unicodedata.normalize("NFC", "".join(s.text for s in segments)) for segments in lines]
        assert [row.rstrip() for row in screen.display] == [row.rstrip() for row in shown]


def test_what_is_there_already_is_not_written_again() -> None:
    cells = Cells(W, H, ColorSystem.TRUECOLOR)
    dice = random.Random(1)
    lines = [[Segment(f"line {n} {dice.random()}".ljust(W), STYLES[1])] for n in range(H + 1)]
    for y in range(H):
        cells.put(y, 0, lines[y])
    cells.changes()
    for y in range(H):
        cells.put(y, 0, lines[y])
    assert cells.changes() == ""
    for y in range(H):
        cells.put(y, 0, lines[y + 1])
    assert len(cells.changes()) < 120
    cells.put(3, 0, [Segment("lime", STYLES[1])])
    assert cells.changes() == "\x1b[4;3Hm"


def test_letters_that_act_on_a_terminal_are_not_written() -> None:
    cells = Cells(W, H, ColorSystem.TRUECOLOR)
    cells.put(0, 0, [Segment("é\u202e\x1b]0;x\x07")])
    assert "\x1b]" not in (written := cells.changes())
    assert "\u202e" not in written
