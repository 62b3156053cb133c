"""Taking changed files in a process of its own, while the engine commits the ones before them.

Python's threads would wait for each other: of a change's half millisecond nearly all is spent in the
interpreter. A process that cannot be started, that dies or is stopped, costs only speed.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fcm_tui.capture.stable import Outcome, Reading
from fcm_tui.capture.text import TextFormat
from fcm_tui.child import Helper, receive, serving, told_in, with_data
from fcm_tui.model import Capture, Difference, DiskState, Hunk, LineCounts
from fcm_tui.pipeline.content import Before, Work
from fcm_tui.pipeline.lines import LineChanges
from fcm_tui.pipeline.taking import Taken, Taker, Target
from fcm_tui.store.contents.store import ContentRow, ContentStore, Packed, Piece, Version
from fcm_tui.store.database import open_reader
from fcm_tui.store.sealing import sealer as sealing

_CACHE_BYTES = 32 << 20
_CAPTURES = {capture.value: capture for capture in Capture}
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}


class TakingProcess(Helper):
    """`Taker` in a process of its own, a number of targets at a time; for one thread."""

    def __init__(self, database: Path) -> None:
        """Start it; it gets ready while the caller goes on. It reads the versions before from `database`."""
        super().__init__(__name__, serve.__name__, os.fspath(database))
        self._is_ready = False
        sealer = sealing.held()
        self._greeting = threading.Thread(target=self._await_greeting, daemon=True)
        self.tell(marshal.dumps(sealer.key if sealer else None))
        try:
            self._greeting.start()
        except RuntimeError:  # no memory for a thread: then neither for its help
            self.kill()

    @property
    def is_ready(self) -> bool:
        """Whether it has started; that takes as long as a few hundred files."""
        return self._is_ready

    def _await_greeting(self) -> None:
        child = self._child
        if child is not None:
            with contextlib.suppress(OSError, EOFError):
                receive(child.answers)
                self._is_ready = True

    def close(self) -> None:
        self.kill()
        if self._greeting.ident is not None:
            self._greeting.join()
        super().close()

    def begin(self, targets: Sequence[Target], settle: bool) -> None:
        """Hand over targets; `finish` is to be called before the next ones."""
        self.tell(marshal.dumps((settle, [_plain(target) for target in targets])))

    def finish(self) -> list[Taken] | None:
        """What came of the targets, in their order; None where the process is not there to tell."""
        message = self.answer()
        return None if message is None else _unpacked(message)


def serve(database: str) -> None:
    """Take files as standard input says, until it is closed."""
    requests, answers = serving()
    with contextlib.suppress(OSError, EOFError):
        sealing.hold_key(marshal.loads(receive(requests)))
        taker = Taker(ContentStore(open_reader(Path(database)), cache_bytes=_CACHE_BYTES))
        answers.send()
        while True:
            settle, plain = marshal.loads(receive(requests))
            taken = [_lightened(target, taker.take(target, settle)) for target in map(_target, plain)]
            answers.send(*_packed(taken))


def _plain(target: Target) -> tuple[Any, ...]:
    """A target as values that `marshal` knows."""
    return (*target[:3], tuple(target.before) if target.before is not None else None, *target[4:])


def _target(plain: tuple[Any, ...]) -> Target:
    path, size_limit, is_secret, before, *rest = plain
    return Target(path, size_limit, is_secret, Before(*before) if before else None, *rest)


def _lightened(target: Target, taken: Taken) -> Taken:
    """Without the data that nobody will ask for."""
    state = taken.reading.state
    if (
        taken.work is not None
        and state is not None
        and target.before is not None
        and state.inode == target.inode
    ):
        taken.reading.data = None
    return taken


def _packed(taken: list[Taken]) -> list[bytes | memoryview]:
    """What came of some targets, as the parts of a message."""
    blobs: list[bytes | memoryview] = []
    told = []
    for reading, capture, work in taken:
        state, data = reading.state, reading.data
        told.append(
            (
                reading.path, reading.outcome.value, tuple(state) if state else None, reading.stamp, reading.digest,
                None if data is None else len(data), capture.value, _work_told(work), reading.attributes,
            )
        )  # fmt: skip
        if data is not None:
            blobs.append(data)
        if work is not None:
            blobs += [row.data for row in work.packed.rows]
    return with_data(told, blobs)


def _work_told(work: Work | None) -> tuple[Any, ...] | None:
    if work is None:
        return None
    lines, packed = work
    text, counts = lines.format, lines.counts
    return (
        (text.encoding, text.newline) if text else None,
        tuple(counts) if counts else None,
        [(tuple(d.hunk), *d[1:]) for d in lines.differences],
        [(*row[:4], len(row.data)) for row in packed.rows],
        [(piece.digest, piece.length, piece.steps) for piece in packed.version.pieces],
    )


def _unpacked(message: memoryview) -> list[Taken]:
    told, at = told_in(message)
    result = []
    for path, outcome, state, stamp, digest, size, capture, worked, attributes in told:
        data = None
        if size is not None:
            data = bytes(message[at : at + size])
            at += size
        reading = Reading(
            path, _OUTCOMES[outcome], DiskState._make(state) if state else None, stamp, digest, data,
            attributes=attributes,
        )  # fmt: skip
        work = None
        if worked is not None:
            text, counts, differences, parts, pieces = worked
            rows = []
            for row_digest, chunk, codec, base, length in parts:
                rows.append(ContentRow(row_digest, chunk, codec, base, bytes(message[at : at + length])))
                at += length
            lines = LineChanges(
                TextFormat(*text) if text else None,
                LineCounts(*counts) if counts else None,
                tuple(Difference(Hunk._make(hunk), *rest) for hunk, *rest in differences),
            )
            version = Version(digest, data or b"", tuple(Piece(*piece) for piece in pieces))
            work = Work(lines, Packed(rows, version))
        result.append(Taken(reading, _CAPTURES[capture], work))
    return result
