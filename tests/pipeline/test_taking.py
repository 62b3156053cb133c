"""Files taken ahead in processes are those that are taken here; no death of a process, and no failure, loses any."""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fcm_tui.capture.attributes import encode
from fcm_tui.capture.stable import Outcome
from fcm_tui.model import Capture
from fcm_tui.pipeline import ahead as ahead_module
from fcm_tui.pipeline import bookkeeper
from fcm_tui.pipeline.ahead import WORTH_FILES, Ahead
from fcm_tui.pipeline.content import before_of
from fcm_tui.pipeline.engine import Look
from fcm_tui.pipeline.session import Session
from fcm_tui.pipeline.taking import Taken, Taker, Target
from fcm_tui.pipeline.taking_process import TakingProcess
from fcm_tui.settings.config import Settings
from fcm_tui.store.contents.store import ContentStore
from fcm_tui.store.database import open_reader
from fcm_tui.store.reading.queries import Reader
from fcm_tui.store.trust.verify import Tally, verify
from tests.attributes import HAS_USER, bear
from tests.waiting import wait_for

LIMIT = 5 << 20
TEXT = "".join(f"line {number}\n" for number in range(300))


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    for name in ("text", "same", "replaced", "to binary", "latin", ".env", "large", "grown too large"):
        (folder / name).write_text(TEXT)
    (folder / "large").write_bytes(os.urandom(3 << 20))
    if sys.platform != "win32":
        (folder / "link").symlink_to("text")
    return folder


@pytest.fixture
def session(root: Path, tmp_path: Path, pool: ThreadPoolExecutor) -> Iterator[Session]:
    (tmp_path / "data").mkdir(mode=0o700)
    opened = Session(tmp_path / "data" / "record.db", Settings(), [os.fsencode(root)], pool)
    opened.catch_up(patient=False)
    yield opened
    opened.close()


def edit(root: Path) -> None:
    """Something new in most of the files, and another file."""
    (root / "text").write_text(TEXT.replace("line 7\n", "seven\n"))
    (root / "new").write_text("new\n")
    (root / "empty").write_text("")
    (root / "temporary").write_text(TEXT + "end\n")
    (root / "temporary").replace(root / "replaced")
    (root / "to binary").write_bytes(b"\0\1\2" * 100)
    (root / "latin").write_bytes("caf\xe9 na\xefve\n".encode("latin-1") * 20)
    (root / ".env").write_text("PASSWORD=x\n")
    if HAS_USER:
        for name in ("text", "same", ".env", "grown too large"):
            bear(root / name, {"user.x": name.encode()})
    with (root / "large").open("r+b") as file:
        file.write(b"another beginning")
    (root / "grown too large").write_bytes(bytes(LIMIT + 1))
    if sys.platform != "win32":
        (root / "link").unlink()
        (root / "link").symlink_to("new")
        with open(os.path.join(os.fsencode(root), b"name\xff\n"), "w") as file:
            file.write("\udc80\n" if sys.platform == "win32" else "x\n")


def targets(session: Session, root: Path) -> list[Target]:
    """All files of the root, and one that is gone."""
    own = session.engine.roots[0].root
    paths = sorted(entry.path for entry in os.scandir(os.fsencode(root)))
    paths.append(os.fsencode(root / "gone"))
    known = session.record.files_at(own.root_id, paths)
    return [
        Target(
            path, LIMIT, path.endswith(b".env"), before_of(known.get(path)),
            known[path].state.inode if path in known else 0,
        )
        for path in paths
    ]  # fmt: skip


def plain(all_taken: list[Taken], *, data: bool = True) -> list[object]:
    """For comparing."""
    told: list[object] = []
    for reading, capture, work in all_taken:
        rows = None
        if work is not None:
            lines, packed = work
            rows = lines.format, lines.counts, lines.differences, packed.rows, packed.version.pieces
        kept = reading.data if data else None
        told.append(
            (
                reading.path, reading.outcome, reading.state, reading.stamp, reading.digest, kept, capture, rows,
                reading.attributes,
            )
        )  # fmt: skip
    return told


def taken_here(session: Session, root: Path) -> list[Taken]:
    connection = open_reader(session.record.database)
    try:
        taker = Taker(ContentStore(connection))
        return [taker.take(target, False) for target in targets(session, root)]
    finally:
        connection.close()


def test_a_process_takes_what_is_taken_here(session: Session, root: Path) -> None:
    edit(root)
    process = TakingProcess(session.record.database)
    try:
        wait_for(lambda: process.is_ready)
        process.begin(targets(session, root), False)
        there = process.finish()
    finally:
        process.close()
    assert there is not None
    here = taken_here(session, root)
    assert plain(here, data=False) == plain(there, data=False)
    if HAS_USER:
        sets = {os.path.basename(taken.reading.path): taken.reading.attributes for taken in there}
        assert [sets[name] for name in (b"same", b"new", b".env")] == [
            encode({b"user.x": b"same"}),
            b"",
            None,
        ]
    captures = {os.path.basename(taken.reading.path): taken.capture for taken in there}
    assert captures[b".env"] is Capture.SECRET
    assert captures[b"grown too large"] is Capture.TOO_LARGE
    for taken in there:
        name = os.path.basename(taken.reading.path)
        if name in (b"text", b"latin", b"large"):  # the file that was there, and all is worked out
            assert taken.work is not None
            assert taken.reading.data is None
        elif name in (
            b"new",
            b"replaced",
            b"same",
        ):  # it may turn out to be another one, or its text is asked for
            assert taken.reading.data == (root / os.fsdecode(name)).read_bytes()


