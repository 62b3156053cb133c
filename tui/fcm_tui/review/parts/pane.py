"""A pane: one line of title over a view. The title tells which pane has the keyboard."""

from __future__ import annotations

from rich.segment import Segment
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.strip import Strip
from textual.widget import Widget

from fcm_tui.review import wording
from fcm_tui.review.look.theme import Palette

_LEAST = 12
"""Cells that the detail has at least, if it needs as many."""
ZOOMED = "-zoomed"
"""Class of what shows one of its panes alone."""


class PaneTitle(Widget):
    """Name and detail on the left, state on the right. All text is safe already."""

    ALLOW_SELECT = False

    def __init__(self, palette: Palette, name: str) -> None:
        super().__init__()
        self.palette = palette
        self._heading = name
        self._detail = ""
        self._is_said = False
        self._state: tuple[str, ...] = ()
        self.focused = False

    def say(self, detail: str, *state: str, is_said: bool = False) -> None:
        """Show another detail, and a state of parts of which the first are left out where there is too little room.

        Args:
            is_said: the detail is no path but words: the state gives way to them, and they are cut at their end.
        """
        parts = tuple(filter(None, state))
        if (detail, parts, is_said) != (self._detail, self._state, self._is_said):
            self._detail, self._state, self._is_said = detail, parts, is_said
            self.refresh()

    def rename(self, name: str) -> None:
        """Be called otherwise."""
        if name != self._heading:
            self._heading = name
            self.refresh()

    def on_click(self) -> None:
        if isinstance(self.parent, Pane):
            self.parent.view.focus()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        style = self.palette("title-focused" if self.focused else "title")
        mark = "▌" if self.focused else " "
        left = f"{mark}{self._heading}  "
        room = width - len(left) - 1
        state = self._state_in(room)
        fit = wording.fit if self._is_said else wording.fit_path
        detail = fit(self._detail, max(0, room - wording.cells(state)))
        quiet = style if self.focused else style + self.palette.theme.styles["muted"]
        return Strip(
            [Segment(left, style), Segment(detail + " ", quiet), Segment(state, quiet)],
        ).adjust_cell_length(width, style)

    def _state_in(self, room: int) -> str:
        """As much of the state as leaves the detail what it needs."""
        least = wording.cells(self._detail) if self._detail else -1
        if not self._is_said:
            least = min(_LEAST, least)
        for first in range(len(self._state)):
            state = f"{', '.join(self._state[first:])} "
            if room - wording.cells(state) >= least:
                return state
        return ""


class Pane(Vertical):
    """A title and the view under it."""

    def __init__(self, palette: Palette, name: str, view: Widget) -> None:
        super().__init__(id=f"{view.id}-pane")
        self.title = PaneTitle(palette, name)
        self.view = view

    def compose(self) -> ComposeResult:
        yield self.title
        yield self.view

    def on_descendant_focus(self) -> None:
        self._mark(True)

    def on_descendant_blur(self) -> None:
        focused = self.screen.focused  # which may have told so already: each of the two goes its own way here
        self._mark(focused is not None and self in focused.ancestors)

    def _mark(self, focused: bool) -> None:
        self.title.focused = focused
        self.title.refresh()


def show_only(around: Widget, view: Widget | None) -> None:
    """The pane of a view alone, of those in a widget; all of them for None."""
    around.set_class(view is not None, ZOOMED)
    for pane in around.query(Pane):
        pane.display = view is None or pane.view is view
