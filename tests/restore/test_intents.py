"""What a restore announces to whoever records: it is seen at once, and holds no longer than the restore."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fcm_tui import intents
from fcm_tui.datadir import DataDir
from fcm_tui.intents import INTENTS, Announcements, Intent, Intents
from fcm_tui.pipeline import wishes
from tests.restore.conftest import Case

INTENT = (b"/a", b"1")
ANNOUNCE = """
import sys; from pathlib import Path; from fcm_tui.intents import Intents
Intents(Path(sys.argv[1])).announce([(b'/a', b'1')], together=True); print(1, flush=True); input()
"""


def test_announcements_are_seen_at_once_and_end(tmp_path: Path) -> None:
    folder = tmp_path / "intents"
    asked = Announcements(folder)
    assert (b"/a", b"1") not in asked.now()
    for number in range(20):
        told = Intents(folder)
        told.announce([(b"/a%d" % number, b"1"), (b"/gone\n\xff", None)])
        assert (b"/a%d" % number, b"1") in asked.now(), "however soon after the one before"
        assert (b"/gone\n\xff", None) in asked.now()
        assert (b"/a%d" % number, b"2") not in asked.now()
        assert (b"/a%d" % number, None) not in asked.now()
        told.withdraw()
        assert (b"/a%d" % number, b"1") not in asked.now()
    assert os.listdir(folder) == []


def test_an_announcement_that_nobody_withdrew_expires(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intents, "LIFE", -1.0)
    folder = tmp_path / "intents"
    late = Intents(folder)
    late.announce([(b"/a", b"1")])
    late.leave()
    assert len(os.listdir(folder)) == 1
    asked = Announcements(folder)
    asked.begin()
    assert (b"/a", b"1") not in asked.now()
    assert os.listdir(folder) == []


def test_one_that_is_left_holds_from_then_on_however_long_the_restore_took(tmp_path: Path) -> None:
    late = Intents(tmp_path)
    late.announce([INTENT], together=True)
    (path,) = tmp_path.glob("*.json")
    os.utime(path, (1, 1))  # as if hours ago
    asked = Announcements(tmp_path)
    group = asked.now()[INTENT]
    late.leave()
    asked.begin()
    assert asked.now()[INTENT] == group
    assert not list(tmp_path.glob("*.alive"))


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"[]", b"{}", b'{"until": 1e99, "paths": 7}', b'{"until": 1e99, "paths": [[1, 2]]}',
                b'{"until": 1e99, "paths": [["zz", null]]}', b'{"until": "x", "paths": []}', b"[" * 100_000,
                *(b'{"since_ns": %s, "group": null, "paths": [["2f61", "31"]]}' % since
                  for since in (b'"x"', b"9" * 5000, b"Infinity", b"NaN", b"[]"))],
)  # fmt: skip
@pytest.mark.parametrize("name", ["x.json", "x.0.left.json"])
def test_other_files_there_announce_nothing(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    asked = Announcements(tmp_path)
    assert (b"/a", b"1") not in asked.now()
    told = Intents(tmp_path)
    told.announce([(b"/a", b"1")])
    assert (b"/a", b"1") in asked.now()


@pytest.mark.skipif(sys.platform == "win32", reason="the profile's rights hold there")
def test_announcements_are_for_the_owners_eyes_only(data_dir: DataDir) -> None:
    folder = data_dir.path / INTENTS
    told = Intents(folder)
    told.announce([(b"/a", b"1")])
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {p.stat().st_mode & 0o777 for p in folder.iterdir()} == {0o600}


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """The folder in which a restore announced itself that was killed then."""
    folder = tmp_path / "intents"
    with subprocess.Popen(
        [sys.executable, "-c", ANNOUNCE, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        assert INTENT in Announcements(folder).now()
        process.kill()
    return folder


def test_what_a_killed_restore_announced_holds_until_all_was_looked_at(
    killed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Announcements(killed)
    for grace, holds in ((10.0, True), (0.0, False)):  # what waits for another look is looked at in that time
        monkeypatch.setattr(intents, "GRACE", grace)
        asked = Announcements(killed)
        asked.begin()
        asked.end()
        asked.begin()
        assert (INTENT in asked.now()) is holds
    asked.now()
    assert os.listdir(killed) == []


def test_however_long_looking_takes_all_of_it_is_known(killed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As at the start of a recorder, in a large tree."""
    asked = Announcements(killed)
    asked.begin()
    monkeypatch.setattr(intents, "GRACE", -1.0)
    assert INTENT in asked.now()
    asked.end()
    asked.begin()
    assert INTENT not in asked.now()


