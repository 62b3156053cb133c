r"""Shares as roots: `\\server\share`, and drives that the machine shares with itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.recording.harness import Recording, fast
from tests.windows.system import ON_WINE, windows_only

pytestmark = windows_only


@pytest.fixture
def share(root: Path) -> Path:
    """The root, by way of the share of its drive."""
    path = rf"\\localhost\{root.drive[0]}$" + str(root)[2:]
    if not os.path.isdir(path):
        assert not ON_WINE, f"no {path}: .ci/windows/python makes it"
        pytest.skip("this machine shares no drives")
    return Path(path)


def fcm(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "fcm_tui", *arguments], capture_output=True, timeout=60)


async def test_a_share_is_watched(share: Path, root: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (root / "folder").mkdir()
    (root / "folder" / "old").write_text("one\n")
    recording = Recording(tmp_path / "data" / "record.db", [share], fast("auto"))
    async with recording.running():
        (root / "folder" / "file").write_text("one\n")
        created = await recording.has("created", "file")
        (root / "folder" / "old").rename(root / "new")
        await recording.settled()
    assert created.path == os.fsencode(share / "folder" / "file")
    assert recording.kinds() == [("created", "file"), ("moved", "new")]


async def test_names_of_devices_and_long_ones_on_a_share(share: Path, root: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    deep = Path(rf"\\?\{root}", *["d" * 60] * 5)
    recording = Recording(tmp_path / "data" / "record.db", [share], fast("auto"))
    async with recording.running():
        deep.mkdir(parents=True)
        for name in ("file", "nul.txt", "dots.."):
            Path(f"{deep}\\{name}").write_bytes(b"one\n")
            assert (await recording.has("created", name)).capture == "stored"


def test_commands_take_a_share(share: Path, root: Path) -> None:
    (root / "file").write_bytes(b"one\r\n")
    assert fcm("record", "--once", str(share)).returncode == 0
    (root / "file").write_bytes(b"two\r\n")
    assert fcm("record", "--once", str(share)).returncode == 0
    (line,) = fcm("log", "--json", str(share / "file")).stdout.splitlines()
    assert json.loads(line)["kind"] == "modified"
    assert fcm("restore", "1", "--before").returncode == 0
    assert (root / "file").read_bytes() == b"one\r\n"
