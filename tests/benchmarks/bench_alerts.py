"""What alerts cost while recording: 20 rules against none, at 1,000 changes a second and as fast as possible."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from fcm_tui.alerts.evaluator import Evaluator
from fcm_tui.alerts.journal import Journal
from fcm_tui.alerts.rules import rules_of
from fcm_tui.settings.config import load
from fcm_tui.store.reading.ends import Ends
from fcm_tui.store.reading.queries import Reader
from tests.benchmarks.pairs import heading
from tests.benchmarks.recording import Watcher, processor_seconds, recording
from tests.benchmarks.scale import Scale

RATE = 1000
"""Changes in a second."""
RULES = 20
_FILTERS = (
    "*.conf", "src/**/test_*", "kind:deleted", "is:secret", "size:>1MB", "by:nobody", "etc/ kind:modified",
    'text:"no line has this"', "+>1000 !by:vim", "payroll",
)  # fmt: skip
OFF = "[alerts]\non = false\n"


def rules() -> str:
    """The configuration of 20 rules, of every kind of condition: five are shipped."""
    own = [
        f"[[alerts.rules]]\nname = \"rule{number}\"\nfilter = '{_FILTERS[number % len(_FILTERS)]}'\n"
        f"rate = 'more than {20 + number} in 5m'\n"
        for number in range(RULES - 5)
    ]
    return "\n".join(own)


def run(scale: Scale) -> list[str]:
    """In turn, each on a fresh record: so many changes at a rate, then as many as fast as possible."""
    changes = 500 if scale.quick else 10_000
    heading(f"{changes:,} changes with {RULES} rules and with none, recorded")
    sides = {f"{RULES} rules": rules(), "no rules": OFF}
    steady: dict[str, list[float]] = {side: [] for side in sides}
    fast: dict[str, list[float]] = {side: [] for side in sides}
    for _ in range(scale.runs):
        for side, toml in sides.items():
            share, rate = _one(scale, toml, changes)
            steady[side].append(share)
            fast[side].append(rate)
            print(
                f"{side}: {share:.0%} of a core at {RATE:,} changes/s; {rate:,.0f} changes/s at most",
                flush=True,
            )
    alone = _alone(scale)
    print(f"asking {RULES} rules alone: {alone:,.0f} changes/s of processor time", flush=True)
    (with_, without), (quick_with, quick_without) = (
        [statistics.median(found[side]) for side in sides] for found in (steady, fast)
    )
    scale.drop("watched", "data")
    return [
        f"at {RATE:,} changes/s {with_:.0%} of a core with {RULES} rules, {without:.0%} with none",
        f"{alone:,.0f} changes/s of processor time are asked of {RULES} rules alone",
        f"{quick_with:,.0f} changes/s with {RULES} rules, {quick_without:,.0f} with none",
    ]


def _one(scale: Scale, toml: str, changes: int) -> tuple[float, float]:
    """Processor seconds a second at the rate, and changes a second as fast as possible."""
    tree, data = scale.fresh("watched"), scale.fresh("data")
    files = [tree / f"folder {number % 20}" / f"{number}.txt" for number in range(min(changes, 2000))]
    for path in files:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"first\n")
    with recording(data, tree, toml) as pid, Watcher(data, pause=0.01) as watcher:
        began, used = time.perf_counter(), processor_seconds(pid) or 0.0
        wanted: dict[Path, bytes] = {}
        for number in range(changes):
            time.sleep(max(0.0, began + number / RATE - time.perf_counter()))
            _change(files[number % len(files)], number, wanted)
        watcher.until(wanted, 0)
        share = ((processor_seconds(pid) or 0.0) - used) / (time.perf_counter() - began)
        sequence, began = watcher.sequence(), time.perf_counter()
        for number in range(len(files)):
            _change(files[number], changes + number, wanted)
        ended = watcher.until(wanted, sequence)
    return share, len(files) / (ended - began)


def _alone(scale: Scale) -> float:
    """Changes a second of processor time that rules can be asked of, in the record of the last run."""
    database = scale.work / "data" / "record.db"
    toml = scale.work / "rules.toml"
    toml.write_text(rules(), "utf-8")
    with Journal(scale.fresh("journal") / "alerts") as journal:
        evaluator = Evaluator(database, rules_of(load(toml)), journal, Ends(0, 0))
        began = time.process_time()
        evaluator.look()
        used = time.process_time() - began
        evaluator.close()
        reached = journal.reached(recorder_of(database))
    scale.drop("journal")
    return (reached or (0, 0))[0] / used


def recorder_of(database: Path) -> bytes:
    """The recorder whose record it is."""
    with Reader(database) as reader:
        recorder = reader.recorder()
        assert recorder is not None
        return recorder.recorder_id


def _change(path: Path, number: int, wanted: dict[Path, bytes]) -> None:
    content = b"first\nchange %d\n" % number
    path.write_bytes(content)
    wanted[path] = content
