"""`fcm-tui doctor`: what is wrong is found, told with the way to mend it, and never waited for without end."""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from fcm_tui.cli import main
from fcm_tui.doctor import places, system, terminal
from fcm_tui.doctor.finding import Finding, Probe, Verdict, examine
from fcm_tui.watch import mounts
from tests.commands.test_commands import Cli
from tests.database.conftest import started
from tests.database.server import PASSWORD, install, needs_mariadb

posix = pytest.mark.skipif(sys.platform == "win32", reason="rights as POSIX has them")


_UTF8 = {"PYTHONUTF8": "1"} if sys.platform == "win32" else {}
"""What makes it all well there where the system's encoding is another."""


class Doctor:
    """The command on one data directory, its answer by topic."""

    def __init__(self, data: Path, *options: str) -> None:
        self._command = [sys.executable, "-m", "fcm_tui", "doctor", "--data-dir", str(data), *options]

    def __call__(self, status: int, **environ: str) -> dict[str, list[dict[str, Any]]]:
        done = subprocess.run(
            [*self._command, "--json"],
            capture_output=True,
            check=False,
            env={**os.environ, **_UTF8, **environ},
            timeout=100,
        )
        assert (done.returncode, done.stderr) == (status, b"")
        told = json.loads(done.stdout)
        by_topic: dict[str, list[dict[str, Any]]] = {}
        for finding in told["findings"]:
            assert (finding["mend"] is None) == (finding["verdict"] == "ok"), finding
            by_topic.setdefault(finding["topic"], []).append(finding)
        assert (
            told["wrong"] == sum(f["verdict"] == "wrong" for f in told["findings"])
            and bool(told["wrong"]) == status
        )
        return by_topic


def _files(folder: Path) -> dict[str, tuple[str, int]]:
    return {
        path.name: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mode)
        for path in folder.iterdir()
    }


def test_without_a_record_all_may_be_well_and_nothing_is_made(tmp_path: Path) -> None:
    found = Doctor(tmp_path / "data")(0)
    assert {
        "platform",
        "libraries",
        "configuration",
        "data directory",
        "disk",
        "record",
        "service",
        "helpers",
    } <= set(found)
    assert "no folder is named" in found["configuration"][-1]["text"]
    assert found["helpers"][0]["verdict"] == "ok"
    assert not (tmp_path / "data").exists()


def test_at_a_seat_no_folder_need_be_named(tmp_path: Path, root: Path) -> None:
    cli = Cli(tmp_path / "data", root)
    seat = ("--database", "mysql://reviewer@127.0.0.1:9/fcm")
    found = Doctor(tmp_path / "none", *seat)(1)
    assert [finding["verdict"] for finding in (*found["configuration"], *found["seat"])] == ["ok", "ok"]
    assert "reviewer's seat at mysql://reviewer@127.0.0.1:9/fcm" in found["seat"][0]["text"]
    assert "`fcm-tui record FOLDER`" in found["seat"][0]["text"]
    cli.once()
    sends = Doctor(cli.data, *seat)(1)
    assert "seat" not in sends and sends["configuration"][-1]["verdict"] == "warning"


