"""The record here against the rows there, field by field."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path

from fcm_tui.settings.database import Server
from fcm_tui.ship.outbox import Outbox
from fcm_tui.ship.tables import (
    CHANGES,
    DIFFERENCES,
    FILES,
    GAPS,
    LINE_BLOCKS,
    LINKS,
    PRUNES,
    REVIEWS,
    ROOTS,
    TABLES,
    THINNED,
    VERSIONS,
    Row,
    Table,
)
from fcm_tui.store.mysql.connection import Connection, connect
from tests.database.server import PASSWORD

WHOLE = (ROOTS, FILES, CHANGES, VERSIONS, LINKS, DIFFERENCES, GAPS, REVIEWS, PRUNES, THINNED)
"""Of these all rows of a record are there."""


async def differing(record: Path, server: Server) -> list[str]:
    """What is not the same, in words; empty where all is."""
    found: list[str] = []
    connection = await connect(server, server.hosts[0], PASSWORD, context=None)
    with closing(sqlite3.connect(record)) as local:
        (me,) = local.execute("SELECT recorder_id FROM recorders").fetchone()
        thinned = {digest for (digest,) in local.execute("SELECT digest FROM thinned")}
        for table in TABLES.values():
            here = {row[: table.keys]: row for row in local.execute(table.select)}
            there = [row async for row in connection.each(_there(table, me))]
            keys = [row[: table.keys] for row in there]
            if len(keys) != len(set(keys)):
                found.append(f"{table.name}: a row is there twice")
            for row in there:
                mine = here.get(row[: table.keys])
                if table.name in ("recorders", "contents"):  # a pulse; packed anew
                    continue
                if mine is None and table is VERSIONS and row[2] in thinned:
                    continue  # what was sent before it was thinned out here stays there
                if mine is None and "recorder_id" in table.columns:
                    found.append(f"{table.name}: {row!r} is not of this record")
                elif mine is not None and mine != row:
                    found.append(f"{table.name}: {mine!r} became {row!r}")
            if table in WHOLE and (lacking := here.keys() - set(keys)):
                found.append(
                    f"{table.name}: {len(lacking)} of {len(here)} are not there, as {sorted(lacking)[0]!r}"
                )
        found += [f"a change speaks of {what}" for what in await _dangling(connection)]
    found += await _blocks(record, connection)
    connection.close()
    return found


async def _blocks(record: Path, connection: Connection) -> list[str]:
    """What is wrong with the blocks of lines: those that are there are whole, right, and the first ones."""
    with closing(Outbox(record, 0)) as outbox:
        me = outbox.recorder_id
        rows = [LINE_BLOCKS.row(row) async for row in connection.each(_there(LINE_BLOCKS, me))]
        blocks: dict[int, set[Row]] = defaultdict(set)
        for row in rows:
            blocks[row.key[2]].add(row)
        if [*sorted(blocks)] != [*range(len(blocks))] or len(rows) != sum(map(len, blocks.values())):
            return [f"line_blocks: {sorted(blocks)}"]
        return [
            f"line_blocks: {block} is another one"
            for block, own in blocks.items()
            if own != {*(outbox.line_block(block) or ())}
        ]


def _there(table: Table, recorder: bytes) -> str:
    where = f" WHERE recorder_id = X'{recorder.hex()}'" if "recorder_id" in table.columns else ""
    return f"SELECT {', '.join(table.columns)} FROM {table.name}{where}"


async def _dangling(connection: Connection) -> list[str]:
    """What the rows on the server need of each other, and is not there."""
    questions = {
        "a file that is not there": "SELECT 1 FROM changes c LEFT JOIN files f USING (file_id) WHERE f.file_id IS NULL",
        "a version that has no mapping": "SELECT 1 FROM changes c LEFT JOIN backup_paths b ON b.recorder_id = c.recorder_id AND b.file_id = c.file_id"
        " AND b.digest = c.after_digest WHERE c.capture = 'stored' AND b.digest IS NULL"
        " AND c.after_digest NOT IN (SELECT digest FROM thinned)",
        "a content that is not there": "SELECT 1 FROM backup_paths b LEFT JOIN contents c USING (digest)"
        " WHERE c.digest IS NULL",
        "a delta without its base": "SELECT 1 FROM contents d LEFT JOIN contents b ON b.digest = d.base_digest"
        " WHERE d.base_digest IS NOT NULL AND b.digest IS NULL",
        "a difference that is not there": "SELECT 1 FROM change_differences l LEFT JOIN differences d"
        " ON d.digest = l.difference_digest WHERE d.digest IS NULL",
    }
    return [what for what, question in questions.items() if await connection.rows(f"{question} LIMIT 1")]
