"""The Security log's events as Windows gives them: the Windows Event Log functions (Microsoft Learn, "winevt.h")."""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import ctypes
    import string
    import threading
    from collections.abc import Iterator, Sequence
    from ctypes import wintypes

    from fcm_tui.watch.audit import QUERY

    _CHANNEL = "Security"
    _FUTURE = 1
    _OF_CHANNEL_NEWEST_FIRST = 0x1 | 0x200
    _AS_XML = 1
    _AT_ONCE = 64
    """Events that are asked for in one call."""
    _INFINITE = 0xFFFFFFFF
    _INSUFFICIENT_BUFFER = 122
    _NO_MORE = (259, 4317)
    """ERROR_NO_MORE_ITEMS, and ERROR_INVALID_OPERATION, which a subscription without events may give instead."""

    _events = ctypes.WinDLL("wevtapi", use_last_error=True)
    _events.EvtSubscribe.restype = _events.EvtQuery.restype = wintypes.HANDLE
    _events.EvtSubscribe.argtypes = [
        wintypes.HANDLE, wintypes.HANDLE, wintypes.LPCWSTR, wintypes.LPCWSTR,
        wintypes.HANDLE, wintypes.LPVOID, wintypes.LPVOID, wintypes.DWORD,
    ]  # fmt: skip
    _events.EvtQuery.argtypes = [wintypes.HANDLE, wintypes.LPCWSTR, wintypes.LPCWSTR, wintypes.DWORD]
    _events.EvtNext.argtypes = [
        wintypes.HANDLE, wintypes.DWORD, ctypes.POINTER(wintypes.HANDLE), wintypes.DWORD,
        wintypes.DWORD, ctypes.POINTER(wintypes.DWORD),
    ]  # fmt: skip
    _events.EvtRender.argtypes = [
        wintypes.HANDLE, wintypes.HANDLE, wintypes.DWORD, wintypes.DWORD, wintypes.LPVOID,
        ctypes.POINTER(wintypes.DWORD), ctypes.POINTER(wintypes.DWORD),
    ]  # fmt: skip
    _events.EvtClose.argtypes = [wintypes.HANDLE]
    _kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    _kernel.CreateEventW.restype = wintypes.HANDLE
    _kernel.CreateEventW.argtypes = [wintypes.LPVOID, wintypes.BOOL, wintypes.BOOL, wintypes.LPCWSTR]
    for _one in (_kernel.SetEvent, _kernel.ResetEvent, _kernel.CloseHandle):
        _one.argtypes = [wintypes.HANDLE]
    _kernel.WaitForMultipleObjects.argtypes = [
        wintypes.DWORD, ctypes.POINTER(wintypes.HANDLE), wintypes.BOOL, wintypes.DWORD,
    ]  # fmt: skip
    _kernel.QueryDosDeviceW.argtypes = [wintypes.LPCWSTR, wintypes.LPWSTR, wintypes.DWORD]

    class WindowsEvents:
        """A `security_log.Feed`, of events from the moment on at which it is made."""

        def __init__(self) -> None:
            """Administrators may read the log, and members of Event Log Readers.

            Raises:
                OSError: this user may not.
            """
            self.drives = _drives()
            self._lock = threading.Lock()
            self._stop = _kernel.CreateEventW(None, True, False, None)
            self._more = _kernel.CreateEventW(None, True, True, None)
            self._subscribed = _events.EvtSubscribe(
                None, self._more, _CHANNEL, QUERY, None, None, None, _FUTURE
            )
            code = ctypes.get_last_error()
            if not self._subscribed:
                self._forget()
                raise ctypes.WinError(code) if code else OSError(0, "there is none")

        def earlier(self, most: int) -> Iterator[str]:
            """Events of the past, the newest first."""
            found = _events.EvtQuery(None, _CHANNEL, QUERY, _OF_CHANNEL_NEWEST_FIRST)
            if not found:
                return
            try:
                while most > 0 and (told := _next(found)):
                    yield from told
                    most -= len(told)
            finally:
                _events.EvtClose(found)

        def batches(self) -> Iterator[Sequence[str]]:
            """Events as they come, until it is closed."""
            both = (wintypes.HANDLE * 2)(self._stop, self._more)
            try:
                while _kernel.WaitForMultipleObjects(2, both, False, _INFINITE) == 1:
                    _kernel.ResetEvent(self._more)
                    while told := _next(self._subscribed):
                        yield told
            finally:
                _events.EvtClose(self._subscribed)
                self._forget()

        def close(self) -> None:
            """Let `batches` end; from any thread."""
            with self._lock:
                if self._stop:
                    _kernel.SetEvent(self._stop)

        def _forget(self) -> None:
            with self._lock:
                _kernel.CloseHandle(self._more)
                _kernel.CloseHandle(self._stop)
                self._stop = None

    def _next(results: int) -> list[str]:
        """The next events of a query or subscription; none where there are no more for now."""
        handles = (wintypes.HANDLE * _AT_ONCE)()
        count = wintypes.DWORD()
        if not _events.EvtNext(results, _AT_ONCE, handles, 0, 0, ctypes.byref(count)):
            error = ctypes.get_last_error()
            if error in _NO_MORE:
                return []
            raise ctypes.WinError(error)
        try:
            return [_rendered(handle) for handle in handles[: count.value] if handle]
        finally:
            for handle in handles[: count.value]:
                _events.EvtClose(handle)

    def _rendered(event: int) -> str:
        """An event as XML; empty where it cannot be told as that."""
        used, values = wintypes.DWORD(), wintypes.DWORD()
        size = 8192
        while True:
            buffer = ctypes.create_unicode_buffer(size // 2)
            if _events.EvtRender(
                None, event, _AS_XML, size, buffer, ctypes.byref(used), ctypes.byref(values)
            ):
                return buffer.value
            if ctypes.get_last_error() != _INSUFFICIENT_BUFFER or used.value <= size:
                return ""
            size = used.value

    def _drives() -> dict[str, str]:
        """Letters by the device that they stand for."""
        drives = {}
        device = ctypes.create_unicode_buffer(1024)
        for letter in string.ascii_uppercase:
            if _kernel.QueryDosDeviceW(f"{letter}:", device, len(device)):
                drives[device.value.lower()] = f"{letter}:"
        return drives
