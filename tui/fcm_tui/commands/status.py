"""`fcm-tui status`: who records what, how much there is, and what went wrong."""

from __future__ import annotations

import argparse
import contextlib
import json
import sqlite3
import time
from dataclasses import asdict
from pathlib import Path

from fcm_tui.commands import team_status
from fcm_tui.commands.common import database_of, place_of, settings_of
from fcm_tui.commands.log import gap_text, gap_values
from fcm_tui.commands.progress import size_text
from fcm_tui.datadir import DataDir, open_data_dir
from fcm_tui.errors import StoreError
from fcm_tui.model import Shipping
from fcm_tui.safetext import path_text, visible
from fcm_tui.settings.config import Settings, database_server
from fcm_tui.settings.database import Server
from fcm_tui.ship import wording
from fcm_tui.store.reading.queries import Reader
from fcm_tui.store.reading.results import RecorderInfo, RootSummary
from fcm_tui.store.retention.prunes import pruned
from fcm_tui.store.sealing.sealer import keys_of
from fcm_tui.times import local_text, pause_text, utc_text

_GAPS = 5


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Add `status [--json]`."""
    parser = subparsers.add_parser("status", parents=[common], help="say what is recorded, and how it stands")
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print the status."""
    place = place_of(args, settings_of(args))
    if isinstance(place, Server):
        with Reader(place) as reader:
            print(
                json.dumps(team_status.as_json(reader, place))
                if args.json
                else team_status.for_people(reader, place)
            )
        return 0
    data_dir = open_data_dir(args.data_dir, create=False)
    settings = settings_of(args)
    database = database_of(args, settings, data_dir)
    server = database_server(args.database, settings)
    try:
        with Reader(database) as reader:
            if args.json:
                status = _status(reader, data_dir, settings, server)
                print(json.dumps({**status, "alerts": _alerts(database, settings)}))
            else:
                print(_for_people(reader, data_dir, settings, server))
                print("\n".join(_alert_lines(database, settings)))
    except StoreError:
        if data_dir.lock_holder() is None:
            raise
        # The record is only being made, or made anew as there was no room for it.
        print(json.dumps(_of_recorder(data_dir)) if args.json else "\n".join(_recorder_lines(data_dir)))
    return 0


def _shipping(reader: Reader, data_dir: DataDir, server: Server | None) -> Shipping | None:
    """How sending goes, as the recorder at work told it, or the last one; held against the record as it is now."""
    standing = data_dir.standing()
    told = standing.shipping if standing is not None else None
    if told is None:
        if server is None:
            return None
        told = Shipping(server.address, "stopped")
    elif data_dir.lock_holder() is None:
        told = told._replace(state="stopped", retry_ns=None)
    return wording.against(told, reader.connection)


def _shipping_json(reader: Reader, data_dir: DataDir, server: Server | None) -> dict[str, object] | None:
    shipping = _shipping(reader, data_dir, server)
    return None if shipping is None else wording.as_json(shipping)


def _alerts(database: Path, settings: Settings) -> dict[str, object]:
    """How it stands with alerts; without making a journal where there is none."""
    from fcm_tui.alerts.journal import journal_path, open_to_read

    found: dict[str, object] = {"rules": len(settings.alerts.rules), "unread": 0, "targets": []}
    with contextlib.suppress(sqlite3.Error, OSError):
        journal = open_to_read(journal_path(database))
        if journal is not None:
            with journal:
                found["unread"] = journal.unread()
                found["targets"] = [
                    asdict(state) | {"since": None if state.since_ns is None else utc_text(state.since_ns)}
                    for state in journal.targets()
                ]
    return found


def _alert_lines(database: Path, settings: Settings) -> list[str]:
    found = _alerts(database, settings)
    rules, unread = found["rules"], found["unread"]
    if not rules and not unread:
        return ["alerts     switched off"]
    lines = [f"alerts     {unread:,} unread; {rules} rules"]
    for target in found["targets"]:  # type: ignore[attr-defined]
        if target["error"] is not None:
            since = local_text(target["since_ns"])
            waiting = f", {target['waiting']} waiting" if target["waiting"] else ""
            lines.append(
                f"           {target['target']} fails since {since}{waiting}: {visible(target['error'])}"
            )
        if target["not_sent"]:
            lines.append(
                f"           {target['not_sent']} were not sent to {target['target']}: `fcm-tui alert list`"
            )
    return lines


def _retention(settings: Settings, reader: Reader) -> dict[str, object]:
    done = pruned(reader.connection)
    return {
        "on": settings.retention.is_on,
        "thinned": done.versions,
        "thinned_bytes": done.version_bytes,
        "last": None if done.last_ns is None else utc_text(done.last_ns),
        "head": None if done.head is None else {"prune": done.prunes, "chain": done.head.hex()},
    }


