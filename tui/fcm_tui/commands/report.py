"""`fcm-tui report`: what the changes of a range add up to, as a page, a document, or rows."""

from __future__ import annotations

import argparse
import contextlib
import os
import stat
import sys
from dataclasses import replace
from pathlib import Path

from fcm_tui.amounts import plural
from fcm_tui.commands.arguments import nearest
from fcm_tui.commands.common import absolute, open_record, place_of, recorded, settings_of
from fcm_tui.commands.ranges import add_filter, add_moments, moments, terms_of
from fcm_tui.datadir import open_data_dir
from fcm_tui.errors import UsageError
from fcm_tui.exchange.places import refuse_inside, refuse_record
from fcm_tui.paths import is_inside
from fcm_tui.report.formats import FORMATS, NOT_FOR_TERMINALS, writer
from fcm_tui.report.statistics import Asked
from fcm_tui.safetext import visible
from fcm_tui.store.reading.queries import Reader
from fcm_tui.whole_file import whole


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add `report [PATH] [--since] [--until] [--filter] [--format] [--output]`."""
    parser = subparsers.add_parser(
        "report",
        parents=[common],
        help="figures, charts and tables of what changed",
        description="What the changes of a range add up to. html, pdf, md and json have the figures; csv and parquet"
        " have a row for each change. The time zone is this machine's; TZ names another.",
    )
    parser.add_argument(
        "path", nargs="?", metavar="PATH", help="only this file, or what is below this folder"
    )
    add_moments(parser)
    add_filter(parser, ": '*.py kind:created !is:secret', as the screen's filter bar")
    parser.add_argument(
        "--format", metavar="F", help=f"{', '.join(FORMATS)}; else what the output's name ends with, or html"
    )
    parser.add_argument(
        "--output", metavar="FILE", help="write it there, whole or not at all, instead of to stdout"
    )
    parser.add_argument(
        "--force", action="store_true", help="replace a file in a recorded folder, too: that is a change"
    )
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Write the report.

    Raises:
        UsageError: an argument cannot be used, or the report cannot be written there.
    """
    name = _format(args)
    write = writer(name)
    if args.output is None and name in NOT_FOR_TERMINALS and sys.stdout.isatty():
        raise UsageError(f"{name} is nothing for a terminal: name a file with --output, or pipe it")
    asked = _asked(args)
    with open_record(args) as reader:
        if asked.path is not None:
            asked = replace(asked, path=recorded(asked.path, reader))
        if args.output is None:
            sys.stdout.flush()
            count = write(sys.stdout.buffer, reader, asked)
            sys.stdout.buffer.flush()
        else:
            target = _target(args, reader)
            with contextlib.ExitStack() as stack:
                try:
                    out = stack.enter_context(whole(target, over=True, mode=_mode(target)))
                except OSError as error:
                    raise _unwritable(target, error) from error
                count = write(out, reader, asked)
    if args.output is not None:
        print(f"report: {plural(count, 'change')} in {visible(str(target))}", file=sys.stderr)
    if not count:
        print("note: no change is in this range: the report is empty", file=sys.stderr)
    return 0


def _format(args: argparse.Namespace) -> str:
    ending = os.path.splitext(args.output or "")[1].lower().lstrip(".")
    name = args.format or {"htm": "html", "markdown": "md"}.get(ending, ending) or "html"
    if name in FORMATS:
        return str(name)
    if args.format is None:
        if args.output is None or not ending:
            return "html"
        raise UsageError(f"--output {visible(args.output)}: no format is told by its name: give --format")
    near = nearest(name, FORMATS)
    meant = f"did you mean {near}?" if near else f"there are {', '.join(FORMATS)}"
    raise UsageError(f"--format {visible(name)}: no such format: {meant}")


def _asked(args: argparse.Namespace) -> Asked:
    since, until = moments(args)
    terms = terms_of(args, args.filter)
    path = absolute(args.path) if args.path is not None else None
    return Asked(since, until, path, expression=args.filter or "", terms=terms)


def _target(args: argparse.Namespace, reader: Reader) -> Path:
    """Where it is to be written.

    Raises:
        UsageError: a file that is recorded would be replaced, or it cannot be a file.
    """
    if not args.output:
        raise UsageError("--output is empty: name a file, or leave it out")
    target = Path(os.path.realpath(args.output))
    if target.is_dir():
        raise UsageError(f"--output {visible(args.output)}: is a folder: name a file in it")
    if target.exists() and not target.is_file():
        raise UsageError(f"--output {visible(args.output)}: is something other than a file: name a file")
    here = os.fsencode(target)
    refuse_inside(target, [], open_data_dir(args.data_dir, create=False).path)
    refuse_record(target, place_of(args, settings_of(args)))
    root = next((root for root in reader.active_roots() if is_inside(here, root)), None)
    if root is not None and target.exists() and not args.force:
        raise UsageError(
            f"--output {visible(args.output)}: is in the recorded folder {visible(os.fsdecode(root))}, and replacing it"
            " is a change there: name a file elsewhere, or add --force"
        )
    return target


def _mode(target: Path) -> int:
    """For its owner alone, as lines of files are in it; who wants it otherwise has a file there that is so."""
    return stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o600


def _unwritable(target: Path, error: OSError) -> UsageError:
    return UsageError(
        f"{target}: {error.strerror or error}: name a file in a folder that is there and that you may write to"
    )
