"""Files taken in a process of its own are those that are taken here, and no death of it loses any."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fcm_tui.capture.attributes import digest_of, encode
from fcm_tui.model import Capture
from fcm_tui.pipeline.bulk import Batch, Bulk, BulkSettings
from fcm_tui.pipeline.bulk_process import BulkProcess
from tests.attributes import HAS_USER, bear

OLD_NS = 1_700_000_000_000_000_000


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    (folder / "empty").write_bytes(b"")
    (folder / "text").write_text("line\n" * 1000)
    (folder / "same text").write_text("line\n" * 1000)
    (folder / "noise").write_bytes(os.urandom(5000))
    (folder / "large").write_bytes(os.urandom(3 << 20) + bytes(1 << 20))
    (folder / "too large").write_bytes(bytes(6 << 20))
    (folder / ".env").write_text("PASSWORD=x\n")
    if HAS_USER:
        for name in ("text", "noise", ".env", "too large"):
            bear(folder / name, {"user.x": b"one"})
    if sys.platform != "win32":
        (folder / "link").symlink_to("text")
        with open(os.path.join(os.fsencode(folder), b"name\xff\n"), "w") as file:
            file.write("x")
    return folder


@pytest.fixture
def settings(root: Path) -> BulkSettings:
    return BulkSettings(os.fsencode(root), (".env",), 5 << 20)


@pytest.fixture
def process(settings: BulkSettings) -> Iterator[BulkProcess]:
    started = BulkProcess(settings)
    yield started
    started.close()


def paths_of(root: Path) -> list[bytes]:
    return [entry.path for entry in os.scandir(os.fsencode(root))] + [os.fsencode(root / "gone")]


def plain(batch: Batch) -> list[object]:
    """For comparing: rows' data as bytes."""
    rows = [(*row[:4], bytes(row.data)) for row in batch.rows]
    return [batch.files, rows, batch.restless, batch.left]


def settle(root: Path, wait_for: object) -> None:
    """Files are taken at once only when their last change is some milliseconds ago."""
    wait_for(lambda: not Bulk(BulkSettings(os.fsencode(root), (), 1 << 30)).take(paths_of(root)).restless)  # type: ignore[operator]


def test_a_process_takes_what_a_thread_takes(
    root: Path, settings: BulkSettings, process: BulkProcess, wait_for: object
) -> None:
    settle(root, wait_for)
    here, there = Bulk(settings).take(paths_of(root)), process.take(paths_of(root))
    assert plain(here) == plain(there)
    assert process.is_alive
    files = {os.path.basename(file.path): file for file in there.files}
    digests = [row.digest for row in there.rows]
    assert files[b".env"].capture == Capture.SECRET
    assert files[b".env"].digest not in digests
    assert files[b"too large"].capture == Capture.TOO_LARGE
    assert files[b"text"].digest in digests
    if HAS_USER:
        sets = {name: file.attributes for name, file in files.items()}
        own = digest_of(encode({b"user.x": b"one"}))
        assert [sets[n] for n in (b"text", b"noise", b"too large", b"empty", b".env")] == [own] * 3 + [
            b"",
            None,
        ]
        assert own in digests
    assert len(digests) == len(set(digests))


def test_a_process_that_was_killed_is_replaced(
    root: Path, settings: BulkSettings, process: BulkProcess, wait_for: object
) -> None:
    settle(root, wait_for)
    process.take([os.fsencode(root / "text")])
    process.kill()
    assert plain(process.take(paths_of(root))) == plain(Bulk(settings).take(paths_of(root)))
    assert not process.is_alive


def test_where_no_process_can_be_started_a_thread_does_it(
    root: Path, settings: BulkSettings, monkeypatch: pytest.MonkeyPatch, wait_for: object
) -> None:
    settle(root, wait_for)
    monkeypatch.setattr(sys, "executable", "")
    process = BulkProcess(settings)
    assert plain(process.take(paths_of(root))) == plain(Bulk(settings).take(paths_of(root)))


def test_more_than_a_batch_is_left_for_the_next(root: Path, process: BulkProcess, wait_for: object) -> None:
    for number in range(12):
        (root / f"f{number}").write_bytes(os.urandom(4 << 20))
    settle(root, wait_for)
    todo, taken = paths_of(root), []
    turns = 0
    while todo:
        batch = process.take(todo)
        taken += [file.path for file in batch.files]
        todo, turns = batch.left, turns + 1
    assert turns > 2
    assert sorted(taken) == sorted(set(paths_of(root)) - {os.fsencode(root / "gone")})


def test_many_jobs_are_handed_over_while_an_answer_waits(
    root: Path, process: BulkProcess, settings: BulkSettings, wait_for: object
) -> None:
    """Requests of more bytes than a pipe holds, before the first answer, which is as large, is asked for."""
    for number in range(4):
        (root / f"f{number}").write_bytes(os.urandom(3 << 20))
    settle(root, wait_for)
    absent = [os.fsencode(root / f"{'long' * 60}{number}") for number in range(2000)]
    for _ in range(3):
        process.begin([*paths_of(root), *absent])
    once = Bulk(settings)
    for _ in range(3):
        assert plain(process.finish()) == plain(once.take([*paths_of(root), *absent]))
    assert process.is_alive
