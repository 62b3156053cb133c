r"""What Windows' Security log tells of who did what to which file: event 4663, "An attempt was made to access an object".

It comes where the audit policy covers the file system and a folder's SACL asks for it, the first time that an open
handle is used to write, append, delete or change attributes (Microsoft Learn, "4663(S)"): a second write through the same
handle is told of by nobody. A rename is told as the use of DELETE at the old path, which deletions are too.
"""

from __future__ import annotations

import ntpath
import os
from collections.abc import Mapping
from typing import NamedTuple
from xml.etree import ElementTree

from fcm_tui.model import Process
from fcm_tui.watch import deeds

EVENT = 4663
QUERY = f"*[System[(EventID={EVENT})]]"

_NAMESPACE = "{http://schemas.microsoft.com/win/2004/08/events/event}"
_DATA = f"./{_NAMESPACE}EventData/{_NAMESPACE}Data"
_NUMBER = f"./{_NAMESPACE}System/{_NAMESPACE}EventID"
_DONE = (
    (0x2 | 0x4, deeds.WRITTEN),
    (0x10 | 0x100 | 0x40000 | 0x80000, deeds.ATTRIBUTES),
    (0x10000, deeds.REMOVED | deeds.LEFT | deeds.FOLDER),
)
"""Bits of an access mask, and what they are called here. Nobody tells a deletion from a rename, or a file from a folder."""
_SYSTEM = 4
"""Number of the process that the kernel works in: what comes over a share is done by it, for the user who is told."""
_DEVICE = "\\device\\"


class Access(NamedTuple):
    """One event, of a file or folder."""

    path: bytes
    """In the file system's bytes; upper and lower case as the program asked for it."""
    what: int
    """Of `watch.deeds`."""
    process: Process


def access(xml: str, drives: Mapping[str, str]) -> Access | None:
    r"""What an event says, rendered as XML; None where it is no change to a file.

    `drives` are letters by device: `{"\\device\\harddiskvolume3": "C:"}`, in small letters.
    """
    try:
        event = ElementTree.fromstring(xml)
    except ElementTree.ParseError:  # XML has no way to write some characters that a name may have
        return None
    if event.findtext(_NUMBER) != str(EVENT):
        return None
    data = {found.get("Name"): (found.text or "").strip() for found in event.iterfind(_DATA)}
    if data.get("ObjectType") != "File" or not data.get("ObjectName"):
        return None
    mask = _number(data.get("AccessMask"))
    what = 0
    for bits, deed in _DONE:
        what |= deed if mask & bits else 0
    if not what:
        return None
    return Access(_path(data["ObjectName"], drives), what, _process(data))


def folded(path: bytes) -> bytes:
    """A path as the key of all that are the same to Windows."""
    return os.fsencode(os.fsdecode(path).lower())


def _path(name: str, drives: Mapping[str, str]) -> bytes:
    if name.lower().startswith(_DEVICE):
        for device, letter in drives.items():
            if name.lower().startswith(device + "\\"):
                name = letter + name[len(device) :]
                break
    return os.fsencode(name.removeprefix("\\\\?\\"))


def _process(data: Mapping[str | None, str]) -> Process:
    pid = _number(data.get("ProcessId"))
    program = data.get("ProcessName", "").removeprefix("-")
    name = ntpath.basename(program) or ("System" if pid == _SYSTEM else "")
    user = "\\".join(filter(None, (data.get("SubjectDomainName"), data.get("SubjectUserName"))))
    return Process(
        pid=pid, started=0, name=_bytes(name), command=b"", program=_bytes(program),
        uid=None, parent=0, parent_name=b"", login=None, user=_bytes(user),
    )  # fmt: skip


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _number(text: str | None) -> int:
    try:
        return int(text or "0", 0)
    except ValueError:
        return 0
