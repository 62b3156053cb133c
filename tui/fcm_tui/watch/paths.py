r"""Paths as a system's own calls take them: exactly this name, no other that looks like it.

Windows drops dots and blanks at the end of a name, takes NUL.txt for a device, and refuses what is longer than 260
characters, unless a path begins with `\\?\`; and it finds `Readme` where `README` is asked for, as macOS does.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys

if sys.platform == "win32":
    _LONGEST = 247
    """Characters of a folder's path that all of Windows' calls take; a byte is no less than a character's worth."""
    _ODD = re.compile(
        rb"[. ](\\|$)|\\(con|prn|aux|nul|conin\$|conout\$|(com|lpt)([0-9]|\xc2[\xb9\xb2\xb3])) *([.:][^\\]*)?(\\|$)",
        re.IGNORECASE,
    )

    def on_disk(path: bytes) -> bytes:
        """An absolute path as Windows' calls find exactly the file of that name."""
        if path.startswith(b"\\\\?\\") or (len(path) <= _LONGEST and not _ODD.search(path)):
            return path
        return b"\\\\?\\UNC" + path[1:] if path.startswith(b"\\\\") else b"\\\\?\\" + path

    def is_folder(entry: os.DirEntry[bytes]) -> bool:
        """Whether an entry is a folder to look into, and no junction or mounted volume that leads elsewhere."""
        return entry.is_dir(follow_symlinks=False) and not _leads_elsewhere(entry.stat(follow_symlinks=False))

    def _leads_elsewhere(found: os.stat_result) -> bool:
        return found.st_reparse_tag == stat.IO_REPARSE_TAG_MOUNT_POINT

else:

    def on_disk(path: bytes) -> bytes:
        """The path itself."""
        return path

    def is_folder(entry: os.DirEntry[bytes]) -> bool:
        """Whether an entry is a folder to look into, and no link to one."""
        return entry.is_dir(follow_symlinks=False)

    def _leads_elsewhere(found: os.stat_result) -> bool:
        return False


def is_folder_found(found: os.stat_result) -> bool:
    """`is_folder` of what `lstat` says."""
    return stat.S_ISDIR(found.st_mode) and not _leads_elsewhere(found)


def is_folder_at(path: bytes) -> bool:
    """`is_folder` of what stands at a path."""
    try:
        return is_folder_found(os.lstat(on_disk(path)))
    except OSError:
        return False


def stands(path: bytes, root: bytes) -> bool:
    """Whether something stands at a path below a root whose names are spelled just so."""
    return os.path.lexists(on_disk(path)) and is_spelled_so(path, root)


if sys.platform in ("win32", "darwin"):

    def is_spelled_so(path: bytes, root: bytes) -> bool:
        """Whether the names from a root to what stands at a path are spelled just so in their folders."""
        while len(path) > len(root):
            path, name = os.path.split(path)
            try:
                if name not in os.listdir(on_disk(path)):
                    return False
            except OSError:
                return False
        return True

    def spelled(folder: bytes, name: bytes) -> bytes:
        """A name as the folder has it; the name itself where the folder has it in no spelling."""
        with contextlib.suppress(OSError):
            names = os.listdir(on_disk(folder))
            same = [other for other in names if os.fsdecode(other).casefold() == os.fsdecode(name).casefold()]
            if same and name not in same:
                return same[0]
        return name

else:

    def is_spelled_so(path: bytes, root: bytes) -> bool:
        """Always: what stands here has the name that it was found by."""
        return True

    def spelled(folder: bytes, name: bytes) -> bytes:
        """The name itself."""
        return name
