"""The one writer of a record: baselines, changes, gaps, each in a transaction that holds all of it."""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
import time
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from fcm_tui import __version__
from fcm_tui.host import host_name
from fcm_tui.model import Capture, DiskState, Draft, FileRecord, Gap, Origin, Root
from fcm_tui.paths import is_inside
from fcm_tui.store import chain, journal, row_hashes
from fcm_tui.store.adoption import adopt, earlier_roots, known_inside
from fcm_tui.store.contents.store import ContentRow, ContentStore
from fcm_tui.store.database import CHECKPOINT_PAGES, file_at, open_writer
from fcm_tui.store.filling import Filling
from fcm_tui.store.ids import IdMaker
from fcm_tui.store.imported import refuse_imported
from fcm_tui.store.reviews import user_name
from fcm_tui.store.rows import INSERT_FILE, Rows, file_row, rows_of
from fcm_tui.store.sealing.sealer import sealer_for
from fcm_tui.store.seen import Seen, signed, unsigned

BASELINE_CHECKPOINT_PAGES = 16384
GONE = "the record was removed, or another put in its place: put it back, or begin anew by starting again"
"""Pages of the write-ahead log (256 MiB) after which a baseline moves them into the file: seldom, as index
pages are written again and again."""
_PARAMETERS = 500


