"""`fcm-tui database import-legacy`: what the first version kept on a server, as a record of its own."""

from __future__ import annotations

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from fcm_tui.commands.common import settings_of
from fcm_tui.errors import UsageError
from fcm_tui.model import Capture
from fcm_tui.safetext import visible, visible_path
from fcm_tui.settings.config import Settings, database_server
from fcm_tui.settings.database import FORM, Server
from fcm_tui.store.mysql.once import run_with

if TYPE_CHECKING:
    from fcm_tui.legacy.bring_in import Tally
    from fcm_tui.store.mysql.connection import Connection
    from fcm_tui.store.record import Record

_TOLD = 20
_WORDS = {
    Capture.STORED: "stored",
    "same": "the same as the copy before",
    Capture.SECRET: "secret, of which only the digest is kept",
    Capture.TOO_LARGE: "too large, of which only the digest is kept",
    Capture.UNREADABLE: "unreadable",
    "nameless": "left out, as the row names no file",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `import-legacy`."""
    parser.add_argument(
        "url", nargs="?", metavar="URL", help=f"of the old database: {FORM} (default: the configured one)"
    )
    parser.add_argument(
        "--to",
        metavar="DIR",
        help="the data directory to make (default: the one in use, with `-first-version` behind it)",
    )
    parser.add_argument("--dry-run", action="store_true", help="only tell what it would bring in")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Bring the tables in.

    Raises:
        UsageError: the server, its tables or the folder cannot be used.
    """
    from fcm_tui.legacy.place import folder_for, new_record, refuse_used
    from fcm_tui.store import imported

    settings = settings_of(args)
    server = database_server(args.url or args.database, settings)
    if server is None:
        raise UsageError(f"no server is named: give its URL, {FORM}")
    folder = folder_for(args.to, args.data_dir)
    refuse_used(folder)
    with nullcontext() if args.dry_run else new_record(folder) as record:
        if record is not None:
            imported.mark(record.connection, f"first-version@{server.hosts[0][0]}", server.user)
        tally, tables = run_with(server, lambda connection: _bring_in(connection, settings, record))
    _tell(tally, tables, server, is_dry=args.dry_run, folder=folder)
    return 0


async def _bring_in(
    connection: Connection, settings: Settings, record: Record | None
) -> tuple[Tally, frozenset[str]]:
    from fcm_tui.legacy.bring_in import BringIn
    from fcm_tui.legacy.tables import LegacyTables

    tables = await LegacyTables.found(connection)
    work = BringIn(settings, record)
    await work.run(tables)
    return work.tally, tables.names


def _tell(tally: Tally, tables: frozenset[str], server: Server, *, is_dry: bool, folder: Path) -> None:
    for row, why in tally.missing[:_TOLD]:
        print(
            f"note: {visible_path(row.original)}: its copy {visible_path(row.copy)}: {why}", file=sys.stderr
        )
    more = tally.copies[Capture.UNREADABLE] + tally.copies["nameless"] - _TOLD
    if more > 0:
        print(
            f"note: and {more:,} more copies that cannot be had; the log has them as unreadable",
            file=sys.stderr,
        )
    for table in ("backup_paths", "differences"):
        if table not in tables:
            print(f"note: there is no table `{table}`", file=sys.stderr)
    copies = [f"{tally.copies[key]:,} {words}" for key, words in _WORDS.items() if tally.copies[key]]
    print(f"backup_paths  {tally.copies.total():>9,} rows{': ' if copies else ''}{', '.join(copies)}")
    known = [f"{many:,} {visible(name[:40]) or '(none)'}" for name, many in tally.differences.most_common(8)]
    others = tally.differences.total() - sum(many for _, many in tally.differences.most_common(8))
    known += [f"{others:,} others"] * bool(others)
    print(f"differences   {tally.differences.total():>9,} rows{': ' if known else ''}{', '.join(known)}")
    print("unknown       when anything happened, and which file a difference belonged to")
    where = visible(str(folder))
    if is_dry:
        print(f"nothing was written; without --dry-run it goes to {where}")
    else:
        print(f"in {where}; read it with `fcm-tui log --data-dir {where}`")
