"""The data directory: where it is, for whose eyes, and one recorder at a time."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fcm_tui.datadir import DataDir, default_data_dir, make_private, open_data_dir
from fcm_tui.errors import DataDirError

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no mode bits")

HOLDER = """
import sys
from fcm_tui.datadir import open_data_dir
lock = open_data_dir(sys.argv[1]).try_lock()
print("held" if lock else "refused", flush=True)
sys.stdin.read()
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@contextlib.contextmanager
def umask(value: int) -> Iterator[None]:
    before = os.umask(value)
    try:
        yield
    finally:
        os.umask(before)


@contextlib.contextmanager
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock of the data directory at `path`."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_the_argument_goes_before_the_environment_before_the_platform(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path(os.path.realpath(tmp_path))
    assert open_data_dir(None).path == Path(os.path.realpath(home / "fcm-data"))
    monkeypatch.setenv("FCM_DATA_DIR", str(tmp_path / "environ"))
    assert open_data_dir(str(tmp_path / "argument")).path == real / "argument"
    assert open_data_dir(None, os.environ).path == real / "environ"
    monkeypatch.delenv("FCM_DATA_DIR")
    default = default_data_dir()
    assert default.name == "fcm-tui"
    assert open_data_dir(None).path == Path(os.path.realpath(default))


def test_it_names_its_files(data_dir: DataDir) -> None:
    names = [data_dir.database.name, data_dir.lock_file.name, data_dir.log_file.name]
    assert names == ["record.db", "recorder.lock", "fcm-tui.log"]
    assert {path.parent for path in (data_dir.database, data_dir.lock_file, data_dir.log_file)} == {
        data_dir.path
    }


def test_a_reader_does_not_make_one(tmp_path: Path) -> None:
    with pytest.raises(DataDirError, match=r"nothing is recorded in .* yet"):
        open_data_dir(str(tmp_path / "absent"), create=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_file_is_refused(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(DataDirError, match=r"is not a directory|cannot be used"):
        open_data_dir(str(tmp_path / place))
    assert (tmp_path / "file").read_text() == "mine"


def test_a_name_that_cannot_be_is_refused(tmp_path: Path) -> None:
    for name in ("nul\0byte", "x" * 5000):
        with pytest.raises(DataDirError, match="cannot be used") as caught:
            open_data_dir(str(tmp_path / name))
        assert "\n" not in str(caught.value)


@posix
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o777])
def test_only_its_owner_sees_it_whatever_the_umask(mask: int, tmp_path: Path) -> None:
    with umask(mask):
        data_dir = open_data_dir(str(tmp_path / "made" / "for" / "it"))
        make_private(data_dir.database)
        with data_dir.try_lock() or pytest.fail("nobody else is here"):
            pass
    assert [mode(path) for path in (tmp_path / "made", tmp_path / "made" / "for", data_dir.path)] == [
        0o700
    ] * 3
    assert [mode(path) for path in (data_dir.database, data_dir.lock_file)] == [0o600] * 2


@posix
def test_locks_that_this_process_has_on_a_file_stay_when_it_is_made_private(tmp_path: Path) -> None:
    import fcntl

    file = tmp_path / "record.db"
    file.touch(0o644)
    with file.open("r+b") as held:
        fcntl.lockf(held, fcntl.LOCK_EX)
        make_private(file)
        code = "import fcntl, sys; fcntl.lockf(open(sys.argv[1], 'r+b'), fcntl.LOCK_EX | fcntl.LOCK_NB)"
        other = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, check=False)
        assert b"BlockingIOError" in other.stderr
    assert mode(file) == 0o600


