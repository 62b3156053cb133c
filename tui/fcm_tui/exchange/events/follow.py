"""Changes as they come: those that are there, and then each new one."""

from __future__ import annotations

import select
import sys
import time
from collections.abc import Callable, Iterator

from fcm_tui.exchange.selection import pages
from fcm_tui.model import Change
from fcm_tui.store.reading.filters import Filters
from fcm_tui.store.reading.queries import Reader

_PAUSE = 0.2
"""Seconds between two questions whether something was committed; each costs microseconds."""


def changes(reader: Reader, filters: Filters, recorder_id: bytes, after: int) -> Iterator[Change]:
    """Those behind a sequence that are there now, oldest first."""
    last = reader.last_sequence()
    for change in pages(reader, filters, recorder_id, after):
        if change.sequence > last:
            return
        yield change


def following(
    reader: Reader, filters: Filters, recorder_id: bytes, after: int, idle: Callable[[], bool]
) -> Iterator[Change]:
    """Those behind a sequence, each once and in their order, for as long as anybody records.

    `idle` is called where there is nothing to tell for now; once it says no, that is the end.
    """
    while True:
        version = reader.data_version()
        last = reader.last_sequence()
        yield from changes(reader, filters, recorder_id, after)
        after = max(after, last)
        while reader.data_version() == version:
            if not idle():
                return
            time.sleep(_PAUSE)


def is_read() -> bool:
    """Whether somebody still reads our standard output; where the system cannot tell, the next line will."""
    if sys.platform == "win32":
        return True
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return not any(found & (select.POLLERR | select.POLLNVAL) for _, found in poll.poll(0))
