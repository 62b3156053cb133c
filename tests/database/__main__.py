"""Chaos by hand, for as long as wanted: `python -m tests.database [--seconds 600] [--seed 1]`."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from fcm_tui.store.mysql import connection
from tests.database.chaos import Chaos
from tests.database.conftest import started_on_small_disk
from tests.database.server import PASSWORD, install


def main() -> int:
    """Run it; 1 where a row was lost, doubled or changed."""
    parser = argparse.ArgumentParser(prog="python -m tests.database", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument(
        "--seed", type=int, default=int(time.time()), help="to repeat a run (default: the time)"
    )
    args = parser.parse_args()
    os.environ["FCM_DATABASE_PASSWORD"] = PASSWORD
    connection.STATEMENT_SECONDS = connection.CONNECT_SECONDS = 2.0
    print(f"chaos, seed {args.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="fcm-chaos-") as folder:
        install(Path(folder, "template"))
        with started_on_small_disk(Path(folder, "template")) as (server, disk):
            try:
                print(asyncio.run(Chaos(Path(folder), server, args.seed, disk).run(args.seconds)))
            except AssertionError as error:
                print(f"FAILED: {error}")
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
