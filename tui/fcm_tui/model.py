"""Plain data that the rooms hand to each other. No behaviour beyond small derived values.

Units, everywhere: times are nanoseconds since the Unix epoch, sizes are bytes, digests are the 32
bytes of a SHA-256, paths are absolute and in the bytes of the file system (`os.fsencode`), line
numbers count from 1.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Hashable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What happened to a file. A move with an edit is `MOVED` with different digests."""

    CREATED = "created"
    MODIFIED = "modified"
    DELETED = "deleted"
    MOVED = "moved"
    METADATA = "metadata"


class Capture(StrEnum):
    """Whether the content of the version after a change was kept, or why not."""

    STORED = "stored"
    TOO_LARGE = "too-large"
    SECRET = "secret"  # noqa: S105 - a status, not a password
    UNREADABLE = "unreadable"
    EXCLUDED = "excluded"
    QUOTA = "quota"
    NONE = "none"


class Origin(StrEnum):
    """How a change was noticed: by an event, by a scan, or made by our own restore."""

    EVENT = "event"
    SCAN = "scan"
    RESTORE = "restore"


class Operation(StrEnum):
    """What a hunk does to lines; the words of the table `differences`."""

    INSERT = "Insert"
    UPDATE = "Update"
    DELETE = "Delete"


class Hunk(NamedTuple):
    """One changed range of lines.

    `old[old_start - 1 : old_start - 1 + old_count]` is replaced by
    `new[new_start - 1 : new_start - 1 + new_count]`. The starts count from 1 and name the line in
    front of which a range without lines stands, so one rule applies all three operations.
    """

    old_start: int
    old_count: int
    new_start: int
    new_count: int

    @property
    def operation(self) -> Operation:
        if not self.old_count:
            return Operation.INSERT
        return Operation.UPDATE if self.new_count else Operation.DELETE

    def shifted(self, old: int, new: int) -> Hunk:
        """The same range where so many lines stand in front of the versions."""
        return Hunk(self.old_start + old, self.old_count, self.new_start + new, self.new_count)


class LineCounts(NamedTuple):
    """Lines of Insert hunks, new lines of Update hunks, lines of Delete hunks."""

    inserted: int
    updated: int
    deleted: int


class Root(NamedTuple):
    """A watched directory of one recorder."""

    root_id: bytes
    recorder_id: bytes
    path: bytes


_EARLIEST_NS, _LATEST_NS = -(1 << 63), (1 << 63) - 1


def kept_ns(ns: int) -> int:
    """A moment as 64 bits hold it: file systems know years before 1677 and after 2262, and anybody can set them."""
    return ns if _EARLIEST_NS <= ns <= _LATEST_NS else _LATEST_NS if ns > 0 else _EARLIEST_NS


class DiskState(NamedTuple):
    """What `lstat` or `fstat` says of a file or symbolic link."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    mode: int
    """`st_mode`, the type bits included."""
    uid: int
    gid: int
    attributes: bytes | None = None
    """SHA-256 of the set of extended attributes (`capture.attributes`); empty for none, None where not recorded."""

    @classmethod
    def of(cls, found: os.stat_result, attributes: bytes | None = None) -> DiskState:
        """The state out of a stat result, which tells nothing of extended attributes."""
        return cls(
            found.st_size,
            kept_ns(found.st_mtime_ns),
            kept_ns(found.st_ctime_ns),
            found.st_ino,
            found.st_mode,
            found.st_uid,
            found.st_gid,
            attributes,
        )

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.mode)


UNSEEN = DiskState(0, 0, 0, 0, 0, 0, 0)
"""Of a file that nobody looked at: another program told of it. The record says nothing of its mode and times, and of its
size only where there is a content."""


class Process(NamedTuple):
    """A process as Linux' /proc or Windows' Security log tells it. Texts are its own bytes: hostile, perhaps secret."""

    pid: int
    started: int
    """Clock ticks since the machine started; tells it from an earlier one with its number."""
    name: bytes
    """At most 15 bytes; empty where it had ended before it could be asked."""
    command: bytes
    """Its arguments, each ended by a NUL; perhaps cut."""
    program: bytes
    """Path of what it runs."""
    uid: int | None
    parent: int
    parent_name: bytes
    login: int | None
    """The user who logged in; None where nobody did."""
    user: bytes = b""
    """Name of the user, where the system tells that instead of a number."""


def on_host(host: str, apart: str) -> str:
    """A recorder as people are told it: its host, with the beginning of its id where that alone does not tell it."""
    return f"{host} {apart}".strip()


class Change(NamedTuple):
    """One row of the record, as read back for screens and commands."""

    recorder_id: bytes
    host: str
    sequence: int
    time_ns: int
    kind: Kind
    root: bytes
    file_id: bytes
    path: bytes
    previous_path: bytes | None
    before: bytes | None
    after: bytes | None
    size: int | None
    mode: int | None
    mtime_ns: int | None
    owner: str | None
    process: str | None
    capture: Capture
    origin: Origin
    group: int | None
    """Sequence of the first change of the group (a folder moved, deleted or restored), or None."""
    inserted: int | None
    updated: int | None
    deleted: int | None
    encoding: str | None
    """Python codec name of the version after the change; None where it is binary or not stored."""
    newline: str | None
    """`lf`, `crlf`, `cr`, `mixed` or `none`, of the version after the change."""
    reviewed: bool
    attributes: bytes | None = None
    """SHA-256 of the set of extended attributes after the change; empty for none, None where not recorded."""
    previous_attributes: bytes | None = None
    """The same of the version before."""
    note: str | None = None
    """What the last reviewer who had something to say wrote."""
    process_info: str | None = None
    """JSON: what is known of `process`, and how it is known (`who.words`); None where nobody looked, or found any."""
    at: int = 0
    """`time_ns` where it was read among changes of several recorders, which come in the order of time; else 0."""
    previous_capture: Capture | None = None
    """Of a deletion without line counts: whether what is gone was kept, or why not; None where nobody knows."""
    apart: str = ""
    """The beginning of its recorder's id, where another recorder has a host of that name too."""

    @property
    def whose(self) -> str:
        """Its host as people are told it: `web`, or `web 9f3c21aa` where there are two of that name."""
        return on_host(self.host, self.apart)


