"""The machine and the program: versions, what the kernel allows, whether helper processes answer."""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from importlib import metadata
from pathlib import Path

from fcm_tui import __version__
from fcm_tui.child import Child, receive, serving
from fcm_tui.doctor.finding import Finding, ok, warning, wrong
from fcm_tui.settings.config import RootSettings
from fcm_tui.watch.mounts import is_remote, kind_of
from fcm_tui.watch.security_log import Feed

_LIBRARIES = ("textual", "watchfiles", "pygit2", "zstandard", "aiomysql", "pymysql")
_BROKEN_PYMYSQL = (1, 2, 1)
_INOTIFY = Path("/proc/sys/fs/inotify")
_FEW_WATCHES = 65_536
_ENOUGH_WATCHES = 1_048_576
_LEAST_QUEUE = 16_384
_AUDIT = (
    "auditpol /set /subcategory:{0CCE921D-69AE-11D9-BED3-505054503030} /success:enable, and audit the folders"
    " (Properties, Security, Advanced, Auditing; the README has a command)"
)
"""The subcategory is File System, by the number that it has in every language."""


def versions() -> Iterator[Finding]:
    """What runs where."""
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    yield ok("platform", f"{system}; Python {platform.python_version()}; fcm-tui {__version__}")
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            yield wrong("libraries", f"{name} is missing", "install fcm-tui anew")
    said = ", ".join(f"{name} {version}" for name, version in found.items())
    parts = tuple(int(part) for part in found.get("pymysql", "0").split(".")[:3] if part.isdigit())
    if parts >= _BROKEN_PYMYSQL:
        yield wrong("libraries", f"PyMySQL {found['pymysql']} breaks aiomysql", "pip install 'pymysql<1.2.1'")
    yield ok("libraries", f"SQLite {sqlite3.sqlite_version}, {said}")


def watches(source: str) -> Iterator[Finding]:
    """What the kernel lets a user watch; Linux only."""
    if sys.platform != "linux" or source == "poll":
        return
    limit, instances, queue = (
        int((_INOTIFY / f"max_{name}").read_text())
        for name in ("user_watches", "user_instances", "queued_events")
    )
    said = f"{limit:,} folders, {instances:,} watchers, a queue of {queue:,} events"
    if limit < _FEW_WATCHES:
        yield warning(
            "watch limit",
            f"{said}: folders beyond that are polled",
            f"sudo sysctl fs.inotify.max_user_watches={_ENOUGH_WATCHES}, and the same line in /etc/sysctl.d to stay",
        )
    elif queue < _LEAST_QUEUE:
        mend = f"sudo sysctl fs.inotify.max_queued_events={_LEAST_QUEUE}"
        yield warning("watch limit", f"{said}: in bursts events are lost, and found by a scan later", mend)
    else:
        yield ok("watch limit", said)


def who() -> Iterable[Finding]:
    """Whether it is told who changes files; Windows only, as elsewhere `status` says it of each root."""
    if sys.platform == "win32":
        from fcm_tui.watch.windows_events import WindowsEvents

        return security_log(WindowsEvents)
    return ()


def security_log(opened: Callable[[], Feed]) -> Iterator[Finding]:
    """Whether Windows' Security log tells who changes files."""
    try:
        feed = opened()
    except OSError as error:
        yield warning(
            "who",
            f"the Security log cannot be read ({error.strerror or error}): nobody tells who changes files",
            f"add this user to the group Event Log Readers, or record as an administrator; then {_AUDIT}",
        )
        return
    with closing(feed):
        if next(iter(feed.earlier(1)), None) is None:
            yield warning("who", "the Security log tells of no file: nobody tells who changes them", _AUDIT)
        else:
            yield ok("who", "the Security log tells who changes files, where their folders are audited")


def root(settings: RootSettings) -> Iterator[Finding]:
    """A folder to be recorded: whether it is there, can be read, and raises events."""
    path = os.fsdecode(settings.path)
    topic = f"root {path}"
    kind = kind_of(os.path.abspath(settings.path))  # before anything is asked of the folder itself
    real = os.path.realpath(settings.path)
    if not os.path.isdir(real):
        yield warning(
            topic, "there is no such folder now", "make it, mount it, or take it out of the configuration"
        )
        return
    if not os.access(real, os.R_OK | os.X_OK):
        yield wrong(topic, "it cannot be read", "give the user who records the right to read and enter it")
        return
    kind = kind_of(os.fsencode(real)) or kind
    on = f"on {kind}" if kind else "a folder"
    if settings.poll is True:
        yield ok(topic, f"{on}, looked at every {settings.poll_interval:g} s")
    elif settings.poll is None and is_remote(kind):
        yield ok(
            topic,
            f"{on}, where changes made elsewhere raise no events: looked at every {settings.poll_interval:g} s",
        )
    elif is_remote(kind):
        yield warning(
            topic, f"{on}, where changes made elsewhere raise no events", 'write poll = "auto" for it'
        )
    elif sys.platform == "win32" and os.fsdecode(real).startswith("\\\\"):
        yield warning(
            topic, "a share: what others change there may raise no events", "write poll = true for it"
        )
    else:
        yield ok(topic, f"{on}, watched by events")


def helpers() -> Iterator[Finding]:
    """Whether a process of our own can be started and answers."""
    child = Child("fcm_tui.doctor.system", "answer")
    try:
        answered = bytes(receive(child.answers)) == b"here"
    except EOFError:
        answered = False
    finally:
        child.close()
    if answered:
        yield ok("helpers", "processes that help can be started, and answer")
    else:
        mend = "see what keeps this Python from starting processes; all is recorded without them, but slower"
        yield warning("helpers", "a process that helps ends before it answers", mend)


def answer() -> None:
    """In the helper."""
    _, answers = serving()
    answers.send(b"here")
