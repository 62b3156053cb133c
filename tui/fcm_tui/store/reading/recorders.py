"""Who recorded, and where the chain of each ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence

from fcm_tui.errors import NoSuchChange
from fcm_tui.model import on_host
from fcm_tui.query import hosts
from fcm_tui.store.reading.dialect import Connection
from fcm_tui.store.reading.results import RecorderInfo
from fcm_tui.store.trust.anchors import Head
from fcm_tui.store.values import RowTypes

_RECORDER = RowTypes("b s s s s i i")


def recorders(connection: Connection) -> list[RecorderInfo]:
    """All of them, by host."""
    rows = connection.execute(
        "SELECT recorder_id, host, user, platform, version, first_seen_ns, last_seen_ns FROM recorders"
        " ORDER BY host, recorder_id"
    ).fetchall()
    for row in rows:
        _RECORDER.check(row)
    return [RecorderInfo(*row) for row in rows]


def newest(connection: Connection) -> dict[bytes, int]:
    """The newest sequence of each recorder, 0 where it has none yet."""
    return dict(
        connection.execute(
            "SELECT r.recorder_id, coalesce((SELECT c.sequence FROM changes c WHERE c.recorder_id = r.recorder_id"
            " ORDER BY c.sequence DESC LIMIT 1), 0) FROM recorders r"
        )
    )


def head(connection: Connection) -> Head | None:
    """The end of the chain of this data directory's recorder; None before its first change."""
    row = connection.execute(
        "SELECT recorder_id, sequence, chain_hash FROM changes"
        " WHERE recorder_id = (SELECT recorder_id FROM recorders LIMIT 1) ORDER BY sequence DESC LIMIT 1"
    ).fetchone()
    return Head(*row) if row else None


def heads(connection: Connection) -> list[Head]:
    """The ends of all chains, of recorders that have changes."""
    found = []
    for recorder_id, last in newest(connection).items():
        row = connection.execute(
            "SELECT chain_hash FROM changes WHERE recorder_id = ? AND sequence = ?", (recorder_id, last)
        ).fetchone()
        if row is not None:
            found.append(Head(recorder_id, last, row[0]))
    return found


def of_host(known: Sequence[RecorderInfo], host: str) -> bytes:
    """The id of the recorder on a host, or of the one whose id begins so.

    Raises:
        NoSuchChange: none of these is, or several are.
    """
    name = host.encode("utf-8", "replace").decode()
    digits = hosts.beginning(name)
    found = [one for one in known if one.host == name] or [
        one for one in known if digits is not None and one.recorder_id.hex().startswith(digits)
    ]
    if len(found) > 1:
        ids = ", ".join(f"{one.recorder_id.hex()[: hosts.LEAST_ID]}:" for one in found)
        raise NoSuchChange(
            f"{host!r}: {len(found)} recorders have that name: write the beginning of an id instead: {ids}"
        )
    if not found:
        names = ", ".join(dict.fromkeys(one.host for one in known))
        raise NoSuchChange(f"no host {host!r} in this record: it has {names or 'none'}")
    return found[0].recorder_id


def names(known: Sequence[RecorderInfo]) -> dict[bytes, str]:
    """What each is called where there are several: its host, or the beginning of its id where that names others, too."""
    if len(known) < 2:
        return {}
    of_hosts = Counter(one.host for one in known)
    begun = _beginnings([one.recorder_id for one in known], of_hosts)
    return {
        one.recorder_id: one.host
        if one.host and of_hosts[one.host] == 1 and "," not in one.host and not hosts.beginning(one.host)
        else begun[one.recorder_id]
        for one in known
    }


def apart(of_hosts: Mapping[bytes, str]) -> dict[bytes, str]:
    """Of recorders by their hosts: the beginning of its id, of each whose host another has too, or that has none."""
    named = Counter(of_hosts.values())
    alike = [one for one, host in of_hosts.items() if named[host] > 1 or not host]
    if not alike or len(of_hosts) < 2:
        return {}
    begun = _beginnings(of_hosts, named)
    return {one: begun[one] for one in alike}


def whose(of_hosts: Mapping[bytes, str]) -> dict[bytes, str]:
    """What people are told each is where there are several: its host, and what tells it from others of that name."""
    own = apart(of_hosts)
    return {one: on_host(host, own.get(one, "")) for one, host in of_hosts.items() if len(of_hosts) > 1}


def _beginnings(ids: Iterable[bytes], of_hosts: Container[str]) -> dict[bytes, str]:
    """As much of each id as no other begins with, and no host is called."""
    found: dict[bytes, str] = {}
    ordered = sorted({one.hex() for one in ids})
    for before, own, after in zip(["", *ordered], ordered, [*ordered[1:], ""], strict=False):
        digits = hosts.LEAST_ID
        while digits < len(own) and (
            own[:digits] in of_hosts or before.startswith(own[:digits]) or after.startswith(own[:digits])
        ):
            digits += 1
        found[bytes.fromhex(own)] = own[:digits]
    return found
