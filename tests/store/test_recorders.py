"""What recorders are called where several share a database: a name that names no other, whatever hosts call themselves."""

from __future__ import annotations

import pytest

from fcm_tui.query.hosts import is_of
from fcm_tui.ship.wording import silent
from fcm_tui.store.reading.recorders import names, whose
from fcm_tui.store.reading.results import RecorderInfo

ONE, TWO, THREE = b"\x01" * 16, b"\x01" * 5 + b"\x02" * 11, b"\x03" * 16


def recorder(recorder_id: bytes, host: str) -> RecorderInfo:
    return RecorderInfo(recorder_id, host, "me", "linux", "1", 0, 0)


def test_hosts_that_differ_are_called_by_their_names() -> None:
    known = [recorder(ONE, "web1"), recorder(TWO, "web2"), recorder(THREE, "db")]
    assert list(names(known).values()) == ["web1", "web2", "db"]
    assert names(known[:1]) == {}


@pytest.mark.parametrize(
    "hosts",
    [
        ("web", "web", "web"),
        ("web", "web", ""),
        ("web", "db", "web,db"),
        ("web", TWO.hex()[:8], TWO.hex()),  # who calls itself by another's id
        (TWO.hex(), ONE.hex(), "0303030303"),
        ("web", "deadbeef", "WEB"),
    ],
)
def test_every_name_names_one_recorder(hosts: tuple[str, ...]) -> None:
    known = [recorder(id, host) for id, host in zip((ONE, TWO, THREE), hosts, strict=True)]
    for recorder_id, name in names(known).items():
        assert [one.recorder_id for one in known if is_of(name, one.recorder_id, one.host)] == [recorder_id]


def test_people_are_told_a_host_and_an_id_only_where_another_has_that_host() -> None:
    known = {ONE: "web", TWO: "web", THREE: "deadbeef"}
    assert whose(known) == {ONE: "web 010101010101", TWO: "web 010101010102", THREE: "deadbeef"}
    assert whose({TWO: "web", THREE: "deadbeef"}) == {TWO: "web", THREE: "deadbeef"}
    assert whose({ONE: "", THREE: "db"}) == {ONE: "01010101", THREE: "db"}
    assert whose({ONE: "web"}) == {}


def test_which_of_two_recorders_of_a_name_is_silent_is_told() -> None:
    now = 10**18
    known = [recorder(ONE, "web"), recorder(THREE, "web")._replace(last_seen_ns=now)]
    assert silent(known, now).startswith("web 01010101 silent for ")
