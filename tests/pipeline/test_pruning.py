"""Retention that a recorder was asked for, where the recorder begins anew or ends before it is through."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

import pytest

from fcm_tui.errors import NotSoError
from fcm_tui.intents import INTENTS
from fcm_tui.pipeline import prune_request
from fcm_tui.pipeline.engine import Look
from fcm_tui.pipeline.session import Session
from fcm_tui.settings.config import Retention, Settings
from tests.waiting import wait_for

VERSIONS = 6
THINNED = "SELECT count(*) FROM prunes"


@pytest.fixture
def open_session(tmp_path: Path) -> Iterator[Callable[[], Session]]:
    """Each call opens the record anew."""
    (tmp_path / "root").mkdir()
    (tmp_path / "data").mkdir(mode=0o700)
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(2))

        def opened() -> Session:
            session = Session(
                tmp_path / "data" / "record.db", Settings(), [os.fsencode(tmp_path / "root")], pool
            )
            session.catch_up(patient=False)
            return session

        yield opened


class Asking(Thread):
    """Somebody who asks for a prune, and waits."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self.folder = folder
        self.result: prune_request.Result | None = None
        self.error = ""
        self.start()

    def run(self) -> None:
        try:
            self.result = prune_request.ask(self.folder, Retention(max_versions=2), lambda: True)
        except NotSoError as error:
            self.error = str(error)


def written(session: Session, file: Path) -> None:
    for number in range(VERSIONS):
        file.write_bytes(b"%d\n" % number * (number + 1))
        wait_for(lambda: records_more(session, file.parent))  # what was written a moment ago waits


def records_more(session: Session, folder: Path) -> bool:
    before = session.record.sequence
    session.engine.run(Look(folders={os.fsencode(folder)}), patient=True)
    return session.record.sequence > before


def asked(session: Session, folder: Path) -> Asking:
    asking = Asking(folder / INTENTS)
    wait_for(session.pruning.is_due)
    return asking


def pruned_until(session: Session, is_enough: Callable[[], bool]) -> None:
    def step() -> bool:
        session.prune()
        return is_enough()

    wait_for(step)


@pytest.mark.parametrize("after", ["taken", "thinned"])
def test_a_recorder_that_begins_anew_goes_on_with_what_it_was_asked_for(
    open_session: Callable[[], Session], tmp_path: Path, after: str
) -> None:
    session = open_session()
    written(session, tmp_path / "root" / "f")
    asking = asked(session, tmp_path / "data")
    if after == "thinned":
        pruned_until(session, lambda: session.record.connection.execute(THINNED).fetchone()[0] > 0)
    session.close(goes_on=True)
    again = open_session()
    try:
        pruned_until(again, lambda: not asking.is_alive())
        assert asking.error == ""
        assert asking.result is not None
        assert (asking.result.versions, asking.result.size) == (VERSIONS - 2, 2 + 4 + 6 + 8)
    finally:
        again.close()


def test_a_recorder_that_ends_says_that_it_has_not_done_it(
    open_session: Callable[[], Session], tmp_path: Path
) -> None:
    session = open_session()
    written(session, tmp_path / "root" / "f")
    asking = asked(session, tmp_path / "data")
    session.close()
    asking.join(20)
    assert "it was told to end" in asking.error


def test_everyone_who_asks_is_answered(open_session: Callable[[], Session], tmp_path: Path) -> None:
    session = open_session()
    written(session, tmp_path / "root" / "f")
    folder = tmp_path / "data" / INTENTS
    older = asked(session, tmp_path / "data")
    later = [Asking(folder), Asking(folder)]
    wait_for(lambda: len(list(folder.glob("prune-*.request"))) == 2)
    session.close(goes_on=True)
    again = open_session()
    try:
        pruned_until(again, lambda: not any(asking.is_alive() for asking in (older, *later)))
    finally:
        again.close()
    assert [asking.error for asking in (older, *later)] == [""] * 3
    assert sum(asking.result.versions for asking in (older, *later) if asking.result) == VERSIONS - 2
    assert [path.name for path in folder.iterdir()] == []
