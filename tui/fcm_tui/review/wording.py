"""Numbers, times and paths in the words and widths of the screen."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from functools import lru_cache
from textwrap import wrap

from rich.cells import cell_len, set_cell_size

from fcm_tui.amounts import duration as duration
from fcm_tui.amounts import plural as plural
from fcm_tui.amounts import size as size
from fcm_tui.errors import BeforeRecord, FcmError
from fcm_tui.model import Capture, Change, Kind
from fcm_tui.safetext import visible, visible_path

SIGNS = {Kind.CREATED: "+", Kind.MODIFIED: "~", Kind.DELETED: "-", Kind.MOVED: "→", Kind.METADATA: "·"}
"""What stands for a kind in the log: readable without any colour."""

GAP = "┄"
"""In front of the first change after a time in which others may have been missed."""

BEGAN = "recording began"
"""The reason of what is no gap: where the recording of a root began."""

UNSENT = "nothing sent: "
"""Begins the reason of what is no gap: a time in which nothing reached the team's database."""

REVIEWED = "✓"
"""In front of a change that somebody has reviewed."""

PARTLY = "∙"
"""In front of a burst of which some changes have been reviewed."""

HIT = "●"
"""In front of a version that has what is looked for."""

NOT_KEPT = {
    Capture.TOO_LARGE: "too large",
    Capture.SECRET: "secret",
    Capture.UNREADABLE: "unreadable",
    Capture.EXCLUDED: "excluded",
    Capture.QUOTA: "thinned out",
}


def number_of(change: Change) -> str:
    """By what a change is called: `#12`, among those of several `#12 on web1`; without a number the first look."""
    name = f"#{change.sequence}" if change.sequence else "first look"
    return on_host(name, change.whose if change.at else "")


def on_host(what: str, on: str) -> str:
    """What is safe to show, with whose it is where there are several: `notes.txt on web1`."""
    return f"{what} on {visible(on)}" if on else what


def number(count: int) -> str:
    """A count with thousands set apart: `12,345`."""
    return f"{count:,}"


def short(count: int) -> str:
    """A count in at most four cells: `9999`, `12k`, `3.4M`."""
    if count < 10_000:
        return str(count)
    for limit, unit in ((1_000_000, "k"), (1_000_000_000, "M"), (10**12, "G")):
        if count < limit:
            value = count / (limit / 1000)
            return f"{value:.1f}{unit}" if value < 9.95 else f"{value:.0f}{unit}"
    return "lots"


