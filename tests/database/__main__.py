"""What takes long, by hand: `python -m tests.database [chaos|galera|simulate] [--seed 1]`."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from fcm_tui.store.mysql import connection
from tests.database import galera, simulate
from tests.database.chaos import Chaos
from tests.database.conftest import started_on_small_disk
from tests.database.server import PASSWORD, install


def main() -> int:
    """Run it; 1 where a row was lost, doubled or changed."""
    parser = argparse.ArgumentParser(prog="python -m tests.database", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["chaos", "galera", "simulate"], default="chaos")
    parser.add_argument(
        "--seconds", type=float, help="how long there are faults (default: 600, of a cluster 60)"
    )
    parser.add_argument("--changes", type=int, default=60_000, help="how many are simulated (default: 60000)")
    parser.add_argument(
        "--seed", type=int, default=int(time.time()), help="to repeat a run (default: the time)"
    )
    args = parser.parse_args()
    print(f"{args.what}, seed {args.seed}", flush=True)
    try:
        print(_run(args))
    except AssertionError as error:
        print(f"FAILED: {error}")
        return 1
    return 0


def _run(args: argparse.Namespace) -> str:
    if args.what == "galera":
        return galera.run(args.seconds or 60, args.seed)
    if args.what == "simulate":
        return simulate.run(args.changes, args.seed)
    return _chaos(args.seconds or 600, args.seed)


def _chaos(seconds: float, seed: int) -> str:
    os.environ["FCM_DATABASE_PASSWORD"] = PASSWORD
    connection.STATEMENT_SECONDS = connection.CONNECT_SECONDS = 2.0
    with tempfile.TemporaryDirectory(prefix="fcm-chaos-") as folder:
        install(Path(folder, "template"))
        with started_on_small_disk(Path(folder, "template")) as (server, disk):
            return asyncio.run(Chaos(Path(folder), server, seed, disk).run(seconds))


if __name__ == "__main__":
    sys.exit(main())
