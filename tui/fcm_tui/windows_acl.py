"""Folders on Windows that are open to the user, the system and administrators alone, from their first moment.

Python's own `os.mkdir(mode=0o700)` does this from 3.12.4 on only. What is made in such a folder inherits its rights.
"""

from __future__ import annotations

import os
import sys

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _SDDL = "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;OW)"
    """Protected from inheriting; full access, inherited by all that is made inside, for the local system, the
    administrators and the owner (Microsoft Learn, "Security Descriptor String Format")."""
    _REVISION = 1

    class _SecurityAttributes(ctypes.Structure):
        _fields_ = (
            ("nLength", wintypes.DWORD),
            ("lpSecurityDescriptor", wintypes.LPVOID),
            ("bInheritHandle", wintypes.BOOL),
        )

    def make_private_folder(path: str | os.PathLike[str]) -> None:
        """Make a folder that others cannot enter.

        Raises:
            FileExistsError: something stands there already.
            OSError: it cannot be made.
        """
        kernel, advapi = (
            ctypes.WinDLL("kernel32", use_last_error=True),
            ctypes.WinDLL("advapi32", use_last_error=True),
        )
        convert = advapi.ConvertStringSecurityDescriptorToSecurityDescriptorW
        convert.argtypes = [
            wintypes.LPCWSTR,
            wintypes.DWORD,
            ctypes.POINTER(wintypes.LPVOID),
            wintypes.LPVOID,
        ]
        create, free = kernel.CreateDirectoryW, kernel.LocalFree
        create.argtypes = [wintypes.LPCWSTR, ctypes.POINTER(_SecurityAttributes)]
        free.argtypes, free.restype = [wintypes.LPVOID], wintypes.LPVOID
        descriptor = wintypes.LPVOID()
        if not convert(_SDDL, _REVISION, ctypes.byref(descriptor), None):
            raise ctypes.WinError(ctypes.get_last_error())
        try:
            attributes = _SecurityAttributes(ctypes.sizeof(_SecurityAttributes), descriptor, False)
            if not create(os.fspath(path), ctypes.byref(attributes)):
                raise ctypes.WinError(ctypes.get_last_error())
        finally:
            free(descriptor)
