"""A data directory that may only be read: recording says so in a line, and everything recorded can still be read."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.faults.conftest import Program
from tests.mounting import Mount

pytestmark = pytest.mark.slow


def test_a_read_only_data_directory(program: Program, mount: Mount) -> None:
    program.data.mkdir(mode=0o700)
    mount(program.data, "-t", "tmpfs", "-o", "mode=700", "none")
    (program.root / "file").write_text("before\n")
    program.run("record", "--once", str(program.root))
    (program.root / "file").write_text("after\n")
    program.run("record", "--once")
    subprocess.run(["mount", "-o", "remount,ro", str(program.data)], check=True)
    (program.root / "file").write_text("later\n")
    for command in (["record"], ["record", "--once"], ["record", str(program.root)]):
        said = program.run(*command, status=2).stderr
        assert said.count("\n") == 1
        assert "Read-only file system" in said and "--data-dir" in said
    told = program.status()
    assert (told["changes"], told["recording"], told["last_error"]) == (1, False, None)
    assert [json.loads(line)["kind"] for line in program.run("log", "--json").stdout.splitlines()] == [
        "modified"
    ]
    assert program.run("cat", "1").stdout == "after\n"
    assert "+after" in program.run("diff", "1").stdout
    program.run("verify")
    subprocess.run(["mount", "-o", "remount,rw", str(program.data)], check=True)
    program.run("record", "--once")
    assert program.run("cat", "2").stdout == "later\n"
