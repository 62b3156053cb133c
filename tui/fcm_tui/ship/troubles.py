"""Times in which nothing reached the team's database: kept beside the record, for every screen and for later starts."""

from __future__ import annotations

import contextlib
import json
import logging
from pathlib import Path
from typing import NamedTuple

from fcm_tui.amounts import plural
from fcm_tui.model import Shipping
from fcm_tui.whole_file import write_whole

SUFFIX = "-unsent.json"
"""Behind the name of the record."""
MOST = 100
"""Times that are kept, the newest."""
_REASON = 300
"""Characters of a reason that are kept."""
_MOST_BYTES = 1 << 20

_log = logging.getLogger(__name__)


class Trouble(NamedTuple):
    """One such time."""

    from_ns: int
    to_ns: int | None
    """None while it lasts."""
    reason: str


def place(database: Path) -> Path:
    """Where they are kept of a record."""
    return database.with_name(database.name + SUFFIX)


def kept(database: Path) -> list[Trouble]:
    """Those of a record, oldest first; none where nothing is kept, or what is kept is damaged."""
    return _read(place(database))[0]


def _read(path: Path) -> tuple[list[Trouble], int]:
    """What is kept, and how many rows had been refused for good by then."""
    try:
        with open(path, "rb") as file:
            told = json.loads(file.read(_MOST_BYTES))
        found = [Trouble(*_checked(**entry)) for entry in told["troubles"]]
        return sorted(found, key=lambda trouble: trouble.from_ns)[-MOST:], int(told["dead"])
    except (OSError, ValueError, TypeError, KeyError):
        return [], 0


def _checked(*, from_ns: object, to_ns: object, reason: object) -> tuple[int, int | None, str]:
    if not isinstance(from_ns, int) or not isinstance(to_ns, int | None) or not isinstance(reason, str):
        raise TypeError
    return from_ns, to_ns, reason


class Troubles:
    """Takes note of how sending goes. For one thread at a time."""

    def __init__(self, database: Path) -> None:
        self._path = place(database)
        self._known, self._dead = _read(self._path)

    def see(self, shipping: Shipping, now_ns: int) -> None:
        """It goes so now; what is new of it is written down, if the disk lets us."""
        known, dead = list(self._known), self._dead
        self._note(shipping, now_ns)
        if (known, dead) != (self._known, self._dead):
            with contextlib.suppress(OSError):
                self._write()
            for trouble in self._known:
                if trouble not in known:
                    _log.info("team's database: %s", trouble)

    def _note(self, shipping: Shipping, now_ns: int) -> None:
        known = self._known
        lasting = next((at for at, trouble in enumerate(known) if trouble.to_ns is None), None)
        reason = shipping.reason[:_REASON]
        if shipping.state in ("retrying", "refused") or (shipping.state == "stopped" and reason):
            if lasting is None:
                known.append(Trouble(now_ns, None, reason))
            else:
                known[lasting] = known[lasting]._replace(reason=reason)
        elif shipping.state == "connected" and lasting is not None:
            known[lasting] = known[lasting]._replace(to_ns=now_ns)
        if shipping.dead > self._dead:
            rows = plural(shipping.dead - self._dead, "row")
            known.append(Trouble(now_ns, now_ns, f"{rows} refused for good, see `fcm-tui database dead`"))
        if shipping.state == "connected" or shipping.dead > self._dead:
            self._dead = shipping.dead
        del known[:-MOST]

    def _write(self) -> None:
        told = {"dead": self._dead, "troubles": [trouble._asdict() for trouble in self._known]}
        write_whole(self._path, json.dumps(told).encode(), over=True, mode=0o600)
