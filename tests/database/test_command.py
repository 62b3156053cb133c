"""`fcm-tui database`, and what a person is told about the team's database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fcm_tui.cli import main
from fcm_tui.settings.database import Server
from fcm_tui.store.mysql.schema import STEPS
from tests.database.server import MariaDB, needs_mariadb

pytestmark = needs_mariadb

Output = pytest.CaptureFixture[str]


def test_tables_are_made_and_told(database: Server, capsys: Output) -> None:
    url = ["--database", database.address]
    assert main(["database", "check", *url]) == 2
    assert "`fcm-tui database init` makes them" in capsys.readouterr().err
    assert main(["database", "init", *url]) == 0
    assert capsys.readouterr().out == f"made: {database.address} (schema {len(STEPS)})\n"
    assert main(["database", "init", *url]) == 0
    assert main(["database", "upgrade", *url]) == 0
    assert main(["database", "check", *url]) == 0
    assert capsys.readouterr().out.endswith(
        f"not encrypted\nthis account may send\nschema {len(STEPS)}, max_allowed_packet 16,777,216 bytes\nok\n"
    )
    assert main(["database", "status", "--json", *url]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["recorders"], told["tables"]["changes"]) == (len(STEPS), [], 0)


def test_the_database_is_made_where_that_is_allowed(
    database: Server, shared: MariaDB, capsys: Output
) -> None:
    assert main(["database", "init", "--database", shared.url("a%60b%20c")]) == 0
    assert ["a`b c"] in shared.sql("SHOW DATABASES", "mysql")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda url: url.replace("tester@", "nobody@"), "Access denied for user 'nobody'@"),
        (lambda url: url.rsplit("/", 1)[0] + "/absent", "Unknown database 'absent'"),
        (lambda url: url.replace("@127.0.0.1:", "@127.0.0.1:1,127.0.0.1:"), ""),
        (lambda url: "mysql://tester@127.0.0.1:1/fcm", "Connection refused|Connect call failed"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(
    database: Server, capsys: Output, change: object, words: str
) -> None:
    url = change(database.address)  # type: ignore[operator]
    main(["database", "init", "--database", database.address])
    status = main(["database", "status", "--database", url])
    told = capsys.readouterr().err
    assert (status, bool(words)) == (2, True) or (status == 0 and not words), told
    assert told.count("\n") == bool(words)
    assert any(word in told for word in words.split("|"))


def test_without_a_server_it_says_how_to_name_one(capsys: Output) -> None:
    assert main(["database", "status"]) == 2
    assert "--database mysql://user@host" in capsys.readouterr().err


def test_once_sends_too(root: Path, database: Server, shared: MariaDB, capsys: Output) -> None:
    arguments = ["record", "--once", str(root), "--database", database.address]
    assert main(arguments) == 0
    (root / "a.txt").write_text("one\n")
    assert main(arguments) == 0
    assert shared.sql("SELECT kind FROM changes", database.name) == [["created"]]
    capsys.readouterr()
    assert main(["status", "--json", "--database", database.address]) == 0
    told = json.loads(capsys.readouterr().out)["shipping"]
    assert (told["state"], told["sequence"], told["behind"], told["dead"]) == ("stopped", 1, 0, 0)


def test_what_could_not_be_sent_is_told(root: Path, home: Path, capsys: Output) -> None:
    arguments = ["--database", "mysql://me@127.0.0.1:1/fcm"]
    main(["record", "--once", str(root), *arguments])
    (root / "a.txt").write_text("one\n")
    assert main(["record", "--once", str(root), *arguments]) == 0
    assert "1 behind" in capsys.readouterr().err
    assert main(["status", *arguments]) == 0
    assert "database   mysql://me@127.0.0.1:1/fcm: 1 behind" in capsys.readouterr().out


def test_that_nothing_was_ever_sent_is_told_afterwards_too(
    root: Path, database: Server, capsys: Output
) -> None:
    arguments = ["--database", database.address.replace("tester@", "nobody@")]
    assert main(["record", "--once", str(root), *arguments]) == 0
    assert "nothing is being sent because Access denied" in capsys.readouterr().err
    assert main(["status", *arguments]) == 0
    assert ": not all is sent, nothing is being sent because Access denied" in capsys.readouterr().out
    assert main(["status", "--json", *arguments]) == 0
    told = json.loads(capsys.readouterr().out)["shipping"]
    assert (told["state"], told["behind"], told["whole"]) == ("stopped", 0, False)
    assert told["reason"].startswith("Access denied")


def test_a_database_of_the_first_version_is_told_at_once(
    database: Server, shared: MariaDB, capsys: Output
) -> None:
    shared.sql("CREATE TABLE backup_paths (id INT)", database.name)
    actions = ["check", "status", "upgrade", "init"]
    for command in (*(["database", action] for action in actions), ["log"], ["status"]):
        assert main([*command, "--database", database.address]) == 2
        told = capsys.readouterr().err
        assert "it holds the first version's tables: name another database" in told
        assert "database init" not in told
