"""`fcm-tui anchor`: the head of the chain in one line, to be kept elsewhere."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from fcm_tui.commands.common import open_record
from fcm_tui.errors import NotSoError
from fcm_tui.safetext import visible
from fcm_tui.store import chain
from fcm_tui.store.trust.anchors import Head


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add `anchor [--sign KEYFILE | --make-key FILE]`."""
    parser = subparsers.add_parser(
        "anchor",
        parents=[common],
        help="print the head of the record, to be kept elsewhere",
        description="Print recorder, sequence and chain hash. Kept elsewhere, `fcm-tui verify --anchor FILE` shows by it"
        " whether the record was cut short or written anew since.",
    )
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--sign", metavar="KEYFILE", help="sign it with this private Ed25519 key")
    choice.add_argument(
        "--make-key", metavar="FILE", help="make a key pair: FILE, and FILE.pub to check with"
    )
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print the anchor, or make keys.

    Raises:
        UsageError: there is no record, or the key cannot be used.
        NotSoError: nothing was recorded yet.
    """
    if args.make_key:
        from fcm_tui.store.trust import signing

        public = signing.make_keys(Path(args.make_key))
        print(
            f"made {visible(args.make_key)}: keep it apart from the record; {visible(str(public))} checks anchors",
            file=sys.stderr,
        )
        return 0
    with open_record(args) as reader:
        known = {head.recorder: head for head in reader.heads()}
        heads = [
            known.get(one.recorder_id) or Head(one.recorder_id, 0, chain.start(one.recorder_id))
            for one in reader.recorders()
        ]
    if not heads:
        raise NotSoError("nothing was recorded yet: start `fcm-tui record FOLDER` first")
    for head in heads:
        if not args.sign:
            print(head)
            continue
        from fcm_tui.store.trust import signing

        print(f"{head} ed25519:{signing.sign(head, Path(args.sign)).signature}")
    return 0
