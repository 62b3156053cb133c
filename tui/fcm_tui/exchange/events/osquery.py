"""As osquery logs rows of its table `file_events` (https://osquery.io/schema/, file_events), all values text."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from fcm_tui.exchange.events.texts import text, uid
from fcm_tui.model import Change, Kind
from fcm_tui.store.reading.results import RecorderInfo

_ACTIONS = {
    Kind.CREATED: "CREATED",
    Kind.MODIFIED: "UPDATED",
    Kind.DELETED: "DELETED",
    Kind.MOVED: "MOVED_TO",
    Kind.METADATA: "ATTRIBUTES_MODIFIED",
}


def events(change: Change, recorder: RecorderInfo) -> Iterator[dict[str, Any]]:
    """The rows of a change: one, and of a move two of the same transaction."""
    if change.previous_path is not None:
        yield _row(change, recorder, "MOVED_FROM", change.previous_path, change.before, is_there=False)
    is_there = change.kind is not Kind.DELETED
    digest = change.after if is_there else change.before
    yield _row(change, recorder, _ACTIONS[change.kind], change.path, digest, is_there=is_there)


def _row(
    change: Change, recorder: RecorderInfo, action: str, path: bytes, digest: bytes | None, *, is_there: bool
) -> dict[str, Any]:
    seconds = change.time_ns // 10**9
    moment = datetime.fromtimestamp(seconds, UTC)
    columns = {
        "target_path": text(path),
        "category": text(change.root),
        "action": action,
        "transaction_id": str(change.sequence),
        "sha256": "" if digest is None else digest.hex(),
        "hashed": "0" if digest is None else "1",
        "time": str(seconds),
        "eid": uid(change),
    }
    if is_there and change.mode is not None:
        columns["mode"] = f"{stat.S_IMODE(change.mode):04o}"
    if is_there and change.size is not None:
        columns["size"] = str(change.size)
    if is_there and change.mtime_ns is not None:
        columns["mtime"] = str(change.mtime_ns // 10**9)
    return {
        "name": "file_events",
        "hostIdentifier": change.host or recorder.host,
        "calendarTime": f"{moment:%a %b} {moment.day:2} {moment:%H:%M:%S %Y} UTC",
        "unixTime": seconds,
        "epoch": 0,
        "counter": change.sequence,
        "numerics": False,
        "columns": columns,
        "action": "added",
    }
