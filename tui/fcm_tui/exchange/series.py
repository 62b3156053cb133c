"""Changes as a series of patches in the form of mails, which `git am`, `git apply` and `patch -p1` take in order.

Each is about what the series itself left of a file, so they fit one another whatever was filtered out between. The
form is that of `git format-patch`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.header import Header
from email.utils import formatdate

from fcm_tui import __version__
from fcm_tui.diff.patch import PatchFile, diffstat, unified
from fcm_tui.errors import ContentMissing, ContentSealed
from fcm_tui.exchange.git.commits import Mark, Person, described
from fcm_tui.exchange.git_names import is_refused
from fcm_tui.exchange.scope import Scope
from fcm_tui.exchange.selection import Selection
from fcm_tui.model import Capture, Change, Kind
from fcm_tui.store.reading.queries import Reader
from fcm_tui.store.reading.results import RecorderInfo

_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")
_NAMED = 52
_KEPT = (Capture.STORED, Capture.NONE, Capture.QUOTA)


@dataclass(frozen=True, slots=True)
class Known:
    """A version as the series has it."""

    path: bytes
    mode: int | None
    digest: bytes | None


@dataclass(frozen=True, slots=True)
class Mail:
    """One patch."""

    name: str
    """Of a file, so that files by name are in order."""
    data: bytes


class Series:
    """Makes the patches, and remembers what could not be in them."""

    def __init__(self, reader: Reader, recorder: RecorderInfo, scope: Scope, selection: Selection) -> None:
        self._reader, self._recorder = reader, recorder
        self._scope, self._selection = scope, selection
        self._known: dict[bytes, Known | None] = {}
        self.left_out: dict[bytes, int] = {}
        """Paths with changes that cannot be told without a content that is not kept, and how many."""
        self.refused: set[bytes] = set()
        """Paths that Git takes from nobody."""
        self.without_effect = 0
        """Changes that Git knows nothing of: of times, of rights beyond the owner's right to execute."""

    def mails(self) -> Iterator[Mail]:
        """All of them, oldest first."""
        since = self._selection.since_ns
        last = self._reader.last_sequence()
        for change in self._selection.changes(self._reader, self._recorder.recorder_id, last):
            if since is not None and change.time_ns < since:
                continue
            since = None
            patch = self._patch(change)
            mail = None if patch is None else self._mail(change, patch)
            if mail is not None:
                yield mail

    def _patch(self, change: Change) -> PatchFile | None:
        """What a change does to what the series left of its file; None for nothing that can be told."""
        is_known = change.file_id in self._known
        old = self._known[change.file_id] if is_known else self._before(change)
        new = None
        if change.kind is not Kind.DELETED and change.path in self._scope:
            new = Known(change.path, change.mode, change.after if change.capture in _KEPT else None)
        self._known[change.file_id] = old
        refused = {
            one.path for one in (old, new) if one is not None and is_refused(self._scope.below(one.path))
        }
        if refused:
            self.refused |= refused
            return None
        if old is None and new is None:
            return None
        file = self._told(old, new)
        if file is None:
            self.left_out[change.path] = self.left_out.get(change.path, 0) + 1
            return None
        self._known[change.file_id] = new
        return file

    def _before(self, change: Change) -> Known | None:
        path = change.previous_path or change.path
        if change.kind is Kind.CREATED or path not in self._scope:
            return None
        return Known(path, self._reader.state_before(change)[0], change.before)

    def _told(self, old: Known | None, new: Known | None) -> PatchFile | None:
        contents = [self._content(one) for one in (old, new)]
        missing = any(
            one is not None and data is None for one, data in zip((old, new), contents, strict=True)
        )
        if missing:
            if old is None or new is None or old.digest is None or old.digest != new.digest:
                return None
            contents = [None, None]  # the same, whatever it is
        return PatchFile(
            path=None if new is None else self._scope.below(new.path),
            old_path=None if old is None else self._scope.below(old.path),
            old_mode=None if old is None else old.mode,
            new_mode=None if new is None else new.mode,
            old=contents[0],
            new=contents[1],
        )

    def _content(self, known: Known | None) -> bytes | None:
        if known is None or known.digest is None:
            return None
        try:
            return self._reader.content(known.digest)
        except ContentSealed:
            raise
        except ContentMissing:
            return None

    def _mail(self, change: Change, file: PatchFile) -> Mail | None:
        diff = unified(file)
        if not diff:
            self.without_effect += 1
            return None
        subject, details = described(change, self._scope.shown)
        author = Person.of(change.owner or self._recorder.user, self._recorder.host)
        stat = diffstat(file) if file.old is not None or file.new is not None else b""
        head = (
            f"From {'0' * 40} Mon Sep 17 00:00:00 2001\n"
            f"From: {_encoded(author.name)} <{author.email}>\n"
            f"Date: {formatdate(change.time_ns // 10**9)}\n"
            f"Subject: [PATCH] {_encoded(subject)}\n"
            "MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n"
            f"{''.join(f'{line}{chr(10)}' for line in details)}"
            f"{Mark(change.recorder_id, change.sequence).trailer().splitlines()[0]}\n---\n"
        )
        name = _UNFIT.sub("-", subject.replace("/", "-"))[:_NAMED].strip("-.")
        tail = f"-- \nfcm-tui {__version__}\n\n".encode()
        return Mail(
            f"{change.sequence:08d}-{name}.patch",
            head.encode("utf-8", "replace") + stat + b"\n" + diff + tail,
        )


def _encoded(text: str) -> str:
    """For a header of a mail."""
    return text if text.isascii() else Header(text, "utf-8", maxlinelen=1 << 20).encode()
