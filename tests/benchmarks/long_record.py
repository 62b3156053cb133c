"""A record with very many changes, written through the store's own writer: each has its content, its lines, its hash."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from fcm_tui.capture.codec import RAW
from fcm_tui.model import Capture, DiskState, Draft, Hunk, Kind, LineCounts, Origin
from fcm_tui.store.chain import difference
from fcm_tui.store.contents.store import ContentRow
from fcm_tui.store.record import Record
from tests.benchmarks.recording import ours

FILES = 1000
_LINES = 4
_SPREAD_NS = 400 * 86400 * 10**9
"""The changes lie over so long a time until now."""
_HUNK = Hunk(1, 1, 1, 1)


def kept_record(place: Path, changes: int) -> tuple[Path, Path]:
    """Data directory and tree of a record of so many changes, which is made once and kept."""
    data, tree, done = place / "data", place / "tree", place / "done"
    if not done.exists():
        data.mkdir(mode=0o700)
        tree.mkdir()
        seconds = build(data, tree, changes)
        size = (data / "record.db").stat().st_size
        print(f"{changes:,} changes written in {seconds:.0f} s; the database has {size:,} bytes", flush=True)
        done.touch()
    return data, tree


def build(data: Path, tree: Path, changes: int) -> float:
    """Make a tree and a record of so many changes (a multiple of FILES) to its files; the record's last versions are what is on disk.

    Returns:
        Seconds that it took.
    """
    started = time.monotonic()
    dice = random.Random(7)
    for number in range(FILES):
        folder = tree / f"{number % 20:02}"
        folder.mkdir(exist_ok=True)
        lines = [f"{name} {dice.getrandbits(64):x}\n" for name in range(_LINES)]
        (folder / f"file{number:04}.txt").write_text("".join(lines))
    subprocess.run(ours(data, "record", "--once", str(tree)), check=True, capture_output=True)
    with Record(data / "record.db") as record:
        # Nothing has to survive a power cut while it is made.
        record.connection.execute("PRAGMA synchronous=OFF")
        record.connection.execute("PRAGMA cache_size=-6000000")
        record.connection.execute("PRAGMA wal_autocheckpoint=40000")
        files = known_files(record, os.fsencode(tree))
        begin_ns = time.time_ns() - _SPREAD_NS
        rounds = -(-changes // FILES)
        for number in range(rounds):
            when_ns = begin_ns + _SPREAD_NS * number // rounds
            change_all(record, files, number, when_ns, is_last=number == rounds - 1)
        record.connection.execute("PRAGMA synchronous=FULL")
        record.checkpoint()
    return time.monotonic() - started


def change_all(
    record: Record, files: Sequence[_File], number: int, when_ns: int, *, is_last: bool = False
) -> None:
    """Commit a change to each of some files."""
    drafts: list[Draft] = []
    rows: list[ContentRow] = []
    for file in files:
        draft, own = file.next(number, when_ns, is_last=is_last)
        drafts.append(draft)
        rows.append(own)
    record.commit(drafts, [file.stamp for file in files], rows, {})


def known_files(record: Record, root: bytes) -> list[_File]:
    """The files of a root, to be changed further."""
    return [_File(*row) for row in record.connection.execute(_KNOWN, (root,))]


_KNOWN = """SELECT f.file_id, f.root_id, f.path, f.digest, f.size, f.mode, f.mtime_ns, f.inode, f.uid, f.gid, f.stamp
    FROM files f JOIN roots r ON r.root_id = f.root_id WHERE r.path = ? AND f.present ORDER BY f.path"""


class _File:
    """One file of the tree, through its history."""

    def __init__(
        self, file_id: bytes, root_id: bytes, path: bytes, digest: bytes, size: int, mode: int, mtime_ns: int,
        inode: int, uid: int, gid: int, stamp: bytes,
    ) -> None:  # fmt: skip
        self.stamp = stamp
        self._file_id = file_id
        self._root_id = root_id
        self._path = path
        self._digest = digest
        self._final = Path(os.fsdecode(path)).read_bytes()
        self._end = self._final.partition(b"\n")[0].decode() + "\n"
        self._first = self._end
        self._rest = self._final[len(self._end) :]
        self._state = DiskState(size, mtime_ns, mtime_ns, inode, mode, uid, gid)

    def next(self, number: int, time_ns: int, *, is_last: bool) -> tuple[Draft, ContentRow]:
        """A change of the first line; the last one gives what is on the disk."""
        was, before, previous = self._first, self._digest, self._state
        self._first = self._end if is_last else f"change {number} of {self._state.inode}\n"
        data = self._first.encode() + self._rest
        self._digest = hashlib.sha256(data).digest()
        self._state = previous._replace(size=len(data))
        draft = Draft(
            time_ns, Kind.MODIFIED, self._root_id, self._file_id, self._path, Origin.EVENT, Capture.STORED,
            before=before, after=self._digest, state=self._state, previous=previous, owner="user",
            counts=LineCounts(0, 1, 0), encoding="ascii", newline="lf",
            differences=(difference(_HUNK, was, self._first),),
        )  # fmt: skip
        return draft, ContentRow(self._digest, 0, RAW, None, data)
