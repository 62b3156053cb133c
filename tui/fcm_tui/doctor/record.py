"""The record, who writes it, and the team's database. Nothing is written anywhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from fcm_tui.datadir import DataDir
from fcm_tui.doctor.finding import Finding, ok, warning, wrong
from fcm_tui.settings.database import Server
from fcm_tui.store.mysql.connection import Connection
from fcm_tui.store.reading.queries import Reader
from fcm_tui.times import local_text, pause_text

_SKEW = 2.0
"""Seconds by which two clocks may differ before it is worth a word: the changes of machines stand in order of time."""


def record(database: Path) -> Iterator[Finding]:
    """Whether it can be read."""
    if not database.exists():
        yield ok("record", f"{database}: none yet: `fcm-tui record FOLDER` begins one")
        return
    with Reader(database) as reader:
        sizes, head = reader.sizes(), reader.head()
        unfinished = [root for root in reader.roots() if root.active and root.baseline_ns is None]
    last = f", the last is change {head.sequence:,}" if head is not None else ""
    yield ok(
        "record",
        f"{database}: {sizes.files:,} files, {sizes.changes:,} changes{last}; `verify` looks at all of it",
    )
    if unfinished:
        yield warning(
            "record", f"the first look at {len(unfinished)} folders is not complete", "let `record` go on"
        )


def recorder(data_dir: Path, database: Path) -> Iterator[Finding]:
    """Who records, and how that goes."""
    place = DataDir(data_dir)
    holder, standing = place.lock_holder(), place.standing()
    if holder is None:
        if database.exists():
            yield warning("recorder", "nobody records now", "`fcm-tui record`, or `fcm-tui service install`")
        return
    if standing is not None and standing.paused is not None:
        yield warning(
            "recorder",
            f"process {holder} is paused {pause_text(standing.paused)}",
            "`fcm-tui resume` goes on",
        )
        return
    if standing is not None and standing.trouble:
        since = f" (since {local_text(standing.since_ns)})" if standing.since_ns else ""
        what, _, mend = standing.trouble.rpartition(": ")
        yield warning("recorder", f"process {holder}: {what or mend}{since}", mend if what else "mend that")
        return
    yield ok("recorder", f"process {holder}{f', {standing.phase}' if standing is not None else ''}")


def server(server: Server, *, records: bool) -> Iterator[Finding]:
    """The way to the team's database, the account, the tables, encryption, and its clock.

    Args:
        records: what is recorded here is to be sent there.
    """
    from fcm_tui.store.mysql import overview
    from fcm_tui.store.mysql.once import run_with

    async def look(connection: Connection) -> tuple[overview.Checked, float]:
        before = time.time()
        rows = await connection.rows("SELECT UNIX_TIMESTAMP(NOW(6))")
        after = time.time()
        there = float(rows[0][0])
        ahead = there - before if there < before else max(0.0, there - after)
        return await overview.check(connection), ahead

    (lines, may_send), ahead = run_with(server, look)
    yield ok("server", "; ".join(lines))
    if records and not may_send:
        yield wrong(
            "account",
            "this account may not send what is recorded here",
            "an administrator's `fcm-tui database grants` tells how it may",
        )
    is_elsewhere = any(replace(server, tls=None).wants_tls(host) for host, _ in server.hosts)
    if "not encrypted" in lines[0] and is_elsewhere:
        yield warning("tls", "password and contents go there unencrypted", "take ?tls=off out of the URL")
    said = f"the server's clock is {abs(ahead):.1f} s {'ahead of' if ahead > 0 else 'behind'} this machine's"
    if abs(ahead) > _SKEW:
        yield warning(
            "clock", said, "set both by a time server: changes of several machines stand in order of time"
        )
    else:
        yield ok("clock", "the server's clock and this machine's agree")


def password(server: Server) -> Iterator[Finding]:
    """Whether there is one to be had."""
    from fcm_tui.store.mysql.password import VARIABLE, read_password

    where = f"password_file, the keyring, or {VARIABLE}"
    if read_password(server):
        yield ok("password", "there is one for the team's database")
    else:
        yield warning("password", "none for the team's database", f"put it into {where}")
