"""`fcm-tui pause`: the recorder at work looks at nothing until it is told to, or a time is over."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from fcm_tui.commands.arguments import text
from fcm_tui.commands.common import database_of, settings_of
from fcm_tui.datadir import DataDir, open_data_dir
from fcm_tui.errors import NotSoError, UsageError
from fcm_tui.intents import INTENTS
from fcm_tui.model import Pause
from fcm_tui.pipeline.pausing import ask_to_pause
from fcm_tui.safetext import visible
from fcm_tui.settings.values import BadValue, parse_duration
from fcm_tui.store.reviews import user_name
from fcm_tui.times import local_text, pause_text


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add `pause [--for TIME] [--reason TEXT]`."""
    parser = subparsers.add_parser(
        "pause",
        parents=[common],
        help="have the recorder at work look at nothing for a while",
        description="Have the recorder at work look at nothing until `fcm-tui resume`, its next start, or a time is over. A"
        " scan then finds what changed, and the log says that it was paused, by whom and why.",
    )
    parser.add_argument("--for", dest="lasting", metavar="TIME", help="30m, 2h: then it goes on by itself")
    parser.add_argument("--reason", type=text, default="", help="what it is good for, for the log")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Pause; 1 where nobody records.

    Raises:
        UsageError: the time is none, or there is no record.
        NotSoError: nobody records, or the recorder does not answer.
    """
    now, until = time.time_ns(), None
    if args.lasting is not None:
        until = now + _nanoseconds(args.lasting)
    data_dir, folder = recorder_at_work(args)
    standing = data_dir.standing()
    ask_to_pause(
        folder, Pause(now, user_name(), args.reason, until), lambda: data_dir.lock_holder() is not None
    )
    print("paused" if until is None else f"paused until {local_text(until)}")
    if standing is not None and standing.paused is not None:
        print(f"note: it was paused already, {visible(pause_text(standing.paused))}", file=sys.stderr)
    return 0


def _nanoseconds(lasting: str) -> int:
    try:
        return int(parse_duration(lasting) * 1e9)
    except BadValue as error:
        raise UsageError(f"--for {lasting[:40]}: {error}") from None


def recorder_at_work(args: argparse.Namespace) -> tuple[DataDir, Path]:
    """The data directory, and the folder in which its recorder is asked for something.

    Raises:
        NotSoError: nobody records there.
    """
    data_dir = open_data_dir(args.data_dir, create=False)
    database = database_of(args, settings_of(args), data_dir)
    if data_dir.lock_holder() is None:
        raise NotSoError(
            f"nobody records into {data_dir.path} now: `fcm-tui record` or `fcm-tui service start` does"
        )
    return data_dir, database.parent / INTENTS
