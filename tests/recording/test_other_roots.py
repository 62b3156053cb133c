"""Another folder named than in the run before, inside or around that one: its files are still the same files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from fcm_tui.store.reading.queries import Reader
from fcm_tui.store.record import Record
from fcm_tui.store.trust.verify import Tally, verify
from tests.recording.harness import Recording
from tests.waiting import eventually


@pytest.fixture
def inner(root: Path) -> Path:
    folder = root / "inner"
    folder.mkdir()
    (folder / "file").write_text("one\n")
    (folder / "gone").write_text("here\n")
    (root / "outside").write_text("outside\n")
    return folder


async def run(recording: Recording, *roots: Path, changes: int) -> None:
    """A run that goes on until there are so many changes in the record."""
    recording.roots = list(roots)
    async with recording.running():
        await eventually(lambda: len(recording.changes()) >= changes)
    assert len(recording.changes()) == changes


def assert_one_story(recording: Recording, *kinds: str) -> None:
    """`file` has had these changes and no others, all of them its own, and the record holds together."""
    with recording.reader() as reader:
        changes = [c for c in reader.log(limit=None, reverse=True) if c.path.endswith(b"file")]
        assert [str(c.kind) for c in changes] == list(kinds)
        assert len({c.file_id for c in changes}) == 1
    with Reader(recording.database) as reader:
        assert list(verify(reader.connection, Tally())) == []


def present(recording: Recording) -> Counter[bytes]:
    with recording.reader() as reader:
        return Counter(p for (p,) in reader.connection.execute("SELECT path FROM files WHERE present"))


async def test_a_folder_inside_the_one_before(recording: Recording, root: Path, inner: Path) -> None:
    await run(recording, root, changes=0)
    (inner / "file").write_text("two\n")
    (inner / "gone").unlink()
    await run(recording, inner, changes=2)
    assert_one_story(recording, "modified")
    assert ("deleted", "gone") in recording.kinds()
    (inner / "file").write_text("three\n")
    (root / "outside").write_text("changed\n")
    await run(recording, root, changes=4)
    assert_one_story(recording, "modified", "modified")
    assert ("modified", "outside") in recording.kinds()
    assert set(present(recording).values()) == {1}


async def test_a_folder_around_the_one_before(recording: Recording, root: Path, inner: Path) -> None:
    await run(recording, inner, changes=0)
    (inner / "file").write_text("two\n")
    (inner / "gone").unlink()
    await run(recording, root, changes=2)
    assert_one_story(recording, "modified")
    assert sorted(recording.kinds()) == [("deleted", "gone"), ("modified", "file")]
    assert set(present(recording).values()) == {1}
    with recording.reader() as reader:
        assert [(gap.reason, gap.changes_found) for gap in reader.gaps()] == [
            ("the recorder was not running", 2)
        ]


async def test_what_came_inside_meanwhile_is_told_by_a_folder_around(
    recording: Recording, root: Path, inner: Path
) -> None:
    await run(recording, inner, changes=0)
    (inner / "born").write_text("new\n")
    (inner / "deep").mkdir()
    (inner / "deep" / "born, too").write_text("new\n")
    (root / "outside, too").write_text("there already\n")
    await run(recording, root, changes=2)
    assert sorted(recording.kinds()) == [("created", "born"), ("created", "born, too")]
    with recording.reader() as reader:
        assert [gap.changes_found for gap in reader.gaps()] == [2]


@pytest.mark.parametrize(
    "at_once", [("", "inner/deep"), ("inner", "inner/deep"), ("", "inner"), ("", "inner", "inner/deep")]
)
@pytest.mark.parametrize("before", ["", "inner", "inner/deep"])
async def test_roots_inside_one_another_named_at_once(
    recording: Recording, root: Path, inner: Path, before: str, at_once: tuple[str, ...]
) -> None:
    deep = inner / "deep"
    deep.mkdir()
    for name in ("edited", "kept", "gone"):
        (deep / name).write_text(f"{name}\n")
    await run(recording, root / before, changes=0)
    await run(recording, *(root / path for path in at_once), changes=0)
    (deep / "edited").write_text("changed\n")
    (deep / "gone").unlink()
    await run(recording, *(root / path for path in at_once), changes=2)
    assert sorted(recording.kinds()) == [("deleted", "gone"), ("modified", "edited")]
    await run(recording, root / before, changes=2)
    assert set(present(recording).values()) == {1}
    with Reader(recording.database) as reader:
        assert list(verify(reader.connection, Tally())) == []


async def test_an_open_gap_of_the_outer_is_the_inner_ones_only_where_that_was_not_watched_itself(
    recording: Recording, root: Path, inner: Path
) -> None:
    await run(recording, root, inner, changes=0)
    with Record(recording.database) as record:
        outer, _ = record.set_roots([bytes(root), bytes(inner)])
        record.open_gap(outer, 1, "out of reach")
        record.set_roots([bytes(root), bytes(inner)])
        assert [(root_id, reason) for _, root_id, _, reason in record.open_gaps()] == [
            (outer.root_id, "out of reach")
        ]


async def test_both_and_then_the_outer_alone(recording: Recording, root: Path, inner: Path) -> None:
    await run(recording, root, changes=0)
    await run(recording, root, inner, changes=0)
    (inner / "file").write_text("two\n")
    await run(recording, root, inner, changes=1)
    assert_one_story(recording, "modified")
    (inner / "file").write_text("three\n")
    await run(recording, root, changes=2)
    assert_one_story(recording, "modified", "modified")
    assert set(present(recording).values()) == {1}


async def test_what_was_not_watched_for_a_run_is_a_gap_of_the_folder_named_then(
    recording: Recording, root: Path, inner: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    await run(recording, root, changes=0)
    await run(recording, elsewhere, changes=0)
    (inner / "file").write_text("two\n")
    await run(recording, inner, changes=1)
    assert_one_story(recording, "modified")
    with recording.reader() as reader:
        gaps = {(gap.reason, gap.root): gap for gap in reader.gaps()}
    whole = gaps["the root was not watched", bytes(root)]
    part = gaps["the root was not watched", bytes(inner)]
    assert (whole.to_ns, part.changes_found, part.from_ns) == (None, 1, whole.from_ns)
