"""Restores while another process swaps folders and files for links that lead elsewhere, as quickly as it can."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.restore.conftest import Case

if sys.platform == "win32":
    pytest.skip("POSIX links", allow_module_level=True)

SWAPPER = """
import os, sys
root, outside, kind = sys.argv[1:]
folder, aside = os.path.join(root, "d"), os.path.join(root, "aside.swp")
file, link = os.path.join(folder, "a"), os.path.join(root, "link.swp")
print("swapping", flush=True)
while True:
    try:
        if kind == "folder":
            os.rename(folder, aside)
            os.symlink(outside, folder)
            os.unlink(folder)
            os.rename(aside, folder)
        elif kind == "exchanged":
            os.symlink(outside, link)
            os.rename(folder, aside)
            os.rename(link, folder)
            os.rename(folder, link)
            os.rename(aside, folder)
            os.unlink(link)
        elif kind == "inner":
            inner = os.path.join(folder, "new")
            os.symlink(outside, inner)
            os.unlink(inner)
        else:
            os.symlink(os.path.join(outside, "a"), link)
            os.rename(link, file)
    except OSError:
        if os.getppid() == 1:
            raise
"""


@contextmanager
def swapping(root: Path, outside: Path, kind: str) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-c", SWAPPER, str(root), str(outside), kind], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"swapping\n"
        yield
        assert process.poll() is None, "it swapped until the end"
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["folder", "exchanged", "inner", "file"])
def test_nothing_is_written_through_a_link_that_comes_and_goes(case: Case, tmp_path: Path, kind: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a").write_text("outside\n")
    os.utime(outside / "a", ns=(5, 5))
    case.write("d/a", "one\n", 0o600)
    case.write("d/new/a", "one\n")
    case.record()
    case.write("d/a", "two\n", 0o640)
    (case.root / "d" / "new" / "a").unlink()
    (case.root / "d" / "new").rmdir()
    changes = case.record()
    then = case.moment()
    done = refused = 0
    with swapping(case.root, outside, kind):
        for _ in range(40):
            for arguments in (
                *([str(change.sequence), "--before", "--force"] for change in changes),
                [str(case.root), "--at", then, "--force", "--skip-missing"],
                ["1", "--to", str(case.root / "d" / "new" / "a"), "--force"],
            ):
                status = case.try_restore(*arguments)
                done += status == 0
                refused += status == 1
            assert sorted(os.listdir(outside)) == ["a"]
            assert (outside / "a").read_text() == "outside\n"
            state = (outside / "a").stat()
            assert (state.st_mtime_ns, state.st_nlink) == (5, 1)
    assert done, "some of them came through"
    print(f"{kind}: {done} restores done, {refused} refused")
