"""libgit2's line diff, called on the library that pygit2 ships, with the GIL released.

Importing pygit2 takes a tenth of a second and its own `Patch` holds the GIL while it works, so the
library is opened through ctypes where it can be found, and pygit2 is the way when it cannot. This
module imports nothing of this package: `bounded` runs it as a program of its own.
"""

from __future__ import annotations

import ctypes
import importlib.machinery
import importlib.util
import os
import struct
import sys
import threading
import time
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Range = tuple[int, int, int, int]
"""`old[a:b]` is replaced by `new[c:d]`; lines count from 0."""

MYERS = 1 << 20 | 1 << 18
"""What `git diff` does by default: FORCE_TEXT and the indent heuristic."""
PATIENCE = MYERS | 1 << 28
MINIMAL = MYERS | 1 << 29
"""The true minimum, in quadratic time: for small texts only."""

REQUEST = struct.Struct("=QQd")
"""What `serve` is told first: bytes of the old text, bytes of the new one, seconds it may take."""

_HOLD_GIL_BELOW = 4096


class _Options(ctypes.Structure):
    _fields_ = (
        ("version", ctypes.c_uint),
        ("flags", ctypes.c_uint32),
        ("ignore_submodules", ctypes.c_int),
        ("pathspec", ctypes.c_void_p),
        ("pathspec_count", ctypes.c_size_t),
        ("notify_cb", ctypes.c_void_p),
        ("progress_cb", ctypes.c_void_p),
        ("payload", ctypes.c_void_p),
        ("context_lines", ctypes.c_uint32),
        ("interhunk_lines", ctypes.c_uint32),
        # What follows has grown over the versions: room for more than any of them has.
        ("rest", ctypes.c_uint64 * 32),
    )


class _HunkHead(ctypes.Structure):
    _fields_ = (
        ("old_start", ctypes.c_int),
        ("old_lines", ctypes.c_int),
        ("new_start", ctypes.c_int),
        ("new_lines", ctypes.c_int),
    )


class _Functions:
    """The four functions of libgit2 that a diff takes, from a handle that releases the GIL or not."""

    def __init__(self, library: ctypes.CDLL) -> None:
        out = ctypes.POINTER(ctypes.c_void_p)
        text, size = ctypes.c_char_p, ctypes.c_size_t
        self.options_init = library.git_diff_options_init
        self.options_init.argtypes = [ctypes.POINTER(_Options), ctypes.c_uint]
        self.from_buffers = library.git_patch_from_buffers
        self.from_buffers.argtypes = [out, text, size, text, text, size, text, ctypes.POINTER(_Options)]
        self.num_hunks = library.git_patch_num_hunks
        self.num_hunks.restype = size
        self.num_hunks.argtypes = [ctypes.c_void_p]
        self.get_hunk = library.git_patch_get_hunk
        self.get_hunk.argtypes = [
            ctypes.POINTER(ctypes.POINTER(_HunkHead)),
            ctypes.c_void_p,
            ctypes.c_void_p,
            size,
        ]
        self.free = library.git_patch_free
        self.free.restype = None
        self.free.argtypes = [ctypes.c_void_p]


class LibGit2:
    """libgit2 at `path`, a shared library that has its functions or leads to them.

    Raises OSError or AttributeError where it does not.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        free = ctypes.CDLL(path)
        if free.git_libgit2_init() < 0:
            raise OSError(f"{path}: libgit2 does not start")
        self._free = _Functions(free)
        self._held = _Functions(ctypes.PyDLL(path))
        self._options: dict[int, Any] = {}

    def _options_of(self, flags: int) -> Any:
        found = self._options.get(flags)
        if found is None:
            options = _Options()
            if self._held.options_init(ctypes.byref(options), 1):
                raise OSError(f"{self.path}: another version of git_diff_options")
            options.flags = flags
            options.context_lines = 0
            options.interhunk_lines = 0
            found = self._options[flags] = ctypes.byref(options)
        return found

    def diff(self, old: bytes, new: bytes, flags: int) -> list[Range]:
        held = self._held
        # Giving the GIL up costs more than a small diff takes.
        calls = held if len(old) + len(new) < _HOLD_GIL_BELOW else self._free
        patch = ctypes.c_void_p()
        if calls.from_buffers(
            ctypes.byref(patch), old, len(old), b"", new, len(new), b"", self._options_of(flags)
        ):
            raise MemoryError("libgit2 could not compare two texts")
        try:
            found = []
            head = ctypes.POINTER(_HunkHead)()
            reference = ctypes.byref(head)
            for index in range(held.num_hunks(patch)):
                held.get_hunk(reference, None, patch, index)
                hunk = head.contents
                found.append(_range(hunk.old_start, hunk.old_lines, hunk.new_start, hunk.new_lines))
            return found
        finally:
            calls.free(patch)


class Pygit2:
    """The same library through pygit2's own interface: slower to start, and it holds the GIL."""

    path = ""

    def diff(self, old: bytes, new: bytes, flags: int) -> list[Range]:
        import pygit2

        patch = pygit2.Patch.create_from(
            old, new, flag=pygit2.enums.DiffOption(flags), context_lines=0, interhunk_lines=0
        )
        return [_range(h.old_start, h.old_lines, h.new_start, h.new_lines) for h in patch.hunks]


