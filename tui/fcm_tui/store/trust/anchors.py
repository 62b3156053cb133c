"""Heads of chains, kept elsewhere as anchors: what shows that a record was cut short or written anew.

The chain alone cannot tell that its end is missing, nor that someone computed all of it again. A file of
anchors is what `status --json` or `verify --json` printed, or lines

    recorder sequence chain [ed25519:signature]

with hexadecimal numbers and a Base64 signature of `fcm-tui head recorder sequence chain`. Blank lines and
those that begin with `#` are skipped, so that anchors can be gathered in one file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from fcm_tui.errors import UsageError
from fcm_tui.store import chain
from fcm_tui.store.reading.dialect import Connection

_LARGEST_FILE = 16 << 20
_LINE = re.compile(r"([0-9a-f]{32}) (\d{1,18}) ([0-9a-f]{64})(?: ed25519:([A-Za-z0-9+/]{86}==))?")


class Head(NamedTuple):
    """The end of a recorder's chain."""

    recorder: bytes
    sequence: int
    """0 before the first change."""
    chain: bytes

    def __str__(self) -> str:
        return f"{self.recorder.hex()} {self.sequence} {self.chain.hex()}"

    @property
    def signed_bytes(self) -> bytes:
        """What a signature of this head signs."""
        return f"fcm-tui head {self}".encode()


class Anchor(NamedTuple):
    """A head as it was, and its signature in Base64, if it has one."""

    head: Head
    signature: str | None = None


def read_anchors(path: Path) -> list[Anchor]:
    """The anchors of a file, in their order.

    Raises:
        UsageError: it cannot be read, or is no file of anchors.
    """
    try:
        with open(path, "rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{path}: the anchor cannot be read ({reason}): name a file of anchors") from None
    text = content[:_LARGEST_FILE].decode("utf-8-sig", "replace").strip()
    anchors = _of_json(text) if text.startswith("{") else _of_lines(text, path)
    if not anchors:
        raise UsageError(f"{path}: no anchor in it: `fcm-tui anchor` prints one")
    return anchors


def why_not(connection: Connection, head: Head) -> str:
    """Why a record is not one that had this head, as the end of a sentence; empty where it is."""
    known = {row[0] for row in connection.execute("SELECT recorder_id FROM recorders")}
    last, count = connection.execute(
        "SELECT max(sequence), count(*) FROM changes WHERE recorder_id = ?", (head.recorder,)
    ).fetchone()
    if head.recorder not in known and not count:
        return f"this record is another one: it has no recorder {head.recorder.hex()}"
    if head.sequence == 0:
        return "" if head.chain == chain.start(head.recorder) else "it is not how a chain starts"
    if (last or 0) < head.sequence:
        return f"the record's end was cut off: it ends with change {last or 0}, and had {head.sequence}"
    row = connection.execute(
        "SELECT chain_hash FROM changes WHERE recorder_id = ? AND sequence = ?",
        (head.recorder, head.sequence),
    ).fetchone()
    if row is None:
        return f"change {head.sequence} is not there"
    return "" if row[0] == head.chain else f"the history up to change {head.sequence} was written anew"


def _of_lines(text: str, path: Path) -> list[Anchor]:
    anchors = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line.strip())
        if found is None:
            raise UsageError(
                f"{path}:{number}: not an anchor: `recorder sequence chain`, as `fcm-tui anchor` prints it"
            )
        head = Head(bytes.fromhex(found[1]), int(found[2]), bytes.fromhex(found[3]))
        anchors.append(Anchor(head, found[4]))
    return anchors


def _of_json(text: str) -> list[Anchor]:
    try:
        document = json.loads(text)
        return [Anchor(_head_in(value)) for value in document.get("heads") or _one(document)]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return []


def _one(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    head = document.get("head")
    if head:
        yield {"recorder": document.get("recorder"), **head}
    elif document.get("recorder"):  # `status` before the first change
        recorder = document["recorder"]
        yield {"recorder": recorder, "sequence": 0, "chain": chain.start(bytes.fromhex(recorder)).hex()}


def _head_in(value: dict[str, Any]) -> Head:
    found = _LINE.fullmatch(f"{value['recorder']} {value['sequence']} {value['chain']}")
    if found is None:
        raise ValueError("no head")
    return Head(bytes.fromhex(found[1]), int(found[2]), bytes.fromhex(found[3]))
