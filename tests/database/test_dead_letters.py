"""A row that the server will never take holds up nothing, is kept, and can be sent again."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from fcm_tui.cli import main
from fcm_tui.settings.database import Server, parse_server
from fcm_tui.store.mysql.connection import LEAST_PACKET
from tests.database.compare import differing
from tests.database.recording import abreast, recording, shipping_of
from tests.database.server import PASSWORD, MariaDB, needs_mariadb

pytestmark = needs_mariadb

Output = pytest.CaptureFixture[str]


async def test_what_is_refused_is_kept_and_sent_again(
    root: Path, tmp_path: Path, database: Server, shared: MariaDB, capsys: Output
) -> None:
    data = tmp_path / "data"
    command = ["database", "dead", "--data-dir", str(data), "--database", database.address]
    assert run(main, ["database", "init", "--database", database.address]) == 0
    shared.sql("ALTER TABLE differences MODIFY affected_lines VARCHAR(10)", database.name)
    async with recording(root, data, database) as recorder:
        for number in range(50):
            (root / f"{number}").write_text(
                f"{number} short\n" if number % 7 else f"{number} is too long a line\n"
            )
        await abreast(recorder, 50)
        assert shipping_of(recorder).dead == 8
    assert shared.sql("SELECT COUNT(*), COUNT(DISTINCT sequence) FROM changes", database.name) == [
        ["50", "50"]
    ]
    capsys.readouterr()
    assert run(main, command) == 0
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 8
    assert "differences" in told[0] and "Data too long for column 'affected_lines'" in told[0]
    assert run(main, [*command, "--retry"]) == 1
    assert "0 sent, 0 gone from the record, 8 refused again" in capsys.readouterr().out
    shared.sql("ALTER TABLE differences MODIFY affected_lines LONGTEXT", database.name)
    assert run(main, [*command, "--retry"]) == 0
    assert "8 sent, 0 gone from the record, 0 refused again" in capsys.readouterr().out
    assert run(main, [*command, "--json"]) == 0
    assert capsys.readouterr().out == ""
    assert await differing(data / "record.db", database) == []


def run(command: object, arguments: list[str]) -> int:
    """A command with a loop of its own, from inside one: in a thread."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        return int(pool.submit(command, arguments).result())  # type: ignore[arg-type]


async def test_a_row_that_no_packet_holds_is_refused_alone(
    root: Path, tmp_path: Path, own: MariaDB, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setenv("FCM_DATABASE_PASSWORD", PASSWORD)
    server, data = parse_server(own.url()), tmp_path / "data"
    own.sql(f"SET GLOBAL max_allowed_packet = {LEAST_PACKET}", "mysql")
    async with recording(root, data, server) as recorder:
        (root / "a.txt").write_text("🙂" * 1_100_000 + "\n")
        (root / "b.txt").write_text("small\n")
        for number in range(8):  # together they are more than a packet
            (root / f"{number}.bin").write_bytes(random.Random(number).randbytes(900_000))
        await abreast(recorder, 10)
        assert shipping_of(recorder).dead == 1
    assert (
        run(main, ["database", "dead", "--json", "--data-dir", str(data), "--database", server.address]) == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert (told["table"], "max_allowed_packet" in told["reason"]) == ("differences", True)
    assert own.sql("SELECT COUNT(*) FROM changes") == [["10"]]


async def test_a_packet_too_small_for_contents_is_told(
    root: Path, tmp_path: Path, own: MariaDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.waiting import eventually

    monkeypatch.setenv("FCM_DATABASE_PASSWORD", PASSWORD)
    own.sql("SET GLOBAL max_allowed_packet = 1048576", "mysql")
    async with recording(root, tmp_path / "data", parse_server(own.url())) as recorder:
        await eventually(
            lambda: recorder.state.shipping is not None and recorder.state.shipping.state == "refused"
        )
        assert "set it to 16M" in shipping_of(recorder).reason
