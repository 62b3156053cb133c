"""A reviewer's seat and the recorders: what one reviews, all see; the screen lives through a lost server."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fcm_tui.errors import StoreError
from fcm_tui.query.parse import parse
from fcm_tui.review import following, status, wording
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.log.feed import LogFeed
from fcm_tui.review.look.theme import Themes
from fcm_tui.review.source import reader_of
from fcm_tui.settings.database import Server, parse_server
from fcm_tui.store import reviews
from fcm_tui.store.mysql import engine
from fcm_tui.store.reading.queries import Reader
from tests.database.recording import abreast, recording
from tests.database.seats import once, send
from tests.database.server import PASSWORD, MariaDB, needs_mariadb
from tests.review.screens import shows, text
from tests.waiting import eventually

pytestmark = needs_mariadb

wording.prepare()


async def test_reviews_meet(root: Path, tmp_path: Path, database: Server) -> None:
    record = tmp_path / "data" / "record.db"

    def here() -> list[tuple[str, str, str | None]]:
        with closing(sqlite3.connect(record)) as connection:
            return connection.execute(
                "SELECT reviewer, verdict, note FROM reviews ORDER BY reviewer"
            ).fetchall()

    def there() -> list[tuple[str, str, str | None]]:
        with Reader(database) as reader:
            rows = reader.connection.execute("SELECT reviewer, verdict, note FROM reviews ORDER BY reviewer")
            return [tuple(row) for row in rows]

    def both(wanted: list[tuple[str, str, str | None]]) -> object:
        return eventually(lambda: here() == there() == wanted, 20, f"{wanted}, not {here()} and {there()}")

    async with recording(root, tmp_path / "data", database) as recorder:
        (root / "a.txt").write_text("one\n")
        await abreast(recorder, 1)
        with Reader(record) as reader:
            key = (1, reader.change(1).recorder_id)
        me = reviews.user_name()
        await asyncio.to_thread(as_somebody, "zoe", database, [key], "from the seat")
        await both([("zoe", "accepted", "from the seat")])
        await asyncio.to_thread(reviews.mark, record, [key])
        await both([(me, "accepted", None), ("zoe", "accepted", "from the seat")])
        await asyncio.to_thread(as_somebody, "zoe", database, [key], None)
        await both([(me, "accepted", None)])
        await asyncio.to_thread(reviews.unmark, record, [key])
        await both([])
        # One person at two seats: what was written last counts, and what is taken back is gone.
        await asyncio.to_thread(reviews.mark, database, [key], note="at the seat")
        await both([(me, "accepted", "at the seat")])
        await asyncio.to_thread(reviews.mark, record, [key], note="at the recorder", pin=True)
        await both([(me, "pinned", "at the recorder")])
        await asyncio.to_thread(reviews.unmark, record, [key])
        await both([])


def as_somebody(who: str, server: Server, keys: list[reviews.Key], note: str | None) -> None:
    """A review by another person; None takes it back."""
    from fcm_tui.store.mysql import reviewing

    if note is None:
        reviewing.unmark(server, keys, who, unless="")
    else:
        reviewing.mark(server, keys, who, note=note, verdict="accepted", pinned="pinned")


async def test_the_screen_of_a_seat(root: Path, tmp_path: Path, own: MariaDB, monkeypatch: object) -> None:
    monkeypatch.setenv("FCM_DATABASE_PASSWORD", PASSWORD)  # type: ignore[attr-defined]
    monkeypatch.setattr(following, "HOSTS", 0.2)  # type: ignore[attr-defined]
    server = parse_server(own.url())
    data = tmp_path / "data"

    def change(text: str) -> None:
        (root / "a.txt").write_text(text)
        once(root, data)
        send(data / "record.db", server)

    await asyncio.to_thread(once, root, data)
    await asyncio.to_thread(change, "one\n")
    app = ReviewApp(database=server, engine=None, themes=Themes("dark", colours="truecolor"))
    async with app.run_test(size=(120, 32)) as pilot:
        await eventually(lambda: app.log_view.rows == 1, 30, "the first change is there")
        await asyncio.to_thread(change, "one\ntwo\n")
        await eventually(lambda: app.log_view.rows == 2, 30, "what comes is shown")
        assert "silent" not in str(status.parts(app._status))
        own.sql("UPDATE recorders SET last_seen_ns = last_seen_ns - 7500000000000")
        await shows(app, f"{socket.gethostname()} silent for 2 h 5 min")
        await pilot.press("space")
        await eventually(lambda: own.sql("SELECT sequence, verdict FROM reviews") == [["2", "accepted"]], 30)
        await asyncio.to_thread(own.stop)
        await eventually(
            lambda: "127.0.0.1" in (app.status_line.told or ("",))[0], 30, "the screen says that it is lost"
        )
        await pilot.press("down", "up")
        await shows(app, lambda screen: "Can't connect" in screen and "live" not in screen)
        await pilot.press("N", *"ask", "enter")
        await shows(app, lambda screen: "Nothing was written: " in screen and " note: ask" in screen)
        await pilot.press("escape", "H")
        await eventually(lambda: len(app.screen_stack) == 2)
        await shows(app, lambda screen: "History" in screen and "Can't connect" in screen)
        await asyncio.to_thread(own.start)
        await shows(app, lambda screen: "Can't connect" not in screen and "+ two" in screen)
        await pilot.press("escape")
        await shows(app, lambda screen: "▌Log" in screen and "+ two" in screen)
        await asyncio.to_thread(change, "three\n")
        await eventually(
            lambda: app.log_view.rows == 3 and app.status_line.told is None, 30, "it is back by itself"
        )
    await app.close_record()


async def test_what_a_seat_cannot_do_is_in_no_list_and_pressed_says_why(
    root: Path, tmp_path: Path, database: Server
) -> None:
    (root / "a.txt").write_text("one\n")
    await asyncio.to_thread(once, root, tmp_path / "data")
    (root / "a.txt").write_text("two\n")
    await asyncio.to_thread(once, root, tmp_path / "data")
    await asyncio.to_thread(send, tmp_path / "data" / "record.db", database)
    app = ReviewApp(database=database, engine=None, themes=Themes("dark", colours="truecolor"))
    async with app.run_test(size=(120, 60)) as pilot:
        await shows(app, "+ two")
        for key, why in (
            ("S", "Figures are counted where it was recorded; `fcm-tui report --format csv`"),
            ("a", "Alerts stand in the record of each recorder"),
            ("r", "Nothing is recorded here"),
            ("U", "Nothing is restored from a reviewer's seat"),
            ("e", "from a reviewer's seat it cannot be edited"),
            ("D", "a reviewer's seat has only what was recorded of it"),
        ):
            await pilot.press(key)
            await shows(app, why)
            assert len(app.screen_stack) == 1
        for key, shown in (("B", "y copy"), ("H", "B blame")):
            await pilot.press(key)
            await shows(app, shown)
            foot = text(app).splitlines()[-1]
            assert "Esc back" in foot and "edit" not in foot and "restore" not in foot
            await pilot.press("escape")
        hidden = (
            "statistics of",
            "the alerts",
            "pause recording",
            "undo the last",
            "$EDITOR",
            "the file now",
        )
        await pilot.press("question_mark")
        await shows(app, "the command that writes a copy here")
        seen = text(app)
        assert not [word for word in (*hidden, "Before a restore", "Before recording") if word in seen], seen
        await pilot.press("escape", "colon")
        await shows(app, "the command that writes a copy here")
        seen = text(app)
        assert not [word for word in hidden if word in seen], seen
        await pilot.press(*"statistics")
        await shows(app, "No action has these letters.")
    await app.close_record()


async def seat_at_impatient(
    own: MariaDB, root: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> ReviewApp:
    """A seat at a server with one change, whose answers are waited for half a second."""
    monkeypatch.setenv("FCM_DATABASE_PASSWORD", PASSWORD)
    monkeypatch.setattr(engine, "ANSWER_SECONDS", 0.5)
    server = parse_server(own.url())
    await asyncio.to_thread(once, root, data)
    (root / "a.txt").write_text("one\n")
    await asyncio.to_thread(once, root, data)
    await asyncio.to_thread(send, data / "record.db", server)
    return ReviewApp(database=server, engine=None, themes=Themes("dark", colours="truecolor"))


async def test_a_server_that_does_not_answer_is_told(
    root: Path, tmp_path: Path, own: MariaDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = await seat_at_impatient(own, root, tmp_path / "data", monkeypatch)
    assert own.process is not None
    async with app.run_test(size=(120, 32)):
        await shows(app, "+ one")
        os.kill(own.process.pid, signal.SIGSTOP)
        try:
            await shows(app, "Lost connection")
        finally:
            os.kill(own.process.pid, signal.SIGCONT)
        await shows(app, lambda screen: "Lost connection" not in screen)
    await app.close_record()


async def test_a_server_that_is_lost_while_it_is_at_a_long_question_is_told(
    root: Path, tmp_path: Path, own: MariaDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = await seat_at_impatient(own, root, tmp_path / "data", monkeypatch)
    assert own.process is not None
    async with app.run_test(size=(120, 32)):
        await shows(app, "+ one")
        question = asyncio.create_task(
            app._source.call(lambda record: reader_of(record).connection.execute("SELECT SLEEP(50)"))
        )
        await eventually(lambda: "SELECT SLEEP(50)" in str(own.sql("SHOW PROCESSLIST", "mysql")))
        os.kill(own.process.pid, signal.SIGSTOP)
        try:
            await shows(app, "Lost connection")
            assert not question.done()
        finally:
            os.kill(own.process.pid, signal.SIGCONT)
    await app.close_record()
    with pytest.raises(StoreError):
        await question


async def test_what_could_not_be_read_for_a_while_is_told_until_it_can_though_nothing_new_comes(
    root: Path, tmp_path: Path, own: MariaDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FCM_DATABASE_PASSWORD", PASSWORD)
    server = parse_server(own.url())
    await asyncio.to_thread(once, root, tmp_path / "data")
    (root / "a.txt").write_text("one\n")
    await asyncio.to_thread(once, root, tmp_path / "data")
    await asyncio.to_thread(send, tmp_path / "data" / "record.db", server)
    app = ReviewApp(database=server, engine=None, themes=Themes("dark", colours="truecolor"))
    async with app.run_test(size=(120, 32)):
        await shows(app, "● live")
        own.sql("RENAME TABLE change_differences TO away")
        app.log_view.narrow(terms=parse("text:one"))
        await eventually(lambda: app._unreadable, 30, "it is told")
        own.sql("RENAME TABLE away TO change_differences")
        await eventually(lambda: not app._unreadable, 30, "it can be read again")
        await eventually(lambda: app.log_view.filters.terms, 30, "what was asked for is shown")
        app.post_message(LogFeed.Failed("Lost connection"))
        await eventually(lambda: app._unreadable == "Lost connection", 30)
        await eventually(lambda: not app._unreadable, 30, "nothing is lost any more")
    await app.close_record()


async def test_a_seat_before_anything_was_sent_says_what_it_waits_for(
    root: Path, tmp_path: Path, database: Server
) -> None:
    await asyncio.to_thread(once, root, tmp_path / "data")
    await asyncio.to_thread(send, tmp_path / "data" / "record.db", database)
    app = ReviewApp(database=database, engine=None, themes=Themes("dark", colours="truecolor"))
    async with app.run_test(size=(120, 32)):
        await shows(app, "No recorder has sent a change yet.")
    await app.close_record()
