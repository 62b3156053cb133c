"""`fcm-tui log`: the changes, newest first, for people or as JSON lines."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping

from fcm_tui.amounts import plural
from fcm_tui.commands.arguments import text, whole
from fcm_tui.commands.common import absolute, open_record, recorded
from fcm_tui.commands.ranges import add_filter, add_moments, moments, terms_of
from fcm_tui.errors import NoSuchChange, UsageError
from fcm_tui.model import Capture, Change, Gap, Kind
from fcm_tui.query.gaps import asks_for_gaps, lets_through
from fcm_tui.query.hosts import is_of
from fcm_tui.report.changes import values_of
from fcm_tui.safetext import path_text, visible, visible_path
from fcm_tui.store.reading.filters import Filters, concerns
from fcm_tui.store.reading.queries import Reader
from fcm_tui.times import local_text, utc_text

_SIGNS = {Kind.CREATED: "+", Kind.MODIFIED: "~", Kind.DELETED: "-", Kind.MOVED: ">", Kind.METADATA: "."}
_COLOURS = {Kind.CREATED: 32, Kind.MODIFIED: 33, Kind.DELETED: 31, Kind.MOVED: 36, Kind.METADATA: 90}

_GAP_COLOUR = 35


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add `log [PATH] [filters] [--json]`."""
    parser = subparsers.add_parser("log", parents=[common], help="list the changes, newest first")
    parser.add_argument(
        "path", nargs="?", metavar="PATH", help="only this file, or what is below this folder"
    )
    add_moments(parser)
    parser.add_argument(
        "--kind",
        metavar="K",
        action="append",
        default=[],
        help=f"only this kind ({', '.join(Kind)}); repeatable",
    )
    parser.add_argument("--text", metavar="S", type=text, help="only where a changed line has this in it")
    parser.add_argument("--host", metavar="H", type=text, help="only of this host's recorder")
    parser.add_argument("--unreviewed", action="store_true", help="only what nobody has reviewed")
    add_filter(parser, ": '*.py kind:created since:2h !is:secret', as the screen's filter bar")
    parser.add_argument("--limit", metavar="N", type=whole, help="at most this many")
    parser.add_argument("--reverse", action="store_true", help="oldest first")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument(
        "--gaps",
        action="store_true",
        help="all times in which events may have been missed, with --json too, and where other settings were taken up",
    )
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print the changes asked for.

    Raises:
        UsageError: a filter is not one.
    """
    if args.limit is not None and not 0 <= args.limit < 1 << 63:
        raise UsageError(f"--limit {args.limit}: give 0 or more, below 2 to the 63rd")
    since_ns, until_ns = moments(args)
    filters = Filters(
        path=absolute(args.path) if args.path is not None else None,
        since_ns=since_ns,
        until_ns=until_ns,
        kinds=frozenset(_kind(word) for word in args.kind),
        text=args.text or None,
        host=args.host,
        unreviewed=args.unreviewed,
        terms=terms_of(args, args.filter),
    )
    with open_record(args) as reader:
        if filters.path is not None:
            filters = filters._replace(path=recorded(filters.path, reader))
        colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        changes = reader.iterate(filters, limit=args.limit, reverse=args.reverse)
        wants_gaps = args.gaps or not args.json or asks_for_gaps(filters.terms)
        gaps = _gaps(reader, filters, args) if wants_gaps else []
        names = reader.names() if reader.is_server else {}
        is_empty = True
        for entry in _merged(changes, gaps, reverse=args.reverse, limit=args.limit):
            if isinstance(entry, Gap):
                print(json.dumps(gap_values(entry)) if args.json else _gap_line(entry, colour=colour))
            else:
                is_empty = False
                print(
                    json.dumps(values_of(entry)) if args.json else as_line(entry, colour=colour, names=names)
                )
        unknown = _unknown(reader, filters) if is_empty else None
    if unknown is not None:
        print(f"note: {visible(unknown)}", file=sys.stderr)
    return 0


def _gaps(reader: Reader, filters: Filters, args: argparse.Namespace) -> list[Gap]:
    """The gaps that the filters let through; none where they ask for changes of a kind, which a gap is not."""
    if filters.kinds or filters.text is not None or filters.unreviewed:
        return []
    is_asked = asks_for_gaps(filters.terms)
    if filters.terms and not is_asked:
        return []
    now = time.time_ns()
    found = [
        gap
        for gap in reader.gaps(None)
        if concerns(filters, gap)
        and lets_through(filters.terms, gap)
        and (args.gaps or is_asked or not gap.is_moot(now))
    ]
    return found[::-1] if args.reverse else found


def _merged(
    changes: Iterable[Change], gaps: list[Gap], *, reverse: bool, limit: int | None
) -> Iterator[Change | Gap]:
    """Changes in their order, each gap where it began; none beyond the last change that a limit lets through."""
    waiting = iter(gaps)
    gap = next(waiting, None)
    for change in changes:
        while gap is not None and (
            gap.from_ns < change.time_ns if reverse else gap.from_ns >= change.time_ns
        ):
            yield gap
            gap = next(waiting, None)
        yield change
        limit = None if limit is None else limit - 1
    while gap is not None and limit != 0:
        yield gap
        gap = next(waiting, None)


def gap_values(gap: Gap) -> dict[str, object]:
    """A gap as JSON tells it; its number, under `gap`, is what no change has."""
    return {
        "gap": gap.gap,
        "host": gap.host,
        "root": None if gap.root is None else path_text(gap.root),
        "from": utc_text(gap.from_ns),
        "to": None if gap.to_ns is None else utc_text(gap.to_ns),
        "reason": gap.reason,
        "changes_found": gap.changes_found,
    }


def gap_text(gap: Gap) -> str:
    """`2026-11-25 10:02:00 to 10:05:00: 312 changes found by scan in FOLDER (reason)`."""
    start = local_text(gap.from_ns)
    where = f" in {visible_path(gap.root)}" if gap.root is not None else ""
    where += f" on {visible(gap.whose)}" if gap.has_others else ""
    if gap.to_ns is None:
        return f"{start} to now: not looked at yet{where} ({visible(gap.reason)})"
    end = local_text(gap.to_ns)
    day = len("2026-11-25 ")
    if end[:day] == start[:day]:
        end = end[day:]
    changes = plural(gap.changes_found or 0, "change")
    return f"{start} to {end}: {changes} found by scan{where} ({visible(gap.reason)})"


def _gap_line(gap: Gap, *, colour: bool) -> str:
    line = f"{'gap':>7}  {gap_text(gap)}"
    return f"\x1b[{_GAP_COLOUR}m{line}\x1b[0m" if colour else line


def _unknown(reader: Reader, filters: Filters) -> str | None:
    """Why a log is empty, where a filter names something that the record does not know at all."""
    if filters.host is not None and not any(
        is_of(filters.host, one.recorder_id, one.host) for one in reader.recorders()
    ):
        try:
            reader.recorder_of_host(filters.host)
        except NoSuchChange as error:
            return str(error)
    if filters.path is None or reader.knows(filters.path):
        return None
    return f"{os.fsdecode(filters.path)}: nothing is recorded of it; `fcm-tui status` lists what is"


def _kind(word: str) -> Kind:
    try:
        return Kind(word)
    except ValueError:
        raise UsageError(f"--kind {visible(word)}: no such kind: give one of {', '.join(Kind)}") from None


def as_line(change: Change, *, colour: bool, names: Mapping[bytes, str] | None = None) -> str:
    """One line for a person; `names` are those of several recorders."""
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
    if change.process is not None:
        notes.append(f"by {visible(change.process)}")
    note = f"  ({', '.join(notes)})" if notes else ""
    if change.note is not None:
        note += f'  "{visible(change.note)}"'
    name = (names or {}).get(change.recorder_id)
    number = f"{change.sequence}" if name is None else f"{visible(name)}:{change.sequence}"
    return f"{number:>7}  {local_text(change.time_ns)}  {kind}  {counts:<14} {path}{note}"
