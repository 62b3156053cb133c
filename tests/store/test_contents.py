"""The content store: any history comes back exact, and is stored once and small."""

from __future__ import annotations

import random
import sqlite3
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fcm_tui.capture.codec import MAX_PIECE, MAX_STEPS
from fcm_tui.errors import ContentMissing
from fcm_tui.store import schema
from fcm_tui.store.contents.store import ContentRow, ContentStore, Version, pack
from tests.store.histories import (
    LINES,
    database,
    depth,
    edits,
    large,
    links,
    put,
    put_history,
    sha256,
    stored_bytes,
)

line = st.sampled_from([b"a\n", b"b\r\n", b"\x00", b"long " * 200 + b"\n", b"", *LINES[:20]])
histories = st.lists(
    st.one_of(st.binary(max_size=300), st.lists(line, max_size=40).map(b"".join)), min_size=1, max_size=25
)


@given(st.lists(histories, min_size=1, max_size=3), st.integers(1, 7))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_histories_come_back_exact(files: list[list[bytes]], batch: int) -> None:
    connection = database()
    store = ContentStore(connection)
    rows: list[ContentRow] = []
    last: list[Version | None] = [None] * len(files)
    # The files' versions in turn, as a recorder sees them, some of them again and again.
    for round_ in range(max(map(len, files))):
        for number, versions in enumerate(files):
            if round_ < len(versions):
                data = versions[round_]
                packed = pack(data, sha256(data), last[number])
                last[number] = packed.version
                rows += packed.rows
    for start in range(0, len(rows), batch):
        store.insert(rows[start : start + batch])
    every = {sha256(data): data for versions in files for data in versions}
    for reader in (store, ContentStore(connection, cache_bytes=0)):
        assert dict(reader.get_many(every)) == every
    assert store.known([*every, b"\x00" * 32]) == set(every)
    assert list(store.verify_all()) == []
    assert all(depth(connection, digest) <= MAX_STEPS for digest in every)
    assert connection.execute("SELECT count(*) FROM contents").fetchone()[0] == len(every)
    connection.close()


def test_a_long_history_is_kept_in_bounded_chains(connection: sqlite3.Connection) -> None:
    versions = edits(2 * MAX_STEPS + 50)
    put_history(ContentStore(connection), versions)
    depths = [depth(connection, sha256(data)) for data in versions]
    assert max(depths) == MAX_STEPS
    assert depths.count(0) == 3
    reader = ContentStore(connection, cache_bytes=0)
    assert all(reader.get(sha256(data)) == data for data in versions[::23])


def test_the_bound_holds_across_restarts(connection: sqlite3.Connection) -> None:
    versions = edits(MAX_STEPS + 20)
    put(ContentStore(connection), versions[0])
    for before, after in pairwise(versions):
        restarted = ContentStore(connection)
        put(restarted, after, restarted.version(sha256(before)))
    depths = [depth(connection, sha256(data)) for data in versions]
    assert max(depths) == MAX_STEPS


@pytest.mark.parametrize("batch", [1, 7])
def test_the_bound_holds_whatever_a_packer_takes_its_base_for(
    connection: sqlite3.Connection, batch: int
) -> None:
    """A base that was stored long before, by another file, lies deeper than who saw it new believes."""
    versions = edits(3 * MAX_STEPS)
    rows = [*pack(versions[0], sha256(versions[0])).rows]
    for before, after in pairwise(versions):
        whole = pack(before, sha256(before)).version  # as if nothing lay below it
        rows += pack(after, sha256(after), whole).rows
    store = ContentStore(connection, cache_bytes=1 << 16)
    for start in range(0, len(rows), batch):
        store.insert(rows[start : start + batch])
    assert max(depth(connection, sha256(data)) for data in versions) == MAX_STEPS
    assert list(store.verify_all()) == []
    assert store.get(sha256(versions[-1])) == versions[-1]


def test_steps_are_corrected_where_the_base_was_stored_otherwise(connection: sqlite3.Connection) -> None:
    """Two files reach the same content in one batch, one of them along a chain: the chain's length counts."""
    store = ContentStore(connection)
    versions = edits(4)
    put_history(store, versions[:3])
    alone = pack(versions[2], sha256(versions[2]))
    assert alone.version.pieces[0].steps == 0
    following = pack(versions[3], sha256(versions[3]), alone.version)
    assert store.insert(alone.rows + following.rows) == 1
    assert ContentStore(connection).version(sha256(versions[3])).pieces[0].steps == 3
    assert store.get(sha256(versions[3])) == versions[3]


def test_one_hundred_versions_take_little(connection: sqlite3.Connection) -> None:
    versions = edits(100)
    put_history(ContentStore(connection), versions)
    first = len(pack(versions[0], sha256(versions[0])).rows[0].data)
    assert stored_bytes(connection) < first + 99 * 60


def test_content_is_stored_once(connection: sqlite3.Connection) -> None:
    store = ContentStore(connection)
    first, second = edits(2)
    packed = pack(first, sha256(first))
    assert store.insert(packed.rows) == 1
    assert store.insert(packed.rows) == 0
    put(store, second, packed.version)
    # Back to what was there before: a delta of it is not needed, and would make a circle.
    back = pack(first, sha256(first), store.version(sha256(second)))
    assert store.insert(back.rows) == 0
    assert links(connection) == {sha256(first): None, sha256(second): sha256(first)}


def test_a_delta_without_its_base_is_not_inserted(connection: sqlite3.Connection) -> None:
    store = ContentStore(connection)
    first, second = edits(2)
    base = pack(first, sha256(first))
    delta = pack(second, sha256(second), base.version)
    with pytest.raises(ValueError, match="not stored"):
        store.insert(delta.rows + base.rows)
    assert links(connection) == {}
    assert store.insert(base.rows + delta.rows) == 2


