"""The changes that a reader should see: the largest, those nobody has reviewed, and where a secret was touched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fcm_tui.errors import FcmError
from fcm_tui.model import Capture, Change
from fcm_tui.query.terms import CaptureIs, Term
from fcm_tui.report.statistics import Asked
from fcm_tui.safetext import visible
from fcm_tui.store.reading.queries import Reader

MOST = 10
"""Changes of each sort."""
_CHARACTERS = 6000
"""Of the lines of one change, and as many more as its last hunk has."""
_LINES = 80
_WIDTH = 400
"""Characters of a line."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a diff, as safe text: `sign` is `+`, `-`, or `@` for a place in the file, or that something is left out."""

    sign: str
    text: str


@dataclass(frozen=True, slots=True)
class Matter:
    """A change, and its lines as far as they may be shown."""

    change: Change
    lines: Sequence[Line]
    note: str = ""
    """Why there are none."""


@dataclass(frozen=True, slots=True)
class Matters:
    """A change stands in each sort that it belongs to."""

    largest: Sequence[Matter]
    unreviewed: Sequence[Matter]
    """The newest."""
    secret: Sequence[Matter]
    """The newest; without content, which was not kept."""


def matters(reader: Reader, asked: Asked, most: int = MOST) -> Matters:
    """Those of what is asked for."""
    filters = asked.filters
    secret = Term(CaptureIs(frozenset({Capture.SECRET})))
    return Matters(
        [_matter(reader, change) for change in reader.largest(filters, most)],
        [_matter(reader, change) for change in reader.log(filters._replace(unreviewed=True), limit=most)],
        [
            _matter(reader, change)
            for change in reader.log(filters._replace(terms=(*filters.terms, secret)), limit=most)
        ],
    )


def _matter(reader: Reader, change: Change) -> Matter:
    if change.capture is Capture.SECRET:
        return Matter(change, (), "It may hold secrets: its content was not kept.")
    try:
        hunks = reader.kept_hunks(change, _CHARACTERS)
    except FcmError as error:
        return Matter(change, (), visible(str(error)))
    lines: list[Line] = []
    for hunk, old, new in hunks:
        place = f"-{hunk.old_start},{hunk.old_count} +{hunk.new_start},{hunk.new_count}"
        lines.append(Line("@", place))
        lines += _signed("-", old)
        lines += _signed("+", new)
    if len(lines) > _LINES:
        lines = [*lines[:_LINES], Line("@", f"… {len(lines) - _LINES:,} more lines")]
    return Matter(change, lines, "" if lines else _without_lines(change))


def _signed(sign: str, text: str) -> list[Line]:
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return [Line(sign, _shown(line)) for line in lines]


def _shown(line: str) -> str:
    line = line.rstrip("\r")
    cut = line if len(line) <= _WIDTH else f"{line[:_WIDTH]}…"
    return visible(cut.expandtabs(4))


def _without_lines(change: Change) -> str:
    if change.capture not in (Capture.STORED, Capture.NONE):
        return f"Its content was not kept: {change.capture}."
    return "No line was changed." if change.inserted is not None else "It has no lines: binary, or unchanged."
