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
_SERVERS_PAUSE = 1.0
"""The same of a server, where it costs milliseconds."""
_AT_ONCE = 1000
"""Changes of a recorder."""


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
        if not _is_more(reader, version, _PAUSE, idle):
            return


def sent(reader: Reader, filters: Filters, seen: dict[bytes, int]) -> Iterator[Change]:
    """Those that recorders have sent to the team's database, behind the sequences `seen`, which then are those of the last.

    Some at a time of each recorder, and these in the order of time.
    """
    while True:
        before = dict(seen)
        found, reach = reader.arrived(filters, before, _AT_ONCE)
        yield from found
        seen.update(reach)
        if seen == before:
            return


def following_sent(reader: Reader, filters: Filters, idle: Callable[[], bool]) -> Iterator[Change]:
    """As `following`, of all recorders that send to the team's database."""
    seen: dict[bytes, int] = {}
    while True:
        version = reader.data_version()
        yield from sent(reader, filters, seen)
        if not _is_more(reader, version, _SERVERS_PAUSE, idle):
            return


def _is_more(reader: Reader, version: object, pause: float, idle: Callable[[], bool]) -> bool:
    """Wait until something was committed since a version; whether anybody wanted to."""
    while reader.data_version() == version:
        if not idle():
            return False
        time.sleep(pause)
    return True


def is_read() -> bool:
    """Whether somebody still reads our standard output; where the system cannot tell, the next line will."""
    if sys.platform == "win32":
        return True
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return not any(found & (select.POLLERR | select.POLLNVAL) for _, found in poll.poll(0))
