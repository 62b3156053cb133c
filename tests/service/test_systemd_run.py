"""The whole way with a real systemd: installed, recording, watched over, stopped, updated, removed."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fcm_tui.store.reading.queries import Reader
from tests.service.manager import UserManager, needs_systemd, user_manager
from tests.waiting import wait_for

pytestmark = [needs_systemd, pytest.mark.slow]

HOSTILE = "my \"data\" $HOME %h %% 'q' \\ ;\n\x1b[31m é"
"""A folder's name with all that means something to systemd, to a shell and to a terminal."""


class Service:
    """`fcm-tui service` for one record, below one user manager."""

    def __init__(self, manager: UserManager, folder: Path) -> None:
        self.manager = manager
        self.data = folder / HOSTILE
        self.root = folder / "root"
        self.config = folder / "fcm%h.toml"
        self.root.mkdir()
        self.config.write_text(f"[[roots]]\npath = '{self.root}'\n")

    def __call__(self, *words: str, status: int | None = 0) -> str:
        own = ("--data-dir", os.fspath(self.data), "--config", str(self.config))
        return self.manager.run(sys.executable, "-m", "fcm_tui", "service", *words, *own, status=status)

    def paths(self) -> list[str]:
        with Reader(self.data / "record.db") as reader:
            return [os.path.basename(os.fsdecode(change.path)) for change in reader.iterate()]


@pytest.fixture
def service(home: Path, tmp_path: Path) -> Iterator[Service]:
    with user_manager(home, {}) as manager:
        yield Service(manager, tmp_path)


def test_it_records_is_watched_over_and_removed(service: Service) -> None:
    manager = service.manager
    assert "there is no service fcm-tui" in service("start", status=1)
    assert "recording (process" in service("install")
    manager.wait_for("fcm-tui.service", ActiveState="active", SubState="running")
    (service.root / "a.txt").write_text("one\n")
    wait_for(lambda: service.paths() == ["a.txt"])
    shown = manager.show(
        "fcm-tui.service", "NotifyAccess", "WatchdogUSec", "StatusText", "MainPID", "UnitFileState"
    )
    assert shown["WatchdogUSec"] == "2min" and shown["UnitFileState"] == "enabled"
    manager.wait_for("fcm-tui.service", StatusText="recording, 1 roots, 1 files")
    told = json.loads(service("status", "--json"))
    assert (told["installed"], told["enabled"], told["recording"], told["state"]) == (
        True,
        True,
        True,
        "running",
    )

    # the same again changes nothing, and nobody is restarted for that
    service("install")
    assert manager.show("fcm-tui.service", "MainPID")["MainPID"] == shown["MainPID"]

    # one that is killed comes back, and the log says what was missed
    manager.run("systemctl", "--user", "kill", "--signal", "KILL", "--kill-whom", "main", "fcm-tui.service")
    (service.root / "b.txt").write_text("two\n")
    assert "systemd of the user" in service("status", status=None)
    manager.wait_for("fcm-tui.service", SubState="auto-restart")
    service("start")
    manager.wait_for("fcm-tui.service", SubState="running")
    wait_for(lambda: "b.txt" in service.paths())
    with Reader(service.data / "record.db") as reader:
        assert [gap.reason for gap in reader.gaps()] == ["the recorder was not running"]

    service("stop")
    manager.wait_for("fcm-tui.service", ActiveState="inactive", Result="success")
    assert "nobody records" in service("status", status=1)
    service("start")
    manager.wait_for("fcm-tui.service", SubState="running")

    # updated to runs at times: the recorder that stays goes
    service("install", "--every", "1h")
    manager.wait_for("fcm-tui.timer", ActiveState="active")
    manager.wait_for("fcm-tui.service", ActiveState="inactive", Result="success")
    (service.root / "c.txt").write_text("three\n")
    manager.run("systemctl", "--user", "start", "fcm-tui.service")
    assert "c.txt" in service.paths()
    assert json.loads(service("status", "--json"))["scheduled"] is True

    assert "what is recorded stays" in service("remove")
    assert manager.show("fcm-tui.service", "LoadState") == {"LoadState": "not-found"}
    assert "there is no service" in service("remove")
    assert service.paths() == ["c.txt", "b.txt", "a.txt"]


def test_a_recorder_that_stands_still_is_killed_and_started_again(service: Service) -> None:
    manager = service.manager
    service("install")
    manager.wait_for("fcm-tui.service", SubState="running")
    unit = Path(os.environ["XDG_CONFIG_HOME"]) / "systemd" / "user" / "fcm-tui.service"
    unit.write_text(
        unit.read_text().replace("WatchdogSec=120", "WatchdogSec=2").replace("RestartSec=30", "RestartSec=0")
    )
    manager.run("systemctl", "--user", "daemon-reload")
    manager.run("systemctl", "--user", "restart", "fcm-tui.service")
    manager.wait_for("fcm-tui.service", SubState="running")
    before = manager.show("fcm-tui.service", "MainPID", "NRestarts")
    manager.run(
        "systemctl",
        "--user",
        "kill",
        f"--signal={signal.SIGSTOP.name}",
        "--kill-whom",
        "main",
        "fcm-tui.service",
    )
    manager.wait_for("fcm-tui.service", NRestarts="1")
    manager.wait_for("fcm-tui.service", SubState="running")
    assert manager.show("fcm-tui.service", "MainPID")["MainPID"] != before["MainPID"]


def test_a_configuration_that_is_wrong_stands_in_the_log_and_in_the_status(service: Service) -> None:
    service("install")
    service.manager.wait_for("fcm-tui.service", SubState="running")
    service.config.write_text("nonsense = 1\n")
    service.manager.run("systemctl", "--user", "restart", "--no-block", "fcm-tui.service")
    service.manager.wait_for("fcm-tui.service", SubState="auto-restart")
    service.config.write_text(f"[[roots]]\npath = '{service.root}'\n")
    assert "exit status 2" in service("status", status=1)
    log = (service.data / "fcm-tui.log").read_text()
    assert "ended: " in log and "nonsense" in log
