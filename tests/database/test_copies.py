"""What a reviewer's seat tells of getting a copy: the command does it, for whatever is in sight, of the host in sight."""

from __future__ import annotations

import asyncio
import shlex
import shutil
import socket
from pathlib import Path

import pytest

from fcm_tui.review import wording
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.look.theme import Themes
from fcm_tui.review.parts.said import Said
from fcm_tui.settings.database import Server
from tests.database.seats import once, ran, send
from tests.database.server import needs_mariadb
from tests.review.screens import lines, shows
from tests.waiting import eventually

pytestmark = needs_mariadb

wording.prepare()


async def test_the_command_that_a_seat_tells_writes_what_is_in_sight(
    root: Path,
    tmp_path: Path,
    database: Server,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    folder, file, lost = root / "src", root / "src" / "a b.txt", root / "lost"
    folder.mkdir()
    for host in ("ant", "bee"):
        monkeypatch.setattr(socket, "gethostname", lambda host=host: host)
        lost.mkdir()
        for content in ("zero\n", "one\n"):
            file.write_text(f"{host} {content}")
            (lost / "c.txt").write_text(f"{host} lost\n")
            await asyncio.to_thread(once, root, tmp_path / host)
        shutil.rmtree(lost)
        await asyncio.to_thread(once, root, tmp_path / host)
        await asyncio.to_thread(send, tmp_path / host / "record.db", database)
    app = ReviewApp(database=database, engine=None, themes=Themes("dark", colours="truecolor"))
    seat = ("--data-dir", str(tmp_path / "none"), "--database", database.address)

    async def copy(name: str) -> Path:
        await app.screen.query(Said).remove()
        await pilot.press("R")
        said = await eventually(lambda: [one.text for one in app.screen.query(Said) if "writes" in one.text])
        command = said[0].split("`")[1]
        to = str(tmp_path / name)
        words = [to if word == "PATH" else word for word in shlex.split(command)[1:]]
        assert (await asyncio.to_thread(ran, capsysbinary, *words, *seat))[0] == 0, command
        return Path(to)

    async def stand_on(label: str) -> None:
        await eventually(lambda: any(label in line for line in lines(app.tree_view)), 20, label)
        at = next(number for number, line in enumerate(lines(app.tree_view)) if label in line)
        await pilot.press("g", *["j"] * at)

    async with app.run_test(size=(200, 40)) as pilot:
        await shows(app, "bee: ")
        await pilot.press("1", "d")
        await stand_on("ant: ")
        await pilot.press("right")
        await stand_on("src")
        assert (await copy("folder") / "a b.txt").read_text() == "ant one\n"
        await pilot.press("right")
        await stand_on("a b.txt")
        assert (await copy("file")).read_text() == "ant one\n"
        await stand_on("lost")
        assert (await copy("gone") / "c.txt").read_text() == "ant lost\n"
        await pilot.press("right")
        await stand_on("c.txt")
        assert (await copy("gone file")).read_text() == "ant lost\n"
        await stand_on("src")
        await pilot.press("at", *"now", "enter")
        await shows(app, "has changed since")
        assert (await copy("then") / "a b.txt").read_text() == "ant one\n"
        await pilot.press("escape")
        await stand_on("a b.txt")
        await pilot.press("H")
        await shows(app, "History  src/a b.txt on ant")
        await pilot.press("G")
        await shows(app, "first look")
        await eventually(lambda: app.screen.subject().first_before)  # type: ignore[attr-defined]
        assert (await copy("first")).read_text() == "ant zero\n"
    await app.close_record()


async def test_for_a_burst_it_tells_that_of_all_of_its_files_as_they_were(
    root: Path, tmp_path: Path, database: Server, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    for content in ("old\n", "new\n"):
        for number in range(40):
            (root / f"{number}.txt").write_text(content)
        await asyncio.to_thread(once, root, tmp_path / "data")
    await asyncio.to_thread(send, tmp_path / "data" / "record.db", database)
    app = ReviewApp(database=database, engine=None, themes=Themes("dark", colours="truecolor"))
    async with app.run_test(size=(200, 40)) as pilot:
        await shows(app, "40 modified")
        await pilot.press("R")
        said = await eventually(lambda: [one.text for one in app.screen.query(Said) if "writes" in one.text])
    await app.close_record()
    words = [str(tmp_path / "to") if word == "PATH" else word for word in shlex.split(said[0].split("`")[1])]
    seat = ("--data-dir", str(tmp_path / "none"), "--database", database.address)
    assert (await asyncio.to_thread(ran, capsysbinary, *words[1:], *seat))[0] == 0, said
    assert [file.read_text() for file in (tmp_path / "to").iterdir()] == ["old\n"] * 40
