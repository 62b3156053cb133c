"""What a restore announces to whoever records: it is seen at once, and holds no longer than the restore."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fcm_tui import intents
from fcm_tui.datadir import DataDir
from fcm_tui.intents import INTENTS, Intents
from fcm_tui.pipeline import wishes
from tests.restore.conftest import Case

INTENT = (b"/a", b"1")


def test_announcements_are_seen_at_once_and_end(tmp_path: Path) -> None:
    folder = tmp_path / "intents"
    asked = Intents(folder)
    assert (b"/a", b"1") not in asked.announced()
    for number in range(20):
        told = Intents(folder)
        told.announce([(b"/a%d" % number, b"1"), (b"/gone\n\xff", None)])
        assert (b"/a%d" % number, b"1") in asked.announced(), "however soon after the one before"
        assert (b"/gone\n\xff", None) in asked.announced()
        assert (b"/a%d" % number, b"2") not in asked.announced()
        assert (b"/a%d" % number, None) not in asked.announced()
        told.withdraw()
        assert (b"/a%d" % number, b"1") not in asked.announced()
    assert os.listdir(folder) == []


def test_an_announcement_that_nobody_withdrew_expires(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fcm_tui import intents

    monkeypatch.setattr(intents, "LIFE", -1.0)
    folder = tmp_path / "intents"
    late = Intents(folder)
    late.announce([(b"/a", b"1")])
    late.leave()
    assert len(os.listdir(folder)) == 1
    assert (b"/a", b"1") not in Intents(folder).announced()
    assert os.listdir(folder) == []


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"[]", b"{}", b'{"until": 1e99, "paths": 7}', b'{"until": 1e99, "paths": [[1, 2]]}',
                b'{"until": 1e99, "paths": [["zz", null]]}', b'{"until": "x", "paths": []}', b"[" * 100_000,
                *(b'{"until": %s, "since_ns": 1, "group": null, "paths": [["2f61", 7]]}' % until
                  for until in (b"9" * 400, b"9" * 5000, b"Infinity", b"NaN"))],
)  # fmt: skip
def test_other_files_there_announce_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.json").write_bytes(content)
    asked = Intents(tmp_path)
    assert (b"/a", b"1") not in asked.announced()
    Intents(tmp_path).announce([(b"/a", b"1")])
    assert (b"/a", b"1") in asked.announced()


@pytest.mark.skipif(sys.platform == "win32", reason="the profile's rights hold there")
def test_announcements_are_for_the_owners_eyes_only(data_dir: DataDir) -> None:
    folder = data_dir.path / INTENTS
    Intents(folder).announce([(b"/a", b"1")])
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {p.stat().st_mode & 0o777 for p in folder.iterdir()} == {0o600}


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """The folder in which a restore announced itself that was killed then."""
    folder = tmp_path / "intents"
    announce = "Intents(Path(sys.argv[1])).announce([(b'/a', b'1')], together=True)"
    code = f"import sys; from pathlib import Path; from fcm_tui.intents import Intents; {announce}; print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        assert INTENT in Intents(folder).announced()
        process.kill()
    return folder


def test_what_a_killed_restore_announced_holds_for_what_it_did_and_no_longer(
    killed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Intents(killed)
    assert INTENT in asked.announced(), "what it had done just then is to be recorded still"
    monkeypatch.setattr(intents, "GRACE", 0.0)
    monkeypatch.setattr(intents, "_LOOK", 0.0)
    assert INTENT not in asked.announced()
    asked.announced()
    assert os.listdir(killed) == []


def test_what_a_restore_at_work_announced_holds_as_long_as_it_is_at_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intents, "_LOOK", -1.0)
    monkeypatch.setattr(intents, "LIFE", -1.0)
    told, asked = Intents(tmp_path), Intents(tmp_path)
    told.announce([INTENT])
    for _ in range(3):
        assert INTENT in asked.announced()
    told.withdraw()
    assert INTENT not in asked.announced()


def test_a_restore_that_is_left_to_a_recorder_that_lags_goes_on_to_be_its_group(tmp_path: Path) -> None:
    told, asked = Intents(tmp_path), Intents(tmp_path)
    told.announce([INTENT], together=True)
    group = asked.announced()[INTENT]
    told.leave()
    assert asked.announced()[INTENT] == group
    assert not list(tmp_path.glob("*.alive"))


def test_of_two_restores_the_newer_one_has_made_the_change(tmp_path: Path) -> None:
    made = [Intents(tmp_path) for _ in range(8)]  # in whatever order the file system lists them
    for restore in made:
        restore.announce([INTENT], together=True)
    asked = Intents(tmp_path)
    groups = []
    for restore in reversed(made):
        groups.append(asked.announced()[INTENT])
        restore.withdraw()
    moments = [group.since_ns for group in groups if group is not None]
    assert len(moments) == 8
    assert moments == sorted(moments, reverse=True)


def test_what_is_announced_of_many_files_stands_in_files_that_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intents, "_PART", 1000)
    told = Intents(tmp_path)
    told.announce(((b"/%d" % number, None) for number in range(2500)), together=True)
    assert len(list(tmp_path.glob("*.json"))) == 3
    found = Intents(tmp_path).announced()
    assert len(found) == 2500
    assert len(set(found.values())) == 1
    told.withdraw()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["x.json", "x.alive", "pause-x.request"])
def test_what_cannot_be_read_there_stops_nobody(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if sys.platform != "win32":
        os.mkfifo(path)
        assert Intents(tmp_path).announced() == {}
        assert wishes.take(tmp_path, "pause") is None
        path.unlink(missing_ok=True)
        path.symlink_to("/dev/zero")
        assert Intents(tmp_path).announced() == {}
        assert wishes.take(tmp_path, "pause") is None
        path.unlink(missing_ok=True)
    with path.open("wb") as file:
        file.truncate(1 << 40 if sys.platform != "win32" else intents.LARGEST + 1)
    assert Intents(tmp_path).announced() == {}
    assert wishes.take(tmp_path, "pause") is None


def test_a_wish_that_cannot_be_read_just_now_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows while somebody else looks at it."""
    wishes.put_back(tmp_path, "pause", {"token": "t", "do": "pause"})

    def refuse(path: Path, most: int) -> bytes:
        raise PermissionError(13, "it is being used")

    with monkeypatch.context() as patched:
        patched.setattr(wishes, "read_small", refuse)
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
    told.announce(
        ((os.fsencode(case.root / name), _digest(f"{name} anew\n")) for name in names), together=True
    )
    for name in ("a", "b", "e"):
        case.write(name, f"{name} anew\n")
    first = case.record()
    assert {change.path[-1:]: change.group for change in first} == {b"a": 1, b"b": 1, b"e": None}
    for name in ("c", "d"):
        case.write(name, f"{name} anew\n")
    assert [(change.origin, change.group) for change in case.record()] == [("restore", 1), ("restore", 1)]
    told.withdraw()
    told.announce([(os.fsencode(case.root / name), _digest(f"{name}\n")) for name in "ab"], together=True)
    for name in "ab":
        case.write(name, f"{name}\n")
    assert {change.group for change in case.record()} == {6}, "another restore is another group"
    told.withdraw()


def _digest(text: str) -> bytes:
    import hashlib

    return hashlib.sha256(text.encode()).digest()
