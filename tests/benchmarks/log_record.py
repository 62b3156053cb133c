"""A record of very many changes for the log's benchmarks: made once, kept in the work folder, and indexed."""

from __future__ import annotations

import os
import time
from contextlib import closing
from pathlib import Path

from fcm_tui.store.database import open_reader
from fcm_tui.store.reading.text_index import TextIndex, index_of
from tests.benchmarks.long_record import kept_record
from tests.benchmarks.scale import Scale

MANY, QUICK_MANY = 1_000_000, 3_000


def many_changes(scale: Scale, many: int = MANY, quick: int = QUICK_MANY) -> Path:
    """The data directory; what is in it has to stay as it is."""
    changes = quick if scale.quick else many
    data, _ = kept_record(scale.kept(f"log-{changes}"), changes)
    _index(data / "record.db")
    return data


def _index(database: Path) -> None:
    """What a recorder does beside its work, at once."""
    started = time.monotonic()
    with closing(open_reader(database)) as reader, closing(TextIndex(reader, database)) as index:
        was_whole = not index.step(0.0)
        while index.step(5.0):
            index.commit()
        index.commit()
    if not was_whole:
        size = os.path.getsize(index_of(database))
        print(f"indexed in {time.monotonic() - started:.0f} s; the index has {size:,} bytes", flush=True)
