"""A change as plain values: the objects of `log --json`, the rows of CSV and Parquet."""

from __future__ import annotations

from typing import Any

from fcm_tui.model import Change
from fcm_tui.safetext import path_text
from fcm_tui.times import utc_text
from fcm_tui.who.words import info_of


def values_of(change: Change) -> dict[str, Any]:
    """What scripts are told of a change; their contract."""
    return {
        "recorder": change.recorder_id.hex(),
        "host": change.host,
        "sequence": change.sequence,
        "time": utc_text(change.time_ns),
        "kind": change.kind,
        "root": path_text(change.root),
        "path": path_text(change.path),
        "previous_path": None if change.previous_path is None else path_text(change.previous_path),
        "size": change.size,
        "mode": change.mode,
        "owner": change.owner,
        "process": change.process,
        "process_info": info_of(change.process_info),
        "before": None if change.before is None else change.before.hex(),
        "after": None if change.after is None else change.after.hex(),
        "capture": change.capture,
        "origin": change.origin,
        "group": change.group,
        "inserted": change.inserted,
        "updated": change.updated,
        "deleted": change.deleted,
        "reviewed": change.reviewed,
        "note": change.note,
        "encoding": change.encoding,
        "newline": change.newline,
        "mtime": None if change.mtime_ns is None else utc_text(change.mtime_ns),
        "attributes": None if change.attributes is None else change.attributes.hex(),
        "previous_attributes": (
            None if change.previous_attributes is None else change.previous_attributes.hex()
        ),
    }
