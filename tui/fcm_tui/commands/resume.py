"""`fcm-tui resume`: the recorder that was paused goes on."""

from __future__ import annotations

import argparse

from fcm_tui.commands.pause import recorder_at_work
from fcm_tui.pipeline.pausing import ask_to_resume


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add `resume`."""
    parser = subparsers.add_parser(
        "resume",
        parents=[common],
        help="have a recorder that was paused go on",
        description="Have a recorder that was paused go on: it scans for what changed, and says so in the log.",
    )
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Go on; 1 where nothing is paused.

    Raises:
        NotSoError: nobody records, it is not paused, or the recorder does not answer.
    """
    data_dir, folder = recorder_at_work(args)
    ask_to_resume(folder, lambda: data_dir.lock_holder() is not None)
    print("recording goes on")
    return 0
