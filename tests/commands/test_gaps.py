"""What the commands tell of times in which changes may have been missed, and of folders that are not there."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from fcm_tui.model import ANEW
from tests.commands.test_commands import Cli


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    root = tmp_path / "root"
    root.mkdir()
    return Cli(tmp_path / "data", root)


def lines(cli: Cli, *arguments: str) -> list[str]:
    return cli.run("log", *arguments).stdout.decode().splitlines()


def two_runs(cli: Cli) -> None:
    """A baseline, then two absences: in the first a file appears, in the second two more."""
    cli.once()
    for names in (("a",), ("b", "c")):
        for name in names:
            (cli.root / name).write_text(f"{name}\n")
        cli.once()


def test_the_log_tells_each_gap_where_it_began(cli: Cli) -> None:
    two_runs(cli)
    shown = lines(cli)
    found = f"found by scan in {cli.root} (the recorder was not running)"
    assert [line.split()[0] for line in shown] == ["3", "2", "gap", "1", "gap"]
    assert shown[2].endswith(f": 2 changes {found}")
    assert shown[4].endswith(f": 1 change {found}")
    assert lines(cli, "--reverse") == shown[::-1]
    assert [line.split()[0] for line in lines(cli, "--limit", "2")] == ["3", "2"]
    assert [line.split()[0] for line in lines(cli, "--limit", "3")] == ["3", "2", "gap", "1"]


def test_filters_for_changes_leave_gaps_out_and_those_for_places_and_times_hold_for_them(cli: Cli) -> None:
    two_runs(cli)
    assert len(lines(cli, "--kind", "created")) == 3
    assert [line.split()[0] for line in lines(cli, str(cli.root / "a"))] == ["gap", "1", "gap"]
    assert lines(cli, str(cli.root.parent / "elsewhere")) == []
    assert lines(cli, "--until", "2020-01-01") == []
    assert len(lines(cli, "--since", "1h")) == 5
    assert [line.split()[0] for line in lines(cli, "--filter", "is:gap since:1h")] == ["gap", "gap"]
    assert lines(cli, "--filter", "is:gap kind:created") == []
    assert [line.split()[0] for line in lines(cli, "--filter", "!is:gap")] == ["3", "2", "1"]
    assert len(lines(cli, "--filter", "is:gap", "--json")) == 2


def test_json_lines_are_changes_unless_gaps_are_asked_for(cli: Cli) -> None:
    two_runs(cli)
    assert all("sequence" in line for line in cli.log())
    entries: list[dict[str, Any]] = [json.loads(line) for line in lines(cli, "--json", "--gaps")]
    assert [entry.get("sequence", "gap") for entry in entries] == [3, 2, "gap", 1, "gap"]
    assert entries[2]["reason"] == "the recorder was not running"
    assert (entries[2]["changes_found"], entries[2]["root"]) == (2, str(cli.root))
    assert set(entries[2]) == {"gap", "host", "root", "from", "to", "reason", "changes_found"}


def test_folders_that_are_no_longer_watched_are_named(cli: Cli, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    cli.run("record", "--once", str(cli.root), str(other))
    said = cli.run("record", "--once", str(other)).stderr.decode().splitlines()
    assert said == [f"fcm-tui: no longer watched: {cli.root}: to watch them too, name them as well"]
    assert cli.run("record", "--once", str(other)).stderr == b""


def test_a_root_that_is_not_there_is_told_with_its_deletions(cli: Cli) -> None:
    (cli.root / "a").write_text("a\n")
    cli.once()
    cli.root.rename(cli.root.with_name("renamed"))
    cli.root = cli.root.parent
    said = cli.run("record", "--once").stderr.decode().splitlines()
    assert said[0] == "1 changes recorded"
    assert "it is not there, so its files count as deleted; if it was renamed, name its new path" in said[1]
    assert [change["kind"] for change in cli.log()] == ["deleted"]


def test_a_root_whose_parent_is_not_there_is_out_of_reach_and_nothing_of_it_is_deleted(
    tmp_path: Path,
) -> None:
    cli = Cli(tmp_path / "data", tmp_path / "mnt" / "root")
    cli.root.mkdir(parents=True)
    (cli.root / "a").write_text("a\n")
    cli.once()
    shutil.move(tmp_path / "mnt", tmp_path / "away")
    cli.root = tmp_path
    said = cli.run("record", "--once").stderr.decode()
    assert "it is unmounted or out of reach: nothing of it is recorded until it is back" in said
    assert cli.log() == []
    gaps = json.loads(cli.run("status", "--json").stdout)["gaps"]
    assert [(gap["to"], gap["changes_found"]) for gap in gaps] == [(None, None)]
    shutil.move(tmp_path / "away", tmp_path / "mnt")
    (tmp_path / "mnt" / "root" / "a").write_text("another\n")
    cli.run("record", "--once")
    gaps = json.loads(cli.run("status", "--json").stdout)["gaps"]
    assert [gap["changes_found"] for gap in gaps if gap["to"]] == [1]


def test_other_settings_taken_up_are_told_only_where_gaps_are_asked_for(cli: Cli) -> None:
    two_runs(cli)
    with sqlite3.connect(cli.data / "record.db") as connection:
        connection.execute("UPDATE gaps SET reason = ?, changes_found = 0, to_ns = from_ns + 1", (ANEW,))
    assert [line.split()[0] for line in lines(cli)] == ["3", "2", "1"]
    assert len(lines(cli, "--gaps")) == 5
    assert b"gap  " not in cli.run("status").stdout
