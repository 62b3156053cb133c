"""What the first version kept on a server becomes a record that `log`, `cat`, `diff` and `verify` read; nothing is made up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from fcm_tui.cli import main
from fcm_tui.settings.database import Server
from tests.database.server import MariaDB, needs_mariadb

pytestmark = needs_mariadb

Output = pytest.CaptureFixture[str]
MADE = (
    "CREATE TABLE backup_paths (id INT AUTO_INCREMENT PRIMARY KEY, original_file {path}, backup_file {path});"
    "CREATE TABLE differences (id INT AUTO_INCREMENT PRIMARY KEY, operation VARCHAR(20), affected_lines {text})"
)


@dataclass
class Old:
    """A database of the first version."""

    server: MariaDB
    database: Server
    target: Path

    def make(self, path: str = "VARCHAR(500)", text: str = "TEXT") -> None:
        self.sql(MADE.format(path=path, text=text))

    def sql(self, statement: str) -> list[list[str]]:
        return self.server.sql(statement, self.database.name)

    def copy(self, original: bytes, copy: bytes) -> None:
        self.sql(
            f"INSERT INTO backup_paths (original_file, backup_file) VALUES (X'{original.hex()}', X'{copy.hex()}')"
        )

    def difference(self, operation: str, lines: str) -> None:
        self.sql(
            f"INSERT INTO differences (operation, affected_lines) VALUES (X'{operation.encode().hex()}', X'{lines.encode().hex()}')"
        )

    def bring_in(self, *more: str) -> int:
        return main(["database", "import-legacy", self.database.address, "--to", str(self.target), *more])

    def run(self, *command: str) -> int:
        return main([*command, "--data-dir", str(self.target)])


@pytest.fixture
def old(shared: MariaDB, database: Server, tmp_path: Path) -> Old:
    return Old(shared, database, tmp_path / "imported")


def log(old: Old, capsys: Output, *more: str) -> list[dict[str, object]]:
    capsys.readouterr()
    assert old.run("log", "--json", "--reverse", *more) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_copies_and_differences_are_brought_in(old: Old, tmp_path: Path, capsys: Output) -> None:
    old.make()
    first, second, same = (tmp_path / name for name in ("1.bak", "2.bak", "3.bak"))
    first.write_bytes(b"one\ntwo\n")
    second.write_bytes(b"one\n2\n")
    same.write_bytes(b"one\n2\n")
    original = b"/srv/docs/a.txt"
    for copy in (first, second, same):
        old.copy(original, os.fsencode(copy))
    old.copy(b"/srv/docs/b.txt", os.fsencode(tmp_path / "gone.bak"))
    old.difference("Insert", "a needle\nand more\n")
    old.difference("Delete", "it's gone")
    before = old.sql("SELECT * FROM backup_paths"), old.sql("SELECT * FROM differences")

    assert old.bring_in() == 0
    told = capsys.readouterr()
    assert "4 rows: 2 stored, 1 the same as the copy before, 1 unreadable" in told.out
    assert "2 rows: 1 Insert, 1 Delete" in told.out
    assert f"/srv/docs/b.txt: its copy {tmp_path / 'gone.bak'}: there is no such file" in told.err
    assert (old.sql("SELECT * FROM backup_paths"), old.sql("SELECT * FROM differences")) == before

    changes = log(old, capsys)
    assert [(c["kind"], c["path"], c["capture"]) for c in changes] == [
        ("created", "/srv/docs/a.txt", "stored"),
        ("modified", "/srv/docs/a.txt", "stored"),
        ("created", "/srv/docs/b.txt", "unreadable"),
        ("created", "/first version/differences/1_Insert.txt", "stored"),
        ("created", "/first version/differences/2_Delete.txt", "stored"),
    ]
    assert {c["host"] for c in changes} == {"first-version@127.0.0.1"}
    assert [(c["size"], c["mode"], c["mtime"]) for c in changes[2:4]] == [(None,) * 3, (18, None, None)]
    assert (changes[1]["inserted"], changes[1]["updated"], changes[1]["deleted"]) == (0, 1, 0)
    assert (changes[3]["group"], changes[4]["group"]) == (4, 4)

    assert old.run("cat", "1") == 0
    assert capsys.readouterr().out == "one\ntwo\n"
    assert old.run("diff", "2") == 0
    assert "-two\n+2\n" in capsys.readouterr().out
    assert old.run("cat", "3") == 1
    assert "the content was not kept (unreadable)" in capsys.readouterr().err
    assert [c["sequence"] for c in log(old, capsys, "--text", "needle")] == [4]
    assert old.run("diff", "5") == 0
    assert "+it's gone\n" in capsys.readouterr().out
    assert old.run("log") == 0
    assert "does not know when these changes were made" in capsys.readouterr().out
    assert old.run("verify") == 0, capsys.readouterr()
    assert old.run("status") == 0


def test_nothing_is_written_for_a_dry_run(old: Old, tmp_path: Path, capsys: Output) -> None:
    old.make()
    (tmp_path / "1.bak").write_text("one\n")
    old.copy(b"/srv/a", os.fsencode(tmp_path / "1.bak"))
    old.copy(b"/srv/a", os.fsencode(tmp_path / "2.bak"))
    old.difference("Update", "x")
    assert old.bring_in("--dry-run") == 0
    told = capsys.readouterr().out
    assert "2 rows: 1 stored, 1 unreadable" in told and "1 rows: 1 Update" in told
    assert "nothing was written" in told
    assert not old.target.exists()


def test_nothing_is_added_to_it_later(old: Old, root: Path, tmp_path: Path, capsys: Output) -> None:
    old.make()
    (tmp_path / "1.bak").write_text("one\n")
    old.copy(os.fsencode(root / "a.txt"), os.fsencode(tmp_path / "1.bak"))
    assert old.bring_in() == 0
    assert old.bring_in() == 2
    assert "a record is there already" in capsys.readouterr().err
    for command in (["record", "--once", str(root)], ["restore", "1"]):
        assert old.run(*command) == 2, command
        told = capsys.readouterr().err
        assert "brought in from the first version" in told and told.count("\n") == 1, told
    assert list(root.iterdir()) == []
    assert old.run("verify") == 0


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("VARBINARY(900)", "LONGBLOB"),
        ("TEXT CHARACTER SET latin1", "JSON"),
        ("BLOB", "VARCHAR(60) CHARACTER SET ucs2"),
    ],
)
def test_any_type_of_column_will_do(old: Old, tmp_path: Path, capsys: Output, path: str, text: str) -> None:
    old.make(path, text)
    (tmp_path / "1.bak").write_text("one\n")
    old.sql(f"INSERT INTO backup_paths (original_file, backup_file) VALUES ('/srv/a', '{tmp_path}/1.bak')")
    old.sql(
        """INSERT INTO differences (operation, affected_lines) VALUES ('replace', '["snow ☃"]')""".replace(
            "☃", "x"
        )
    )
    old.sql("INSERT INTO differences (operation, affected_lines) VALUES (NULL, NULL)")
    assert old.bring_in() == 0
    assert [c["path"] for c in log(old, capsys)] == [
        "/srv/a", "/first version/differences/1_replace.txt", "/first version/differences/2_.txt",
    ]  # fmt: skip
    assert old.run("cat", "2") == 0
    assert capsys.readouterr().out == '["snow x"]'
    assert old.run("verify") == 0


def test_hostile_rows_do_nothing(old: Old, tmp_path: Path, capsys: Output) -> None:
    old.make("VARBINARY(9000)", "LONGBLOB")
    (tmp_path / "good").write_text("good\n")
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "large").write_bytes(bytes(70 << 20))
    (tmp_path / "key").write_text("API_KEY=1\n")
    os.mkfifo(tmp_path / "pipe")
    good = os.fsencode(tmp_path / "good")
    rows = [
        (b"/a/\x1b[31mred\xff", good), (b"../../etc/passwd", good), (b"C:\\docs\\b.txt", good), (b"/a/../etc/passwd", good),
        (b"", good), (b"/a/nul\0x", good), (b"/a/" + b"x" * 5000, good), (b"/a/.env", os.fsencode(tmp_path / "key")),
        (b"/a/l", os.fsencode(tmp_path / "link")), (b"/a/p", os.fsencode(tmp_path / "pipe")), (b"/a/z", b"/dev/zero"),
        (b"/a/big", os.fsencode(tmp_path / "large")), (b"/a/d", os.fsencode(tmp_path)), (b"/a/n", b""), (b"/a/0", b"x\0y"),
    ]  # fmt: skip
    for original, copy in rows:
        old.copy(original, copy)
    old.difference("../../x\x1b[2J", "\x1b]0;title\x07 \u202e")
    old.sql("UPDATE differences SET affected_lines = CONCAT(affected_lines, REPEAT('long ', 300000))")
    assert old.bring_in() == 0
    told = capsys.readouterr()
    assert "\x1b" not in told.out + told.err
    assert "15 rows: 4 stored, 1 secret, of which only the digest is kept, 1 too large" in told.out
    changes = log(old, capsys)
    assert [c["path"] for c in changes][1:4] == [
        "/first version/%2E%2E/%2E%2E/etc/passwd", "/first version/C:\\docs\\b.txt", "/first version/%/a/%2E%2E/etc/passwd",
    ]  # fmt: skip
    assert [c["capture"] for c in changes if c["path"] == "/a/.env"] == ["secret"]
    assert changes[-1]["path"] == "/first version/differences/1_______x__2J.txt"
    assert old.run("log") == 0
    assert "\x1b" not in capsys.readouterr().out
    assert old.run("verify") == 0, capsys.readouterr()


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ("SELECT 1", "neither `backup_paths` nor `differences`"),
        ("CREATE TABLE differences (id INT, operation TEXT)", "has no column `affected_lines`"),
        ("CREATE TABLE backup_paths (id INT, original_file TEXT, backup_file TEXT, digest TEXT)", "is that of a team's database"),
    ],
)  # fmt: skip
def test_other_tables_are_refused(old: Old, capsys: Output, tables: str, words: str) -> None:
    old.sql(tables)
    assert old.bring_in() == 2
    told = capsys.readouterr().err
    assert words in told and told.count("\n") == 1
    assert not old.target.exists()


def test_the_team_keeps_off_the_old_tables(old: Old, capsys: Output) -> None:
    old.make()
    assert main(["database", "init", "--database", old.database.address]) == 2
    told = capsys.readouterr().err
    assert "the first version's tables" in told and "import-legacy" in told
    assert old.sql("SHOW TABLES") == [["backup_paths"], ["differences"]]


def test_many_rows_pass_one_by_one(old: Old, tmp_path: Path, capsys: Output) -> None:
    old.make()
    old.sql(
        "INSERT INTO differences (operation, affected_lines) SELECT 'Insert', CONCAT('line ', seq) FROM seq_1_to_5000"
    )
    assert old.bring_in() == 0
    assert "5,000 rows: 5,000 Insert" in capsys.readouterr().out
    assert [c["sequence"] for c in log(old, capsys, "--text", "line 4999")] == [4999]
    assert old.run("verify") == 0


def test_a_broken_way_leaves_nothing_behind(old: Old, capsys: Output) -> None:
    """The server is gone in the middle: no half of a record stays."""
    old.make()
    old.sql(
        "INSERT INTO differences (operation, affected_lines) SELECT 'Insert', REPEAT('x', 5000) FROM seq_1_to_20000"
    )
    command = [
        sys.executable, "-m", "fcm_tui", "database", "import-legacy", old.database.address, "--to", str(old.target),
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    from tests.waiting import wait_for

    wait_for(
        lambda: old.sql(
            "SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT id, operation%' AND info NOT LIKE '%processlist%'"
        )
    )
    for (number,) in old.sql(
        "SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT id, operation%'"
    ):
        old.sql(f"KILL {number}")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, ""), err
    assert err.count("\n") == 1 and "mend that" in err
    assert not old.target.exists()
