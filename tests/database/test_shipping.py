"""What is recorded here is there soon, once, and the same; whatever happens on the way."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from fcm_tui.cli import main
from fcm_tui.recorder import Recorder
from fcm_tui.settings.config import Settings
from fcm_tui.settings.database import Server
from fcm_tui.ship.troubles import Trouble, kept
from fcm_tui.store import reviews
from tests.database.compare import differing
from tests.database.recording import abreast, recording, shipping_of
from tests.database.server import PASSWORD, MariaDB, needs_mariadb
from tests.waiting import eventually

pytestmark = needs_mariadb


async def test_a_change_gets_there(root: Path, tmp_path: Path, database: Server, shared: MariaDB) -> None:
    (root / "a.txt").write_text("one\n")
    async with recording(root, tmp_path / "data", database) as recorder:
        (root / "a.txt").write_text("one\ntwo\n")
        await abreast(recorder, 1)
        assert shipping_of(recorder).state == "connected"
    assert await differing(tmp_path / "data" / "record.db", database) == []
    assert shared.sql("SELECT operation, affected_lines FROM differences", database.name) == [
        ["Insert", "two\\n"]
    ]


async def test_all_kinds_of_changes_get_there(root: Path, tmp_path: Path, database: Server) -> None:
    data = tmp_path / "data"
    (root / "old.txt").write_text("it's \\ one\n" * 20)
    (root / "big.bin").write_bytes(bytes(range(256)) * 20000)
    async with recording(root, data, database) as recorder:
        (root / "old.txt").write_text("it's \\ one\n" * 19 + "snow ☃ 🙂\n")
        (root / "big.bin").write_bytes(bytes(range(256)) * 10000 + b"x" + bytes(range(256)) * 10000)
        await abreast(recorder, 2)
        (root / "old.txt").rename(root / "new'\n.txt")
        (root / "big.bin").unlink()
        (root / "empty").touch()
        (root / "nul").write_bytes(b"a\0b'\\")
        with open(bytes(root) + b"/\xff\xfe\\", "wb") as file:
            file.write(b"no name\n")
        await abreast(recorder, 7)
        (root / "empty").chmod(0o600)
        (root / "new'\n.txt").write_text("it's \\ one\n" * 20)
        await abreast(recorder, 9)
        assert shipping_of(recorder).dead == 0
    assert await differing(data / "record.db", database) == []


async def test_a_record_of_before_is_sent_as_it_is(
    root: Path, tmp_path: Path, database: Server, home: Path
) -> None:
    data = tmp_path / "data"
    for step in range(30):
        (root / f"{step % 7}.txt").write_text("".join(f"{step} {line}\n" for line in range(200)))
        assert main(["record", "--once", str(root), "--data-dir", str(data)]) == 0
    reviews.mark(data / "record.db", [(1, recorder_id(data))], note="good")
    async with recording(root, data, database) as recorder:
        await abreast(recorder, 29)
    assert await differing(data / "record.db", database) == []


async def test_reviews_follow_and_are_taken_back(
    root: Path, tmp_path: Path, database: Server, shared: MariaDB
) -> None:
    data = tmp_path / "data"
    async with recording(root, data, database) as recorder:
        (root / "a.txt").write_text("one\n")
        await abreast(recorder, 1)
        me = recorder_id(data)
        await asyncio.to_thread(reviews.mark, data / "record.db", [(1, me)], note="so")
        await told(shared, database, [["1", "accepted", "so"]])
        shared.sql(
            f"INSERT INTO reviews VALUES (X'{me.hex()}', 1, 'other', 1, 'accepted', NULL, NULL)",
            database.name,
        )
        await asyncio.to_thread(reviews.mark, data / "record.db", [(1, me)], pin=True)
        await told(shared, database, [["1", "accepted", "NULL"], ["1", "pinned", "so"]])
        await asyncio.to_thread(reviews.unmark, data / "record.db", [(1, me)])
        await told(shared, database, [["1", "accepted", "NULL"]])


async def told(shared: MariaDB, database: Server, wanted: list[list[str]]) -> None:
    question = "SELECT sequence, verdict, note FROM reviews ORDER BY verdict"
    await eventually(lambda: shared.sql(question, database.name) == wanted, 20, f"the reviews are {wanted}")


async def test_two_recorders_share_what_is_the_same(
    tmp_path: Path, database: Server, shared: MariaDB
) -> None:
    roots = [tmp_path / "a", tmp_path / "b"]
    for root in roots:
        root.mkdir()
    async with (
        recording(roots[0], tmp_path / "data-a", database) as first,
        recording(roots[1], tmp_path / "data-b", database) as second,
    ):
        for number in range(300):
            for root in roots:
                (root / f"{number}.txt").write_text(f"the same {number}\n")
        await abreast(first, 300)
        await abreast(second, 300)
    for data in ("data-a", "data-b"):
        assert await differing(tmp_path / data / "record.db", database) == []
    assert shared.sql("SELECT COUNT(*) FROM changes", database.name) == [["600"]]
    assert shared.sql("SELECT COUNT(*) FROM differences", database.name) == [["300"]]


async def test_what_is_larger_than_wanted_stays_here(
    root: Path, tmp_path: Path, database: Server, shared: MariaDB
) -> None:
    async with recording(root, tmp_path / "data", replace(database, content_limit=1000)) as recorder:
        (root / "a.bin").write_bytes(bytes(1001))
        (root / "b.bin").write_bytes(bytes(1000))
        await abreast(recorder, 2)
    found = shared.sql(
        "SELECT b.size, c.digest IS NULL FROM backup_paths b LEFT JOIN contents c USING (digest) ORDER BY size",
        database.name,
    )
    assert found == [["1000", "0"], ["1001", "1"]]


async def test_a_server_that_comes_later_gets_all(
    root: Path, tmp_path: Path, own: MariaDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FCM_DATABASE_PASSWORD", PASSWORD)
    own.stop()
    server = own_server(own)

    def unsent() -> list[Trouble]:
        return kept(tmp_path / "data" / "record.db")

    async with recording(root, tmp_path / "data", server) as recorder:
        (root / "a.txt").write_text("one\n")
        await eventually(
            lambda: (found := recorder.state.shipping) and found.behind and found.state == "retrying"
        )
        assert shipping_of(recorder).reason == "Connection refused"
        assert shipping_of(recorder).behind_since_ns is not None
        assert [(trouble.to_ns, trouble.reason) for trouble in unsent()] == [(None, "Connection refused")]
        await asyncio.to_thread(own.start)
        await abreast(recorder, 1)
        await eventually(lambda: unsent()[-1].to_ns is not None)
        assert (shipping_of(recorder).state, shipping_of(recorder).reason) == ("connected", "")
        own.kill()
        (root / "a.txt").write_text("two\n")
        await eventually(lambda: shipping_of(recorder).behind == 1)
        await asyncio.to_thread(own.start)
        await abreast(recorder, 2)
    assert await differing(tmp_path / "data" / "record.db", server) == []


def own_server(own: MariaDB) -> Server:
    from fcm_tui.settings.database import parse_server

    return parse_server(own.url())


async def test_a_copy_of_a_record_is_refused(root: Path, tmp_path: Path, database: Server) -> None:
    data, copy = tmp_path / "data", tmp_path / "copy"
    async with recording(root, data, database) as recorder:
        (root / "a.txt").write_text("one\n")
        await abreast(recorder, 1)
    copy.mkdir(mode=0o700)
    with (
        closing(sqlite3.connect(data / "record.db")) as source,
        closing(sqlite3.connect(copy / "record.db")) as to,
    ):
        source.backup(to)
    async with recording(root, data, database) as recorder:
        (root / "b.txt").write_text("two\n")
        await abreast(recorder, 2)
    async with recording(root, copy, database) as recorder:
        await refusal(recorder, "is this data directory a copy")
    assert await differing(data / "record.db", database) == []


async def refusal(recorder: Recorder, words: str) -> None:
    await eventually(
        lambda: recorder.state.shipping is not None and recorder.state.shipping.state == "refused"
    )
    assert words in shipping_of(recorder).reason


async def test_plain_and_encrypted_records_do_not_mix(
    tmp_path: Path, database: Server, shared: MariaDB
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "key").write_text("ab" * 32)
    (tmp_path / "key").chmod(0o600)
    sealed = Settings(encryption=f"file:{tmp_path / 'key'}")
    async with recording(tmp_path / "a", tmp_path / "data-a", database, sealed) as recorder:
        (tmp_path / "a" / "x").write_text("hidden line\n")
        await abreast(recorder, 1)
    assert shared.sql(
        "SELECT affected_lines, LENGTH(affected_sealed) > 12 FROM differences", database.name
    ) == [["NULL", "1"]]
    assert shared.sql("SELECT LEFT(codec, 1) FROM contents", database.name) == [["x"]]
    async with recording(tmp_path / "b", tmp_path / "data-b", database) as recorder:
        await refusal(
            recorder, "this record is not encrypted: use the same key in [encryption], or another database"
        )


def recorder_id(data: Path) -> bytes:
    with closing(sqlite3.connect(data / "record.db")) as connection:
        found: bytes = connection.execute("SELECT recorder_id FROM recorders").fetchone()[0]
    return found


async def test_files_that_never_changed_follow(
    root: Path, tmp_path: Path, database: Server, shared: MariaDB
) -> None:
    data = tmp_path / "data"
    for number in range(1203):
        (root / f"{number}").write_text(f"still {number % 300}\n")
    async with recording(root, data, database) as recorder:
        (root / "7").write_text("moving\n")
        await abreast(recorder, 1)
        assert shipping_of(recorder).is_whole
    assert await differing(data / "record.db", database) == []
    assert shared.sql("SELECT COUNT(*) FROM files", database.name) == [["1203"]]
    assert shared.sql("SELECT COUNT(*) FROM contents", database.name) == [["301"]]
    shared.sql("DELETE FROM files WHERE file_id <= (SELECT files_to FROM recorders)", database.name)
    async with recording(root, data, database) as recorder:
        (root / "8").write_text("moving\n")
        await abreast(recorder, 2)
    assert shared.sql("SELECT COUNT(*) FROM files", database.name) == [
        ["1"]
    ]  # what was there is not sent twice
