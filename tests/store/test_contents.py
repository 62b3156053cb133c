"""The content store: any history comes back exact, is stored once and small, and damage is found."""

from __future__ import annotations

import hashlib
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fcm_tui.capture.codec import MAX_PIECE, MAX_STEPS, is_delta
from fcm_tui.errors import ContentMissing
from fcm_tui.store import schema
from fcm_tui.store.contents import ContentRow, ContentStore, Packed, Version, pack

LINES = [f"setting_{number} = {number * 7919 % 100_003}\n".encode() for number in range(600)]


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def database() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    schema.upgrade(connection, Path("record.db"))
    return connection


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    opened = database()
    yield opened
    opened.close()


def put(store: ContentStore, data: bytes, base: Version | None = None) -> Version:
    packed = pack(data, sha256(data), base)
    store.insert(packed.rows)
    return packed.version


def put_history(store: ContentStore, versions: list[bytes]) -> list[Version]:
    stored: list[Version] = []
    for data in versions:
        stored.append(put(store, data, stored[-1] if stored else None))
    return stored


def edits(count: int, seed: int = 1) -> list[bytes]:
    """Versions of one text, each with one line changed."""
    source = random.Random(seed)
    lines = list(LINES)
    versions = [b"".join(lines)]
    for number in range(count - 1):
        lines[source.randrange(len(lines))] = f"changed_{number} = {source.random()}\n".encode()
        versions.append(b"".join(lines))
    return versions


def large(seed: int, size: int) -> bytes:
    source = random.Random(seed)
    words = [source.randbytes(6).hex().encode() for _ in range(500)]
    out = bytearray()
    while len(out) < size:
        out += b" ".join(source.choices(words, k=200)) + b"\n"
    return bytes(out[:size])


def links(connection: sqlite3.Connection) -> dict[bytes, bytes | None]:
    return dict(connection.execute("SELECT digest, base_digest FROM contents WHERE chunk = 0"))


def depth(connection: sqlite3.Connection, digest: bytes) -> int:
    bases = links(connection)
    steps = 0
    while (base := bases[digest]) is not None:
        digest = base
        steps += 1
        assert steps <= len(bases), "a circle"
    return steps


def stored_bytes(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(sum(length(data)), 0) FROM contents").fetchone()[0])


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
