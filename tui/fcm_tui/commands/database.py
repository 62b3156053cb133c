"""`fcm-tui database`: the team's database: make its tables, look at it, and at what it refused."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

from fcm_tui.commands.common import database_of, settings_of
from fcm_tui.commands.import_legacy import add_arguments, run
from fcm_tui.datadir import open_data_dir
from fcm_tui.errors import UsageError
from fcm_tui.resources import config_dir
from fcm_tui.safetext import visible
from fcm_tui.settings.config import database_server
from fcm_tui.settings.database import FORM, Server
from fcm_tui.store.mysql.once import run_with
from fcm_tui.store.reading.recorders import whose
from fcm_tui.times import local_text

if TYPE_CHECKING:
    from fcm_tui.ship.dead_letters import DeadLetters

_GRANTS = "mysql-grants.sql"


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add `database ACTION`."""
    parser = subparsers.add_parser(
        "database",
        parents=[common],
        help="the team's database: its tables, and what was sent there",
        description="The MySQL or MariaDB server that --database, FCM_DATABASE or [database] names.",
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)

    def action(name: str, does: str, work: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        made = actions.add_parser(name, parents=[common], help=does, description=f"{does.capitalize()}.")
        made.set_defaults(func=work)
        return made

    action("init", "make the tables, and the database where that is allowed", _init)
    action("upgrade", "bring the tables to this version's schema", _upgrade)
    action("grants", "print SQL for accounts that may do no more than they have to", _grants)
    action("status", "say who sends there, and how much there is", _status).add_argument(
        "--json", action="store_true", help="as one JSON object"
    )
    action("check", "try the way there, the account and the tables", _check)
    add_arguments(
        action(
            "import-legacy", "bring in what the first version kept on a server, as a record of its own", run
        )
    )
    dead = action("dead", "list the rows that the server refused for good", _dead)
    dead.add_argument("--retry", action="store_true", help="send them again")
    dead.add_argument("--json", action="store_true", help="as JSON, one object a line")


def _server(args: argparse.Namespace) -> Server:
    server = database_server(args.database, settings_of(args))
    if server is None:
        raise UsageError(f"no server is named: --database {FORM}, or url in [database] of the configuration")
    return server


def _init(args: argparse.Namespace) -> int:
    from fcm_tui.store.mysql import schema

    server = _server(args)
    run_with(server, lambda connection: schema.make_database(connection, server.name), database=False)
    before, now = run_with(server, schema.upgrade)
    print(f"{'there already' if before == now else 'made'}: {visible(server.address)} (schema {now})")
    return 0


def _upgrade(args: argparse.Namespace) -> int:
    from fcm_tui.store.mysql import schema

    server = _server(args)
    if not run_with(server, schema.steps_of):
        raise UsageError(f"{server.address}: {run_with(server, schema.why_none)}")
    before, now = run_with(server, schema.upgrade)
    if before == now:
        print(f"schema {now}")
    else:
        print(
            f"schema {before} is now {now}: run what `fcm-tui database grants` prints, for accounts of before"
        )
    return 0


def _grants(args: argparse.Namespace) -> int:
    name = _server(args).name.replace("`", "``")
    print((config_dir() / _GRANTS).read_text("utf-8").replace("`fcm`", f"`{name}`"), end="")
    return 0


def _status(args: argparse.Namespace) -> int:
    from fcm_tui.store.mysql import overview

    found = run_with(_server(args), overview.look)
    if args.json:
        print(json.dumps(found))
        return 0
    print(f"server     {visible(str(found['version']))}, schema {found['schema']}")
    for table, rows in found["tables"].items():
        print(f"{table:<19}{rows:>14,} rows, about")
    told = whose({bytes.fromhex(recorder["recorder"]): recorder["host"] for recorder in found["recorders"]})
    for recorder in found["recorders"]:
        seen = local_text(recorder["last_seen_ns"])
        on = told.get(bytes.fromhex(recorder["recorder"]), recorder["host"])
        print(f"recorder   {visible(on)}: change {recorder['sequence']:,}, last seen {seen}")
    return 0


def _check(args: argparse.Namespace) -> int:
    from fcm_tui.store.mysql import overview

    server = _server(args)
    for line in run_with(server, overview.check).lines:
        print(visible(line))
    print("ok")
    return 0


def _dead(args: argparse.Namespace) -> int:
    from fcm_tui.ship.dead_letters import DeadLetters

    server, data_dir = _server(args), open_data_dir(args.data_dir, create=False)
    dead = DeadLetters(data_dir.dead_letters, server.address)
    if args.retry:
        return _retry(args, server, dead)
    for letter in dead.all():
        if args.json:
            print(json.dumps(letter._asdict()))
        else:
            key = " ".join(str(part)[:16] for part in letter.key)
            print(
                f"{local_text(letter.time_ns)}  {visible(letter.table)} {visible(key)}: {visible(letter.reason)}"
            )
    return 0


def _retry(args: argparse.Namespace, server: Server, dead: DeadLetters) -> int:
    from fcm_tui.ship.again import send_again
    from fcm_tui.ship.outbox import Outbox

    settings, data_dir = settings_of(args), open_data_dir(args.data_dir, create=False)
    with closing(Outbox(database_of(args, settings, data_dir), server.content_limit)) as outbox:
        done = run_with(server, lambda connection: send_again(connection, outbox, dead))
    print(f"{done.sent} sent, {done.gone} gone from the record, {done.refused} refused again")
    return 1 if done.refused else 0
