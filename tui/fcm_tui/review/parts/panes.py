"""The panes of the main screen: placed by the layout, with borders that keys and the mouse move."""

from __future__ import annotations

from collections.abc import Iterator

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, WidgetPlacement
from textual.layout import Layout as TextualLayout
from textual.strip import Strip
from textual.widget import Widget

from fcm_tui.review import layout
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.pane import ZOOMED, Pane, PaneTitle, show_only


class Rule(Widget):
    """The line between the directories and what stands beside them."""

    ALLOW_SELECT = False

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._palette = palette

    def render_line(self, y: int) -> Strip:
        return Strip([Segment("│", self._palette("rule"))], 1).adjust_cell_length(self.size.width)


class _Placing(TextualLayout):
    """Asks our layout, in one pass, whatever the size."""

    name = "panes"

    def __init__(self, where: layout.Layout) -> None:
        self._where = where

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        assert isinstance(parent, Panes)
        return [
            WidgetPlacement(Region(*box), NULL_OFFSET, NULL_SPACING, widget)
            for widget, box in self._boxes(parent, children, size)
        ]

    def _boxes(self, panes: Panes, children: list[Widget], size: Size) -> Iterator[tuple[Widget, layout.Box]]:
        boxes = self._where.boxes(size.width, size.height)
        if panes.is_zoomed or not boxes:
            yield panes.current, (0, 0, size.width, size.height)
            return
        for child in children:
            name = "rule" if isinstance(child, Rule) else child.view.id if isinstance(child, Pane) else None
            if name in boxes:
                yield child, boxes[name]


class Panes(Container):
    """Directories, log and diff."""

    def __init__(self, palette: Palette, tree: Pane, log: Pane, diff: Pane) -> None:
        super().__init__(id="panes")
        self._rule = Rule(palette)
        self._panes = tree, log, diff
        self.current = log
        """The pane with the keyboard, now or before something was laid over."""
        self._layout = layout.Layout()
        self._dragging: str | None = None
        self._placing = _Placing(self._layout)

    @property
    def layout(self) -> TextualLayout:
        return self._placing

    def compose(self) -> ComposeResult:
        tree, log, diff = self._panes
        yield tree
        yield self._rule
        yield log
        yield diff

    @property
    def is_zoomed(self) -> bool:
        """Whether one pane stands alone, as somebody asked for it."""
        return self.has_class(ZOOMED)

    @property
    def _is_divided(self) -> bool:
        return not self.is_zoomed and bool(self._layout.boxes(*self.size))

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        pane = next(pane for pane in self._panes if pane in event.widget.ancestors)
        if pane is not self.current:
            self.current = pane
            if not self._is_divided:
                self.zoom(self.is_zoomed)

    def show(self, view: Widget) -> None:
        """Give a view the keyboard, and the screen where only one has it."""
        if self.is_zoomed:
            self.current = next(pane for pane in self._panes if pane.view is view)
            self.zoom(True)  # or it could not take the keyboard
        view.focus()

    def zoom(self, alone: bool) -> None:
        """The pane with the keyboard alone, or all."""
        show_only(self, self.current.view if alone else None)
        self._arrange_anew()

    def _arrange_anew(self) -> None:
        self._rule.refresh(
            layout=True
        )  # a widget drops what it knows of its arrangement for its children's sake

    def move_border(self, border: str, cells: int) -> None:
        """As `Layout.move`, where there is a border to be seen."""
        if self._is_divided:
            self._layout.move(border, cells, *self.size)
            self._arrange_anew()

    def reset_borders(self) -> None:
        """All borders where they were at the start."""
        self._layout.reset()
        self._arrange_anew()

    # --- the mouse

    def _border_at(self, widget: Widget | None) -> str | None:
        """The border that one takes hold of in the line beside the directories, or in a title below another pane."""
        if widget is self._rule:
            return layout.TREE
        tree, log, diff = self._panes
        if widget is diff.title:
            return layout.LOG
        return layout.TREE if widget is log.title and log.region.y > tree.region.y else None

    def _under(self, event: events.MouseEvent) -> Widget | None:
        x, y = int(event.screen_x), int(event.screen_y)
        return self.screen.get_widget_at(x, y)[0] if self.screen.region.contains(x, y) else None

    def on_mouse_down(self, event: events.MouseDown) -> None:
        border = self._border_at(self._under(event))
        if event.button == 1 and border is not None and self._is_divided:
            self._dragging = border
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._dragging is None:
            return
        tree, log, _ = self._panes
        beside = log.region.x > tree.region.x
        if self._dragging == layout.TREE and beside:
            cells = int(event.screen_x) - tree.region.right
        else:
            pane = tree if self._dragging == layout.TREE else log
            cells = int(event.screen_y) - pane.region.bottom
        if cells:
            self.move_border(self._dragging, cells)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        if self._dragging is None:
            return
        self._dragging = None
        self.release_mouse()
        under = self._under(event)
        if isinstance(under, PaneTitle):
            under.on_click()  # what is captured is no click for Textual
