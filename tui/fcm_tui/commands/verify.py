"""`fcm-tui verify`: whether the record holds together."""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from itertools import chain
from pathlib import Path

from fcm_tui.commands.common import database_of, open_record, settings_of
from fcm_tui.commands.count_line import CountLine
from fcm_tui.datadir import open_data_dir
from fcm_tui.errors import DataDirError, UsageError
from fcm_tui.safetext import visible
from fcm_tui.store.trust.anchors import Anchor, Head, read_anchors
from fcm_tui.store.trust.problems import Problem
from fcm_tui.store.trust.verify import Tally, verify

_TOLD = 5
"""Problems that an alert names."""


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add `verify [--json] [--anchor FILE [--key PUBFILE]]`."""
    parser = subparsers.add_parser(
        "verify",
        parents=[common],
        help="check that the record holds together",
        description="Recompute the hash chain, every content's and difference's digest, and every mapping to a backup.",
    )
    parser.add_argument("--json", action="store_true", help="the result as one JSON object")
    parser.add_argument(
        "--anchor", metavar="FILE", help="compare with heads kept elsewhere, of `anchor` or `status --json`"
    )
    parser.add_argument(
        "--key", metavar="PUBFILE", help="the anchors must be signed with this key's other half"
    )
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Check the record; 0 where it holds, 1 where it does not, with a line for each problem.

    Raises:
        UsageError: there is no record, or it, the anchors or the key cannot be read.
    """
    anchors, unsigned = _anchors(args)
    tally = Tally(problems=len(unsigned))
    first: list[Problem] = []
    with open_record(args) as reader, CountLine("checking") as line:
        problems = _noted(chain(unsigned, verify(reader.connection, tally, line.show, anchors)), first)
        if args.json:
            _print_json(problems, tally, line)
        else:
            names = reader.names()
            for problem in problems:
                line.clear()
                print(visible(_of_names(str(problem), names)))
        recorder, is_own = reader.recorder(), not reader.is_server
    if tally.problems and is_own:
        _alert(args, first, tally.problems, recorder.recorder_id.hex() if recorder else "")
    if args.json:
        return 1 if tally.problems else 0
    if tally.problems:
        sys.stdout.flush()
        found = "1 problem" if tally.problems == 1 else f"{tally.problems} problems"
        print(f"the record does not hold: {found} in {_extent(tally)}", file=sys.stderr)
        return 1
    print(f"ok: {_extent(tally)}{''.join(f', {_head(head, tally)}' for head in tally.heads)}")
    return 0


def _of_names(problem: str, names: Mapping[bytes, str]) -> str:
    """A problem in which changes are called as commands take them, by host."""
    for recorder_id, name in names.items():
        problem = problem.replace(f"{recorder_id.hex()}:", f"{name}:")
    return problem


def _noted(problems: Iterator[Problem], first: list[Problem]) -> Iterator[Problem]:
    """The problems, the first few of which are kept."""
    for problem in problems:
        if len(first) < _TOLD:
            first.append(problem)
        yield problem


def _alert(args: argparse.Namespace, problems: list[Problem], count: int, recorder: str) -> None:
    """Tell whom the rule `tampering` names; where that fails, what was asked for is answered all the same."""
    from fcm_tui.alerts.tampering import raise_tampering

    settings = settings_of(args)
    data_dir = open_data_dir(args.data_dir, create=False)
    database = database_of(args, settings, data_dir)
    told = [visible(str(problem)) for problem in problems]
    try:
        nobody_records = data_dir.lock_holder() is None
        raise_tampering(database, settings.alerts, recorder, told, count, send=nobody_records)
    except (sqlite3.Error, OSError, DataDirError) as error:
        print(f"fcm-tui: no alert could be raised: {visible(str(error))}", file=sys.stderr)


def _anchors(args: argparse.Namespace) -> tuple[list[Anchor], list[Problem]]:
    """The anchors to compare with, and what is wrong with their signatures."""
    if args.anchor == "":
        raise UsageError("--anchor is empty: name a file of anchors, or leave it out")
    if args.anchor is None:
        if args.key:
            raise UsageError("--key checks signed anchors: name their file with --anchor")
        return [], []
    anchors = read_anchors(Path(args.anchor))
    if not args.key:
        return anchors, []
    from fcm_tui.store.trust.signing import Checker

    checker = Checker(Path(args.key))
    found = [(anchor, checker.why_not(anchor)) for anchor in anchors]
    unsigned = [Problem("anchor", f"{anchor.head.sequence}", problem) for anchor, problem in found if problem]
    return [anchor for anchor, problem in found if not problem], unsigned


def _print_json(problems: Iterator[Problem], tally: Tally, line: CountLine) -> None:
    """One object; problems are written as they are found, so that any number of them takes no memory."""
    first = next(problems, None)
    found = problems if first is None else chain([first], problems)
    print(f'{{"ok": {"true" if first is None else "false"}, "problems": [', end="")
    for number, problem in enumerate(found):
        line.clear()
        print("," if number else "", json.dumps(asdict(problem)), sep="", end="")
    heads = [
        {"recorder": h.recorder.hex(), "sequence": h.sequence, "chain": h.chain.hex()} for h in tally.heads
    ]
    rest: dict[str, object] = {
        "changes": tally.changes,
        "contents": tally.contents,
        "differences": tally.differences,
        "versions": tally.versions,
        "thinned": tally.thinned,
        "head": heads[0] if heads else None,
    }
    if tally.elsewhere:
        rest["without_content"] = tally.elsewhere
    if len(heads) > 1:
        rest["heads"] = heads
    print(f"], {json.dumps(rest)[1:]}")


def _extent(tally: Tally) -> str:
    thinned = f", {tally.thinned} thinned out" if tally.thinned else ""
    elsewhere = f" ({tally.elsewhere} without their content there)" if tally.elsewhere else ""
    return f"{tally.changes} changes, {tally.versions} versions{elsewhere}{thinned}"


def _head(head: Head, tally: Tally) -> str:
    of = f" of {head.recorder.hex()}" if len(tally.heads) > 1 else ""
    return f"head{of} {head.sequence}:{head.chain.hex()}"
