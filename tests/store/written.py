"""A record written through its own writer, without a disk to look at: any history, at any time, as fast as the store takes it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from fcm_tui.capture.attributes import digest_of
from fcm_tui.model import Capture, DiskState, Draft, Kind, LineCounts, Origin
from fcm_tui.store.contents.store import ContentRow, Version, pack
from fcm_tui.store.record import Record

ROOT = os.fsencode(os.path.abspath(os.sep + "watched"))


class Written:
    """A record with one root, and what was put into it."""

    def __init__(self, database: Path) -> None:
        self.record = Record(database)
        self.root = self.record.set_roots([ROOT])[0]
        self.record.baseline_stands(self.root)
        self.files: dict[str, tuple[bytes, Version | None, DiskState | None]] = {}
        """By name: id, and the version and state that are there now."""
        self.versions: dict[bytes, dict[bytes, int]] = {}
        """By file id, the digests of all its versions with the time of the last change to each."""
        self.attributes: dict[str, bytes] = {}
        """By name, the set of extended attributes that the file gets with its next change."""
        self.data: dict[bytes, bytes] = {}
        """By digest, what every version ever was."""

    def close(self) -> None:
        self.record.close()

    def __enter__(self) -> Written:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def put(self, *changes: tuple[str, bytes | None, int]) -> None:
        """Changes (name, new content or None for a deletion, time), in one transaction; no file twice, as ever."""
        names = [name for name, _, _ in changes]
        for number, name in enumerate(names):
            if name in names[:number]:
                self.put(*changes[:number])
                self.put(*changes[number:])
                return
        drafts: list[Draft] = []
        rows: list[ContentRow] = []
        for name, data, time_ns in changes:
            draft, own = self._change(name, data, time_ns)
            if draft is not None:
                drafts.append(draft)
                rows += own
        if drafts:
            self.record.commit(drafts, [b"stamp" if d.state else b"" for d in drafts], rows, {})

    def thinned(self, stays: set[bytes]) -> None:
        """Forget the versions that a prune took."""
        self.versions = {
            file_id: {digest: when for digest, when in versions.items() if digest in stays}
            for file_id, versions in self.versions.items()
        }

    def _change(
        self, name: str, data: bytes | None, time_ns: int
    ) -> tuple[Draft | None, Sequence[ContentRow]]:
        file_id, before, previous = self.files.get(name) or (self.record.new_id(), None, None)
        path = ROOT + os.fsencode(os.sep + name)
        if previous is None:
            file_id = self.record.new_id()  # what comes back is another file
        if data is None:
            if before is None:
                return None, ()
            self.files[name] = (file_id, None, None)
            return Draft(
                time_ns, Kind.DELETED, self.root.root_id, file_id, path, Origin.EVENT, Capture.NONE,
                before=before.digest, previous=previous, counts=LineCounts(0, 0, 1),
            ), ()  # fmt: skip
        digest = hashlib.sha256(data).digest()
        packed = pack(data, digest, before)
        state = DiskState(len(data), time_ns, time_ns, len(self.files) + 1, 0o100644, 0, 0)
        attributes = self.attributes.get(name)
        state = state._replace(attributes=digest_of(attributes))
        rows = packed.rows + (
            pack(attributes, state.attributes).rows if attributes and state.attributes else []
        )
        self.files[name] = (file_id, packed.version, state)
        self.versions.setdefault(file_id, {})[digest] = time_ns
        self.data[digest] = data
        return Draft(
            time_ns, Kind.CREATED if previous is None else Kind.MODIFIED, self.root.root_id, file_id, path,
            Origin.EVENT, Capture.STORED, before=before.digest if before else None, after=digest,
            state=state, previous=previous, counts=LineCounts(1, 0, 0), encoding="utf-8", newline="lf",
        ), rows  # fmt: skip
