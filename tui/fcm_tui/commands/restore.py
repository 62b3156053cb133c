"""`fcm-tui restore`: a version, hunks of it, or a folder as it was, back on the disk."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from fcm_tui.commands.arguments import text, whole
from fcm_tui.commands.common import (
    absolute,
    digest_named,
    find_change,
    place_of,
    recorded,
    settings_of,
    show_bytes,
)
from fcm_tui.commands.recording import find_place
from fcm_tui.errors import UsageError
from fcm_tui.restore import (
    Done,
    NoRecording,
    Plan,
    Recording,
    check,
    patch,
    plan_change,
    plan_content,
    plan_folder,
    plan_hunks,
    preview,
    restore,
)  # fmt: skip
from fcm_tui.restore.obstacles import Unrecorded
from fcm_tui.restore.words import told
from fcm_tui.safetext import visible, visible_path
from fcm_tui.settings.database import Server
from fcm_tui.store.reading.queries import Reader
from fcm_tui.times import parse_moment

_SHOWN = 3
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add `restore CHANGE [...]` and `restore PATH --at T`."""
    parser = subparsers.add_parser(
        "restore",
        parents=[common],
        help="bring back a version, or a folder as it was",
        description="Put back the version after a change (or --before it), undo some of its hunks, or bring back a file"
        " or folder as it was at a moment. What is on disk is recorded first; the restore itself is a change too.",
    )
    parser.add_argument("what", metavar="CHANGE|PATH", help="a change's number; with --at, a file or folder")
    parser.add_argument("--before", action="store_true", help="the version before the change: undo it")
    parser.add_argument(
        "--hunk", metavar="N", type=whole, action="append", default=[],
        help="undo only this hunk of the change, in the file as it is now; repeatable",
    )  # fmt: skip
    parser.add_argument(
        "--at",
        metavar="T",
        help="as PATH was then: a date, a time, 'yesterday 14:00', 2h, '#N' after change N (#0: before the first)",
    )
    parser.add_argument(
        "--host", metavar="H", type=text, help="with --at: whose PATH, where several hosts share a database"
    )
    parser.add_argument("--to", metavar="PATH", help="write there, and leave what was recorded alone")
    parser.add_argument("--dry-run", action="store_true", help="only show what would be done")
    parser.add_argument(
        "--skip-missing", action="store_true", help="leave out files whose content was not kept"
    )
    parser.add_argument("--force", action="store_true", help="overwrite and remove even what is not recorded")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Plan, check, carry out, record; or only show.

    Raises:
        NotSoError: there is no such version, or restoring would lose what is not recorded.
        UsageError: the options contradict each other.
    """
    if args.at is not None and (args.before or args.hunk):
        raise UsageError("--at names the moment, so it goes with neither --before nor --hunk")
    if args.host is not None and args.at is None:
        raise UsageError("--host goes with --at: of a host's change the name is HOST:N")
    if args.before and args.hunk:
        raise UsageError("--hunk undoes a part of the change already: leave out --before")
    place = place_of(args, settings_of(args))
    if isinstance(place, Server):
        return _elsewhere(args, place)
    return _here(args)


def _elsewhere(args: argparse.Namespace, server: Server) -> int:
    """On a machine that records nothing: a copy, to where the person says."""
    if args.to is None or args.hunk:
        raise UsageError(
            "this machine records nothing, so what was recorded elsewhere is only written to another place:"
            " name it with --to, without --hunk"
        )
    with Reader(server) as reader:
        if args.dry_run:
            _show(args, reader, (), is_recording=True)
            return 0
        done = restore(
            reader, NoRecording(), lambda: _plan(args, reader), force=args.force, skip_missing=args.skip_missing,
            on_step=lambda step: print(told(step)),
        )  # fmt: skip
        if not done.steps:
            print("nothing to do: it is as it was")
        if done.without:
            print(f"note: extended attributes left out: {_refused(done.without)}", file=sys.stderr)
    return 0


def _here(args: argparse.Namespace) -> int:
    place = find_place(args)
    with Reader(place.database) as reader:
        recording = Recording(place.data_dir, place.database, place.settings, place.own_paths)
        if args.dry_run:
            _show(args, reader, recording.own_paths, is_recording=place.data_dir.lock_holder() is not None)
            return 0
        with recording:
            done = restore(
                reader, recording, lambda: _plan(args, reader), force=args.force, skip_missing=args.skip_missing,
                on_step=lambda step: print(told(step)),
            )  # fmt: skip
        _tell(args, done)
    return 0


def _plan(args: argparse.Namespace, reader: Reader) -> Plan:
    to = _destination(args.to, is_folder=args.at is not None) if args.to is not None else None
    if args.at is not None:
        at = args.at
        if args.host is not None and at.startswith("#") and ":" not in at:
            at = f"#{args.host}:{at[1:]}"
        at_ns, last, recorder_id = _moment(reader, at)
        if args.host is not None:
            recorder_id = reader.recorder_of_host(args.host)
        return plan_folder(
            reader, recorded(absolute(args.what), reader), at_ns, last=last, to=to, recorder_id=recorder_id
        )
    digest = digest_named(args.what)
    if digest is not None:
        if to is None or args.before or args.hunk:
            raise UsageError(
                "a backup's address says neither where to nor what was before: give --to PATH alone"
            )
        return plan_content(reader, digest, to)
    change = find_change(reader, args.what)
    if args.hunk:
        return plan_hunks(reader, change, args.hunk, to=to)
    return plan_change(reader, change, before=args.before, to=to)


def _destination(path: str, *, is_folder: bool) -> bytes:
    """Where a restore is to go: a folder that stands there is meant itself, by whichever link it is named.

    Raises:
        UsageError: it cannot be named so.
    """
    if os.path.isdir(path):
        return absolute(os.path.realpath(path))
    if path.endswith(("/", os.sep)) and not is_folder:
        raise UsageError(f"--to {visible(path)}: no such folder: make it, or name a file without the stroke")
    return absolute(path)


def _moment(reader: Reader, text: str) -> tuple[int, int | None, bytes | None]:
    """A time; of `#N` that of the change, its number, as many changes may share a moment, and whose it is.

    `#0` is before the first one.
    """
    if text.startswith("#"):
        host, colon, number = text[1:].rpartition(":")
        if number != "0":
            change = find_change(reader, text[1:])
            return change.time_ns, change.sequence, change.recorder_id
        first = find_change(reader, f"{host}{colon}1")
        return first.time_ns, 0, first.recorder_id
    return parse_moment(text), None, None


def _show(
    args: argparse.Namespace, reader: Reader, own_paths: Sequence[bytes], *, is_recording: bool
) -> None:
    plan = _plan(args, reader)
    try:
        check(reader, plan, force=args.force, skip_missing=args.skip_missing, own_paths=own_paths)
    except Unrecorded as refused:
        if is_recording:
            raise
        # What a watched folder holds is recorded at the beginning of a real run.
        print(
            f"note: {visible(str(refused))}; without --dry-run what a watched folder holds is recorded first",
            file=sys.stderr,
        )
    if not plan.steps:
        print("nothing to do: it is as it was")
    for line in preview(plan):
        print(line)
    for missing in plan.missing:
        print(f"note: {visible_path(missing.path)}: {missing.why}", file=sys.stderr)
    show_bytes(patch(reader, plan))


def _tell(args: argparse.Namespace, done: Done) -> None:
    """Which changes it became, and how to undo it."""
    recorded = done.recorded
    numbers = recorded.sequences
    if not done.steps:
        print("nothing to do: it is as it was")
    elif len(numbers) == 1:
        print(f"recorded as change {numbers[0]}; `fcm-tui restore {numbers[0]} --before` undoes it")
    elif numbers:
        print(f"recorded as changes {numbers[0]} to {numbers[-1]}")
        if args.at is not None and args.to is None:
            then = (_EPOCH + timedelta(microseconds=done.since_ns // 1000)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            print(f"`fcm-tui restore {visible(_word(args.what))} --at {then}` undoes it")
    if done.without:
        print(f"note: extended attributes left out: {_refused(done.without)}", file=sys.stderr)
    if recorded.unwatched:
        print("note: outside the watched folders it is not recorded", file=sys.stderr)
    if recorded.late:
        print("note: the recorder has not recorded it yet; `fcm-tui log` shows when it has", file=sys.stderr)


def _refused(without: Sequence[tuple[bytes, Sequence[bytes]]]) -> str:
    """Which extended attributes, on which files; of many files the first few."""
    said = [
        f"{', '.join(map(visible_path, names))} on {visible_path(path)}" for path, names in without[:_SHOWN]
    ]
    rest = len(without) - _SHOWN
    return "; ".join(said) + (f"; and others on {rest} more files" if rest > 0 else "")


def _word(text: str) -> str:
    """A word as a person may paste it into this system's shell."""
    if sys.platform != "win32":
        return shlex.quote(text)
    return f'"{text}"' if any(mark in text for mark in " &()^;,%'`") else text
