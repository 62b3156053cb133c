"""Times in which nothing reached the team's database, as this process has seen them."""

from __future__ import annotations

from dataclasses import replace

from fcm_tui.model import Gap, Shipping
from fcm_tui.review import wording

MOST = 100
"""Times that are kept, the newest."""


class Sending:
    """Watches how sending goes; every trouble is a line of the log."""

    def __init__(self) -> None:
        self._troubles: list[Gap] = []
        self._dead = 0

    def see(self, shipping: Shipping | None, now_ns: int) -> bool:
        """Take note of how it goes now; whether there is more to tell than before."""
        if shipping is None:
            return False
        before = list(self._troubles)
        last = self._troubles[-1] if self._troubles else None
        is_open = last is not None and last.to_ns is None
        if shipping.state in ("retrying", "refused") or (shipping.state == "stopped" and shipping.reason):
            reason = wording.UNSENT + shipping.reason
            if last is not None and is_open:
                self._troubles[-1] = replace(last, reason=reason)
            else:
                self._add(now_ns, None, reason)
        elif shipping.state == "connected" and last is not None and is_open:
            self._troubles[-1] = replace(last, to_ns=now_ns)
        if shipping.dead > self._dead:
            rows = wording.plural(shipping.dead - self._dead, "row")
            self._add(now_ns, now_ns, f"{wording.UNSENT}{rows} refused for good, see `fcm-tui database dead`")
            self._dead = shipping.dead
        return before != self._troubles

    def _add(self, from_ns: int, to_ns: int | None, reason: str) -> None:
        at = len(self._troubles) - (
            to_ns is not None and bool(self._troubles) and self._troubles[-1].to_ns is None
        )
        self._troubles.insert(at, Gap(0, None, from_ns, to_ns, reason, None))
        del self._troubles[:-MOST]

    def among(self, gaps: list[Gap]) -> list[Gap]:
        """The gap ledger, newest first, with these times at their places."""
        return sorted([*gaps, *self._troubles], key=lambda gap: gap.from_ns, reverse=True)
