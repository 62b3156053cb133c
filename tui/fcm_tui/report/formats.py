"""The formats of a report, each written to a binary file; only what is asked for is imported."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from typing import BinaryIO

from fcm_tui.report.statistics import Asked, measure
from fcm_tui.report.tables import tables
from fcm_tui.store.reading.queries import Reader

Writer = Callable[[BinaryIO, Reader, Asked], int]
"""Writes a report of what is asked for; how many changes it is about."""

FORMATS = ("html", "pdf", "csv", "json", "md", "parquet")
NOT_FOR_TERMINALS = ("csv", "pdf", "parquet")
"""Binary, or with names exactly as they are, which a terminal might obey."""


def writer(name: str) -> Writer:
    """What writes one of `FORMATS`.

    Raises:
        UsageError: it needs a library that is not installed.
    """
    if name == "json":
        return write_json
    module = importlib.import_module(f"fcm_tui.report.{name}")
    found: Writer = module.write
    return found


def write_json(out: BinaryIO, reader: Reader, asked: Asked) -> int:
    """One object a line and figure: `{"figure": …, "rows": […]}`."""
    figures = measure(reader, asked)
    for table in tables(figures):
        out.write(json.dumps({"figure": table.name, "rows": table.records()}).encode("ascii") + b"\n")
    return figures.changes.changes
