"""When everything is looked at again."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from fcm_tui.pipeline import engine, schedule
from fcm_tui.pipeline.bookkeeper import Bookkeeper
from fcm_tui.pipeline.session import Session
from fcm_tui.settings.config import Settings
from fcm_tui.watch.scan import Scanner

HOUR = 3600.0


class Clock:
    """Runs as the real one, and ahead where a test says so."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead


class Nothing:
    """A source that hints at nothing."""

    def __init__(self) -> None:
        self.unwatched: dict[bytes, str] = {}

    def rearm(self) -> None: ...


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (schedule, engine):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=clock.monotonic))
    return clock


def wrapped(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, before: Callable[[], None]) -> None:
    """Let a method do something else first."""
    real: Callable[..., object] = getattr(owner, name)

    def both(*args: object, **more: object) -> object:
        before()
        return real(*args, **more)

    monkeypatch.setattr(owner, name, both)


@pytest.mark.parametrize(
    ("owner", "name", "puts_off"),
    [(Bookkeeper, "enter", False), (Scanner, "scan_all", True)],
    ids=["recording", "scanning"],
)
def test_only_what_a_scan_itself_takes_puts_off_the_next_one(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, owner: type, name: str, puts_off: bool
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "data").mkdir(mode=0o700)
    settings = Settings(scan_interval=HOUR)
    with ThreadPoolExecutor(2) as pool:
        session = Session(tmp_path / "data" / "record.db", settings, [os.fsencode(root)], pool)
        session.catch_up(patient=False)
        plan = schedule.Schedule(session, Nothing())  # type: ignore[arg-type]
        scans = 0

        def count() -> None:
            nonlocal scans
            scans += 1

        def take_an_hour() -> None:
            clock.ahead += HOUR

        wrapped(monkeypatch, Scanner, "scan_all", count)
        wrapped(monkeypatch, owner, name, take_an_hour)
        for _ in range(2):
            clock.ahead += HOUR + 1
            plan.look()
        assert scans == (1 if puts_off else 2)
        session.close()


def test_a_clock_that_is_set_while_it_works_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "data").mkdir(mode=0o700)
    real = time.time_ns
    with ThreadPoolExecutor(2) as pool:
        session = Session(tmp_path / "data" / "record.db", Settings(), [os.fsencode(root)], pool)
        session.catch_up(patient=False)
        plan = schedule.Schedule(session, Nothing())  # type: ignore[arg-type]
        assert plan.seconds_to_wait() > 0

        def set_back() -> None:
            monkeypatch.setattr(time, "time_ns", lambda: real() - 86_400 * 10**9)

        wrapped(monkeypatch, Bookkeeper, "enter", set_back)
        plan.is_over()
        plan.look()
        assert plan.seconds_to_wait() == 0 and plan.is_over()
        plan.look()
        last = session.engine.ledger.last
        assert last is not None and last.reason == "the clock was set back by 86400 s"
        assert plan.seconds_to_wait() > 0
        session.close()
