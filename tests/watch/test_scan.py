"""A scan tells where disk and tree differ, and never looks through a link."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from pathlib import Path

import pytest

from fcm_tui.watch.scan import Findings
from tests.watch.trees import needs_links, outside, root, scanner_of

__all__ = ["outside", "root"]


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
