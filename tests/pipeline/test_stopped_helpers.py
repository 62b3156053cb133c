"""A helper that stands still is given up after a while, and its work is done; one that works for long is not."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fcm_tui import child
from fcm_tui.child import Helper
from fcm_tui.pipeline import scan_process
from fcm_tui.pipeline.ahead import WORTH_FILES, Ahead
from fcm_tui.pipeline.bulk import Bulk, BulkSettings
from fcm_tui.pipeline.bulk_process import BulkProcess
from fcm_tui.pipeline.scan_process import ScanProcess
from fcm_tui.pipeline.taking import Target
from fcm_tui.store.record import Record
from fcm_tui.watch.ignore import IgnoreRules
from fcm_tui.watch.scan import Findings, Scanner
from fcm_tui.watch.tree import Tree
from tests.pipeline import slow_helper
from tests.waiting import wait_for

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGSTOP")


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "PATIENCE", 2.0)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    for number in range(40):
        (folder / f"d{number % 4}").mkdir(parents=True, exist_ok=True)
        (folder / f"d{number % 4}" / f"f{number}").write_bytes(os.urandom(50_000))
    return folder


def paths_of(root: Path) -> list[bytes]:
    return sorted(os.fsencode(path) for path in root.rglob("*") if path.is_file())


def stop(helper: Helper) -> int:
    """Its process stands still from here on; its number."""
    assert helper._child is not None
    number = helper._child._process.pid
    os.kill(number, signal.SIGSTOP)
    return number


def is_gone(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_stopped_baseline_process_is_replaced(root: Path) -> None:
    settings = BulkSettings(os.fsencode(root), (), 1 << 20)
    wait_for(lambda: not Bulk(settings).take(paths_of(root)).restless)
    process = BulkProcess(settings)
    process.take(paths_of(root)[:1])
    number = stop(process)
    assert [file.path for file in process.take(paths_of(root)).files] == paths_of(root)
    assert is_gone(number)


def test_a_stopped_scan_process_leaves_nothing_unseen(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_process, "WORTH_FILES", 1)
    tree = Tree(os.fsencode(root))
    tree.fill((path, b"other") for path in paths_of(root))
    process = ScanProcess(root / "none.db")
    number = stop(process)
    found = Findings()
    process.scan_all(Scanner(tree, IgnoreRules(tree.root, ())), found)
    assert sorted(set(found.changed)) == paths_of(root)
    assert is_gone(number)


@pytest.fixture
def ahead(tmp_path: Path) -> Iterator[Ahead]:
    (tmp_path / "data").mkdir(mode=0o700)
    with Record(tmp_path / "data" / "record.db") as record, ThreadPoolExecutor(2) as pool:
        taker = Ahead(record.database, pool)
        yield taker
        taker.close()


def test_what_a_stopped_process_had_is_taken_here(
    root: Path, ahead: Ahead, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    ahead.expect(WORTH_FILES)
    wait_for(lambda: ahead.helpers == 2)
    numbers = [stop(process) for process in ahead._processes]
    targets = [Target(path, 1 << 20, False, None, 0) for path in paths_of(root)]
    taken = ahead.finish(ahead.begin(targets, False))
    assert [t.reading.path for t in taken] == paths_of(root)
    assert all(is_gone(number) for number in numbers)


@pytest.mark.slow
def test_a_process_that_works_for_long_is_waited_for() -> None:
    helper = Helper(slow_helper.__name__, slow_helper.serve.__name__, "5")
    try:
        assert helper.tell(b"question")
        assert helper.answer() == b"question"
    finally:
        helper.close()
