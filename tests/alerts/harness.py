"""A recorder with rules on a real folder, and a program that is told of alerts."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from fcm_tui.alerts.at_work import AlertsAtWork
from fcm_tui.alerts.entries import Entry, TargetState
from fcm_tui.alerts.journal import journal_path, open_to_read
from fcm_tui.recorder import Recorder
from fcm_tui.settings.config import Settings, load
from tests.waiting import eventually

TELLER = "import os, sys; open(sys.argv[1], 'ab').write(sys.stdin.buffer.read())"


def teller(into: Path) -> str:
    """`argv` in TOML of a program that appends what it is told to a file."""
    return json.dumps([sys.executable, "-I", "-S", "-c", TELLER, str(into)])


def told(into: Path) -> list[dict[str, Any]]:
    """What such a program was told."""
    if not into.exists():
        return []
    return [json.loads(line) for line in into.read_text().splitlines()]


class Watching:
    """A folder that is recorded, and the alerts that come of it."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root = root
        self.folder = folder
        self.got = folder / "got"
        self.toml = folder / "fcm.toml"
        self.data = folder / "data"
        self.data.mkdir(mode=0o700)
        self.database = self.data / "record.db"

    def write(self, text: str) -> Settings:
        """Make this the configuration; `{teller}` in it is a program that is told of alerts."""
        self.toml.write_text(text.replace("{teller}", teller(self.got)), "utf-8")
        return self.settings()

    def settings(self) -> Settings:
        return replace(load(self.toml), scan_interval=600.0)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Recorder]:
        """Record, with alerts, while the block runs."""
        import asyncio

        settings = self.settings()
        recorder = Recorder(
            self.database,
            settings,
            [os.fsencode(self.root)],
            own_paths=[os.fsencode(self.data)],
            alerts=AlertsAtWork(self.database, settings),
        )
        task = asyncio.create_task(recorder.run())
        try:
            await recorder.ready()
            yield recorder
        finally:
            recorder.stop()
            await task

    def alerts(self) -> list[Entry]:
        """Those in the journal, the oldest first."""
        journal = open_to_read(journal_path(self.database))
        if journal is None:
            return []
        with journal:
            return journal.entries()[::-1]

    def titles(self, rule: str | None = None) -> list[str]:
        """Of the alerts, or of those of a rule."""
        return [entry.alert.title for entry in self.alerts() if rule in (None, entry.alert.rule)]

    def target(self, name: str) -> TargetState | None:
        """How sending to a target goes."""
        journal = open_to_read(journal_path(self.database))
        if journal is None:
            return None
        with journal:
            return next((state for state in journal.targets() if state.target == name), None)

    async def has(self, rule: str, number: int = 1) -> list[Entry]:
        """Wait for alerts of a rule."""
        await eventually(lambda: len(self.titles(rule)) >= number, what=f"{number} alerts of {rule}")
        return [entry for entry in self.alerts() if entry.alert.rule == rule]

    async def is_asked(self) -> None:
        """Wait until rules were asked of all that is in the record."""
        from fcm_tui.store.reading.queries import Reader

        def reached() -> bool:
            with Reader(self.database) as reader:
                recorder, last = reader.recorder(), reader.last_sequence()
            journal = open_to_read(journal_path(self.database))
            if journal is None or recorder is None:
                return False
            with journal:
                return (journal.reached(recorder.recorder_id) or (0, 0))[0] == last

        await eventually(reached, what="rules asked of every change")

    async def has_changes(self, number: int) -> None:
        """Wait until so many changes are recorded."""
        from fcm_tui.store.reading.queries import Reader

        def count() -> bool:
            with Reader(self.database) as reader:
                return reader.last_sequence() >= number

        await eventually(count, seconds=60, what=f"{number} changes")
