"""What is kept of times in which nothing reached the team's database."""

from __future__ import annotations

from pathlib import Path

import pytest

from fcm_tui.model import Shipping
from fcm_tui.ship.troubles import MOST, Troubles, kept, place


def see(troubles: Troubles, state: str, at: int, *, reason: str = "away", dead: int = 0) -> None:
    troubles.see(Shipping("mysql://db", state, reason=reason, dead=dead), at)


def spans(database: Path) -> list[tuple[int, int | None]]:
    return [(trouble.from_ns, trouble.to_ns) for trouble in kept(database)]


def test_each_time_is_kept_once_through_all_its_tries(tmp_path: Path) -> None:
    database = tmp_path / "record.db"
    troubles = Troubles(database)
    states = [
        "connecting",
        "connected",
        "retrying",
        "retrying",
        "connecting",
        "refused",
        "connected",
        "connected",
        "retrying",
    ]
    for at, state in enumerate(states):
        see(troubles, state, at)
    assert spans(database) == [(2, 6), (8, None)]


def test_one_that_lasts_is_ended_by_a_later_run(tmp_path: Path) -> None:
    database = tmp_path / "record.db"
    see(Troubles(database), "retrying", 1, reason="no route")
    again = Troubles(database)
    see(again, "connecting", 5)
    see(again, "retrying", 6, reason="refused")
    assert [trouble.reason for trouble in kept(database)] == ["refused"]
    see(again, "connected", 9)
    assert spans(database) == [(1, 9)]


def test_rows_refused_for_good_are_told_once_and_again_once_there_are_more(tmp_path: Path) -> None:
    database = tmp_path / "record.db"
    see(Troubles(database), "connected", 1, dead=2)
    see(Troubles(database), "connected", 2, dead=2)
    see(Troubles(database), "connected", 3, dead=0)  # sent again
    troubles = Troubles(database)
    see(troubles, "retrying", 4)
    see(troubles, "retrying", 5, dead=1)
    assert spans(database) == [(1, 1), (4, None), (5, 5)]
    assert [t.reason.split(",")[0] for t in kept(database) if t.from_ns == t.to_ns] == [
        "2 rows refused for good",
        "1 row refused for good",
    ]
    see(Troubles(database), "connected", 7, dead=1)
    assert (4, 7) in spans(database)


def test_the_newest_are_kept(tmp_path: Path) -> None:
    database = tmp_path / "record.db"
    troubles = Troubles(database)
    for at in range(2 * MOST):
        see(troubles, "retrying" if at % 2 else "connected", at)
    for at in range(2 * MOST, 4 * MOST):
        see(troubles, "retrying" if at % 2 else "connected", at)
    assert len(kept(database)) == MOST
    assert kept(database)[-1].from_ns == 4 * MOST - 1
    assert place(database).stat().st_mode & 0o077 == 0 or place(database).drive


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{",
        b"[]",
        b'{"troubles": [{"from_ns": "x", "to_ns": null, "reason": ""}], "dead": 0}',
        b'{"troubles": 5}',
    ],
)
def test_damaged_it_is_as_if_there_were_none(tmp_path: Path, damaged: bytes) -> None:
    database = tmp_path / "record.db"
    place(database).write_bytes(damaged)
    assert kept(database) == []
    see(Troubles(database), "retrying", 3)
    assert spans(database) == [(3, None)]


def test_a_disk_that_takes_nothing_stops_nothing(tmp_path: Path) -> None:
    troubles = Troubles(tmp_path / "absent" / "record.db")
    see(troubles, "retrying", 3)
    see(troubles, "connected", 4)
    assert kept(tmp_path / "absent" / "record.db") == []
