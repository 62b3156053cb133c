"""`fcm-tui status`: who records what, how much there is, and what went wrong."""

from __future__ import annotations

import argparse
import json
import os
from datetime import datetime

from fcm_tui.commands.common import database_of, settings_of
from fcm_tui.commands.log import time_text
from fcm_tui.commands.progress import size_text
from fcm_tui.config import Settings
from fcm_tui.datadir import DataDir, open_data_dir
from fcm_tui.model import Gap
from fcm_tui.safetext import visible_path
from fcm_tui.store.prunes import pruned
from fcm_tui.store.queries import Reader


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add `status [--json]`."""
    parser = subparsers.add_parser("status", parents=[common], help="say what is recorded, and how it stands")
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print the status."""
    data_dir = open_data_dir(args.data_dir, create=False)
    settings = settings_of(args)
    with Reader(database_of(args, settings, data_dir)) as reader:
        if args.json:
            print(json.dumps(_status(reader, data_dir, settings)))
        else:
            print(_for_people(reader, data_dir, settings))
    return 0


def _gap(gap: Gap) -> dict[str, object]:
    return {
        "root": None if gap.root is None else os.fsdecode(gap.root),
        "from": time_text(gap.from_ns),
        "to": None if gap.to_ns is None else time_text(gap.to_ns),
        "reason": gap.reason,
        "changes_found": gap.changes_found,
    }


def _retention(settings: Settings, reader: Reader) -> dict[str, object]:
    done = pruned(reader.connection)
    return {
        "on": settings.retention.is_on,
        "thinned": done.versions,
        "thinned_bytes": done.version_bytes,
        "last": None if done.last_ns is None else time_text(done.last_ns),
        "head": None if done.head is None else {"prune": done.prunes, "chain": done.head.hex()},
    }


def _status(reader: Reader, data_dir: DataDir, settings: Settings) -> dict[str, object]:
    recorder, sizes = reader.recorder(), reader.sizes()
    head = reader.head()
    holder = data_dir.lock_holder()
    return {
        "recorder": recorder.recorder_id.hex() if recorder else None,
        "host": recorder.host if recorder else None,
        "user": recorder.user if recorder else None,
        "platform": recorder.platform if recorder else None,
        "version": recorder.version if recorder else None,
        "first_seen": time_text(recorder.first_seen_ns) if recorder else None,
        "last_seen": time_text(recorder.last_seen_ns) if recorder else None,
        "recording": holder is not None,
        "pid": holder,
        "data_dir": str(data_dir.path),
        "roots": [
            {
                "path": os.fsdecode(root.path),
                "active": root.active,
                "baseline": None if root.baseline_ns is None else time_text(root.baseline_ns),
                "files": root.files,
                "changes": root.changes,
            }
            for root in reader.roots()
        ],
        "files": sizes.files,
        "changes": sizes.changes,
        "versions": sizes.versions,
        "database_bytes": sizes.database_bytes,
        "free_bytes": sizes.free_bytes,
        "retention": _retention(settings, reader),
        "head": {"sequence": head[0], "chain": head[1].hex()} if head else None,
        "gaps": [_gap(gap) for gap in reader.gaps()],
        "shipping": None,
        "last_error": None,
    }


def _for_people(reader: Reader, data_dir: DataDir, settings: Settings) -> str:
    recorder, sizes, holder = reader.recorder(), reader.sizes(), data_dir.lock_holder()
    lines = []
    if recorder is not None:
        seen = datetime.fromtimestamp(recorder.last_seen_ns / 1e9)
        lines.append(
            f"recording (process {holder})"
            if holder is not None
            else f"not recording; the last time {seen:%Y-%m-%d %H:%M:%S}"
        )
        lines.append(f"recorder   {recorder.recorder_id.hex()} on {recorder.host}")
    free = f", {size_text(sizes.free_bytes)} of it free" if sizes.free_bytes else ""
    lines.append(f"data       {data_dir.path} ({size_text(sizes.database_bytes)}{free})")
    lines.append(f"files      {sizes.files:,}   versions {sizes.versions:,}   changes {sizes.changes:,}")
    lines.append(f"retention  {_retention_text(settings, reader)}")
    for root in reader.roots():
        state = "" if root.active else "  (not watched by the last run)"
        if root.baseline_ns is None:
            state = "  (its baseline is not complete)"
        lines.append(
            f"root       {visible_path(root.path)}  {root.files:,} files, {root.changes:,} changes{state}"
        )
    lines += [f"gap        {gap_text(gap)}" for gap in reader.gaps(5)]
    return "\n".join(lines)


def _retention_text(settings: Settings, reader: Reader) -> str:
    done = pruned(reader.connection)
    what = "older versions are thinned out" if settings.retention.is_on else "every version is kept"
    if done.last_ns is None:
        return what
    last = datetime.fromtimestamp(done.last_ns / 1e9)
    so_far = f"{done.versions:,} contents thinned so far ({size_text(done.version_bytes)})"
    return f"{what}; {so_far}, the last {last:%Y-%m-%d %H:%M:%S}"


def gap_text(gap: Gap) -> str:
    """`10:02 to 10:05: 312 changes found by scan (reason)`."""
    start = datetime.fromtimestamp(gap.from_ns / 1e9)
    if gap.to_ns is None:
        return f"{start:%Y-%m-%d %H:%M:%S} to now: {gap.reason}"
    end = datetime.fromtimestamp(gap.to_ns / 1e9)
    form = "%H:%M:%S" if start.date() == end.date() else "%Y-%m-%d %H:%M:%S"
    where = f" in {visible_path(gap.root)}" if gap.root is not None else ""
    return f"{start:%Y-%m-%d %H:%M:%S} to {end:{form}}: {gap.changes_found} changes found by scan{where} ({gap.reason})"
