"""Whether what has a recorded file's inode, and other bytes, is an edit of that file or another one."""

from __future__ import annotations

from fcm_tui.errors import ContentMissing
from fcm_tui.model import Capture, FileRecord
from fcm_tui.pipeline.drafts import Found
from fcm_tui.store.contents import ContentStore
from fcm_tui.watch.renames import Arrival
from fcm_tui.watch.tree import SEPARATOR

LEAST_COMMON = 0.5
"""Share of lines in common from which git, too, speaks of a rename."""
_LARGEST = 8 << 20


class Similarity:
    """Compares by the share of common lines; without content, by name and birth in the same place."""

    def __init__(self, contents: ContentStore) -> None:
        self._contents = contents

    def __call__(self, record: FileRecord, arrival: Arrival) -> bool:
        if record.state.is_link != arrival.state.is_link:
            return False
        new = arrival.data if isinstance(arrival, Found) else None
        if record.capture != Capture.STORED or record.digest is None or new is None or len(new) > _LARGEST:
            return _name(record.path) == _name(arrival.path)
        try:
            old = self._contents.get(record.digest)
        except ContentMissing:
            return False
        if not old or not new:
            return _name(record.path) == _name(arrival.path)
        old_lines, new_lines = set(old.split(b"\n")), set(new.split(b"\n"))
        common = sum(len(line) + 1 for line in old_lines & new_lines)
        return common >= LEAST_COMMON * max(
            sum(len(line) + 1 for line in old_lines), sum(len(line) + 1 for line in new_lines)
        )


def _name(path: bytes) -> bytes:
    return path.rpartition(SEPARATOR)[2]
