"""What only Windows can do to a file, for tests that run there; and whether it is Wine that plays Windows."""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

WINDOWS = sys.platform == "win32"
ON_WINE = WINDOWS and hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")

windows_only = pytest.mark.skipif(not WINDOWS, reason="about what only Windows does")


def not_on_wine(reason: str) -> pytest.MarkDecorator:
    """Mark a test of what Wine does not do as Windows does."""
    return pytest.mark.skipif(ON_WINE, reason=f"Wine is not Windows here: {reason}")


READ, WRITE, DELETE = 1, 2, 4
"""What others may still do to a file that is open."""
_HOLDER = """
import sys
from tests.windows.system import held
with held(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


_LOCKER = """
import msvcrt, sys
with open(sys.argv[1], "r+b", buffering=0) as file:
    msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 4)
    file.write(b"half\\n")
    print("locked", flush=True)
    sys.stdin.read()
    file.seek(0)
    file.write(b"whole\\n")
    file.seek(0)
    msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 4)
"""


@contextlib.contextmanager
def held(path: str | Path, share: int = 0) -> Iterator[int]:
    """A file open for reading and writing, while others may only do what `share` says; a descriptor of it."""
    import msvcrt
    from ctypes import wintypes

    create = ctypes.WinDLL("kernel32", use_last_error=True).CreateFileW
    create.restype = wintypes.HANDLE
    create.argtypes = [
        wintypes.LPCWSTR, wintypes.DWORD, wintypes.DWORD, wintypes.LPVOID,
        wintypes.DWORD, wintypes.DWORD, wintypes.HANDLE,
    ]  # fmt: skip
    open_or_make = 4
    handle = create(str(path), 0xC0000000, share, None, open_or_make, 0, None)
    assert handle != ctypes.c_void_p(-1).value, ctypes.FormatError(ctypes.get_last_error())
    descriptor = msvcrt.open_osfhandle(handle, os.O_RDWR | os.O_BINARY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def held_by_another_program(path: Path) -> contextlib.AbstractContextManager[None]:
    """A file that another process keeps for itself."""
    return _at_work(_HOLDER, path)


def written_by_another_program_under_a_lock(path: Path) -> contextlib.AbstractContextManager[None]:
    """A file whose first four bytes another process has locked; "half" is in it, and at the end "whole"."""
    return _at_work(_LOCKER, path)


@contextlib.contextmanager
def _at_work(program: str, path: Path) -> Iterator[None]:
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as holder:
        assert holder.stdin is not None and holder.stdout is not None
        assert holder.stdout.readline().strip() in ("held", "locked")
        yield
        holder.stdin.close()
        assert holder.wait(30) == 0


def rewrite(descriptor: int, data: bytes) -> None:
    """Give an open file another content."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.truncate(descriptor, 0)
    os.write(descriptor, data)
