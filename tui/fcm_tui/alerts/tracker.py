"""One rule at work: counts what it is about, tells when that is worth an alert, and keeps quiet after one."""

from __future__ import annotations

import os
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from fcm_tui.alerts.encryption import EncryptionJudge
from fcm_tui.alerts.rules import Rule
from fcm_tui.alerts.tally import Tally
from fcm_tui.amounts import plural
from fcm_tui.model import ANEW, NOT_RUNNING, Gap, Kind, Origin
from fcm_tui.safetext import visible, visible_path
from fcm_tui.settings.values import format_duration
from fcm_tui.store.reading.watched import Seen
from fcm_tui.times import local_text

_SECOND = 10**9


class Raised(NamedTuple):
    """What a rule has to tell."""

    kind: str
    """`alert` or `summary`."""
    title: str
    tally: Tally


@dataclass(slots=True)
class _Counted:
    time_ns: int
    weight: int
    seen: Seen | None


@dataclass(slots=True)
class Tracker:
    """A rule, with what it has seen lately."""

    rule: Rule
    judge: EncryptionJudge | None = None
    """For a rule that watches for encryption."""
    quiet_until_ns: int = 0
    told: int = 0
    """The last change that an alert was about."""
    folded: Tally = field(default_factory=Tally)
    """What came in the quiet time."""
    burst: Tally | None = None
    """What is to be told at once."""
    _window: deque[_Counted] = field(default_factory=deque)
    _sum: int = 0

    @property
    def reach_ns(self) -> int:
        """For how long it remembers."""
        rate = self.rule.settings.rate
        return round(rate.seconds * _SECOND) if rate else 0

    def feed(self, seen: Seen, now_ns: int) -> None:
        """A change that its filter lets through."""
        weight = self._weight(seen)
        if not weight or seen.sequence <= self.told:
            return
        if self.burst is not None or now_ns < self.quiet_until_ns:
            if weight > 0:
                tally = self.folded if self.burst is None else self.burst
                tally.add(seen, digests=self.rule.settings.digests)
            return
        self._count(seen, weight)
        rate = self.rule.settings.rate
        if self._sum > (rate.more_than if rate else 0):
            self.burst = Tally()
            for counted in self._window:
                if counted.seen is not None:
                    self.burst.add(counted.seen, digests=self.rule.settings.digests)
            self._forget()

    def warm(self, seen: Seen) -> None:
        """As `feed`, of a change that was known before this run: nothing comes of it but memory."""
        weight = self._weight(seen)
        if weight and seen.sequence > self.told:
            self._count(seen, weight)

    def gap(self, gap: Gap, now_ns: int) -> None:
        """An entry of the gap ledger."""
        if gap.reason == ANEW or (gap.reason == NOT_RUNNING and not self.rule.settings.not_running):
            return
        where = f" in {visible_path(gap.root)}" if gap.root else ""
        line = f"changes{where} may have been missed since {local_text(gap.from_ns)}: {visible(gap.reason)}"
        if now_ns < self.quiet_until_ns:
            self.folded.note(line)
        else:
            self.burst = self.burst or Tally()
            self.burst.note(line)

    def take(self, now_ns: int) -> Raised | None:
        """What is to be told now; the quiet time begins with it, or ends with a summary."""
        quiet_ns = round(self.rule.settings.quiet * _SECOND)
        if self.burst is not None:
            tally, self.burst = self.burst, None
            self.quiet_until_ns = now_ns + quiet_ns
            self.told = tally.last_sequence or self.told
            return Raised("alert", self._title(tally), tally)
        if self.quiet_until_ns - now_ns > quiet_ns:
            self.quiet_until_ns = now_ns + quiet_ns  # the clock was set back
        if self.folded.count and now_ns >= self.quiet_until_ns:
            tally, self.folded = self.folded, Tally()
            self.told = tally.last_sequence or self.told
            return Raised("summary", self._summary(tally), tally)
        return None

    def due_ns(self) -> int | None:
        """When there is a summary to tell; None where there is none."""
        return self.quiet_until_ns if self.folded.count else None

    def stored(self) -> dict[str, object]:
        """What the journal keeps of it."""
        return {"until": self.quiet_until_ns, "told": self.told, "folded": self.folded.stored()}

    def restore(self, state: dict[str, object]) -> None:
        """Go on with what the journal kept."""
        self.quiet_until_ns, self.told = int(state["until"]), int(state["told"])  # type: ignore[call-overload]
        self.folded = Tally.of_stored(state["folded"])  # type: ignore[arg-type]

    def _weight(self, seen: Seen) -> int:
        """How much a change counts; below 0 it makes up for another one."""
        settings = self.rule.settings
        if settings.hours is not None and not settings.hours.hold(_happened(seen)):
            return 0
        match settings.watches:
            case "deletions":
                return 1 if seen.kind == Kind.DELETED else -1 if seen.kind == Kind.CREATED else 0
            case "encryption":
                assert self.judge is not None
                return int(self.judge.is_encrypted(seen, settings.rate.seconds if settings.rate else 0))
            case _:
                return 1

    def _count(self, seen: Seen, weight: int) -> None:
        last = self._window[-1] if self._window else None
        if weight < 0 and last is not None and last.weight < 0 and seen.time_ns - last.time_ns < _SECOND:
            last.weight += weight  # so that a burst of new files takes no room
        else:
            self._window.append(_Counted(seen.time_ns, weight, seen if weight > 0 else None))
        self._sum += weight
        reach = self.reach_ns
        while len(self._window) > 1 and seen.time_ns - self._window[0].time_ns > reach:
            self._sum -= self._window.popleft().weight

    def _forget(self) -> None:
        self._window.clear()
        self._sum = 0

    def _title(self, tally: Tally) -> str:
        settings = self.rule.settings
        if tally.details:
            more = f" (and {tally.count - 1} more)" if tally.count > 1 else ""
            return f"{self.rule.name}: {tally.details[0]}{more}"
        within = f" within {format_duration(settings.rate.seconds)}" if settings.rate else ""
        match settings.watches:
            case "deletions":
                return f"{self.rule.name}: {tally.count:,} files deleted{within}{_below(tally)}"
            case "encryption":
                return f"{self.rule.name}: {tally.count:,} files look encrypted{within}{_below(tally)}"
        if tally.count == 1:
            return f"{self.rule.name}: {tally.files[0].path} {tally.files[0].kind}"
        return f"{self.rule.name}: {tally.count:,} changes{within}{_below(tally)}"

    def _summary(self, tally: Tally) -> str:
        after = f"in the {format_duration(self.rule.settings.quiet)} after the alert"
        if tally.details:
            return f"{self.rule.name}: {tally.count:,} more {after}: {tally.details[0]}"
        return f"{self.rule.name}: {plural(tally.count, 'more change')} {after}{_below(tally)}"


def _below(tally: Tally) -> str:
    return f" in {tally.folder}" if tally.folder and tally.folder != os.sep else ""


def _happened(seen: Seen) -> int:
    """When a change was made: one that a scan found, when the file says that it was, if that was before."""
    if seen.origin == Origin.SCAN and seen.mtime_ns is not None and 0 < seen.mtime_ns < seen.time_ns:
        return seen.mtime_ns
    return seen.time_ns
