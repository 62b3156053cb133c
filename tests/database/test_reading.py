"""Reading a server gives what reading the file gives: every query, every command, on the same record."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fcm_tui.errors import FcmError, StoreError
from fcm_tui.model import Change, Kind
from fcm_tui.query.parse import parse
from fcm_tui.query.terms import All, Glob, KindIs, Term
from fcm_tui.settings.database import Server
from fcm_tui.store.reading import activity, beginnings, blaming, histories, past, patches, searching
from fcm_tui.store.reading.changes import key_of
from fcm_tui.store.reading.filters import Filters
from fcm_tui.store.reading.patience import Abandoned
from fcm_tui.store.reading.queries import Reader
from fcm_tui.store.reviews import ReviewCounts, reviewed_of, reviews_of
from tests.database.seats import once, once_sealed, ran, record_twice, send
from tests.database.server import MariaDB, needs_mariadb
from tests.query.cases import CASES
from tests.review.builder import RecordBuilder, connect
from tests.review.conftest import empty, record

__all__ = ["empty", "record"]

pytestmark = needs_mariadb


@pytest.fixture
def both(root: Path, tmp_path: Path, database: Server) -> Iterator[tuple[Reader, Reader]]:
    """A real record, read here and there."""
    record_twice(root, tmp_path / "data")
    send(tmp_path / "data" / "record.db", database)
    with Reader(tmp_path / "data" / "record.db") as here, Reader(database) as there:
        yield here, there


def test_filters_let_through_the_same(record: RecordBuilder, database: Server) -> None:
    notes = connect(record.database)
    notes.execute("INSERT INTO reviews SELECT recorder_id, 2, 'me', 1, 'accepted', NULL FROM recorders")
    notes.execute(
        "INSERT INTO reviews SELECT recorder_id, 6, 'me', 1, 'accepted', 'Ask Ann: 50% of it?' FROM recorders"
    )
    send(record.database, database)
    with Reader(record.database) as here, Reader(database) as there:
        filters = [(expression, Filters(terms=parse(expression))) for expression, _ in CASES]
        saved = All((Term(Glob("*.py")), Term(KindIs(frozenset([Kind.METADATA])), is_negated=True)))
        filters += [
            ("a saved filter", Filters(terms=(Term(saved),))),
            ("a saved filter negated", Filters(terms=(Term(saved, is_negated=True),))),
            *(
                (letters, Filters(terms=parse(letters)))
                for letters in ("%", "_", "\\", "'; DROP TABLE changes; --")
            ),
            ("a folder", Filters(path=b"/home/ann/project/src")),
            ("a moved file", Filters(path=b"/home/ann/project/notes.txt")),
            ("kinds", Filters(kinds=frozenset([Kind.CREATED, Kind.MOVED]), since_ns=1)),
            ("unreviewed", Filters(unreviewed=True, host="desk")),
        ]
        for name, wanted in filters:
            assert list(there.iterate(wanted)) == list(here.iterate(wanted)), name
            assert there.found(wanted) == here.found(wanted), name


def test_processes_and_their_users_are_found(record: RecordBuilder, database: Server) -> None:
    told = connect(record.database)
    for sequence, info in (
        (1, '{"how":"several","name":"vim","pid":12,"user":"Ann","login":"bea","also":["sed[14]"]}'),
        (2, '{"how":"guess","user":"root"}'),
        (3, "{no JSON"),
        (4, "[]"),
        (5, '{"user":"jos\\u00e9","login":"DOM\\\\ann","also":null}'),
        (6, '{"user":null,"login":null,"also":null}'),
    ):
        told.execute(
            "UPDATE changes SET process = ?, process_info = ? WHERE sequence = ?",
            (f"p[{sequence}]", info, sequence),
        )
    send(record.database, database)
    with Reader(record.database) as here, Reader(database) as there:
        for expression, numbers in (
            ("by:bea", [1]), ("by:ROOT", [2]), ("by:sed[14]", [1]), ("by:p[3]", [3]), ("by:p[", [6, 5, 4, 3, 2, 1]),
            ("by:josé", [5]), ("by:DOM\\ann", [5]), ("by:null", []), ("by:u00e9", []),
        ):  # fmt: skip
            wanted = Filters(terms=parse(expression))
            found = list(there.iterate(wanted))
            assert [change.sequence for change in found] == numbers, expression
            assert found == list(here.iterate(wanted)), expression


WORDS = ["2 zwei", "☃", "zwei ☃", "it''s \\ %", "one", "return", "RETURN", "e\n", "no such text", "x"]


def test_text_is_found_in_lines(both: tuple[Reader, Reader]) -> None:
    here, there = both
    for words in WORDS:
        for wanted in (Filters(text=words), Filters(terms=parse("!kind:moved"), text=words)):
            assert there.log(wanted) == here.log(wanted), words
            assert there.found(wanted) == here.found(wanted), words


def test_pages_follow_each_other(both: tuple[Reader, Reader]) -> None:
    here, there = both
    whole = here.log(limit=None)
    assert len(whole) >= 7
    assert there.log(limit=None) == whole
    assert there.log(limit=None, reverse=True) == whole[::-1]
    paged: list[Change] = []
    while page := there.log(limit=2, before=key_of(paged[-1]) if paged else None):
        paged += page
    assert paged == whole
    newest, oldest = key_of(whole[1]), key_of(whole[4])
    for reader in both:
        assert reader.log(before=newest, after=oldest) == whole[2:4]
        assert reader.log(before=newest, after=oldest, inclusive=True) == whole[1:5]
    assert there.arrived(Filters(), {}, 100) == (whole[::-1], there.newest())
    some, reach = there.arrived(Filters(), {}, 3)
    assert some == whole[:-4:-1]
    assert there.arrived(Filters(), reach, 100)[0] == whole[::-1][3:]


def answers(reader: Reader) -> Iterator[tuple[str, object]]:
    """What everything in the room of reading says of a record."""
    connection = reader.connection
    (root,) = reader.roots()
    yield "roots", root
    yield "recorders", [one._replace(last_seen_ns=0) for one in reader.recorders()]
    yield "count", (reader.count(), reader.last_sequence(), reader.newest(), reader.head(), reader.heads())
    yield "gaps", (reader.gaps(), reader.gaps(1), reader.gaps(None))
    yield "lately", activity.lately(connection)
    yield "beginnings", beginnings.beginnings(connection)
    yield "counts", (ReviewCounts(connection).files, ReviewCounts(connection).roots)
    for folder in (root.path, root.path + b"/src"):
        yield f"folder {folder!r}", reader.folder(root.root_id, folder)
    for path in (
        root.path,
        root.path + b"/src",
        root.path + b"/a.txt",
        b"/nowhere",
        root.path + b"/\xff\xfe",
    ):
        yield f"knows {path!r}", reader.knows(path)
        yield f"key {path!r}", histories.key_at(connection, path)
    changes = reader.log(limit=None)
    yield "reviewed", reviewed_of(connection, [key_of(change) for change in changes])
    for change in changes:
        yield f"{change.sequence}: hunks", reader.kept_hunks(change, 10_000)
        yield f"{change.sequence}: mode", reader.state_before(change)
        yield f"{change.sequence}: reviews", reviews_of(connection, key_of(change))
        yield f"{change.sequence}: patch", told(lambda change=change: patches.patch_of(reader, [change]))
        yield f"{change.sequence}: blame", told(lambda change=change: blaming.blame(reader, change).owners)
        file = histories.key_of_change(change)
        numbers = histories.sequences(connection, file)
        yield f"{change.sequence}: history", (numbers, histories.changes(reader, file, numbers))
        yield f"{change.sequence}: first look", histories.first_look(reader, file)
        search = searching.Search("return")
        yield f"{change.sequence}: search", searching.look(reader, file, search, list(numbers))[:1]
        yield f"{change.sequence}: before", without_owner(past.before(connection, change))
        yield f"{change.sequence}: after", without_owner(past.after(connection, change))


def without_owner(version: past.Version | None) -> past.Version | None:
    """The owner's number, as the recorder remembers it, stays with it."""
    return version and replace(version, uid=-1, gid=-1)


