"""Drawing only what changed shows what drawing all of it does."""

from __future__ import annotations

import random
from collections.abc import Callable

from rich.segment import Segment
from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region

from fcm_tui.review.app import ReviewApp
from fcm_tui.review.look.compositor import NarrowCompositor
from tests.review.builder import RecordBuilder
from tests.review.screens import shows


def shown(update: ChopsUpdate | None) -> dict[tuple[int, int], Segment]:
    """What an update puts in each cell of its spans."""
    assert update is not None
    found = {}
    for y, left, right in update.spans:
        for x, strip in update.chops[y].items():
            for at, segment in enumerate(
                (Segment(letter, style) for text, style, _ in strip or () for letter in text), x
            ):
                if left <= at < right:
                    found[y, at] = segment
    return found


async def test_it_puts_the_same_into_every_cell_that_changed(
    record: RecordBuilder, make_app: Callable[..., ReviewApp]
) -> None:
    dice = random.Random(4)
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        await pilot.pause()
        compositor = app.screen._compositor
        assert isinstance(compositor, NarrowCompositor)
        for _ in range(100):
            x, y = dice.randrange(120), dice.randrange(40)
            regions = {Region(x, y, dice.randrange(1, 121 - x), dice.randrange(1, 41 - y))}
            for _ in range(dice.randrange(3)):
                regions.add(Region(dice.randrange(100), dice.randrange(39), 20, 1))
            compositor._dirty_regions = set(regions)
            narrow = shown(compositor.render_partial_update())
            compositor._dirty_regions = set(regions)
            assert narrow == shown(Compositor.render_partial_update(compositor))
            assert len(narrow) >= len(regions)
