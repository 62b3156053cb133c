"""Scrolling over rows whose number changes often, without laying out the screen."""

from __future__ import annotations

from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.widget import Widget


class RowsView(ScrollView):
    """Rows on the line API; more or fewer of them change nothing but this view and its bar, which always has its column.

    Textual lays out all widgets after a change of `virtual_size`, and again where a scroll bar comes or goes: four tenths
    of the time that a key took in the log. Uses `_scroll_update` of Textual 8.2.
    """

    DEFAULT_CSS = "RowsView { overflow-y: scroll; }"

    @property
    def room(self) -> int:
        """The cells of a row: those of the view without its bar, which stands on the last column of `size`."""
        return self.scrollable_size.width

    @property
    def allow_vertical_scroll(self) -> bool:
        """Whether there is anything to scroll to: else its keys are for others."""
        return super().allow_vertical_scroll and self.virtual_size.height > self.container_size.height

    def say_rows(self, count: int, width: int | None = None) -> None:
        """There are so many rows now, of so many cells (the view's own width where that is not said)."""
        size = Size(self.size.width if width is None else width, count)
        if size != self.virtual_size:
            self.set_reactive(Widget.virtual_size, size)
            self._scroll_update(size)
