"""What ReadDirectoryChangesW tells of folders and all below them, and when it had to drop some of it.

Windows keeps what happens between two calls in a buffer of the first call's size, and forgets all of it where it is
full: the call then gives no bytes, or ERROR_NOTIFY_ENUM_DIR (Microsoft Learn, "ReadDirectoryChangesW function").
notify, under watchfiles, tells nobody, and after that error watches no more (notify-rs/notify#963, #968).
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import asyncio
    import contextlib
    import ctypes
    import os
    import struct
    import threading
    from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
    from ctypes import wintypes

    from fcm_tui.watch.batches import Batch
    from fcm_tui.watch.paths import on_disk

    _BUFFERS = (1 << 20, 1 << 16)
    """Bytes, the first that the folder's file system takes: shares take 64 KiB at most."""
    _WHAT = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x40 | 0x100
    """Names of files and folders, attributes, sizes, times of writing and of creation, rights."""
    _LIST_DIRECTORY = 1
    _SHARE_ALL = 0x1 | 0x2 | 0x4
    _OPEN_EXISTING = 3
    _BACKUP_SEMANTICS_OVERLAPPED = 0x02000000 | 0x40000000
    _INVALID_HANDLE = ctypes.c_void_p(-1).value
    _INFINITE = 0xFFFFFFFF
    _INVALID_PARAMETER = 87
    _NOTIFY_ENUM_DIR = 1022
    _HEAD = struct.Struct("<LLL")
    """Offset of the next entry, action, and bytes of the name that follows."""
    _GATHER = 0.02
    """Seconds that a first event waits for others."""
    _QUIET = 0.3
    """Seconds without events after which a batch of none is given."""
    OVERFLOWED = "Windows dropped events: more happened at once than its buffer holds"

    class _Overlapped(ctypes.Structure):
        _fields_ = (
            ("Internal", ctypes.c_void_p),
            ("InternalHigh", ctypes.c_void_p),
            ("Offset", wintypes.DWORD),
            ("OffsetHigh", wintypes.DWORD),
            ("hEvent", wintypes.HANDLE),
        )

    _kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    _kernel.CreateFileW.restype = wintypes.HANDLE
    _kernel.CreateFileW.argtypes = [
        wintypes.LPCWSTR, wintypes.DWORD, wintypes.DWORD, wintypes.LPVOID,
        wintypes.DWORD, wintypes.DWORD, wintypes.HANDLE,
    ]  # fmt: skip
    _kernel.CreateEventW.restype = wintypes.HANDLE
    _kernel.CreateEventW.argtypes = [wintypes.LPVOID, wintypes.BOOL, wintypes.BOOL, wintypes.LPCWSTR]
    for _one in (_kernel.SetEvent, _kernel.ResetEvent, _kernel.CloseHandle):
        _one.argtypes = [wintypes.HANDLE]
    _kernel.CancelIoEx.argtypes = [wintypes.HANDLE, ctypes.POINTER(_Overlapped)]
    _kernel.WaitForMultipleObjects.restype = wintypes.DWORD
    _kernel.WaitForMultipleObjects.argtypes = [
        wintypes.DWORD, ctypes.POINTER(wintypes.HANDLE), wintypes.BOOL, wintypes.DWORD,
    ]  # fmt: skip
    _kernel.GetOverlappedResult.argtypes = [
        wintypes.HANDLE, ctypes.POINTER(_Overlapped), ctypes.POINTER(wintypes.DWORD), wintypes.BOOL,
    ]  # fmt: skip
    _kernel.ReadDirectoryChangesW.argtypes = [
        wintypes.HANDLE, wintypes.LPVOID, wintypes.DWORD, wintypes.BOOL, wintypes.DWORD,
        ctypes.POINTER(wintypes.DWORD), ctypes.POINTER(_Overlapped), wintypes.LPVOID,
    ]  # fmt: skip

    async def directory_changes(roots: Sequence[str], stop: asyncio.Event) -> AsyncGenerator[Batch]:
        """What happens below the roots, until `stop` is set; the first batch comes once all are watched.

        A root that was deleted is told of no more; who watches it has to look whether it is there.

        Raises:
            OSError: a root that is there cannot be watched, or no more.
        """
        loop = asyncio.get_running_loop()
        gathered = _Gathered(len(roots))
        stopping = loop.create_task(stop.wait(), name="directory changes stop")
        readers = [
            _Reader(root, lambda *told: loop.call_soon_threadsafe(gathered.take, *told)) for root in roots
        ]
        try:
            for reader in readers:
                reader.start()
            while not stop.is_set():
                arrived = loop.create_task(gathered.arrived.wait(), name="directory changes")
                await asyncio.wait({arrived, stopping}, timeout=_QUIET, return_when=asyncio.FIRST_COMPLETED)
                arrived.cancel()
                if gathered.arrived.is_set():
                    await asyncio.sleep(_GATHER)
                if gathered.error is not None:
                    raise gathered.error
                if gathered.to_begin == 0:
                    pieces, lost = gathered.give()
                    yield Batch(await asyncio.to_thread(_paths, pieces), OVERFLOWED if lost else "")
        finally:
            stopping.cancel()
            for reader in readers:
                reader.stop()
            await asyncio.to_thread(_end, readers)

    def _end(readers: Sequence[_Reader]) -> None:
        for reader in readers:
            reader.end()

    class _Gathered:
        """What the readers told since it was given away. For the event loop."""

        def __init__(self, readers: int) -> None:
            self.arrived = asyncio.Event()
            self.to_begin = readers
            """Readers that do not watch yet."""
            self.error: OSError | None = None
            self._pieces: list[tuple[str, bytes]] = []
            self._lost = False

        def take(self, root: str, told: bytes | OSError | None) -> None:
            """Take in a root's beginning, the entries of a buffer (none where it was too small), or an error."""
            if told is None:
                self.to_begin -= 1
            elif isinstance(told, OSError):
                self.error = told
            elif told:
                self._pieces.append((root, told))
            else:
                self._lost = True
            self.arrived.set()

        def give(self) -> tuple[list[tuple[str, bytes]], bool]:
            """Entries by root, and whether some were dropped."""
            told = self._pieces, self._lost
            self._pieces, self._lost = [], False
            self.arrived.clear()
            return told

    class _Reader(threading.Thread):
        """Reads what is told of one root. Windows ends a call with the thread that made it, so each has its own."""

        def __init__(self, root: str, tell: Callable[[str, bytes | OSError | None], object]) -> None:
            super().__init__(name="directory changes", daemon=True)
            self._root = root
            self._tell = tell
            self._stop_event = _kernel.CreateEventW(None, True, False, None)

        def stop(self) -> None:
            """Let it come to its end."""
            _kernel.SetEvent(self._stop_event)

        def end(self) -> None:
            """Wait until it has come to its end."""
            if self.ident is not None:
                self.join()
            _kernel.CloseHandle(self._stop_event)

        def run(self) -> None:
            has_begun = False
            try:
                for told in self._entries():
                    has_begun = has_begun or told is None
                    self._tell(self._root, told)
            except OSError as error:
                if os.path.isdir(on_disk(os.fsencode(self._root))):
                    self._tell(self._root, error)
                elif not has_begun:
                    self._tell(self._root, None)

        def _entries(self) -> Iterator[bytes | None]:
            """None once it watches, then what each call gives: no bytes where Windows dropped what it had to tell."""
            with _opened(self._root) as folder, _event() as event:
                call = _Overlapped(hEvent=event)
                buffer, size = _begin(folder, call)
                yield None
                waits = (wintypes.HANDLE * 2)(event, self._stop_event)
                try:
                    while _kernel.WaitForMultipleObjects(2, waits, False, _INFINITE) == 0:
                        told = _result(folder, call, buffer)
                        _call(folder, call, buffer, size)
                        yield told
                finally:
                    if _kernel.CancelIoEx(
                        folder, ctypes.byref(call)
                    ):  # until then it may write into the buffer
                        _kernel.GetOverlappedResult(
                            folder, ctypes.byref(call), ctypes.byref(wintypes.DWORD()), True
                        )

    @contextlib.contextmanager
    def _opened(root: str) -> Iterator[int]:
        name = os.fsdecode(on_disk(os.fsencode(root)))
        handle = _kernel.CreateFileW(
            name, _LIST_DIRECTORY, _SHARE_ALL, None, _OPEN_EXISTING, _BACKUP_SEMANTICS_OVERLAPPED, None
        )
        if handle == _INVALID_HANDLE:
            raise _error()
        try:
            yield handle
        finally:
            _kernel.CloseHandle(handle)

    @contextlib.contextmanager
    def _event() -> Iterator[int]:
        event = _kernel.CreateEventW(None, True, False, None)
        try:
            yield event
        finally:
            _kernel.CloseHandle(event)

    def _begin(folder: int, call: _Overlapped) -> tuple[ctypes.Array[wintypes.DWORD], int]:
        """The first call with the largest buffer that is taken: its size counts for all later ones too."""
        for size in _BUFFERS:
            buffer = (wintypes.DWORD * (size // 4))()  # entries are aligned to four bytes
            try:
                _call(folder, call, buffer, size)
            except OSError as error:
                if error.winerror != _INVALID_PARAMETER or size == _BUFFERS[-1]:
                    raise
            else:
                return buffer, size
        raise AssertionError("the last size is taken, or its error told")

    def _call(folder: int, call: _Overlapped, buffer: ctypes.Array[wintypes.DWORD], size: int) -> None:
        _kernel.ResetEvent(call.hEvent)
        if not _kernel.ReadDirectoryChangesW(
            folder, buffer, size, True, _WHAT, None, ctypes.byref(call), None
        ):
            raise _error()

    def _result(folder: int, call: _Overlapped, buffer: ctypes.Array[wintypes.DWORD]) -> bytes:
        count = wintypes.DWORD()
        if not _kernel.GetOverlappedResult(folder, ctypes.byref(call), ctypes.byref(count), False):
            if ctypes.get_last_error() == _NOTIFY_ENUM_DIR:
                return b""
            raise _error()
        return ctypes.string_at(buffer, count.value)

    def _error() -> OSError:
        return ctypes.WinError(ctypes.get_last_error())

    def _paths(pieces: Sequence[tuple[str, bytes]]) -> list[str]:
        """The paths that entries are about, each once, in order."""
        found: dict[str, None] = {}
        for root, entries in pieces:
            at = 0
            while True:
                following, _, length = _HEAD.unpack_from(entries, at)
                name = entries[at + _HEAD.size : at + _HEAD.size + length]
                found[os.path.join(root, name.decode("utf-16-le", "surrogatepass"))] = None
                if not following:
                    break
                at += following
        return list(found)
