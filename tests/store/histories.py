"""Made-up versions of files, put into a content store as the recorder does."""

from __future__ import annotations

import hashlib
import random
import sqlite3
from pathlib import Path

from fcm_tui.store import schema
from fcm_tui.store.contents.store import ContentStore, Version, pack

LINES = [f"setting_{number} = {number * 7919 % 100_003}\n".encode() for number in range(600)]


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def database() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    schema.upgrade(connection, Path("record.db"))
    return connection


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