def test_the_same_content_as_its_base_is_not_a_delta_of_itself(connection: sqlite3.Connection) -> None:
    store = ContentStore(connection)
    version = put(store, LINES[0])
    assert pack(LINES[0], sha256(LINES[0]), version).rows[0].base_digest is None


def test_large_content_is_kept_in_pieces_that_are_shared(connection: sqlite3.Connection) -> None:
    store = ContentStore(connection)
    data = large(1, 5 << 20)
    first = put(store, data)
    assert len(first.pieces) > 5
    size = stored_bytes(connection)
    rows = connection.execute("SELECT count(*) FROM contents").fetchone()[0]

    edited = data[: 3 << 20] + b"one edited line\n" + data[(3 << 20) + 40 :]
    second = put(store, edited, store.version(sha256(data)))
    assert connection.execute("SELECT count(*) FROM contents").fetchone()[0] <= rows + 4
    assert stored_bytes(connection) - size < 32 * (len(second.pieces) + 1) + 400

    copied_into_another = edited + large(9, 1 << 20)
    put(store, copied_into_another)
    for reader in (store, ContentStore(connection, cache_bytes=0)):
        for version in (data, edited, copied_into_another):
            assert reader.get(sha256(version)) == version
    assert max(map(len, (row[0] for row in connection.execute("SELECT data FROM contents")))) <= MAX_PIECE
    assert list(store.verify_all()) == []


def test_a_growing_log_costs_little_more_than_what_is_appended(connection: sqlite3.Connection) -> None:
    store = ContentStore(connection)
    source = random.Random(4)
    data = large(2, (1 << 20) - 5000)
    version = put(store, data)
    size = stored_bytes(connection)
    appended = 0
    for _ in range(40):
        addition = b"".join(
            b"%d request %d\n" % (source.randrange(10**9), source.randrange(10**6)) for _ in range(20)
        )
        data += addition
        appended += len(addition)
        version = put(store, data, version)
        assert store.get(sha256(data)) == data
    assert len(version.pieces) > 1, "it grew past one piece"
    lists = 40 * 32 * len(version.pieces)
    # The bound on work asks for a few whole pieces on the way.
    assert stored_bytes(connection) - size < appended + lists + 3 * MAX_PIECE // 2


def test_content_that_shrinks_or_grows_across_the_limit_comes_back(connection: sqlite3.Connection) -> None:
    store = ContentStore(connection)
    data = large(3, 3 << 20)
    versions = [data[:100], data[:MAX_PIECE], data[: MAX_PIECE + 1], data, data[:200_000], b"", data]
    put_history(store, versions)
    assert [store.get(sha256(version)) for version in versions] == versions
    assert list(store.verify_all()) == []


def test_a_file_of_equal_pieces_keeps_one(connection: sqlite3.Connection) -> None:
    store = ContentStore(connection)
    data = bytes(8 << 20)
    put(store, data)
    assert store.get(sha256(data)) == data
    assert stored_bytes(connection) < 2000


def test_what_is_not_there_is_said_to_be_missing(connection: sqlite3.Connection) -> None:
    store = ContentStore(connection)
    with pytest.raises(ContentMissing, match=r"sha256:0707.* not in the store"):
        store.get(b"\x07" * 32)
    assert store.known([b"\x07" * 32]) == set()
    assert store.insert([]) == 0


def test_memory_is_bounded(connection: sqlite3.Connection) -> None:
    limit = 200_000
    store = ContentStore(connection, cache_bytes=limit)
    versions = [*edits(60), large(5, 300_000), large(6, 2 << 20)]
    stored = put_history(store, versions)
    for version in stored:
        store.remember(version)
        assert store.cached_bytes <= limit
    for data in versions * 2:
        assert store.get(sha256(data)) == data
        assert store.cached_bytes <= limit
    assert store.cached_bytes > limit // 2
    # Pieces of no bytes take memory too.
    tiny = ContentStore(connection, cache_bytes=3000)
    for number in range(1000):
        tiny.remember(pack(b"%d" % number, sha256(b"%d" % number)).version)
    assert tiny.cached_bytes <= 3000


def test_a_remembered_version_is_not_read_again(connection: sqlite3.Connection) -> None:
    store = ContentStore(connection)
    version = put(store, LINES[0] * 50)
    store.remember(version)
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    assert store.version(version.digest) == version
    assert statements == []


def test_a_reader_needs_no_more_than_a_read_only_connection(tmp_path: Path) -> None:
    path = tmp_path / "record.db"
    writer = sqlite3.connect(path, isolation_level=None)
    schema.upgrade(writer, Path("record.db"))
    versions = edits(5)
    put_history(ContentStore(writer), versions)
    reader = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    store = ContentStore(reader)
    assert [store.get(sha256(data)) for data in versions] == versions
    assert list(store.verify_all()) == []
    reader.close()
    writer.close()


def test_an_unreadably_large_version_is_refused(connection: sqlite3.Connection) -> None:
    """One small row may list the same piece many thousand times."""
    piece = bytes(MAX_PIECE)
    store = ContentStore(connection, max_bytes=8 << 20)
    put(store, piece)
    bomb = sha256(b"bomb")
    connection.execute("INSERT INTO contents VALUES (?, 0, 'c', NULL, ?)", (bomb, sha256(piece) * 30_000))
    with pytest.raises(ContentMissing, match="larger than 8388608"):
        store.get(bomb)
