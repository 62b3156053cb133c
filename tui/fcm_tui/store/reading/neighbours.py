"""Which changes belong together: what a checkout, an install, a build did."""

from __future__ import annotations

from fcm_tui.model import Change

NEAR_NS = 10**9


def are_together(newer: Change, older: Change) -> bool:
    """Whether two neighbours in the log belong to one burst, as far as they can tell by themselves."""
    if newer.root != older.root or newer.recorder_id != older.recorder_id:
        return False
    in_group = newer.group is not None and newer.group == older.group
    return in_group or abs(newer.time_ns - older.time_ns) <= NEAR_NS
