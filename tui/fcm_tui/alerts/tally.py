"""What an alert is about, summed up: counts, bounds, the first few names. Never more, however many changes come."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import asdict, dataclass, field, replace

from fcm_tui.alerts.alert import EXAMPLES, Named
from fcm_tui.model import Origin
from fcm_tui.safetext import visible, visible_path
from fcm_tui.store.reading.watched import Seen
from fcm_tui.who.words import info_of


@dataclass(slots=True)
class Tally:
    """Changes, or other things worth a line each."""

    count: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    first_sequence: int | None = None
    last_sequence: int | None = None
    first_time_ns: int | None = None
    last_time_ns: int | None = None
    found_by_scan: int = 0
    files: list[Named] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    folder: str | None = None
    """What all of the files are in; safe to show."""

    def add(self, seen: Seen, *, digests: bool = False) -> None:
        """One more change."""
        self.count += 1
        self.kinds[seen.kind] += 1
        if self.first_sequence is None:
            self.first_sequence, self.first_time_ns = seen.sequence, seen.time_ns
        self.last_sequence, self.last_time_ns = seen.sequence, seen.time_ns
        self.found_by_scan += seen.origin == Origin.SCAN
        path = visible_path(seen.path)
        self._widen(os.path.dirname(path))
        if len(self.files) < EXAMPLES:
            before, after = (seen.before, seen.after) if digests else (None, None)
            user = (info_of(seen.process_info) or {}).get("user")
            self.files.append(
                Named(
                    seen.sequence,
                    seen.kind,
                    path,
                    None if seen.previous_path is None else visible_path(seen.previous_path),
                    before.hex() if before else None,
                    after.hex() if after else None,
                    visible(seen.process) if seen.process else None,
                    visible(user) if isinstance(user, str) else None,
                )
            )

    def note(self, line: str) -> None:
        """One more thing that is no change; `line` is safe to show."""
        self.count += 1
        if len(self.details) < EXAMPLES:
            self.details.append(line)

    def _widen(self, folder: str) -> None:
        while (
            self.folder is not None and folder != self.folder and not folder.startswith(self.folder + os.sep)
        ):
            above = os.path.dirname(self.folder)
            if above == self.folder:
                return
            self.folder = above
        if self.folder is None:
            self.folder = folder

    def stored(self) -> dict[str, object]:
        """As the journal keeps it."""
        return {**asdict(replace(self, kinds=Counter())), "kinds": dict(self.kinds)}

    @classmethod
    def of_stored(cls, values: dict[str, object]) -> Tally:
        """The inverse of `stored`."""
        tally = cls(**values)  # type: ignore[arg-type]
        tally.kinds = Counter(tally.kinds)
        tally.files = [Named(**named) for named in values["files"]]  # type: ignore[attr-defined]
        return tally
