"""`fcm-tui cat`: the bytes of a version; on a terminal, text that does nothing to it."""

from __future__ import annotations

import argparse

from fcm_tui.commands.common import digest_named, find_change, open_record, show_bytes
from fcm_tui.errors import ContentMissing
from fcm_tui.model import Capture, Change
from fcm_tui.safetext import visible
from fcm_tui.store.reading import past
from fcm_tui.store.reading.patches import refuse_thinned
from fcm_tui.store.reading.queries import Reader


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add `cat CHANGE [--before]`."""
    parser = subparsers.add_parser("cat", parents=[common], help="print a version's bytes")
    parser.add_argument(
        "change", metavar="CHANGE", help="its number, HOST:NUMBER, or a backup's address sha256:HEX"
    )
    parser.add_argument("--before", action="store_true", help="the version before the change")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Write the version to stdout.

    Raises:
        NotSoError: there is no such change, or its bytes were not kept.
    """
    with open_record(args) as reader:
        digest = digest_named(args.change)
        if digest is None:
            change = find_change(reader, args.change)
            digest = version_of(reader, change, before=args.before)
        elif not reader.contents.known([digest]) and (why := past.why_thinned(reader.connection, digest)):
            raise ContentMissing(f"{visible(args.change)}: {why}")
        show_bytes(reader.content(digest))
    return 0


def version_of(reader: Reader, change: Change, *, before: bool) -> bytes:
    """The digest of the version after a change, or before it.

    Raises:
        ContentMissing: there was no file then, or its bytes were not kept.
    """
    digest = change.before if before else change.after
    refuse_thinned(reader, change, digest)
    if not before and change.capture not in (Capture.STORED, Capture.NONE):
        raise ContentMissing(f"change {change.sequence}: the content was not kept ({change.capture})")
    if digest is None:
        when = "before it" if before else "after it"
        raise ContentMissing(f"change {change.sequence} ({change.kind}): there is no version {when}")
    return digest
