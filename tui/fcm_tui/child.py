"""A Python process of our own that works for us, spoken to in messages over its pipes.

Not `multiprocessing`: under a screen its way of starting fails, as it passes on handles that are not there.
"""

from __future__ import annotations

import contextlib
import gc
import marshal
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import FileIO
from queue import SimpleQueue
from typing import Any, cast

_SIZE = struct.Struct("=Q")
"""Before each message, and before its values where bytes follow them: how many bytes it is."""
_PROGRAM = (
    "import os, sys; sys.path[:] = sys.argv[1].split(os.pathsep); from importlib import import_module;"
    " getattr(import_module(sys.argv[2]), sys.argv[3])(*sys.argv[4:])"
)

PATIENCE = 10.0
"""Seconds without a sign of life after which a helper that somebody waits for is killed: it may have been stopped."""
_BEAT = 1.0
"""Seconds between two signs of life."""
_WORTH_GATHERING = 1 << 16
"""Bytes of a message from which on its parts are written from where they are."""
_MOST_PARTS = 512
"""In one call; Linux and macOS take 1,024."""
_PIPE_BYTES = 1 << 20
"""What Linux gives to any user, unless it was told otherwise."""

if sys.platform == "linux":
    import fcntl

if sys.platform == "win32":
    _CREATION_FLAGS = subprocess.CREATE_NO_WINDOW
else:
    _CREATION_FLAGS = 0


