"""Who made a change is found by the filter, and shown by log, status and diff."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fcm_tui.query.parse import parse
from fcm_tui.review.documents.document import facts
from fcm_tui.store.reading.filters import Filters
from fcm_tui.who.words import info_of, names
from tests.privilege import needs_fanotify
from tests.recording.harness import Recording, fast
from tests.who.test_recording import Worker


@needs_fanotify
async def test_the_filter_finds_processes_and_users(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    os.chown(root, 65534, 65534)
    (tmp_path / "data").mkdir()
    recording = Recording(tmp_path / "data" / "record.db", [root], fast("fanotify"))
    async with recording.running():
        with Worker(root) as one, Worker(root) as other:
            await other.do("os.setuid(65534)")
            await one.do("open('/proc/self/comm', 'w').write('editor')")
            await one.do("open('by-one', 'w').close()")
            await other.do("open('by-other', 'w').close()")
            await recording.has("created", "by-one")
            change = await recording.has("created", "by-other")
    import pwd  # not there on Windows

    nobody = pwd.getpwuid(65534).pw_name
    with recording.reader() as reader:

        def found(text: str) -> set[str]:
            filters = Filters(terms=parse(text, {}))
            return {os.path.basename(os.fsdecode(change.path)) for change in reader.iterate(filters)}

        assert found(f"by:[{other.pid}]") == {"by-other"}
        assert found(f"by:{nobody}") == {"by-other"}
        assert found("by:EDITOR") == {"by-one"}
        assert found("!by:editor") == {"by-other"}
        assert found("by:nothing-of-the-kind") == set()
    about = " ".join(facts(change))
    assert f"user {nobody}" in about and f"[{os.getpid()}]" in about and f"[{other.pid}] of {nobody}" in about


@pytest.mark.parametrize(
    "stored", ["", "{", "[1]", "7", '"x"', "null", '{"how": 7, "user": ["x"]}', "[" * 5000]
)
def test_what_a_hostile_record_says_of_processes_breaks_nothing(stored: str, tmp_path: Path) -> None:
    from fcm_tui.who.words import facts as words

    assert isinstance(words(stored), list)
    assert info_of(stored) is None or isinstance(info_of(stored), dict)


_WITHOUT = (
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(24, 21, 0, 0, 0); os.execv(sys.argv[1], sys.argv[1:])"
)
"""Drops CAP_SYS_ADMIN for good, and goes on as another program."""


@needs_fanotify
@pytest.mark.parametrize("may", [True, False])
async def test_the_status_says_what_watches_each_root(may: bool, tmp_path: Path) -> None:
    config = tmp_path / "fcm.toml"
    config.write_text(
        f"[[roots]]\npath = '{tmp_path}/root'\n[[roots]]\npath = '{tmp_path}/polled'\npoll = true\n"
    )
    for name in ("root", "polled"):
        (tmp_path / name).mkdir()
    program = [sys.executable, "-m", "fcm_tui", "--data-dir", str(tmp_path / "data"), "--config", str(config)]
    start = program if may else [sys.executable, "-c", _WITHOUT, *program]
    recorder = await asyncio.create_subprocess_exec(*start, "record", stdout=subprocess.PIPE)
    try:
        assert recorder.stdout is not None
        assert (await recorder.stdout.readline()).startswith(b"ready:")
        told = [
            subprocess.run([*program, "status", *more], capture_output=True, text=True, check=True).stdout
            for more in (["--json"], [])
        ]
    finally:
        recorder.terminate()
        await recorder.wait()
    watched = {Path(root["path"]).name: root["watched_by"] for root in json.loads(told[0])["roots"]}
    assert watched["polled"] == "poll"
    if may:
        assert watched["root"] == "fanotify"
    else:
        assert watched["root"].startswith("inotify, as fanotify cannot: it takes CAP_SYS_ADMIN")
    assert f"(watched by {watched['root']})" in told[1]


@pytest.mark.parametrize(
    ("process", "wanted"),
    [
        ("vim[12]", ["vim"]),
        ("sed[14], vim[12], sed[15] +2", ["sed", "vim"]),
        ("vim[12]?", ["vim"]),
        ("[12]", []),
        ("a b, c[d][12], e[7]", ["a b, c[d]", "e"]),
        (None, []),
    ],
)
def test_programs_without_their_numbers(process: str | None, wanted: list[str]) -> None:
    assert names(process) == wanted
