"""The deeds that Windows' Security log tells of, while changes are recorded."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from fcm_tui.paths import SEPARATOR, is_inside, join
from fcm_tui.watch.audit import Access, access, folded
from fcm_tui.watch.deeds import Deeds, Told
from fcm_tui.watch.ignore import IgnoreRules

EARLIER = 2000
"""Events of the past that are looked at for which roots are audited."""
_LATEST = 1.5
"""Seconds that an event takes at most: the log is written once a second."""
_VAIN = 10.0
"""Seconds for which nothing is waited for, once that was in vain."""
_AGE_NS = 600 * 1_000_000_000
"""After which what has led to no change is forgotten."""
_AGED_EVERY = 60.0


class Feed(Protocol):
    """Where the events come from, as XML."""

    @property
    def drives(self) -> Mapping[str, str]:
        """As `audit.access` wants them."""

    def earlier(self, most: int) -> Iterable[str]:
        """Events of the past, the newest first."""

    def batches(self) -> Iterator[Sequence[str]]:
        """Events as they come, until it is closed.

        Raises:
            OSError: they cannot be read any more.
        """

    def close(self) -> None:
        """Let `batches` end; from any thread."""


class SecurityLog:
    """Gathers deeds in some roots from a feed. A root counts as audited once an event told of something in it."""

    def __init__(self, roots: Sequence[bytes], opened: Callable[[], Feed]) -> None:
        """`opened` makes the feed, in a thread; an `OSError` of it says why the log cannot be read."""
        self.deeds = Deeds(folded)
        self.why_not = ""
        """Why the log cannot be read, or no more."""
        self._roots = {root: folded(root) for root in roots}
        self._opened = opened
        self._feed: Feed | None = None
        self._rules: Mapping[bytes, IgnoreRules] = {}
        self._audited: set[bytes] = set()
        self._arrived = threading.Condition()
        self._is_open = False
        self._closed = False
        self._in_vain_until = 0.0
        self._aged = time.monotonic()
        self._thread = threading.Thread(target=self._follow, name="fcm-security-log", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def close(self) -> None:
        """Read no more."""
        self._closed = True
        if self._feed is not None:
            self._feed.close()

    @property
    def why_later_is_not_told(self) -> str:
        """Windows tells of the first use of an open handle."""
        return "it changed the file before, and Windows tells of the first write through a handle alone"

    def knows_who(self, path: bytes) -> bool:
        """Whether events tell of what is done at a path, as far as is known by now."""
        return self._is_open and any(is_inside(path, root) for root in self._audited)

    def telling(self, root: bytes) -> str:
        """How it is known there who did something, or why it is not; for a person."""
        if self.why_not:
            return f"nobody tells who did it: {self.why_not}"
        return "the Security log tells who did it" if root in self._audited else "it is not audited"

    def leave_out(self, rules: Mapping[bytes, IgnoreRules]) -> None:
        """Keep nothing of what the rules of each root match."""
        self._rules = dict(rules)

    def catch_up(self, seconds: float, paths: Collection[bytes]) -> bool:
        """Wait until something is told of each of these paths, or until it would have been; False without a log."""

        def told() -> bool:
            return not self._is_open or all(self.deeds.at(path) for path in paths)

        with self._arrived:
            if time.monotonic() >= self._in_vain_until and not self._arrived.wait_for(
                told, min(seconds, _LATEST)
            ):
                self._in_vain_until = time.monotonic() + _VAIN
        return self._is_open

    def _follow(self) -> None:
        try:
            feed = self._feed = self._opened()
            if self._closed:
                feed.close()
            for xml in feed.earlier(EARLIER):
                self._note_root(access(xml, feed.drives))
            self._is_open = True
            for batch in feed.batches():
                self._take([access(xml, feed.drives) for xml in batch])
        except OSError as error:
            self.why_not = error.strerror or str(error)
        finally:
            with self._arrived:
                self._is_open = False
                self._arrived.notify_all()
            self.deeds.lose()

    def _note_root(self, found: Access | None) -> bytes | None:
        """The root that an access was in, which is therefore audited."""
        if found is None:
            return None
        path = folded(found.path)
        inside = [root for root, own in self._roots.items() if is_inside(path, own)]
        root = max(inside, key=len, default=None)
        if root is not None:
            self._audited.add(root)
        return root

    def _take(self, batch: Sequence[Access | None]) -> None:
        processes = {}
        folders: dict[bytes, list[Told]] = {}
        for key, found in enumerate(batch):
            root = self._note_root(found)
            if found is None or root is None:
                continue
            path = join(root, _below(found.path, root))
            rules = self._rules.get(root)
            if rules is not None and rules.matches_path(path):
                continue
            folder, _, name = path.rpartition(SEPARATOR)
            folders.setdefault(folder or SEPARATOR, []).append((name, found.what, key, key, b""))
            processes[key] = found.process
        now = time.time_ns()
        self.deeds.add(processes, folders.items(), now)
        if time.monotonic() - self._aged > _AGED_EVERY:
            self._aged = time.monotonic()
            self.deeds.age(now - _AGE_NS)
        with self._arrived:
            self._arrived.notify_all()


def _below(path: bytes, root: bytes) -> bytes:
    """The part of a path that lies in a root, however the root is written there."""
    names = path.split(SEPARATOR)
    return SEPARATOR.join(names[root.rstrip(SEPARATOR).count(SEPARATOR) + 1 :])
