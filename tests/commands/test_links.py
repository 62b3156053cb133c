"""Paths that lead over links: a folder may be asked for by any name that it has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.test_commands import Cli, cli

__all__ = ["cli"]

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="makes symbolic links, which Windows grants few"
)


@pytest.fixture
def link(cli: Cli, tmp_path: Path) -> Path:
    """Another name of the recorded folder, in which two changes are recorded."""
    found = tmp_path / "link"
    found.symlink_to(cli.root)
    (cli.root / "d").mkdir()
    (cli.root / "d" / "f").write_text("one\n")
    subprocess.run(
        [sys.executable, "-m", "fcm_tui", "--data-dir", cli.data, "record", "--once", found], check=True
    )
    (cli.root / "d" / "f").write_text("two\n")
    (cli.root / "inside").symlink_to("d")
    cli.run("record", "--once")
    return found


def test_a_folder_may_be_named_by_a_link_to_it(cli: Cli, link: Path, tmp_path: Path) -> None:
    wanted = cli.log()
    assert [change["kind"] for change in wanted] == ["created", "modified"]
    assert cli.log(str(link)) == wanted == cli.log(f"{link}/") == cli.log(str(cli.root))
    by_link = cli.run("report", "--format", "csv", str(link)).stdout
    assert by_link and by_link == cli.run("report", "--format", "csv", str(cli.root)).stdout
    cli.run("export", "git", str(link), str(tmp_path / "git"))
    cli.run("export", "git", str(link), str(tmp_path / "git"))
    planned = cli.run("restore", str(link), "--at", "#1", "--dry-run").stdout
    assert planned and planned == cli.run("restore", str(cli.root), "--at", "#1", "--dry-run").stdout


def test_a_recorded_link_is_meant_itself(cli: Cli, link: Path) -> None:
    assert [os.path.basename(change["path"]) for change in cli.log(str(cli.root / "inside"))] == ["inside"]
    assert [os.path.basename(change["path"]) for change in cli.log(str(link / "inside"))] == ["inside"]


def test_a_link_to_what_is_not_recorded_is_named_as_it_was_given(
    cli: Cli, link: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").symlink_to(tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "to-other").symlink_to("other")
    told = cli.run("log", str(tmp_path / "to-other"))
    assert told.stdout == b""
    assert b"to-other: nothing is recorded of it" in told.stderr


def test_restoring_into_a_recorded_folder_by_a_link_is_recorded(cli: Cli, link: Path) -> None:
    number = next(str(change["sequence"]) for change in cli.log() if change["kind"] == "modified")
    done = cli.run("restore", number, "--before", "--to", str(link))
    assert b"not recorded" not in done.stderr
    assert (cli.root / "f").read_text() == "one\n"
    (made,) = cli.log(str(cli.root / "f"))
    assert made["origin"] == "restore"


def test_a_folder_to_restore_into_has_to_be_there(cli: Cli, link: Path, tmp_path: Path) -> None:
    told = cli.run("restore", "1", "--to", f"{tmp_path / 'missing'}/", status=2)
    assert b"missing/: no such folder" in told.stderr
    assert not (tmp_path / "missing").exists()
