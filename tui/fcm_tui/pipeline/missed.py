"""Recorded files that are not where they were, as what has come shows before any listing does."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from fcm_tui.model import FileRecord
from fcm_tui.pipeline.drafts import Found
from fcm_tui.pipeline.roots import WatchedRoot, root_of
from fcm_tui.pipeline.way import Way
from fcm_tui.store.record import Record


class Missed:
    """Looks for them in one record."""

    def __init__(self, record: Record, roots: Sequence[WatchedRoot]) -> None:
        self._record = record
        self._roots = roots

    def because_of(
        self, found: Sequence[Found], missed: Collection[bytes], way: Way
    ) -> Iterator[tuple[bytes, FileRecord]]:
        """Path and record of each that a new file among `found` tells of and that is not among the `missed` yet."""
        present = {arrival.path for arrival in found}
        for arrival in found:
            if arrival.known is not None:
                continue
            for path in self._record.paths_of_inode(arrival.state.inode):
                if path not in present and path not in missed:
                    yield from self._empty(path, way)
            for path in self._in_the_way(arrival.path):
                if path not in missed:
                    yield from self._recorded(path)

    def _empty(self, path: bytes, way: Way) -> Iterator[tuple[bytes, FileRecord]]:
        """A file with the inode of a new one, if its path is empty now."""
        if root_of(self._roots, path) is not None and not way.may_lead_to_file(path):
            yield from self._recorded(path)

    def _in_the_way(self, path: bytes) -> list[bytes]:
        """What cannot be there any more: a file where a folder is now, or what was in a folder that is a file now."""
        root = root_of(self._roots, path)
        return root.tree.in_the_way(path) if root is not None else []

    def _recorded(self, path: bytes) -> Iterator[tuple[bytes, FileRecord]]:
        root = root_of(self._roots, path)
        record = self._record.file_at(root.root.root_id, path) if root is not None else None
        if record is not None:
            yield path, record
