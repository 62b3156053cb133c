"""Which file system a folder is on, and whether changes made elsewhere raise events here. Looks at no folder itself."""

from __future__ import annotations

import os
import re
import sys

from fcm_tui.paths import is_inside

_MOUNTS = "/proc/self/mountinfo"
_REMOTE = frozenset(
    b"9p afs autofs beegfs ceph cifs coda davfs drvfs gfs gfs2 glusterfs gpfs lustre ncpfs nfs nfs4 ocfs2 orangefs prl_fs"
    b" smb3 smbfs vboxsf vmhgfs".split()
)
"""Kinds, as the kernel names them, that others write to from their own machines, or a host from outside of its guest."""
_ESCAPED = re.compile(rb"\\([0-7]{3})")


def kind_of(path: bytes) -> str | None:
    """The kind of file system that an absolute path, links resolved, is on; None where this system does not tell.

    Nothing is asked of the file system, so one that does not answer is no obstacle.
    """
    if sys.platform != "linux":
        return None
    found: tuple[int, bytes] | None = None
    try:
        with open(_MOUNTS, "rb") as mounts:
            for line in mounts:
                place, _, kind = line.partition(b" - ")
                point = _ESCAPED.sub(lambda match: bytes([int(match[1], 8)]), place.split(b" ")[4])
                # of two at one place the later one hides the other
                if is_inside(path, point) and (found is None or len(point) >= found[0]):
                    found = len(point), kind.split(b" ", 1)[0]
    except (OSError, IndexError):
        return None
    return None if found is None else os.fsdecode(found[1])


def is_remote(kind: str | None) -> bool:
    """Whether on this kind of file system others change files without our kernel seeing it: it has to be polled."""
    return kind is not None and (os.fsencode(kind) in _REMOTE or kind == "fuse" or kind.startswith("fuse."))
