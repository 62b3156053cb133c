"""Taking files in processes of their own, as Python's threads would wait for each other most of the time.

Measured on 100,000 files and two cores, threads that share an interpreter with the writer of the
database leave a third of the machine idle. A process that cannot be started, or that dies, costs
only speed: its work is done in the caller's thread.
"""

from __future__ import annotations

import contextlib
import gc
import marshal
import pickle
import signal
import struct
import subprocess
import sys
from io import FileIO
from pathlib import Path
from typing import Any, cast

import fcm_tui
from fcm_tui.model import Capture, DiskState
from fcm_tui.pipeline.bulk import Batch, Bulk, BulkSettings, Taken
from fcm_tui.store.packing import ContentRow

_SIZES = struct.Struct("=QQ")
"""Bytes of what is told of the files, and bytes of all their rows' data, which follow in this order."""
_SIZE = struct.Struct("=Q")

_CAPTURES = {capture.value: capture for capture in Capture}
_PACKAGES = str(Path(fcm_tui.__file__).resolve().parents[1])
_PROGRAM = (
    "import sys; sys.path.append(sys.argv[1]); from fcm_tui.pipeline.bulk_process import serve; serve()"
)

if sys.platform == "win32":
    _CREATION_FLAGS = subprocess.CREATE_NO_WINDOW
else:
    _CREATION_FLAGS = 0


class BulkProcess:
    """`Bulk` in a process of its own; for one thread."""

    def __init__(self, settings: BulkSettings) -> None:
        """Start it; it gets ready while the caller goes on."""
        self._settings = settings
        self._substitute: Bulk | None = None
        self._process: subprocess.Popen[bytes] | None = None
        with contextlib.suppress(OSError, ValueError, EOFError):
            self._process = subprocess.Popen(
                [sys.executable or "", "-I", "-c", _PROGRAM, _PACKAGES],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                creationflags=_CREATION_FLAGS,
            )
            self._send(pickle.dumps(settings))

    def take(self, paths: list[bytes]) -> Batch:
        """As `Bulk.take`."""
        if self._substitute is None:
            try:
                self._send(marshal.dumps(paths))
                return self._receive()
            except (OSError, EOFError):
                self.close()
                self._substitute = Bulk(self._settings)
        return self._substitute.take(paths)

    @property
    def is_alive(self) -> bool:
        """Whether it, and not the caller's thread, does the work."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """End it, and free what it held."""
        self.kill()
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def _send(self, message: bytes) -> None:
        if self._process is None:
            raise EOFError
        _write(cast(FileIO, self._process.stdin), _SIZE.pack(len(message)) + message)

    def _receive(self) -> Batch:
        if self._process is None:
            raise EOFError
        pipe = cast(FileIO, self._process.stdout)
        told_size, data_size = _SIZES.unpack(_read(pipe, _SIZES.size))
        told, data = _read(pipe, told_size), _read(pipe, data_size)
        return _unpacked(marshal.loads(told), data)


def serve() -> None:
    """Take files as standard input says, until it is closed."""
    gc.disable()  # nothing here refers to itself, and looking for it takes a twentieth of the time
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the starter decides
    requests, answers = FileIO(0), FileIO(1, "w")
    bulk: Bulk | None = None
    with contextlib.suppress(OSError, EOFError):
        while True:
            (size,) = _SIZE.unpack(_read(requests, _SIZE.size))
            message = _read(requests, size)
            if bulk is None:
                bulk = Bulk(pickle.loads(message))
                continue
            _write(answers, _packed(bulk.take(marshal.loads(message))))


def _packed(batch: Batch) -> bytes:
    """A batch as a message: what is told of the files, then the data of all rows."""
    told = [
        (
            t.path,
            t.digest,
            t.capture.value,
            tuple(t.state),
            t.stamp,
            [(*row[:4], len(row.data)) for row in t.rows],
        )
        for t in batch.taken
    ]
    head = marshal.dumps((told, batch.restless, batch.left))
    pieces = [row.data for t in batch.taken for row in t.rows]
    return b"".join((_SIZES.pack(len(head), sum(map(len, pieces))), head, *pieces))


def _unpacked(message: tuple[list[tuple[Any, ...]], list[bytes], list[bytes]], data: memoryview) -> Batch:
    told, restless, left = message
    taken = []
    at = 0
    for path, digest, capture, state, stamp, parts in told:
        rows = []
        for row_digest, chunk, codec, base, size in parts:
            rows.append(ContentRow(row_digest, chunk, codec, base, data[at : at + size]))
            at += size
        taken.append(Taken(path, digest, _CAPTURES[capture], DiskState._make(state), stamp, rows))
    return Batch(taken, restless, left)


def _write(pipe: FileIO, message: bytes) -> None:
    rest = memoryview(message)
    while rest:
        rest = rest[pipe.write(rest) :]


def _read(pipe: FileIO, size: int) -> memoryview:
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
