"""Keys as a terminal hands them over that has more than one at a time."""

from __future__ import annotations

import asyncio

from textual import events

from fcm_tui.review.app import ReviewApp
from tests.waiting import eventually

NAMES = {
    "/": "slash",
    " ": "space",
    "\r": "enter",
    "\x1b": "escape",
    "\x03": "ctrl+c",
    "\b": "backspace",
    "\x15": "ctrl+u",
}


def at_once(app: ReviewApp, keys: str) -> None:
    """As a terminal that hands over all of it in one read."""
    for letter in keys:
        app.post_message(events.Key(NAMES.get(letter, letter), letter))


async def settled(app: ReviewApp) -> None:
    """All keys have come and were handed out; of all but those that only move, what they led to is there.

    A test that ends before closes the screens under the keys that are left.
    """
    come = asyncio.Event()
    app.call_later(come.set)
    await come.wait()
    await eventually(lambda: not app._ahead and app._began is None and not app._opening)
