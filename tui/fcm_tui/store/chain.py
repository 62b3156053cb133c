"""The hash chain: each change's hash covers the one before it and everything the change says.

    hash(n) = SHA-256( hash(n-1) || JSON of [every column but the hash and those that came later, the hunks] )

where the columns that came later say nothing; where `attributes` or `previous_attributes` says something, these two
follow the others, and where `process_info` does, all three: the lengths tell the forms apart. Bytes stand as
hexadecimal, there are no spaces, non-ASCII is escaped; the hash before the first is the recorder id padded to 32
bytes. Hunks are [difference digest, old start, old count, new start, new count]. A difference's digest covers its
operation and lines, a content's its bytes, so the chain covers those too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from fcm_tui.model import Difference, Hunk
from fcm_tui.store.reading.dialect import Connection

CHAINED_COLUMNS = (
    "sequence", "time_ns", "root_id", "file_id", "path", "previous_path", "kind", "before_digest", "after_digest",
    "size", "mode", "mtime_ns", "previous_size", "previous_mode", "previous_mtime_ns", "owner", "process", "capture",
    "origin", "group_sequence", "inserted", "updated", "deleted", "encoding", "newline",
)  # fmt: skip
"""Columns of `changes` in the order in which they are hashed; `recorder_id` stands in the chain's start."""
LATER_COLUMNS = ("attributes", "previous_attributes", "process_info")
"""Those that follow them: the first two where one of them is not NULL, all where the last is not."""

HunkRow = tuple[bytes, int, int, int, int]

DIFFERENCE_LIMIT = 1 << 20
"""Characters of one side of a difference that are kept; `contents` has all."""
CUT_MARK = "\n… cut at 1 MiB\n"

encode = json.JSONEncoder(separators=(",", ":"), default=bytes.hex).encode
"""JSON without spaces, non-ASCII escaped, bytes as hexadecimal: what is hashed of a row."""


def start(recorder_id: bytes) -> bytes:
    """What stands before the first change's hash."""
    return recorder_id.ljust(32, b"\0")


def link(
    previous: bytes,
    columns: Sequence[object],
    hunks: Sequence[HunkRow],
    later: Sequence[object] = (None, None, None),
) -> bytes:
    """The hash of one change.

    Args:
        previous: the 32 bytes of the change before.
        columns: values of `CHAINED_COLUMNS`.
        hunks: its rows of `change_differences`, by ordinal.
        later: values of `LATER_COLUMNS`.
    """
    if later[-1] is not None:
        columns = [*columns, *later]
    elif any(value is not None for value in later):
        columns = [*columns, *later[:-1]]
    return hashlib.sha256(previous + encode([*columns, hunks]).encode()).digest()


def difference_digest(operation: str, affected: str, replaced: str | None) -> bytes:
    """The key of a row of `differences`: SHA-256 of operation and lines, each preceded by its length in bytes."""
    first = affected.encode("utf-8", "surrogatepass")
    second = b"" if replaced is None else replaced.encode("utf-8", "surrogatepass")
    whole = b"%b:%d:%b:%d:%b" % (operation.encode(), len(first), first, len(second), second)
    return hashlib.sha256(whole).digest()


def difference(hunk: Hunk, before: str, after: str) -> Difference:
    """What is kept of a hunk that replaces some lines by others."""
    affected = _cut(after if hunk.new_count else before)
    replaced = _cut(before) if hunk.old_count and hunk.new_count else None
    return Difference(hunk, difference_digest(hunk.operation.value, affected, replaced), affected, replaced)


def _cut(lines: str) -> str:
    """What `differences` keeps of one side; the digest covers what it keeps."""
    return lines if len(lines) <= DIFFERENCE_LIMIT else lines[:DIFFERENCE_LIMIT] + CUT_MARK


def change_hash(connection: Connection, recorder_id: bytes, sequence: int) -> bytes:
    """The hash of a change, empty where there is none."""
    row = connection.execute(
        "SELECT chain_hash FROM changes WHERE recorder_id = ? AND sequence = ?", (recorder_id, sequence)
    ).fetchone()
    return row[0] if row else b""
