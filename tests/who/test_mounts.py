"""fanotify as a source where file systems are mounted: before, while and after, and taken away again."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.mounting import Mount
from tests.privilege import needs_fanotify
from tests.waiting import eventually
from tests.who.test_recording import Worker, told

if sys.platform != "linux":
    pytest.skip("fanotify is Linux's", allow_module_level=True)

from fcm_tui.watch.fanotify import FanotifySource
from fcm_tui.watch.mounts import is_remounted, mount_table, mounted_in
from tests.who.test_sources import recording_of, whose

pytestmark = needs_fanotify


@pytest.mark.parametrize("kind", ["tmpfs", "overlay", "bind"])
async def test_file_systems_of_many_kinds(tmp_path: Path, mount: Mount, kind: str) -> None:
    root = tmp_path / "root"
    if kind == "overlay":
        mount(tmp_path / "layers", "-t", "tmpfs", "tmpfs")
        for name in ("lower", "upper", "work"):
            (tmp_path / "layers" / name).mkdir()
        layers = ",".join(f"{name}dir={tmp_path / 'layers' / name}" for name in ("lower", "upper", "work"))
        mount(root, "-t", "overlay", "-o", layers, "overlay")
    elif kind == "tmpfs":
        mount(root, "-t", "tmpfs", "tmpfs")
    else:
        (tmp_path / "there").mkdir()
        mount(root, "--bind", str(tmp_path / "there"))
    recording = recording_of(tmp_path, root)
    async with recording.running() as recorder:
        sources = recorder._source
        assert isinstance(sources, FanotifySource)
        if sources.knows_who(os.fsencode(root)):
            assert await whose(recording, root) == ("event", True)
            if kind == "bind":
                assert await whose(recording, tmp_path / "there", "other") == ("event", True)
        else:  # then inotify does it, and the status says why
            assert sources.sources[os.fsencode(root)].startswith(
                "inotify, as fanotify cannot: its file system"
            )
            with Worker(root) as worker:
                await worker.do("open('file', 'w').write('x')")
                await recording.has("created", "file")


async def test_what_is_mounted_in_a_root_is_watched_too(tmp_path: Path, mount: Mount) -> None:
    root = tmp_path / "root"
    root.mkdir()
    mount(root / "a b", "-t", "tmpfs", "tmpfs")
    assert mounted_in([os.fsencode(root)], mount_table()) == [os.fsencode(root / "a b")]
    recording = recording_of(tmp_path, root)
    async with recording.running():
        assert await whose(recording, root, "a b/file") == ("event", True)
        assert await whose(recording, root, "other") == ("event", True)


async def test_what_is_mounted_later_is_found_and_watched(tmp_path: Path, mount: Mount) -> None:
    root = tmp_path / "root"
    (root / "late").mkdir(parents=True)
    recording = recording_of(tmp_path, root)
    async with recording.running():
        assert await whose(recording, root) == ("event", True)
        mount(root / "late", "-t", "tmpfs", "tmpfs")
        (root / "late" / "early").write_text("x")
        await recording.has("created", "early")
        await recording.settled()
        with Worker(root) as worker:
            await worker.do("open('late/more', 'w').write('x')")
            change = await recording.has("created", "more")
            assert told(change)["pid"] == worker.pid


@pytest.mark.parametrize("where", [".", "stick"])
async def test_what_is_watched_can_be_unmounted_and_comes_back(
    tmp_path: Path, mount: Mount, where: str
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    stick, before = root / where, tmp_path / "before"
    mount(before, "-t", "tmpfs", "tmpfs")  # holds the file system, so that it comes back as it was
    mount(stick, "--bind", str(before))
    recording = recording_of(tmp_path, root)
    async with recording.running():
        assert await whose(recording, stick) == ("event", True)
        (stick / "kept").write_text("x")
        await recording.has("created", "kept")
        # Who looks into it holds it for that moment, as any program would.
        await eventually(lambda: subprocess.run(["umount", str(stick)], capture_output=True).returncode == 0)
        (before / "later").write_text("x")
        mount(stick, "--bind", str(before))
        await recording.has("created", "later")
        assert await whose(recording, stick, "again") == ("event", True)


def test_what_went_and_came_back_is_seen_in_no_table_or_in_its_order() -> None:
    lines = [
        b"%d 1 8:1 / %b rw - ext4 /dev/sda1 rw" % (number, point)
        for number, point in enumerate((b"/", b"/home", b"/home/ann/root/in", b"/mnt"), 20)
    ]
    above, home, inner, other = lines
    places = [b"/home/ann/root"]

    def is_so(before: list[bytes], after: list[bytes]) -> bool:
        return is_remounted(places, b"\n".join(before), b"\n".join(after))

    assert is_so(lines, lines)  # Linux has told of a change
    assert is_so([above, home, other], lines) and is_so(lines, [above, home, other])
    assert is_so([above, inner, other], lines)
    assert is_so([above, home, inner, other], [above, inner, other, home])
    assert not is_so([above, home, inner], lines)
    assert not is_so(lines, [above, home, inner])


async def test_a_root_that_was_away_for_a_moment_is_looked_through(
    tmp_path: Path, mount: Mount, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, before = tmp_path / "root", tmp_path / "before"
    root.mkdir()
    mount(before, "-t", "tmpfs", "tmpfs")
    mount(root, "--bind", str(before))
    source = FanotifySource([os.fsencode(root)])
    back, renew = threading.Event(), source._renew

    def renew_late(*, mounted: bool = False) -> None:
        back.wait(20)
        renew(mounted=mounted)

    monkeypatch.setattr(source, "_renew", renew_late)
    source.start()
    try:
        await eventually(lambda: source.catch_up(0.1))
        assert not source.take().lost
        assert subprocess.run(["umount", str(root)]).returncode == 0
        mount(root, "--bind", str(before))
        back.set()
        await eventually(lambda: source.take().lost == "a file system was mounted or unmounted")
    finally:
        back.set()
        source.close()
