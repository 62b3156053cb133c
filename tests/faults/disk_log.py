"""Every write, truncation and sync by which SQLite changes its files, in order, as a power cut has to be told by them.

SQLite's own way to the disk (its VFS) is wrapped through `ctypes` for connections of this process: what
it writes is noted and then done. What our own code does to the same folder with `os` is noted too. POSIX only.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, Structure, byref, c_char_p, c_int, c_int64, c_void_p
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock


class Create(NamedTuple):
    """A name came into the folder."""

    name: str


class Unlink(NamedTuple):
    """A name went out of the folder."""

    name: str


class Write(NamedTuple):
    """Bytes were handed to the system."""

    name: str
    offset: int
    data: bytes


class Truncate(NamedTuple):
    """A file was cut to a size."""

    name: str
    size: int


class Sync(NamedTuple):
    """A file is on disk, with all that was done to it before number `upto` of the log."""

    name: str
    upto: int


class SyncFolder(NamedTuple):
    """The folder's names are on disk, as they were before number `upto` of the log."""

    upto: int


class Told(NamedTuple):
    """Somebody was told that this holds: it has to, from here on."""

    sequence: int
    """Changes up to this one are in the record."""
    baselines: int
    """So many roots' baselines stand."""


Event = Create | Unlink | Write | Truncate | Sync | SyncFolder | Told

_WRITE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_TRUNCATE = CFUNCTYPE(c_int, c_void_p, c_int64)
_SYNC = CFUNCTYPE(c_int, c_void_p, c_int)
_OPEN = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, POINTER(c_int))
_DELETE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)
_SYNCS_FOLDER = 0x800 | 0x4000 | 0x80000
"""SQLITE_OPEN_MAIN_JOURNAL, _SUPER_JOURNAL and _WAL: SQLite syncs their folder with their first sync."""


class _Vfs(Structure):
    """`sqlite3_vfs`, version 3 (sqlite3.h)."""

    _fields_ = (
        ("iVersion", c_int), ("szOsFile", c_int), ("mxPathname", c_int), ("pNext", c_void_p),
        ("zName", c_char_p), ("pAppData", c_void_p), ("xOpen", _OPEN), ("xDelete", _DELETE),
        ("others", c_void_p * 14),
    )  # fmt: skip


class _Methods(Structure):
    """`sqlite3_io_methods`, version 3 (sqlite3.h)."""

    _fields_ = (
        ("iVersion", c_int), ("xClose", c_void_p), ("xRead", c_void_p), ("xWrite", _WRITE),
        ("xTruncate", _TRUNCATE), ("xSync", _SYNC), ("others", c_void_p * 13),
    )  # fmt: skip


class _File(Structure):
    """`sqlite3_file`: what stands behind it is the VFS's own."""

    _fields_ = (("pMethods", POINTER(_Methods)),)


