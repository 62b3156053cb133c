"""What `[alerts]` says as plain data: rules, and where what they raise is sent.

On the start path of every command: whatever reads the tables is in `alert_tables`, the targets are in `targets`, and
both are imported where there are any.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from fcm_tui.settings.targets import Target

SEVERITIES: Final = ("info", "notice", "warning", "critical")
SCREEN: Final = "screen"
"""A target that is always there: the list of alerts, which the screen shows."""
DESKTOP: Final = "desktop"
_DAY = 24 * 60

Watches = Literal["changes", "deletions", "encryption", "tampering", "gaps"]


class Rate(NamedTuple):
    """More than so many in so many seconds."""

    more_than: int
    seconds: float


class Span(NamedTuple):
    """A part of some weekdays; one that ends before it begins goes on into the next day."""

    days: tuple[int, ...]
    """0 for Monday to 6 for Sunday."""
    start: int
    """Minute of the day."""
    end: int
    """Minute of the day, exclusive."""

    def has(self, day: int, minute: int) -> bool:
        if self.start < self.end:
            return day in self.days and self.start <= minute < self.end
        evening = day in self.days and minute >= self.start
        return evening or ((day - 1) % 7 in self.days and minute < self.end)


@dataclass(frozen=True, slots=True)
class Hours:
    """When a rule holds: within some hours of the week, or outside of them."""

    spans: tuple[Span, ...]
    is_inside: bool
    zone: str | None = None
    """An IANA name, or None for the machine's own."""

    def hold(self, time_ns: int) -> bool:
        """Whether a moment is one of them."""
        moment = datetime.fromtimestamp(time_ns / 1e9, UTC).astimezone(self._zone())
        minute = moment.hour * 60 + moment.minute
        return any(span.has(moment.weekday(), minute) for span in self.spans) == self.is_inside

    def _zone(self) -> tzinfo | None:
        if self.zone is None:
            return None
        from zoneinfo import ZoneInfo

        return ZoneInfo(self.zone)


@dataclass(frozen=True, slots=True)
class AlertRule:
    """What is worth an alert."""

    name: str
    watches: Watches = "changes"
    filters: tuple[str, ...] = ()
    """Expressions in the language of `query`, one of which has to let a change through; none: every change."""
    rate: Rate | None = None
    """None: each one."""
    quiet: float = 900.0
    """Seconds after an alert in which more of the same is only counted."""
    hours: Hours | None = None
    severity: str = "warning"
    targets: tuple[str, ...] = (SCREEN,)
    digests: bool = False
    """SHA-256 of the versions go with the names."""
    not_running: bool = False
    """Of gaps: also those in which no recorder was at work."""
    way: tuple[str | int, ...] = field(default=(), compare=False)
    """Where in the file it stands; of a shipped rule that the file says nothing of, where it would."""


SHIPPED: Final[tuple[AlertRule, ...]] = (
    AlertRule("mass-deletion", "deletions", ("!is:restore",), rate=Rate(200, 60.0), severity="critical"),
    AlertRule("mass-encryption", "encryption", rate=Rate(30, 300.0), severity="critical"),
    AlertRule("secret-touched", filters=("is:secret",), quiet=3600.0),
    AlertRule("tampering", "tampering", quiet=86400.0, severity="critical"),
    AlertRule("gap", "gaps", quiet=3600.0),
)
"""Those that hold without a configuration."""

OUTSIDE_HOURS: Final = AlertRule(
    "configuration-outside-hours",
    filters=("*.conf", "*.cfg", "*.ini", "*.toml", "*.yaml", "*.yml", "*.reg", "*.service"),
    hours=Hours((Span((0, 1, 2, 3, 4), 8 * 60, 18 * 60),), is_inside=False),
)
"""Holds where it is switched on: nobody's hours are everybody's."""

RULES: Final = {rule.name: rule for rule in (*SHIPPED, OUTSIDE_HOURS)}


@dataclass(frozen=True, slots=True)
class Alerts:
    """All of it. `Alerts()` is what holds without a configuration: the shipped rules, told on the screen."""

    rules: tuple[AlertRule, ...] = SHIPPED
    targets: tuple[Target, ...] = ()
    """Those of the configuration; `screen` and `desktop` are always there."""

    def target(self, name: str) -> Target | None:
        """The target of that name; None for the screen, and where there is none."""
        known = {target.name: target for target in self.targets}
        if name in known or name != DESKTOP:
            return known.get(name)
        from fcm_tui.settings.targets import DesktopTarget

        return DesktopTarget(DESKTOP)


USUAL: Final = Alerts()
NONE: Final = Alerts(rules=())
"""Switched off."""
