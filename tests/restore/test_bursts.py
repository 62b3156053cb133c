"""Many changes undone at once."""

from __future__ import annotations

import shutil

from fcm_tui.restore import Recording, plan_changes, restore
from fcm_tui.settings.config import Settings
from fcm_tui.store.reading.queries import Reader
from tests.restore.conftest import Case


def undo(case: Case, first: int, last: int) -> None:
    database = case.data_dir.database
    with (
        Reader(database) as reader,
        Recording(case.data_dir, database, Settings(), [case.data_dir.path.as_posix().encode()]) as recording,
    ):
        changes = [c for c in reader.log(limit=None, reverse=True) if first <= c.sequence <= last]
        restore(reader, recording, lambda: plan_changes(reader, changes))


def test_all_files_are_as_they_were_before_the_first_change_of_each(case: Case) -> None:
    for name in ("changed", "twice", "gone/deep/a", "old/moved", "old/edited", "other"):
        case.write(name, f"{name}\n" * 20)
    case.record()
    disk, last = case.disk(), case.last()
    case.write("changed", "new\n")
    case.write("twice", "new\n")
    case.record()
    case.write("twice", "newer\n")
    shutil.rmtree(case.root / "gone")
    (case.root / "old").rename(case.root / "new")
    case.record()
    case.write("new/edited", "old/edited\n" * 20 + "more\n")
    case.write("made/deep/b", "made\n")
    case.record()
    end = case.last()
    case.write("other", "changed by somebody later\n")
    case.write("later", "later\n")
    case.record()
    before_undo, others = case.disk(), (b"other", b"later")
    undo(case, last + 1, end)
    expected = {path: state for path, state in disk.items() if path not in others}
    assert {path: state for path, state in case.disk().items() if path not in others} == expected
    assert not (case.root / "made").exists() and not (case.root / "new").exists()
    assert case.disk()[b"other"] == before_undo[b"other"]
    assert case.disk()[b"later"] == before_undo[b"later"]


def test_a_path_that_was_taken_since_goes_back_too(case: Case) -> None:
    case.write("a", "first\n" * 9)
    case.record()
    last = case.last()
    (case.root / "a").unlink()
    case.record()
    end = case.last()
    case.write("a", "another\n")
    case.record()
    undo(case, last + 1, end)
    assert (case.root / "a").read_text() == "first\n" * 9