NOT_RUNNING = "the recorder was not running"
"""The reason of a gap from the end of a recorder until the next one had scanned."""

ANEW = "recording began anew with other settings"
"""The reason of a gap while a recorder that goes on scans once more."""
_UNNOTICED_NS = 10 * 10**9


class Gap(NamedTuple):
    """A stretch of time in which events may have been missed, and what the scan then found."""

    gap: int
    root: bytes | None
    from_ns: int
    to_ns: int | None
    """None while the gap is still open."""
    reason: str
    changes_found: int | None
    recorder_id: bytes = b""
    host: str = ""
    """Of the recorder."""
    has_others: bool = False
    """It was read among those of several recorders: whose it is has to be said."""
    apart: str = ""
    """As `Change` has it."""

    @property
    def whose(self) -> str:
        """As `Change` has it."""
        return on_host(self.host, self.apart)

    def is_moot(self, now_ns: int) -> bool:
        """Whether nothing was missed in it, and nobody would think so: other settings were taken up, in seconds."""
        end = now_ns if self.to_ns is None else self.to_ns
        return self.reason == ANEW and not self.changes_found and end - self.from_ns < _UNNOTICED_NS


class Shipping(NamedTuple):
    """How sending the record to the team's database goes."""

    server: str
    """Its URL."""
    state: str = "connecting"
    """`connecting`, `connected`, `retrying`, `refused` (somebody has to mend something; it is tried again all the same)
    or `stopped`."""
    sequence: int = 0
    """All changes up to this one are there, as far as is known."""
    behind: int = 0
    """Changes that are not there yet."""
    behind_since_ns: int | None = None
    """When the oldest of them was recorded."""
    reason: str = ""
    """Why it is retrying or refused."""
    retry_ns: int | None = None
    """When it is tried again."""
    dead: int = 0
    """Rows that the server refused for good."""
    is_whole: bool = False
    """The files that never changed are there too."""


class Pause(NamedTuple):
    """Nothing is recorded as it happens, because somebody wants that."""

    since_ns: int
    by: str
    """Who."""
    reason: str = ""
    until_ns: int | None = None
    """When it goes on by itself; None: when it is told to."""


BEGINNING = ("starting", "baseline", "scanning")
"""Phases of a recorder in which there may be no record yet."""


class Standing(NamedTuple):
    """How a recorder does, as other processes are told it."""

    phase: str
    """`starting`, `baseline` (a first look), `scanning` (for what changed while nothing ran), `recording`, `paused`,
    `stopped` or `failed`."""
    trouble: str = ""
    """What cannot be recorded now, or could not when it ended, and why; empty where all can."""
    since_ns: int | None = None
    """Since when; None where all can be recorded."""
    shipping: Shipping | None = None
    """None where nothing is sent anywhere."""
    paused: Pause | None = None
    """While the phase is `paused`."""
    sources: tuple[tuple[str, str], ...] = ()
    """What watches each root, and where it is not the best that there is, why; an empty path stands for all others."""


class Notice(NamedTuple):
    """Told to screens after a commit: the changes `first..last` of this recorder are readable."""

    first: int
    last: int


@dataclass(slots=True)
class FileRecord:
    """What the record knows of one present file."""

    file_id: bytes
    root_id: bytes
    path: bytes
    digest: bytes | None
    capture: Capture
    state: DiskState


class Difference(NamedTuple):
    """A hunk with its lines, as text; what the table `differences` holds once."""

    hunk: Hunk
    digest: bytes
    """Of operation and lines: its key in that table."""
    affected: str
    """The lines after the change; for a deletion, before it. Terminators included; cut where they are very long."""
    replaced: str | None
    """For an update, the lines that stood there before."""


@dataclass(slots=True)
class Draft:
    """A change on its way into the record: everything but its number."""

    time_ns: int
    kind: Kind
    root_id: bytes
    file_id: bytes
    path: bytes
    origin: Origin
    capture: Capture
    previous_path: bytes | None = None
    before: bytes | None = None
    after: bytes | None = None
    state: DiskState | None = None
    """After the change; None for a deletion."""
    previous: DiskState | None = None
    """Before the change; None for a creation."""
    owner: str | None = None
    process: str | None = None
    process_info: str | None = None
    """As `Change` has them."""
    group: Hashable = None
    """Drafts with the same value become one group; None for a change by itself."""
    counts: LineCounts | None = None
    encoding: str | None = None
    newline: str | None = None
    differences: tuple[Difference, ...] = ()
