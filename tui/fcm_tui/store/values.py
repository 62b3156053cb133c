"""Whether the tables hold what fcm-tui writes there: asked when something trips over a record, and by `verify`.

SQLite lets any column hold anything, and a file that somebody else wrote to may. Looking at every value
beforehand would cost more than reading what is wanted, so the record is looked at once it gave trouble.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from fcm_tui.errors import StoreError
from fcm_tui.model import Capture, Kind, Origin
from fcm_tui.store.database import open_reader, unusable

TABLES = (
    "recorders", "roots", "files", "changes", "backup_paths", "contents", "differences", "change_differences", "gaps",
    "reviews",
)  # fmt: skip

_PATH = "length({0}) > 0 AND instr({0}, x'00') = 0"
_ID = "length({0}) = 16"
_DIGEST = "length({0}) = 32"
_COUNT = "{0} >= 0"
_NUMBER = "{0} BETWEEN -1 AND 4294967295"


def _one_of(words: Sequence[str]) -> str:
    return "{0} IN (" + ", ".join(f"'{word}'" for word in words) + ")"


_HOLDS = {
    **dict.fromkeys(("path", "previous_path", "original_file"), _PATH),
    **dict.fromkeys(("recorder_id", "root_id", "file_id"), _ID),
    **dict.fromkeys(("digest", "before_digest", "after_digest", "base_digest", "difference_digest", "chain_hash"), _DIGEST),
    **dict.fromkeys(("attributes", "previous_attributes"), "length({0}) IN (0, 32)"),
    **dict.fromkeys(("size", "previous_size", "sequence", "old_start", "old_count", "new_start", "new_count"), _COUNT),
    **dict.fromkeys(("mode", "previous_mode", "uid", "gid"), _NUMBER),
    "kind": _one_of(list(Kind)),
    "capture": _one_of(list(Capture)),
    "origin": _one_of(list(Origin)),
}  # fmt: skip
"""What else holds of the values of a column, wherever there is one of its name."""


def wrong_values(connection: sqlite3.Connection, tables: Sequence[str] = TABLES) -> Iterator[tuple[str, str]]:
    """Table and column of each column that holds a value which does not belong there.

    Raises:
        sqlite3.Error: a table cannot be read.
    """
    for table in tables:
        for _, name, kind, is_needed, *_ in connection.execute(f"PRAGMA main.table_info({table})").fetchall():
            types = f"'{kind.lower()}'" if is_needed else f"'{kind.lower()}', 'null'"
            wrong = f"typeof({name}) NOT IN ({types})"
            if name in _HOLDS:
                wrong += f" OR NOT ({_HOLDS[name].format(name)})"
            if connection.execute(f"SELECT 1 FROM main.{table} WHERE {wrong} LIMIT 1").fetchone():
                yield table, name


class RowTypes:
    """What the values of a row have to be: `b` bytes, `s` text, `i` a whole number; `?` behind it where NULL will do."""

    def __init__(self, wanted: str) -> None:
        self._wanted = [
            ({"b": bytes, "s": str, "i": int}[word[0]], word.endswith("?")) for word in wanted.split()
        ]
        self._good: set[tuple[type, ...]] = set()

    def check(self, row: tuple[object, ...]) -> None:
        """Cheap for all rows whose types were met before.

        Raises:
            TypeError: a value is of another type.
        """
        types = tuple(map(type, row))
        if types in self._good:
            return
        for value, (wanted, may_lack) in zip(row, self._wanted, strict=True):
            if not isinstance(value, wanted) and not (value is None and may_lack):
                raise TypeError(f"a value is {type(value).__name__}, not {wanted.__name__}")
        self._good.add(types)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Around what reads the record at `path`: where the record is at fault, the error says so.

    Raises:
        StoreError: SQLite refuses the file, or a value in it does not belong there.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise unusable(path, error) from error
    except (TypeError, ValueError, ArithmeticError, AttributeError, LookupError) as error:
        fault = _fault(path)
        if fault is None:
            raise
        raise fault from error


def _fault(path: Path) -> StoreError | None:
    try:
        with closing(open_reader(path)) as connection:
            for table, column in wrong_values(connection):
                return unusable(path, ValueError(f"a value in {table}.{column} does not belong there"))
    except StoreError as error:
        return error
    except sqlite3.Error as error:
        return unusable(path, error)
    return None
