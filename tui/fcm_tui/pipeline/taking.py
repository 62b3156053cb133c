"""A changed file taken in one go: read, digested, compared with the version before, packed."""

from __future__ import annotations

from typing import NamedTuple

from fcm_tui.capture.stable import Outcome, Reading, read_stable
from fcm_tui.capture.text import TextFormat
from fcm_tui.errors import ContentMissing
from fcm_tui.model import Capture
from fcm_tui.pipeline.bulk import capture_of
from fcm_tui.pipeline.content import Before, Work, work_out
from fcm_tui.store.contents.store import ContentStore, Version

_FORMATS = 20_000


class Target(NamedTuple):
    """A path to read."""

    path: bytes
    size_limit: int
    """Bytes above which only the digest is taken."""
    is_secret: bool
    """By its name: only the digest is to be kept."""
    before: Before | None
    """What the record says of this path."""
    inode: int
    """Of the file that it has there; 0 for none."""
    detectors: tuple[str, ...] = ()
    """Names of those that look into it for secrets."""


class Taken(NamedTuple):
    """What came of one target.

    The reading of a process has no data where all is worked out and the file is the one that the record
    has there: nothing is left to do with it.
    """

    reading: Reading
    capture: Capture
    work: Work | None
    """Where the content is new and is kept; worked out against what the target says was before."""


def read(target: Target, settle: bool) -> Taken:
    """Read a target, and leave it at that: for pool threads."""
    reading = read_stable(target.path, target.size_limit, settle=settle)
    return Taken(reading, capture_of(reading, target.is_secret, target.detectors), None)


class Taker:
    """Reads targets and works out what changed; for one thread."""

    def __init__(self, contents: ContentStore) -> None:
        self._contents = contents
        self._formats: dict[bytes, TextFormat | None] = {}
        """Of the versions taken last, by digest: the next ones are compared with them."""

    def take(self, target: Target, settle: bool) -> Taken:
        """Read a target and work out what changed.

        Raises:
            sqlite3.Error: the store cannot be read.
        """
        reading, capture, _ = taken = read(target, settle)
        before, data, digest, state = target.before, reading.data, reading.digest, reading.state
        if reading.outcome is not Outcome.READ or capture is not Capture.STORED:
            return taken
        if data is None or digest is None or state is None or (before and before.digest == digest):
            return taken
        base = kept_version(before, self._contents)
        known = self._formats.pop(base.digest, None) if base else None
        work = work_out(before, base, state.is_link, data, digest, known)
        self._contents.remember(work.packed.version, base)
        if len(self._formats) >= _FORMATS:
            self._formats.clear()
        self._formats[digest] = work.lines.format
        return Taken(reading, capture, work)


def kept_version(before: Before | None, contents: ContentStore) -> Version | None:
    """The bytes of the version before, where they were kept."""
    if before is None or not before.is_stored or before.digest is None:
        return None
    try:
        return contents.version(before.digest)
    except ContentMissing:
        return None  # damaged or thinned out: `verify` tells; the new version is kept whole
