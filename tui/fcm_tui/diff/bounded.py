"""Large texts: libgit2 in a process that can be killed, and a coarser diff when it was.

Myers' algorithm takes 12 s for a million lines drawn from ten, and content made to collide in its
hash table takes hours; libgit2 has no limit of time, and a thread inside it cannot be stopped.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from array import array
from typing import IO

from fcm_tui.diff import xdiff
from fcm_tui.diff.pieces import ranges_by_piece

_SECONDS = 1.3
"""For the child's answer; what remains of the two seconds is for the coarser diff."""
_PIECE_SECONDS = 0.3
_MAX_BYTES = 256 << 20
"""Of both texts together: beyond it the child's memory is not worth the finer answer."""


if sys.platform == "win32":
    _CREATION_FLAGS = subprocess.CREATE_NO_WINDOW
else:
    _CREATION_FLAGS = 0


def ranges(old: bytes, new: bytes, head: int, old_end: int, new_end: int) -> list[xdiff.Range]:
    """The changed ranges of two large texts that differ from byte `head` up to their ends."""
    if len(old) + len(new) <= _MAX_BYTES:
        found = _in_child(old, new)
        if found:
            return found
    return ranges_by_piece(old, new, head, old_end, new_end, _PIECE_SECONDS)


def _in_child(old: bytes, new: bytes) -> list[xdiff.Range] | None:
    """None where the child ran out of time, or there is no Python to start."""
    if not sys.executable:
        return None
    path = xdiff.engine().path
    # -S leaves out the site-packages, and with them half of the start: needed for pygit2 only.
    command = [sys.executable, "-I", *(["-S"] if path else []), xdiff.__file__, path]
    started = time.monotonic()
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            creationflags=_CREATION_FLAGS,
        )
    except OSError:
        return None
    watchdog = threading.Timer(_SECONDS, child.kill)
    watchdog.daemon = True
    watchdog.start()
    try:
        assert child.stdin is not None and child.stdout is not None
        seconds = _SECONDS * 0.9 - (time.monotonic() - started)
        for part in (xdiff.REQUEST.pack(len(old), len(new), seconds), old, new):
            _write_all(child.stdin, part)
        child.stdin.close()
        answer = child.stdout.read()
    except OSError:  # the child is gone
        return None
    finally:
        watchdog.cancel()
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()
    if child.returncode or not answer:
        return None
    numbers = array("i", answer)
    return list(zip(numbers[::4], numbers[1::4], numbers[2::4], numbers[3::4], strict=True))


def _write_all(pipe: IO[bytes], data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[pipe.write(rest) :]
