"""What stands on the screen of an app under test."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from textual._context import visible_screen_stack
from textual.app import App
from textual.widget import Widget

from tests.waiting import eventually


def lines(view: Widget) -> list[str]:
    """The text of the rows of a view, as they are drawn now."""
    return [
        "".join(segment.text for segment in view.render_line(y)).rstrip() for y in range(view.size.height)
    ]


def text(app: App[Any]) -> str:
    """The whole screen, separators of paths as `/`; empty while nothing is drawn yet in the size that it has now."""
    visible_screen_stack.set(app._background_screens)  # as for a paint: else nothing is behind a menu
    rows = app.screen._compositor.render_strips()
    if len(rows) != app.size.height:
        return ""
    return "\n".join("".join(segment.text for segment in row) for row in rows).replace(os.sep, "/")


async def shows(app: App[Any], wanted: str | Callable[[str], object]) -> str:
    """Wait until the text, or a screen of which `wanted` holds, is there."""
    holds = wanted if callable(wanted) else lambda screen: wanted in screen
    try:
        await eventually(lambda: holds(text(app)))
    except AssertionError:
        raise AssertionError(f"no {wanted!r} in\n{text(app)}") from None
    return text(app)
