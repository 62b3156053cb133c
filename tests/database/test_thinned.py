"""What retention thins out of a record is told to the team's database too, where what was sent before stays."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fcm_tui.cli import main
from fcm_tui.settings.database import Server
from fcm_tui.store.mysql import schema
from fcm_tui.store.retention import prunes
from tests.database.compare import differing
from tests.database.server import MariaDB, needs_mariadb

pytestmark = needs_mariadb


@pytest.fixture
def once(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> object:
    """Writes versions, records and sends them, and prunes all but the last one."""
    config = tmp_path / "fcm.toml"
    config.write_text("[retention]\nmax_versions = 1\nkeep_unreviewed = false\n")
    common = ["--data-dir", str(tmp_path / "data"), "--config", str(config)]

    def run(database: Server, *versions: str, sends: bool = True) -> None:
        for version in versions:
            (root / "a.txt").write_text(version)
            assert main(["record", "--once", str(root), *common]) == 0
        assert main(["prune", *common]) == 0, capsys.readouterr()
        if sends:
            assert main(["record", "--once", str(root), *common, "--database", database.address]) == 0
            assert "behind" not in capsys.readouterr().err

    return run


def audited(database: Server, shared: MariaDB, folder: Path) -> list[tuple[str, str]]:
    """What is wrong with the chain of prunes as the server has it."""
    with (
        closing(sqlite3.connect(":memory:")) as local,
        closing(sqlite3.connect(folder / "data" / "record.db")) as record,
    ):
        for table in ("prunes", "thinned", "changes"):
            local.execute(
                record.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (table,)).fetchone()[0]
            )
            names = [name for _, name, *_ in record.execute(f"PRAGMA table_info({table})")]
            kinds = [kind for _, _, kind, *_ in record.execute(f"PRAGMA table_info({table})")]
            listed = ", ".join(f"HEX({n})" if k == "BLOB" else n for n, k in zip(names, kinds, strict=True))
            for row in shared.sql(f"SELECT {listed} FROM {table}", database.name):
                values = [
                    None
                    if v == "NULL"
                    else bytes.fromhex(v)
                    if k == "BLOB"
                    else int(v)
                    if k == "INTEGER"
                    else v
                    for v, k in zip(row, kinds, strict=True)
                ]
                local.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(names))})", values)
        return list(prunes.audit(local))


async def test_prunes_follow_the_changes(
    once: object, tmp_path: Path, database: Server, shared: MariaDB, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.database.test_dead_letters import run as in_thread

    for round_ in range(3):
        in_thread(lambda versions: once(database, *versions) or 0, [f"{round_} {n}\n" for n in range(4)])  # type: ignore[operator]
    assert int(shared.sql("SELECT COUNT(*) FROM thinned", database.name)[0][0]) > 6
    assert await differing(tmp_path / "data" / "record.db", database) == []
    assert audited(database, shared, tmp_path) == []
    seat = ["--database", database.address, "--data-dir", str(tmp_path / "seat")]
    (gone,) = shared.sql(
        "SELECT MIN(c.sequence) FROM changes c JOIN thinned t ON t.digest = c.after_digest"
        " LEFT JOIN contents k ON k.digest = c.after_digest WHERE k.digest IS NULL",
        database.name,
    )[0]
    capsys.readouterr()
    assert in_thread(main, ["cat", gone, *seat]) == 1
    assert "retention thinned it out on" in capsys.readouterr().err
    assert in_thread(main, ["log", "--json", *seat]) == 0
    kept = {
        (told := json.loads(line))["sequence"]: told["capture"]
        for line in capsys.readouterr().out.splitlines()
    }
    assert (kept[int(gone)], kept[max(kept)]) == ("quota", "stored")
    assert in_thread(main, ["verify", *seat]) == 0, capsys.readouterr()
    shared.sql("UPDATE thinned SET size = size + 1 LIMIT 1", database.name)
    assert len(audited(database, shared, tmp_path)) == 1


async def test_a_database_of_the_step_before_is_brought_further(
    once: object, tmp_path: Path, database: Server, shared: MariaDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With rows in it, by the recorder that comes first and may."""
    from tests.database.test_dead_letters import run as in_thread

    def first(versions: list[str]) -> int:
        once(database, *versions)  # type: ignore[operator]
        return 0

    in_thread(first, ["1\n", "2\n"])
    shared.sql(
        "DROP TABLE prunes, thinned; ALTER TABLE changes DROP COLUMN process_info; DELETE FROM schema_steps WHERE step >= 3",
        database.name,
    )
    in_thread(first, ["3\n", "4\n"])
    assert shared.sql("SELECT MAX(step) FROM schema_steps", database.name) == [[f"{len(schema.STEPS)}"]]
    assert await differing(tmp_path / "data" / "record.db", database) == []
