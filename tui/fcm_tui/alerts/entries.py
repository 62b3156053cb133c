"""What stands in the journal of alerts: each alert, each message about it, and how sending goes."""

from __future__ import annotations

from dataclasses import dataclass

from fcm_tui.alerts.alert import Alert


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message on its way to a target."""

    number: int
    target: str
    tries: int
    """Before this one."""
    alert: Alert


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a message."""

    target: str
    state: str
    """`waiting`, `sent`, `given-up` or `not-sent`."""
    tries: int
    error: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """An alert as it stands in the journal."""

    number: int
    alert: Alert
    is_read: bool
    sent: tuple[Sent, ...] = ()


@dataclass(frozen=True, slots=True)
class TargetState:
    """How sending to a target goes."""

    target: str
    sent: int
    failed: int
    not_sent: int
    waiting: int
    error: str | None
    since_ns: int | None
