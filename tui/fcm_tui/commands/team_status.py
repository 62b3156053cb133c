"""What `fcm-tui status` says on a machine that records nothing: how the team's database stands."""

from __future__ import annotations

import time

from fcm_tui.amounts import duration, plural
from fcm_tui.commands.log import gap_text, gap_values
from fcm_tui.commands.progress import size_text
from fcm_tui.safetext import path_text, visible, visible_path
from fcm_tui.settings.database import Server
from fcm_tui.store.reading.queries import Reader
from fcm_tui.store.reading.results import RootSummary
from fcm_tui.store.sealing.sealer import keys_of
from fcm_tui.times import local_text, utc_text

_GAPS = 5


def root_line(root: RootSummary, state: str) -> str:
    """A watched folder, with what there is to say about it."""
    files, changes = plural(root.files, "file"), plural(root.changes, "change")
    return f"root       {visible_path(root.path)}  {files}, {changes}{state}"


def as_json(reader: Reader, server: Server) -> dict[str, object]:
    """As `status --json` of a record, where that has a meaning; recorders, roots and heads are of all hosts."""
    sizes, hosts = reader.sizes(), {one.recorder_id: one.host for one in reader.recorders()}
    return {
        "recorder": None,
        "host": None,
        "server": server.address,
        "recorders": [
            {
                "recorder": one.recorder_id.hex(),
                "host": one.host,
                "user": one.user,
                "platform": one.platform,
                "version": one.version,
                "first_seen": utc_text(one.first_seen_ns),
                "last_seen": utc_text(one.last_seen_ns),
            }
            for one in reader.recorders()
        ],
        "roots": [
            {
                "host": hosts.get(root.recorder_id),
                "path": path_text(root.path),
                "active": root.active,
                "baseline": None if root.baseline_ns is None else utc_text(root.baseline_ns),
                "files": root.files,
                "changes": root.changes,
            }
            for root in reader.roots()
        ],
        "files": sizes.files,
        "changes": sizes.changes,
        "versions": sizes.versions,
        "database_bytes": sizes.database_bytes,
        "heads": [
            {"recorder": head.recorder.hex(), "sequence": head.sequence, "chain": head.chain.hex()}
            for head in reader.heads()
        ],
        "encrypted_with": [key.hex() for key in keys_of(reader.connection)],
        "gaps": [gap_values(gap) for gap in reader.gaps()],
        "recording": False,
    }


def for_people(reader: Reader, server: Server) -> str:
    """The same in lines."""
    sizes, now = reader.sizes(), time.time_ns()
    lines = [
        "not recording: a reviewer's seat",
        f"database   {visible(server.address)} (about {size_text(sizes.database_bytes)})",
        f"files      {sizes.files:,}   versions {sizes.versions:,}   changes {sizes.changes:,}",
    ]
    heads = {head.recorder: head for head in reader.heads()}
    roots = reader.roots()
    for one in reader.recorders():
        seen = f"{local_text(one.last_seen_ns)}, {duration((now - one.last_seen_ns) / 1e9)} ago"
        lines.append(f"recorder   {visible(one.host)} ({one.recorder_id.hex()}), last seen {seen}")
        for root in roots:
            if root.recorder_id == one.recorder_id:
                state = "" if root.active else "  (not watched by the last run)"
                lines.append(root_line(root, state))
        if head := heads.get(one.recorder_id):
            lines.append(f"head       {head.sequence} {head.chain.hex()}")
    lines += [f"encrypted  with the key {key.hex()}" for key in keys_of(reader.connection)]
    gaps = [gap for gap in reader.gaps(None) if not gap.is_moot(now)]
    lines += [f"gap        {gap_text(gap)}" for gap in gaps[:_GAPS]]
    if len(gaps) > _GAPS:
        lines.append(f"           … and {len(gaps) - _GAPS:,} before: `fcm-tui log` tells them")
    return "\n".join(lines)
