"""`fcm-tui prune`, alone and beside a recorder at work, and what the other commands say of what went."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.commands.test_commands import Cli
from tests.waiting import wait_for


class PruneCli(Cli):
    """With a configuration of its own."""

    @property
    def config(self) -> Path:
        return self.data.parent / "fcm.toml"

    def configure(self, rules: str) -> None:
        self.config.write_text(f"[retention]\n{rules}\n")

    def run(self, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[bytes]:
        return super().run("--config", str(self.config), *arguments, status=status)

    def write(self, versions: int, name: str = "f") -> None:
        """So many further versions of a file."""
        for _ in range(versions):
            file = self.root / name
            file.write_bytes((file.read_bytes() if file.exists() else b"") + b"one more line\n")
            self.once()

    @contextmanager
    def recording(self) -> Iterator[subprocess.Popen[bytes]]:
        command = [
            sys.executable,
            "-m",
            "fcm_tui",
            "--data-dir",
            str(self.data),
            "--config",
            str(self.config),
        ]
        with subprocess.Popen([*command, "record", str(self.root)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline().startswith(b"ready:")
            try:
                yield process
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(20)


@pytest.fixture
def cli(tmp_path: Path) -> PruneCli:
    root = tmp_path / "root"
    root.mkdir()
    made = PruneCli(tmp_path / "data", root)
    made.configure("max_versions = 2")
    made.once()
    return made


def test_it_tells_before_and_does_then(cli: PruneCli) -> None:
    cli.write(5)
    would = json.loads(cli.run("prune", "--dry-run", "--json").stdout)
    assert (would["dry_run"], would["versions"], would["files"], would["bytes"]) == (
        True,
        3,
        1,
        14 * (1 + 2 + 3),
    )
    assert cli.run("prune", "--dry-run").stdout.startswith(b"would thin out 3 versions of 1 files")
    assert [change["capture"] for change in cli.log()] == ["stored"] * 5
    done = json.loads(cli.run("prune", "--json").stdout)
    assert (done["versions"], done["bytes"], done["by_recorder"]) == (3, would["bytes"], False)
    assert [change["capture"] for change in cli.log("--reverse")] == ["quota"] * 3 + ["stored"] * 2
    assert cli.run("log").stdout.count(b"(thinned out") == 3
    assert cli.run("prune").stdout.startswith(b"thinned out 0 versions")
    assert cli.run("verify").stdout.startswith(b"ok: 5 changes, 2 versions, 3 thinned out")
    status = json.loads(cli.run("status", "--json").stdout)
    assert (status["retention"]["on"], status["retention"]["thinned"]) == (True, 3)
    assert status["retention"]["head"]["prune"] >= 1
    assert b"3 contents thinned so far" in cli.run("status").stdout


def test_what_went_is_told_in_one_line_and_what_stays_is_there(cli: PruneCli) -> None:
    cli.write(5)
    cli.run("prune")
    after = cli.log("--reverse")[1]["after"]
    for arguments in (
        ["cat", "2"],
        ["cat", "4", "--before"],
        ["diff", "2"],
        ["diff", "4"],
        ["restore", "2"],
        ["restore", "4", "--before"],
        ["restore", "2", "--to", str(cli.data.parent / "copy")],
    ):
        told = cli.run(*arguments, status=1).stderr
        assert told.count(b"\n") == 1, told
        assert b"retention thinned it out on 20" in told
        assert b"the oldest version that is there is that of change 4, 20" in told
    assert b"retention thinned it out" in cli.run("cat", f"sha256:{after}", status=1).stderr
    assert cli.run("cat", "4").stdout == b"one more line\n" * 4
    assert cli.run("diff", "5").stdout.count(b"\n+") == 2
    (change,) = cli.log("--text", "one more", "--limit", "1", "--reverse")
    assert change["sequence"] == 1, "the lines that a change made stay"


def test_what_was_thinned_and_comes_back_is_there_again(cli: PruneCli) -> None:
    cli.write(4)
    cli.run("prune")
    (cli.root / "f").write_bytes(b"one more line\n")
    cli.once()
    assert cli.run("cat", "1").stdout == b"one more line\n"
    assert [change["capture"] for change in cli.log("--reverse")] == [
        "stored",
        "quota",
        "stored",
        "stored",
        "stored",
    ]
    assert cli.run("verify").stdout.startswith(b"ok: ")


def test_without_rules_it_says_which_there_are(cli: PruneCli) -> None:
    cli.configure("thin = false")
    told = cli.run("prune", status=2).stderr
    assert told.count(b"\n") == 1
    assert b"set thin = true, max_age, max_versions or max_size under [retention]" in told
    assert str(cli.config).encode() in told


def test_without_a_record_there_is_nothing_to_prune(cli: PruneCli) -> None:
    cli.data = cli.data.parent / "nothing"
    assert cli.run("prune", status=2).stderr.count(b"\n") == 1


@pytest.mark.slow
def test_a_recorder_at_work_does_it_when_asked_and_goes_on(cli: PruneCli) -> None:
    cli.write(6)
    cli.configure("thin = false")  # what the recorder starts with
    with cli.recording():
        cli.configure("max_versions = 2")
        (cli.root / "g").write_text("while it is asked\n")
        done = json.loads(cli.run("prune", "--json").stdout)
        assert (done["versions"], done["by_recorder"]) == (4, True)
        (cli.root / "f").write_text("after it\n")
        wait_for(lambda: any(change["size"] == 9 for change in cli.log()))
        assert [path.name for path in (cli.data / "intents").iterdir()] == ["prune.last"]
    captures = {change["sequence"]: change["capture"] for change in cli.log()}
    assert [captures[number] for number in range(1, 7)] == ["quota"] * 4 + ["stored"] * 2
    assert cli.run("verify").stdout.startswith(b"ok: ")


@pytest.mark.slow
@pytest.mark.parametrize(
    "wish",
    [b"", b"[]", b"{}", b'{"token": 3}', b'{"token": "x", "retention": {"thin": "yes"}}', b"\xff" * 9000],
)
def test_a_wish_that_is_none_is_put_aside(cli: PruneCli, wish: bytes) -> None:
    cli.write(1)
    with cli.recording():
        (cli.data / "intents").mkdir(exist_ok=True)
        request = cli.data / "intents" / "prune-x.request"
        request.write_bytes(wish)
        wait_for(lambda: not request.exists())
        (cli.root / "g").write_text("goes on\n")
        wait_for(lambda: len(cli.log()) == 2)
    assert [change["capture"] for change in cli.log()] == ["stored", "stored"]


def test_a_run_that_does_not_stay_prunes_once_an_hour(cli: PruneCli) -> None:
    cli.write(4)
    assert [c["capture"] for c in cli.log()] == ["stored"] * 4, "it was looked after as the record began"
    last = cli.data / "intents" / "prune.last"
    os.utime(last, (time.time() - 7200,) * 2)
    cli.once()
    assert [c["capture"] for c in cli.log()] == ["stored", "stored", "quota", "quota"]
    assert time.time() - last.stat().st_mtime < 3600
    assert cli.run("verify").stdout.startswith(b"ok: ")


@pytest.mark.slow
def test_a_recorder_prunes_by_itself(cli: PruneCli) -> None:
    cli.write(4)
    command = (
        "import sys; from fcm_tui import cli; from fcm_tui.pipeline import pruning; pruning.FIRST = 0.0;"
        " sys.exit(cli.main(sys.argv[1:]))"
    )
    arguments = ["--data-dir", str(cli.data), "--config", str(cli.config), "record", str(cli.root)]
    with subprocess.Popen([sys.executable, "-c", command, *arguments], stdout=subprocess.PIPE) as process:
        try:
            wait_for(lambda: [c["capture"] for c in cli.log()] == ["stored", "stored", "quota", "quota"])
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
    assert cli.run("verify").stdout.startswith(b"ok: ")
