"""The changes as CSV, a row each: RFC 4180 in UTF-8, and no cell is a formula for a spreadsheet.

A cell that begins with `=`, `+`, `-`, `@`, a tab, a line break, or an apostrophe gets an apostrophe in front: take one
apostrophe from the beginning of every cell that has one, and it is as it was.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any, BinaryIO

from fcm_tui.report.changes import values_of
from fcm_tui.report.statistics import Asked
from fcm_tui.store.reading.queries import Reader

COLUMNS = (
    "sequence", "time", "kind", "path", "previous_path", "size", "inserted", "updated", "deleted", "owner", "process",
    "capture", "origin", "group", "reviewed", "note", "host", "root", "mode", "mtime", "before", "after", "encoding",
    "newline", "attributes", "previous_attributes", "recorder", "process_info",
)  # fmt: skip
"""Those of `log --json`, first what people look for."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a cell may not begin with; the last four are full-width forms, which some spreadsheets take for the plain ones."""
_ROWS = 1000


def write(out: BinaryIO, reader: Reader, asked: Asked) -> int:
    """Write the changes, oldest first."""
    buffer = io.StringIO(newline="")
    rows = csv.writer(buffer)
    rows.writerow(COLUMNS)
    count = 0
    for change in reader.iterate(asked.filters, reverse=True):
        values = values_of(change)
        rows.writerow([cell(values[name]) for name in COLUMNS])
        count += 1
        if count % _ROWS == 0:
            _flush(buffer, out)
    _flush(buffer, out)
    return count


def cell(value: str | int | bool | dict[str, Any] | None) -> str | int:
    """A value as a cell."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _flush(buffer: io.StringIO, out: BinaryIO) -> None:
    # Bytes of a path that are no text come as \udc80 to \udcff, as in JSON.
    out.write(buffer.getvalue().encode("utf-8", "backslashreplace"))
    buffer.seek(0)
    buffer.truncate()
