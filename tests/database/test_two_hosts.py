"""Two hosts in one database: one log in the order of time, and never one host's things for the other's."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import closing
from pathlib import Path

import pytest

from fcm_tui.errors import NoSuchChange
from fcm_tui.model import Change
from fcm_tui.query.gaps import lets_through
from fcm_tui.query.parse import parse
from fcm_tui.review import wording
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.log import gaps as log_gaps
from fcm_tui.review.look.theme import Themes
from fcm_tui.review.status import gap_words
from fcm_tui.settings.database import Server
from fcm_tui.store.mysql.synchronous import ServerConnection
from fcm_tui.store.reading.changes import key_of
from fcm_tui.store.reading.filters import Filters, concerns
from fcm_tui.store.reading.queries import Reader
from tests.database.seats import once, ran, send
from tests.database.server import needs_mariadb
from tests.review.screens import lines, shows, text
from tests.waiting import eventually

Output = pytest.CaptureFixture[bytes]

pytestmark = needs_mariadb

wording.prepare()


def test_two_hosts_in_one_log(
    tmp_path: Path,
    database: Server,
    capsysbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("ant", "bee\x1b[2J"):
        (tmp_path / name).mkdir()
        monkeypatch.setattr(socket, "gethostname", lambda name=name: name)
        once(tmp_path / name, tmp_path / f"data {name}")
    for content in ("one\n", "two\n", "three\n"):
        for name in ("ant", "bee\x1b[2J"):
            monkeypatch.setattr(socket, "gethostname", lambda name=name: name)
            (tmp_path / name / "file.txt").write_text(f"{name[:3]} {content}")
            once(tmp_path / name, tmp_path / f"data {name}")
    with Reader(tmp_path / "data ant" / "record.db") as reader:
        own = [change._replace(at=change.time_ns) for change in reader.log()]
    send(tmp_path / "data ant" / "record.db", database)
    with Reader(database) as there:
        seen = there.newest()
        send(tmp_path / "data bee\x1b[2J" / "record.db", database)
        found = there.log()
        assert [change.host[:3] for change in found] == ["bee", "ant"] * 3
        assert found == sorted(found, key=lambda change: -change.time_ns)
        assert [change for change in found if change.host == "ant"] == own
        assert [c.host[:3] for c in there.arrived(Filters(), seen, 10)[0]] == [
            "bee"
        ] * 3  # older than the newest
        assert [c._replace(at=0) for c in own] == there.log(Filters(host="ant"))
        assert [c._replace(at=0) for c in own] == there.log(Filters(terms=parse("host:ant")))
        assert there.found(Filters(terms=parse("!host:ant"))) == 3
        paged: list[Change] = []
        while page := there.log(limit=1, before=key_of(paged[-1]) if paged else None):
            paged += page
        assert paged == found
        with pytest.raises(
            NoSuchChange, match=r"several hosts .* after --at as in '#(ant|[0-9a-f]+|bee.*):2'"
        ):
            there.change(2)
        with pytest.raises(NoSuchChange, match="no change 4: this record has 1 to 3;"):
            there.change(4)
        assert {(gap.host[:3], gap.has_others) for gap in there.gaps()} == {("ant", True), ("bee", True)}
        assert {gap.host for gap in there.gaps() if concerns(Filters(host="ant"), gap)} == {"ant"}
        marks = log_gaps.read(there)
        of_ant = parse("host:ant is:gap")
        assert {gap.host for gap in marks if lets_through(of_ant, gap)} == {"ant"}
        assert all(gap_words(gap).startswith(("ant: ", "bee␛[2J: ")) for gap in marks)
    where = ("--data-dir", str(tmp_path / "none"), "--database", database.address)
    told = ran(capsysbinary, "log", "--gaps", *where)[1].decode()
    folder = str(tmp_path / "ant")
    assert f" found by scan in {folder} on ant (" in told and "on bee␛[2J (" in told
    lines = ran(capsysbinary, "log", "--gaps", "--json", "--host", "ant", *where)[1].splitlines()
    assert {json.loads(line)["host"] for line in lines if b'"gap"' in line} == {"ant"}
    assert ran(capsysbinary, "cat", "ant:2", *where)[1] == b"ant two\n"
    assert b"\x1b" not in ran(capsysbinary, "log", *where)[1]
    assert b"bee\xe2\x90\x9b[2J:3" in ran(capsysbinary, "log", *where)[1]
    status, out, _ = ran(capsysbinary, "status", *where)
    assert (status, out.count(b"\nrecorder "), b"\x1b" in out) == (0, 2, False)
    assert ran(capsysbinary, "verify", *where)[0] == 0
    assert ran(capsysbinary, "anchor", *where)[1].count(b"\n") == 2
    (tmp_path / "anchors").write_bytes(ran(capsysbinary, "anchor", *where)[1])
    assert ran(capsysbinary, "export", "patches", "-", *where)[0] == 2
    status, out, err = ran(capsysbinary, "export", "events", *where)
    events = [json.loads(line) for line in out.splitlines()]
    assert (status, err) == (0, b"")
    told = [(event["device"]["hostname"][:3], event["metadata"]["sequence"]) for event in events]
    assert told == [("ant", 1), ("bee", 1), ("ant", 2), ("bee", 2), ("ant", 3), ("bee", 3)]
    status, out, _ = ran(capsysbinary, "export", "events", "--filter", "host:ant", "--shape", "json", *where)
    assert (status, out.count(b"\n")) == (0, 3)
    assert b"give a moment" in ran(capsysbinary, "export", "events", "--since", "2", *where)[2]
    for name, at in enumerate((["#ant:2"], ["#2", "--host", "ant"], ["now", "--host", "ant"])):
        to = tmp_path / f"to {name}"
        assert ran(capsysbinary, "restore", folder, "--at", *at, "--to", str(to), *where)[0] == 0
        assert (to / "file.txt").read_text() == ("ant three\n" if at[0] == "now" else "ant two\n")
    with Reader(database) as reader:
        ant = next(one.recorder_id for one in reader.recorders() if one.host == "ant")
    with closing(ServerConnection(database)) as connection:
        connection.execute("DELETE FROM changes WHERE recorder_id = ? AND sequence = 3", (ant,))
    status, out, _ = ran(capsysbinary, "verify", "--anchor", str(tmp_path / "anchors"), *where)
    assert status == 1 and b"anchor ant:3: the record's end was cut off" in out
    assert b"change ant:3: is not there, but has the hunk 1" in out
    to = tmp_path / "to nobody"
    status, _, err = ran(capsysbinary, "restore", "ant:2", "--host", "bee", "--to", str(to), *where)
    assert (status, err.count(b"\n"), to.exists()) == (2, 1, False)
    status, _, err = ran(capsysbinary, "alert", "list", *where)
    assert (status, b"on its machine" in err) == (2, True)
    status, _, err = ran(capsysbinary, "prune", *where)
    assert (status, b"each recorder thins out its own record" in err) == (2, True)
    assert ran(capsysbinary, "cat", "3", *where)[1] == b"bee three\n"  # which ant has no longer
    both = ["--at", "now", "--to", str(tmp_path / "x"), *where]
    status, _, err = ran(capsysbinary, "restore", str(tmp_path), *both)
    assert (status, b"several hosts have files there: say whose, as in --host " in err) == (1, True)
    status, _, err = ran(capsysbinary, "restore", str(tmp_path / "nowhere"), *both)
    assert (status, b"is in no recorded folder" in err) == (1, True)
    assert ran(capsysbinary, "restore", str(tmp_path / "ant"), *both)[0] == 0
    assert (tmp_path / "x" / "file.txt").read_text().startswith("ant ")
    assert ran(capsysbinary, "restore", "ant:2", *where)[0] == 2


async def test_two_hosts_that_watch_the_same_path_are_told_apart(
    root: Path, tmp_path: Path, database: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = root / "a.txt"

    def record(host: str, *texts: str) -> None:
        monkeypatch.setattr(socket, "gethostname", lambda: host)
        for content in texts:
            file.write_text(content)
            once(root, tmp_path / host)
        send(tmp_path / host / "record.db", database)

    await asyncio.to_thread(record, "ant", "ant zero\n", "ant one\n", "ant two\n")
    await asyncio.to_thread(record, "bee", "bee zero\n", "bee one\n")
    app = ReviewApp(database=database, engine=None, themes=Themes("dark", colours="truecolor"))

    def marks() -> list[str]:
        return [line.strip()[0] for line in lines(app.tree_view) if line]

    async with app.run_test(size=(140, 32)) as pilot:
        await shows(app, "bee: ")
        await eventually(lambda: app.log_view.rows == 3)
        await pilot.press("1", "j", "enter")
        await shows(app, f"in bee: {root.name}")
        await eventually(lambda: [c.host for c in app.log_view.known()] == ["bee"])
        assert marks() == ["▸", "●"]
        assert "ant: recording" not in text(app) and "bee: recording" in text(app)
        await app.tree_view.load()
        assert app.tree_view.cursor == 1, "the cursor stays where it is"
        await pilot.press("space")
        await shows(app, f"again reviews 1 change in {root.name} on bee")
        await pilot.press("space")
        with Reader(database) as reader:
            await eventually(lambda: [c.host for c in reader.log() if c.reviewed] == ["bee"])
        await pilot.press("at")
        await shows(app, f"{root.name} on bee as it was at")
        await pilot.press(*"now", "enter")
        await shows(app, "has changed since")
        await pilot.press("escape")
        await pilot.press("right", "right")
        await eventually(lambda: app.tree_view.selected is not None and not app.tree_view.selected.is_folder)
        await pilot.press("H")
        await shows(app, "bee one")
        assert "bee zero" in text(app) and "ant" not in text(app)
        await pilot.press("escape", "up", "up", "enter")
        await shows(app, f"in ant: {root.name}")
        await eventually(lambda: [c.host for c in app.log_view.known()] == ["ant"] * 2)
        assert marks()[:2] == ["●", "▾"]
        await pilot.press("enter")
        await eventually(lambda: app.log_view.rows == 3)
        await pilot.press("2", "slash", *"host", "colon", *"ant", "enter")
        await eventually(lambda: app.log_view.rows == 2)
        assert "bee:" not in "".join(lines(app.log_view)) and "ant: " in "".join(lines(app.log_view))
        await pilot.press("escape")
        await eventually(lambda: app.log_view.rows == 3)
        await pilot.press("g", "m", "G", "k", "k", "F")
        await shows(app, "#1 on bee and #1 on ant are of two recorders")
    await app.close_record()


def test_what_is_advised_about_a_deleted_file_works_at_a_seat(
    root: Path, tmp_path: Path, database: Server, monkeypatch: pytest.MonkeyPatch, capsysbinary: Output
) -> None:
    for host in ("ant", "bee"):
        monkeypatch.setattr(socket, "gethostname", lambda host=host: host)
        once(root, tmp_path / host)
        (root / "a.txt").write_text(f"{host}\n")
        once(root, tmp_path / host)
        (root / "a.txt").unlink()
        once(root, tmp_path / host)
        send(tmp_path / host / "record.db", database)
    to = tmp_path / "to"
    where = ("--to", str(to), "--data-dir", str(tmp_path / "none"), "--database", database.address)
    status, _, err = ran(capsysbinary, "restore", "ant:2", *where)
    assert (status, b"`fcm-tui restore ant:2 --before --to PATH` brings it back" in err) == (1, True)
    assert ran(capsysbinary, "restore", "ant:2", "--before", *where)[0] == 0
    assert to.read_text() == "ant\n"


async def test_whose_a_file_is_stands_over_its_history_and_blame(
    root: Path, tmp_path: Path, database: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def record(host: str, *texts: str) -> None:
        monkeypatch.setattr(socket, "gethostname", lambda: host)
        for content in texts:
            (root / "a.txt").write_text(content)
            once(root, tmp_path / host)
        send(tmp_path / host / "record.db", database)

    await asyncio.to_thread(record, "ant", "ant zero\n", "ant one\n")
    await asyncio.to_thread(record, "bee", "bee zero\n", "bee one\n")
    app = ReviewApp(database=database, engine=None, themes=Themes("dark", colours="truecolor"))
    async with app.run_test(size=(140, 32)) as pilot:
        await eventually(lambda: app.log_view.rows == 2)
        await pilot.press("R")
        await shows(app, "`fcm-tui restore bee:1 --to PATH` writes a copy here.")
        await pilot.press("H")
        await shows(app, "History  a.txt on bee")
        await pilot.press("escape", "B")
        await shows(app, "Blame  a.txt after #1 on bee")
        await pilot.press("enter")
        await shows(app, "History  a.txt on bee")
        await pilot.press("escape", "y")
        await shows(app, "the number of the change, 1 on bee")
        await pilot.press("escape", "1", "right", "j", "H")
        await shows(app, "History  a.txt on ant")
    await app.close_record()


async def test_two_recorders_of_one_name_are_told_apart_by_their_ids(
    root: Path, tmp_path: Path, database: Server, monkeypatch: pytest.MonkeyPatch, capsysbinary: Output
) -> None:
    """As clones of a machine, or a data directory that was begun anew."""
    monkeypatch.setattr(socket, "gethostname", lambda: "web")

    def record(data: str, *texts: str) -> None:
        for content in texts:
            (root / "a.txt").write_text(content)
            once(root, tmp_path / data)
        send(tmp_path / data / "record.db", database)

    await asyncio.to_thread(record, "old", "zero\n", "old one\n", "old two\n")
    await asyncio.to_thread(record, "new", "new zero\n", "new one\n")
    with Reader(tmp_path / "new" / "record.db") as reader:
        recorder = reader.recorder()
    assert recorder is not None
    new = recorder.recorder_id.hex()[:8]
    seat = ("--data-dir", str(tmp_path / "none"), "--database", database.address)

    def run(*arguments: str) -> str:
        status, out, err = ran(capsysbinary, *arguments, *seat)
        assert (status, err) == (0, b""), err
        return out.decode()

    called = {line.split()[0] for line in (await asyncio.to_thread(run, "log")).splitlines()} - {"gap"}
    assert f"{new}:1" in called and len(called) == 3
    for name in called:
        assert await asyncio.to_thread(run, "diff", name)
    for arguments in (["--host", new], ["--filter", f"host:{new}"], ["--filter", f"host:nobody,{new}"]):
        lines_ = (await asyncio.to_thread(run, "log", "--json", *arguments)).splitlines()
        assert [json.loads(line)["recorder"][:8] for line in lines_] == [new], arguments
    assert (
        len((await asyncio.to_thread(run, "log", "--json", "--filter", "host:nobody,web")).splitlines()) == 3
    )
    listed = await asyncio.to_thread(run, "database", "status")
    assert f"recorder   web {new}: change 1," in listed and "recorder   web: " not in listed
    assert f" on web {new} (" in await asyncio.to_thread(run, "log", "--gaps")
    with Reader(database) as reader:
        old = next(one.recorder_id.hex()[:8] for one in reader.recorders() if one != recorder)
        assert {gap.whose for gap in reader.gaps()} == {f"web {old}", f"web {new}"}
        assert {change.whose for change in reader.arrived(Filters(), {}, 10)[0]} == {
            f"web {old}",
            f"web {new}",
        }
        assert {change.whose for change in reader.log(Filters(host=new))} == {"web"}, "which is asked for"
    for size, first, second in (((200, 40), f"web {new} ", f"web {old} "), ((80, 24), new, old)):
        app = ReviewApp(database=database, engine=None, themes=Themes("dark", colours="truecolor"))
        async with app.run_test(size=size):
            await shows(app, f"#1 on web {new}  ")
            await eventually(
                lambda app=app, first=first, second=second: (
                    [(first in row, second in row) for row in lines(app.log_view) if " ~ " in row]
                    == [(True, False), *[(False, True)] * 2]
                )
            )
            assert f"web {new}: recording" in "".join(lines(app.log_view))
        await app.close_record()
    app = ReviewApp(database=database, engine=None, themes=Themes("dark", colours="truecolor"))
    async with app.run_test(size=(200, 40)) as pilot:
        await shows(app, f"web {new}: root")
        rows = [line for line in lines(app.tree_view) if line]
        at = next(number for number, row in enumerate(rows) if new in row)
        await pilot.press("1", *["j"] * at, "enter")
        await eventually(lambda: app.log_view.rows == 1)
        await shows(app, f"Log  in web {new}: root")
        await pilot.press("space")
        await shows(app, f"again reviews 1 change in {root.name} on web {new}")
        await pilot.press("right", "right", "H")
        await shows(app, f"History  a.txt on web {new}")
        await shows(app, "new one")
        assert "old two" not in text(app) and "#2" not in text(app)
        await pilot.press("y", "c")
        await shows(app, "The number of the change, 1")
        await pilot.press("x")
        await shows(app, f"{root.name} since then")
        await pilot.press("a")
        await shows(app, "change-1-all.patch")
    await app.close_record()


async def test_what_is_exported_copied_and_gone_back_to_is_told_with_its_host(
    root: Path, tmp_path: Path, database: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for host in ("ant", "bee"):
        monkeypatch.setattr(socket, "gethostname", lambda host=host: host)
        for content in ("zero\n", "one\n"):
            (root / "a.txt").write_text(f"{host} {content}")
            await asyncio.to_thread(once, root, tmp_path / host)
        await asyncio.to_thread(send, tmp_path / host / "record.db", database)
    app = ReviewApp(database=database, engine=None, themes=Themes("dark", colours="truecolor"))
    async with app.run_test(size=(200, 32)) as pilot:
        await shows(app, "bee: ")
        await pilot.press("y")
        await shows(app, "a.txt on bee")
        await pilot.press("escape", "x")
        await shows(app, "a.txt on bee")
        await pilot.press("c")
        await shows(app, "Patch on bee to")
        await pilot.press("escape", "at")
        await shows(app, f"{root.name} on bee as it was at")
        await pilot.press(*"now", "enter")
        await shows(app, f"As it was  {root} on bee at")
        await shows(app, lambda screen: f"Nothing in {root} on bee has changed" in " ".join(screen.split()))
        await pilot.press("escape", "1", "g", "enter")
        await shows(app, f"in ant: {root.name}")
        await pilot.press("at")
        await shows(app, f"{root.name} on ant as it was at")
        await pilot.press("escape", "2", "x")
        await shows(app, "a.txt on ant")
    await app.close_record()
