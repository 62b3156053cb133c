"""What stands between the rows of the log: when changes may have been missed, and when recording stopped and began."""

from __future__ import annotations

import bisect
import time
from collections.abc import Sequence
from itertools import groupby

from fcm_tui.model import NOT_RUNNING, Change, Gap
from fcm_tui.review import wording
from fcm_tui.review.log.lines import Mark
from fcm_tui.review.source import Record, reader_of
from fcm_tui.review.status import number_found
from fcm_tui.review.wording import BEGAN
from fcm_tui.safetext import visible, visible_path
from fcm_tui.store.reading.beginnings import beginnings
from fcm_tui.store.reading.filters import Filters, concerns
from fcm_tui.store.reading.recorders import apart

MOST = 1000
"""Gaps that are marked, the newest: those before them `fcm-tui log` tells."""

_TOGETHER = 4
"""Gaps between two changes that have a line each."""


def read(record: Record) -> list[Gap]:
    """The gap ledger, newest first, and when the recording of each root began. For a thread.

    A recorder that was not running missed what happened in any of its roots: that is one entry, not one for each. Gaps in
    which nothing was missed while other settings were taken up are left out.
    """
    now = time.time_ns()
    found = [
        merged[0] if len(merged) == 1 else _as_one(merged)
        for _, group in groupby(
            (gap for gap in record.gaps(MOST) if not gap.is_moot(now)),
            lambda gap: (gap.from_ns, gap.recorder_id, gap.reason == NOT_RUNNING or gap.gap),
        )
        if (merged := list(group))
    ]
    begun = beginnings(reader_of(record).connection)
    of_hosts = {who: host for _, _, who, host in begun}
    own = apart(of_hosts)
    found += [
        Gap(0, path, at, at, BEGAN, None, who, host, len(of_hosts) > 1, own.get(who, ""))
        for path, at, who, host in begun
    ]
    return sorted(found, key=lambda gap: gap.from_ns, reverse=True)


def last(gaps: Sequence[Gap]) -> Gap | None:
    """The newest of the ledger; where it is of several roots, for the same reason, all of them as one."""
    ledger = [gap for gap in gaps if gap.gap]
    same = [gap for gap in ledger if _source(gap) == _source(ledger[0])]
    return _as_one(same) if len(same) > 1 else next(iter(same), None)


def _source(gap: Gap) -> tuple[int, str, bytes]:
    return gap.from_ns, gap.reason, gap.recorder_id


def _as_one(gaps: Sequence[Gap]) -> Gap:
    ends = [gap.to_ns for gap in gaps if gap.to_ns is not None]
    counts = [gap.changes_found for gap in gaps if gap.changes_found is not None]
    return gaps[0]._replace(
        root=None,
        to_ns=max(ends) if len(ends) == len(gaps) else None,
        changes_found=sum(counts) if counts else None,
    )


def told(mark: Mark) -> list[str]:
    """All there is to say of a line that is no change; safe to show."""
    gap = mark.gap
    if gap is None and mark.more:
        return [
            f"{wording.plural(mark.more, 'more gap')} between these changes: is:gap in the filter lists all."
        ]
    if gap is None:
        return [f"What stands below changed on {wording.date(mark.day_ns)} or before."]
    where = "all watched directories" if gap.root is None else visible_path(gap.root)
    where += f" on {visible(gap.whose)}" if gap.has_others else ""
    if gap.reason == BEGAN:
        return [f"Recording of {where} began.", "", f"at      {wording.moment(gap.from_ns)}"]
    if gap.reason.startswith(wording.UNSENT):
        return [
            "Nothing reached the team's database in this time. Recording went on, and sends it all later.",
            "",
            f"from    {wording.moment(gap.from_ns)}",
            f"to      {'now' if gap.to_ns is None else wording.moment(gap.to_ns)}",
            f"reason  {visible(gap.reason.removeprefix(wording.UNSENT))}",
        ]
    stopped = gap.reason == NOT_RUNNING
    until = "" if gap.to_ns is None else f" ({wording.duration((gap.to_ns - gap.from_ns) / 1e9)})"
    return [
        "Nothing was recorded in this time." if stopped else "Changes may have been missed in this time.",
        "",
        f"from    {wording.moment(gap.from_ns)}",
        f"to      {'now: not scanned since' if gap.to_ns is None else wording.moment(gap.to_ns)}{until}",
        f"where   {where}",
        f"reason  {visible(gap.reason)}",
        f"found   {'nothing yet' if gap.changes_found is None else number_found(gap.changes_found)}",
    ]


class LogGaps:
    """The gap ledger, by time."""

    def __init__(self, gaps: Sequence[Gap] = ()) -> None:
        """`gaps` come newest first."""
        self.gaps = list(gaps)
        self._begins = [-gap.from_ns for gap in gaps]

    def marks(self, change: Change | None, older: Change | None, filters: Filters) -> list[Mark]:
        """As `between`, as lines.

        Where nobody asked for gaps they are few, and none where there is no change at all, or where a filter asks for
        changes of a kind or name.
        """
        if not filters.terms:
            found = self.between(change, older, filters) if change or older else []
            left = len(found) - _TOGETHER
            return [*map(Mark, found[:_TOGETHER]), *([Mark(more=left)] if left > 0 else [])]
        from fcm_tui.query.gaps import (  # with the filter's language, once there is one
            asks_for_gaps,
            goes_with,
            lets_through,
        )

        asked = asks_for_gaps(filters.terms)
        if asked is False or (not asked and change is older):
            return []
        found = self.between(change, older, filters)
        return (
            [Mark(gap) for gap in found if lets_through(filters.terms, gap)]
            if asked
            else [Mark(gap) for gap in found if goes_with(filters.terms, gap)][:1]
        )

    def between(self, change: Change | None, older: Change | None, filters: Filters) -> list[Gap]:
        """Those that began between a change and the one before it, newest first; None for an end of the log.

        Of them only those that concern what is shown.
        """
        at = 0 if change is None else bisect.bisect_right(self._begins, -change.time_ns)
        end = len(self.gaps) if older is None else bisect.bisect_right(self._begins, -older.time_ns, at)
        return [gap for gap in self.gaps[at:end] if concerns(filters, gap)]
