"""The content store: damage is found, and named with all that builds on it."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from fcm_tui.capture.codec import is_delta
from fcm_tui.errors import ContentMissing
from fcm_tui.store import schema
from fcm_tui.store.contents.store import ContentStore, Packed, pack
from tests.store.histories import (
    edits,
    large,
    put_history,
    sha256,
)


def _history_on_disk(connection: sqlite3.Connection) -> list[bytes]:
    versions = [*edits(12), large(7, 2 << 20)]
    put_history(ContentStore(connection), versions)
    return [sha256(data) for data in versions]


def _problems(connection: sqlite3.Connection) -> dict[bytes, str]:
    found = list(ContentStore(connection).verify_all())
    assert len(found) == len(dict(found)), "each is named once"
    return dict(found)


def test_a_flipped_byte_is_found_with_all_that_builds_on_it(connection: sqlite3.Connection) -> None:
    digests = _history_on_disk(connection)
    data = connection.execute("SELECT data FROM contents WHERE digest = ?", (digests[6],)).fetchone()[0]
    assert is_delta(
        connection.execute("SELECT codec FROM contents WHERE digest = ?", (digests[6],)).fetchone()[0]
    )
    connection.execute(
        "UPDATE contents SET data = ? WHERE digest = ?", (data[:-1] + bytes((data[-1] ^ 1,)), digests[6])
    )
    problems = _problems(connection)
    assert digests[6] in problems
    assert not set(digests[:6]) & set(problems)
    for digest in digests:
        if digest in problems:
            with pytest.raises(ContentMissing, match="damaged"):
                ContentStore(connection).get(digest)
        else:
            ContentStore(connection).get(digest)


def test_a_missing_base_is_found(connection: sqlite3.Connection) -> None:
    digests = _history_on_disk(connection)
    connection.execute("DELETE FROM contents WHERE digest = ?", (digests[3],))
    problems = _problems(connection)
    assert set(problems) == set(digests[4:12])
    assert problems[digests[4]] == f"lacks its base sha256:{digests[3].hex()}"
    with pytest.raises(ContentMissing, match=digests[3].hex()):
        ContentStore(connection).get(digests[11])


def test_a_missing_piece_is_found(connection: sqlite3.Connection) -> None:
    digests = _history_on_disk(connection)
    listed = connection.execute("SELECT data FROM contents WHERE digest = ?", (digests[12],)).fetchone()[0]
    connection.execute("DELETE FROM contents WHERE digest = ?", (listed[32:64],))
    problems = _problems(connection)
    assert set(problems) == {digests[12]}
    assert listed[32:64].hex() in problems[digests[12]]


def test_a_circle_ends(connection: sqlite3.Connection) -> None:
    digests = _history_on_disk(connection)
    update = "UPDATE contents SET base_digest = ?, codec = 's', data = x'010000' WHERE digest = ?"
    connection.execute(update, (digests[5], digests[2]))
    connection.execute(update, (digests[8], digests[8]))
    problems = _problems(connection)
    assert set(problems) == set(digests[2:12])
    assert "circle" in problems[digests[2]]
    assert "circle" in problems[digests[8]]
    with pytest.raises(ContentMissing, match="circle"):
        ContentStore(connection).get(digests[11])


DAMAGES = [
    "data = substr(data, 1, length(data) / 2)",
    "data = x''",
    "data = 'text'",
    "codec = x'00'",
    "codec = CAST(x'ff' AS TEXT)",
    "codec = 'q'",
    "codec = 'c'",
    "codec = 'd'",
    "base_digest = 7, codec = 's'",
    "base_digest = zeroblob(32), codec = 'z'",
    "base_digest = NULL, codec = 'd'",
]
# The last is a list of pieces already.
PLACES = [
    (damage, which) for damage in DAMAGES for which in (0, 7, 12) if (damage, which) != ("codec = 'c'", 12)
]


@pytest.mark.parametrize(("damage", "which"), PLACES)
def test_any_damage_is_found_and_named(connection: sqlite3.Connection, damage: str, which: int) -> None:
    digests = _history_on_disk(connection)
    connection.execute(f"UPDATE contents SET {damage} WHERE digest = ?", (digests[which],))
    assert digests[which] in _problems(connection)
    with pytest.raises(ContentMissing):
        ContentStore(connection).get(digests[which])


def test_a_row_moved_from_the_start_and_a_digest_that_is_none_are_found(
    connection: sqlite3.Connection,
) -> None:
    digests = _history_on_disk(connection)
    connection.execute("UPDATE contents SET chunk = 1 WHERE digest = ?", (digests[12],))
    connection.execute("INSERT INTO contents VALUES ('text', 0, 'r', NULL, x'00')")
    problems = _problems(connection)
    assert problems[digests[12]] == "has lost its first row"
    assert "not bytes" in problems[b""]


def test_a_chain_that_we_never_make_is_refused(connection: sqlite3.Connection) -> None:
    names = [sha256(b"%d" % number) for number in range(5000)]
    connection.execute("INSERT INTO contents VALUES (?, 0, 'r', NULL, x'')", (names[0],))
    connection.executemany(
        "INSERT INTO contents VALUES (?, 0, 's', ?, x'010000')",
        [(name, base) for base, name in pairwise(names)],
    )
    with pytest.raises(ContentMissing, match="more deltas"):
        ContentStore(connection).get(names[-1])


def test_checking_decodes_each_content_once(connection: sqlite3.Connection) -> None:
    """Chains of files recorded in turn, together larger than the memory kept for decoded content."""
    store = ContentStore(connection)
    files = [edits(40, seed) for seed in range(120)]
    last: list[Packed | None] = [None] * len(files)
    for round_ in range(40):
        for number, versions in enumerate(files):
            before = last[number]
            data = versions[round_] + b"file %d\n" % number
            last[number] = packed = pack(data, sha256(data), before.version if before else None)
            store.insert(packed.rows)
    total = connection.execute("SELECT count(*) FROM contents").fetchone()[0]
    seen: list[tuple[int, int]] = []
    reads = 0

    def count(statement: str) -> None:
        nonlocal reads
        reads += "SELECT codec" in statement

    connection.set_trace_callback(count)
    assert list(store.verify_all(lambda done, of: seen.append((done, of)))) == []
    connection.set_trace_callback(None)
    assert total == 4800
    assert reads < total * 1.1
    assert seen[0] == (0, total)
    assert seen[-1] == (total, total)
    assert len(seen) > 10


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_file_gives_exact_bytes_or_says_that_it_is_damaged(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "record.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        schema.upgrade(writer, Path("record.db"))
        digests = {sha256(data): data for data in [*edits(300), large(7, 2 << 20)]}
        writer.execute("BEGIN")
        put_history(ContentStore(writer), list(digests.values()))
        writer.execute("COMMIT")
    source = random.Random(seed)
    content = bytearray(path.read_bytes())
    # Behind the tables' definitions: pages of the index and of the rows.
    for _ in range(6):
        at = source.randrange(len(content) // 4, len(content) - 600)
        content[at : at + 500] = source.randbytes(500)
    path.write_bytes(content)
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as reader:
        named = list(ContentStore(reader).verify_all())
        assert named
        lost = 0
        for digest, data in digests.items():
            try:
                assert ContentStore(reader).get(digest) == data
            except ContentMissing:
                lost += 1
        assert lost
