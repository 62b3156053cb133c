"""The commands as a script uses them: real processes, a real record."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.programs import needs_git

ENGLISH = "the quick brown fox\njumps over\nthe lazy dog\n"


class Cli:
    """`fcm-tui` on one data directory."""

    def __init__(self, data: Path, root: Path) -> None:
        self.data = data
        self.root = root

    def run(self, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[bytes]:
        done = subprocess.run(
            [sys.executable, "-m", "fcm_tui", "--data-dir", str(self.data), *arguments],
            capture_output=True,
            cwd=self.root,
            check=False,
        )
        assert done.returncode == status, (done.stdout, done.stderr)
        assert b"Traceback" not in done.stderr
        return done

    def once(self) -> bytes:
        return self.run("record", "--once", str(self.root)).stdout

    def log(self, *arguments: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.run("log", "--json", *arguments).stdout.splitlines()]


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    root = tmp_path / "root"
    root.mkdir()
    return Cli(tmp_path / "data", root)


KEYS = [
    "recorder",
    "host",
    "sequence",
    "time",
    "kind",
    "root",
    "path",
    "previous_path",
    "size",
    "mode",
    "owner",
    "process",
    "before",
    "after",
    "capture",
    "origin",
    "group",
    "inserted",
    "updated",
    "deleted",
    "reviewed",
]


def test_a_first_run_and_a_change(cli: Cli) -> None:
    (cli.root / "a.txt").write_bytes(ENGLISH.encode())
    assert cli.once().splitlines() == [b"ready: 1 roots, 1 files"]
    assert cli.log() == []
    (cli.root / "a.txt").write_bytes((ENGLISH.replace("over", "under") + "end\n").encode())
    cli.once()
    (change,) = cli.log()
    assert set(KEYS) <= set(change)
    assert change["after"] == hashlib.sha256((cli.root / "a.txt").read_bytes()).hexdigest()
    assert (change["kind"], change["origin"], change["capture"]) == ("modified", "scan", "stored")
    assert (change["inserted"], change["updated"], change["deleted"]) == (1, 1, 0)
    assert cli.run("cat", "1", "--before").stdout.decode() == ENGLISH
    assert cli.run("cat", f"sha256:{change['after']}").stdout == (cli.root / "a.txt").read_bytes()


@needs_git
def test_diff_applies_and_its_json_applies(cli: Cli) -> None:
    old, new = "a\r\nb\nc\x0cd\n\u2028e", "a\r\nB\nc\x0cd\nx\n\u2028e\n"
    (cli.root / "f").write_bytes(old.encode())
    cli.once()
    (cli.root / "f").write_bytes(new.encode())
    cli.once()
    patch = cli.run("diff", "1").stdout
    (cli.root / "f").write_bytes(old.encode())
    subprocess.run(["git", "apply", "-"], input=patch, cwd=cli.root, check=True)
    assert (cli.root / "f").read_bytes() == new.encode()
    shown = json.loads(cli.run("diff", "1", "--json").stdout)
    lines = [line + "\n" for line in old.split("\n")]
    lines[-1] = lines[-1][:-1]
    for hunk in reversed(shown["hunks"]):
        start = hunk["old_start"] - 1
        assert lines[start : start + len(hunk["old_lines"])] == hunk["old_lines"]
        lines[start : start + len(hunk["old_lines"])] = hunk["new_lines"]
    assert "".join(lines) == new
    assert cli.run("diff", "1", "--stat").stdout.splitlines() == [
        b" f | 5 +++--",
        b" 1 file changed, 3 insertions(+), 2 deletions(-)",
    ]


def test_two_versions_are_a_rename_where_they_are_of_one_file(cli: Cli) -> None:
    cli.once()
    (cli.root / "a").write_text("one\ntwo\nthree\n")
    cli.once()
    (cli.root / "other").write_text("one\nzwei\nthree\n")
    cli.once()
    (cli.root / "a").rename(cli.root / "b")
    cli.once()
    assert [(c["kind"], Path(c["path"]).name) for c in cli.log()] == [
        ("moved", "b"), ("created", "other"), ("created", "a"),
    ]  # fmt: skip
    assert b"rename from a\nrename to b\n" in cli.run("diff", "1", "3").stdout
    compared = cli.run("diff", "1", "2").stdout
    assert b"--- a/a\n+++ b/other\n" in compared and b"-two\n+zwei\n" in compared
    assert b"rename" not in compared and b"similarity" not in compared


def test_filters(cli: Cli) -> None:
    cli.once()
    (cli.root / "d").mkdir()
    (cli.root / "d" / "in").write_text("needle\n")
    (cli.root / "out").write_text("hay\n")
    cli.once()
    (cli.root / "out").unlink()
    cli.once()
    assert [c["kind"] for c in cli.log("--kind", "deleted")] == ["deleted"]
    assert [os.path.basename(c["path"]) for c in cli.log("--text", "needle")] == ["in"]
    assert [os.path.basename(c["path"]) for c in cli.log(str(cli.root / "d"))] == ["in"]
    assert [c["sequence"] for c in cli.log("--reverse", "--limit", "2")] == [1, 2]
    assert len(cli.log("--since", "1h")) == 3
    assert cli.log("--until", "1h") == []
    assert len(cli.log("--unreviewed")) == 3


def test_restore_undo_and_moment(cli: Cli) -> None:
    file = cli.root / "f"
    file.write_bytes(b"".join(b"%d\n" % n for n in range(30)))
    first = file.read_bytes()
    cli.once()
    file.write_bytes(first.replace(b"3\n", b"three\n", 1).replace(b"25\n", b"twenty-five\n"))
    second = file.read_bytes()
    cli.once()
    cli.run("restore", "1", "--before", "--dry-run")
    assert file.read_bytes() == second
    cli.run("restore", "1", "--hunk", "2")
    assert file.read_bytes() == first.replace(b"3\n", b"three\n", 1)
    assert cli.log()[0]["origin"] == "restore"
    cli.run("restore", "1")
    assert file.read_bytes() == second
    file.unlink()
    cli.once()
    moment = cli.log()[0]["time"]
    file.write_text("something else\n")
    (cli.root / "new").write_text("new\n")
    cli.once()
    cli.run("restore", str(cli.root), "--at", moment)
    assert not file.exists()
    assert not (cli.root / "new").exists()
    cli.run("restore", "1", "--to", str(cli.root.parent / "elsewhere"))
    assert (cli.root.parent / "elsewhere").read_bytes() == second
    assert cli.run("verify").stdout.startswith(b"ok: ")


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_restore_does_not_follow_links_out(cli: Cli, tmp_path: Path) -> None:
    (cli.root / "d").mkdir()
    (cli.root / "d" / "f").write_text("one\n")
    cli.once()
    (cli.root / "d" / "f").write_text("two\n")
    cli.once()
    outside = tmp_path / "outside"
    outside.mkdir()
    (cli.root / "d" / "f").unlink()
    (cli.root / "d").rmdir()
    (cli.root / "d").symlink_to(outside)
    cli.run("restore", "1", "--before", status=1)
    assert list(outside.iterdir()) == []


def test_mistakes_get_one_line(cli: Cli) -> None:
    cli.once()
    for status, arguments in (
        (1, ["cat", "7"]),
        (2, ["cat", "x"]),
        (1, ["diff", "nohost:1"]),
        (2, ["log", "--since", "1h", "--until", "2h"]),
        (2, ["restore", "1", "--host", "desk"]),
        (2, ["log", "--kind", "odd"]),
        (2, ["log", "--since", "whenever"]),
        (2, ["record", str(cli.root / "missing")]),
        (2, ["log", "--database", "oracle:x"]),
        (1, ["restore", "/", "--at", "1h"]),
        (2, ["log", "--limit", "99999999999999999999"]),
        (2, ["record", "--once", str(cli.data)]),
    ):
        done = cli.run(*arguments, status=status)
        assert done.stderr.count(b"\n") == 1, done.stderr
        assert done.stdout == b""


def test_verify_names_what_was_altered(cli: Cli) -> None:
    import sqlite3

    (cli.root / "f").write_text("one\n")
    cli.once()
    (cli.root / "f").write_text("two\n")
    cli.once()
    with sqlite3.connect(cli.data / "record.db") as database:
        database.execute("UPDATE changes SET owner = 'nobody else'")
    database.close()
    done = cli.run("verify", status=1)
    assert b"change 1" in done.stdout


def test_status(cli: Cli) -> None:
    cli.once()
    status = json.loads(cli.run("status", "--json").stdout)
    assert (status["recording"], status["files"], status["changes"]) == (False, 0, 0)
    assert [root["path"] for root in status["roots"]] == [str(cli.root)]
    assert b"not recording" in cli.run("status").stdout


@pytest.mark.parametrize("encoding", ["cp1252", "cp1252:surrogateescape", "ascii:surrogateescape"])
def test_a_code_page_without_a_character_is_no_crash(cli: Cli, encoding: str) -> None:
    cli.once()
    (cli.root / "f\u0436").write_text("one\n")
    cli.once()
    done = subprocess.run(
        [sys.executable, "-m", "fcm_tui", "--data-dir", str(cli.data), "log"],
        env={**os.environ, "PYTHONIOENCODING": encoding}, capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"f\\u0436" in done.stdout


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has a device that is always full")
@pytest.mark.parametrize(
    "arguments", [["log"], ["log", "--json"], ["status"], ["cat", "1"], ["config", "show"]]
)
def test_a_full_disk_behind_stdout_is_one_line(cli: Cli, arguments: list[str]) -> None:
    cli.once()
    (cli.root / "f").write_text("one\n")
    cli.once()
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "fcm_tui", "--data-dir", str(cli.data), *arguments],
            stdout=full, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1), done.stderr
    assert b"No space left" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX closes it")
def test_a_closed_stdout_is_no_crash(cli: Cli) -> None:
    cli.once()
    (cli.root / "f").write_text("one\n")
    cli.once()
    command = f"{sys.executable} -m fcm_tui --data-dir {cli.data} diff 1 >&-"
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=False)
    assert b"Traceback" not in done.stderr


def test_a_secret_is_said_to_be_one(cli: Cli) -> None:
    (cli.root / ".env").write_text("A=1\n")
    cli.once()
    (cli.root / ".env").write_text("A=2\n")
    cli.once()
    assert b"(secret)" in cli.run("diff", "1", status=1).stderr


def test_a_log_of_what_is_not_recorded_says_so(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8")  # a code page of Windows lacks the pictures of controls
    (cli.root / "d").mkdir()
    (cli.root / "d" / "quiet").write_text("recorded, and never changed\n")
    cli.once()
    for known in (".", "d", "d/quiet", ".."):
        assert cli.run("log", known).stderr == b""
    for arguments, wanted in (
        (["d/other"], f"d{os.sep}other: nothing is recorded of it".encode()),
        (["/nonexist"], f"{os.sep}nonexist: nothing is recorded of it".encode()),
        (["--json", "x\n\x1b[31m"], "x␊␛[31m: nothing is recorded of it".encode()),
        (["--host", "nope"], b"no host 'nope' in this record: it has "),
    ):
        done = cli.run("log", *arguments)
        assert done.stdout == b""
        assert wanted in done.stderr
        assert done.stderr.count(b"\n") == 1
