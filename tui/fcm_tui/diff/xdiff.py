"""libgit2's line diff, called on the library that pygit2 ships, with the GIL released.

Importing pygit2 takes a tenth of a second and its own `Patch` holds the GIL while it works, so the
library is opened through ctypes where it can be found, and pygit2 is the way when it cannot. It
imports little: `server` starts with it in a process of its own.
"""

from __future__ import annotations

import ctypes
import os
import struct
import threading
from collections.abc import Iterator
from typing import Any

from fcm_tui.diff.trim import Middle, middle

Range = tuple[int, int, int, int]
"""`old[a:b]` is replaced by `new[c:d]`; lines count from 0."""

MYERS = 1 << 20 | 1 << 18
"""What `git diff` does by default: FORCE_TEXT and the indent heuristic."""
PATIENCE = MYERS | 1 << 28
MINIMAL = MYERS | 1 << 29
"""The true minimum, in quadratic time: for small texts only."""

_HOLD_GIL_BELOW = 4096
_HUNKS_AT_ONCE = 4096
_HEAD = struct.Struct("=4i")  # what git_diff_hunk starts with: old start and lines, new start and lines


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


class _Functions:
    """The functions of libgit2 that a diff takes, from a handle that releases the GIL or not."""

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
        self.get_hunk.argtypes = [out, ctypes.c_void_p, ctypes.c_void_p, size]
        number = ctypes.POINTER(size)
        self.line_stats = library.git_patch_line_stats
        self.line_stats.argtypes = [number, number, number, ctypes.c_void_p]
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
        """The changed ranges, in order."""
        return self.compare(old, new, flags).ranges()

    def compare(self, old: bytes, new: bytes, flags: int) -> Patch:
        """The comparison itself, its result still in libgit2's hands."""
        # Giving the GIL up costs more than a small diff takes.
        calls = self._held if len(old) + len(new) < _HOLD_GIL_BELOW else self._free
        patch = ctypes.c_void_p()
        options = self._options_of(flags)
        if calls.from_buffers(ctypes.byref(patch), old, len(old), b"", new, len(new), b"", options):
            raise MemoryError("libgit2 could not compare two texts")
        return Patch(self._held, patch)


class Patch:
    """What libgit2 found; freed with this object."""

    def __init__(self, functions: _Functions, patch: ctypes.c_void_p) -> None:
        self._functions = functions
        self._patch = patch
        self.hunks: int = functions.num_hunks(patch)

    def __del__(self) -> None:
        self._functions.free(self._patch)

    def changed_lines(self) -> int:
        """How many lines it deletes and inserts."""
        context, inserted, deleted = ctypes.c_size_t(), ctypes.c_size_t(), ctypes.c_size_t()
        self._functions.line_stats(
            ctypes.byref(context), ctypes.byref(inserted), ctypes.byref(deleted), self._patch
        )
        return inserted.value + deleted.value

    def _address(self, index: int) -> int:
        head = ctypes.c_void_p()
        self._functions.get_hunk(ctypes.byref(head), None, self._patch, index)
        return head.value or 0

    def ranges(self) -> list[Range]:
        """The changed ranges, in order."""
        number = self.hunks
        if number < 3:
            return [self._range_at(self._address(index)) for index in range(number)]
        first = self._address(0)
        size = self._address(1) - first
        if size < 16 or self._address(number - 1) != first + (number - 1) * size:
            return [self._range_at(self._address(index)) for index in range(number)]
        # They lie in one array, and reading that is ten times as fast as a call for each.
        layout = struct.Struct(f"=4i{size - 16}x")
        found = []
        for start in range(0, number, _HUNKS_AT_ONCE):
            several = min(_HUNKS_AT_ONCE, number - start)
            memory = ctypes.string_at(first + start * size, several * size)
            found += [_range(*numbers) for numbers in layout.iter_unpack(memory)]
        return found

    def _range_at(self, address: int) -> Range:
        return _range(*_HEAD.unpack(ctypes.string_at(address, _HEAD.size)))


