"""A recorder that runs out of descriptors or memory, told by the system while it runs, and what comes after."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.faults.conftest import Program
from tests.recording.harness import disk
from tests.waiting import wait_for

if sys.platform != "linux":
    pytest.skip("limits of a running process are set on Linux alone", allow_module_level=True)

import resource

pytestmark = pytest.mark.slow


def limit(program: Program, what: int, soft: int) -> None:
    """Set the limit of the running recorder."""
    assert program.process is not None
    _, hard = resource.prlimit(program.process.pid, what)
    resource.prlimit(program.process.pid, what, (soft, hard))


async def test_without_descriptors_nothing_is_recorded_wrongly_and_all_is_afterwards(
    program: Program,
) -> None:
    (program.root / "folder").mkdir()
    (program.root / "folder" / "file").write_text("before\n")
    program.recording.baseline = disk(program.root)
    program.start()
    limit(program, resource.RLIMIT_NOFILE, 3)
    (program.root / "folder" / "file").write_text("after\n")
    (program.root / "new").write_text("new\n")
    said = wait_for(program.trouble)
    assert "recording stands still: Too many open files" in said
    assert program.run("log").stdout.count("created") == 0
    limit(program, resource.RLIMIT_NOFILE, 1024)
    await program.recording.settled()
    assert program.closed_gap("Too many open files")["changes_found"] == 2
    assert {c.capture for c in program.recording.changes()} == {"stored"}
    wait_for(lambda: not program.trouble())
    assert program.end() == 0
    program.run("verify")


async def test_without_memory_recording_stands_still_and_goes_on(program: Program) -> None:
    large = program.root / "large"
    large.write_bytes(b"")
    program.recording.baseline = disk(program.root)
    program.start()
    assert program.process is not None
    pages = int(Path(f"/proc/{program.process.pid}/statm").read_text().split()[0])
    limit(program, resource.RLIMIT_AS, pages * resource.getpagesize() + (16 << 20))
    large.write_bytes(os.urandom(60 << 20))
    said = wait_for(program.trouble, 90)  # where the disk is busy it has taken 44 s
    (program.root / "small").write_text("small\n")
    assert "recording stands still" in said and "memory" in said
    limit(program, resource.RLIMIT_AS, resource.RLIM_INFINITY)
    await program.recording.settled()
    assert program.closed_gap("memory")["changes_found"] == 2
    assert {c.capture for c in program.recording.changes()} == {"stored"}
    assert program.end() == 0
    program.run("verify")
