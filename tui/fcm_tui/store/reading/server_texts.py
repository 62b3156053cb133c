"""Where a filter looks for text on a server: the differences that have it, and from them the changes.

A server has no index of any three letters (MariaDB's full-text index knows words only, and drops short ones), so all
differences are looked through, each once, however many changes made it. Where few have the text, an index leads from
them to the changes; where many have it, it is soon found by looking at the changes in their order.
"""

from __future__ import annotations

from typing import Any

from fcm_tui.store.reading.dialect import Connection

FEW = 2000
"""Differences with a text; more of them are not listed."""


def among(connection: Connection, wanted: list[str]) -> tuple[str, list[Any]] | None:
    """What holds of a change `c` that may have all the texts, with the values in its places.

    None where that would not help. Whether a change has them all is asked of it all the same.
    """
    for part in wanted:
        found = connection.execute(
            "SELECT digest FROM differences WHERE instr(affected_lines, ?) OR instr(replaced_lines, ?) LIMIT ?",
            (part, part, FEW + 1),
        ).fetchall()
        if not found:
            return "FALSE", []
        if len(found) <= FEW:
            digests = [digest for (digest,) in found]
            marks = ", ".join("?" * len(digests))
            keys = connection.execute(
                "SELECT DISTINCT recorder_id, sequence FROM change_differences"
                f" WHERE difference_digest IN ({marks}) LIMIT ?",
                (*digests, FEW + 1),
            ).fetchall()
            if not keys:
                return "FALSE", []
            if len(keys) <= FEW:
                return f"(c.recorder_id, c.sequence) IN ({', '.join(['(?, ?)'] * len(keys))})", [
                    value for key in keys for value in key
                ]
    return None
