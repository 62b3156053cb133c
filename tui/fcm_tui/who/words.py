"""What is stored of who changed a file, and how it reads: `vim[1234]`, and beside it a JSON object.

    {"how", "name", "pid", "command", "program", "user", "parent", "login", "also", "why"}

`how` is `event` (the system told of this process alone), `several` (it told of more than one since the version before;
the last one is described, the others are in `also`), `guess` (`why` says what makes one think so) or `unknown` (then
there is nothing but `why`). What is not known of a process is left out.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any

from fcm_tui.model import Process

_NAME = re.compile(r"(?:^|, )(.*?)\[\d+\]")
_NAMED = 3
"""Of several processes, so many stand in the short form."""


class How(StrEnum):
    """How it is known who changed a file."""

    EVENT = "event"
    SEVERAL = "several"
    GUESS = "guess"
    UNKNOWN = "unknown"


def short(process: Process) -> str:
    """`vim[1234]`; `[1234]` where nothing but its number is known."""
    name = "fcm-tui" if process.pid == os.getpid() else _text(process.name)
    return f"{name}[{process.pid}]"


def told(processes: Sequence[Process], how: How, why: str = "") -> tuple[str | None, str]:
    """What is stored of the processes that changed a file, the last one first: the columns `process` and `process_info`."""
    if processes and not any(process.pid for process in processes):
        processes, why = [], "it runs outside of this container"
    if not processes:
        return None, _json({"how": How.UNKNOWN.value, "why": why})
    names = [short(process) for process in processes]
    text = ", ".join(names[:_NAMED])
    if len(names) > _NAMED:
        text += f" +{len(names) - _NAMED}"
    if how is How.GUESS:
        text += "?"
    info = {"how": how.value, **_described(processes[0]), "also": names[1:], "why": why}
    return text, _json({key: value for key, value in info.items() if value not in (None, "", [])})


@lru_cache(maxsize=1024)
def _described(process: Process) -> dict[str, object]:
    """What is known of a process; it may have changed a thousand files."""
    from fcm_tui.who.masking import command_text  # who only reads what is stored need not wait for these
    from fcm_tui.who.users import user_of

    known = process.uid is not None
    return {
        "name": "fcm-tui" if process.pid == os.getpid() else _text(process.name),
        "pid": process.pid,
        "command": command_text(process.command, process.program) if known else None,
        "program": _text(process.program),
        "user": user_of(process.uid) if process.uid is not None else _text(process.user),
        "parent": f"{_text(process.parent_name)}[{process.parent}]" if known and process.parent else None,
        "login": None if process.login is None else user_of(process.login),
    }


def names(process: str | None) -> list[str]:
    """The programs in a stored `process`, without numbers: `vim` of `vim[1234]`."""
    return list(dict.fromkeys(found for found in _NAME.findall(process or "") if found))


def info_of(stored: str | None) -> dict[str, Any] | None:
    """The JSON object of a change, as it was stored; None where there is none, or it is none."""
    if stored is None:
        return None
    try:
        info = json.loads(stored)
    except (ValueError, RecursionError):
        return None
    return info if isinstance(info, dict) else None


def facts(stored: str | None) -> list[str]:
    """What is known beside the process's own name, in a few words each; texts are as they were, not safe to show."""
    info = info_of(stored)
    if info is None:
        return []
    how, why = info.get("how"), info.get("why")
    if how == How.UNKNOWN:
        return [f"by whom is not known: {why}" if why else "by whom is not known"]
    words = [f"a guess: {why}" if why else "a guess"] if how == How.GUESS else []
    words += ["one of them, or all"] if how == How.SEVERAL else []
    for key, said in (
        ("user", "user {}"),
        ("login", "logged in as {}"),
        ("parent", "from {}"),
        ("command", "{}"),
    ):
        if isinstance(info.get(key), str):
            words.append(said.format(info[key]))
    return words


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


def _json(values: dict[str, object]) -> str:
    return json.dumps(values, separators=(",", ":"))
