"""Trying a database before it is written into the configuration."""

from __future__ import annotations

import os
import re
from pathlib import Path

from fcm_tui.errors import FcmError
from fcm_tui.review import wording
from fcm_tui.safetext import visible
from fcm_tui.settings_values import BadValue, parse_database
from fcm_tui.store.queries import Reader

_MYSQL = re.compile(
    r"mysql://(?P<user>[^@/:\s]+)@(?P<hosts>[\w.-]+(?::\d{1,5})?(?:,[\w.-]+(?::\d{1,5})?)*)/(?P<name>[\w$-]+)"
    r"(?:\?tls=(?:verify|off))?"
)


def is_mysql(url: str) -> bool:
    """Whether it is meant for MySQL."""
    return url.lower().startswith("mysql:")


def about_mysql(url: str) -> str:
    """What can be said of such a URL, which is its shape only, without repeating it."""
    if ":" in url[len("mysql://") :].rpartition("@")[0]:
        return "a password does not belong here: take it out and set FCM_DATABASE_PASSWORD"
    if not _MYSQL.fullmatch(url):
        return "write mysql://USER@HOST[:PORT][,HOST…]/NAME, with ?tls=verify or ?tls=off behind it if wanted"
    return "the URL has the right shape, but this version has no MySQL support yet: write sqlite:PATH"


def try_database(url: str | None, base: Path, current: Path) -> tuple[bool, str]:
    """Whether it can be used, and what it is, safe to show. For a thread.

    Args:
        url: as it stands in the configuration, or None for the data directory's own.
        base: the folder from which a relative path starts.
        current: the record in use.
    """
    if url is not None and is_mysql(url):
        return False, about_mysql(url)
    try:
        path = parse_database(url, base, os.environ) if url is not None else current
    except BadValue as error:
        return False, visible(str(error))
    shown = visible(str(path))
    if not path.exists():
        where = path.parent
        if where.is_dir() and not os.access(where, os.W_OK):
            return False, f"{shown}: there is no such file, and its folder cannot be written"
        return True, f"{shown}: there is no such file yet: the next start makes it, with an empty record"
    try:
        with Reader(path) as reader:
            count, sizes = reader.count(), reader.sizes()
    except FcmError as error:
        return False, visible(str(error))
    changes = wording.plural(count, "change")
    same = ": the one in use" if path == current else ""
    return True, f"SQLite, a record with {changes}, {wording.size(sizes.database_bytes)}{same}"