class Pygit2:
    """The same library through pygit2's own interface: slower to start, and it holds the GIL."""

    path = ""

    def diff(self, old: bytes, new: bytes, flags: int) -> list[Range]:
        """The changed ranges, in order."""
        return self.compare(old, new, flags).ranges()

    def compare(self, old: bytes, new: bytes, flags: int) -> Pygit2Patch:
        """The comparison, as pygit2 gives it."""
        import pygit2

        options = pygit2.enums.DiffOption(flags)
        return Pygit2Patch(
            pygit2.Patch.create_from(old, new, flag=options, context_lines=0, interhunk_lines=0)
        )


class Pygit2Patch:
    """`Patch` over a patch of pygit2's."""

    def __init__(self, patch: Any) -> None:
        self._patch = patch
        self.hunks = len(patch.hunks)

    def changed_lines(self) -> int:
        """How many lines it deletes and inserts."""
        _, inserted, deleted = self._patch.line_stats
        return int(inserted + deleted)

    def ranges(self) -> list[Range]:
        """The changed ranges, in order."""
        return [_range(h.old_start, h.old_lines, h.new_start, h.new_lines) for h in self._patch.hunks]


def _range(old_start: int, old_lines: int, new_start: int, new_lines: int) -> Range:
    # A side without lines is numbered by the line in front of it.
    old = old_start - 1 if old_lines else old_start
    new = new_start - 1 if new_lines else new_start
    return old, old + old_lines, new, new + new_lines


def _libraries() -> Iterator[str]:
    """Where pygit2's libgit2 may be: what its extension links on POSIX, a file beside it elsewhere."""
    import importlib.machinery
    import importlib.util

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


_loaded: list[LibGit2 | Pygit2] = []
_loading = threading.Lock()


def engine() -> LibGit2 | Pygit2:
    """The line diff of this process; the first call opens the library, in 5 ms."""
    if not _loaded:
        with _loading:
            if not _loaded:
                _loaded.append(_open())
    return _loaded[0]


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


def best(worker: LibGit2 | Pygit2, old: bytes, new: bytes, flags: int) -> list[Range]:
    """What `flags` find; PATIENCE, which keeps a moved block together, where that changes no more lines."""
    return better(worker, old, new, worker.diff(old, new, flags))


def better(worker: LibGit2 | Pygit2, old: bytes, new: bytes, found: list[Range]) -> list[Range]:
    """`found`, or what PATIENCE finds where that changes no more lines and may be in fewer pieces."""
    if len(found) <= 2:
        return found
    part = middle(old, new)
    if _moves(part, shifted(found, -part.first)):
        other = shifted(worker.diff(part.old, part.new, PATIENCE), part.first)
        return min(found, other, key=lambda ranges: (changed_lines(ranges), len(ranges)))
    return found


def shifted(ranges: list[Range], lines: int) -> list[Range]:
    """`ranges` further down by `lines`."""
    return [(a + lines, b + lines, c + lines, d + lines) for a, b, c, d in ranges]


def _moves(part: Middle, ranges: list[Range]) -> bool:
    """Whether a good part of the lines that go somewhere come again elsewhere, and are not all alike."""
    changed = changed_lines(ranges)
    uneven = sum(abs((b - a) - (d - c)) for a, b, c, d in ranges)
    if uneven * 10 < changed:  # lines were replaced where they stood
        return False
    if (
        changed * 5 > (part.old.count(b"\n") + part.new.count(b"\n")) * 4
    ):  # hardly a line is left to hold on to
        return False
    old_lines, new_lines = part.old.split(b"\n"), part.new.split(b"\n")
    gone: set[bytes] = set()
    came: set[bytes] = set()
    for a, b, c, d in ranges:
        gone.update(old_lines[a:b])
        came.update(new_lines[c:d])
    return len(gone & came) * 10 > changed
