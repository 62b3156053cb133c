"""A record outside of the data directories has one writer, too, whichever data directory he has."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from fcm_tui.datadir import open_data_dir
from tests.commands.test_commands import Cli


def test_a_record_is_written_from_one_data_directory_at_a_time(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "a").write_text("a\n")
    database = root / "record.db"  # in the folder that is recorded: what is beside it is no file of anybody's
    cli = Cli(tmp_path / "mine", root)
    at = ("--database", f"sqlite:{database.as_posix()}")
    cli.run(*at, "record", "--once", str(root))
    (root / "a").write_text("b\n")
    lock = open_data_dir(str(tmp_path / "other")).try_lock(database)
    assert lock is not None
    with lock:
        for words in (["record", str(root)], ["record", "--once", str(root)], ["restore", "1", "--force"]):
            refused = cli.run(*at, *words, status=2).stderr.decode().splitlines()
            assert len(refused) == 1
            assert (
                f"record.db: already being recorded by process {os.getpid()}, with another data" in refused[0]
            )
        assert (root / "a").read_text() == "b\n"
        cli.run("record", "--once", str(root))  # one of its own
    assert cli.run(*at, "record", "--once", str(root)).stdout.startswith(b"ready: ")
    assert b"a" in cli.run(*at, "log").stdout and b"record.db" not in cli.run(*at, "log").stdout
    assert cli.run(*at, "verify").stdout.startswith(b"ok: 1 change")
    if sys.platform != "win32":
        assert stat.S_IMODE(os.stat(f"{database}-lock").st_mode) == 0o600
