"""What a process that was killed while it wrote the configuration leaves beside it goes when it is written again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fcm_tui.cli import main
from fcm_tui.settings.draft import read
from fcm_tui.whole_file import write_whole

_KILLED = """
import os, sys
from pathlib import Path
os.replace = os.link = lambda *names: os._exit(9)  # with all that is written, before it has its name
from fcm_tui.settings.draft import read
read(Path(sys.argv[1])).with_value(("theme",), "dark").write()
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "fcm.toml"
    path.write_text("# mine\n")
    assert subprocess.run([sys.executable, "-c", _KILLED, path]).returncode == 9
    left = names(path)
    assert len(left) == 3 and all(name.startswith(".fcm-tui-") for name in left - {path.name})
    return path


def names(file: Path) -> set[str]:
    return {path.name for path in file.parent.iterdir()}


def edited(file: Path) -> None:
    read(file).with_value(("theme",), "light").write()


def made_anew(file: Path) -> None:
    assert main(["config", "init", "--force", "--config", str(file)]) == 0


@pytest.mark.parametrize("write", [edited, made_anew])
def test_what_is_left_goes_when_the_file_is_written_again(file: Path, write: Callable[[Path], None]) -> None:
    write(file)
    assert names(file) == {file.name}


def test_what_belongs_to_another_file_or_to_a_person_stays(file: Path) -> None:
    mine = file.with_name(
        next(name for name in names(file) if len(name) == len(".fcm-tui-0123456789abcdef.swp"))
    )
    others = [
        mine.with_suffix(".bak"),
        mine.with_name(f"{mine.name}.swp"),
        mine.with_name(".fcm-tui-cafe.swp"),
    ]
    others += [mine.with_name(".fcm-tui-0123456789abcdef.swp"), mine.with_name(".fcm.toml.swp")]
    for path in others:
        path.touch()
    edited(file)
    assert names(file) == {file.name, *(path.name for path in others)}


def test_a_link_is_written_where_it_leads_and_what_is_left_goes_there(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link" / "fcm.toml"
    link.parent.mkdir()
    try:
        link.symlink_to(file)
    except OSError:
        pytest.skip("no links here")
    edited(link)
    assert names(link) == {link.name} and names(file) == {file.name, "link"}


def test_other_files_are_written_beside_it_meanwhile(file: Path) -> None:
    left = names(file)
    write_whole(file.with_name("report.html"), b"x", over=True)
    assert names(file) == {*left, "report.html"}
