"""What reading a record gives, beside changes: recorders, roots, folders, files and sums."""

from __future__ import annotations

from typing import NamedTuple

from fcm_tui.model import Capture


class RecorderInfo(NamedTuple):
    """Who recorded."""

    recorder_id: bytes
    host: str
    user: str
    platform: str
    version: str
    first_seen_ns: int
    last_seen_ns: int


class RootSummary(NamedTuple):
    """A watched directory with its counts."""

    root_id: bytes
    recorder_id: bytes
    path: bytes
    active: bool
    baseline_ns: int | None
    files: int
    changes: int
    reviewed: int
    """Of the changes, those that somebody has reviewed."""


class FolderEntry(NamedTuple):
    """A child of a folder: present files, and changes at or below it."""

    name: bytes
    is_folder: bool
    files: int
    changes: int
    reviewed: int = 0
    """Of the changes, those that somebody has reviewed."""


class Sizes(NamedTuple):
    """How much the record holds."""

    files: int
    versions: int
    changes: int
    database_bytes: int
    free_bytes: int
    """Of them, what waits in the database to be used again."""
    indexed: int = 0
    """Up to this change the index of changed lines finds them; those behind it are looked through."""
    index_bytes: int = 0
    """Of that index, which lies beside the database."""


class FileNow(NamedTuple):
    """A file as the record knows it now (or knew it last)."""

    file_id: bytes
    path: bytes
    present: bool
    digest: bytes | None
    capture: Capture
    size: int
    mode: int
    mtime_ns: int
    first_seen_ns: int
