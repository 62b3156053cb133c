"""A recorder at work takes up other roots, patterns and limits; nothing that happens meanwhile is lost in silence."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from fcm_tui.errors import ConfigError
from fcm_tui.model import ANEW
from fcm_tui.recorder import Recorder
from fcm_tui.settings.config import Settings, load
from fcm_tui.settings.follow import Follower, roots_after, take_up
from fcm_tui.store.reading.queries import Reader
from tests.waiting import eventually


def changed(follower: Follower) -> Settings | None:
    """What it tells of a file that was written just now."""
    assert follower.changed() is None
    return follower.changed()


def _paths(database: Path) -> list[str]:
    with Reader(database) as reader:
        return [os.path.basename(os.fsdecode(change.path)) for change in reader.iterate()]


async def test_new_roots_and_patterns_are_taken_up(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    (second / "old.txt").write_text("was here")
    file = tmp_path / "fcm.toml"
    file.write_text(f"[[roots]]\npath = '{first}'\n")
    before = load(file)
    database = tmp_path / "record.db"
    recorder = Recorder(database, before, [os.fsencode(first)])
    follower = Follower(file, before)
    running = asyncio.create_task(recorder.run())
    try:
        await recorder.ready()
        assert follower.changed() is None
        file.write_text(
            f"[ignore]\npatterns = ['*.tmp']\n[[roots]]\npath = '{first}'\n[[roots]]\npath = '{second}'\n"
        )
        after = changed(follower)
        assert after is not None and follower.changed() is None
        assert await take_up(recorder, before, after, []) == []
        await eventually(lambda: recorder.state.roots == 2 and recorder.state.phase == "recording")
        (first / "noise.tmp").write_text("x")
        (second / "new.txt").write_text("y")
        (second / "old.txt").write_text("was changed")
        await eventually(lambda: {"new.txt", "old.txt"} <= set(_paths(database)))
        assert "noise.tmp" not in _paths(database)
        with Reader(database) as reader:
            assert [gap.reason for gap in reader.gaps(10)] == [ANEW]

        file.write_text(f"[[roots]]\npath = '{second}'\n")
        last = changed(follower)
        assert last is not None
        assert await take_up(recorder, after, last, []) == []
        await eventually(lambda: recorder.state.roots == 1 and recorder.state.phase == "recording")
        (first / "unseen.txt").write_text("x")
        (second / "seen.txt").write_text("y")
        await eventually(lambda: "seen.txt" in _paths(database))
        assert "unseen.txt" not in _paths(database)
    finally:
        recorder.stop()
        await running


async def test_what_only_the_screen_knows_does_not_begin_recording_anew(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    file = tmp_path / "fcm.toml"
    file.write_text("theme = 'dark'\n")
    before = load(file)
    recorder = Recorder(tmp_path / "record.db", before, [os.fsencode(tmp_path / "work")])
    file.write_text("theme = 'light'\n[keys]\nquit = 'Q'\n[encryption]\nkey = 'keyring'\n")
    said = await take_up(recorder, before, load(file), [])
    assert recorder._wanted is None
    assert said == ["encryption counts from the next start on"]


def test_folders_that_cannot_be_are_told(tmp_path: Path) -> None:
    file = tmp_path / "fcm.toml"
    file.write_text(f"[[roots]]\npath = '{tmp_path}/none'\n[[roots]]\npath = '{tmp_path}'\n")
    found = roots_after([b"/srv/named"], load(None), load(file), [os.fsencode(tmp_path)])
    assert found.paths == [b"/srv/named"]
    assert "no such folder" in found.refused[0] and "data directory" in found.refused[1]


def test_the_last_folder_stays(tmp_path: Path) -> None:
    file = tmp_path / "fcm.toml"
    file.write_text(f"[[roots]]\npath = '{tmp_path}'\n")
    current = [os.path.realpath(os.fsencode(tmp_path))]
    found = roots_after(current, load(file), load(None))
    assert found.paths == current and "the last folder stays" in found.refused[0]


def test_a_mistake_is_told_once_and_what_held_still_holds(tmp_path: Path) -> None:
    file = tmp_path / "fcm.toml"
    file.write_text("theme = 'dark'\n")
    follower = Follower(file, load(file))
    file.write_text("them = 'dark and light'\n")
    with pytest.raises(ConfigError, match=r"fcm\.toml:1: unknown key 'them'"):
        changed(follower)
    assert follower.changed() is None and follower.settings.theme == "dark"
    file.unlink()
    assert follower.changed() is None


def test_a_file_that_is_being_written_is_not_taken_up(tmp_path: Path) -> None:
    """Many editors empty it first; without its roots and rules another configuration would hold for a moment."""
    file = tmp_path / "fcm.toml"
    file.write_text("theme = 'dark'\n")
    follower = Follower(file, load(file))
    for half in ("", "# theme\n", "theme = 'light'\nsize"):
        file.write_text(half)
        assert follower.changed() is None
    file.write_text("theme = 'light'\n")
    found = changed(follower)
    assert found is not None and found.theme == "light"
    os.truncate(file, 0)
    os.utime(file, (1e9, 1e9))
    found = follower.changed()
    assert found is not None and found.theme == load(None).theme, "at once where it was written long ago"
