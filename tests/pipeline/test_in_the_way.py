"""A file and a folder cannot have one name at one time, in the log as on the disk."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from fcm_tui.pipeline import bookkeeper
from fcm_tui.pipeline.ahead import Ahead, Begun
from fcm_tui.pipeline.engine import Look
from fcm_tui.pipeline.session import Session
from fcm_tui.pipeline.taking import Taken
from fcm_tui.settings.config import Settings
from fcm_tui.store.reading.queries import Reader
from tests.waiting import wait_for


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    (folder / "name").write_text("a file\n")
    return folder


@pytest.fixture
def session(root: Path, tmp_path: Path) -> Iterator[Session]:
    database = tmp_path / "data" / "record.db"
    database.parent.mkdir(mode=0o700)
    with ThreadPoolExecutor(2) as pool:
        opened = Session(database, Settings(), [os.fsencode(root)], pool)
        opened.catch_up(patient=False)
        yield opened
        opened.close()


def told(session: Session) -> list[tuple[str, bytes]]:
    with Reader(session.record.database) as reader:
        return [(str(c.kind), os.path.basename(c.path)) for c in reader.log(reverse=True)]


def become_folder(root: Path) -> None:
    (root / "name").unlink()
    (root / "name").mkdir()
    (root / "name" / "below").write_text("another\n")


def become_file(root: Path) -> None:
    (root / "name").rename(root.parent / f"away {time.time_ns()}")
    (root / "name").write_text("a file again\n")


def once_read(monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> None:
    """Do something once a pass has read what it found, before it decides what that means."""
    identify = bookkeeper.identify

    def identify_late(*arguments: Any) -> Any:
        if arguments[1]:  # something was read
            do()
            monkeypatch.setattr(bookkeeper, "identify", identify)
        return identify(*arguments)

    monkeypatch.setattr(bookkeeper, "identify", identify_late)


def test_a_file_that_became_a_folder_is_deleted_first_even_where_that_is_gone_again(
    session: Session, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    become_folder(root)
    once_read(monkeypatch, lambda: (root / "name").rename(root.parent / "away"))
    engine = session.engine
    wait_for(lambda: engine.run(Look(whole=engine.roots)).changes)
    assert told(session) == [("deleted", b"name"), ("created", b"below")]


def test_a_file_that_was_a_folder_for_a_moment_is_deleted_and_created(
    session: Session, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    become_folder(root)
    once_read(monkeypatch, lambda: become_file(root))
    engine = session.engine
    wait_for(lambda: engine.run(Look(whole=engine.roots)).changes)
    assert told(session) == [("deleted", b"name"), ("created", b"below")]
    wait_for(lambda: engine.run(Look()).again_in is None, what="without a hint at it")
    assert told(session)[2:] == [("deleted", b"below"), ("created", b"name")]
    wait_for(lambda: engine.run(Look(whole=engine.roots)).again_in is None)
    assert told(session)[4:] == []


def test_what_is_in_the_way_of_a_file_that_nobody_listed_yet_is_deleted_first(
    session: Session, root: Path
) -> None:
    """Each is read because it was not settled before, and no pass has listed the folder it is in since."""
    become_folder(root)
    engine = session.engine
    wait_for(lambda: engine.run(Look(whole=engine.roots)).again_in is None)
    assert told(session) == [("deleted", b"name"), ("created", b"below")]
    become_file(root)
    engine._waiting.look_again(os.fsencode(root / "name"))
    wait_for(lambda: engine.run(Look()).again_in is None)
    assert told(session)[2:] == [("deleted", b"below"), ("created", b"name")]
    become_folder(root)
    engine._waiting.look_again(os.fsencode(root / "name" / "below"))
    wait_for(lambda: engine.run(Look()).again_in is None)
    assert told(session)[4:] == [("deleted", b"name"), ("created", b"below")]


def test_a_file_and_a_folder_of_one_name_that_were_read_in_two_slices_are_not_both_told(
    session: Session, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder is told, as it was read first; the file is looked at in the next pass."""
    (root / "name").unlink()
    engine = session.engine
    wait_for(lambda: engine.run(Look(whole=engine.roots)).again_in is None)
    (root / "name").mkdir()
    for name in ("below", "beside"):
        (root / "name" / name).write_text("another\n")
    monkeypatch.setattr(bookkeeper, "slices", lambda paths, size, first: ([path] for path in paths))
    finish = Ahead.finish
    read: list[list[Taken]] = []

    def late(self: Ahead, begun: Begun) -> list[Taken]:
        taken = finish(self, begun)
        if not read:
            become_file(root)
            read.append(taken)
            return taken
        name = self.begin(engine._bookkeeper._targets([os.fsencode(root / "name")]), False)
        return finish(self, name)

    monkeypatch.setattr(Ahead, "finish", late)
    engine.run(Look(whole=engine.roots), patient=False)
    monkeypatch.undo()
    assert told(session) == [("deleted", b"name"), ("created", b"below")]
    wait_for(lambda: engine.run(Look(whole=engine.roots)).again_in is None)
    assert told(session)[2:] == [("deleted", b"below"), ("created", b"name")]


def test_of_a_file_and_a_folder_of_one_name_that_were_read_in_one_pass_the_file_counts(
    session: Session, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was the one when it was read, and the other when what is below was."""
    become_folder(root)
    finish = Ahead.finish

    def both(self: Ahead, begun: Begun) -> list[Taken]:
        monkeypatch.setattr(Ahead, "finish", finish)
        below = finish(self, begun)
        become_file(root)
        name = self.begin(session.engine._bookkeeper._targets([os.fsencode(root / "name")]), False)
        return finish(self, name) + below

    monkeypatch.setattr(Ahead, "finish", both)
    engine = session.engine
    engine.run(Look(whole=engine.roots), patient=False)
    assert told(session) == [("modified", b"name")]
    wait_for(lambda: engine.run(Look(whole=engine.roots)).again_in is None)
    assert told(session) == [("modified", b"name")]
