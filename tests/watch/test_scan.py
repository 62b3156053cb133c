"""A scan tells where disk and tree differ, whoever does it, and never looks through a link."""

from __future__ import annotations

import os
import random
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fcm_tui.watch import scan_process
from fcm_tui.watch.ignore import IgnoreRules
from fcm_tui.watch.scan import Findings, Scanner
from fcm_tui.watch.scan_process import ScanProcess
from fcm_tui.watch.stamp import stamp
from fcm_tui.watch.tree import Tree

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="Windows needs a privilege for links")
FILES = 400


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Some hundred files in folders three deep."""
    folder = tmp_path / "root"
    for number in range(FILES):
        path = folder / f"a{number % 3}" / f"b{number % 7}" / f"c{number % 5}" / f"{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{number}\n")
    (folder / "top").write_text("top\n")
    return folder


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    (folder / "b1").mkdir(parents=True)
    (folder / "foreign").write_text("not ours\n")
    (folder / "b1" / "foreign").write_text("not ours\n")
    return folder


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScanProcess]:
    monkeypatch.setattr(scan_process, "WORTH_FILES", 1)
    started = ScanProcess()
    yield started
    started.close()


def scanner_of(root: Path, armed: list[bytes] | None = None) -> Scanner:
    """A scanner whose tree is what stands on the disk now."""
    tree = Tree(os.fsencode(root))
    for folder, _, names in os.walk(os.fsencode(root)):
        tree.fill((path, stamp(os.lstat(path))) for path in (os.path.join(folder, name) for name in names))
    return Scanner(
        tree, IgnoreRules(os.fsencode(root), ["*.tmp"]), arm=None if armed is None else armed.append
    )


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


@needs_links
@pytest.mark.parametrize("hint", ["a0", "a0/b1", "a0/b1/c1"])
def test_a_hint_at_what_became_a_link_looks_where_the_link_stands(
    root: Path, outside: Path, hint: str
) -> None:
    scanner = scanner_of(root)
    shutil.rmtree(root / "a0")
    (root / "a0").symlink_to(outside)
    found = Findings()
    scanner.scan_hinted([(os.fsencode(root / hint), True)], found)
    assert found.changed == [os.fsencode(root / "a0")]
    assert found.folders_gone == [os.fsencode(root / "a0")]


def test_hints_at_folders_that_are_gone_cost_one_look(root: Path) -> None:
    scanner = scanner_of(root)
    top = os.fsencode(root)
    stale = [
        (os.path.join(top, b"t%d" % number, *rest), True) for number in range(500) for rest in ([], [b"a"])
    ]
    (root / "new" / "deep").mkdir(parents=True)
    (root / "new" / "deep" / "file").write_text("x\n")
    found = Findings()
    scanner.scan_hinted(stale, found)
    assert found.folders_seen == 3  # the root, and what is new in it
    assert found.changed == [os.fsencode(root / "new" / "deep" / "file")]


@pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux'")
def test_folders_are_armed_while_others_move_away(tmp_path: Path) -> None:
    from fcm_tui.watch.inotify import InotifySource

    root = os.fsencode(tmp_path)
    folders = [os.path.join(root, b"%d" % number) for number in range(700)]
    for folder in folders:
        os.mkdir(folder)
    source = InotifySource([root])
    try:
        arming = threading.Thread(target=lambda: [source.arm(folder) for folder in folders])
        arming.start()
        while arming.is_alive():
            for folder in folders[::150]:
                source._drop(folder)
        arming.join()
    finally:
        source.close()
