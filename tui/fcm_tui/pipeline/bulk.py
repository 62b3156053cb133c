"""Many files read, digested and packed at once: what a first look does with each of them.

It needs neither database nor order, so threads and processes can share it. Files that are being
written are left for later.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

from fcm_tui.capture.attributes import holds_secret
from fcm_tui.capture.codec import FAST_LEVEL, MAX_PIECE
from fcm_tui.capture.detectors import secret_in
from fcm_tui.capture.growing import read_unsettled
from fcm_tui.capture.stable import Outcome, Reading, read_stable
from fcm_tui.model import Capture
from fcm_tui.pipeline.secrecy import SecretRules
from fcm_tui.store.contents.packing import ContentRow, pack, pack_whole
from fcm_tui.store.seen import Seen, seen

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


@dataclass(slots=True)
class Batch:
    """What came of one `take`."""

    files: list[Seen] = field(default_factory=list)
    """As they are."""
    rows: list[ContentRow] = field(default_factory=list)
    """Their contents and attributes, those left out that came in a batch before."""
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
        self._begun: deque[list[bytes]] = deque()

    def begin(self, paths: list[bytes]) -> None:
        """Take what is at these paths, with the next `finish`."""
        self._begun.append(paths)

    def finish(self) -> Batch:
        """What came of the paths handed over first."""
        return self.take(self._begun.popleft())

    def take(self, paths: list[bytes]) -> Batch:
        """The files at these paths, up to a bound of bytes read."""
        batch = Batch()
        now = time.time_ns()
        limit = self._settings.size_limit
        small: list[tuple[bytes, bytes]] = []
        weight = 0
        for number, path in enumerate(paths):
            if weight > _BYTES:
                batch.left = paths[number:]
                break
            reading = read_stable(path, limit, now_ns=now)
            if reading.outcome is Outcome.UNSETTLED:
                batch.restless.append(path)
            else:
                weight += len(reading.data or b"")
                self._add(batch, reading, small)
        batch.rows += pack_whole(small, level=FAST_LEVEL)
        return batch

    def take_now(self, paths: list[bytes]) -> Batch:
        """The files at these paths as they are, even those that are being written."""
        batch = Batch()
        small: list[tuple[bytes, bytes]] = []
        for path in paths:
            reading = read_stable(path, self._settings.size_limit)
            if reading.outcome is Outcome.UNSETTLED:
                reading = read_unsettled(path, self._settings.size_limit)
            self._add(batch, reading, small)
        batch.rows += pack_whole(small, level=FAST_LEVEL)
        return batch

    def _add(self, batch: Batch, reading: Reading, small: list[tuple[bytes, bytes]]) -> None:
        """Add what was read to a batch; contents to be packed with others go to `small`, each with its digest."""
        path, digest, data, packed = reading.path, reading.digest, reading.data, self._packed
        secrets = self._secrets
        capture = capture_of(reading, secrets.by_name(path), secrets.detectors(path))
        state = reading.state
        if state is None:
            return
        batch.files.append(seen(path, digest, capture, state, reading.stamp))
        if reading.attributes and state.attributes and state.attributes not in packed:
            packed.add(state.attributes)
            small.append((state.attributes, reading.attributes))
        if capture is not Capture.STORED or digest is None or data is None or digest in packed:
            return
        packed.add(digest)
        if len(data) <= MAX_PIECE:
            small.append((digest, data))
        else:
            batch.rows += pack(data, digest, level=FAST_LEVEL).rows


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