class Record:
    """A data directory's database, open for writing. For one thread at a time.

    Raises (from every method): sqlite3.Error where the disk refuses; nothing of the transaction is
    then in the record.
    """

    def __init__(self, database: Path) -> None:
        self.database = database
        self.connection = open_writer(database)
        self._file = file_at(database)
        self.sequence = 0
        self._chain_hash = b""
        with ExitStack() as undo:
            undo.callback(self.connection.close)
            refuse_imported(self.connection, database)
            self._sealer = sealer_for(self.connection)
            self.contents = ContentStore(self.connection, sealer=self._sealer)
            self.new_id = IdMaker().make
            self.recorder_id = self._sign_in()
            row = self.connection.execute(
                "SELECT sequence, chain_hash FROM changes WHERE recorder_id = ? ORDER BY sequence DESC LIMIT 1",
                (self.recorder_id,),
            ).fetchone()
            undo.pop_all()
        self.sequence = row[0] if row else 0
        self._chain_hash = row[1] if row else chain.start(self.recorder_id)
        self.last_seen_ns = self._last_seen_ns
        self._sequence_then = -1
        """As it was noted last that this recorder runs."""

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> Record:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing of it. One inside another is a part of it."""
        if self.connection.in_transaction:
            yield
            return
        if (
            file_at(self.database) != self._file
        ):  # nobody would find what is written into the one that is open
            raise sqlite3.OperationalError(GONE)
        before = self.sequence, self._chain_hash
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            self.sequence, self._chain_hash = before
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    def _sign_in(self) -> bytes:
        now = time.time_ns()
        row = self.connection.execute("SELECT recorder_id, last_seen_ns FROM recorders LIMIT 1").fetchone()
        recorder_id = row[0] if row else os.urandom(16)
        self._last_seen_ns: int | None = row[1] if row else None
        with self.transaction():
            self.connection.execute(
                "INSERT INTO recorders (recorder_id, host, user, platform, version, first_seen_ns, last_seen_ns)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (recorder_id) DO UPDATE SET"
                " host = excluded.host, user = excluded.user, platform = excluded.platform, version = excluded.version",
                (
                    recorder_id,
                    host_name(),
                    user_name(),
                    f"{sys.platform} {platform.release()}",
                    __version__,
                    now,
                    now,
                ),
            )
            row_hashes.renew(self.connection, "recorders", "recorder_id = ?", (recorder_id,))
        return bytes(recorder_id)

    def still_here(self) -> None:
        """Note that this recorder runs, so that its next start knows how long it was absent.

        The cache gives back what the last burst filled it with; where nothing was recorded since the last time, so
        does the write-ahead log, which is otherwise left to grow, and to be written over, for the sake of speed.
        """
        with self.transaction():
            self.connection.execute(
                "UPDATE recorders SET last_seen_ns = ? WHERE recorder_id = ?",
                (time.time_ns(), self.recorder_id),
            )
        self.connection.execute("PRAGMA shrink_memory")
        if self.sequence == self._sequence_then:
            journal.empty_if_long(self.connection, self.database)
        self._sequence_then = self.sequence

    # Roots

    def active_roots(self) -> list[bytes]:
        """The directories that the latest run watched."""
        return [p for (p,) in self.connection.execute("SELECT path FROM roots WHERE active ORDER BY path")]

    def set_roots(self, paths: Sequence[bytes]) -> list[Root]:
        """Make these the watched directories; those of earlier runs are kept, but not watched, which is a gap.

        Files of an earlier one that are inside of one of these are its own from now on.
        """
        with self.transaction():
            earlier = earlier_roots(self.connection)
            left = self._roots("active AND baseline_ns IS NOT NULL")
            self.connection.execute("UPDATE roots SET active = 0")
            for path in paths:
                self.connection.execute(
                    "INSERT INTO roots (root_id, recorder_id, path, active) VALUES (?, ?, ?, 1)"
                    " ON CONFLICT (recorder_id, path) DO UPDATE SET active = 1",
                    (self.new_id(), self.recorder_id, path),
                )
            watched = self._roots("active")
            adopt(self.connection, earlier, watched)
            for root in left:
                if not any(is_inside(root.path, path) for path in paths):
                    self.open_gap(root, self.last_seen_ns or time.time_ns(), "the root was not watched")
            row_hashes.renew(self.connection, "roots")
        return watched

    def _roots(self, condition: str) -> list[Root]:
        rows = self.connection.execute(
            f"SELECT root_id, recorder_id, path FROM roots WHERE {condition} ORDER BY path"
        )
        return [Root(*row) for row in rows]

    def baseline_of(self, root: Root) -> tuple[int | None, int | None]:
        """When the baseline stood (None: not yet) and the device that the root was on."""
        row = self.connection.execute(
            "SELECT baseline_ns, device FROM roots WHERE root_id = ?", (root.root_id,)
        ).fetchone()
        return row[0], row[1]

    def known_inside(self, root: Root) -> list[bytes]:
        """As `adoption.known_inside`."""
        return known_inside(self.connection, root)

    def baseline_stands(self, root: Root) -> None:
        """From now on files that appear in this root are changes."""
        with self.transaction():
            self.connection.execute(
                "UPDATE roots SET baseline_ns = ? WHERE root_id = ? AND baseline_ns IS NULL",
                (time.time_ns(), root.root_id),
            )
            row_hashes.renew(self.connection, "roots", "root_id = ?", (root.root_id,))

    def set_device(self, root: Root, device: int) -> None:
        """Remember the device that the root is on (an unsigned `st_dev`)."""
        with self.transaction():
            self.connection.execute(
                "UPDATE roots SET device = ? WHERE root_id = ?", (signed(device), root.root_id)
            )
            row_hashes.renew(self.connection, "roots", "root_id = ?", (root.root_id,))

    # Files

    def files_ever(self) -> int:
        """About how many files were ever recorded; known at once."""
        return int(self.connection.execute("SELECT coalesce(max(rowid), 0) FROM files").fetchone()[0])

    def file_at(self, root_id: bytes, path: bytes) -> FileRecord | None:
        """The present file at a path, or None."""
        return self.files_at(root_id, [path]).get(path)

    def files_at(self, root_id: bytes, paths: Sequence[bytes]) -> dict[bytes, FileRecord]:
        """The present files at some paths of a root, by path."""
        found = {}
        for start in range(0, len(paths), _PARAMETERS):
            part = paths[start : start + _PARAMETERS]
            for file_id, path, digest, capture, size, mtime_ns, inode, *others in self.connection.execute(
                "SELECT file_id, path, digest, capture, size, mtime_ns, inode, mode, uid, gid, attributes FROM files"
                f" WHERE root_id = ? AND path IN ({','.join('?' * len(part))}) AND present",
                (root_id, *part),
            ):
                state = DiskState(size, mtime_ns, 0, unsigned(inode), *others)
                found[path] = FileRecord(file_id, root_id, path, digest, Capture(capture), state)
        return found

    def paths_of_inode(self, inode: int) -> list[bytes]:
        """Where present files with an inode were seen last."""
        rows = self.connection.execute("SELECT path FROM files WHERE inode = ? AND present", (signed(inode),))
        return [path for (path,) in rows]

    def add_baseline(self, root: Root, files: Sequence[Seen], contents: Iterable[ContentRow]) -> None:
        """Files of a root first seen, none of them a change.

        They are durable with the next change, or when the baseline stands.
        """
        now, root_id = time.time_ns(), root.root_id
        ids = [self.new_id() for _ in files]
        with self.transaction():
            before = self._last_version()
            self.contents.insert(contents)
            rows = [file_row(found, own, root_id, now) for found, own in zip(files, ids, strict=True)]
            INSERT_FILE.run(self.connection, rows)
            self.connection.execute(
                "INSERT INTO backup_paths (recorder_id, file_id, digest, original_file, backup_file, time_ns, size)"
                " SELECT ?, file_id, digest, path, 'sha256:' || lower(hex(digest)), ?, size"
                " FROM files WHERE file_id >= ? AND capture = ? AND digest IS NOT NULL ON CONFLICT DO NOTHING",
                (self.recorder_id, now, min(ids, default=b"\xff"), Capture.STORED),
            )
            self.count_versions(self._last_version() - before)

    @contextmanager
    def baseline(self) -> Iterator[None]:
        """Around baselines, of which nothing is acknowledged before they stand: commits need not be on disk one by one.

        A record that is still blank is written without a journal: a file beside it says so until all is on
        disk, and who finds that file at the start begins anew.
        """
        with ExitStack() as stack:
            filling = None
            if self._is_blank() and journal.leave_out(self.connection):
                filling = stack.enter_context(closing(Filling(self.database)))
                self.connection.execute("PRAGMA synchronous=OFF")
            else:
                journal.set_mode(self.connection, "WAL")
                self.connection.execute("PRAGMA synchronous=NORMAL")
                self.connection.execute(f"PRAGMA wal_autocheckpoint={BASELINE_CHECKPOINT_PAGES}")
            yield
            self.connection.execute("PRAGMA synchronous=FULL")
            self.connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
            self.connection.execute("PRAGMA shrink_memory")
            if filling is not None:
                filling.sync()
                journal.set_mode(self.connection, "WAL")
                filling.whole()

    def _is_blank(self) -> bool:
        return not any(
            self.connection.execute(f"SELECT 1 FROM {t} LIMIT 1").fetchone() for t in ("changes", "files")
        )

    def refresh(self, stamps: Iterable[tuple[bytes, bytes, bytes]]) -> None:
        """New stamps of files in which nothing changed that is recorded: (stamp, root id, path)."""
        with self.transaction():
            self.connection.executemany(
                "UPDATE files SET stamp = ? WHERE root_id = ? AND path = ? AND present", stamps
            )

    # Changes

    def commit(
        self,
        drafts: Sequence[Draft],
        stamps: Sequence[bytes],
        contents: Iterable[ContentRow],
        groups: dict[Hashable, int],
    ) -> tuple[int, int]:
        """Record changes with their content and differences in one transaction.

        Args:
            drafts: in the order in which replaying them gives the disk.
            stamps: of each draft's file after the change (empty for a deletion).
            contents: what `contents` lacks of the versions after.
            groups: first sequence of each group; it grows with the groups that begin here.

        Returns:
            The first and last sequence.
        """
        made = rows_of(
            drafts, stamps, groups, self.recorder_id, self.sequence, self._chain_hash, self._sealer
        )
        now = drafts[-1].time_ns if drafts else time.time_ns()
        with self.transaction():
            before = self._last_version()
            self.contents.insert(contents)
            for statement, rows in made.statements():
                statement.run(self.connection, rows)
            self._count(made, self._last_version() - before, now)
        first = self.sequence + 1
        self.sequence, self._chain_hash = made.last, made.chain_hash
        return first, made.last

    def _last_version(self) -> int:
        """Number of the newest row of `backup_paths`: a new one is the next."""
        return int(self.connection.execute("SELECT coalesce(max(rowid), 0) FROM backup_paths").fetchone()[0])

    def count_versions(self, more: int) -> None:
        """So many rows of `backup_paths` came, or went. Part of the transaction that does it."""
        self.connection.execute(
            "UPDATE recorders SET versions = versions + ? WHERE recorder_id = ?", (more, self.recorder_id)
        )

    def _count(self, made: Rows, versions: int, now_ns: int) -> None:
        self.connection.execute(
            "UPDATE recorders SET last_seen_ns = ?, versions = versions + ? WHERE recorder_id = ?",
            (now_ns, versions, self.recorder_id),
        )
        self.connection.executemany(
            "UPDATE roots SET changes = changes + ? WHERE root_id = ?",
            [(number, root_id) for root_id, number in made.roots.items()],
        )

    # Gaps

    def open_gap(self, root: Root | None, from_ns: int, reason: str) -> int:
        """Begin a stretch in which events may be missed; returns its number."""
        with self.transaction():
            number = self.connection.execute(
                "SELECT coalesce(max(gap), 0) + 1 FROM gaps WHERE recorder_id = ?", (self.recorder_id,)
            ).fetchone()[0]
            self.connection.execute(
                "INSERT INTO gaps (recorder_id, gap, root_id, from_ns, reason) VALUES (?, ?, ?, ?, ?)",
                (self.recorder_id, number, root.root_id if root else None, from_ns, reason),
            )
            self._renew_gap(number)
        return int(number)

    def close_gap(self, number: int, to_ns: int, changes_found: int) -> None:
        """End a gap: a scan has found what changed in it. It never ends before it begins, whatever the clock says."""
        with self.transaction():
            self.connection.execute(
                "UPDATE gaps SET to_ns = max(from_ns, ?), changes_found = ? WHERE recorder_id = ? AND gap = ?",
                (to_ns, changes_found, self.recorder_id, number),
            )
            self._renew_gap(number)

    def _renew_gap(self, number: int) -> None:
        row_hashes.renew(self.connection, "gaps", "recorder_id = ? AND gap = ?", (self.recorder_id, number))

    def last_gap(self) -> Gap | None:
        """The newest entry of the gap ledger."""
        row = self.connection.execute(
            "SELECT g.gap, r.path, g.from_ns, g.to_ns, g.reason, g.changes_found FROM gaps g"
            " LEFT JOIN roots r ON r.root_id = g.root_id WHERE g.recorder_id = ? ORDER BY g.gap DESC LIMIT 1",
            (self.recorder_id,),
        ).fetchone()
        return Gap(*row) if row else None

    def found_by_scan(self, root: Root, after: int) -> int:
        """How many changes of a root scans have found since a sequence."""
        row = self.connection.execute(
            "SELECT count(*) FROM changes WHERE recorder_id = ? AND sequence > ? AND root_id = ? AND origin = ?",
            (self.recorder_id, after, root.root_id, Origin.SCAN),
        ).fetchone()
        return int(row[0])

    def open_gaps(self) -> list[tuple[int, bytes | None, int, str]]:
        """Gaps that an earlier run left open: number, root id, begin (ns) and reason."""
        return self.connection.execute(
            "SELECT gap, root_id, from_ns, reason FROM gaps WHERE recorder_id = ? AND to_ns IS NULL",
            (self.recorder_id,),
        ).fetchall()

    def checkpoint(self) -> None:
        """Move the write-ahead log into the database file, all of it on disk."""
        journal.checkpoint(self.connection)