class DiskLog:
    """What reaches the files of one folder."""

    def __init__(self, folder: Path) -> None:
        self.events: list[Event] = []
        self._folder = os.fspath(folder)
        self._lock = threading.Lock()
        self._names: dict[int, str] = {}
        """Of open files, by the address of their `sqlite3_file`."""
        self._first_syncs: set[int] = set()
        self._keep: list[Any] = []
        """What SQLite holds pointers to."""

    @contextmanager
    def on(self) -> Iterator[None]:
        """Connections opened inside the block are logged; they have to be closed in it, too."""
        import _sqlite3

        library = ctypes.CDLL(_sqlite3.__file__)
        library.sqlite3_vfs_find.restype = POINTER(_Vfs)
        real = library.sqlite3_vfs_find(None)
        vfs = _Vfs.from_buffer_copy(real.contents)
        vfs.zName, vfs.pNext = b"logged", None
        vfs.xOpen, vfs.xDelete = self._opening(real), self._deleting(real)
        assert library.sqlite3_vfs_register(byref(vfs), 1) == 0
        try:
            with self._logging_os():
                yield
        finally:
            library.sqlite3_vfs_register(real, 1)
            library.sqlite3_vfs_unregister(byref(vfs))

    def add(self, event: Event) -> None:
        """Note an event."""
        with self._lock:
            self.events.append(event)

    def _name(self, path: str | bytes | os.PathLike[str] | None) -> str | None:
        """The name of a file of this folder; None for any other."""
        folder, name = os.path.split(os.fsdecode(path)) if path else ("", "")
        return name if folder == self._folder and not name.endswith("-shm") else None

    def _opening(self, real: Any) -> Any:
        def opened(_: int, where: int | None, file: int, flags: int, out: Any) -> int:
            path = ctypes.string_at(where) if where else None
            name = self._name(path)
            is_new = path is not None and not os.path.exists(path)
            # SQLite keeps the pointer to the path, so it has to be its own that is handed on.
            status: int = real.contents.xOpen(ctypes.addressof(real.contents), where, file, flags, out)
            if status == 0 and name is not None:
                if is_new:
                    self.add(Create(name))
                self._names[file] = name
                if flags & _SYNCS_FOLDER:
                    self._first_syncs.add(file)
                handle = ctypes.cast(file, POINTER(_File)).contents
                handle.pMethods = ctypes.pointer(self._logged(handle.pMethods.contents))
            return status

        return self._kept(_OPEN(opened))

    def _deleting(self, real: Any) -> Any:
        def delete(_: int, where: int, sync_folder: int) -> int:
            path = ctypes.string_at(where)
            name = self._name(path)
            is_there = os.path.exists(path)
            status: int = real.contents.xDelete(ctypes.addressof(real.contents), where, sync_folder)
            if name is not None and is_there and status == 0:
                self.add(Unlink(name))
                if sync_folder:
                    self.add(SyncFolder(len(self.events)))
            return status

        return self._kept(_DELETE(delete))

    def _logged(self, real: _Methods) -> _Methods:
        """The methods of an open file, noting what changes it."""
        original = self._kept(_Methods.from_buffer_copy(real))

        def write(file: int, data: int, size: int, offset: int) -> int:
            self.add(Write(self._names[file], offset, ctypes.string_at(data, size)))
            return int(original.xWrite(file, data, size, offset))

        def truncate(file: int, size: int) -> int:
            self.add(Truncate(self._names[file], size))
            return int(original.xTruncate(file, size))

        def sync(file: int, flags: int) -> int:
            upto = len(self.events)
            status = int(original.xSync(file, flags))
            self.add(Sync(self._names[file], upto))
            if file in self._first_syncs:
                self._first_syncs.discard(file)
                self.add(SyncFolder(upto))
            return status

        methods = _Methods.from_buffer_copy(real)
        methods.xWrite, methods.xTruncate, methods.xSync = _WRITE(write), _TRUNCATE(truncate), _SYNC(sync)
        return self._kept(methods)

    def _kept(self, what: Any) -> Any:
        self._keep.append(what)
        return what

    @contextmanager
    def _logging_os(self) -> Iterator[None]:
        """Note what Python code does to the folder."""
        open_, fsync, unlink = os.open, os.fsync, os.unlink

        def opened(path: Any, flags: int, *more: Any, **named: Any) -> int:
            is_new = flags & os.O_CREAT and not os.path.lexists(path)
            handle = open_(path, flags, *more, **named)
            name = self._name(path) if is_new else None
            if name is not None:
                self.add(Create(name))
            return handle

        def synced(handle: int) -> None:
            upto = len(self.events)
            fsync(handle)
            path = os.readlink(f"/proc/self/fd/{handle}")
            name = self._name(path)
            if path == self._folder:
                self.add(SyncFolder(upto))
            elif name is not None:
                self.add(Sync(name, upto))

        def unlinked(path: Any, **named: Any) -> None:
            unlink(path, **named)
            name = self._name(path)
            if name is not None:
                self.add(Unlink(name))

        with (
            mock.patch("os.open", opened),
            mock.patch("os.fsync", synced),
            mock.patch("os.unlink", unlinked),
        ):
            yield
