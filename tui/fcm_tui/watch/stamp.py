"""The stamp of a file: what decides, between two looks, that it may have changed.

Size, modification time, status-change time, inode and mode in 40 bytes, so that a scan compares one
value a file and a record of 100,000 files loads in one column. An event's kind never decides.
"""

from __future__ import annotations

import os
import struct
import sys

from fcm_tui.model import kept_ns

_LAYOUT = struct.Struct("<qqqQQ")
_WINDOWS = sys.platform == "win32"


if _WINDOWS:
    # A Windows listing carries no file index, and its mode's execute bits are guessed from the name.
    def stamp(found: os.stat_result) -> bytes:
        """The stamp out of a stat result, of a path, a handle or a directory entry alike."""
        return _LAYOUT.pack(found.st_size, kept_ns(found.st_mtime_ns), 0, 0, found.st_mode & ~0o111)

else:
    _pack = _LAYOUT.pack

    def stamp(found: os.stat_result) -> bytes:
        """The stamp out of a stat result, of a path, a handle or a directory entry alike."""
        try:
            return _pack(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_mode)
        except struct.error:
            times = kept_ns(found.st_mtime_ns), kept_ns(found.st_ctime_ns)
            return _pack(found.st_size, *times, found.st_ino, found.st_mode)