def _status(
    reader: Reader, data_dir: DataDir, settings: Settings, server: Server | None
) -> dict[str, object]:
    recorder, sizes = reader.recorder(), reader.sizes()
    head = reader.head()
    sources = _sources(data_dir)
    return {
        "recorder": recorder.recorder_id.hex() if recorder else None,
        "host": recorder.host if recorder else None,
        "user": recorder.user if recorder else None,
        "platform": recorder.platform if recorder else None,
        "version": recorder.version if recorder else None,
        "first_seen": utc_text(recorder.first_seen_ns) if recorder else None,
        "last_seen": utc_text(recorder.last_seen_ns) if recorder else None,
        "roots": [
            {
                "path": path_text(root.path),
                "active": root.active,
                "baseline": None if root.baseline_ns is None else utc_text(root.baseline_ns),
                "files": root.files,
                "changes": root.changes,
                "watched_by": _watched_by(sources, root) if root.active else None,
            }
            for root in reader.roots()
        ],
        "files": sizes.files,
        "changes": sizes.changes,
        "versions": sizes.versions,
        "database_bytes": sizes.database_bytes,
        "free_bytes": sizes.free_bytes,
        "retention": _retention(settings, reader),
        "search": {"indexed": sizes.indexed, "bytes": sizes.index_bytes},
        "head": {"recorder": head.recorder.hex(), "sequence": head.sequence, "chain": head.chain.hex()}
        if head
        else None,
        "encrypted_with": [key.hex() for key in keys_of(reader.connection)],
        "gaps": [gap_values(gap) for gap in reader.gaps()],
        "shipping": _shipping_json(reader, data_dir, server),
        **_of_recorder(data_dir),
    }


def _of_recorder(data_dir: DataDir) -> dict[str, object]:
    """What the recorder itself tells, whether there is a record yet or not."""
    holder, standing = data_dir.lock_holder(), data_dir.standing()
    trouble = standing.trouble if standing is not None else ""
    paused = standing.paused if standing is not None and holder is not None else None
    return {
        "recording": holder is not None,
        "pid": holder,
        "phase": None if standing is None or holder is None else standing.phase,
        "paused": None
        if paused is None
        else {
            "by": paused.by,
            "reason": paused.reason or None,
            "since": utc_text(paused.since_ns),
            "until": None if paused.until_ns is None else utc_text(paused.until_ns),
        },
        "data_dir": str(data_dir.path),
        "last_error": trouble or None,
        "last_error_since": utc_text(standing.since_ns)
        if standing is not None and standing.since_ns
        else None,
    }


def _for_people(reader: Reader, data_dir: DataDir, settings: Settings, server: Server | None) -> str:
    recorder, sizes = reader.recorder(), reader.sizes()
    lines = _recorder_lines(data_dir, recorder)
    if recorder is not None:
        lines.append(f"recorder   {recorder.recorder_id.hex()} on {recorder.host}")
    free = f", {size_text(sizes.free_bytes)} of it free" if sizes.free_bytes else ""
    lines.append(f"data       {data_dir.path} ({size_text(sizes.database_bytes)}{free})")
    lines.append(f"files      {sizes.files:,}   versions {sizes.versions:,}   changes {sizes.changes:,}")
    if sizes.index_bytes:
        lines.append(f"search     {sizes.indexed:,} changes are indexed ({size_text(sizes.index_bytes)})")
    shipping = _shipping(reader, data_dir, server)
    if shipping is not None:
        lines.append(f"database   {visible(shipping.server)}: {visible(wording.text(shipping))}")
    lines.append(f"retention  {_retention_text(settings, reader)}")
    sources = _sources(data_dir)
    for root in reader.roots():
        state = "" if root.active else "  (not watched by the last run)"
        if root.baseline_ns is None:
            state = "  (its baseline is not complete)"
        source = _watched_by(sources, root) if root.active else None
        if source is not None:
            state += f"  (watched by {visible(source)})"
        lines.append(team_status.root_line(root, state))
    head = reader.head()
    if head is not None:
        lines.append(f"head       {head.sequence} {head.chain.hex()}")
    lines += [f"encrypted  with the key {key.hex()}" for key in keys_of(reader.connection)]
    gaps = [gap for gap in reader.gaps(None) if not gap.is_moot(time.time_ns())]
    lines += [f"gap        {gap_text(gap)}" for gap in gaps[:_GAPS]]
    if len(gaps) > _GAPS:
        lines.append(f"           … and {len(gaps) - _GAPS:,} before: `fcm-tui log` tells them")
    return "\n".join(lines)


def _sources(data_dir: DataDir) -> dict[str, str]:
    """What the recorder at work watches each root with; an empty path stands for all that are not named."""
    standing = data_dir.standing()
    return {} if standing is None or data_dir.lock_holder() is None else dict(standing.sources)


def _watched_by(sources: dict[str, str], root: RootSummary) -> str | None:
    return sources.get(path_text(root.path), sources.get(""))


def _recorder_lines(data_dir: DataDir, recorder: RecorderInfo | None = None) -> list[str]:
    holder, standing = data_dir.lock_holder(), data_dir.standing()
    lines = []
    if holder is not None and standing is not None and standing.paused is not None:
        lines.append(
            f"paused (process {holder}): {visible(pause_text(standing.paused))}; `fcm-tui resume` goes on"
        )
    elif holder is not None:
        lines.append(f"recording (process {holder})")
    elif recorder is not None:
        lines.append(f"not recording; the last time {local_text(recorder.last_seen_ns)}")
    if standing is not None and standing.trouble and standing.since_ns is not None:
        said = "trouble   " if holder is not None else "last error"
        lines.append(f"{said} {visible(standing.trouble)} (since {local_text(standing.since_ns)})")
    return lines


def _retention_text(settings: Settings, reader: Reader) -> str:
    done = pruned(reader.connection)
    what = "older versions are thinned out" if settings.retention.is_on else "every version is kept"
    if done.last_ns is None:
        return what
    so_far = f"{done.versions:,} contents thinned so far ({size_text(done.version_bytes)})"
    return f"{what}; {so_far}, the last {local_text(done.last_ns)}"
