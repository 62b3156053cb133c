"""How sending goes, in words and as JSON. Imported by commands and screens without what sends."""

from __future__ import annotations

import time
from collections.abc import Sequence

from fcm_tui.amounts import duration
from fcm_tui.model import Shipping
from fcm_tui.store.reading.dialect import Connection
from fcm_tui.store.reading.recorders import whose
from fcm_tui.store.reading.results import RecorderInfo

_SILENT = 180.0
"""Seconds after which a recorder is called silent that tells of itself once a minute: clocks may differ by some."""


def text(shipping: Shipping, now_ns: int | None = None) -> str:
    """One line, the most important first. What the server said in it is not made safe yet."""
    now = time.time_ns() if now_ns is None else now_ns
    said = []
    if shipping.behind:
        said.append(f"{shipping.behind:,} behind{_since(shipping, now)}")
    elif shipping.state == "connected":
        said.append("all sent" if shipping.is_whole else "changes sent, other files follow")
    if shipping.state in ("retrying", "refused"):
        left = max(0, (shipping.retry_ns or now) - now) / 1e9
        said.append(f"retrying in {left:.0f} s because {shipping.reason}")
    elif shipping.state == "connecting":
        said.append("connecting")
    elif shipping.state == "stopped":
        said += _ended(shipping)
    if shipping.dead:
        said.append(
            f"{shipping.dead:,} row{'' if shipping.dead == 1 else 's'} refused: see `fcm-tui database dead`"
        )
    return ", ".join(said)


def _ended(shipping: Shipping) -> list[str]:
    if shipping.is_whole and not shipping.behind and not shipping.reason:
        return ["all sent when it ended"]
    why = f" because {shipping.reason}" if shipping.reason else ""
    lacks = [] if shipping.is_whole or shipping.behind else ["not all is sent"]
    return [*lacks, f"nothing is being sent{why}"]


def silent(known: Sequence[RecorderInfo], now_ns: int) -> str:
    """Which recorders have told a server nothing for a while; empty where all have. Names are not made safe yet."""
    told = whose({one.recorder_id: one.host for one in known})
    quiet = [one for one in known if now_ns - one.last_seen_ns > _SILENT * 1e9]
    if not quiet:
        return ""
    last = max(quiet, key=lambda one: one.last_seen_ns)
    name = told.get(last.recorder_id) or last.host or last.recorder_id.hex()
    lasts = duration((now_ns - last.last_seen_ns) / 1e9)
    if len(quiet) == 1:
        return f"{name} silent for {lasts}"
    return f"{len(quiet)} of {len(known)} recorders silent, {name} for {lasts}"


def as_json(shipping: Shipping, now_ns: int | None = None) -> dict[str, object]:
    """For `status --json`."""
    now = time.time_ns() if now_ns is None else now_ns
    since, retry = shipping.behind_since_ns, shipping.retry_ns
    return {
        "server": shipping.server,
        "state": shipping.state,
        "sequence": shipping.sequence,
        "behind": shipping.behind,
        "behind_seconds": None
        if since is None or not shipping.behind
        else round(max(0, now - since) / 1e9, 3),
        "retry_in": None if retry is None else round(max(0, retry - now) / 1e9, 3),
        "reason": shipping.reason or None,
        "dead": shipping.dead,
        "whole": shipping.is_whole,
    }


def against(shipping: Shipping, connection: Connection) -> Shipping:
    """The same, held against the record as it is now: what a recorder said last may be old."""
    first, last = (
        connection.execute(
            "SELECT time_ns, sequence FROM changes WHERE recorder_id = (SELECT recorder_id FROM recorders LIMIT 1)"
            f" AND sequence > ? ORDER BY sequence {order} LIMIT 1",
            (shipping.sequence,),
        ).fetchone()
        for order in ("ASC", "DESC")
    )
    if first is None:
        return shipping._replace(behind=0, behind_since_ns=None)
    return shipping._replace(behind=last[1] - shipping.sequence, behind_since_ns=first[0])


def _since(shipping: Shipping, now: int) -> str:
    if shipping.behind_since_ns is None:
        return ""
    return f" ({_length(max(0, now - shipping.behind_since_ns) / 1e9)})"


def _length(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
