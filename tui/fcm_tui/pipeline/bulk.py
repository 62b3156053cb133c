"""Many files read, digested and packed at once: what a first look does with each of them.

It needs neither database nor order, so threads and processes can share it. Files that are being
written are left for later.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from fcm_tui.capture.attributes import holds_secret
from fcm_tui.capture.codec import FAST_LEVEL, MAX_PIECE
from fcm_tui.capture.detectors import secret_in
from fcm_tui.capture.growing import read_unsettled
from fcm_tui.capture.stable import Outcome, Reading, read_stable
from fcm_tui.model import Capture, DiskState
from fcm_tui.pipeline.secrecy import SecretRules
from fcm_tui.store.contents.packing import ContentRow, pack, pack_whole

_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class BulkSettings:
    """How the files of one root are taken."""

    root: bytes
    secrets: tuple[str, ...]
    """gitignore patterns of files of which only the digest is kept."""
    size_limit: int
    """Bytes above which only the digest is kept."""
    detectors: tuple[str, ...] = ()
    """Names of the detectors that look into files for secrets."""
    allowed: tuple[str, ...] = ()
    """gitignore patterns of files into which they do not look."""


class Taken(NamedTuple):
    """One file as it is, and the rows that hold its content and its attributes."""

    path: bytes
    digest: bytes | None
    capture: Capture
    state: DiskState
    stamp: bytes
    rows: Sequence[ContentRow]


@dataclass(slots=True)
class Batch:
    """What came of one `take`."""

    taken: list[Taken] = field(default_factory=list)
    restless: list[bytes] = field(default_factory=list)
    """Files that were being written."""
    left: list[bytes] = field(default_factory=list)
    """Paths not looked at yet: what was read before them is enough for one batch."""


class Bulk:
    """Takes files; for one thread."""

    def __init__(self, settings: BulkSettings) -> None:
        self._settings = settings
        self._secrets = SecretRules(settings.root, settings.secrets, settings.detectors, settings.allowed)
        self._packed: set[bytes] = set()

    def take(self, paths: list[bytes]) -> Batch:
        """The files at these paths, up to a bound of bytes read."""
        batch = Batch()
        now = time.time_ns()
        limit = self._settings.size_limit
        readings: list[Reading] = []
        weight = 0
        for number, path in enumerate(paths):
            if weight > _BYTES:
                batch.left = paths[number:]
                break
            reading = read_stable(path, limit, now_ns=now)
            if reading.outcome is Outcome.UNSETTLED:
                batch.restless.append(path)
            elif reading.state is not None:
                weight += len(reading.data or b"")
                readings.append(reading)
        batch.taken = self._packed_up(readings)
        return batch

    def take_now(self, paths: list[bytes]) -> list[Taken]:
        """The files at these paths as they are, even those that are being written."""
        readings = []
        for path in paths:
            reading = read_stable(path, self._settings.size_limit)
            if reading.outcome is Outcome.UNSETTLED:
                reading = read_unsettled(path, self._settings.size_limit)
            if reading.state is not None:
                readings.append(reading)
        return self._packed_up(readings)

    def _packed_up(self, readings: list[Reading]) -> list[Taken]:
        rows: dict[bytes, Sequence[ContentRow]] = {}
        small: list[tuple[bytes, bytes]] = []
        captures = []
        for reading in readings:
            secrets, path = self._secrets, reading.path
            capture = capture_of(reading, secrets.by_name(path), secrets.detectors(path))
            captures.append(capture)
            digest, data = reading.digest, reading.data
            if reading.attributes and reading.state is not None:
                named = reading.state.attributes
                if named and named not in self._packed:
                    self._packed.add(named)
                    small.append((named, reading.attributes))
            if capture is not Capture.STORED or digest is None or data is None or digest in self._packed:
                continue
            self._packed.add(digest)
            if len(data) <= MAX_PIECE:
                small.append((digest, data))
            else:
                rows[digest] = pack(data, digest, level=FAST_LEVEL).rows
        rows.update((row.digest, (row,)) for row in pack_whole(small, level=FAST_LEVEL))
        taken = []
        for r, capture in zip(readings, captures, strict=True):
            if r.state is not None:
                own = rows.pop(r.digest, ()) if r.digest else ()
                if r.state.attributes:
                    own = (*own, *rows.pop(r.state.attributes, ()))
                taken.append(Taken(r.path, r.digest, capture, r.state, r.stamp, own))
        return taken


def capture_of(reading: Reading, secret: bool, detectors: tuple[str, ...]) -> Capture:
    """What is kept of a reading of a file that is a secret by its name, or by what detectors find in it.

    Attributes of a secret, or that hold one, are taken out of the reading.
    """
    capture = _capture_of_content(reading, secret, detectors)
    if reading.state is not None and (
        capture in (Capture.SECRET, Capture.UNREADABLE)
        or (reading.attributes and holds_secret(reading.attributes, detectors))
    ):
        reading.attributes, reading.state = None, reading.state._replace(attributes=None)
    return capture


def _capture_of_content(reading: Reading, secret: bool, detectors: tuple[str, ...]) -> Capture:
    if reading.outcome in (Outcome.UNREADABLE, Outcome.HELD):
        return Capture.UNREADABLE
    if secret:
        return Capture.SECRET
    if reading.outcome is Outcome.TOO_LARGE:
        return Capture.TOO_LARGE
    return Capture.SECRET if reading.data and secret_in(reading.data, detectors) else Capture.STORED
