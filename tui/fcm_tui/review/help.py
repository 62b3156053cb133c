"""The help, made from the key map."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual.app import ComposeResult
from textual.screen import Screen
from textual.strip import Strip

from fcm_tui.review import keys, wording
from fcm_tui.review.look.scrolling import RowsView
from fcm_tui.review.look.theme import Palette
from fcm_tui.store.reading.bursts import FEWEST

_SIGNS = (
    ("+", "created", "created"), ("~", "modified", "modified"), ("-", "deleted", "deleted"),
    ("→", "moved", "moved: new path ← old path"),
    ("·", "metadata", "mode, owner, time, attributes changed"),
)  # fmt: skip
_LINES = (
    (wording.GAP * 3, "warning", "changes may be missing in this time"),
    ("", "accent", "or recording stopped, started, began"),
    (wording.REVIEWED, "good", f"somebody has reviewed it; {wording.PARTLY} some of it"),
    (f"▸ {FEWEST} files", "accent", f"a burst: {FEWEST} or more changes in a root,"),
    ("", "accent", "each at most a second after the last,"),
    ("", "accent", "or in one recorded group with it"),
)
_WIDE = 118
_KEYS = 20
"""Cells of the column of keys."""

Line = list[tuple[str, str]]


def sections(first: str, listed: Sequence[keys.Key]) -> list[list[Line]]:
    """The help's sections of these keys, that of the pane in use first."""
    order = sorted(keys.HEADINGS, key=lambda context: (context != first, context == keys.HELP))
    made: list[list[Line]] = []
    for context in order:
        entries = [key for key in listed if key.context == context]
        if not entries:
            continue
        lines: list[Line] = [[(keys.HEADINGS[context], "accent")]]
        lines += [
            [(wording.fit(f"  {key.shown}", _KEYS), "key"), (key.description, "text")] for key in entries
        ]
        made.append([*lines, []])
    signs: list[Line] = [[("Signs in the log", "accent")]]
    signs += [
        [(wording.fit(f"  {sign}", _KEYS), style), (meaning, "text")] for sign, style, meaning in _SIGNS
    ]
    signs += [
        [(wording.fit(f"  {sign}", _KEYS), style), (meaning, "text")] for sign, style, meaning in _LINES
    ]
    signs.append([(wording.fit("  +9 ~2 -4", _KEYS), "muted"), ("lines inserted, updated, deleted", "text")])
    signs.append([(wording.fit("  < >", _KEYS), "moved"), ("in the diff: moved from here, to here", "text")])
    made.append([*signs, []])
    return made


class HelpView(RowsView, can_focus=True):
    """The sections below one another, or in two columns where there is room."""

    ALLOW_SELECT = False

    def __init__(self, palette: Palette, context: str, listed: Sequence[keys.Key]) -> None:
        super().__init__(id="help")
        self.palette = palette
        self._sections = sections(context, listed)
        self._columns: list[list[Line]] = [[]]

    def on_resize(self) -> None:
        if self.size.width >= _WIDE:
            total = sum(map(len, self._sections))
            left: list[Line] = []
            rest = list(self._sections)
            while rest and len(left) + len(rest[0]) // 2 < total / 2:
                left += rest.pop(0)
            self._columns = [left, [line for section in rest for line in section]]
        else:
            self._columns = [[line for section in self._sections for line in section]]
        self.say_rows(max(map(len, self._columns)) + 1)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        row = y + self.scroll_offset.y - 1
        strips = []
        column = width // len(self._columns)
        for number, lines in enumerate(self._columns):
            line = lines[row] if 0 <= row < len(lines) else []
            cells = column if number < len(self._columns) - 1 else width - column * (len(self._columns) - 1)
            segments = [
                Segment("  ", self.palette()),
                *(Segment(text, self.palette(style)) for text, style in line),
            ]
            strips.append(Strip(segments).adjust_cell_length(cells, self.palette()))
        return Strip.join(strips)

    def scroll_pages(self, pages: int) -> None:
        """As `scroll_rows`, by all that is in sight but a row."""
        self.scroll_rows(pages * max(1, self.size.height - 1))


class HelpScreen(Screen[None]):
    """Covers the panes until any of its keys closes it."""

    BINDINGS = keys.bindings(keys.HELP)

    def __init__(self, palette: Palette, context: str, listed: Sequence[keys.Key]) -> None:
        super().__init__()
        self._palette = palette
        self._first, self._listed = context, listed

    def compose(self) -> ComposeResult:
        from fcm_tui.review.parts.pane import Pane

        pane = Pane(self._palette, "Help", HelpView(self._palette, self._first, self._listed))
        pane.title.say("", "Esc closes it")
        yield pane

    def action_line(self, lines: int) -> None:
        self.query_one(HelpView).scroll_rows(lines)

    def action_page(self, pages: int) -> None:
        self.query_one(HelpView).scroll_pages(pages)
