"""The accounts that `database grants` makes can do what they have to, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fcm_tui.cli import main
from fcm_tui.errors import StoreError
from fcm_tui.settings.database import Server
from fcm_tui.store.mysql.connection import Connection, connect
from fcm_tui.store.mysql.failures import code_of
from fcm_tui.store.mysql.reviewing import mark
from tests.database.compare import differing
from tests.database.recording import abreast, recording, shipping_of
from tests.database.server import MariaDB, needs_mariadb
from tests.waiting import eventually

pytestmark = needs_mariadb

ID = "X'" + "11" * 16 + "'"
DIGEST = "X'" + "22" * 32 + "'"
TABLES = (
    "recorders", "roots", "files", "changes", "backup_paths", "contents", "differences", "change_differences", "gaps",
    "reviews", "sealing_keys", "schema_steps", "prunes", "thinned", "line_blocks",
)  # fmt: skip
DENIED = {1142, 1143, 1044, 1227}
FORGED = (
    f"INSERT INTO changes (recorder_id, sequence, time_ns, root_id, file_id, path, kind, capture, origin, chain_hash)"
    f" VALUES ({ID}, 1, 1, {ID}, {ID}, 'p', 'created', 'none', 'event', {DIGEST})"
)


@pytest.fixture
def accounts(database: Server, shared: MariaDB, capsys: pytest.CaptureFixture[str]) -> Iterator[Server]:
    """The database with both accounts, which have no password here and come without TLS."""
    assert main(["database", "init", "--database", database.address]) == 0
    capsys.readouterr()
    assert main(["database", "grants", "--database", database.address]) == 0
    grants = capsys.readouterr().out
    assert "`fcm`" not in grants
    shared.sql(grants.replace("IDENTIFIED BY 'CHANGE-ME' REQUIRE SSL", "IDENTIFIED BY ''"), "mysql")
    yield database
    shared.sql("DROP USER 'fcm_recorder'@'%', 'fcm_reviewer'@'%'", "mysql")


async def as_user(database: Server, user: str) -> Connection:
    return await connect(replace(database, user=user), database.hosts[0], "", context=None)


async def refused(connection: Connection, statement: str) -> bool:
    try:
        await connection.rows(statement)
    except Exception as error:
        assert code_of(error) in DENIED, (statement, error)
        return True
    return False


async def test_a_recorder_may_send(
    root: Path, tmp_path: Path, accounts: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FCM_DATABASE_PASSWORD", "")
    record = tmp_path / "data" / "record.db"
    async with recording(root, tmp_path / "data", replace(accounts, user="fcm_recorder")) as recorder:
        (root / "a.txt").write_text("one\n")
        await abreast(recorder, 1)
        (root / "a.txt").write_text("two\n")
        (root / "a.txt").rename(root / "b.txt")
        await eventually(lambda: not (root / "a.txt").exists())
        await abreast(recorder, 2)
        assert shipping_of(recorder).dead == 0
    monkeypatch.setenv("FCM_DATABASE_PASSWORD", "right one")
    assert await differing(record, accounts) == []


async def test_a_recorder_may_do_nothing_else(accounts: Server) -> None:
    connection = await as_user(accounts, "fcm_recorder")
    for table in TABLES:
        if table != "reviews":
            assert await refused(connection, f"DELETE FROM {table}"), table
        assert await refused(connection, f"DROP TABLE {table}"), table
    for statement in (
        "UPDATE changes SET kind = 'moved'", "UPDATE changes SET sequence = sequence", "UPDATE contents SET data = ''",
        "UPDATE differences SET affected_lines = ''", "UPDATE change_differences SET new_start = 1",
        "UPDATE sealing_keys SET key_id = ''", "UPDATE schema_steps SET step = 0",
        "SELECT path FROM changes", "SELECT data FROM contents", "SELECT affected_lines FROM differences",
        "SELECT changes FROM line_blocks", "UPDATE line_blocks SET changes = ''",
        "REPLACE INTO changes SELECT * FROM changes",
        "CREATE TABLE more (a INT)",
    ):  # fmt: skip
        assert await refused(connection, statement), statement
    connection.close()


async def test_a_reviewer_reads_and_reviews(accounts: Server) -> None:
    connection = await as_user(accounts, "fcm_reviewer")
    for table in TABLES:
        assert not await refused(connection, f"SELECT * FROM {table}"), table
        assert await refused(connection, f"DELETE FROM {table}"), table
    assert not await refused(
        connection,
        f"INSERT INTO reviews (recorder_id, sequence, reviewer, time_ns, verdict) VALUES ({ID}, 1, 'me', 1, 'accepted')",
    )
    for statement in (
        FORGED, "UPDATE changes SET kind = 'moved'", "UPDATE reviews SET verdict = 'x'", "DROP TABLE changes",
        f"INSERT INTO contents VALUES ({DIGEST}, 0, 'r', NULL, '')",
    ):  # fmt: skip
        assert await refused(connection, statement), statement
    connection.close()


def test_the_check_tells_what_an_account_may(
    accounts: Server,
    shared: MariaDB,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FCM_DATABASE_PASSWORD", "")
    (tmp_path / "fcm.toml").write_text(f"[[roots]]\npath = '{tmp_path}'\n")
    shared.sql("CREATE USER narrow@'127.0.0.1', reader@'127.0.0.1'", "mysql")
    try:
        for table in ("changes", "schema_steps"):
            shared.sql(f"GRANT SELECT ON {accounts.name}.{table} TO narrow@'127.0.0.1'", "mysql")
        shared.sql(f"GRANT SELECT ON {accounts.name}.* TO reader@'127.0.0.1'", "mysql")

        def told(*command: str, user: str) -> tuple[int, str]:
            url = accounts.address.replace("tester@", f"{user}@")
            status = main([*command, "--database", url])
            return status, "".join(capsys.readouterr())

        for user, says in (
            ("fcm_recorder", "this account may send\n"),
            ("fcm_reviewer", "this account may add reviews\n"),
            ("reader", "this account may only read\n"),
        ):
            status, said = told("database", "check", user=user)
            assert (status, says in said) == (0, True), said
        status, said = told("database", "check", user="narrow")
        assert status == 2
        assert "this account may not read recorders, roots, files, backup_paths, contents, " in said
        assert "changes," not in said
        assert said.count("\n") == 1
        wrong = "this account may not send what is recorded here"
        records = ["doctor", "--config", str(tmp_path / "fcm.toml")]
        said = told(*records, user="reader")[1]
        assert wrong in said, said
        assert wrong not in told(*records, user="fcm_recorder")[1]
        assert wrong not in told("doctor", user="reader")[1]
    finally:
        shared.sql("DROP USER narrow@'127.0.0.1', reader@'127.0.0.1'", "mysql")


def test_who_reviews_is_told_which_right_is_not_there(
    accounts: Server, shared: MariaDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FCM_DATABASE_PASSWORD", "")
    shared.sql("CREATE USER reader@'127.0.0.1'", "mysql")
    try:
        shared.sql(f"GRANT SELECT ON {accounts.name}.* TO reader@'127.0.0.1'", "mysql")
        for user, says in (("reader", "may only read"), ("fcm_reviewer", "may add reviews, but not change")):
            account = replace(accounts, user=user)
            with pytest.raises(StoreError, match=f"this account {says}.*`fcm-tui database grants` tells how"):
                for note in ("one", "another"):
                    mark(account, [(1, b"1" * 16)], "me", note=note, verdict="accepted", pinned="pinned")
    finally:
        shared.sql("DROP USER reader@'127.0.0.1'", "mysql")
