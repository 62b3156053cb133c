"""Sends what the journal has waiting: a thread for each target, so that one that fails is in no other's way."""

from __future__ import annotations

import contextlib
import logging
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from fcm_tui.alerts.alert import Alert
from fcm_tui.alerts.entries import Delivery
from fcm_tui.alerts.journal import Journal
from fcm_tui.alerts.targets.failure import NotSent
from fcm_tui.errors import FcmError
from fcm_tui.settings.alerts import Alerts
from fcm_tui.settings.targets import (
    AppriseTarget,
    CommandTarget,
    DesktopTarget,
    MailTarget,
    SyslogTarget,
    Target,
    WebhookTarget,
)

FIRST_RETRY = 2.0
"""Seconds until a message that failed is tried again; twice as many each time."""
LAST_RETRY = 600.0
GIVEN_UP = 86400.0
"""Seconds after it was raised from which a message that fails is not tried again."""
_LEASE = 60.0
"""Seconds beyond the deadline in which nobody else sends a message that is being sent."""
_LOOK = 1.0

_log = logging.getLogger(__name__)


def send(
    target: Target, alert: Alert, stopping: threading.Event, terminal: Callable[[str], None] | None
) -> None:
    """Send one alert to one target; what that needs is imported now.

    Args:
        terminal: writes control sequences to the person's terminal, where there is one.

    Raises:
        NotSent: it did not arrive.
    """
    match target:
        case CommandTarget():
            from fcm_tui.alerts.targets import command

            command.send(target, alert, stopping)
        case WebhookTarget():
            from fcm_tui.alerts.targets import webhook

            webhook.send(target, alert)
        case SyslogTarget():
            from fcm_tui.alerts.targets import syslog

            syslog.send(target, alert)
        case MailTarget():
            from fcm_tui.alerts.targets import mail

            mail.send(target, alert)
        case DesktopTarget():
            from fcm_tui.alerts.targets import desktop

            desktop.send(target, alert, terminal)
        case AppriseTarget():
            from fcm_tui.alerts.targets import through_apprise

            through_apprise.send(target, alert)


class Senders:
    """All targets' threads. For one thread."""

    def __init__(self, journal: Path, alerts: Alerts, terminal: Callable[[str], None] | None = None) -> None:
        self._journal = journal
        self._alerts = alerts
        self._terminal = terminal
        self._stopping = threading.Event()
        self._senders: dict[str, _Sender] = {}

    def wake(self, journal: Journal) -> None:
        """Messages may be waiting; begin to send those for which nobody does.

        Raises:
            sqlite3.Error: the journal cannot be read.
        """
        for name in journal.waiting_targets():
            target = self._alerts.target(name)
            if target is None:
                journal.give_up(name, "there is no such target any more")
                continue
            sender = self._senders.get(name)
            if sender is None:
                sender = self._senders[name] = _Sender(
                    self._journal, name, target, self._stopping, self._terminal
                )
                sender.start()
            sender.woken.set()

    def end(self, journal: Journal, seconds: float) -> None:
        """Wait until everything was tried once, at most so long, and stop."""
        deadline = time.monotonic() + seconds
        with contextlib.suppress(sqlite3.Error):
            self.wake(journal)
            while journal.untried() and time.monotonic() < deadline:
                time.sleep(0.02)
        self._stopping.set()
        for sender in self._senders.values():
            sender.woken.set()
        for sender in self._senders.values():
            sender.join(max(0.3, deadline - time.monotonic()))


class _Sender(threading.Thread):
    """Sends to one target. A daemon: what hangs in the network does not keep the program from its end."""

    def __init__(
        self,
        journal: Path,
        name: str,
        target: Target,
        stopping: threading.Event,
        terminal: Callable[[str], None] | None,
    ) -> None:
        super().__init__(name=f"fcm-alert-{name}", daemon=True)
        self._path = journal
        self._name = name
        self._target = target
        self._stopping = stopping
        self._terminal = terminal
        self.woken = threading.Event()

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                with Journal(self._path) as journal:
                    self._send_all(journal)
            except (sqlite3.Error, OSError, FcmError) as error:
                _log.error("alerts for %s wait: the journal cannot be used: %s", self._name, error)
                self._stopping.wait(FIRST_RETRY)

    def _send_all(self, journal: Journal) -> None:
        while not self._stopping.is_set():
            self.woken.clear()
            now = time.time_ns()
            lease = now + round((getattr(self._target, "deadline", 0) + _LEASE) * 1e9)
            delivery = journal.take(self._name, now, lease)
            if delivery is not None:
                self._try(journal, delivery)
                continue
            due = journal.next_due(self._name)
            self.woken.wait(LAST_RETRY if due is None else min(LAST_RETRY, max(0.01, (due - now) / 1e9)))

    def _try(self, journal: Journal, delivery: Delivery) -> None:
        try:
            send(self._target, delivery.alert, self._stopping, self._terminal)
        except NotSent as error:
            self._failed(journal, delivery, str(error))
        except Exception as error:  # a mistake of ours, or of a library's, is no reason to stop sending
            _log.exception("sending to %s failed", self._name)
            self._failed(journal, delivery, f"{type(error).__name__}: the log has the rest")
        else:
            _log.info("alert %s of %s sent to %s", delivery.alert.id, delivery.alert.rule, self._name)
            journal.was_sent(delivery)

    def _failed(self, journal: Journal, delivery: Delivery, why: str) -> None:
        _log.warning("alert %s was not sent to %s: %s", delivery.alert.id, self._name, why)
        now = time.time_ns()
        if now - delivery.alert.time_ns > GIVEN_UP * 1e9:
            journal.failed(delivery, why, None)
            return
        wait = min(LAST_RETRY, FIRST_RETRY * 2 ** min(delivery.tries, 12)) * random.uniform(0.75, 1.25)
        journal.failed(delivery, why, now + round(wait * 1e9))
