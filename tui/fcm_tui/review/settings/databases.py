"""Trying a database before it is written into the configuration."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fcm_tui.errors import FcmError
from fcm_tui.review import wording
from fcm_tui.safetext import visible
from fcm_tui.settings.database import Server, is_server, of_table, parse_server
from fcm_tui.settings.reader import Misplaced, Table
from fcm_tui.settings.values import BadValue, parse_database
from fcm_tui.store.reading.queries import Reader


def try_database(value: Any, base: Path, current: Path | Server) -> tuple[bool, str]:
    """Whether it can be used, and what it is, safe to show. For a thread; a server is connected to.

    Args:
        value: as it stands in the configuration: a URL, the table of a server, or None for the data directory's own.
        base: the folder from which a relative path starts.
        current: the record in use.
    """
    try:
        if isinstance(value, Mapping):
            return _try_server(of_table(Table(dict(value), ()), base, os.environ))
        if isinstance(value, str) and is_server(value):
            return _try_server(parse_server(value))
        path = parse_database(value, base, os.environ) if isinstance(value, str) else current
        if isinstance(path, Server):
            return _try_server(path)
        return _try_file(path, path == current)
    except (BadValue, Misplaced, FcmError) as error:
        return False, visible(str(error))


def _try_server(server: Server) -> tuple[bool, str]:
    from fcm_tui.store.mysql import overview
    from fcm_tui.store.mysql.once import run_with

    return True, visible("; ".join(run_with(server, overview.check).lines))


def _try_file(path: Path, is_current: bool) -> tuple[bool, str]:
    shown = visible(str(path))
    if not path.exists():
        where = path.parent
        if where.is_dir() and not os.access(where, os.W_OK):
            return False, f"{shown}: there is no such file, and its folder cannot be written"
        return True, f"{shown}: there is no such file yet: the next start makes it, with an empty record"
    with Reader(path) as reader:
        count, sizes = reader.count(), reader.sizes()
    changes = wording.plural(count, "change")
    same = ": the one in use" if is_current else ""
    return True, f"SQLite, a record with {changes}, {wording.size(sizes.database_bytes)}{same}"
