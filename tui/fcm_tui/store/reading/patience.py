"""Reading that ends as soon as nobody wants it any more."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_STEPS = 50_000
"""Of SQLite's, about a millisecond's, between two looks at whether what is read is still wanted."""


class Abandoned(Exception):
    """What was being read is wanted no more."""


@contextmanager
def reading_until(connection: sqlite3.Connection, unwanted: Callable[[], bool]) -> Iterator[None]:
    """Give up whatever is read inside as soon as `unwanted`, which is asked in this thread, says so.

    Raises:
        Abandoned: it did.
    """
    connection.set_progress_handler(unwanted, _STEPS)
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            raise Abandoned from None
        raise
    finally:
        connection.set_progress_handler(None, 0)
