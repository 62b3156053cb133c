"""Which file systems are mounted where, and whether changes made elsewhere raise events here.

`man 5 proc_pid_mountinfo`. Looks at no folder itself, so a file system that does not answer is no obstacle.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator

from fcm_tui.paths import is_inside

_MOUNTS = "/proc/self/mountinfo"
_REMOTE = frozenset(
    b"9p afs autofs beegfs ceph cifs coda davfs drvfs gfs gfs2 glusterfs gpfs lustre ncpfs nfs nfs4 ocfs2 orangefs prl_fs"
    b" smb3 smbfs vboxsf vmhgfs".split()
)
"""Kinds, as the kernel names them, that others write to from their own machines, or a host from outside of its guest."""
_ESCAPED = re.compile(rb"\\([0-7]{3})")


def mount_table() -> bytes:
    """What Linux says is mounted now.

    Raises:
        OSError: it does not tell.
    """
    with open(_MOUNTS, "rb") as file:
        return file.read()


def mounted_in(places: Iterable[bytes], table: bytes) -> list[bytes]:
    """The mount points below these real paths, none twice, sorted."""
    points = {point for point, _ in _mounted(table)}
    wanted = list(places)
    return sorted(point for point in points if any(point != p and is_inside(point, p) for p in wanted))


def mount_point(path: bytes, table: bytes) -> bytes:
    """Where the file system is mounted that a real path is on, or would be if it were there."""
    found = _mount_of(path, table)
    return b"/" if found is None else found[0]


def is_remounted(places: Iterable[bytes], before: bytes, after: bytes) -> bool:
    """Whether something at, above or below these real paths may have been mounted or unmounted between two tables.

    To be asked once Linux has told that there was a change: where no difference is left, something went and came back.
    """
    old, new = before.splitlines(), after.splitlines()
    if old == new:
        return True
    in_old, in_new = frozenset(old), frozenset(new)
    changed = {point for point, _ in _mounted(b"\n".join(in_old ^ in_new))}
    if any(is_inside(point, place) or is_inside(place, point) for place in places for point in changed):
        return True
    return [line for line in old if line in in_new] != [line for line in new if line in in_old]


def kind_of(path: bytes) -> str | None:
    """The kind of file system that an absolute path, links resolved, is on; None where this system does not tell."""
    if sys.platform != "linux":
        return None
    try:
        found = _mount_of(path, mount_table())
    except OSError:
        return None
    return None if found is None else os.fsdecode(found[1])


def is_remote(kind: str | None) -> bool:
    """Whether on this kind of file system others change files without our kernel seeing it: it has to be polled."""
    return kind is not None and (os.fsencode(kind) in _REMOTE or kind == "fuse" or kind.startswith("fuse."))


def _mount_of(path: bytes, table: bytes) -> tuple[bytes, bytes] | None:
    """Point and kind of the mount that a path is seen through: of two at one place the later one hides the other."""
    found: tuple[bytes, bytes] | None = None
    for point, kind in _mounted(table):
        if is_inside(path, point) and (found is None or len(point) >= len(found[0])):
            found = point, kind
    return found


def _mounted(table: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Point and kind of each mount, in the order in which they came."""
    for line in table.splitlines():
        place, _, what = line.partition(b" - ")
        fields = place.split(b" ")
        if len(fields) > 4:
            yield _ESCAPED.sub(_unescaped, fields[4]), what.split(b" ", 1)[0]


def _unescaped(found: re.Match[bytes]) -> bytes:
    return bytes([int(found[1], 8)])