def test_what_comes_later_is_no_restore_where_there_was_nothing_to_look_at(
    killed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Announcements(killed)
    assert INTENT in asked.now()
    monkeypatch.setattr(intents, "GRACE", -1.0)  # longer ago than that
    asked.begin()
    assert INTENT not in asked.now()


def test_what_a_restore_at_work_announced_holds_as_long_as_it_is_at_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intents, "GRACE", -1.0)
    told, asked = Intents(tmp_path), Announcements(tmp_path)
    told.announce([INTENT])
    for _ in range(3):
        asked.begin()
        assert INTENT in asked.now()
        asked.end()
    assert told._lock is not None
    told._lock.release()
    asked.begin()
    assert INTENT not in asked.now(), "it was the lock that kept it"


def test_of_two_restores_the_newer_one_has_made_the_change(tmp_path: Path) -> None:
    made = [Intents(tmp_path) for _ in range(8)]  # in whatever order the file system lists them
    for restore in made:
        restore.announce([INTENT], together=True)
    asked = Announcements(tmp_path)
    groups = []
    for restore in reversed(made):
        groups.append(asked.now()[INTENT])
        restore.withdraw()
    moments = [group.since_ns for group in groups if group is not None]
    assert len(moments) == 8
    assert moments == sorted(moments, reverse=True)


def test_what_is_announced_of_many_files_stands_in_files_that_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intents, "_PART", 1000)
    told, asked = Intents(tmp_path), Announcements(tmp_path)
    told.announce(((b"/%d" % number, None) for number in range(2500)), together=True)
    assert len(list(tmp_path.glob("*.json"))) == 3
    found = asked.now()
    assert len(found) == 2500
    assert set(found.values()) == asked.groups() and len(asked.groups()) == 1
    assert asked.now() is found, "and is put together once"
    told.withdraw()
    assert os.listdir(tmp_path) == []


def test_what_cannot_be_read_just_now_is_read_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told, asked = Intents(tmp_path), Announcements(tmp_path)
    told.announce([INTENT])
    with monkeypatch.context() as patched:
        patched.setattr(intents, "read_small", _refuse)
        assert INTENT not in asked.now()
    assert INTENT in asked.now()


def _refuse(path: Path, most: int) -> bytes:
    raise PermissionError(13, "it is being used")


@pytest.mark.parametrize("name", ["x.json", "x.alive", "pause-x.request"])
def test_what_cannot_be_read_there_stops_nobody(tmp_path: Path, name: str) -> None:
    on_linux = sys.platform == "linux"
    path = tmp_path / name
    if sys.platform != "win32":
        os.mkfifo(path)
        assert Announcements(tmp_path).now() == {}
        assert wishes.take(tmp_path, "pause") is None
        path.unlink(missing_ok=True)
        path.symlink_to("/dev/zero")
        assert Announcements(tmp_path).now() == {}
        assert wishes.take(tmp_path, "pause") is None
        path.unlink(missing_ok=True)
        path.mkdir()
        looker, before = Announcements(tmp_path), len(os.listdir("/proc/self/fd")) if on_linux else 0
        for _ in range(20):
            assert looker.now() == {}
            assert wishes.take(tmp_path, "pause") is None
        assert not on_linux or len(os.listdir("/proc/self/fd")) == before
        path.rmdir()
    with path.open("wb") as file:
        file.truncate(1 << 40 if sys.platform != "win32" else intents.LARGEST + 1)
    assert Announcements(tmp_path).now() == {}
    assert wishes.take(tmp_path, "pause") is None


def test_a_wish_that_cannot_be_read_just_now_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows while somebody else looks at it."""
    wishes.put_back(tmp_path, "pause", {"token": "t", "do": "pause"})

    with monkeypatch.context() as patched:
        patched.setattr(wishes, "read_small", _refuse)
        assert wishes.take(tmp_path, "pause") is None
    assert wishes.take(tmp_path, "pause") == {"token": "t", "do": "pause"}
    assert os.listdir(tmp_path) == []


def test_a_group_goes_on_after_the_recorder_was_killed(case: Case) -> None:
    """Two runs record a part of the restore each; a file that was changed meanwhile is no part of it."""
    names = ("a", "b", "c", "d")
    for name in (*names, "e"):
        case.write(name, f"{name}\n")
    case.record()
    told = Intents(case.data_dir.database.parent / INTENTS)
    told.announce([_intent(case, name, f"{name} anew\n") for name in names], together=True)
    for name in ("a", "b", "e"):
        case.write(name, f"{name} anew\n")
    first = case.record()
    assert {change.path[-1:]: change.group for change in first} == {b"a": 1, b"b": 1, b"e": None}
    for name in ("c", "d"):
        case.write(name, f"{name} anew\n")
    assert [(change.origin, change.group) for change in case.record()] == [("restore", 1), ("restore", 1)]
    told.withdraw()
    told.announce([_intent(case, name, f"{name}\n") for name in "ab"], together=True)
    for name in "ab":
        case.write(name, f"{name}\n")
    assert {change.group for change in case.record()} == {6}, "another restore is another group"
    told.withdraw()


def _intent(case: Case, name: str, text: str) -> Intent:
    return os.fsencode(case.root / name), hashlib.sha256(text.encode()).digest()
