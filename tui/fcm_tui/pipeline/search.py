"""The files of a root, listed in a thread of its own while those found already are read."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from fcm_tui.paths import join
from fcm_tui.pipeline.roots import WatchedRoot
from fcm_tui.watch.scan import Findings

_JOB_FILES = 200
_PAUSE = 0.002
"""Seconds between two looks at how far the listing is."""


class Search:
    """A scan of a whole root under way. The root's tree is its own until `is_over`."""

    def __init__(self, root: WatchedRoot) -> None:
        """Begin."""
        self._root = root
        self.findings = Findings()
        self._error: BaseException | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fcm-list", daemon=True)
        self._thread.start()

    @property
    def is_over(self) -> bool:
        """Everything is found."""
        return self._over.is_set()

    @property
    def total(self) -> int:
        """How many files there are; 0 while that is not known."""
        return len(self.findings.changed) if self.is_over else 0

    def wait_for(self, files: int) -> int:
        """Wait until so many files are found, or there are no more; how many there are by then."""
        while not self._over.wait(_PAUSE) and len(self.findings.changed) < files:
            pass
        return len(self.findings.changed)

    def jobs(self) -> Iterator[list[bytes]]:
        """Paths of files that are not in the tree yet, some hundreds at a time; of folders known before, none.

        Raises:
            Exception: what ended the listing.
        """
        found, at = self.findings.changed, 0
        tree = self._root.tree
        known = tuple(join(folder, b"") for folder in self._root.known_inside)
        is_blank = tree.count() == 0 and not known
        while True:
            is_over = self._over.wait(0 if len(found) - at >= _JOB_FILES else _PAUSE)
            part = found[at : at + _JOB_FILES]
            if len(part) == _JOB_FILES or is_over:
                at += len(part)
                yield (
                    part if is_blank else [p for p in part if tree.get(p) is None and not p.startswith(known)]
                )
            if is_over and at >= len(found):
                break
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """Wait for the end of the listing, which nothing can hurry."""
        self._thread.join()

    def _run(self) -> None:
        try:
            self._root.scanner.scan_all(self.findings)
        except BaseException as error:
            self._error = error
        finally:
            self._over.set()
