"""Long runs by hand: `python -m tests.faults fuzz|kills|cuts`; each tells what it did, and the seed where it failed."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.faults.fuzz import fuzz
from tests.faults.kills import Kills
from tests.faults.power import Cuts


def main() -> int:
    """Run one of them; 1 where the record was not true."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("what", choices=_RUNS)
    parser.add_argument("--steps", type=int, default=100_000, help="of the fuzzer (default %(default)s)")
    parser.add_argument("--count", type=int, default=200, help="of kills or cuts (default %(default)s)")
    parser.add_argument(
        "--seed", type=int, default=int(time.time()), help="to repeat a run (default: the time)"
    )
    args = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fcm-tui-faults-") as folder:
        print(f"{args.what}, seed {args.seed}", flush=True)
        try:
            told = _RUNS[args.what](Path(folder), args)
        except AssertionError as error:
            print(f"FAILED: {str(error).encode(errors='backslashreplace').decode()}", flush=True)
            return 1
    print(f"{told}, in {time.monotonic() - started:.0f} s: all of it true", flush=True)
    return 0


def _fuzz(folder: Path, args: argparse.Namespace) -> str:
    with ThreadPoolExecutor(2) as pool:
        episodes, changes = fuzz(folder, args.seed, args.steps, pool, lambda line: print(line, flush=True))
    return f"{args.steps} steps in {episodes} episodes, {changes} changes"


def _kills(folder: Path, args: argparse.Namespace) -> str:
    kills = Kills(folder, args.seed)
    changes = kills.run(args.count)
    return (
        f"{args.count} kills, {kills.met_filling} in the first baseline, {kills.met_ready} once ready, "
        f"{len(kills.work.done)} things done, {changes} changes"
    )


def _cuts(folder: Path, args: argparse.Namespace) -> str:
    with ThreadPoolExecutor(2) as pool:
        cuts = Cuts(folder, args.seed, pool)
        events = cuts.record(looks=40)
        cuts.check(args.count)
    met = ", ".join(f"{number} {what}" for what, number in cuts.met.items())
    return f"{args.count} cuts at {events} events: {met}"


_RUNS = {"fuzz": _fuzz, "kills": _kills, "cuts": _cuts}

if __name__ == "__main__":
    sys.exit(main())
