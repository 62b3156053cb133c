"""A record made by hand: the rows that the screens are tested with, without a recorder."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fcm_tui.capture.text import detect, to_utf8
from fcm_tui.diff.lines import count_lines, diff_lines
from fcm_tui.model import Capture, Kind, LineCounts, Origin
from fcm_tui.store.contents.packing import pack
from fcm_tui.store.contents.store import ContentStore
from fcm_tui.store.database import open_writer

RECORDER = bytes(range(16))
START_NS = 1_790_000_000_000_000_000
MODE = 0o100644


def native(path: str | bytes) -> bytes:
    """A path with this system's separators."""
    return os.fsencode(path).replace(b"/", os.fsencode(os.sep))


class RecordBuilder:
    """Writes one record. Sequences and times count up; content is stored as the recorder stores it."""

    def __init__(self, database: Path) -> None:
        self.database = database
        self._connection = open_writer(database)
        self._contents = ContentStore(self._connection, cache_bytes=1 << 20)
        self.sequence = self._gaps = 0
        self._roots: dict[bytes, bytes] = {}
        self._versions: dict[bytes, bytes] = {}
        self._insert(
            "recorders", recorder_id=RECORDER, host="desk", user="ann", platform="linux", version="0.1.0",
            first_seen_ns=START_NS, last_seen_ns=START_NS,
        )  # fmt: skip

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside becomes visible at once."""
        self._connection.execute("BEGIN IMMEDIATE")
        yield
        self._connection.execute("COMMIT")

    def root(self, path: str, *, began: int | None = None) -> bytes:
        """A watched directory; `began` is when its first look was complete (ns)."""
        raw = native(path)
        identity = hashlib.sha256(raw).digest()[:16]
        self._roots[raw] = identity
        self._insert(
            "roots", root_id=identity, recorder_id=RECORDER, path=raw, active=1, baseline_ns=began
        )  # fmt: skip
        return raw

    def file(self, path: str | bytes, content: bytes = b"", *, capture: Capture = Capture.STORED) -> None:
        """A file as the baseline found it, or as a change left it."""
        raw = native(path)
        if capture is Capture.STORED:
            self._store(content)
        self._versions[raw] = content
        self._present(raw, content, capture)

    def change(
        self,
        path: str | bytes,
        content: bytes | None,
        kind: Kind = Kind.MODIFIED,
        *,
        previous: str | bytes | None = None,
        capture: Capture | None = None,
        origin: Origin = Origin.EVENT,
        process: str | None = None,
        mode: int | None = MODE,
        stored: bool = True,
        time_ns: int | None = None,
    ) -> int:
        """One change with its versions and line counts; its sequence."""
        raw = native(path)
        old_path = native(previous) if previous is not None else None
        before = None if kind is Kind.CREATED else self._versions.get(old_path or raw)
        after = None if kind is Kind.DELETED else content
        counts = _counts(before, after) if stored else None
        text = detect(after) if after else None
        self.sequence += 1
        for version in (before, after) if stored else ():
            if version is not None:
                self._store(version)
        self._insert(
            "changes", recorder_id=RECORDER, sequence=self.sequence,
            time_ns=time_ns or START_NS + self.sequence * 1_000_000_000,
            root_id=self._root_of(raw), file_id=_identity(raw), path=raw, previous_path=old_path, kind=kind,
            before_digest=_digest(before), after_digest=_digest(after),
            size=None if after is None else len(after), mode=None if after is None else mode,
            mtime_ns=START_NS, owner="ann", process=process,
            capture=capture or (Capture.NONE if after is None else Capture.STORED), origin=origin,
            inserted=counts and counts.inserted, updated=counts and counts.updated,
            deleted=counts and counts.deleted, encoding=text and text.encoding, newline=text and text.newline,
        )  # fmt: skip
        if old_path is not None:
            self._versions.pop(old_path, None)
            self._connection.execute("UPDATE files SET present = 0 WHERE path = ?", (old_path,))
        if after is None:
            self._versions.pop(raw, None)
            self._connection.execute("UPDATE files SET present = 0 WHERE path = ?", (raw,))
        else:
            self._versions[raw] = after
            self._present(raw, after, capture or Capture.STORED)
        return self.sequence

    def many(self, root: bytes, count: int) -> None:
        """So many small changes, two seconds apart, in one transaction, as fast as SQLite takes them."""
        first = self.sequence + 1
        self.sequence += count
        with self.transaction():
            for number in range(first, first + count):
                path = native(root) + native(f"/area{number % 40}/file{number % 977}.txt")
                self._insert(
                    "changes", recorder_id=RECORDER, sequence=number, time_ns=START_NS + number * 2_000_000_000,
                    root_id=self._roots[native(root)], file_id=_identity(path), path=path, kind="modified",
                    capture="excluded", origin="event", size=number,
                )  # fmt: skip

    def gap(
        self, root: bytes | None, after: int, found: int, *, reason: str = "not running", lasted: int = 10
    ) -> None:
        """Half a second behind a change, ten seconds long: a time in which others may have been missed."""
        from_ns = START_NS + after * 10**9 + 10**9 // 2
        self._gaps += 1
        self._insert(
            "gaps", recorder_id=RECORDER, gap=self._gaps, root_id=root and self._roots[native(root)], from_ns=from_ns,
            to_ns=from_ns + lasted * 10**9, reason=reason, changes_found=found,
        )  # fmt: skip

    def _present(self, path: bytes, content: bytes, capture: Capture) -> None:
        self._connection.execute("DELETE FROM files WHERE file_id = ?", (_identity(path),))
        self._insert(
            "files", file_id=_identity(path), root_id=self._root_of(path), path=path, present=1,
            digest=_digest(content), capture=capture, size=len(content), mode=MODE,
        )  # fmt: skip

    def _root_of(self, path: bytes) -> bytes:
        return next(identity for root, identity in self._roots.items() if path.startswith(root + native("/")))

    def _store(self, content: bytes) -> None:
        digest = hashlib.sha256(content).digest()
        if not self._contents.known([digest]):
            self._contents.insert(pack(content, digest).rows)

    def _insert(self, table: str, **values: object) -> None:
        """A row; columns that are not named and may not be NULL get nothing of their type."""
        columns = self._connection.execute(f"PRAGMA table_info({table})").fetchall()
        nothing: dict[str, object] = {"INTEGER": 0, "TEXT": "", "BLOB": b""}
        row = {name: nothing[kind] for _, name, kind, required, _, _ in columns if required} | values
        self._connection.execute(
            f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values())
        )


def _counts(before: bytes | None, after: bytes | None) -> LineCounts | None:
    sides = [(side, detect(side)) for side in (before or b"", after or b"")]
    if any(side and text is None for side, text in sides):
        return None
    old, new = (to_utf8(side, text.encoding) if text else b"" for side, text in sides)
    return count_lines(diff_lines(old, new))


def _digest(content: bytes | None) -> bytes | None:
    return None if content is None else hashlib.sha256(content).digest()


def _identity(path: bytes) -> bytes:
    return hashlib.sha256(b"file" + path).digest()[:16]


def connect(database: Path) -> sqlite3.Connection:
    """A plain connection, for what no method offers."""
    return sqlite3.connect(database, isolation_level=None)