def _range(old_start: int, old_lines: int, new_start: int, new_lines: int) -> Range:
    # A side without lines is numbered by the line in front of it.
    old = old_start - 1 if old_lines else old_start
    new = new_start - 1 if new_lines else new_start
    return old, old + old_lines, new, new + new_lines


def _libraries() -> Iterator[str]:
    """Where pygit2's libgit2 may be: what its extension links on POSIX, a file beside it elsewhere."""
    spec = importlib.util.find_spec("pygit2")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if os.name != "nt":
            for suffix in importlib.machinery.EXTENSION_SUFFIXES:
                yield os.path.join(folder, "_pygit2" + suffix)
        for beside in (folder, os.path.join(folder, ".dylibs"), os.path.join(folder, "..", "pygit2.libs")):
            if os.path.isdir(beside):
                for name in sorted(os.listdir(beside)):
                    if name in ("git2.dll", "libgit2.dll") or name.startswith(("git2-", "libgit2")):
                        yield os.path.join(beside, name)


@dataclass(slots=True)
class _Loaded:
    engine: LibGit2 | Pygit2 | None = None


_loaded = _Loaded()
_loading = threading.Lock()


def engine() -> LibGit2 | Pygit2:
    """The line diff of this process; the first call opens the library, in 5 ms."""
    if _loaded.engine is None:
        with _loading:
            if _loaded.engine is None:
                _loaded.engine = _open()
    return _loaded.engine


def _open() -> LibGit2 | Pygit2:
    for path in _libraries():
        try:
            found = LibGit2(os.path.abspath(path))
            if found.diff(b"a\nb\n", b"b\nc\n", MYERS) == [(0, 1, 0, 0), (2, 2, 1, 2)]:
                return found
        except (OSError, AttributeError):
            continue
    return Pygit2()


def changed_lines(ranges: list[Range]) -> int:
    """How many lines `ranges` delete and insert."""
    return sum(b - a + d - c for a, b, c, d in ranges)


def better(baseline: list[Range], other: list[Range]) -> list[Range]:
    """`other` where it changes no more lines than `baseline`, and fewer of them or in fewer hunks."""
    return min(baseline, other, key=lambda ranges: (changed_lines(ranges), len(ranges)))


def serve(path: str) -> None:
    """Compare two texts from standard input, as `bounded` sends them, and write the ranges.

    Both algorithms run at once. Without Myers' result by the deadline PATIENCE's will do; without
    either nothing is written. The threads are not waited for: the process ends.
    """
    started = time.monotonic()
    old_size, new_size, seconds = REQUEST.unpack(sys.stdin.buffer.read(REQUEST.size))
    old, new = sys.stdin.buffer.read(old_size), sys.stdin.buffer.read(new_size)
    worker = LibGit2(path) if path else Pygit2()
    results: dict[int, list[Range]] = {}

    def work(flags: int) -> None:
        results[flags] = worker.diff(old, new, flags)

    threads = [threading.Thread(target=work, args=(flags,), daemon=True) for flags in (MYERS, PATIENCE)]
    for thread in threads:
        thread.start()
    threads[0].join(max(0.0, started + seconds - time.monotonic()))
    took = time.monotonic() - started
    threads[1].join(min(took / 4, max(0.0, seconds - took)))
    myers, patience = results.get(MYERS), results.get(PATIENCE)
    found = better(myers, patience) if myers is not None and patience is not None else myers or patience
    if found:
        sys.stdout.buffer.write(array("i", [number for each in found for number in each]).tobytes())
        sys.stdout.buffer.flush()
    os._exit(0)


if __name__ == "__main__":
    serve(sys.argv[1])
