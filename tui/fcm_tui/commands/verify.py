"""`fcm-tui verify`: recompute the chain, every content's digest, every mapping."""

from __future__ import annotations

import argparse
import json
import sys

from fcm_tui.commands.common import open_record
from fcm_tui.safetext import visible
from fcm_tui.store.verify import verify


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add `verify [--json]`."""
    parser = subparsers.add_parser("verify", parents=[common], help="check that the record holds together")
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print what does not hold; 1 if anything."""
    with open_record(args) as reader:
        problems = []
        for problem in verify(reader):
            problems.append(problem)
            if not args.json:
                print(visible(f"{problem.what}: {problem.where}: {problem.problem}"), flush=True)
        head, sizes = reader.head(), reader.sizes()
    chain_text = head[1].hex() if head else None
    if args.json:
        print(
            json.dumps(
                {
                    "ok": not problems,
                    "changes": sizes.changes,
                    "versions": sizes.versions,
                    "head": {"sequence": head[0], "chain": chain_text} if head else None,
                    "problems": [{"what": p.what, "where": p.where, "problem": p.problem} for p in problems],
                }
            )
        )
    elif problems:
        print(f"fcm-tui: {len(problems)} problems: the record was altered or damaged", file=sys.stderr)
    else:
        print(f"ok: {sizes.changes} changes, {sizes.versions} versions, head {chain_text or 'none yet'}")
    return 1 if problems else 0
