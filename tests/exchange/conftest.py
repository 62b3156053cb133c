from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fcm_tui.cli import main
from tests.commands.test_commands import Cli


class Here(Cli):
    """`fcm-tui` on one data directory, in this process: a process for each command takes many times as long."""

    def __init__(self, data: Path, root: Path, captured: pytest.CaptureFixture[bytes]) -> None:
        super().__init__(data, root)
        self._captured = captured

    def run(self, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[bytes]:
        self._captured.readouterr()
        found = main(["--data-dir", str(self.data), *arguments])
        out, err = self._captured.readouterr()
        assert found == status, (out, err)
        assert b"Traceback" not in err
        return subprocess.CompletedProcess(arguments, found, out, err)


@pytest.fixture
def cli(tmp_path: Path, root: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Cli:
    """`fcm-tui` on a data directory of its own."""
    return Here(tmp_path / "data", root, capfdbinary)