@lru_cache(4096)
def _local(second: int) -> time.struct_time:
    return time.localtime(second)


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def clock(time_ns: int, today: tuple[int, int], *, wide: bool) -> str:
    """Local time in 8 cells, or 12 where there is room: today's time, else the date.

    `today` is the year and the day of the year now.
    """
    try:
        local = _local(time_ns // 1_000_000_000)
    except (OverflowError, ValueError, OSError):
        return "?".rjust(12 if wide else 8)
    date = f"{_MONTHS[local.tm_mon - 1]} {local.tm_mday:2}"
    if (local.tm_year, local.tm_yday) == today:
        text = time.strftime("%H:%M:%S", local)
    elif local.tm_year != today[0]:
        text = time.strftime("%Y-%m-%d", local) if wide else f"{date[:3]} {local.tm_year}"
    else:
        text = f"{date} {time.strftime('%H:%M', local)}" if wide else date
    return text.rjust(12 if wide else 8)


def ago(time_ns: int, now_ns: int, *, wide: bool) -> str:
    """How long before now, in as many cells as `clock`: `12 s ago`, `3 h ago`."""
    left = max(0, now_ns - time_ns) // 1_000_000_000
    for length, unit, most in (
        (1, "s", 90),
        (60, "m", 90),
        (3600, "h", 48),
        (86400, "d", 99),
        (604800, "w", 99),
    ):
        if left < length * most:
            return f"{left // length} {unit} ago".rjust(12 if wide else 8)
    return f"{left // 31_556_952} y ago".rjust(12 if wide else 8)


def age(time_ns: int, now_ns: int) -> str:
    """How long before now, in at most four cells: `now`, `5 m`, `12 h`, `9 d`, `40 w`."""
    left = max(0, now_ns - time_ns) // 1_000_000_000
    for length, unit, most in ((60, "m", 90), (3600, "h", 48), (86400, "d", 99), (604800, "w", 99)):
        if left < length:
            return "now"
        if left < length * most:
            return f"{left // length} {unit}"
    return f"{left // 31_556_952} y"


def moment(time_ns: int) -> str:
    """Date and local time to the second, for facts about one change."""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", _local(time_ns // 1_000_000_000))
    except (OverflowError, ValueError, OSError):
        return "at an unknown time"


def day(time_ns: int) -> tuple[int, int]:
    """Year and day of the year, here; of a time that is none, no day."""
    try:
        local = _local(time_ns // 1_000_000_000)
    except (OverflowError, ValueError, OSError):
        return 0, 0
    return local.tm_year, local.tm_yday


def date(time_ns: int) -> str:
    """`Mon, Nov 23 2026`."""
    try:
        local = _local(time_ns // 1_000_000_000)
    except (OverflowError, ValueError, OSError):
        return "?"
    weekday = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[local.tm_wday]
    return f"{weekday}, {_MONTHS[local.tm_mon - 1]} {local.tm_mday} {local.tm_year}"


def hour(time_ns: int) -> str:
    """`10:02`, for stretches of time."""
    return moment(time_ns)[11:16]


def since(time_ns: int, today: tuple[int, int]) -> str:
    """`10:02`, with the date where that is not today."""
    if day(time_ns) == today:
        return hour(time_ns)
    return f"{clock(time_ns, (day(time_ns)[0], 0), wide=False).strip()} {hour(time_ns)}"


def why(error: FcmError) -> str:
    """What is wrong, times in it as the screen has them; safe to show."""
    if not isinstance(error, BeforeRecord):
        return visible(str(error))
    since = moment(error.since_ns + 999_999_999)  # so that what is told is a moment that can be given
    return f"{visible_path(error.path)}: the record of it reaches back to {since}, not further"


def relative_path(path: bytes, root: bytes, *, with_root: bool) -> str:
    """A path as the log shows it: below its root, with the root's own name where there are several."""
    separator = os.fsencode(os.sep)
    inside = root if root.endswith(separator) else root + separator
    if not root or not path.startswith(inside):
        return visible_path(path)
    below = path[len(inside) :]
    name = os.path.basename(root.rstrip(separator))
    return visible_path(name + separator + below if with_root and name else below)


def name_of(path: bytes) -> str:
    """A folder's or file's own name; the path where it has none, as a disk's root."""
    return visible_path(os.path.basename(path.rstrip(os.fsencode(os.sep))) or path)


def moved_from(old: str, new: str) -> str:
    """What is other about where a file was: without the folders that both paths begin with, nor a name that stayed."""
    folders, _, name = old.rpartition(os.sep)
    here, _, new_name = new.rpartition(os.sep)
    left, arrived = folders.split(os.sep), here.split(os.sep)
    same = 0
    while same < min(len(left), len(arrived)) and left[same] == arrived[same]:
        same += 1
    if name != new_name:
        return os.sep.join([*left[same:], name]).removeprefix(os.sep)
    return (os.sep.join(left[same:] or left[-1:]) or os.curdir) + os.sep


def wrapped(lines: Sequence[str], width: int) -> list[str]:
    """Paragraphs in lines of so many cells, what goes on below the last word that begins behind two blanks."""
    made: list[str] = []
    for line in lines:
        indent = line.rfind("  ") + 2
        begun = " " * (indent if indent > 1 and indent < width // 2 else 0)
        made += wrap(line, max(8, width), subsequent_indent=begun, drop_whitespace=True) or [""]
    return made


_FOLDER = 8
"""Cells from which on the beginning of a folder is worth them beside a name that is cut."""


def fit_path(text: str, width: int) -> str:
    """A path in exactly `width` cells: the middle elided, the name and its ending kept.

    Of a name that is too long for that its end, behind the folder's beginning where there is room for one.
    """
    if text.isascii():
        length = len(text)
        if length <= width:
            return text.ljust(width)
    elif cell_len(text) <= width:
        return set_cell_size(text, width)
    if width < 4:
        return set_cell_size(text, max(0, width))
    head, slash, name = text.rpartition(os.sep)
    room = width - cell_len(name) - 2
    if slash and room >= 1:
        return set_cell_size(f"{_first(head, room)}…{slash}{name}", width)
    begun = width // 3 if slash and head else 0
    if begun >= _FOLDER:
        shown = head + slash if cell_len(head) < begun else f"{_first(head, begun)}…"
        rest = width - cell_len(shown)
        if shown.endswith("…"):
            return set_cell_size(shown + _last(name, rest), width)
        return shown + fit_path(name, rest)
    keep = (width - 1) // 2
    return set_cell_size(f"{_first(name, width - 1 - keep)}…{_last(name, keep)}", width)


def fit(text: str, width: int) -> str:
    """Text in exactly `width` cells, cut with an ellipsis."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(_first(text, max(0, width - 1)) + "…", max(0, width))


def _first(text: str, width: int) -> str:
    return set_cell_size(text, width).rstrip() if width > 0 else ""


def _last(text: str, width: int) -> str:
    while cell_len(text) > width:
        text = text[cell_len(text) - width :] if text.isascii() else text[1:]
    return text


def prepare() -> None:
    """Load the table of widths: without descriptors it could not be, and the words for that need it."""
    cell_len("✗")


def cells(text: str) -> int:
    """The width of a text on the screen."""
    return len(text) if text.isascii() else cell_len(text)
