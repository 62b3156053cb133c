"""A server is led to what a filter may let through, and says the same as where everything is looked at."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fcm_tui.model import Change, Kind
from fcm_tui.query.parse import parse
from fcm_tui.review.log.reading import LogReading
from fcm_tui.settings.database import Server
from fcm_tui.ship import outbox
from fcm_tui.ship.outbox import Outbox
from fcm_tui.store.line_blocks import CHANGES
from fcm_tui.store.mysql import schema
from fcm_tui.store.reading import narrowing
from fcm_tui.store.reading.changes import key_of
from fcm_tui.store.reading.filters import Filters
from fcm_tui.store.reading.queries import Reader
from fcm_tui.store.record import Record
from tests.benchmarks.long_record import FILES, build, change_all, known_files
from tests.database.compare import differing
from tests.database.seats import once, once_sealed, ran, send
from tests.database.server import MariaDB, needs_mariadb

pytestmark = needs_mariadb

MANY = 5 * FILES
"""So many changes fill some blocks, and some are left."""
BLOCKS = "SELECT COUNT(DISTINCT block), COUNT(*) FROM line_blocks"


def long_record(place: Path, changes: int = MANY) -> Path:
    """A real record of so many changes, and of some more edits; the data directory is beside the tree."""
    data, tree = place / "data", place / "tree"
    place.mkdir()
    data.mkdir(mode=0o700)
    tree.mkdir()
    build(data, tree, changes)
    (tree / "elsewhere").mkdir()
    (tree / "07" / "file0047.txt").rename(tree / "elsewhere" / "other.md")
    (tree / "03" / "file0003.txt").write_text("a zebra crossing\n")
    once(tree, data)
    (tree / "elsewhere" / "other.md").write_text("nothing here\n")
    (tree / "05" / "file0005.txt").unlink()
    once(tree, data)
    return data / "record.db"


def wanted_of(reader: Reader, tree: bytes) -> list[tuple[str, Filters, str | None]]:
    """Filters, each with the index that is to lead there ("any" where the server chooses); None where changes are looked at
    in their order."""
    early, middle = reader.change(5), reader.change(MANY // 2)
    first, line = (reader.kept_hunks(change, 1000)[0][2].strip() for change in (early, middle))
    expressions = {
        'text:"a zebra crossing"': "PRIMARY",
        f'text:"{first}"': "PRIMARY",
        f'text:"{line}"': "PRIMARY",
        f'text:"{line}" kind:modified': "PRIMARY",
        f'text:"{line}" !kind:modified': "PRIMARY",
        f'text:"{line}" text:"{line[-6:]}"': "PRIMARY",
        f'text:"{line}" text:"zebra"': "PRIMARY",
        'text:"no such text"': "PRIMARY",
        'text:"ze"': "PRIMARY",
        'text:"ch"': None,
        '!text:"change"': None,
        "kind:created": "changes_kind",
        "kind:deleted,moved": "changes_kind",
        "kind:modified": None,
        "!kind:modified": None,
        "fl0042": "changes_file",
        "fl0047": "changes_file",
        "fl0047 other": "changes_file",
        "other kind:modified": "changes_file",
        "/elsewhere/*.md": "changes_file",
        "tree/07/*47.txt": "changes_file",
        "nowhere": "any",
        "*.txt": None,
        "!fl0042": None,
        "by:nobody": None,
        "is:unreviewed": None,
    }
    moved = Filters(terms=parse("fl0047"), kinds=frozenset([Kind.MOVED]))
    return [
        *((text, Filters(terms=parse(text)), through) for text, through in expressions.items()),
        ("a time", Filters(since_ns=middle.time_ns - 1, until_ns=middle.time_ns + 1), "changes_time"),
        ("a moved file", moved, "changes_kind"),
        ("a text", Filters(text=line), "PRIMARY"),
        ("a folder", Filters(path=tree + b"/elsewhere"), "any"),
        ("a file", Filters(path=tree + b"/07/file0047.txt"), "any"),
        ("all", Filters(path=tree), None),
    ]


def led_to(reader: Reader, filters: Filters) -> str | None:
    found = narrowing.narrowed(reader.connection, filters, reader.newest())
    return None if found is None else found.through or "any"


def in_pages(reader: Reader, filters: Filters, size: int) -> list[Change]:
    found: list[Change] = []
    while page := reader.log(filters, limit=size, before=key_of(found[-1]) if found else None):
        found += page
    return found


def without_place(changes: Sequence[Change]) -> list[Change]:
    return [change._replace(at=0) for change in changes]


def test_what_is_narrowed_is_what_is_there(
    tmp_path: Path, database: Server, shared: MariaDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, others = long_record(tmp_path / "ours"), long_record(tmp_path / "others", FILES)
    tree = bytes(tmp_path / "ours" / "tree")
    send(ours, database)
    with Reader(ours) as here, Reader(database) as there:
        assert shared.sql(BLOCKS, database.name)[0][0] == str(here.count() // CHANGES)
        for name, filters, through in wanted_of(here, tree):
            assert led_to(there, filters) == through, name
            found = here.log(filters, limit=None)
            assert list(there.iterate(filters)) == found, name
            assert there.found(filters) == len(found), name
            assert in_pages(there, filters, max(100, len(found) // 3)) == found, name
        own = without_place(there.log(limit=None))
    send(others, database)
    with Reader(ours) as here, Reader(database) as there:
        (name,) = (one.recorder_id.hex() for one in here.recorders())
        for text, filters, _ in wanted_of(here, tree):
            led = without_place(there.iterate(filters))
            pages = without_place(in_pages(there, filters, max(100, len(led) // 3)))
            with monkeypatch.context() as patch:
                patch.setattr(narrowing, "narrowed", lambda *_: None)
                looked = without_place(there.iterate(filters))
            assert led == looked == pages, text
            assert without_place(there.iterate(filters._replace(host=name))) == here.log(
                filters, limit=None
            ), text
        assert without_place(there.iterate(Filters(host=name))) == own


async def test_blocks_are_sent_once_and_gone_on_with(
    tmp_path: Path, database: Server, shared: MariaDB
) -> None:
    record = await asyncio.to_thread(long_record, tmp_path / "ours")
    await asyncio.to_thread(send, record, database)
    one = shared.sql(BLOCKS, database.name)
    await asyncio.to_thread(send, record, database)
    assert shared.sql(BLOCKS, database.name) == one
    with Record(record) as writer:
        files = known_files(writer, os.fsencode(tmp_path / "ours" / "tree"))
        for number in range(2):
            change_all(writer, files, number + 1000, time.time_ns())
    await asyncio.to_thread(send, record, database)
    assert await differing(record, database) == []
    with Reader(record) as here, Reader(database) as there:
        assert int(one[0][0]) < here.count() // CHANGES == int(shared.sql(BLOCKS, database.name)[0][0])
        for filters in (Filters(text="change 1001 of"), Filters(text="zebra")):
            assert led_to(there, filters) == "PRIMARY"
            assert there.log(filters, limit=None) == here.log(filters, limit=None) != []


def test_blocks_that_are_none_are_gone_around(tmp_path: Path, database: Server, shared: MariaDB) -> None:
    record = long_record(tmp_path / "ours")
    send(record, database)
    with Reader(record) as here, Reader(database) as there:
        for filters in (Filters(text="change 2 of"), Filters(text="zebra"), Filters(text="no such text")):
            found = here.log(filters, limit=None)
            for statement in (
                "UPDATE line_blocks SET changes = 'no block' WHERE bucket >= 0", "DELETE FROM line_blocks",
            ):  # fmt: skip
                shared.sql(statement, database.name)
                assert there.log(filters, limit=None) == found
            send(record, database)


def test_whoever_may_not_send_blocks_sends_the_rest(
    tmp_path: Path, database: Server, shared: MariaDB, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    record = long_record(tmp_path / "ours")
    assert ran(capsysbinary, "database", "init", "--database", database.address)[0] == 0
    shared.sql("CREATE USER narrow@'127.0.0.1' IDENTIFIED BY 'right one'", "mysql")
    account = replace(database, user="narrow")
    try:
        for table in schema.TABLES:
            rights = "SELECT" if table == "line_blocks" else "SELECT, INSERT, UPDATE, DELETE"
            shared.sql(f"GRANT {rights} ON {database.name}.{table} TO narrow@'127.0.0.1'", "mysql")
        shared.sql(f"GRANT SELECT ON {database.name}.schema_steps TO narrow@'127.0.0.1'", "mysql")
        send(record, account)
        status, out, err = ran(capsysbinary, "database", "check", "--database", account.address)
        assert (status, b"this account may send\n" in out) == (0, True), err
        assert b"it may not write line_blocks, so texts are found slowly there" in out
    finally:
        shared.sql("DROP USER narrow@'127.0.0.1'", "mysql")
    assert shared.sql(BLOCKS, database.name) == [["0", "0"]]
    with Reader(record) as here, Reader(database) as there:
        assert there.log(Filters(text="zebra")) == here.log(Filters(text="zebra")) != []


def test_no_letter_of_an_encrypted_record_is_told(root: Path, tmp_path: Path) -> None:
    once_sealed(root, tmp_path / "data")
    outbox = Outbox(tmp_path / "data" / "record.db", 1 << 20)
    assert outbox.line_block(0) is None
    outbox.close()


def test_tables_of_an_earlier_program_are_told(
    root: Path, tmp_path: Path, database: Server, shared: MariaDB, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    once(root, tmp_path / "data")
    send(tmp_path / "data" / "record.db", database)
    earlier = (
        "DROP TABLE line_blocks; ALTER TABLE files DROP COLUMN changes; DROP INDEX changes_kind ON changes"
    )
    shared.sql(f"{earlier}; DELETE FROM schema_steps WHERE step >= 5", database.name)
    where = ("--data-dir", str(tmp_path / "none"), "--database", database.address)
    status, _, err = ran(capsysbinary, "log", *where)
    assert status == 2
    assert b"(schema 4, this program reads 5): `fcm-tui database upgrade` brings them up" in err
    status, out, err = ran(capsysbinary, "database", "upgrade", "--database", database.address)
    assert (status, out) == (
        0,
        b"schema 4 is now 5: run what `fcm-tui database grants` prints, for accounts of before\n",
    ), err
    assert ran(capsysbinary, "log", *where)[0] == 0


def test_changes_of_files_are_counted_where_no_number_was_sent(
    root: Path, tmp_path: Path, database: Server, shared: MariaDB
) -> None:
    for number in range(3):
        (root / "a.txt").write_text(f"{number}\n")
        if number != 1:
            (root / "b.txt").write_text(f"{number}\n")
        once(root, tmp_path / "data")
    send(tmp_path / "data" / "record.db", database)
    with Reader(tmp_path / "data" / "record.db") as here, Reader(database) as there:
        (watched,) = here.roots()
        expected = here.folder(watched.root_id, watched.path)
        assert [entry.changes for entry in expected] == [2, 1]
        assert there.folder(watched.root_id, watched.path) == expected
        shared.sql("UPDATE files SET changes = NULL", database.name)
        assert there.folder(watched.root_id, watched.path) == expected


def test_what_is_there_is_found_while_the_rest_is_still_to_come(
    root: Path, tmp_path: Path, database: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is elsewhere by now, which nothing there tells."""
    (root / "draft.md").write_text("one\n")
    once(root, tmp_path / "data")
    (root / "draft.md").write_text("two\n")
    once(root, tmp_path / "data")
    (root / "draft.md").rename(root / "final.md")
    once(root, tmp_path / "data")
    record = tmp_path / "data" / "record.db"
    with monkeypatch.context() as patch:
        whole = Outbox.batch
        patch.setattr(outbox, "CHANGES_AT_ONCE", 1)
        patch.setattr(Outbox, "batch", lambda self, after: None if after else whole(self, after))
        send(record, database)
    with Reader(database) as there:
        for words in ("draft", '"draft.md"', "draft.*", "kind:modified"):
            found = there.log(Filters(terms=parse(words)))
            assert [change.path for change in found] == [bytes(root / "draft.md")], words
    send(record, database)
    with Reader(record) as here, Reader(database) as there:
        for words in ("draft", '"draft.md"', "final.*"):
            assert there.log(Filters(terms=parse(words))) == here.log(Filters(terms=parse(words))) != [], (
                words
            )


