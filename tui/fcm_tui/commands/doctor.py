"""`fcm-tui doctor`: whether all that recording and the screen lean on is there, and how to mend what is not."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from fcm_tui.commands.common import seat_of
from fcm_tui.datadir import DATABASE_NAME, data_dir_path
from fcm_tui.doctor import places, record, system, terminal
from fcm_tui.doctor.finding import Finding, Probe, Verdict, examine, ok, warning, wrong
from fcm_tui.errors import UsageError
from fcm_tui.safetext import visible
from fcm_tui.service import job
from fcm_tui.service.managers import manager
from fcm_tui.settings import config
from fcm_tui.settings.config import Settings, config_path, database_server
from fcm_tui.settings.database import Server
from fcm_tui.settings.targets import Target

_SERVER_PATIENCE = 25.0
"""Seconds: of connecting, and of asking."""
_SIGNS = {Verdict.OK: "ok", Verdict.WARNING: "warning", Verdict.WRONG: "WRONG"}


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add `doctor [--json]`."""
    parser = subparsers.add_parser(
        "doctor",
        parents=[common],
        help="look at all that recording and the screen lean on, and say how to mend what is wrong",
        description="Look at the system, the folders, the record, the team's database and the terminal; nothing is written."
        " Exit status 1 where something is wrong.",
    )
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Tell what was found; 1 where something of it is wrong."""
    found = _findings(args)
    counts = {verdict: sum(finding.verdict is verdict for finding in found) for verdict in Verdict}
    if args.json:
        values = [
            {"topic": f.topic, "verdict": f.verdict.value, "text": f.text, "mend": f.mend or None}
            for f in found
        ]
        print(json.dumps({**{verdict.value: count for verdict, count in counts.items()}, "findings": values}))
    else:
        for finding in found:
            print("\n".join(_lines(finding)))
        print(
            f"{counts[Verdict.WRONG]} wrong, {counts[Verdict.WARNING]} warnings, {counts[Verdict.OK]} in order"
        )
    sys.stdout.flush()
    return 1 if counts[Verdict.WRONG] else 0


def _lines(finding: Finding) -> list[str]:
    lines = [f"{_SIGNS[finding.verdict]:<8} {visible(finding.topic)}: {visible(finding.text)}"]
    if finding.mend:
        lines.append(f"{'':<8}   → {visible(finding.mend)}")
    return lines


def _findings(args: argparse.Namespace) -> list[Finding]:
    file = config_path(args.config)[0]
    read: list[Settings] = []

    def configuration() -> Iterable[Finding]:
        if args.config is not None and not os.path.lexists(file):
            mend = "name another --config, or write one with `fcm-tui config init`"
            return [wrong("configuration", f"there is no {file}", mend)]
        read.append(config.load_configured(args.config))
        return _of_configuration(file, read[0], seat_of(args, read[0]))

    first = examine(
        [
            Probe("platform", system.versions),
            Probe("configuration", configuration, late=f"see what {file} is: a file is wanted"),
        ]
    )
    settings = read[0] if read else Settings()
    folder = data_dir_path(args.data_dir)
    return first + examine(_probes(args, file, settings, folder))


def _of_configuration(file: Path, settings: Settings, seat: Server | None) -> Iterable[Finding]:
    if settings.source is None:
        yield ok("configuration", f"there is no {file}, the defaults hold")
    else:
        from fcm_tui.review.settings.check import check  # what only the screen knows is asked of it

        check(settings, settings.source)
        yield from places.private_file("configuration", file, is_secret=False)
    if seat is not None:
        yield ok(
            "seat",
            f"a reviewer's seat at {seat.address}: nothing is recorded here; `fcm-tui record FOLDER` would do that",
        )
    elif not settings.roots:
        yield warning(
            "configuration",
            "no folder is named to be recorded",
            "name folders as [[roots]], or add them with `,` on the screen",
        )


def _of_target(target: Target) -> Iterable[Finding]:
    """Nothing is sent: that is for `alert test`."""
    from fcm_tui.alerts.targets.ready import why_not

    topic, then = f"alert target {target.name}", f"`fcm-tui alert test {target.name}` sends a test"
    why = why_not(target)
    yield warning(topic, why, f"then {then}") if why else ok(topic, f"nothing speaks against it; {then}")


def _probes(args: argparse.Namespace, file: Path, settings: Settings, folder: Path) -> list[Probe]:
    remote = "see whether the server or the program behind this folder answers"
    probes = [
        Probe("watch limit", partial(system.watches, settings.watch_source)),
        Probe("who", system.who, 15.0, "see whether the service Windows Event Log runs"),
        *(
            Probe(f"root {os.fsdecode(root.path)}", partial(system.root, root), late=remote)
            for root in settings.roots
        ),
        Probe("data directory", partial(places.data_dir, folder), late=remote),
        Probe("disk", partial(places.room, folder), late=remote),
    ]
    try:
        database = config.database_path(args.database, settings, folder / DATABASE_NAME)
        server = database_server(args.database, settings)
    except UsageError as error:
        refused = str(error)
        probes.append(Probe("record", lambda: [wrong("record", refused, "name another --database")]))
    else:
        late = "see whether another program holds it locked, and the disk answers"
        probes.append(Probe("record", partial(record.record, database), late=late))
        probes.append(Probe("recorder", partial(record.recorder, folder, database), late=late))
        probes += _of_server(server, records=bool(settings.roots))
    if settings.encryption and settings.encryption.startswith("file:"):
        key = Path(os.path.expanduser(settings.encryption.removeprefix("file:")))
        probes.append(Probe("key", partial(places.private_file, "key", key, is_secret=True)))
    probes += [Probe(f"alert target {one.name}", partial(_of_target, one)) for one in settings.alerts.targets]
    return [
        *probes,
        Probe("service", _service, 25.0, "see whether the system's service manager answers"),
        Probe("helpers", system.helpers, 15.0, "see what keeps this Python from starting processes"),
        Probe("terminal", terminal.terminal, 15.0, "see whether tmux answers"),
    ]


def _of_server(server: Server | None, *, records: bool) -> list[Probe]:
    if server is None:
        return []
    late = "see whether the server answers, and what stands between"
    file = "see what the password_file is, and whether the keyring waits for somebody"
    probes = [Probe("password", partial(record.password, server), late=file)]
    if server.password_file is not None:
        private = partial(places.private_file, "password file", Path(server.password_file), is_secret=True)
        probes.append(Probe("password file", private))
    look = partial(record.server, server, records=records)
    return [*probes, Probe("server", look, _SERVER_PATIENCE, late)]


def _service() -> Iterable[Finding]:
    there = 0
    for is_system in (False, True):
        state = manager(is_system=is_system).state(job.NAME)
        if not state.installed:
            continue
        there += 1
        said = f"{state.where} ({': '.join(filter(None, [state.state, state.detail])) or 'not known'})"
        if state.state == "failed" or "exit status" in state.detail:
            yield wrong(
                "service", said, "`fcm-tui service status`, and the log in the data directory, tell why"
            )
        elif state.enabled is False:
            yield warning("service", f"{said} does not start by itself", "`fcm-tui service install`")
        else:
            yield ok("service", said)
    if not there:
        yield ok("service", "none is installed: `fcm-tui service install` has it record by itself")
