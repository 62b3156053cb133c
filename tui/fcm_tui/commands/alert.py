"""`fcm-tui alert`: the alerts that were raised, and a test of the ways on which they leave."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fcm_tui.commands.common import database_of, place_of, seat_of, settings_of
from fcm_tui.datadir import open_data_dir
from fcm_tui.errors import UsageError
from fcm_tui.safetext import visible
from fcm_tui.settings.alerts import DESKTOP, SCREEN
from fcm_tui.settings.config import Settings
from fcm_tui.settings.database import Server

if TYPE_CHECKING:
    from fcm_tui.alerts.entries import Entry

_USUAL = 50


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add `alert list|test`."""
    parser = subparsers.add_parser(
        "alert", parents=[common], help="list the alerts that were raised, test where they are sent"
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", parents=[common], help="the alerts, newest first")
    listing.add_argument("--json", action="store_true", help="one object a line")
    listing.add_argument("--unread", action="store_true", help="those that nobody has read on the screen")
    listing.add_argument(
        "--limit", type=int, default=_USUAL, metavar="N", help=f"at most N; {_USUAL} if not given"
    )
    trial = actions.add_parser("test", parents=[common], help="send a marked test, and say what came of it")
    trial.add_argument(
        "name", nargs="?", metavar="RULE|TARGET", help="a rule's targets, or one; else every target"
    )
    trial.add_argument("--json", action="store_true", help="one object a line")
    for action in actions.choices.values():
        action.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """List alerts, or test; the exit status: 1 where a test did not arrive.

    Raises:
        UsageError: there is no record, no such rule or target, or the configuration is wrong.
    """
    settings = settings_of(args)
    from fcm_tui.alerts.rules import rules_of

    rules_of(settings)  # a filter that has no meaning is told
    if args.action == "test":
        return _test(args, settings)
    if isinstance(place_of(args, settings), Server):
        raise UsageError("alerts stand in the record of each recorder: list them on its machine")
    data_dir = open_data_dir(args.data_dir, create=False)
    _list(args, database_of(args, settings, data_dir))
    return 0


def _list(args: argparse.Namespace, database: Path) -> None:
    from fcm_tui.alerts.journal import journal_path, open_to_read

    if args.limit < 1:
        raise UsageError("--limit is a number of alerts, 1 or more")
    entries: list[Entry] = []
    journal = open_to_read(journal_path(database))
    if journal is not None:
        with journal:
            entries = journal.entries(args.limit, unread=args.unread)
    for entry in entries:
        print(json.dumps(_values(entry)) if args.json else _line(entry))
    if not entries and not args.json:
        print("no unread alerts" if args.unread else "no alerts yet", file=sys.stderr)


def _values(entry: Entry) -> dict[str, object]:
    sent = [{"target": s.target, "state": s.state, "tries": s.tries, "error": s.error} for s in entry.sent]
    return {**entry.alert.document(), "read": entry.is_read, "sent": sent}


def _line(entry: Entry) -> str:
    from fcm_tui.times import local_text

    alert = entry.alert
    first = f"{local_text(alert.time_ns)}  {alert.severity:8}  {visible(alert.headline)}"
    changes = f"  ({alert.changes()})" if alert.changes() else ""
    failing = [
        f"\n    not sent to {s.target} so far: {visible(s.error)}"
        for s in entry.sent
        if s.error and s.state != "sent"
    ]
    return first + changes + "".join(failing)


def _test(args: argparse.Namespace, settings: Settings) -> int:
    from fcm_tui.alerts.testing import test_alert, try_target

    rules = {rule.name: rule for rule in settings.alerts.rules}
    targets = (SCREEN, DESKTOP, *(target.name for target in settings.alerts.targets))
    rule = rules.get(args.name)
    if args.name is None:
        wanted = [name for each in rules.values() for name in each.targets]
        wanted += [target.name for target in settings.alerts.targets]
        names = tuple(dict.fromkeys(wanted)) or (SCREEN,)
    elif rule is not None:
        names = rule.targets
    elif args.name in targets:
        names = (args.name,)
    else:
        raise UsageError(_unknown(args.name, [*rules, *targets]))
    alert = test_alert(rule, "")
    terminal = _to_terminal if sys.stderr.isatty() else None
    listed, failed = "alerts are listed there, and by `fcm-tui alert list`", False
    if seat_of(args, settings) is not None:
        listed = "at a reviewer's seat no alert is raised; where it is recorded they are listed on the screen"
    for name in names:
        outcome = try_target(name, settings.alerts.target(name), alert, terminal)
        failed |= bool(outcome.why_not)
        if args.json:
            print(
                json.dumps(
                    {
                        "target": name,
                        "sent": not outcome.why_not,
                        "error": outcome.why_not or None,
                        "id": alert.id,
                    }
                )
            )
        elif outcome.why_not:
            print(f"{name}: not sent: {visible(outcome.why_not)}")
        elif name == SCREEN:
            print(f"{name}: {listed}; a test is not")
        else:
            print(f"{name}: sent in {outcome.seconds:.1f} s, as {alert.id}")
        sys.stdout.flush()
    return 1 if failed else 0


def _unknown(name: str, known: list[str]) -> str:
    from fcm_tui.commands.arguments import nearest

    near = nearest(name, known)
    hint = f"did you mean {near}?" if near else f"there are {', '.join(dict.fromkeys(known))}"
    return f"{name}: no such rule or target: {hint}"


def _to_terminal(sequence: str) -> None:
    print(sequence, end="", file=sys.stderr, flush=True)
