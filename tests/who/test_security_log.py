"""Windows' Security log as a teller of who did what: events as Microsoft Learn shows them, from a feed of the test's own.

The feed of the real log is Windows' alone; under Wine there is no log, which is told as such.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from fcm_tui.model import Capture, DiskState, Draft, Kind, Origin
from fcm_tui.watch import deeds
from fcm_tui.watch.audit import access
from fcm_tui.watch.hints import Source
from fcm_tui.watch.ignore import IgnoreRules
from fcm_tui.watch.security_log import SecurityLog
from fcm_tui.who.attribution import Attribution
from fcm_tui.who.words import info_of
from tests.waiting import wait_for

WRITE, APPEND, ATTRIBUTES, DELETE, READ = 0x2, 0x4, 0x100, 0x10000, 0x1
DRIVES = {"\\device\\harddiskvolume3": "C:"}


def event(
    name: str, mask: int = WRITE, *, pid: int = 0x458, program: str = "C:\\Windows\\System32\\notepad.exe",
    number: int = 4663, kind: str = "File", user: str = "dadmin", domain: str = "CONTOSO",
) -> str:  # fmt: skip
    data = {
        "SubjectUserSid": "S-1-5-21-3457937927-2839227994-823803824-1104", "SubjectUserName": user,
        "SubjectDomainName": domain, "SubjectLogonId": "0x4367b", "ObjectServer": "Security", "ObjectType": kind,
        "ObjectName": name, "HandleId": "0x1bc", "AccessList": "%%4417 %%4418", "AccessMask": hex(mask),
        "ProcessId": hex(pid), "ProcessName": program,
    }  # fmt: skip
    values = "".join(f"<Data Name='{key}'>{escape(value)}</Data>" for key, value in data.items())
    return (
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
        "<Provider Name='Microsoft-Windows-Security-Auditing' Guid='{54849625-5478-4994-A5BA-3E3B0328C30D}'/>"
        f"<EventID>{number}</EventID><Version>1</Version><TimeCreated SystemTime='2015-09-18T22:13:54.770429700Z'/>"
        f"<Channel>Security</Channel></System><EventData>{values}</EventData></Event>"
    )


@pytest.mark.parametrize(
    ("mask", "what"),
    [
        (WRITE, deeds.WRITTEN), (APPEND, deeds.WRITTEN), (0x6, deeds.WRITTEN), (ATTRIBUTES, deeds.ATTRIBUTES),
        (0x40000, deeds.ATTRIBUTES), (DELETE, deeds.REMOVED | deeds.LEFT | deeds.FOLDER),
        (DELETE | WRITE, deeds.REMOVED | deeds.LEFT | deeds.FOLDER | deeds.WRITTEN),
    ],
)  # fmt: skip
def test_an_access_mask_says_what_was_done(mask: int, what: int) -> None:
    found = access(event("C:\\Documents\\HBI Data.txt", mask), DRIVES)
    assert found is not None and found.what == what


def test_an_event_says_which_file_and_who() -> None:
    found = access(event("C:\\Documents\\R&D <1>\\ä.txt"), DRIVES)
    assert found is not None
    assert found.path == os.fsencode("C:\\Documents\\R&D <1>\\ä.txt")
    who = found.process
    assert (who.pid, who.name, who.program) == (0x458, b"notepad.exe", b"C:\\Windows\\System32\\notepad.exe")
    assert (who.user, who.uid) == (b"CONTOSO\\dadmin", None)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("\\Device\\HarddiskVolume3\\a\\b", b"C:\\a\\b"), ("\\Device\\HarddiskVolume30\\a", b"\\Device\\HarddiskVolume30\\a"),
        ("\\\\?\\C:\\a.", b"C:\\a."),
    ],
)  # fmt: skip
def test_a_device_and_a_long_path_are_told_by_their_drive(name: str, path: bytes) -> None:
    found = access(event(name), DRIVES)
    assert found is not None and found.path == path


def test_what_comes_over_a_share_is_the_systems_for_a_user() -> None:
    found = access(event("C:\\a", pid=4, program=""), {})
    assert found is not None and (found.process.name, found.process.user) == (b"System", b"CONTOSO\\dadmin")


@pytest.mark.parametrize(
    "xml",
    [
        "", "<Event", "<a/>", event("C:\\a", READ), event("C:\\a", 0), event("C:\\a", number=4656), event(""),
        event("\\REGISTRY\\MACHINE", kind="Key"), event("C:\\a").replace("0x2<", "many<"),
    ],
)  # fmt: skip
def test_what_is_no_change_to_a_file_tells_nothing(xml: str) -> None:
    assert access(xml, DRIVES) is None


class Fed:
    """A feed that gives what a test puts in."""

    def __init__(self, *past: str) -> None:
        self.drives: dict[str, str] = {}
        self.past = past
        self.coming: queue.Queue[Sequence[str] | OSError | None] = queue.Queue()

    def earlier(self, most: int) -> Sequence[str]:
        return self.past[:most]

    def batches(self) -> Iterator[Sequence[str]]:
        while (batch := self.coming.get()) is not None:
            if isinstance(batch, OSError):
                raise batch
            yield batch

    def close(self) -> None:
        self.coming.put(None)


class Case:
    """A log of one root, whose folder `tmp_path` is."""

    def __init__(self, root: Path) -> None:
        self.root = os.fsencode(root)
        self.feed = Fed(event(str(root / "before")))
        self.log = SecurityLog([self.root], lambda: self.feed)
        self.log.start()
        wait_for(lambda: self.log.knows_who(self.path("a")))
        self.log.deeds.made_up(self.log.deeds.losses)
        self.who = Attribution(self.log, lambda drafts: {})

    def path(self, name: str) -> bytes:
        return os.path.join(self.root, os.fsencode(name))

    def tell(self, name: str, mask: int = WRITE, pid: int = 100, program: str = "C:\\vim.exe") -> None:
        self.feed.coming.put([event(os.fsdecode(self.path(name)), mask, pid=pid, program=program)])

    def of(self, kind: Kind, name: str, previous: str | None = None) -> dict[str, object]:
        draft = Draft(
            time.time_ns(), kind, b"r", b"f", self.path(name), Origin.EVENT, Capture.STORED,
            previous_path=None if previous is None else self.path(previous),
        )  # fmt: skip
        if kind is not Kind.DELETED:
            draft.state = DiskState(1, 1, 0, 1, 0o100644, 0, 0)
        self.who.attribute([draft])
        self.who.recorded()
        info = info_of(draft.process_info)
        assert info is not None
        return {"process": draft.process, **info}


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    made = Case(tmp_path)
    yield made
    made.log.close()


def test_a_change_is_told_once_its_event_has_come(case: Case) -> None:
    """The log is written behind what happened: whoever asks at once waits for it."""
    late = threading.Timer(0.2, case.tell, ["a"])
    late.start()
    info = case.of(Kind.MODIFIED, "a")
    late.join()
    assert (info["how"], info["process"], info["user"]) == ("event", "vim.exe[100]", "CONTOSO\\dadmin")
    assert "command" not in info and "parent" not in info


def test_a_deletion_and_a_move_are_told_by_who_used_the_right_to_delete(case: Case) -> None:
    case.tell("a", WRITE, 100)
    case.tell("a", DELETE, 200, "C:\\del.exe")
    wait_for(lambda: len(case.log.deeds.at(case.path("a"))) == 2)
    assert case.of(Kind.DELETED, "a")["process"] == "del.exe[200]"
    case.tell("b", DELETE, 300, "C:\\ren.exe")
    case.tell("c", WRITE, 300, "C:\\ren.exe")
    assert case.of(Kind.MOVED, "c", "b")["process"] == "ren.exe[300]"


def test_all_in_a_folder_was_deleted_by_who_deleted_the_folder(case: Case) -> None:
    case.tell("d", DELETE, 400, "C:\\rd.exe")
    case.tell(os.path.join("d", "e"), 0x80000, 1)
    assert case.of(Kind.DELETED, os.path.join("d", "e"))["process"] == "rd.exe[400]"


def test_names_are_the_same_in_any_case(case: Case) -> None:
    case.tell("README.md")
    assert case.of(Kind.MODIFIED, "Readme.MD")["how"] == "event"
    case.tell("readme.MD", WRITE, 7)
    assert case.of(Kind.MODIFIED, "Readme.MD")["process"] == "vim.exe[7]", (
        "and what was said is not said again"
    )


def test_a_later_write_through_the_same_handle_is_a_guess(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fcm_tui.watch.security_log._LATEST", 0.01)
    case.tell("a")
    assert case.of(Kind.MODIFIED, "a")["how"] == "event"
    for _ in range(2):
        info = case.of(Kind.MODIFIED, "a")
        assert (info["how"], info["process"]) == ("guess", "vim.exe[100]?")
        assert "first write" in str(info["why"])
    assert case.of(Kind.DELETED, "a")["how"] == "unknown", "who wrote has not therefore deleted"


def test_what_was_waited_for_in_vain_is_not_waited_for_again(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = []
    monkeypatch.setattr("fcm_tui.watch.security_log._LATEST", 0.01)
    real = threading.Condition.wait_for
    monkeypatch.setattr(
        threading.Condition, "wait_for", lambda self, *args: (waits.append(1), real(self, *args))[1]
    )
    for _ in range(3):
        assert case.of(Kind.MODIFIED, "never")["how"] == "unknown"
    assert len(waits) == 1


def test_a_root_of_which_nothing_is_told_is_none_of_its_business(case: Case, tmp_path: Path) -> None:
    assert not case.log.knows_who(os.fsencode(tmp_path.parent / "other" / "a"))
    assert case.log.telling(case.root) == "the Security log tells who did it"
    assert not case.log.knows_who(case.root + b"-beside")


def test_what_is_ignored_is_not_kept(case: Case) -> None:
    case.log.leave_out({case.root: IgnoreRules(case.root, ["*.tmp"])})
    case.tell("a.tmp")
    case.tell("b")
    wait_for(lambda: case.log.deeds.at(case.path("b")))
    assert case.log.deeds.at(case.path("a.tmp")) == []


def test_a_log_that_ends_is_no_longer_asked(case: Case) -> None:
    case.feed.coming.put(OSError(5, "Access is denied"))
    wait_for(lambda: not case.log.knows_who(case.path("a")))
    assert case.log.why_not == "Access is denied"
    assert not case.log.deeds.is_whole
    assert not case.log.catch_up(10, [case.path("a")]), "at once"


def test_a_log_that_may_not_be_read_tells_why() -> None:
    def refuse() -> Fed:
        raise PermissionError(5, "Access is denied")

    log = SecurityLog([b"/r"], refuse)
    log.start()
    wait_for(lambda: log.why_not)
    assert log.telling(b"/r") == "nobody tells who did it: Access is denied"
    assert not log.knows_who(b"/r/a")
    log.close()


@pytest.mark.skipif(sys.platform != "win32", reason="the source of Windows alone")
async def test_windows_own_source_asks_the_log(tmp_path: Path) -> None:
    """Where it can be read: Wine has none, and a user without the right is refused."""
    from fcm_tui.watch.deeds import tells_who
    from fcm_tui.watch.sources import make_source

    source: Source = make_source("auto", [os.fsencode(tmp_path)])
    assert tells_who(source)
    source.start()
    await source.armed()
    assert not source.knows_who(os.fsencode(tmp_path / "a")), "no event told of anything there"
    told = source.sources[os.fsencode(tmp_path)]
    assert told.startswith(
        ("ReadDirectoryChangesW; nobody tells who", "ReadDirectoryChangesW; it is not audited")
    )
    source.close()
