"""`fcm-tui status`: who records what, how much there is, and what went wrong."""

from __future__ import annotations

import argparse
import json
from datetime import datetime

from fcm_tui.commands.common import database_of, settings_of
from fcm_tui.commands.log import time_text
from fcm_tui.commands.progress import size_text
from fcm_tui.datadir import DataDir, open_data_dir
from fcm_tui.model import Gap
from fcm_tui.safetext import path_text, visible_path
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
    database = database_of(args, settings_of(args), data_dir)
    with Reader(database) as reader:
        status = _status(reader, data_dir)
        print(json.dumps(status) if args.json else _for_people(reader, data_dir))
    return 0


def _gap(gap: Gap) -> dict[str, object]:
    return {
        "root": None if gap.root is None else path_text(gap.root),
        "from": time_text(gap.from_ns),
        "to": None if gap.to_ns is None else time_text(gap.to_ns),
        "reason": gap.reason,
        "changes_found": gap.changes_found,
    }


def _status(reader: Reader, data_dir: DataDir) -> dict[str, object]:
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
                "path": path_text(root.path),
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
        "head": {"sequence": head[0], "chain": head[1].hex()} if head else None,
        "gaps": [_gap(gap) for gap in reader.gaps()],
        "shipping": None,
        "last_error": None,
    }


def _for_people(reader: Reader, data_dir: DataDir) -> str:
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
    lines.append(f"data       {data_dir.path} ({size_text(sizes.database_bytes)})")
    lines.append(f"files      {sizes.files:,}   versions {sizes.versions:,}   changes {sizes.changes:,}")
    for root in reader.roots():
        state = "" if root.active else "  (not watched by the last run)"
        if root.baseline_ns is None:
            state = "  (its baseline is not complete)"
        lines.append(
            f"root       {visible_path(root.path)}  {root.files:,} files, {root.changes:,} changes{state}"
        )
    lines += [f"gap        {gap_text(gap)}" for gap in reader.gaps(5)]
    return "\n".join(lines)


def gap_text(gap: Gap) -> str:
    """`10:02 to 10:05: 312 changes found by scan (reason)`."""
    start = datetime.fromtimestamp(gap.from_ns / 1e9)
    if gap.to_ns is None:
        return f"{start:%Y-%m-%d %H:%M:%S} to now: {gap.reason}"
    end = datetime.fromtimestamp(gap.to_ns / 1e9)
    form = "%H:%M:%S" if start.date() == end.date() else "%Y-%m-%d %H:%M:%S"
    where = f" in {visible_path(gap.root)}" if gap.root is not None else ""
    return f"{start:%Y-%m-%d %H:%M:%S} to {end:{form}}: {gap.changes_found} changes found by scan{where} ({gap.reason})"