def test_secrets_are_not_packed(session: Session, root: Path) -> None:
    edit(root)
    (secret,) = [taken for taken in taken_here(session, root) if taken.reading.path.endswith(b".env")]
    assert secret.work is None
    assert secret.reading.digest is not None


def test_what_a_killed_process_had_is_taken_here(
    session: Session, root: Path, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    edit(root)
    todo = targets(session, root)
    ahead = Ahead(session.record.database, pool)
    try:
        ahead.expect(WORTH_FILES)
        wait_for(lambda: ahead.helpers == 2)
        whole = ahead.finish(ahead.begin(todo, False))
        begun = ahead.begin(todo, False)
        for process in ahead._processes:
            process.kill()
        assert [t.reading.digest for t in ahead.finish(begun)] == [t.reading.digest for t in whole]
        ahead.expect(WORTH_FILES)
        wait_for(lambda: ahead.helpers == 2)
        assert plain(ahead.finish(ahead.begin(todo, False))) == plain(whole)
    finally:
        ahead.close()


def test_an_answer_that_nobody_took_is_not_taken_for_the_next(
    session: Session, root: Path, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    ahead = Ahead(session.record.database, pool)
    todo = targets(session, root)
    try:
        ahead.expect(WORTH_FILES)
        wait_for(lambda: ahead.helpers == 2)
        ahead.begin(todo[:4], False)
        ahead.rest()
        ahead.expect(WORTH_FILES)
        assert [t.reading.path for t in ahead.finish(ahead.begin(todo[4:], False))] == [
            t.path for t in todo[4:]
        ]
    finally:
        ahead.close()


def test_processes_end_when_nothing_comes(
    session: Session, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr(ahead_module, "_IDLE_SECONDS", 0.05)
    ahead = Ahead(session.record.database, pool)
    ahead.expect(WORTH_FILES)
    wait_for(lambda: ahead.helpers == 2)
    ahead.rest()
    wait_for(lambda: ahead.helpers == 0)


def test_a_commit_that_fails_leaves_nothing_and_the_next_pass_records_all(
    session: Session, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several slices are committed together: with the last of them the first must go, too, and come again."""
    monkeypatch.setattr(bookkeeper, "_TOGETHER_FILES", 300)
    monkeypatch.setattr(bookkeeper, "_TOGETHER_SECONDS", 1000.0)
    for number in range(700):
        (root / f"f{number}").write_text(f"{number}\n")
    record = session.record
    commit, calls = record.commit, []

    def refuse(*arguments: object) -> object:
        calls.append(record.sequence)
        if len(calls) == 4:
            raise sqlite3.OperationalError("database or disk is full")
        return commit(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(record, "commit", refuse)
    with pytest.raises(sqlite3.OperationalError):
        session.engine.run(Look(whole=session.engine.roots), patient=False)
    with Reader(record.database) as reader:
        committed = reader.log(limit=None)
    assert 0 < len(committed) == record.sequence < calls[-1]
    session.engine.run(Look(whole=session.engine.roots), patient=False)
    with Reader(record.database) as reader:
        changes = reader.log(limit=None, reverse=True)
        assert list(verify(reader.connection, Tally())) == []
    assert [change.sequence for change in changes] == list(range(1, 701))
    assert {os.path.basename(change.path) for change in changes} == {b"f%d" % number for number in range(700)}


def test_a_burst_is_recorded_with_the_help_of_processes(
    session: Session, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Moves between slices, edits, new files: what was worked out ahead is used only where it holds."""
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    engine = session.engine
    for number in range(WORTH_FILES + 200):
        (root / f"f{number:04}").write_text(TEXT + f"{number}\n")
    engine.run(Look(whole=engine.roots), patient=False)
    before = session.record.sequence
    helpers = engine._bookkeeper._ahead
    wait_for(lambda: helpers.helpers == 2)
    for number in range(WORTH_FILES + 200):
        (root / f"f{number:04}").write_text(TEXT.replace("line 9\n", f"{number}\n"))
    (root / "f0001").rename(root / "zz")
    (root / "f0600").replace(root / "f0003")
    engine.run(Look(whole=engine.roots), patient=False)
    assert helpers.helpers == 2
    with Reader(session.record.database) as reader:
        changes = reader.log(limit=None, reverse=True)[before:]
        assert list(verify(reader.connection, Tally())) == []
    last = {change.path: change for change in changes if change.after is not None}
    for number in range(WORTH_FILES + 200):
        path = os.fsencode(root / f"f{number:04}")
        if os.path.exists(path):
            assert last[path].size == os.stat(path).st_size
    assert [c.kind for c in changes if c.path == os.fsencode(root / "zz")] == ["moved"]
    edits = [c for c in changes if c.kind == "modified"]
    assert len(edits) >= WORTH_FILES + 197
    assert all((c.inserted, c.updated, c.deleted) == (0, 1, 1) for c in edits)


def test_without_a_thread_to_be_had_files_are_taken_without_help(
    session: Session, root: Path, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where memory is short, nothing more starts: not the helpers' threads, nor the timer that would end them."""
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    ahead = Ahead(session.record.database, pool)
    together = threading.Barrier(2)
    list(pool.map(lambda _: together.wait(), range(2)))  # the pool has its threads already
    ahead.expect(WORTH_FILES)
    wait_for(lambda: ahead.helpers)

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        ahead.rest()
        assert ahead.helpers == 0
        ahead.expect(WORTH_FILES)
        edit(root)
        taken = ahead.finish(ahead.begin(targets(session, root), False))
    ahead.close()
    assert len(taken) == len(targets(session, root))
    assert {reading.outcome for reading, _, _ in taken} == {Outcome.READ, Outcome.TOO_LARGE, Outcome.GONE}
