"""The screen's way to the journal of alerts, whoever writes it. For threads, never for the event loop."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fcm_tui.alerts.entries import Entry
from fcm_tui.alerts.journal import Journal, journal_path, open_to_read
from fcm_tui.errors import FcmError


@dataclass(frozen=True, slots=True)
class Unread:
    """What nobody has read yet."""

    count: int = 0
    newest: Entry | None = None


def unread(database: Path) -> Unread:
    """Of the record at a path; nothing where there is no journal, or none that can be read."""
    with contextlib.suppress(sqlite3.Error, OSError):
        journal = open_to_read(journal_path(database))
        if journal is not None:
            with journal:
                newest = journal.entries(1, unread=True)
                return Unread(journal.unread(), newest[0] if newest else None)
    return Unread()


def entries(database: Path) -> list[Entry]:
    """Every alert that is kept, the newest first."""
    with contextlib.suppress(sqlite3.Error, OSError):
        journal = open_to_read(journal_path(database))
        if journal is not None:
            with journal:
                return journal.entries()
    return []


def mark_read(database: Path, numbers: Sequence[int]) -> None:
    """Somebody has seen these; where that cannot be written, they stay unread."""
    with contextlib.suppress(sqlite3.Error, OSError, FcmError), Journal(journal_path(database)) as journal:
        journal.read(numbers)