async def test_what_comes_while_a_page_is_looked_for_comes_behind_it(
    root: Path, tmp_path: Path, database: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = tmp_path / "data" / "record.db"

    def grow(name: str, words: str) -> None:
        (root / name).write_text(words)
        once(root, tmp_path / "data")
        send(record, database)

    await asyncio.to_thread(once, root, tmp_path / "data")
    await asyncio.to_thread(grow, "report1.txt", "one\n")
    led, reading, filters = narrowing.narrowed, LogReading(database), Filters(terms=parse("report"))

    def and_more(*parts: Any) -> narrowing.Narrowed | None:
        found = led(*parts)
        monkeypatch.setattr(narrowing, "narrowed", led)
        grow("report2.txt", "two\n")
        grow("report1.txt", "three\n")
        return found

    monkeypatch.setattr(narrowing, "narrowed", and_more)
    opening = await reading.open(filters)
    newer, _ = await reading.newer(filters, opening.newest)
    assert [change.sequence for change in (*newer[::-1], *opening.rows)] == [3, 2, 1]
    await reading.close()


def test_negated_words_leave_out_the_same(root: Path, tmp_path: Path, database: Server) -> None:
    once(root, tmp_path / "data")
    (root / "sub").mkdir()
    for name in ("a.txt", "sub/a.txt", "lon\u017f.txt", "\u0130stanbul.txt", "a" * 250):
        (root / name).write_text("x\n")
    once(root, tmp_path / "data")
    send(tmp_path / "data" / "record.db", database)
    with Reader(tmp_path / "data" / "record.db") as here, Reader(database) as there:
        for words in (
            f'!"{root.name}/a.txt"',
            "!lons",
            "!ist",
            "!/in",
            "!aaaac",
            "!a.txt",
            f"!{root.name}/t",
        ):
            found = here.log(Filters(terms=parse(words)))
            assert there.log(Filters(terms=parse(words))) == found, words