class Child:
    """One such process. Ended by `close`, and by its own function when its standard input is closed."""

    def __init__(
        self,
        module: str,
        function: str,
        *arguments: str,
        descriptors: Sequence[int] = (),
        apart: bool = False,
    ) -> None:
        """Start it: it calls a function of a module with these arguments, and imports what we would.

        It gets these descriptors under their numbers. `apart` it is in a session of its own, so that what stops
        this program's terminal does not stop it.

        Raises:
            OSError: it cannot be started.
        """
        self._process = subprocess.Popen(
            command_line(module, function, *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            creationflags=_CREATION_FLAGS,
            pass_fds=descriptors,
            start_new_session=apart,
        )
        self.requests = cast(FileIO, self._process.stdin)
        self.answers = cast(FileIO, self._process.stdout)
        _widen(self.answers)

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        """As `kill`, without waiting for its end; `close` is still to be called, by whoever waits for its answers."""
        self._process.kill()

    def kill(self) -> None:
        """End it at once; what waits for its answer gets an `EOFError`."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End it, and free what it held."""
        self.kill()
        self.requests.close()
        self.answers.close()


def command_line(module: str, function: str, *arguments: str) -> list[str]:
    """What starts a process that calls a function of a module with these arguments, and imports what we would."""
    places = os.pathsep.join(filter(None, sys.path))
    return [sys.executable or "", "-I", "-S", "-c", _PROGRAM, places, module, function, *arguments]


class Helper:
    """A child that may be missing: who has it does its work where it could not be started, died, or stands still."""

    def __init__(self, module: str, function: str, *arguments: str) -> None:
        """Start it; it gets ready while the caller goes on."""
        self._child: Child | None = None
        with contextlib.suppress(OSError):
            self._child = Child(module, function, *arguments)

    @property
    def is_alive(self) -> bool:
        """Whether it, and not the caller, does the work."""
        return self._child is not None and self._child.is_alive

    def tell(self, *parts: bytes | memoryview) -> bool:
        """Send it a message of these parts; False where it is not there to take it, and will not be."""
        child = self._child
        if child is None:
            return False
        try:
            with _patience(child):
                send(child.requests, *parts)
        except (OSError, RuntimeError):  # the latter: there is no thread to be had to watch over it
            self.close()
            return False
        return True

    def answer(self) -> memoryview | None:
        """Its next message; None where it is not there to answer, and will not be."""
        child = self._child
        if child is None:
            return None
        try:
            while True:
                with _patience(child):
                    message = receive(child.answers)
                if message:
                    return message
        except (OSError, EOFError, RuntimeError):
            self.close()
            return None

    def kill(self) -> None:
        """End it at once."""
        if self._child is not None:
            self._child.kill()

    def close(self) -> None:
        """End it, and free what it held."""
        child, self._child = self._child, None
        if child is not None:
            child.close()


class _Watchdog:
    """Kills children that take too long over what somebody waits for. One thread for all of them, while there are any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waits: dict[object, tuple[float, Child]] = {}
        self._is_at_work = False

    @contextmanager
    def patience(self, child: Child) -> Iterator[None]:
        """Around a wait; where it takes too long the child is killed, and what waits for it gets an error.

        Raises:
            RuntimeError: there is no thread to be had.
        """
        wait = object()
        with self._lock:
            if not self._is_at_work:
                threading.Thread(target=self._watch, name="fcm-watchdog", daemon=True).start()
                self._is_at_work = True
            self._waits[wait] = time.monotonic() + PATIENCE, child
        try:
            yield
        finally:
            with self._lock:
                del self._waits[wait]

    def _watch(self) -> None:
        while True:
            time.sleep(PATIENCE / 20)
            with self._lock:
                if not self._waits:
                    self._is_at_work = False
                    return
                now = time.monotonic()
                late = {child for until, child in self._waits.values() if until <= now}
            for child in late:
                child.kill()


_patience = _Watchdog().patience


def _widen(pipe: FileIO) -> None:
    """Let a pipe hold more, where the system can: each turn of writer and reader takes time (a baseline: 6 %)."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # the user has many wide pipes already
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


class Answers:
    """Where a helper's answers go. An empty message every second says that it is at work, however long that takes."""

    def __init__(self) -> None:
        self._pipe = FileIO(1, "w")
        self._lock = threading.Lock()
        threading.Thread(target=self._beat, name="fcm-beat", daemon=True).start()

    def send(self, *parts: bytes | memoryview) -> None:
        """Send one message, which consists of these parts."""
        with self._lock:
            send(self._pipe, *parts)

    def _beat(self) -> None:
        with contextlib.suppress(OSError):  # nobody listens any more
            while True:
                time.sleep(_BEAT)
                self.send()


def serving() -> tuple[FileIO, Answers]:
    """For a helper's own function: where its requests come from and its answers go to."""
    gc.disable()  # nothing in a helper refers to itself, and looking for it takes a twentieth of the time
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the starter decides
    return FileIO(0), Answers()


def requested(requests: FileIO) -> Iterator[memoryview]:
    """For a helper: its requests until there are no more. They are taken as they come, so that who makes the next
    one need not wait for the answer to the last: both would wait for ever where pipes hold less than that.
    """
    come: SimpleQueue[memoryview | None] = SimpleQueue()

    def take() -> None:
        with contextlib.suppress(OSError, EOFError):
            while True:
                come.put(receive(requests))
        come.put(None)

    threading.Thread(target=take, name="fcm-requests", daemon=True).start()
    while (request := come.get()) is not None:
        yield request


def with_data(told: Any, data: Iterable[bytes | memoryview]) -> list[bytes | memoryview]:
    """The parts of a message: values that `marshal` knows, and bytes behind them that are not copied there."""
    head = marshal.dumps(told)
    return [_SIZE.pack(len(head)), head, *data]


def told_in(message: memoryview) -> tuple[Any, int]:
    """The values of such a message, and where the bytes behind them begin."""
    at = _SIZE.size + _SIZE.unpack_from(message)[0]
    return marshal.loads(message[_SIZE.size : at]), at


def send(pipe: FileIO, *parts: bytes | memoryview) -> None:
    """Send one message, which consists of these parts."""
    size = sum(map(len, parts))
    if sys.platform == "win32" or size < _WORTH_GATHERING:
        write(pipe, b"".join((_SIZE.pack(size), *parts)))
    else:
        _gather(pipe.fileno(), [_SIZE.pack(size), *parts])


if sys.platform != "win32":

    def _gather(handle: int, parts: list[bytes | memoryview]) -> None:
        """Write all of the parts, none of which is copied before the system takes it."""
        at = 0
        while at < len(parts):
            written = os.writev(handle, parts[at : at + _MOST_PARTS])
            while at < len(parts) and written >= len(parts[at]):
                written -= len(parts[at])
                at += 1
            if written:
                parts[at] = memoryview(parts[at])[written:]


def receive(pipe: FileIO) -> memoryview:
    """The next message.

    Raises:
        EOFError: the other side has ended.
        OSError: the pipe is broken.
    """
    (size,) = _SIZE.unpack(read(pipe, _SIZE.size))
    return read(pipe, size)


def write(pipe: FileIO, data: bytes) -> None:
    """Write all of it."""
    rest = memoryview(data)
    while rest:
        rest = rest[pipe.write(rest) :]


def read(pipe: FileIO, size: int) -> memoryview:
    """So many bytes.

    Raises:
        EOFError: the other side has ended.
    """
    buffer = memoryview(bytearray(size))
    at = 0
    while at < size:
        count = pipe.readinto(buffer[at:])
        if not count:
            raise EOFError("the other side has ended")
        at += count
    return buffer