@posix
@pytest.mark.parametrize("bits", [0o720, 0o702, 0o777, 0o1777])
def test_one_that_others_can_write_is_refused(bits: int, tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(bits)
    with pytest.raises(DataDirError, match=r"others can write to .*chmod 700"):
        open_data_dir(str(folder))
    assert mode(folder) == bits


@posix
def test_one_that_others_can_exchange_is_refused(tmp_path: Path) -> None:
    above = tmp_path / "above"
    above.mkdir()
    data = open_data_dir(str(above / "in" / "data"))
    above.chmod(0o757)
    with pytest.raises(
        DataDirError, match=f"others can exchange .* write to {re.escape(str(above))}: `chmod o-w`"
    ):
        open_data_dir(str(data.path))
    above.chmod(0o1777)
    open_data_dir(str(data.path))


@posix
def test_all_is_private_from_its_first_moment(tmp_path: Path, wait_for: Callable[..., Any]) -> None:
    """Nothing is closed afterwards: with `chmod` out of order and a umask of 0, the modes are those of the making."""
    root, data = tmp_path / "root", tmp_path / "new" / "data"
    root.mkdir()
    (root / "file").write_text("one\n")
    program = (
        "import os, sys; os.umask(0); os.chmod = os.fchmod = lambda *a, **k: None;"
        "from fcm_tui.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", program, "record", "--data-dir", str(data), str(root)]
    seen: dict[str, int] = {}

    def look() -> None:
        for file in (data, data.parent, *data.rglob("*")):
            with contextlib.suppress(FileNotFoundError):
                seen[file.name] = file.stat().st_mode & 0o777

    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("ready")
            (root / "file").write_text("two\n")
            wait_for(lambda: (look(), seen.get("record.db-wal"))[1])
        finally:
            process.terminate()
    look()
    assert {"new", "data", "record.db", "record.db-wal", "record.db-shm", "recorder.lock"} <= set(seen)
    assert {mode for name, mode in seen.items() if name in ("new", "data")} == {0o700}
    assert {name: mode for name, mode in seen.items() if name not in ("new", "data") and mode != 0o600} == {}


@posix
def test_what_others_could_read_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir(mode=0o755)
    data_dir = open_data_dir(str(folder))
    for file in (data_dir.database, folder / "record.db-wal"):
        file.write_text("x")
        file.chmod(0o644)
    folder.chmod(0o755)
    open_data_dir(str(folder))
    assert [mode(path) for path in (folder, data_dir.database, folder / "record.db-wal")] == [
        0o700,
        0o600,
        0o600,
    ]


@posix
def test_a_folder_with_other_things_in_it_stays_open(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir(mode=0o755)
    for name in ("notes.txt", "record.db"):
        (folder / name).write_text("x")
        (folder / name).chmod(0o644)
    open_data_dir(str(folder))
    assert [mode(folder), mode(folder / "notes.txt"), mode(folder / "record.db")] == [0o755, 0o644, 0o600]


@posix
@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can give a folder away")
def test_another_users_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o700)
    os.chown(folder, 4321, 4321)
    with pytest.raises(DataDirError, match="belongs to another user"):
        open_data_dir(str(folder))


@posix
def test_a_lock_that_is_a_link_is_refused(data_dir: DataDir, tmp_path: Path) -> None:
    (tmp_path / "target").write_text("precious")
    data_dir.lock_file.symlink_to(tmp_path / "target")
    with pytest.raises(DataDirError, match=r"recorder.lock cannot be used"):
        data_dir.try_lock()
    assert (tmp_path / "target").read_text() == "precious"


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="only root on Linux can make a device"
)
def test_a_device_is_left_as_it_is(tmp_path: Path) -> None:
    device = tmp_path / "null"
    os.mknod(device, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    device.chmod(0o666)
    with pytest.raises(DataDirError, match="it is not a file"):
        make_private(device)
    assert mode(device) == 0o666


def test_one_recorder_at_a_time(data_dir: DataDir) -> None:
    assert data_dir.lock_holder() is None
    lock = data_dir.try_lock()
    assert lock is not None
    assert data_dir.try_lock() is None
    assert data_dir.lock_holder() == os.getpid()
    lock.release()
    lock.release()
    assert data_dir.lock_holder() is None
    with data_dir.try_lock() or pytest.fail("it was released"):
        assert data_dir.lock_holder() == os.getpid()


def test_another_process_holds_it_until_it_is_killed(data_dir: DataDir, wait_for: Callable[..., Any]) -> None:
    data_dir.lock_file.write_text("99999999999999999999\n")  # what a longer number leaves behind
    with holder(data_dir.path) as process:
        assert data_dir.lock_holder() == process.pid
        assert data_dir.try_lock() is None
    lock = wait_for(data_dir.try_lock)
    assert data_dir.lock_holder() == os.getpid()
    lock.release()


def test_a_lock_file_made_anew_does_not_let_two_in(data_dir: DataDir) -> None:
    """Whoever locks a file that was deleted in between notices, and takes the new one."""
    from fcm_tui import file_lock

    locked: list[bool] = []
    real = file_lock._lock

    def delete_after_open(descriptor: int) -> bool:
        if not locked:
            data_dir.lock_file.unlink()
            locked.append(True)
        return real(descriptor)

    if sys.platform == "win32":
        pytest.skip("an open file cannot be deleted there")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file_lock, "_lock", delete_after_open)
        lock = data_dir.try_lock()
    assert lock is not None
    assert data_dir.lock_holder() == os.getpid()
    lock.release()


def test_looking_who_holds_it_keeps_nobody_out(data_dir: DataDir) -> None:
    looker = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys\nfrom fcm_tui.datadir import open_data_dir\nd = open_data_dir(sys.argv[1])\n"
            "print('looking', flush=True)\nimport time\nwhile True: d.lock_holder(); time.sleep(0.001)",
            str(data_dir.path),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    with looker:
        try:
            assert looker.stdout is not None
            looker.stdout.readline()
            for _ in range(200):
                lock = data_dir.try_lock()
                assert lock is not None
                lock.release()
        finally:
            looker.kill()
