"""A recorder on real files, and the oracle: the log replayed over the baseline is the disk."""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from fcm_tui.capture.attributes import attributes_of, digest_of
from fcm_tui.model import Change, Standing, kept_ns
from fcm_tui.recorder import Recorder
from fcm_tui.settings.config import Settings
from fcm_tui.store.reading.queries import Reader

DEADLINE = 30.0


class Entry(NamedTuple):
    """A file or a symbolic link, as disk and log both can tell it."""

    digest: bytes | None
    """SHA-256 of the content, or of a link's target; None where it cannot be read."""
    mode: int
    """`st_mode`, type bits included."""
    mtime_ns: int
    attributes: bytes = b""
    """SHA-256 of the set of extended attributes; empty for none, and where nothing is told of them."""


Disk = dict[bytes, Entry]
"""By absolute path."""


def entry(path: bytes) -> Entry | None:
    """What stands at a path; None for anything but a file or a link."""
    try:
        found = os.lstat(path)
        attributes = b""
        if stat.S_ISLNK(found.st_mode):
            digest: bytes | None = hashlib.sha256(os.readlink(path)).digest()
        elif stat.S_ISREG(found.st_mode):
            try:
                with open(path, "rb") as file:
                    digest = hashlib.file_digest(file, "sha256").digest()
                    attributes = digest_of(attributes_of(file.fileno())) or b""
            except PermissionError:
                digest = None
        else:
            return None
    except FileNotFoundError:
        return None  # it went away meanwhile: who compares looks again
    return Entry(digest, found.st_mode, kept_ns(found.st_mtime_ns), attributes)


def disk(*roots: Path) -> Disk:
    """What stands below the roots: files and links, nothing else."""
    found: Disk = {}
    for root in roots:
        for folder, folders, files in os.walk(os.fsencode(root)):
            for name in [*files, *folders]:
                path = os.path.join(folder, name)
                here = entry(path)
                if here is not None:
                    found[path] = here
    return found


def replay(baseline: Disk, changes: Sequence[Change]) -> Disk:
    """The log over a baseline; every step has to fit what it is applied to, identities included."""
    state = dict(baseline)
    ids: dict[bytes, bytes] = {}
    met: set[bytes] = set()
    for number, change in enumerate(changes, 1):
        assert change.sequence == number, change
        source = change.previous_path or change.path
        if change.kind == "created":
            assert change.path not in state, history(changes, change)
            assert change.before is None, change
            assert change.file_id not in met, history(changes, change)
        else:
            old = state.pop(source, None)
            assert old is not None, history(changes, change)
            assert old.digest == change.before, history(changes, change)
            assert old.attributes == (change.previous_attributes or b""), history(changes, change)
            assert ids.pop(source, change.file_id) == change.file_id, history(changes, change)
        assert (change.previous_path is not None) == (change.kind == "moved"), change
        met.add(change.file_id)
        if change.kind == "deleted":
            assert change.after is None and change.mode is None, change
            continue
        assert change.path not in state, history(changes, change)
        assert change.mode is not None and change.mtime_ns is not None, change
        assert change.after is not None or change.capture == "unreadable", change
        if change.kind == "metadata":
            assert change.after == change.before, change
        state[change.path] = Entry(change.after, change.mode, change.mtime_ns, change.attributes or b"")
        ids[change.path] = change.file_id
    return state


def history(changes: Sequence[Change], about: Change) -> str:
    """A change that does not fit, after all others about its paths."""
    paths = {about.path, about.previous_path} - {None}
    lines = [
        f"{c.sequence} {c.kind} {c.previous_path!r} {c.path!r} {c.file_id.hex()[-6:]}"
        f" {(c.before or b'').hex()[:6]}->{(c.after or b'').hex()[:6]} {c.origin}"
        for c in changes
        if {c.path, c.previous_path} & paths and c.sequence <= about.sequence
    ]
    return "\n".join(["does not replay:", *lines])


class Recording:
    """A record under test, and the folders it is about."""

    def __init__(self, database: Path, roots: list[Path], settings: Settings) -> None:
        self.database = database
        self.roots = roots
        self.settings = settings
        self.baseline: Disk = {}

    def reader(self) -> Reader:
        """The record, open for reading."""
        return Reader(self.database)

    def changes(self) -> list[Change]:
        """The whole log, oldest first."""
        with self.reader() as reader:
            return reader.log(limit=None, reverse=True)

    def kinds(self) -> list[tuple[str, str]]:
        """Kind and name of each change."""
        return [(str(c.kind), os.fsdecode(os.path.basename(c.path))) for c in self.changes()]

    def state(self) -> Disk:
        """What the log says is on the disk."""
        return replay(self.baseline, self.changes())

    @asynccontextmanager
    async def running(
        self, say: Callable[[Standing], None] = lambda standing: None
    ) -> AsyncIterator[Recorder]:
        """Record while the block runs; the first time, the baseline is what was there before."""
        if not self.database.exists():
            self.baseline = disk(*self.roots)
        recorder = Recorder(
            self.database,
            self.settings,
            [os.fsencode(root) for root in self.roots],
            own_paths=[os.fsencode(self.database.parent)],
            say=say,
        )
        task = asyncio.get_running_loop().create_task(recorder.run())
        ready = asyncio.get_running_loop().create_task(recorder.ready())
        await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            ready.cancel()
            await task
        try:
            yield recorder
        finally:
            recorder.stop()
            await task

    async def settled(self, also: Callable[[], bool] = lambda: True) -> None:
        """Wait until the log says what the disk says."""
        deadline = time.monotonic() + DEADLINE
        while True:
            wanted = await asyncio.to_thread(disk, *self.roots)
            state = await asyncio.to_thread(self.state)
            if state == wanted and also():
                return
            assert time.monotonic() < deadline, difference(state, wanted, self)
            await asyncio.sleep(0.02)

    async def has(self, kind: str, name: str) -> Change:
        """Wait for a change."""
        deadline = time.monotonic() + DEADLINE
        while True:
            for change in await asyncio.to_thread(self.changes):
                if change.kind == kind and os.path.basename(change.path) == os.fsencode(name):
                    return change
            assert time.monotonic() < deadline, f"no {kind} of {name} in {self.kinds()}"
            await asyncio.sleep(0.02)


def difference(state: Disk, wanted: Disk, recording: Recording) -> str:
    """How log and disk disagree."""
    missing = [os.fsdecode(p) for p in wanted if p not in state][:5]
    extra = [os.fsdecode(p) for p in state if p not in wanted][:5]
    other = [os.fsdecode(p) for p in wanted if p in state and state[p] != wanted[p]][:5]
    return f"not in the log: {missing}; only in the log: {extra}; differs: {other}; {recording.kinds()[-20:]}"


def fast(source: str, **more: object) -> Settings:
    """Settings under which a test need not wait for minutes."""
    return replace(Settings(), watch_source=source, poll_interval=0.1, scan_interval=600.0, **more)  # type: ignore[arg-type]
