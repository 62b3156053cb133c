"""Blame of a version out of the record: its hunks, walked back change by change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fcm_tui.capture.text import detect, to_utf8
from fcm_tui.diff.blame import Walk
from fcm_tui.diff.lines import split_lines
from fcm_tui.errors import ContentMissing
from fcm_tui.model import Change, Kind
from fcm_tui.store.reading import past
from fcm_tui.store.reading.patches import after
from fcm_tui.store.reading.queries import Reader

MOST = 100_000
"""Changes that are walked back over; a longer history is told to be cut."""
LARGEST = 32 << 20
"""Bytes of a version; beyond it a list of its lines helps nobody."""


@dataclass(frozen=True, slots=True)
class Blame:
    """A version and who brought each of its lines."""

    change: Change
    """The one that left this version."""
    lines: list[bytes]
    """UTF-8, with their line feeds."""
    owners: list[int | None]
    """By line: the number of the change, or None where it is older than what `reached` tells."""
    changes: dict[int, Change]
    """Those that own a line."""
    reached: str
    """Where the lines without an owner come from, in words: the end of `these lines were there`."""


class Cancelled(Exception):
    """Nobody waits for it any more."""


def blame(reader: Reader, change: Change, *, is_cancelled: Callable[[], bool] = lambda: False) -> Blame:
    """Who last touched each line of the version that a change left. Takes as long as its history: for a thread.

    Raises:
        ContentMissing: the version was not kept, is not text, or is huge.
        Cancelled: `is_cancelled` said so.
    """
    data = after(reader, change).data
    if data is None:
        raise ContentMissing(
            f"change {change.sequence} deleted the file: there are no lines to blame anyone for"
        )
    text = detect(data)
    if (data and text is None) or len(data) > LARGEST:
        what = "is not text" if len(data) <= LARGEST else "is too large"
        raise ContentMissing(
            f"change {change.sequence}: the version {what}, so there is no blame of its lines"
        )
    lines = split_lines(to_utf8(data, text.encoding)) if text else []
    walk = Walk(len(lines))
    reached = _walk_back(reader, change, walk, is_cancelled)
    owners = {number for number in walk.owners if number is not None}
    known = {number: reader.change(number, change.recorder_id) for number in owners}
    return Blame(change, lines, walk.owners, known, reached)


def _walk_back(reader: Reader, change: Change, walk: Walk, is_cancelled: Callable[[], bool]) -> str:
    rows = reader.connection.execute(
        "SELECT sequence, kind, before_digest, after_digest, inserted FROM changes"
        " WHERE file_id = ? AND recorder_id = ? AND sequence <= ? ORDER BY sequence DESC LIMIT ?",
        (change.file_id, change.recorder_id, change.sequence, MOST),
    )
    wanted, number, walked = change.after, change.sequence, 0
    for number, kind, older, newer, counted in rows:
        if walk.is_done:
            return ""
        if is_cancelled():
            raise Cancelled
        if newer != wanted:
            return f"before change {number}, behind which the record has a version missing"
        walked += 1
        if kind == Kind.CREATED:
            walk.rest(number)
            return ""
        if older != newer:
            if counted is None:  # where its lines went is not known
                return (
                    f"at change {number} or before: the version in front of it was not kept, or is not text"
                )
            walk.back(number, past.hunks(reader.connection, change.recorder_id, number))
        wanted = older
    return "before the last 100,000 changes" if walked == MOST else "when recording began"
