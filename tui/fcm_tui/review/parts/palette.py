"""The command palette: what can be done from here, found by a few of its letters. Made from the live bindings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.strip import Strip
from textual.widget import Widget

from fcm_tui.review import keys, wording
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.cursor_view import CursorView
from fcm_tui.review.parts.entry_line import EntryLine
from fcm_tui.review.parts.pane import PaneTitle

OPENER = "palette"
"""The action that opens it, which is not in it."""
_KEYS = 14
"""Cells of the column of keys."""


@dataclass(frozen=True, slots=True)
class Command:
    """An action of the key map, and on what it works here."""

    key: keys.Key
    node: DOMNode
    """Whose action it is."""
    action: str
    """As its binding there has it."""
    is_live: bool
    """Its keys work where the keyboard is now; otherwise that goes to `node` first."""


def commands(screen: Screen[object], listed: Iterable[keys.Key]) -> list[Command]:
    """What these keys do on a screen: for the pane in use, for all of them, then for its other panes."""
    live = [(found.node, found.binding, True) for found in screen.active_bindings.values()]
    chain = {id(node) for node, _, _ in live}
    others = [
        (widget, binding, False)
        for widget in screen.walk_children()
        if isinstance(widget, Widget) and id(widget) not in chain and _is_in_sight(widget)
        for _, binding in widget._bindings
    ]
    return list(_once([*live, *others], listed))


def _is_in_sight(widget: Widget) -> bool:
    return widget.focusable and all(
        node.display for node in widget.ancestors_with_self if isinstance(node, Widget)
    )


def _once(found: Iterable[tuple[DOMNode, Binding, bool]], listed: Iterable[keys.Key]) -> Iterator[Command]:
    known = {key.id: key for key in listed if key.id != OPENER}
    by_action = {key.action: key.id for key in known.values() if key.context == keys.EVERYWHERE}
    for node, binding, is_live in found:
        identity = binding.id or by_action.get(binding.action, "")  # Textual's screens bind Tab too
        if (key := known.pop(identity, None)) is not None:
            yield Command(key, node, binding.action, is_live)


def found(query: str, among: list[Command]) -> list[Command]:
    """Those that have every word of the query, the nearest first; among equals the order stays."""
    words = query.split()
    ranked: list[tuple[int, Command]] = []
    for command in among:
        ranks = [_rank(word, command.key) for word in words]
        if None not in ranks:
            ranked.append((sum(rank for rank in ranks if rank is not None), command))
    ranked.sort(key=lambda pair: pair[0])
    return [command for _, command in ranked]


def _rank(word: str, key: keys.Key) -> int | None:
    """How far a word is from an action: its key, a word's beginning, a part, letters in order; None for not at all."""
    if word in key.shown.split():
        return 0
    word = word.lower()
    text = f"{key.description} {keys.HEADINGS.get(key.context, '')} {key.id}".lower()
    if text.startswith(word):
        return 1
    if f" {word}" in text:
        return 2
    if word in text:
        return 3
    span = _span(word, key.description.lower())
    return None if span is None else 4 + span - len(word)


def _span(word: str, text: str) -> int | None:
    """In how many letters of a text those of a word follow one another; None if they do not."""
    best: int | None = None
    for start, letter in enumerate(text):
        if letter != word[0]:
            continue
        at = start
        for wanted in word[1:]:
            at = text.find(wanted, at + 1)
            if at < 0:
                return best
        best = at + 1 - start if best is None else min(best, at + 1 - start)
    return best


class _Query(EntryLine):
    """Where the letters are written."""

    DEFAULT_CSS = "_Query { height: 1; }"

    def render_line(self, y: int) -> Strip:
        text = self.palette("text")
        return self.drawn(Segment(" :", self.palette("key")), text, text)

    def written(self) -> None:
        self.refresh()
        screen = self.screen
        assert isinstance(screen, CommandPalette)
        screen.look_for(self.entry.text)


class CommandView(CursorView):
    """The actions found, one a row. The keyboard stays with the query."""

    can_focus = False

    def __init__(self, palette: Palette, entries: list[Command]) -> None:
        super().__init__(palette, id="commands")
        self.entries = entries

    @property
    def total(self) -> int:
        return len(self.entries)

    def empty(self) -> list[str]:
        return ["No action has these letters."]

    def draw(self, row: int, width: int, *, cursor: str | None) -> Strip:
        over = () if cursor is None else ("cursor",)
        key = self.entries[row].key
        where = keys.HEADINGS.get(key.context, "")
        room = max(1, width - _KEYS - 2)
        beside = len(where) + 2 if room - len(where) >= 44 else 0
        return Strip(
            [
                Segment(wording.fit(f"  {key.shown}", _KEYS), self.palette("key", *over)),
                Segment(wording.fit(key.description, room - beside), self.palette("text", *over)),
                Segment(f"  {where}" if beside else "", self.palette("muted", *over)),
            ]
        ).adjust_cell_length(width, self.palette(*over))


class CommandPalette(ModalScreen[Command]):
    """Dismissed with the action that was chosen, or with None."""

    BINDINGS = keys.bindings(keys.MENU)
    CSS = """
    CommandPalette { background: transparent; }
    #palette { dock: bottom; background: $fcm-background; }
    """

    def __init__(self, palette: Palette, among: list[Command]) -> None:
        super().__init__()
        self._among = among
        self._title = PaneTitle(palette, "Commands")
        self._title.focused = True
        self._query = _Query(palette)
        self._view = CommandView(palette, among)

    def compose(self) -> ComposeResult:
        yield Vertical(self._title, self._query, self._view, id="palette")

    def on_mount(self) -> None:
        self._query.focus()
        self._fit()
        self._say()

    def on_resize(self, event: events.Resize) -> None:
        self._fit()

    def _fit(self) -> None:
        height = self.app.size.height
        self.query_one("#palette").styles.height = min(len(self._among) + 2, max(5, height * 2 // 3))

    def _say(self) -> None:
        count = wording.plural(self._view.total, "action")
        self._title.say(count, f"{keys.shown('menu.choose')} does it  {keys.shown('menu.close')} leaves it")

    def look_for(self, query: str) -> None:
        """Show what has these letters."""
        self._view.entries = found(query, self._among)
        self._view.cursor = 0
        self._view.rows_changed(top=0)
        self._say()

    def on_click(self, event: events.Click) -> None:
        if event.widget is self._view and event.y + self._view.scroll_offset.y < self._view.total:
            self.action_choose()

    def action_move(self, rows: int) -> None:
        self._view.go(self._view.cursor + rows)

    def action_choose(self) -> None:
        if self._view.total:
            self.dismiss(self._view.entries[self._view.cursor])

    def action_close(self) -> None:
        self.dismiss(None)
