"""`fcm-tui prune`: thin out older versions now, by the rules of the configuration, or tell what would go."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from fcm_tui.commands.common import database_of, place_of, settings_of
from fcm_tui.commands.progress import size_text
from fcm_tui.datadir import DataDir, open_data_dir
from fcm_tui.errors import StoreError, UsageError
from fcm_tui.intents import INTENTS
from fcm_tui.pipeline.prune_request import ask
from fcm_tui.safetext import visible
from fcm_tui.settings import config
from fcm_tui.settings.config import Retention
from fcm_tui.settings.database import Server
from fcm_tui.store.database import open_reader, open_writer
from fcm_tui.store.record import Record
from fcm_tui.store.retention.apply import Thinning
from fcm_tui.store.retention.plan import Plan, Totals, used_bytes
from fcm_tui.store.retention.reclaim import reclaim


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add `prune [--dry-run] [--json]`."""
    parser = subparsers.add_parser(
        "prune",
        parents=[common],
        help="thin out older versions by the rules of the configuration",
        description="Thin out older versions by the rules under [retention], and give the space back. The log of changes"
        " and their differences stay. A recorder at work does it itself when asked.",
    )
    parser.add_argument("--dry-run", action="store_true", help="only tell what would go")
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.set_defaults(func=run)


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of it."""

    versions: int
    size: int
    by_recorder: bool = False
    note: str = ""
    """Why the space could not be given back."""


def run(args: argparse.Namespace) -> int:
    """Prune, or tell what a prune would do.

    Raises:
        UsageError: no rule is configured, or there is no record.
        NotSoError: the recorder at work could not do it.
    """
    settings = settings_of(args)
    retention = settings.retention
    if isinstance(place_of(args, settings), Server):
        raise UsageError(
            "nothing is recorded here: each recorder thins out its own record, on its machine; what was sent stays"
        )
    if not retention.is_on:
        where = settings.source or config.config_path(args.config)[0]
        raise UsageError(
            f"{where}: no rule says what to thin out: set thin = true, max_age, max_versions or max_size under [retention]"
        )
    data_dir = open_data_dir(args.data_dir, create=False)
    database = database_of(args, settings, data_dir)
    open_reader(database).close()  # refuses what is no record of ours before anything is written to it
    totals = _plan(database, retention, data_dir)
    if args.dry_run:
        _tell_plan(args, totals)
        return 0
    before = os.path.getsize(database)
    lock = data_dir.try_lock(database)
    if lock is None:
        result = ask(database.parent / INTENTS, retention, lambda: data_dir.lock_holder() is not None)
        done = _Done(result.versions, result.size, by_recorder=True)
    else:
        with lock:
            done = _prune(database, retention)
    _tell_done(args, done, totals, before, os.path.getsize(database))
    return 0


def _plan(database: Path, retention: Retention, data_dir: DataDir) -> Totals:
    lock = data_dir.try_lock(database)
    if lock is not None:  # else the recorder has it open, in its newest form
        with lock:
            open_writer(database).close()
    with Plan.of(database, retention) as plan:
        return plan.totals


def _prune(database: Path, retention: Retention) -> _Done:
    """By this process: plan after plan until nothing more goes."""
    versions = size = 0
    with Record(database) as record:
        while True:
            with Plan.of(database, retention) as plan:
                thinning = Thinning(record, retention, plan.sequence)
                operations = plan.operations()
                while thinning.step(operations, 0.2):
                    pass
            versions += thinning.versions
            size += thinning.version_bytes
            limit = retention.max_size
            if not thinning.versions or limit is None or used_bytes(record.connection) <= limit:
                break
        try:
            reclaim(record)
        except StoreError as error:
            return _Done(versions, size, note=str(error))
    return _Done(versions, size)


def _tell_plan(args: argparse.Namespace, totals: Totals) -> None:
    if args.json:
        print(json.dumps({"dry_run": True, **_as_json(totals)}))
        return
    print(
        f"would thin out {totals.versions:,} versions of {totals.files:,} files: {size_text(totals.version_bytes)}"
        f" of content, about {size_text(totals.stored_bytes)} in the database"
    )
    _tell_held(totals)


def _tell_done(args: argparse.Namespace, done: _Done, totals: Totals, before: int, after: int) -> None:
    if args.json:
        found = {**_as_json(totals), "versions": done.versions, "bytes": done.size}
        sizes = {"database_bytes_before": before, "database_bytes": after, "by_recorder": done.by_recorder}
        print(json.dumps({"dry_run": False, **found, **sizes}))
    else:
        by = "; the recorder at work did it" if done.by_recorder else ""
        print(
            f"thinned out {done.versions:,} versions: {size_text(done.size)} of content;"
            f" the database had {size_text(before)} and has {size_text(after)}{by}"
        )
        _tell_held(totals)
    if done.note:
        print(f"note: {visible(done.note)}", file=sys.stderr)


def _tell_held(totals: Totals) -> None:
    if totals.held:
        print(f"{totals.held:,} more stay as nobody has reviewed their change yet (keep_unreviewed)")


def _as_json(totals: Totals) -> dict[str, int]:
    return {
        "versions": totals.versions,
        "files": totals.files,
        "contents": totals.contents,
        "bytes": totals.version_bytes,
        "stored_bytes": totals.stored_bytes,
        "held": totals.held,
    }
