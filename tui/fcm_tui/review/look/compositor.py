"""Drawing no more than what changed: Textual asks every widget for every line between the first and the last that did."""

from __future__ import annotations

from collections.abc import Iterable

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip


class NarrowCompositor(Compositor):
    """Leaves out the widgets, and the lines of those, in which nothing changed. Uses the compositor of Textual 8.2."""

    def __init__(self) -> None:
        super().__init__()
        self._changed: tuple[Region, ...] = ()
        """Of the update that is being drawn; nothing where it is of the whole screen."""

    def render_partial_update(self) -> ChopsUpdate | None:
        self._changed = tuple(self._dirty_regions)
        try:
            return super().render_partial_update()
        finally:
            self._changed = ()

    def _get_renders(self, crop: Region | None = None) -> Iterable[tuple[Region, Region, list[Strip]]]:
        if not self._changed:
            yield from super()._get_renders(crop)
            return
        for widget, (region, clip) in self.visible_widgets.items():
            shown = region.intersection(clip)
            rows = [
                (changed.y, changed.bottom)
                for changed in self._changed
                if shown.area and shown.overlaps(changed)
            ]
            if not rows:
                continue
            top = max(shown.y, min(first for first, _ in rows))
            bottom = min(shown.bottom, max(last for _, last in rows))
            drawn = Region(shown.x, top, shown.width, bottom - top)
            inside = Region(drawn.x - region.x, drawn.y - region.y, drawn.width, drawn.height)
            yield region, drawn, widget.render_lines(inside)
