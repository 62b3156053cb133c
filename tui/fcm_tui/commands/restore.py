"""`fcm-tui restore`: a version, hunks of it, or a folder as it was, back on the disk."""

from __future__ import annotations

import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor

from fcm_tui.commands.common import absolute, digest_named, find_change, write_bytes
from fcm_tui.commands.recording import Place, find_place
from fcm_tui.diff.patch import PatchFile, unified
from fcm_tui.errors import UsageError
from fcm_tui.intents import Intents
from fcm_tui.pipeline.engine import Look
from fcm_tui.pipeline.session import INTENTS, Session
from fcm_tui.restore import Step, check, execute, plan_change, plan_hunks, plan_moment
from fcm_tui.safetext import visible_path
from fcm_tui.store.queries import Reader
from fcm_tui.times import parse_moment

_PATIENCE = 10.0


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add `restore CHANGE [...]` and `restore PATH --at T`."""
    parser = subparsers.add_parser(
        "restore", parents=[common], help="bring back a version, or a folder as it was"
    )
    parser.add_argument("what", metavar="CHANGE|PATH", help="a change's number; with --at, a file or folder")
    parser.add_argument("--at", metavar="T", help="as PATH was at this moment")
    parser.add_argument("--before", action="store_true", help="the version before the change: undo it")
    parser.add_argument(
        "--hunk", metavar="N", type=int, action="append", default=[], help="undo only this hunk; repeatable"
    )
    parser.add_argument("--to", metavar="PATH", help="write there instead")
    parser.add_argument("--dry-run", action="store_true", help="only show what would be done")
    parser.add_argument("--force", action="store_true", help="overwrite even what is not recorded")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Plan, check, carry out, record.

    Raises:
        NotSoError: there is no such version, or restoring would lose what is not recorded.
        UsageError: the options contradict each other.
    """
    if args.at is not None and (args.before or args.hunk):
        raise UsageError("--at goes with neither --before nor --hunk: it names the moment")
    place = find_place(args)
    with Reader(place.database) as reader:
        if not args.dry_run:
            _record(place, reader)  # what stands there now is then recorded, and nothing is lost
        steps = _plan(args, reader)
        if not args.force:
            check(reader, steps)
        if args.dry_run:
            _preview(steps)
            return 0
        last = reader.last_sequence()
        Intents(place.database.parent / INTENTS).announce([(step.path, step.digest) for step in steps])
        execute(steps)
        _record(place, reader, touched=[step for step in steps if _is_recorded(step, reader)], last=last)
    for step in steps:
        done = "removed" if step.data is None else f"wrote {len(step.data)} bytes to"
        print(f"{done} {visible_path(step.path)}")
    if not steps:
        print("nothing to do: it is as it was")
    return 0


def _plan(args: argparse.Namespace, reader: Reader) -> list[Step]:
    to = absolute(args.to) if args.to is not None else None
    if args.at is not None:
        return plan_moment(reader, absolute(args.what), parse_moment(args.at), to=to)
    digest = digest_named(args.what)
    if digest is not None:
        if to is None:
            raise UsageError("a backup's address does not say where to: give --to PATH")
        return [Step(os.path.dirname(to), to, reader.content(digest), 0o100600)]
    change = find_change(reader, args.what)
    if args.hunk:
        return plan_hunks(reader, change, args.hunk, to=to)
    return plan_change(reader, change, before=args.before, to=to)


def _preview(steps: list[Step]) -> None:
    for step in steps:
        what = "would remove" if step.data is None else f"would write {len(step.data)} bytes to"
        print(f"{what} {visible_path(step.path)}")
    if (
        len(steps) == 1
        and steps[0].data is not None
        and not steps[0].is_link
        and os.path.isfile(steps[0].path)
    ):
        with open(steps[0].path, "rb") as file:
            now = file.read()
        name = os.path.basename(steps[0].path)
        mode = os.stat(steps[0].path).st_mode
        write_bytes(unified(PatchFile(name, name, mode, mode, now, steps[0].data)))
    if not steps:
        print("nothing to do: it is as it was")


def _is_recorded(step: Step, reader: Reader) -> bool:
    return any(step.path.startswith(os.path.join(root.path, b"")) for root in reader.roots() if root.active)


def _record(place: Place, reader: Reader, touched: list[Step] | None = None, last: int = 0) -> None:
    """Record what is on disk: ourselves, or, where a recorder runs, by waiting for it."""
    held = place.data_dir.try_lock()
    if held is not None:
        with held, ThreadPoolExecutor(2, "fcm-work") as pool:
            roots = [root.path for root in reader.roots() if root.active]
            session = Session(place.database, place.settings, roots, pool, own_paths=place.own_paths)
            try:
                session.engine.run(Look(whole=session.engine.roots), patient=False)
            finally:
                session.close()
        return
    deadline = time.monotonic() + _PATIENCE
    while touched and reader.last_sequence() < last + len(touched) and time.monotonic() < deadline:
        time.sleep(0.05)