def test_targets_of_alerts_that_cannot_work_are_told(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    (tmp_path / "secret").chmod(0o600)
    file = tmp_path / "fcm.toml"
    file.write_text(
        f"""[alerts.targets.good]
type = "command"
argv = ['{sys.executable}']
[alerts.targets.absent]
type = "command"
argv = ["/nonexistent/program"]
[alerts.targets.unset]
type = "webhook"
url = "environment:FCM_TEST_NOT_SET"
[alerts.targets.signed]
type = "webhook"
url = "https://127.0.0.1/"
secret = 'file:{tmp_path / "secret"}'
"""
    )
    found = Doctor(tmp_path / "data", "--config", str(file))(0)
    told = {name: found[f"alert target {name}"][0] for name in ("good", "absent", "unset", "signed")}
    assert {name: one["verdict"] for name, one in told.items()} == {
        "good": "ok", "absent": "warning", "unset": "warning", "signed": "ok",
    }  # fmt: skip
    assert "no program /nonexistent/program" in told["absent"]["text"]
    assert "FCM_TEST_NOT_SET is not set" in told["unset"]["text"]
    check = [sys.executable, "-m", "fcm_tui", "--config", str(file), "config", "check"]
    done = subprocess.run(check, capture_output=True, text=True, check=True)
    assert [line.split(":")[1].strip() for line in done.stderr.splitlines() if "alert target" in line] == [
        "alert target absent", "alert target unset",
    ]  # fmt: skip


def test_a_record_is_not_written_to_and_a_damaged_one_is_wrong(tmp_path: Path, root: Path) -> None:
    cli = Cli(tmp_path / "data", root)
    (root / "a").write_text("one\n")
    cli.once()
    before = _files(cli.data)
    doctor = Doctor(cli.data)
    assert doctor(0)["record"][0]["text"].endswith("1 files, 0 changes; `verify` looks at all of it")
    assert doctor(0)["recorder"][0]["verdict"] == "warning"
    assert before.items() <= _files(cli.data).items()
    (cli.data / "record.db").write_bytes(b"no database" * 1000)
    before = _files(cli.data)
    damaged = doctor(1)["record"][0]
    assert damaged["verdict"] == "wrong" and "put a copy of it back" in damaged["mend"]
    assert _files(cli.data) == before


@posix
def test_rights_are_told_and_left_as_they_are(tmp_path: Path, root: Path) -> None:
    data, config = tmp_path / "data", tmp_path / "fcm.toml"
    data.mkdir(mode=0o700)
    config.write_text(f"[[roots]]\npath = '{root}'\n")
    doctor = Doctor(data, "--config", str(config))
    assert doctor(0)["data directory"][0]["verdict"] == "ok"
    data.chmod(0o777)
    config.chmod(0o666)
    found = doctor(1)
    assert found["data directory"][0]["mend"] == f"chmod 700 {data}"
    assert found["configuration"][0]["mend"] == f"chmod go-w {config}"
    assert (data.stat().st_mode & 0o777, config.stat().st_mode & 0o777) == (0o777, 0o666)
    config.write_text(f"nonsense = 1\n[[roots]]\npath = '{root}'\n")
    assert "fcm.toml:1: unknown key 'nonsense'" in doctor(1)["configuration"][0]["text"]


@posix
def test_what_others_could_read_of_a_password(tmp_path: Path) -> None:
    password = tmp_path / "password"

    def look() -> Finding:
        return next(iter(places.private_file("password file", password, is_secret=True)))

    assert look().verdict is Verdict.WRONG and "missing" in look().text
    password.write_text("secret")
    password.chmod(0o640)
    assert look().mend == f"chmod 600 {password}"
    password.chmod(0o600)
    assert look() == Finding("password file", Verdict.OK, str(password))


@posix
def test_a_configuration_that_is_no_file_is_told_and_all_else_looked_at(tmp_path: Path) -> None:
    """A pipe that nobody writes to: opening it would wait for ever."""
    pipe = tmp_path / "fcm.toml"
    os.mkfifo(pipe)
    found = Doctor(tmp_path / "data", "--config", str(pipe))(1)
    assert found["configuration"][0]["verdict"] == "wrong"
    assert found["helpers"][0]["verdict"] == "ok"


def test_what_the_screen_would_refuse_is_told(tmp_path: Path) -> None:
    config = tmp_path / "fcm.toml"
    config.write_text("[filters]\nmine = 'kind:craeted'\n")
    (found,) = Doctor(tmp_path / "data", "--config", str(config))(1)["configuration"]
    assert found["text"].startswith(f"{config}:2: [filters] mine: kind:craeted: no such kind")


def test_a_configuration_that_is_not_there_has_no_line_to_change(tmp_path: Path) -> None:
    config = tmp_path / "fcm.toml"
    (found,) = Doctor(tmp_path / "data", "--config", str(config))(1)["configuration"]
    assert (found["text"], found["verdict"]) == (f"there is no {config}", "wrong")
    assert found["mend"].startswith("name another --config")


@pytest.fixture
def hanging(tmp_path: Path) -> Iterator[Path]:
    """A mounted file system whose program does not answer, as of a network that went away."""
    folder = tmp_path / "hangs"
    folder.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        device = os.open("/dev/fuse", os.O_RDWR)
    except OSError:
        pytest.skip("mounts a file system through /dev/fuse, which is not to be had here")
    options = f"fd={device},rootmode=40000,user_id={os.geteuid()},group_id={os.getegid()}".encode()
    if libc.mount(b"nobody", os.fsencode(folder), b"fuse.nobody", 0, options):
        os.close(device)
        pytest.skip("may not mount a file system")
    try:
        yield folder
    finally:
        os.close(device)  # ends what waits
        libc.umount2(os.fsencode(folder), 2)


@pytest.mark.skipif(sys.platform != "linux", reason="mounts what Linux can")
def test_a_folder_that_does_not_answer_is_told(tmp_path: Path, root: Path, hanging: Path) -> None:
    config = tmp_path / "fcm.toml"
    config.write_text(f"[[roots]]\npath = '{root}'\n[[roots]]\npath = '{hanging}'\n")
    assert mounts.kind_of(os.fsencode(hanging / "below")) == "fuse.nobody"
    found = Doctor(tmp_path / "data", "--config", str(config))(1)
    assert found[f"root {root}"][0]["verdict"] == "ok"
    assert found[f"root {hanging}"][0]["text"] == "no answer within 5 s"


@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux tells of mounts")
def test_folders_on_network_drives_are_polled(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fcm_tui.model import Root
    from fcm_tui.pipeline.roots import watched_roots
    from fcm_tui.settings.config import Settings, load

    table = tmp_path / "mountinfo"
    escaped = os.fspath(root).replace(" ", "\\040")
    table.write_text(
        "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        f"30 22 0:45 / {escaped} rw shared:1 - nfs4 srv:/x rw\n"
        f"31 22 0:46 / {tmp_path}/a\\040b rw - fuse.sshfs srv:/y rw\n"
    )
    monkeypatch.setattr(mounts, "_MOUNTS", str(table))
    kinds = [mounts.kind_of(os.fsencode(path)) for path in (root, root / "x", f"{root}y", tmp_path / "a b/c")]
    assert kinds == ["nfs4", "nfs4", "ext4", "fuse.sshfs"]
    assert [mounts.is_remote(kind) for kind in ("nfs4", "fuse.sshfs", "fuseblk", "ext4", "overlay", None)] == [
        True, True, False, False, False, False,
    ]  # fmt: skip
    path = os.fsencode(root)
    (watched,) = watched_roots([Root(b"1" * 16, b"2" * 16, path)], Settings(), [], None)
    assert watched.poll is True
    config = tmp_path / "fcm.toml"
    config.write_text(f"[[roots]]\npath = '{root}'\npoll = false\n")
    settings = load(config)
    (watched,) = watched_roots([Root(b"1" * 16, b"2" * 16, path)], settings, [], None)
    assert watched.poll is False
    (told,) = system.root(settings.for_root(path))
    assert told.verdict is Verdict.WARNING and 'poll = "auto"' in told.mend


def test_an_error_of_a_probe_hides_no_other() -> None:
    def fails() -> list[Finding]:
        raise RuntimeError("broken")

    fine = Finding("b", Verdict.OK, "fine")
    found = examine([Probe("a", fails), Probe("b", lambda: [fine])])
    assert found[0].verdict is Verdict.WRONG and "RuntimeError: broken" in found[0].text
    assert found[1] is fine


def test_few_watches_are_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform != "linux":
        pytest.skip("limits of Linux")
    for name, value in (("user_watches", 8192), ("user_instances", 128), ("queued_events", 16384)):
        (tmp_path / f"max_{name}").write_text(f"{value}\n")
    monkeypatch.setattr(system, "_INOTIFY", tmp_path)
    (found,) = system.watches("auto")
    assert found.verdict is Verdict.WARNING and "max_user_watches=1048576" in found.mend
    assert list(system.watches("poll")) == []


@pytest.mark.parametrize(
    ("events", "verdict", "words"),
    [
        (["<Event/>"], Verdict.OK, "tells who changes files"),
        ([], Verdict.WARNING, "tells of no file"),
        (PermissionError(5, "Access is denied"), Verdict.WARNING, "cannot be read (Access is denied)"),
    ],
)
def test_a_security_log_that_tells_nothing_is_a_warning(
    events: list[str] | OSError, verdict: Verdict, words: str
) -> None:
    class Log:
        drives: ClassVar[dict[str, str]] = {}

        def earlier(self, most: int) -> list[str]:
            assert isinstance(events, list)
            return events[:most]

        def batches(self) -> Iterator[list[str]]:
            return iter(())

        def close(self) -> None:
            pass

    def opened() -> Log:
        if isinstance(events, OSError):
            raise events
        return Log()

    (found,) = system.security_log(opened)
    assert found.verdict is verdict and words in found.text
    assert verdict is Verdict.OK or "auditpol /set" in found.mend


def test_whether_windows_tells_who_is_asked_there_alone() -> None:
    assert len(list(system.who())) == (sys.platform == "win32")


@pytest.mark.skipif(shutil.which("tmux") is None, reason="asks a real tmux")
def test_tmux_is_asked_for_what_slows_keys_and_loses_copies(tmp_path: Path) -> None:
    def ask(*words: str) -> tuple[int, str]:
        done = subprocess.run(
            ["tmux", "-S", str(tmp_path / "s"), "-f", "/dev/null", *words],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    assert [finding.verdict for finding in terminal.tmux(ask)] == [Verdict.WARNING], "nobody there"
    assert ask("new-session", "-d", "-x", "80", "-y", "24")[0] == 0
    try:
        for option, value in (("escape-time", "500"), ("set-clipboard", "off")):
            ask("set-option", "-s", option, value)
        mends = [finding.mend for finding in terminal.tmux(ask)]
        assert any("escape-time 10" in mend for mend in mends) and any(
            "set-clipboard on" in mend for mend in mends
        )
        for option, value in (("escape-time", "10"), ("set-clipboard", "on")):
            ask("set-option", "-s", option, value)
        ask("set-option", "-g", "default-terminal", "tmux-256color")
        assert [finding.verdict for finding in terminal.tmux(ask)] == [Verdict.OK]
    finally:
        ask("kill-server")


def test_names_reach_no_terminal_raw(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if sys.platform == "win32":
        pytest.skip("no such names there")
    folder = tmp_path / "a\x1b[31m\nb"
    folder.mkdir()
    config = tmp_path / "fcm.toml"
    config.write_text(f'[[roots]]\npath = "{tmp_path}/a\\u001b[31m\\nb"\n')
    status = main(["doctor", "--data-dir", str(folder / "data"), "--config", str(config)])
    out = capsys.readouterr().out
    assert status == 0 and "\x1b" not in out and "a␛[31m␊b" in out


@pytest.mark.slow
@needs_mariadb
def test_a_server_is_asked_within_its_time(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = tmp_path_factory.mktemp("mariadb") / "data"
    install(template)
    monkeypatch.setenv("FCM_DATABASE_PASSWORD", PASSWORD)
    with started(template, "--init-connect=SET timestamp = UNIX_TIMESTAMP() + 100") as server:
        server.sql(
            f"CREATE USER 'plain'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'; GRANT ALL ON fcm.* TO 'plain'@'127.0.0.1'"
        )
        url = server.url(user="plain")  # an administrator's connection keeps the right time
        doctor = Doctor(tmp_path / "data", "--database", url)
        refused = doctor(1)["server"][0]
        assert "no tables yet" in refused["text"] and "database init" in refused["mend"]
        init = [sys.executable, "-m", "fcm_tui", "database", "init", "--database", url]
        subprocess.run(init, check=True, capture_output=True)
        found = doctor(0)
        assert found["server"][0]["verdict"] == "ok" and "not encrypted" in found["server"][0]["text"]
        assert found["clock"][0]["verdict"] == "warning" and "ahead" in found["clock"][0]["text"]
        assert "tls" not in found, "it is this machine"
        assert server.process is not None
        server.process.send_signal(signal.SIGSTOP)
        try:
            assert "server" in doctor(1)
        finally:
            server.process.send_signal(signal.SIGCONT)
    monkeypatch.setenv("FCM_DATABASE_PASSWORD", "wrong")
    assert doctor(1)["server"][0]["verdict"] == "wrong"
