"""Waiting for what will be true soon, without ever sleeping for a guessed time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
PAUSE = 0.005


def wait_for(probe: Callable[[], T], seconds: float = 20.0, what: str = "") -> T:
    """What `probe` returns as soon as that is true; an `AssertionError` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := probe()):
        assert time.monotonic() < deadline, _late(probe, seconds, what)
        time.sleep(PAUSE)
    return found


async def eventually(probe: Callable[[], T], seconds: float = 20.0, what: str = "") -> T:
    """`wait_for` inside an event loop, which goes on working meanwhile."""
    deadline = time.monotonic() + seconds
    while not (found := probe()):
        assert time.monotonic() < deadline, _late(probe, seconds, what)
        await asyncio.sleep(PAUSE)
    return found


def _late(probe: Callable[[], object], seconds: float, what: str) -> str:
    return f"after {seconds:g} s still not so: {what or getattr(probe, '__qualname__', probe)}"
