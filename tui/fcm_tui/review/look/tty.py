"""Reading and writing a terminal in the event loop, in place of Textual's two threads.

A key that a thread reads, and a picture that a thread writes, each wait until the loop's thread lets go of the
interpreter: a third of the time from a key to its answer, and up to 5 ms each while much is being done. Both stand in for
the thread objects that Textual makes, by the methods of those that it calls.
"""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import logging
import os
import selectors
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, Protocol

from textual.events import Paste
from textual.message import Message

from fcm_tui.review.look.pastes import Pastes

_log = logging.getLogger(__name__)
_AT_ONCE: Final = 4096
"""Bytes that are read in one go."""
_PATIENCE: Final = 5.0
"""Seconds that a terminal gets to take some of what is left at the end."""


def _once_more(descriptor: int, flags: int) -> int:
    """A descriptor of the same terminal that never waits, which those whom it is shared with would not expect of theirs."""
    if sys.platform != "linux":
        raise OSError("only Linux opens it so")
    return os.open(f"/proc/self/fd/{descriptor}", flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)


def _again(descriptor: int) -> int:
    if sys.platform != "linux":
        raise OSError("there the loop cannot wait for terminals")
    return os.dup(descriptor)


class Parser(Protocol):
    """What makes messages of the letters that a terminal sends."""

    _timeout_time: float | None
    """When (`monotonic`) a lone Esc is one."""

    def feed(self, data: str) -> Iterable[Message]: ...
    def tick(self) -> Iterable[Message]: ...


class Reader:
    """Reads what a terminal sends."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        descriptor: int,
        parser: Callable[[], Parser],
        came: Callable[[Message], None],
        hung_up: Callable[[], None],
    ) -> None:
        """`parser` makes one, `came` gets each message, `hung_up` is told that no more will come.

        Raises:
            OSError: the loop cannot wait for a terminal on this system.
        """
        self._loop, self._make_parser, self._parser = loop, parser, parser()
        try:
            self._descriptor: int | None = _once_more(descriptor, os.O_RDONLY)
        except OSError:  # another user's: it is read only where there is something to read
            self._descriptor = _again(descriptor)
        self._came, self._hung_up = came, hung_up
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._pastes = Pastes()
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """From now on."""
        if self._descriptor is not None:
            self._loop.add_reader(self._descriptor, self._read)

    def join(self) -> None:
        """No longer; what has come by now still counts. Further calls do nothing."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        self._loop.remove_reader(descriptor)
        if self._timer is not None:
            self._timer.cancel()
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(descriptor, selectors.EVENT_READ)
                if selector.select(0):
                    self._take(descriptor)
            self._pass(lambda: self._parser.feed(""))
        finally:
            os.close(descriptor)

    def _read(self) -> None:
        descriptor = self._descriptor
        if descriptor is None:
            return
        if self._take(descriptor):
            self._tick()
        else:
            self._loop.remove_reader(descriptor)
            self._hung_up()

    def _take(self, descriptor: int) -> bool:
        """Whether more may come."""
        try:
            data = os.read(descriptor, _AT_ONCE)
        except BlockingIOError:
            return True
        except OSError:
            return False
        for text, is_pasted in self._pastes.parts(self._decode(data)):
            if is_pasted:
                self._came(Paste(text))
            else:
                self._pass(partial(self._parser.feed, text))
        return bool(data)

    def _tick(self) -> None:
        """What the parser waits for longer than it should stands for itself."""
        self._pass(self._parser.tick)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        until = self._parser._timeout_time
        if until is not None:
            self._timer = self._loop.call_later(max(0.0, until - time.monotonic()) + 0.001, self._tick)

    def _pass(self, parse: Callable[[], Iterable[Message]]) -> None:
        """Tell what comes of it. Textual's parser is of no use any more once it met what it does not know."""
        messages = iter(parse())
        while True:
            try:
                message = next(messages, None)
            except Exception as error:
                _log.debug("the terminal sent what is no key: %r", error)
                self._parser = self._make_parser()
                return
            if message is None:
                return
            self._came(message)


class Writer:
    """Writes to a terminal what it takes at once, and the rest as it takes it; never waits."""

    def __init__(self, loop: asyncio.AbstractEventLoop, descriptor: int) -> None:
        """
        Raises:
            OSError: as for a reader.
        """
        self._loop = loop
        self._descriptor = _once_more(descriptor, os.O_WRONLY)
        self._left: deque[bytes] = deque()
        self._is_over = False

    def start(self) -> None:
        """There is nothing to start."""

    @property
    def behind(self) -> int:
        """Writes of which the terminal has not taken all."""
        return len(self._left)

    def write(self, text: str) -> None:
        """Send it, now or later; to a terminal that is gone, never."""
        if self._is_over:
            return
        self._left.append(text.encode("utf-8", "backslashreplace"))
        if len(self._left) == 1:
            self._send()
            if self._left:
                self._loop.add_writer(self._descriptor, self._go_on)

    def flush(self) -> None:
        """Nothing is held back."""

    def stop(self) -> None:
        """Let the terminal take the rest, as long as it takes anything."""
        if self._is_over:
            return
        self._loop.remove_writer(self._descriptor)
        with selectors.DefaultSelector() as selector:
            selector.register(self._descriptor, selectors.EVENT_WRITE)
            while self._left and selector.select(_PATIENCE):
                self._send()
        self._end()

    def _go_on(self) -> None:
        self._send()
        if not self._left and not self._is_over:
            self._loop.remove_writer(self._descriptor)

    def _send(self) -> None:
        try:
            while self._left:
                data = self._left[0]
                sent = os.write(self._descriptor, data)
                if sent < len(data):
                    self._left[0] = data[sent:]
                    return
                self._left.popleft()
        except BlockingIOError:
            return
        except OSError:  # it is gone
            self._loop.remove_writer(self._descriptor)
            self._end()

    def _end(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._left.clear()
            with contextlib.suppress(OSError):
                os.close(self._descriptor)


def behind(writer: Any) -> int:
    """Writes that wait for the terminal: ours, or those of Textual's thread, of which one may be on its way besides."""
    if writer is None:
        return 0
    return writer.behind if isinstance(writer, Writer) else int(writer._queue.qsize())
