"""All files that differ between two moments, as one document."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from fcm_tui.model import Capture, Kind
from fcm_tui.review import wording
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.documents import span
from fcm_tui.review.documents.document import Document
from fcm_tui.store.reading.queries import Reader
from tests.review.builder import START_NS, RecordBuilder, connect, native
from tests.review.screens import shows

Make = Callable[..., ReviewApp]
AT = "/home/ann/project/"


@pytest.fixture
def begun(empty: RecordBuilder) -> Iterator[RecordBuilder]:
    """A record whose first change is that from which on is compared."""
    empty.change(f"{AT}begin", b"", Kind.CREATED)
    yield empty


def between(record: RecordBuilder) -> Document:
    with Reader(record.database) as reader:
        return span.between(reader, reader.change(1), reader.change(record.sequence), None)


def titles(document: Document) -> list[str]:
    return [part.title for part in document.files]


def test_only_the_file_that_is_too_large_is_left_out(
    begun: RecordBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(span, "_BYTES", 100)
    begun.change(f"{AT}a-large", b"l\n" * 60, Kind.CREATED)
    begun.change(f"{AT}b-bytes", bytes(90), Kind.CREATED)
    begun.change(f"{AT}c-unkept", b"u\n" * 900, Kind.CREATED, capture=Capture.TOO_LARGE, stored=False)
    begun.file(f"{AT}d-old", b"o\n" * 60)
    begun.change(f"{AT}d-old", b"o\n")
    begun.change(f"{AT}e-small", b"small\n", Kind.CREATED)
    begun.change(f"{AT}f-more", b"m\n" * 48, Kind.CREATED)
    with connect(begun.database) as store:  # as the recorder has it
        store.execute("UPDATE changes SET previous_size = 120 WHERE sequence = 5")
    store.close()
    document = between(begun)
    assert titles(document) == [
        "a-large  created  too much to show here",
        "b-bytes  created  Binary, 90 B.",
        "c-unkept  created  not kept: too large",
        "d-old  too much to show here",
        "e-small  created",
        "f-more  created  too much to show here",
    ]
    assert document.new.lines == ["small"]


def test_what_was_not_kept_is_told_as_what_it_is(begun: RecordBuilder) -> None:
    for name, capture in (
        ("a", Capture.SECRET), ("b", Capture.TOO_LARGE), ("c", Capture.EXCLUDED), ("d", Capture.UNREADABLE)
    ):  # fmt: skip
        begun.change(AT + name, name.encode(), Kind.CREATED, capture=capture, stored=False)
    begun.file(f"{AT}e", b"was thinned\n")
    begun.change(f"{AT}e", b"is there\n")
    with connect(begun.database) as store:
        store.execute("UPDATE changes SET after_digest = NULL WHERE capture = 'unreadable'")
        store.execute(
            "INSERT INTO prunes (recorder_id, prune, run, time_ns, sequence, rules, chain_hash)"
            " SELECT recorder_id, 1, 1, 1, 1, '', X'' FROM recorders"
        )
        store.execute(
            "INSERT INTO thinned (recorder_id, digest, prune, size) SELECT recorder_id, before_digest, 1, 1"
            " FROM changes WHERE sequence = 6"
        )
        store.execute(
            "DELETE FROM contents WHERE digest = (SELECT before_digest FROM changes WHERE sequence = 6)"
        )
    store.close()
    assert titles(between(begun)) == [
        "a  created  not kept: secret",
        "b  created  not kept: too large",
        "c  created  not kept: excluded",
        "d  created  not kept: unreadable",
        "e  the version before is not kept: thinned out",
    ]


def test_so_is_one_that_was_deleted_since(begun: RecordBuilder) -> None:
    begun.change(f"{AT}.env", b"KEY=1\n", Kind.CREATED, capture=Capture.SECRET, stored=False)
    begun.change(f"{AT}.env", None, Kind.DELETED, stored=False)
    with Reader(begun.database) as reader:
        document = span.between(reader, reader.change(2), reader.change(3), None)
    assert titles(document) == [".env  deleted  not kept: secret"]


async def test_a_moment_before_the_record_is_told_when_that_begins_in_local_time(
    empty: RecordBuilder, make_app: Make
) -> None:
    began = START_NS + 800_594_000
    empty.file("/home/ann/project/a", b"a\n")
    with connect(empty.database) as store:
        store.execute("UPDATE roots SET baseline_ns = ?", (began,))
    store.close()
    app = make_app(empty)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "▾ project")
        await pilot.press("1", "at")
        await shows(app, "project as it was at")
        await pilot.press(*"1999-01-01", "enter")
        since = wording.moment(START_NS + 1_000_000_000)
        await shows(app, f"project: the record of it reaches back to {since}, not further")
        await pilot.press("ctrl+u", *since, "enter")
        await shows(app, f"Nothing in /home/ann/project has changed since {since}.")


def test_files_of_which_only_the_mode_differs_are_shown_with_their_modes(begun: RecordBuilder) -> None:
    for name in ("a-mode", "b-back", "c-both", "d-time"):
        begun.file(f"{AT}{name}", b"one\n")
    begun.change(f"{AT}a-mode", b"one\n", Kind.METADATA, mode=0o100755)
    begun.change(f"{AT}b-back", b"one\n", Kind.METADATA, mode=0o100755)
    begun.change(f"{AT}b-back", b"one\n", Kind.METADATA, mode=0o100644)
    begun.change(f"{AT}c-both", b"two\n", mode=0o100755)
    begun.change(f"{AT}d-time", b"one\n", Kind.METADATA, mode=0o100644)
    with connect(begun.database) as store:  # as the recorder has it
        store.execute("UPDATE changes SET previous_mode = ? WHERE sequence > 1", (0o100644,))
    store.close()
    document = between(begun)
    assert titles(document) == [
        "a-mode  mode -rw-r--r-- → -rwxr-xr-x",
        "c-both  mode -rw-r--r-- → -rwxr-xr-x",
    ]
    assert document.facts[1] == "2 files differ, in all directories"
    assert (document.old.lines, document.new.lines) == (["one"], ["two"])
    with Reader(begun.database) as reader:
        since = span.since(reader, native(AT.rstrip("/")), START_NS + 1_000_000_000)
    assert since is not None and titles(since) == titles(document)
