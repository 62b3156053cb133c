"""What a change did to a file's extended attributes stands above its diff, safe for the terminal."""

from __future__ import annotations

from fcm_tui.capture.attributes import encode
from fcm_tui.datadir import DataDir
from fcm_tui.review.documents.loading import load
from fcm_tui.store.reading.queries import Reader
from tests.store.written import Written


def test_they_are_named_with_what_happened_to_them(data_dir: DataDir) -> None:
    with Written(data_dir.database) as written:
        written.attributes["a"] = encode({b"user.a": b"1", b"user.b": b"1"})
        written.put(("a", b"one\n", 10**18))
        written.attributes["a"] = encode({b"user.b": b"2", b"user.\x1b[31m": b""})
        written.put(("a", b"two\n", 10**18 + 1))
        written.put(("a", b"three\n", 10**18 + 2))
        del written.attributes["a"]  # what is not recorded, as of a secret
        written.put(("a", b"four\n", 10**18 + 3))
        written.attributes["a"] = encode({b"user.c": b"1"})
        written.put(("a", b"five\n", 10**18 + 4))
        written.put(("a", None, 10**18 + 5))
    with Reader(data_dir.database) as reader:
        notes = [load(reader, change).notes for change in reader.log(limit=None, reverse=True)]
    told = [[n for n in of_one if "attributes" in n] for of_one in notes]
    assert told[0] == ["Extended attributes: user.a added, user.b added."]
    (second,) = told[1]
    assert "user.a removed, user.b changed" in second and second.isprintable()
    assert told[2:4] == [[], []]
    assert told[4] == ["Extended attributes: user.c; those before are not recorded."]
    assert told[5] == []
