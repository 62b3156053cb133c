"""A scan shared with a process finds what a scan finds, whatever becomes of the process."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from fcm_tui.pipeline import scan_process
from fcm_tui.pipeline.scan_process import ScanProcess
from fcm_tui.pipeline.session import Session
from fcm_tui.settings.config import Settings
from fcm_tui.store.filling import filling_mark
from fcm_tui.watch.ignore import IgnoreRules
from fcm_tui.watch.scan import Findings, Scanner
from fcm_tui.watch.tree import Tree
from tests.watch.trees import needs_links, outside, root, scanner_of

__all__ = ["outside", "root"]


@pytest.fixture
def record(root: Path, tmp_path: Path) -> Path:
    """What is recorded of the tree as it stands."""
    database = tmp_path / "data" / "record.db"
    database.parent.mkdir(mode=0o700)
    settings = replace(Settings(), ignore=("*.tmp",))
    with ThreadPoolExecutor(2) as pool:
        session = Session(database, settings, [os.fsencode(root)], pool)
        session.catch_up(patient=False)
        session.close()
    return database


@pytest.fixture
def process(record: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScanProcess]:
    monkeypatch.setattr(scan_process, "WORTH_FILES", 1)
    started = ScanProcess(record)
    yield started
    started.close()


def told(findings: Findings) -> dict[str, set[bytes]]:
    """What a pass makes of it; how often it was found does not matter."""
    return {
        "changed": set(findings.changed),
        "vanished": set(findings.vanished),
        "gone": set(findings.folders_gone),
    }


def disturb(root: Path, seed: int) -> None:
    """Edits, new files and folders, deletions, folders gone, replaced and moved."""
    dice = random.Random(seed)
    files = sorted(path for path in root.rglob("*") if path.is_file())
    for path in dice.sample(files, 40):
        match dice.randrange(4):
            case 0:
                path.write_text("edited, and longer than before\n")
            case 1:
                path.unlink()
            case 2:
                (path.parent / "new" / "deeper").mkdir(parents=True, exist_ok=True)
                (path.parent / "new" / "deeper" / f"{path.name}.txt").write_text("new\n")
                (path.parent / "new" / "ignored.tmp").write_text("x")
            case _:
                path.unlink()
                path.mkdir()
                (path / "inside").write_text("was a file\n")
    folders = sorted({path.parent for path in files})
    for folder in dice.sample(folders, 5):
        shutil.rmtree(folder)
    shutil.rmtree(root / f"a{dice.randrange(3)}" / f"b{dice.randrange(7)}")


@pytest.mark.parametrize("seed", range(6))
def test_a_shared_scan_finds_what_a_scan_finds(root: Path, process: ScanProcess, seed: int) -> None:
    alone, shared = scanner_of(root), scanner_of(root)
    disturb(root, seed)
    expected, found = Findings(), Findings()
    alone.scan_all(expected)
    process.scan_all(shared, found)
    assert process.is_alive
    assert told(found) == told(expected)
    assert expected.changed and expected.vanished and expected.folders_gone


def test_every_folder_is_armed_whoever_lists_it(root: Path, process: ScanProcess) -> None:
    armed: list[bytes] = []
    scanner = scanner_of(root, armed)
    (root / "a0" / "b0" / "new" / "deep").mkdir(parents=True)
    (root / "a1" / "b1" / "new" / "deep").mkdir(parents=True)
    (root / "a2" / "b2" / "new" / "deep").mkdir(parents=True)
    process.scan_all(scanner, Findings())
    assert set(armed) == {os.fsencode(folder) for folder, _, _ in os.walk(root)}


def test_where_the_process_dies_nothing_is_missed(root: Path, process: ScanProcess) -> None:
    alone, shared = scanner_of(root), scanner_of(root)
    disturb(root, 1)
    process.kill()
    expected, found = Findings(), Findings()
    alone.scan_all(expected)
    process.scan_all(shared, found)
    assert told(found) == told(expected)


def test_a_process_that_knows_another_tree_is_not_relied_on(root: Path, process: ScanProcess) -> None:
    """What it read may be older than what the caller has."""
    (root / "a1" / "b1" / "c1" / "recorded since").write_text("x\n")
    (root / "a2" / "b1" / "c1" / "recorded since").write_text("x\n")
    (root / "a0" / "b1" / "c1" / "recorded since").write_text("x\n")
    scanner = scanner_of(root)
    found, again = Findings(), Findings()
    process.scan_all(scanner, found)
    assert process.is_alive
    assert told(found) == told(Findings())
    process.scan_all(Scanner(Tree(b"/another"), IgnoreRules(b"/another", ())), again)
    assert process.is_alive


def test_without_a_record_to_be_read_nothing_is_missed(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan_process, "WORTH_FILES", 1)
    alone, shared = scanner_of(root), scanner_of(root)
    disturb(root, 2)
    expected, found = Findings(), Findings()
    alone.scan_all(expected)
    process = ScanProcess(tmp_path / "none.db")
    process.scan_all(shared, found)
    process.close()
    assert told(found) == told(expected)


@needs_links
@pytest.mark.parametrize("name", ["a0", "a1", "a2", "a0/b1", "a1/b2", "a2/b1"])
def test_a_shared_scan_looks_through_no_link(
    root: Path, outside: Path, process: ScanProcess, name: str
) -> None:
    scanner = scanner_of(root)
    lost = {os.fsencode(path) for path in (root / name).rglob("*") if path.is_file()}
    shutil.rmtree(root / name)
    (root / name).symlink_to(outside)
    found = Findings()
    process.scan_all(scanner, found)
    assert set(found.changed) == {os.fsencode(root / name)}
    assert set(found.vanished) == lost


@pytest.mark.parametrize("state", ["stands", "first look broken off", "other roots"])
def test_one_pass_begins_the_process_before_it_opens_the_record(
    root: Path, record: Path, outside: Path, state: str
) -> None:
    disturb(root, 3)
    data, mark, roots = record.parent, filling_mark(record), [root]
    if state == "first look broken off":
        mark.write_bytes(b"")
    elif state == "other roots":
        roots.append(outside)
    program = (
        "import sys; from fcm_tui import cli; from fcm_tui.pipeline import scan_process;"
        " scan_process.WORTH_BYTES = 0; scan_process.WORTH_FILES = 1; sys.exit(cli.main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", program, "--data-dir", str(data), "record", "--once", *map(str, roots)]
    for _ in range(2):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"ready: {len(roots)} roots")
    told = done.stderr
    assert "changes recorded" not in told, "the first pass found all of it"
    assert not mark.exists()