def told(work: Callable[[], object]) -> object:
    try:
        return work()
    except FcmError as error:
        return type(error).__name__


def test_every_answer_is_the_same(both: tuple[Reader, Reader]) -> None:
    here, there = (dict(answers(reader)) for reader in both)
    assert here.keys() == there.keys()
    for question, answer in here.items():
        assert there[question] == answer, question


def test_what_nobody_wants_any_more_is_given_up(both: tuple[Reader, Reader]) -> None:
    _, there = both
    with pytest.raises(Abandoned), there.until(lambda: True):
        there.connection.execute("SELECT sleep(50)").fetchall()
    with there.until(lambda: False):
        assert there.count() > 0


# --- the commands


COMMANDS = [
    ["log"], ["log", "--json"], ["log", "--json", "--gaps"], ["log", "--reverse", "--limit", "3"],
    ["log", "--filter", "*.py !kind:moved"], ["log", "--text", "zwei"], ["log", "--host", "nobody"],
    ["diff", "1"], ["diff", "2", "--json"], ["diff", "3", "--stat"], ["cat", "1"], ["cat", "99"], ["cat", "x"],
    ["verify"], ["verify", "--json"],
]  # fmt: skip


def test_commands_say_the_same(
    root: Path, tmp_path: Path, database: Server, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    record_twice(root, tmp_path / "data")
    send(tmp_path / "data" / "record.db", database)
    none = ("--data-dir", str(tmp_path / "none"), "--database", database.address)
    for arguments in COMMANDS:
        here = ran(capsysbinary, *arguments, "--data-dir", str(tmp_path / "data"))
        assert ran(capsysbinary, *arguments, *none) == here, arguments


def test_contents_that_were_not_sent(
    root: Path, tmp_path: Path, database: Server, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    once(root, tmp_path / "data")
    (root / "large").write_bytes(os.urandom(3000))
    once(root, tmp_path / "data")
    send(tmp_path / "data" / "record.db", replace(database, content_limit=1000))
    where = ("--data-dir", str(tmp_path / "none"), "--database", database.address)
    status, out, err = ran(capsysbinary, "cat", "1", *where)
    assert (status, out) == (1, b"")
    assert err.count(b"\n") == 1
    assert b"was not sent there: it is larger than its recorder sends" in err
    status, _, err = ran(capsysbinary, "restore", "1", "--to", str(tmp_path / "copy"), *where)
    assert (status, err.count(b"\n")) == (1, 1)
    assert b"was not sent there: it is larger than its recorder sends" in err and b"lost" not in err
    assert ran(capsysbinary, "verify", *where)[1].startswith(
        b"ok: 1 changes, 1 versions (1 without their content"
    )


# --- what is wrong there


TAMPERING = {
    "a row": ("UPDATE changes SET size = size + 1 WHERE sequence = 2", "change 2: its hash is not"),
    "a row away": ("DELETE FROM changes WHERE sequence = 3", "3 is missing before it"),
    "a chunk": ("UPDATE contents SET data = concat(data, 'x') WHERE codec <> 'r' LIMIT 1", "content "),
    "a difference": ("UPDATE differences SET affected_lines = concat(affected_lines, 'x') LIMIT 1", "difference "),
    "a hunk": ("UPDATE change_differences SET new_start = new_start + 1 LIMIT 1", "its hash is not"),
    "a mapping": ("UPDATE backup_paths SET size = size + 1 LIMIT 1", "backup "),
    "a mapping away": (
        "DELETE FROM backup_paths WHERE digest IN (SELECT after_digest FROM changes) LIMIT 1", "has no row in"
    ),
    "a recorder": ("UPDATE recorders SET host = 'other'", "its hash is not that of its columns"),
    "a gap": ("DELETE FROM gaps WHERE gap = 1", "gap"),
}  # fmt: skip


def test_tampering_is_found_by_who_may_only_read(
    root: Path, tmp_path: Path, database: Server, shared: MariaDB, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    record_twice(root, tmp_path / "data")
    shared.sql(
        f"CREATE USER seer IDENTIFIED BY 'right one'; GRANT SELECT ON {database.name}.* TO seer", "mysql"
    )
    where = ("--data-dir", str(tmp_path / "none"), "--database", replace(database, user="seer").address)
    try:
        for name, (statement, expected) in TAMPERING.items():
            shared.sql(f"DROP DATABASE {database.name}; CREATE DATABASE {database.name}", "mysql")
            send(tmp_path / "data" / "record.db", database)
            assert ran(capsysbinary, "verify", *where)[0] == 0
            shared.sql(statement, database.name)
            status, out, err = ran(capsysbinary, "verify", *where)
            assert status == 1 and expected in out.decode(), (name, out, err)
            assert err.startswith(b"the record does not hold: "), (name, err)
    finally:
        shared.sql("DROP USER seer", "mysql")


ON_WHICH_HOST = {
    "UPDATE backup_paths SET size = size + 1 WHERE recorder_id = {bee} AND original_file LIKE '%/a.txt'": (
        "backup bee:{root}/a.txt: its copy "
    ),
    "UPDATE backup_paths SET backup_file = 'x' WHERE recorder_id = {bee} AND original_file LIKE '%/a.txt'": (
        "backup bee:{root}/a.txt: names another copy than "
    ),
    "UPDATE IGNORE backup_paths SET digest = (SELECT max(digest) FROM contents WHERE chunk = 0)"
    " WHERE recorder_id = {bee} AND original_file LIKE '%/a.txt'": "backup bee:{root}/a.txt: no version ",
    "UPDATE roots SET active = 1 - active WHERE recorder_id = {bee}": "root bee:{root}: its hash is not",
    "UPDATE gaps SET to_ns = to_ns + 1 WHERE recorder_id = {bee} AND gap = 1": "gap bee:1: its hash is not",
    "DELETE FROM gaps WHERE recorder_id = {bee} AND gap = 1": "gap bee: 2 are there where the last has the number 3",
    "UPDATE changes SET size = size + 1 WHERE recorder_id = {bee} AND sequence = 2": "change bee:2: its hash is not",
}


def test_whose_does_not_hold_is_told_where_several_share_a_server(
    root: Path,
    tmp_path: Path,
    database: Server,
    shared: MariaDB,
    capsysbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for host in ("ant", "bee"):
        monkeypatch.setattr(socket, "gethostname", lambda host=host: host)
        (tmp_path / host).mkdir()
        record_twice(tmp_path / host, tmp_path / f"data {host}")
    with Reader(tmp_path / "data bee" / "record.db") as reader:
        recorder = reader.recorder()
    assert recorder is not None
    told = {"bee": f"X'{recorder.recorder_id.hex()}'", "root": str(tmp_path / "bee")}
    where = ("--data-dir", str(tmp_path / "none"), "--database", database.address)
    for statement, expected in ON_WHICH_HOST.items():
        shared.sql(f"DROP DATABASE {database.name}; CREATE DATABASE {database.name}", "mysql")
        for host in ("ant", "bee"):
            send(tmp_path / f"data {host}" / "record.db", database)
        shared.sql(statement.format(**told), database.name)
        status, out, err = ran(capsysbinary, "verify", *where)
        assert status == 1 and expected.format(**told) in out.decode(), (statement, out, err)


HOSTILE = [
    "UPDATE changes SET kind = 'x' WHERE sequence = 2",
    "ALTER TABLE changes MODIFY path TEXT",
    "ALTER TABLE changes MODIFY path MEDIUMBLOB NULL; UPDATE changes SET path = NULL WHERE sequence = 2",
    "ALTER TABLE changes MODIFY time_ns DOUBLE",
    "ALTER TABLE recorders MODIFY host BLOB",
    "ALTER TABLE changes DROP COLUMN owner",
    "DROP TABLE changes",
    "DELETE FROM schema_steps",
    "INSERT INTO schema_steps VALUES (99, 1, 'x')",
]


@pytest.mark.parametrize("statement", HOSTILE)
def test_rows_that_cannot_be_are_told_in_a_line(
    root: Path, tmp_path: Path, database: Server, shared: MariaDB,
    capsysbinary: pytest.CaptureFixture[bytes], statement: str,
) -> None:  # fmt: skip
    record_twice(root, tmp_path / "data")
    send(tmp_path / "data" / "record.db", database)
    (tmp_path / "refused.db").unlink(missing_ok=True)
    shared.sql("SET sql_mode = ''; " + statement, database.name)
    where = ("--data-dir", str(tmp_path / "none"), "--database", database.address)
    for arguments in (["log"], ["status"], ["verify"], ["cat", "2"]):
        status, _, err = ran(capsysbinary, *arguments, *where)
        assert status in (0, 1, 2), (arguments, err)
        assert err.count(b"\n") <= 1, err
        assert b"Traceback" not in err and b"bug" not in err, err


def test_a_server_that_is_not_there_is_told(tmp_path: Path, database: Server, own: Any) -> None:
    url = own.url()
    own.stop()
    with pytest.raises(StoreError, match="refused"):
        Reader(replace(database, hosts=(("127.0.0.1", int(url.rpartition(":")[2].split("/")[0])),)))


def test_an_encrypted_record_is_read_with_its_key(
    root: Path, tmp_path: Path, database: Server, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    config = once_sealed(root, tmp_path / "data")
    with Reader(tmp_path / "data" / "record.db") as here:
        kept = here.kept_hunks(here.change(1), 1000)
        send(tmp_path / "data" / "record.db", database)
        with Reader(database) as there:
            assert there.kept_hunks(there.change(1), 1000) == kept
    where = ("--data-dir", str(tmp_path / "none"), "--database", database.address)
    assert ran(capsysbinary, "cat", "1", *where, *config)[1] == b"hidden line\n"
    assert ran(capsysbinary, "verify", *where, *config)[0] == 0
    status, _, err = ran(capsysbinary, "log", "--text", "hidden", *where, *config)
    assert (status, b"the server cannot look for a text in them" in err) == (2, True)
    for arguments in (["cat", "1"], ["verify"]):
        status, out, err = ran(capsysbinary, *arguments, *where)
        assert (status, out, b"is encrypted with the key" in err) == (2, b"", True)
