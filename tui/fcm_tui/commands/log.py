"""`fcm-tui log`: the changes, newest first, for people or as JSON lines."""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import UTC, datetime

from fcm_tui.commands.common import absolute, open_record
from fcm_tui.errors import UsageError
from fcm_tui.model import Capture, Change, Kind
from fcm_tui.safetext import visible, visible_path
from fcm_tui.store.queries import Filters

_SIGNS = {Kind.CREATED: "+", Kind.MODIFIED: "~", Kind.DELETED: "-", Kind.MOVED: ">", Kind.METADATA: "."}
_COLOURS = {Kind.CREATED: 32, Kind.MODIFIED: 33, Kind.DELETED: 31, Kind.MOVED: 36, Kind.METADATA: 90}


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add `log [PATH] [filters] [--json]`."""
    parser = subparsers.add_parser("log", parents=[common], help="list the changes, newest first")
    parser.add_argument(
        "path", nargs="?", metavar="PATH", help="only this file, or what is below this folder"
    )
    parser.add_argument(
        "--since", metavar="T", help="only from this moment on: 2h, yesterday, 2026-11-23 14:00"
    )
    parser.add_argument("--until", metavar="T", help="only before this moment")
    parser.add_argument(
        "--kind",
        metavar="K",
        action="append",
        default=[],
        help=f"only this kind ({', '.join(Kind)}); repeatable",
    )
    parser.add_argument("--text", metavar="S", help="only where a changed line has this in it")
    parser.add_argument("--host", metavar="H", help="only of this host's recorder")
    parser.add_argument("--unreviewed", action="store_true", help="only what nobody has reviewed")
    parser.add_argument("--limit", metavar="N", type=int, help="at most this many")
    parser.add_argument("--reverse", action="store_true", help="oldest first")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print the changes asked for.

    Raises:
        UsageError: a filter is not one.
    """
    if args.limit is not None and not 0 <= args.limit < 1 << 63:
        raise UsageError(f"--limit {args.limit}: give 0 or more, below 2 to the 63rd")
    filters = Filters(
        path=absolute(args.path) if args.path is not None else None,
        since_ns=_moment(args.since),
        until_ns=_moment(args.until),
        kinds=frozenset(_kind(word) for word in args.kind),
        text=args.text or None,
        host=args.host,
        unreviewed=args.unreviewed,
    )
    with open_record(args) as reader:
        colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        for change in reader.iterate(filters, limit=args.limit, reverse=args.reverse):
            print(as_json(change) if args.json else as_line(change, colour=colour))
    return 0


def _moment(text: str | None) -> int | None:
    if text is None:
        return None
    from fcm_tui.times import parse_moment

    return parse_moment(text)


def _kind(word: str) -> Kind:
    try:
        return Kind(word)
    except ValueError:
        raise UsageError(f"--kind {visible(word)}: no such kind: give one of {', '.join(Kind)}") from None


def time_text(time_ns: int) -> str:
    """RFC 3339 in UTC with microseconds."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest // 1000:06d}Z"


def as_json(change: Change) -> str:
    """One line of JSON; the contract of scripts."""
    return json.dumps(
        {
            "recorder": change.recorder_id.hex(),
            "host": change.host,
            "sequence": change.sequence,
            "time": time_text(change.time_ns),
            "kind": change.kind,
            "root": os.fsdecode(change.root),
            "path": os.fsdecode(change.path),
            "previous_path": None if change.previous_path is None else os.fsdecode(change.previous_path),
            "size": change.size,
            "mode": change.mode,
            "owner": change.owner,
            "process": change.process,
            "before": None if change.before is None else change.before.hex(),
            "after": None if change.after is None else change.after.hex(),
            "capture": change.capture,
            "origin": change.origin,
            "group": change.group,
            "inserted": change.inserted,
            "updated": change.updated,
            "deleted": change.deleted,
            "reviewed": change.reviewed,
            "encoding": change.encoding,
            "newline": change.newline,
            "mtime": None if change.mtime_ns is None else time_text(change.mtime_ns),
        }
    )


def as_line(change: Change, *, colour: bool) -> str:
    """One line for a person."""
    moment = datetime.fromtimestamp(change.time_ns / 1e9)
    counts = ""
    if change.inserted is not None:
        counts = f"+{change.inserted} ~{change.updated} -{change.deleted}"
    kind = f"{_SIGNS[change.kind]} {change.kind:<8}"
    if colour:
        kind = f"\x1b[{_COLOURS[change.kind]}m{kind}\x1b[0m"
    path = visible_path(change.path)
    if change.previous_path is not None:
        path = f"{visible_path(change.previous_path)} -> {path}"
    kept = "thinned out" if change.capture is Capture.QUOTA else str(change.capture)
    notes = [kept] if change.capture not in (Capture.STORED, Capture.NONE) else []
    notes += (
        [f"found by {change.origin}"]
        if change.origin == "scan"
        else [f"{change.origin}"] * (change.origin == "restore")
    )
    note = f"  ({', '.join(notes)})" if notes else ""
    return f"{change.sequence:>7}  {moment:%Y-%m-%d %H:%M:%S}  {kind}  {counts:<14} {path}{note}"
