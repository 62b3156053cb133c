"""A marked test of a rule's targets, or of one target: sent now, and told what came of it."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from typing import NamedTuple

from fcm_tui.alerts.alert import Alert
from fcm_tui.alerts.sending import send
from fcm_tui.alerts.targets.failure import NotSent
from fcm_tui.host import host_name
from fcm_tui.settings.alerts import SCREEN, AlertRule
from fcm_tui.settings.targets import Target


class Outcome(NamedTuple):
    """What came of sending to one target."""

    target: str
    why_not: str
    """Empty where it was sent."""
    seconds: float


def test_alert(rule: AlertRule | None, recorder: str) -> Alert:
    """One that says of itself that it is a test."""
    name, severity = (rule.name, rule.severity) if rule is not None else ("test", "info")
    return Alert(
        id=uuid.uuid4().hex,
        rule=name,
        severity=severity,
        kind="test",
        time_ns=time.time_ns(),
        host=host_name(),
        recorder=recorder,
        title=f"{name}: this is how an alert of it arrives; nothing has happened",
    )


def try_target(
    name: str, target: Target | None, alert: Alert, terminal: Callable[[str], None] | None
) -> Outcome:
    """Send it, and wait for what comes of it. The screen's list has no test in it: `None` is fine for it."""
    began = time.monotonic()
    why_not = ""
    if target is None:
        why_not = "" if name == SCREEN else "there is no such target"
    else:
        try:
            send(target, alert, threading.Event(), terminal)
        except NotSent as error:
            why_not = str(error)
    return Outcome(name, why_not, time.monotonic() - began)
