"""`fcm-tui service`: recording that runs by itself, through the system's own service manager."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from fcm_tui.commands.common import settings_of
from fcm_tui.datadir import DATABASE_NAME, DataDir, data_dir_path, open_data_dir
from fcm_tui.errors import DataDirError, FcmError, NotSoError, UsageError
from fcm_tui.safetext import visible, visible_path
from fcm_tui.service import job as jobs
from fcm_tui.service.job import Job, Schedule
from fcm_tui.service.manager import Manager, State
from fcm_tui.service.managers import manager
from fcm_tui.service.plan import Step, carry_out, told
from fcm_tui.service.program import command
from fcm_tui.settings import config
from fcm_tui.settings.config import Settings

_ENDING = 60.0
"""Seconds that it gets to end by itself."""
_PATIENCE = 10.0
"""Seconds that a recorder gets to begin after it was started, before it is told that it has not."""


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add `service ACTION`."""
    parser = subparsers.add_parser(
        "service",
        parents=[common],
        help="record by itself, from log-on or the machine's start on, or at times",
        description="Have the system's service manager (systemd, Windows' Task Scheduler, launchd) record the folders of"
        " the configuration. The record and the configuration are left alone by all of it.",
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)

    def action(name: str, does: str, work: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        made = actions.add_parser(name, parents=[common], help=does, description=f"{does.capitalize()}.")
        made.add_argument("--name", default=jobs.NAME, help=f"of the service (default {jobs.NAME})")
        made.add_argument("--system", action="store_true", help="the whole machine's, as its administrator")
        made.set_defaults(func=work)
        return made

    install = action("install", "have it record by itself, from now on; again: as said now", _install)
    install.add_argument(
        "--at",
        choices=("logon", "start"),
        default="logon",
        help="while you are logged on, or from the machine's start on",
    )
    when = install.add_mutually_exclusive_group()
    when.add_argument("--every", metavar="TIME", help="run `record --once` every 15m, 2h or 1d instead")
    when.add_argument(
        "--daily", metavar="HH:MM", action="append", help="or at this time of each day; repeatable"
    )
    remove = action("remove", "be rid of it; what is recorded stays", _remove)
    for changing in (install, remove):
        changing.add_argument(
            "--dry-run", action="store_true", help="only print what would be written and run"
        )
    action("start", "start it now", _start)
    action("stop", "end it, until it is started again", _stop)
    status = action("status", "say whether it is installed, and how it does", _status)
    status.add_argument("--json", action="store_true", help="as one JSON object")


def _manager(args: argparse.Namespace) -> Manager:
    jobs.checked_name(args.name)
    if sys.platform != "win32" and args.system and os.geteuid() and not getattr(args, "dry_run", True):
        raise UsageError("--system needs an administrator: `sudo` it, or leave --system out")
    return manager(is_system=args.system)


def _install(args: argparse.Namespace) -> int:
    job = _job(args)
    steps = _manager(args).install(job)
    if args.dry_run:
        print(told(steps))
        return 0
    carry_out(steps)
    state = manager(is_system=args.system).state(args.name)
    print(f"installed: {visible(state.where)}")
    if job.schedule is None:
        _tell_start(args)
    return 0


def _job(args: argparse.Namespace) -> Job:
    settings = settings_of(args)
    file = config.config_path(args.config)[0]
    if not settings.roots:
        raise UsageError(
            f"{file}: no folder is configured to be recorded: `fcm-tui config init` writes the file; name folders there as"
            " [[roots]], or add them with `,` on the screen; then install again"
        )
    for root in settings.roots:
        if not os.path.isdir(root.path):
            print(f"note: there is no folder {visible_path(root.path)} now", file=sys.stderr)
    schedule = None
    if args.every is not None:
        schedule = Schedule(every=jobs.minutes(args.every))
    elif args.daily:
        schedule = Schedule(daily=tuple(sorted({jobs.moment(text) for text in args.daily})))
    words = ["record", *(["--once"] if schedule else []), *_options(args, file, settings)]
    return Job(
        jobs.checked_name(args.name),
        command(*words),
        schedule,
        is_system=args.system,
        from_start=args.at == "start" or args.system,
    )


def _options(args: argparse.Namespace, file: Path, settings: Settings) -> list[str]:
    """Where it all lies, as it holds here and now: who starts it has another environment."""
    path = data_dir_path(args.data_dir) if args.dry_run else open_data_dir(args.data_dir).path
    options = ["--data-dir", str(path), "--config", os.path.abspath(file)]
    if database := args.database or os.environ.get("FCM_DATABASE"):
        server = config.database_server(args.database, settings)
        own = None if server else config.database_path(args.database, settings, path / DATABASE_NAME)
        options += ["--database", database if own is None else f"sqlite:{os.path.abspath(own)}"]
    if os.environ.get("FCM_DATABASE_PASSWORD"):
        print(
            "note: FCM_DATABASE_PASSWORD is not handed on: put the password into a password_file or the keyring",
            file=sys.stderr,
        )
    return options


def _remove(args: argparse.Namespace) -> int:
    steps = _manager(args).remove(args.name)
    if args.dry_run:
        print(told(steps) or "nothing is installed")
        return 0
    carry_out(steps)
    print("removed; what is recorded stays" if steps else f"there is no service {args.name}")
    return 0


def _start(args: argparse.Namespace) -> int:
    _carry_out(args, lambda known: known.start(args.name))
    if not _manager(args).state(args.name).is_scheduled:
        _tell_start(args)
    return 0


def _stop(args: argparse.Namespace) -> int:
    known = _manager(args)
    if sys.platform == "win32" and known.state(args.name).installed:
        _end_cleanly(args)
    _carry_out(args, lambda known: known.stop(args.name))
    print("stopped")
    return 0


def _end_cleanly(args: argparse.Namespace) -> None:
    """Have the recorder end by itself: the Task Scheduler can only kill it, which loses nothing, but is a gap."""
    from fcm_tui.commands.pause import recorder_at_work
    from fcm_tui.pipeline.pausing import ask_to_end

    with contextlib.suppress(FcmError, OSError):
        data_dir, folder = recorder_at_work(args)
        ask_to_end(folder, lambda: data_dir.lock_holder() is not None)
        deadline = time.monotonic() + _ENDING
        while data_dir.lock_holder() is not None and time.monotonic() < deadline:
            time.sleep(0.05)


def _carry_out(args: argparse.Namespace, plan: Callable[[Manager], list[Step]]) -> None:
    known = _manager(args)
    if not known.state(args.name).installed:
        raise NotSoError(f"there is no service {args.name}: `fcm-tui service install` makes one")
    carry_out(plan(known))


def _tell_start(args: argparse.Namespace) -> None:
    """Whether somebody records now; a first look may go on for long after that."""
    data_dir = open_data_dir(args.data_dir)
    deadline = time.monotonic() + _PATIENCE
    while data_dir.lock_holder() is None:
        if time.monotonic() > deadline:
            print("note: it does not record yet: `fcm-tui service status` tells why", file=sys.stderr)
            return
        time.sleep(0.05)
    print(f"recording (process {data_dir.lock_holder()})")


def _status(args: argparse.Namespace) -> int:
    state = _manager(args).state(args.name)
    data_dir = _data_dir(args)
    holder = data_dir.lock_holder() if data_dir is not None else None
    if args.json:
        print(json.dumps(_as_json(args.name, state, data_dir, holder)))
    else:
        print("\n".join(_lines(state, data_dir, holder)))
    is_well = state.installed and (state.is_scheduled or holder is not None)
    return 0 if is_well else 1


def _data_dir(args: argparse.Namespace) -> DataDir | None:
    try:
        return open_data_dir(args.data_dir, create=False)
    except DataDirError:
        return None


def _as_json(name: str, state: State, data_dir: DataDir | None, holder: int | None) -> dict[str, object]:
    return {
        "name": name,
        "manager": state.manager,
        "where": state.where,
        "installed": state.installed,
        "enabled": state.enabled,
        "scheduled": state.is_scheduled,
        "state": state.state or None,
        "detail": state.detail or None,
        "recording": holder is not None,
        "pid": holder,
        "data_dir": str(data_dir.path) if data_dir is not None else None,
        "log": str(data_dir.log_file) if data_dir is not None else None,
    }


def _lines(state: State, data_dir: DataDir | None, holder: int | None) -> list[str]:
    if not state.installed:
        lines = [f"service    none ({state.manager}): `fcm-tui service install` makes one"]
    else:
        starts = {True: ", starts by itself", False: ", does not start by itself: install it again", None: ""}
        lines = [f"service    {visible(state.where)} ({state.manager}{starts[state.enabled]})"]
        how = ": ".join(filter(None, [state.state, state.detail]))
        lines.append(f"state      {visible(how) or 'not known'}")
    standing = data_dir.standing() if data_dir is not None else None
    if holder is not None:
        phase = f", {standing.phase}" if standing is not None else ""
        lines.append(f"recording  process {holder}{phase}")
    else:
        lines.append("recording  nobody records now")
    if standing is not None and standing.trouble:
        lines.append(f"trouble    {visible(standing.trouble)}")
    if data_dir is not None:
        lines.append(f"log        {visible(str(data_dir.log_file))}")
    return lines
