"""`fcm-tui review`: mark changes as reviewed, or not."""

from __future__ import annotations

import argparse

from fcm_tui.amounts import plural
from fcm_tui.commands.arguments import text
from fcm_tui.commands.common import find_change, place_of, settings_of
from fcm_tui.errors import UsageError
from fcm_tui.store import reviews
from fcm_tui.store.reading.changes import key_of
from fcm_tui.store.reading.queries import Reader


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add `review CHANGE... [--pin] [--undo] [--note TEXT]`."""
    parser = subparsers.add_parser(
        "review",
        parents=[common],
        help="mark changes as reviewed",
        description="Mark changes as reviewed by you; `fcm-tui log --unreviewed` lists what nobody has looked at.",
    )
    parser.add_argument("changes", nargs="+", metavar="CHANGE", help="N of this recorder, or HOST:N")
    parser.add_argument("--pin", action="store_true", help="keep these versions, whatever retention says")
    parser.add_argument("--undo", action="store_true", help="not reviewed by you after all")
    parser.add_argument("--note", metavar="TEXT", type=text, help="what there is to say about them")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Mark all of them, or none where there is no such change.

    Raises:
        NoSuchChange: there is none of a number.
        UsageError: the record cannot be written.
    """
    if args.undo and args.note is not None:
        raise UsageError("--undo takes a review away, and its note with it: leave out --note")
    if args.undo and args.pin:
        raise UsageError("--undo takes a review away, and its pin with it: leave out --pin")
    database = place_of(args, settings_of(args))
    with Reader(database) as reader:
        found = {key_of(find_change(reader, name)) for name in args.changes}
    if args.undo:
        written = reviews.unmark(database, sorted(found))
        print(f"no longer reviewed by you: {plural(written, 'change')}")
    else:
        written = reviews.mark(database, sorted(found), note=args.note, pin=args.pin)
        print(f"{'reviewed and pinned' if args.pin else 'reviewed'}: {plural(written, 'change')}")
    return 0
