"""File System Activity (class 1001) of the Open Cybersecurity Schema Framework, https://schema.ocsf.io/1.5.0/classes/file_activity."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from fcm_tui import __version__
from fcm_tui.exchange.events.texts import is_exact, split, text, uid
from fcm_tui.model import Capture, Change, Kind
from fcm_tui.store.reading.results import RecorderInfo
from fcm_tui.who.words import info_of

VERSION = "1.5.0"
_CLASS = 1001
_ACTIVITIES = {
    Kind.CREATED: (1, "Create"),
    Kind.MODIFIED: (3, "Update"),
    Kind.DELETED: (4, "Delete"),
    Kind.MOVED: (5, "Rename"),
    Kind.METADATA: (6, "Set Attributes"),
}
_SYSTEMS = {"win32": (100, "Windows"), "linux": (200, "Linux"), "darwin": (300, "macOS")}
_REGULAR = {"type_id": 1, "type": "Regular File"}
_PROCESS = re.compile(r"(.*)\[(\d+)\]\??")


def events(change: Change, recorder: RecorderInfo) -> Iterator[dict[str, Any]]:
    """The one event that a change is."""
    activity, name = _ACTIVITIES[change.kind]
    is_secret, known = change.capture is Capture.SECRET, _known(change)
    before, after = _file(change, change.previous_path or change.path, change.before), _after(change)
    event: dict[str, Any] = {
        "class_uid": _CLASS,
        "class_name": "File System Activity",
        "category_uid": 1,
        "category_name": "System Activity",
        "activity_id": activity,
        "activity_name": name,
        "type_uid": _CLASS * 100 + activity,
        "type_name": f"File System Activity: {name}",
        "severity_id": 2 if is_secret else 1,
        "severity": "Low" if is_secret else "Informational",
        "status_id": 1,
        "status": "Success",
        "time": change.time_ns // 1_000_000,
        "message": _message(change),
        "metadata": _metadata(change),
        "device": _device(change, recorder),
        "actor": _actor(change, known),
        "file": before if change.kind in (Kind.DELETED, Kind.MOVED) else after,
        "unmapped": _unmapped(change, known),
    }
    if change.kind is Kind.MOVED:
        event["file_result"] = after
    yield event


def _message(change: Change) -> str:
    if change.previous_path is None:
        return f"{change.kind} {text(change.path)}"
    return f"{change.kind} {text(change.previous_path)} to {text(change.path)}"


def _metadata(change: Change) -> dict[str, Any]:
    moment = datetime.fromtimestamp(change.time_ns // 10**9, UTC)
    found: dict[str, Any] = {
        "version": VERSION,
        "product": {"name": "fcm-tui", "vendor_name": "fcm-tui", "version": __version__},
        "uid": uid(change),
        "sequence": change.sequence,
        "log_name": "changes",
        "original_time": f"{moment:%Y-%m-%dT%H:%M:%S}.{change.time_ns % 10**9:09d}Z",
    }
    if change.group is not None:
        found["correlation_uid"] = uid(change, change.group)
    return found


def _device(change: Change, recorder: RecorderInfo) -> dict[str, Any]:
    platform, _, release = recorder.platform.partition(" ")
    system, name = _SYSTEMS.get(platform, (99, platform or "unknown"))
    os_found = {"type_id": system, "type": name if system != 99 else "Other", "name": name}
    return {
        "type_id": 0,
        "type": "Unknown",
        "hostname": change.host or recorder.host,
        "uid": change.recorder_id.hex(),
        "os": {**os_found, "version": release} if release else os_found,
    }


def _actor(change: Change, known: Mapping[str, str]) -> dict[str, Any]:
    """Who did it where that is known: the owner of a file is not who changed it."""
    if not change.process:
        return {"user": {"name": "unknown", "type_id": 0, "type": "Unknown"}}
    process = _named(change.process.split(", ")[0])
    if "command" in known:
        process["cmd_line"] = known["command"]
    if "program" in known:
        name = re.split(r"[\\/]", known["program"])[-1]
        process["file"] = {"name": name or known["program"], "path": known["program"], **_REGULAR}
    if "parent" in known:
        process["parent_process"] = _named(known["parent"])
    if "user" not in known:
        return {"process": process}
    user = {"name": known["user"], "type_id": 0, "type": "Unknown"}
    return {"process": {**process, "user": user}, "user": user}


def _named(process: str) -> dict[str, Any]:
    """`vim[1234]`, with a question mark where it is a guess."""
    found = _PROCESS.fullmatch(process)
    if found is None:
        return {"name": process}
    return {"name": found[1], "pid": int(found[2])} if found[1] else {"pid": int(found[2])}


def _known(change: Change) -> dict[str, str]:
    """What is known of the process beside its name, as texts that are not empty."""
    info = info_of(change.process_info) or {}
    return {key: value for key, value in info.items() if isinstance(value, str) and value}


def _after(change: Change) -> dict[str, Any]:
    found = _file(change, change.path, change.after)
    if change.size is not None:
        found["size"] = change.size
    if change.mtime_ns is not None:
        found["modified_time"] = change.mtime_ns // 1_000_000
    if change.mode is not None and stat.S_ISLNK(change.mode):
        found |= {"type_id": 7, "type": "Symbolic Link"}
    return found


def _file(change: Change, path: bytes, digest: bytes | None) -> dict[str, Any]:
    folder, name = split(path)
    found: dict[str, Any] = {
        "name": name,
        "path": text(path),
        "parent_folder": folder,
        **_REGULAR,
        "uid": change.file_id.hex(),
    }
    if digest is not None:
        found["hashes"] = [{"algorithm_id": 3, "algorithm": "SHA-256", "value": digest.hex()}]
    if change.owner:
        found["owner"] = {"name": change.owner}
    return found


def _unmapped(change: Change, known: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "root": text(change.root),
        "capture": change.capture,
        "origin": change.origin,
        "reviewed": change.reviewed,
    }
    if change.before is not None:
        found["before"] = change.before.hex()
    if change.mode is not None:
        found["mode"] = f"{stat.S_IMODE(change.mode):04o}"
    if change.inserted is not None:
        found["lines"] = {"inserted": change.inserted, "updated": change.updated, "deleted": change.deleted}
    if "how" in known:
        found["attribution"] = {key: known[key] for key in ("how", "why", "login") if key in known}
    if not is_exact(change.path):
        found["path_bytes"] = change.path.hex()
    if change.previous_path is not None and not is_exact(change.previous_path):
        found["previous_path_bytes"] = change.previous_path.hex()
    return found
