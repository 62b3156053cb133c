"""Colours of source text from the lexing process: the lines in sight first, then all exactly."""

from __future__ import annotations

import asyncio
import contextlib
import marshal
import queue
import subprocess
import sys
import threading
from array import array
from bisect import bisect_right
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

_WORKER = Path(__file__).with_name("lexworker.py")
PATIENCE = 20.0
"""Seconds without a word from the process, while it should speak, until it counts as hung."""


class Part(NamedTuple):
    """One text to be coloured."""

    name: str
    """The file's, by which the lexer is chosen; empty for no colours."""
    lines: Sequence[str]
    updated: Callable[[int, int], None]
    """Called in the event loop with the first line that got its colours, and the one behind the last."""


class Lexing:
    """The process and the texts of one document at a time. Nothing here blocks: threads serve the pipes."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._orders: queue.SimpleQueue[tuple[Any, ...] | None] = queue.SimpleQueue()
        self._process: subprocess.Popen[bytes] | None = None
        self._writer: threading.Thread | None = None
        self._identity = 0
        self._texts: dict[int, Text] = {}
        self._watchdog: asyncio.TimerHandle | None = None
        self._closed = False

    def open(self, parts: Sequence[Part]) -> list[Text]:
        """Begin to colour some texts, in this order; those of before go no further."""
        texts, orders = [], []
        for name, lines, updated in parts:
            self._identity += 1
            texts.append(Text(self, self._identity, len(lines), updated))
            if name and lines:
                orders.append((self._identity, name, "\n".join(lines)))
        self._texts = {text.identity: text for text in texts}
        if orders and not self._closed:
            self._order(("open", orders))
        return texts

    def ask(self, identity: int, first: int, last: int) -> None:
        """Colours for some lines now, if the exact ones are not there yet."""
        self._order(("window", identity, first, last))

    def close(self) -> None:
        """End the process."""
        self._closed = True
        self._stop()

    def _order(self, order: tuple[Any, ...]) -> None:
        if self._writer is None:
            self._writer = threading.Thread(
                target=self._serve, args=(self._orders,), name="lexing", daemon=True
            )
            self._writer.start()
        self._orders.put(order)
        if self._watchdog is None:
            self._watchdog = self._loop.call_later(PATIENCE, self._hung)

    def _serve(self, orders: queue.SimpleQueue[tuple[Any, ...] | None]) -> None:
        try:
            process = subprocess.Popen(
                [sys.executable, "-P", str(_WORKER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError:
            return  # no colours
        assert process.stdin is not None
        self._process = process
        threading.Thread(target=self._listen, args=(process,), name="lexing-answers", daemon=True).start()
        try:
            while (order := orders.get()) is not None:
                marshal.dump(order, process.stdin)
                process.stdin.flush()
        except OSError:
            pass
        finally:
            process.kill()
            process.wait()
            with contextlib.suppress(OSError):
                process.stdin.close()

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout as answers:
            try:
                while True:
                    frame = marshal.load(answers)
                    self._loop.call_soon_threadsafe(self._heard, *frame)
            except (EOFError, ValueError, TypeError, RuntimeError, OSError):
                return

    def _heard(self, identity: int, first: int | None, lines: list[bytes], exact: bool) -> None:
        if self._watchdog is not None:
            self._watchdog.cancel()
            self._watchdog = None
        text = self._texts.get(identity)
        if text is None or first is None:
            return
        text.take(first, lines, exact)
        if exact and not self._closed:
            self._watchdog = self._loop.call_later(PATIENCE, self._hung)

    def _hung(self) -> None:
        """Give this text up; the next one gets a new process."""
        self._watchdog = None
        self._stop()

    def _stop(self) -> None:
        if self._watchdog is not None:
            self._watchdog.cancel()
            self._watchdog = None
        self._orders.put(None)
        self._orders, self._writer = queue.SimpleQueue(), None
        if self._process is not None:
            self._process.kill()
            self._process = None


class Text:
    """The colours of one text, as far as they have come."""

    def __init__(
        self, lexing: Lexing, identity: int, count: int, updated: Callable[[int, int], None]
    ) -> None:
        self._lexing = lexing
        self.identity = identity
        self._count = count
        self._updated = updated
        self._exact: list[bytes] = []
        self._near: dict[int, bytes] = {}
        self._asked: set[int] = set()

    def spans(self, line: int) -> Sequence[int]:
        """Start, end and style, over and over, of a line; empty where nothing is known yet."""
        raw = self._exact[line] if line < len(self._exact) else self._near.get(line, b"")
        spans: array[int] = array("H")
        spans.frombytes(raw)
        return spans

    def want(self, first: int, last: int) -> None:
        """These lines are in sight."""
        last = min(last, self._count)
        if last <= len(self._exact) or last <= first:
            return
        block = first // 60
        if block not in self._asked and any(line not in self._near for line in range(first, last)):
            self._asked.add(block)
            self._lexing.ask(self.identity, first, last)

    def take(self, first: int, lines: list[bytes], exact: bool) -> None:
        """Colours from the process."""
        if exact:
            self._exact.extend(lines)
        else:
            self._near.update(zip(range(first, first + len(lines)), lines, strict=True))
            if len(self._near) > 20_000:
                self._near = dict(zip(range(first, first + len(lines)), lines, strict=True))
                self._asked.clear()
        self._updated(first, first + len(lines))


class Colours:
    """The colours of texts that stand one below the other, each beginning at a line."""

    def __init__(self, texts: Sequence[Text], starts: Sequence[int]) -> None:
        self._texts, self._starts = texts, starts

    def spans(self, line: int) -> Sequence[int]:
        """As `Text.spans`."""
        at = bisect_right(self._starts, line) - 1
        return self._texts[at].spans(line - self._starts[at]) if at >= 0 else ()

    def want(self, first: int, last: int) -> None:
        """These lines are in sight."""
        for at in range(max(0, bisect_right(self._starts, first) - 1), bisect_right(self._starts, last - 1)):
            start = self._starts[at]
            self._texts[at].want(max(0, first - start), last - start)
