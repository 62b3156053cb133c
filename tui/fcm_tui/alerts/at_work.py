"""Alerts as the recorder has them: a thread that asks the rules of what was committed, and what it raises is sent.

The recorder wakes it and never waits for it, save for a moment at the end. On the start path of the screen, so what the
thread needs it imports itself.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fcm_tui.errors import FcmError
from fcm_tui.model import ANEW, NOT_RUNNING
from fcm_tui.safetext import visible
from fcm_tui.settings.alerts import USUAL
from fcm_tui.settings.config import Settings

if TYPE_CHECKING:
    from fcm_tui.alerts.journal import Journal
    from fcm_tui.store.reading.ends import Ends

COALESCED = 0.1
"""Seconds in which commits are waited for after the first."""
FAREWELL = 3.0
"""Seconds in which what was raised last has to be sent when recording ends; the rest goes with the next start."""
RETRY = 5.0
"""Seconds until rules that could not be asked are asked again."""

_log = logging.getLogger(__name__)


class AlertsAtWork:
    """Rules and targets of one record that is being recorded."""

    def __init__(
        self, database: Path, settings: Settings, terminal: Callable[[str], None] | None = None
    ) -> None:
        """`terminal` writes control sequences to the person's terminal, where there is one.

        Raises:
            ConfigError: a rule's filter has no meaning.
        """
        self._database = database
        self._terminal = terminal
        self._settings = _checked(settings)
        self._wanted: Settings | None = None
        self._start: Ends | None = None
        self._woken = threading.Event()
        self._ending = threading.Event()
        self._taken_up = threading.Event()
        self._thread: threading.Thread | None = None
        self.trouble = ""
        """Why no alert can be raised now; empty where they can."""

    def prepare(self) -> None:
        """Note where the record ends, before anything is recorded: what comes after that is asked about.

        What is wrong with the record is told by who is going to write it.
        """
        from fcm_tui.store.reading.ends import ends_at

        with contextlib.suppress(FcmError, sqlite3.Error, OSError):
            self._start = ends_at(self._database)

    def start(self) -> None:
        """Begin; the record is there."""
        self._thread = threading.Thread(target=self._run, name="fcm-alerts", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Something was committed. For any thread."""
        self._woken.set()

    def take_up(self, settings: Settings) -> None:
        """Go on with other rules and targets; waits until they hold for all that is recorded from now on.

        For any thread but the event loop's.

        Raises:
            ConfigError: a rule's filter has no meaning; nothing changes.
        """
        self._taken_up.clear()
        self._wanted = _checked(settings)
        self._woken.set()
        if self._thread is not None:
            self._taken_up.wait(RETRY)

    def end(self) -> None:
        """Ask about what was recorded last, send that if it is quickly done, and stop. Waits for all that."""
        thread, self._thread = self._thread, None
        self._ending.set()
        self._woken.set()
        if thread is not None:
            thread.join(FAREWELL + RETRY)

    def once(self) -> None:
        """Ask about all that is new, send what comes of it, and end."""
        if self._has_work():
            self._ending.set()
            self._run()

    def _has_work(self) -> bool:
        """Whether there is anything to ask about, or an earlier run left something: what that takes is 30 ms to import."""
        from fcm_tui.alerts.journal import journal_path, open_to_read
        from fcm_tui.store.reading.ends import Ends, is_quiet_since

        if any(rule.not_running for rule in self._settings.alerts.rules):
            return True
        try:
            journal = open_to_read(journal_path(self._database))
            if journal is None:
                return True
            with journal:
                settled = journal.settled()
            return settled is None or not is_quiet_since(
                self._database, settled[0], Ends(*settled[1:]), (NOT_RUNNING, ANEW)
            )
        except (FcmError, sqlite3.Error, OSError):
            return True  # and that says what is wrong

    def _run(self) -> None:
        from fcm_tui.alerts.journal import Journal, journal_path
        from fcm_tui.store.values import reading

        while True:
            try:
                with reading(self._database), Journal(journal_path(self._database)) as journal:
                    is_over = self._watch(journal)
                if is_over:
                    return
            except Exception as error:  # whatever it is, recording goes on, and so do the rules once they can
                expected = isinstance(error, sqlite3.Error | OSError | FcmError)
                why = str(error) if expected else f"{type(error).__name__}: the log has the rest"
                self.trouble = f"no alerts can be raised now: {visible(why)}"
                _log.error("%s", self.trouble, exc_info=None if expected else error)
                if self._ending.wait(RETRY):
                    return

    def _watch(self, journal: Journal) -> bool:
        """Work until the end (True), or until other rules are wanted."""
        from fcm_tui.alerts.evaluator import Evaluator
        from fcm_tui.alerts.journal import journal_path
        from fcm_tui.alerts.rules import rules_of
        from fcm_tui.alerts.sending import Senders

        if self._wanted is not None:
            self._settings, self._wanted = self._wanted, None
        settings = self._settings
        senders = Senders(journal_path(self._database), settings.alerts, self._terminal)
        try:
            with contextlib.closing(
                Evaluator(self._database, rules_of(settings), journal, self._start)
            ) as evaluator:
                written = -1
                self._taken_up.set()
                while True:
                    is_ending = self._ending.is_set()  # before the look, so that the last one sees everything
                    self._woken.clear()
                    is_raised = evaluator.look()
                    version = journal.version()  # others raise alerts too
                    if is_raised or version != written:
                        senders.wake(journal)
                        written = version
                    self.trouble = ""
                    if is_ending or self._wanted is not None:
                        return is_ending
                    if self._woken.wait(evaluator.seconds_to_wait()):
                        self._ending.wait(COALESCED)
        finally:
            senders.end(journal, FAREWELL if self._ending.is_set() else 0.0)


def _checked(settings: Settings) -> Settings:
    """The settings, if every filter in them has a meaning.

    Raises:
        ConfigError: one has none.
    """
    if settings.alerts != USUAL:
        from fcm_tui.alerts.rules import rules_of

        rules_of(settings)
    return settings
