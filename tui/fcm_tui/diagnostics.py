"""The log file of the program itself: what who mends a failure has to know, and nobody else has to read.

A line is written by a thread of its own, so that neither screen nor recorder waits for the disk. The file is its
owner's alone, holds names but no content, and is kept short: beyond `LIMIT` it becomes `….1`, in the place of the
one before. Several processes may write to it.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from fcm_tui.datadir import make_private
from fcm_tui.errors import FcmError
from fcm_tui.safetext import visible

if TYPE_CHECKING:  # logging takes 5 ms to import, which only those pay that log
    import logging

LIMIT = 1 << 20
"""Bytes of the file and of the one before, each."""

_path: Path | None = None
_ending = contextlib.ExitStack()
"""Ends what `start` began."""


def start(path: Path) -> None:
    """Write to `path` alone, from here on: warnings of anybody's, what the program notes, errors nobody caught."""
    global _path
    import logging
    from logging.handlers import QueueHandler, QueueListener
    from queue import SimpleQueue

    end()
    _path = path
    messages: SimpleQueue[logging.LogRecord] = SimpleQueue()
    listener = QueueListener(messages, _handler(path))
    logging.raiseExceptions = False  # a disk that is full is told elsewhere
    handler = QueueHandler(messages)
    logging.getLogger().addHandler(handler)
    logging.getLogger("fcm_tui").setLevel(logging.INFO)
    listener.start()
    _ending.callback(listener.stop)
    _ending.callback(logging.getLogger().removeHandler, handler)
    threading.excepthook = _uncaught


def end() -> None:
    """Write what was noted up to now, and no more."""
    _ending.close()


atexit.register(end)


def where() -> str:
    """Where the rest can be read, as the end of a sentence; empty where nothing is written."""
    return f"; the log has the rest: {visible(os.fspath(_path))}" if _path is not None else ""


def crash(error: BaseException, path: Path | None) -> str:
    """Note an error that is a mistake of ours; what a person is told of it, in one line.

    Args:
        path: the log file of the data directory, which need not be there; None where that is not known.
    """
    import logging

    what = f"{type(error).__name__}: {visible(str(error))}"
    record = logging.LogRecord(
        "fcm_tui",
        logging.CRITICAL,
        __file__,
        0,
        "the command failed",
        None,
        (type(error), error, error.__traceback__),
    )
    for place in (path, None):
        with contextlib.suppress(OSError, FcmError):
            place = place or _temporary()
            _append(place, _formatted(record))
            return f"a mistake of the program: {what}; the log has the rest: {visible(os.fspath(place))}"
    return f"a mistake of the program: {what}"


def refused(error: FcmError, path: Path) -> None:
    """Note why a command could not do its work, where nobody sees what it says; what cannot be written is not noted."""
    import logging

    record = logging.LogRecord("fcm_tui", logging.ERROR, __file__, 0, "ended: %s", (str(error),), None)
    with contextlib.suppress(OSError, FcmError):
        _append(path, _formatted(record))


def _temporary() -> Path:
    import tempfile

    descriptor, name = tempfile.mkstemp(prefix="fcm-tui-", suffix=".log")
    os.close(descriptor)
    return Path(name)


def _handler(path: Path) -> logging.Handler:
    import logging

    class LogFile(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            with contextlib.suppress(OSError, FcmError):
                _append(path, _formatted(record))

    return LogFile()


def _formatted(record: logging.LogRecord) -> str:
    """Lines whose first has the time, the level and who says it; whatever names and messages hold, it is text."""
    import logging

    formatter = logging.Formatter("%(asctime)s %(levelname)s %(process)d %(name)s: %(message)s")
    return "".join(f"{visible(line)}\n" for line in formatter.format(record).split("\n"))


def _append(path: Path, text: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > LIMIT:
            os.replace(path, path.with_name(f"{path.name}.1"))
    make_private(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0))
    try:
        os.write(descriptor, text.encode("utf-8", "backslashreplace"))
    finally:
        os.close(descriptor)


def _uncaught(args: threading.ExceptHookArgs) -> None:
    import logging

    if args.exc_type is not SystemExit and args.exc_value is not None:
        logging.getLogger("fcm_tui").error("a thread failed", exc_info=args.exc_value)
