"""Scrolling over rows whose number changes often, without laying out the screen."""

from __future__ import annotations

from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
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

    def scroll_rows(self, rows: int) -> None:
        """Further down, or up where it is less than nothing; at once."""
        self.scroll_to(y=self.scroll_offset.y + rows, animate=False)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Without the cache of styles that Textual has: a row has no border to get, and is cheaper drawn than looked up."""
        width, background = self.region.width, self.background_colors[1]
        behind = Style(bgcolor=background.rich_color)
        filters = self.get_line_filters()
        x, end = crop.column_span
        strips = []
        for y in crop.line_range:
            strip = self.render_line(y).adjust_cell_length(width, behind)
            drawn = segments = strip._segments
            for line_filter in filters:
                segments = line_filter.apply(segments, background)
            if segments is not drawn:
                strip = Strip(segments, strip.cell_length)
            strips.append(strip if (x, end) == (0, width) else strip.crop(x, end))
        return strips
