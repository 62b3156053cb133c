"""What retention thins out of a record is told to the team's database too, where what was sent before stays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import pytest

from fcm_tui.cli import main
from fcm_tui.settings.database import Server
from fcm_tui.store.mysql import schema
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


async def test_prunes_follow_the_changes(
    once: object, tmp_path: Path, database: Server, shared: MariaDB, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.database.test_dead_letters import run as in_thread

    for round_ in range(3):
        in_thread(lambda versions: once(database, *versions) or 0, [f"{round_} {n}\n" for n in range(4)])  # type: ignore[operator]
    thinned = int(shared.sql("SELECT COUNT(*) FROM thinned", database.name)[0][0])
    assert thinned > 6
    assert await differing(tmp_path / "data" / "record.db", database) == []
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
    assert f", {thinned} thinned out" in capsys.readouterr().out
    for tampering, told in TAMPERINGS.items():
        shared.sql(f"CREATE TABLE before_it LIKE {told.table}", database.name)
        shared.sql(f"INSERT INTO before_it SELECT * FROM {told.table}", database.name)
        shared.sql(tampering, database.name)
        assert in_thread(main, ["verify", *seat]) == 1
        said = capsys.readouterr()
        assert told.said in said.out + said.err, tampering
        shared.sql(f"DROP TABLE {told.table}; RENAME TABLE before_it TO {told.table}", database.name)
    assert in_thread(main, ["verify", *seat]) == 0, capsys.readouterr()


class Told(NamedTuple):
    """What `verify` is to say of a tampering, and the table that it is in."""

    table: str
    said: str


TAMPERINGS = {
    "UPDATE thinned SET size = size + 1 LIMIT 1": Told("thinned", "its hash is not that of its columns"),
    "DELETE FROM thinned LIMIT 1": Told("thinned", "its hash is not that of its columns"),
    "UPDATE prunes SET time_ns = time_ns + 1 WHERE prune = 2": Told("prunes", "prune 2"),
    "DELETE FROM prunes WHERE prune = 1": Told("prunes", "1 is missing before it"),
    "UPDATE thinned SET prune = 99 LIMIT 1": Told("thinned", "is not there, but thinned"),
}


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
