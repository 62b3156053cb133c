"""The hash chain: each change's hash covers the one before it and everything the change says.

    hash(n) = SHA-256( hash(n-1) || JSON of [every column but the hash, the hunks] )

with bytes as hexadecimal, no spaces, non-ASCII escaped; the hash before the first is the recorder id
padded to 32 bytes. Hunks are [difference digest, old start, old count, new start, new count]. A
difference's digest covers its operation and lines, a content's its bytes, so the chain covers those too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

CHAINED_COLUMNS = (
    "sequence", "time_ns", "root_id", "file_id", "path", "previous_path", "kind", "before_digest", "after_digest",
    "size", "mode", "mtime_ns", "previous_size", "previous_mode", "previous_mtime_ns", "owner", "process", "capture",
    "origin", "group_sequence", "inserted", "updated", "deleted", "encoding", "newline",
)  # fmt: skip
"""Columns of `changes` in the order in which they are hashed; `recorder_id` stands in the chain's start."""

HunkRow = tuple[bytes, int, int, int, int]

_encode = json.JSONEncoder(separators=(",", ":"), default=bytes.hex).encode


def start(recorder_id: bytes) -> bytes:
    """What stands before the first change's hash."""
    return recorder_id.ljust(32, b"\0")


def link(previous: bytes, columns: Sequence[object], hunks: Sequence[HunkRow]) -> bytes:
    """The hash of one change.

    Args:
        previous: the 32 bytes of the change before.
        columns: values of `CHAINED_COLUMNS`.
        hunks: its rows of `change_differences`, by ordinal.
    """
    return hashlib.sha256(previous + _encode([*columns, hunks]).encode()).digest()


def difference_digest(operation: str, affected: str, replaced: str | None) -> bytes:
    """The key of a row of `differences`: SHA-256 of operation and lines, each preceded by its length in bytes."""
    digest = hashlib.sha256(operation.encode())
    for part in (affected, replaced):
        data = b"" if part is None else part.encode("utf-8", "surrogatepass")
        digest.update(b":%d:" % len(data))
        digest.update(data)
    return digest.digest()
