"""What a pass decides while files come, go and come back under it."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fcm_tui.model import Change, Kind
from fcm_tui.pipeline import bookkeeper, way
from fcm_tui.pipeline.ahead import Ahead, Begun
from fcm_tui.pipeline.engine import Look
from fcm_tui.pipeline.session import Session
from fcm_tui.pipeline.taking import Taken
from fcm_tui.pipeline.waiting import GRACE
from fcm_tui.pipeline.work import SLICE_FILES
from fcm_tui.settings.config import Settings
from fcm_tui.store.reading.queries import Reader
from fcm_tui.store.trust.verify import Tally, verify
from tests.waiting import wait_for


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    (folder / "many").mkdir(parents=True)
    (folder / "elsewhere").mkdir()
    for number in range(SLICE_FILES + 50):
        (folder / "many" / f"{number}").write_text(f"{number}\n")
    (folder / "file").write_text("one\ntwo\n")
    return folder


@pytest.fixture
def session(root: Path, tmp_path: Path) -> Iterator[Session]:
    (tmp_path / "data").mkdir(mode=0o700)
    with ThreadPoolExecutor(2) as pool:
        opened = Session(tmp_path / "data" / "record.db", Settings(), [os.fsencode(root)], pool)
        opened.catch_up(patient=False)
        yield opened
        opened.close()


def changes(session: Session) -> list[Change]:
    with Reader(session.record.database) as reader:
        found = reader.log(limit=None, reverse=True)
        assert list(verify(reader.connection, Tally())) == []
    return found


def kinds(session: Session) -> list[tuple[Kind, str]]:
    return [(change.kind, os.path.basename(os.fsdecode(change.path))) for change in changes(session)]


def look(session: Session, *folders: Path, patient: bool = True) -> None:
    session.engine.run(Look(folders={os.fsencode(folder) for folder in folders}), patient=patient)


def edit_many(root: Path, what: str) -> None:
    for file in (root / "many").iterdir():
        file.write_text(what)


@pytest.mark.parametrize("patient", [True, False])
def test_a_file_that_is_there_again_when_it_is_read_was_not_deleted(
    session: Session, root: Path, monkeypatch: pytest.MonkeyPatch, patient: bool
) -> None:
    """As when a build unlinks and writes it: it is missed, and then read, in one pass."""
    file = root / "file"
    file.rename(root.parent / "away")
    look(session, root)
    (root.parent / "away").rename(file)
    file.write_text("three\n")
    answers = iter([False])
    there = way.may_be_file
    monkeypatch.setattr(way, "may_be_file", lambda *of: next(answers, None) is None and there(*of))
    wait_for(lambda: not session.engine.run(Look(folders={os.fsencode(root)}), patient=patient).again_in)
    assert kinds(session) == [(Kind.MODIFIED, "file")]


def test_a_file_that_is_back_before_its_deletion_is_told_is_looked_at_again(
    session: Session, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([False])
    there = way.may_be_file
    monkeypatch.setattr(way, "may_be_file", lambda *of: next(answers, None) is None and there(*of))
    session.engine.load()
    session.engine._waiting.vanished[os.fsencode(root / "file")] = time.monotonic() - 2 * GRACE
    look(session)
    wait_for(lambda: not session.engine.run(Look()).again_in)
    assert kinds(session) == []


def test_a_file_renamed_while_a_long_pass_is_under_way_is_not_told_as_deleted(
    session: Session, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = Ahead.finish

    def slowly(self: Ahead, begun: Begun) -> list[Taken]:
        time.sleep(GRACE)
        return finish(self, begun)

    monkeypatch.setattr(Ahead, "finish", slowly)
    edit_many(root, "edited\n")
    (root / "file").rename(root / "elsewhere" / "renamed")
    look(session, root, root / "many")  # the hint to the other folder comes meanwhile
    look(session, root / "elsewhere")
    assert kinds(session)[-1] == (Kind.MOVED, "renamed")
    assert {kind for kind, _ in kinds(session)} == {Kind.MODIFIED, Kind.MOVED}


def test_a_group_has_the_number_of_its_first_change_after_a_failure_too(
    session: Session, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        (root / "elsewhere" / name).write_text(name)
    look(session, root / "elsewhere", patient=False)
    with monkeypatch.context() as patched:
        commit = session.record.commit

        def fail(*arguments: object) -> None:
            commit(*arguments)  # type: ignore[arg-type]
            raise sqlite3.OperationalError("database or disk is full")

        patched.setattr(session.record, "commit", fail)
        for name in ("a", "b"):
            (root / "elsewhere" / name).unlink()
        (root / "elsewhere").rmdir()
        with pytest.raises(sqlite3.OperationalError):
            look(session, root, patient=False)
    edit_many(root, "edited\n")
    monkeypatch.setattr(bookkeeper, "MOST_ALIKE", 0)  # the deletions come in a slice behind others
    session.engine.run(Look(whole=session.engine.roots), patient=False)
    deleted = [change for change in changes(session) if change.kind is Kind.DELETED]
    assert len(deleted) == 2
    assert deleted[0].sequence > 3
    assert {change.group for change in deleted} == {deleted[0].sequence}


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_what_stands_behind_a_link_is_not_read_as_what_was_in_the_folder(
    session: Session, root: Path
) -> None:
    outside = root.parent / "outside"
    outside.mkdir()
    for name in ("1", "2", "other"):
        (outside / name).write_text("not to be recorded\n")
    (root / "many").rename(root.parent / "away")
    (root / "many").symlink_to(outside)
    for _ in range(3):
        session.engine.run(
            Look(whole=session.engine.roots, folders={os.fsencode(root / "many")}), patient=False
        )
    told = changes(session)
    assert [change.path for change in told if change.kind is not Kind.DELETED] == [os.fsencode(root / "many")]
    assert sum(change.kind is Kind.DELETED for change in told) == SLICE_FILES + 50


@pytest.mark.parametrize(
    "mode",
    [
        0o000,
        pytest.param(
            0o444,
            marks=pytest.mark.skipif(
                sys.platform == "win32", reason="who can list a folder of Windows can look at its files"
            ),
        ),
    ],
)
def test_a_folder_that_cannot_be_entered_loses_nothing(
    session: Session, root: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    """Whatever of it was hinted at; mode bits do not hold root back, so the refusal is told in their stead."""
    lstat, scandir, many = os.lstat, os.scandir, os.fsencode(root / "many")

    def refused(path: bytes) -> os.stat_result:
        if os.path.dirname(path) == many:
            raise PermissionError(13, "Permission denied", path)
        return lstat(path)

    def listed(path: bytes) -> object:
        if path == many and not mode & 0o400:
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    edit_many(root, "edited\n")
    with monkeypatch.context() as patched:
        patched.setattr(os, "lstat", refused)
        patched.setattr(os, "scandir", listed)
        session.engine._waiting.vanished[os.path.join(many, b"1")] = time.monotonic() - 2 * GRACE
        for _ in range(3):
            session.engine.run(Look(folders={many}, whole=session.engine.roots), patient=False)
        assert kinds(session) == []
    session.engine.run(Look(whole=session.engine.roots), patient=False)
    assert {kind for kind, _ in kinds(session)} == {Kind.MODIFIED}


def test_the_last_pass_records_what_was_not_settled_a_moment_ago(root: Path, session: Session) -> None:
    path = root / "file"
    path.write_text("being written\n")
    session.engine._waiting.unsettled(os.fsencode(path), 1 << 30)
    session.engine.run(Look())
    assert kinds(session) == [], "it is large, and was read a moment ago"
    session.engine.run(Look(), patient=False)
    assert kinds(session) == [(Kind.MODIFIED, "file")]
