"""A record that grows as fast as wanted: texts with differences, gaps and reviews, without a disk to look at."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from pathlib import Path

from fcm_tui.model import Draft, Hunk, LineCounts
from fcm_tui.store import reviews
from fcm_tui.store.chain import difference
from fcm_tui.store.contents.store import ContentRow
from tests.store.written import Written

FILES = 400
WORDS = (
    "error",
    "it's",
    "C:\\new",
    "snow ☃",
    "🙂",
    "",
    "a\tb",
    "\x1b[31m",
    '"',
    "`%s`",
    "/* */ -- x",
    "\\",
    "'",
)


class Feeder(Written):
    """Random changes from a seed."""

    def __init__(self, database: Path, seed: int) -> None:
        super().__init__(database)
        self._database = database
        self._dice = random.Random(f"feeder {seed}")

    def grow(self, changes: int) -> int:
        """About so many changes in one transaction; the newest sequence."""
        now = time.time_ns()
        names = self._dice.sample(range(FILES), min(changes, FILES))
        self.put(*((f"f{name}", self._content(name), now + number) for number, name in enumerate(names)))
        if self._dice.random() < 0.05:
            gap = self.record.open_gap(self.root, now, "it's a gap")
            self.record.close_gap(gap, now + 5, 1)
        if self._dice.random() < 0.05 and self.record.sequence:
            key = (self._dice.randint(1, self.record.sequence), self.record.recorder_id)
            reviews.mark(self._database, [key], note=self._dice.choice(WORDS))
        return self.record.sequence

    def _content(self, name: int) -> bytes | None:
        if self._dice.random() < 0.05:
            return None
        if self._dice.random() < 0.02:
            return self._dice.randbytes(self._dice.randint(1, 300_000))
        if self._dice.random() < 0.3:  # the same in other records: theirs and ours meet on the server
            return f"shared {self._dice.randrange(200)}\n".encode()
        return "".join(
            f"{name} {self._dice.choice(WORDS)} {self._dice.random()}\n" for _ in range(12)
        ).encode()

    def _change(
        self, name: str, data: bytes | None, time_ns: int
    ) -> tuple[Draft | None, Sequence[ContentRow]]:
        draft, rows = super()._change(name, data, time_ns)
        if draft is not None:
            before = self._text(draft.before)
            after = self._text(draft.after)
            if before is not None and after is not None and (before or after):
                hunk = Hunk(1, before.count("\n"), 1, after.count("\n"))
                draft.differences = (difference(hunk, before, after),)
                draft.counts = LineCounts(0, hunk.new_count, 0)
        return draft, rows

    def _text(self, digest: bytes | None) -> str | None:
        try:
            return "" if digest is None else self.data[digest].decode()
        except UnicodeDecodeError:
            return None
