"""The log of 1,000,000 changes: looking for text, and the screen over it, at rest and while changes arrive.

The text is looked for with the index, then without it, and by `grep` in all changed lines as one text file, which
knows nothing of changes and their order. The screen is that of the program in a real terminal.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from unittest.mock import patch

from fcm_tui.store.database import open_reader
from fcm_tui.store.reading.filters import Filters
from fcm_tui.store.reading.queries import Reader
from fcm_tui.store.reading.text_search import TextSearch
from tests.benchmarks.log_record import many_changes
from tests.benchmarks.pairs import heading
from tests.benchmarks.scale import Scale

SEARCH = 0.2
"""Seconds: the goal for an answer."""
PAGE = 256


def run(scale: Scale) -> list[str]:
    """Text, then the screen."""
    heading("the log of very many changes")
    data = many_changes(scale)
    told = _search(scale, data / "record.db")
    if sys.platform != "win32":
        from tests.benchmarks import log_screen

        told += log_screen.run(scale, data)
    return told


def _search(scale: Scale, database: Path) -> list[str]:
    texts = _texts(database)
    dump = scale.work / "all-lines.txt"
    _dump(database, dump)
    taken: dict[str, list[list[float]]] = {name: [[], [], []] for name in texts}
    with closing(Reader(database)) as reader:
        for _ in range(scale.runs):
            for name, text in texts.items():
                page = lambda text=text: reader.log(Filters(text=text), limit=PAGE)  # noqa: E731
                found, seconds = _timed(page)
                taken[name][0].append(seconds)
                with patch.object(TextSearch, "offer", return_value=None):
                    scanned, seconds = _timed(page)
                taken[name][1].append(seconds)
                if found != scanned:
                    raise RuntimeError(f"the index finds something else than a scan: {name}")
                taken[name][2].append(_timed(lambda text=text: _grep(text, dump))[1])  # type: ignore[misc]
    dump.unlink()
    told = []
    for name, text in texts.items():
        indexed, scanned_s, grep = (statistics.median(runs) * 1000 for runs in taken[name])
        goal = f" (goal {SEARCH * 1000:.0f}: {'met' if indexed <= SEARCH * 1000 else 'MISSED'})"
        told.append(
            f"text:{json.dumps(text)} ({name}): {indexed:,.1f} ms{goal}, without the index {scanned_s:,.1f} ms,"
            f" grep {grep:,.1f} ms"
        )
        print(told[-1], flush=True)
    return told


def _texts(database: Path) -> dict[str, str]:
    with closing(open_reader(database)) as connection:
        (old,) = connection.execute(
            "SELECT affected_lines FROM differences WHERE rowid = (SELECT max(rowid) / 20 FROM differences)"
        ).fetchone()
    return {
        "rare and old": old.strip(),
        "frequent": "change",
        "absent": "zebra crossing",
        "absent, of frequent pieces": "change of change",
        "two letters": "of",
    }


def _dump(database: Path, path: Path) -> None:
    with closing(open_reader(database)) as connection, open(path, "w", encoding="utf-8") as file:
        for affected, replaced in connection.execute(
            "SELECT affected_lines, replaced_lines FROM differences ORDER BY rowid DESC"
        ):
            file.write(affected + (replaced or ""))


def _grep(text: str, path: Path) -> None:
    subprocess.run(["grep", "-F", "-m", f"{PAGE}", "-e", text, str(path)], stdout=subprocess.DEVNULL)


def _timed(work: Callable[[], object]) -> tuple[object, float]:
    started = time.perf_counter()
    found = work()
    return found, time.perf_counter() - started
