"""A file as it was seen on the disk, in the columns of the table `files`: cheap to make, and to send to another process."""

from __future__ import annotations

from typing import NamedTuple

from fcm_tui.model import Capture, DiskState


class Seen(NamedTuple):
    """What a file's row says of what was found, in the order of `rows.INSERT_FILE`, as the table writes it."""

    path: bytes
    digest: bytes | None
    capture: str
    size: int
    mode: int
    mtime_ns: int
    inode: int
    """As `signed`."""
    uid: int
    gid: int
    stamp: bytes
    attributes: bytes | None


def seen(path: bytes, digest: bytes | None, capture: Capture, state: DiskState, stamp: bytes) -> Seen:
    """A file that was read, or of which it was found out why it is not."""
    return Seen(
        path, digest, capture.value, state.size, state.mode, state.mtime_ns, signed(state.inode), state.uid, state.gid,
        stamp, state.attributes,
    )  # fmt: skip


def signed(number: int) -> int:
    """SQLite's integers are signed; device and inode numbers are not."""
    return number - (1 << 64) if number >= 1 << 63 else number


def unsigned(number: int) -> int:
    """The inverse of `signed`."""
    return number + (1 << 64) if number < 0 else number
