"""Opening a file to read it, in no one's way.

On Windows, a file that is open for reading as Python opens it cannot be renamed, replaced or deleted meanwhile, and
an error does not tell a file that another program keeps for itself from one that we may not read. So
it is opened there as Windows' own backup programs do.
"""

from __future__ import annotations

import os
import sys

if sys.platform == "win32":
    import ctypes
    import msvcrt
    from ctypes import wintypes

    _GENERIC_READ = 0x80000000
    _SHARE_ALL = 0x1 | 0x2 | 0x4
    """Others may read, write, and rename or delete it."""
    _OPEN_EXISTING = 3
    _SEQUENTIAL_SCAN = 0x08000000
    _INVALID_HANDLE = ctypes.c_void_p(-1).value
    _HELD = (32, 33)
    """ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION."""

    _create_file = ctypes.WinDLL("kernel32", use_last_error=True).CreateFileW
    _create_file.restype = wintypes.HANDLE
    _create_file.argtypes = [
        wintypes.LPCWSTR, wintypes.DWORD, wintypes.DWORD, wintypes.LPVOID,
        wintypes.DWORD, wintypes.DWORD, wintypes.HANDLE,
    ]  # fmt: skip

    def open_to_read(path: bytes) -> int:
        """A descriptor for reading the file at `path`.

        Raises:
            OSError: it cannot be opened; `is_held` tells whether another program keeps it for itself.
        """
        name = os.fsdecode(path)
        handle = _create_file(name, _GENERIC_READ, _SHARE_ALL, None, _OPEN_EXISTING, _SEQUENTIAL_SCAN, None)
        if handle == _INVALID_HANDLE:
            code = ctypes.get_last_error()
            raise OSError(0, ctypes.FormatError(code).strip(), name, code)  # Windows' number decides the type
        return msvcrt.open_osfhandle(handle, os.O_RDONLY | os.O_BINARY | os.O_NOINHERIT)

    def is_held(error: OSError, *, reading: bool = False) -> bool:
        """Whether another program keeps the file, or a part of it, for itself.

        Args:
            reading: the file was open already, so that rights are not what it is about.
        """
        return error.winerror in _HELD or (reading and isinstance(error, PermissionError))

else:
    _FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

    def open_to_read(path: bytes) -> int:
        """A descriptor for reading the file at `path`; a link is not followed, a FIFO not waited for.

        Raises:
            OSError: it cannot be opened.
        """
        return os.open(path, _FLAGS)

    def is_held(error: OSError, *, reading: bool = False) -> bool:
        """Never: locks do not keep others from reading here."""
        return False
