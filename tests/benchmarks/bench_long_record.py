"""Ten million changes against ten thousand: opening, recording, the log's first page, the screen's first look, a plan.

Writing the ten million takes half an hour and 12 GB; they are kept, and each run adds about a thousand.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

from fcm_tui.pipeline.engine import Look
from fcm_tui.pipeline.session import Session
from fcm_tui.settings.config import Retention, Settings
from fcm_tui.store.reading.filters import Filters
from fcm_tui.store.reading.queries import Reader
from fcm_tui.store.retention.plan import Plan
from tests.benchmarks.long_record import kept_record
from tests.benchmarks.pairs import heading, timed
from tests.benchmarks.recording import ours
from tests.benchmarks.scale import Scale

FEW, MANY = 10_000, 10_000_000
QUICK_FEW, QUICK_MANY = 1_000, 10_000
_HISTORY = 8
"""Changes of a file that are asked for: the shorter record has about as many, and a page of more takes longer."""
_AS_FAST = 1.5
"""Times the few changes' time that still count as the same."""


def run(scale: Scale) -> list[str]:
    """Each measure on both records in turn."""
    few, many = (QUICK_FEW, QUICK_MANY) if scale.quick else (FEW, MANY)
    heading(f"a record of {many:,} changes against one of {few:,}")
    cases: dict[str, list[list[float]]] = {}
    places = []
    for count in (few, many):
        place = scale.kept(f"changes-{count}")
        places.append(kept_record(place, count))
        print(f"{count:,} changes are kept in {place}, for the next time", flush=True)
    for _ in range(scale.runs):
        for side, (data, tree) in enumerate(places):
            for name, seconds in _measured(data, tree):
                cases.setdefault(name, [[], []])[side].append(seconds)
    for side, (data, _) in enumerate(places):  # once, and last: it takes minutes, and all of the page cache
        cases.setdefault(_PLAN, [[], []])[side].append(_seconds(partial(_plan, data / "record.db")))
    lines = []
    for name, (short, long) in cases.items():
        less, more = statistics.median(short), statistics.median(long)
        verdict = ""
        if name not in _FREE:
            verdict = f"; goal: at most {_AS_FAST:g}: {'met' if more <= _AS_FAST * less else 'MISSED'}"
        lines.append(
            f"{name:<34} {less * 1000:9.1f} ms {more * 1000:9.1f} ms  {more / less:.2f} times{verdict}"
        )
        print(lines[-1], flush=True)
    return lines


_PLAN = "a plan of retention"
_FREE = {_PLAN}
"""These may take longer where there is more to look at."""


def _measured(data: Path, tree: Path) -> list[tuple[str, float]]:
    """Seconds of each measure, by name."""
    database = data / "record.db"
    found = [
        (f"`{' '.join(words)}`", timed(ours(data, *words, *more)).wall)
        for words, more in (
            (("record", "--once"), [str(tree)]),
            (("log", "--limit", "200"), []),
            (("log", "--limit", "200", "--json"), [str(tree / "03")]),
            (("status",), []),
        )
    ]
    with closing(Reader(database)) as reader:
        root = reader.roots()[0]
        found += [
            ("screen: the first page", _seconds(lambda: reader.log(limit=256))),
            (
                "screen: a file's history",
                _seconds(lambda: reader.log(Filters(path=root.path + b"/03/file0003.txt"), limit=_HISTORY)),
            ),
            ("screen: the roots", _seconds(reader.roots)),
            ("screen: the root's folders", _seconds(lambda: reader.folder(root.root_id, root.path))),
            ("screen: a folder's files", _seconds(lambda: reader.folder(root.root_id, root.path + b"/03"))),
        ]
    return found + _recorded(database, tree)


def _plan(database: Path) -> None:
    with Plan.of(database, Retention(thin=True)):
        pass


def _recorded(database: Path, tree: Path) -> list[tuple[str, float]]:
    """One change, and a thousand at once, from the look to the committed rows."""
    dice = random.Random(time.time_ns())
    with ThreadPoolExecutor(2) as pool:
        session = Session(database, Settings(), [bytes(tree)], pool)
        session.catch_up(patient=False)
        paths = sorted(path for path in tree.rglob("*") if path.is_file())

        def change(changed: list[Path]) -> float:
            for path in changed:
                lines = path.read_bytes().split(b"\n", 1)
                path.write_bytes(b"now %d\n" % dice.getrandbits(60) + lines[-1])
            before = session.record.sequence
            seconds = _seconds(
                lambda: session.engine.run(
                    Look(folders={bytes(path.parent) for path in changed}), patient=False
                )
            )
            if session.record.sequence != before + len(changed):
                raise RuntimeError("not every change was recorded")
            return seconds

        one = statistics.median(change([dice.choice(paths)]) for _ in range(9))
        burst = change(paths)
        session.close()
    return [("one change recorded", one), ("1,000 changes recorded", burst)]


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
