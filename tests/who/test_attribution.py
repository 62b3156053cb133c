"""What is said of who made a change, from what was told of its path: never more than is known."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection
from typing import Any

import pytest

from fcm_tui.model import Capture, DiskState, Draft, Kind, Origin, Process
from fcm_tui.watch import deeds
from fcm_tui.watch.deeds import CAME, CLOSED, FOLDER, LEFT, MADE, REMOVED, WRITTEN, Deeds
from fcm_tui.who.attribution import Attribution

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="its paths are POSIX', as fanotify tells them"
)
NOW = 1_700_000_000_000_000_000


def process(pid: int) -> Process:
    return Process(pid, 7, b"p%d" % pid, b"p\0", b"/p", 0, 1, b"init", None)


A, B, C = process(100), process(200), process(300)


class Told:
    """A source that has told what a test says."""

    def __init__(self) -> None:
        self.deeds = Deeds()
        self.deeds.made_up(self.deeds.losses)
        self.is_there = True
        self.who = Attribution(self, lambda drafts: {})

    why_later_is_not_told = ""

    def knows_who(self, path: bytes) -> bool:
        return path.startswith(b"/r/")

    def leave_out(self, rules: object) -> None:
        """It tells what a test says."""

    def catch_up(self, seconds: float, paths: Collection[bytes] = ()) -> bool:
        return self.is_there

    def tell(self, path: bytes, what: int, who: Process, came_from: bytes = b"") -> None:
        folder, _, name = path.rpartition(b"/")
        self.deeds.add({who.pid: who}, [(folder, [(name, what, who.pid, 0, came_from)])], NOW)

    def of(
        self,
        kind: Kind,
        path: bytes,
        previous: bytes | None = None,
        *,
        ctime_ns: int = NOW * 2,
        inode: int = 1,
        contents: tuple[bytes, bytes] | None = None,
    ) -> dict[str, Any]:
        draft = Draft(NOW, kind, b"r", b"f", path, Origin.EVENT, Capture.STORED, previous_path=previous)
        if kind is not Kind.DELETED:
            draft.state = DiskState(1, 1, ctime_ns, inode, 0o100644, 0, 0)
        if kind is Kind.MODIFIED:
            draft.previous = DiskState(1, 1, 1, 1, 0o100644, 0, 0)
        if contents is not None:
            draft.before, draft.after = contents
        self.who.attribute([draft])
        self.who.recorded()
        info: dict[str, Any] = json.loads(draft.process_info or "null")
        assert (draft.process is None) == (info["how"] == "unknown")
        return info


@pytest.fixture
def told() -> Told:
    return Told()


def said(info: dict[str, Any]) -> tuple[Any, ...]:
    return (info["how"], info.get("pid"), *info.get("also", ()))


def test_one_that_wrote_is_it_and_is_not_said_again(told: Told) -> None:
    told.tell(b"/r/a", MADE | WRITTEN, A)
    told.tell(b"/r/a", CLOSED, A)
    assert said(told.of(Kind.CREATED, b"/r/a")) == ("event", 100)
    assert said(told.of(Kind.MODIFIED, b"/r/a")) == ("unknown", None)
    told.tell(b"/r/a", WRITTEN, B)
    assert said(told.of(Kind.MODIFIED, b"/r/a")) == ("event", 200)


def test_all_that_wrote_are_named_the_last_one_first(told: Told) -> None:
    for who in (A, B, C, A):
        told.tell(b"/r/a", WRITTEN, who)
    assert said(told.of(Kind.MODIFIED, b"/r/a")) == ("several", 100, "p300[300]", "p200[200]")


def test_a_deletion_is_whose_who_deleted_whoever_wrote_before(told: Told) -> None:
    told.tell(b"/r/a", WRITTEN, A)
    told.tell(b"/r/a", REMOVED, B)
    assert said(told.of(Kind.DELETED, b"/r/a")) == ("event", 200)
    told.tell(b"/r/a", WRITTEN, A)
    assert said(told.of(Kind.DELETED, b"/r/a")) == ("unknown", None)


def test_a_deletion_that_came_after_what_is_told_is_kept_for_its_own_change(told: Told) -> None:
    told.tell(b"/r/a", WRITTEN, A)
    told.tell(b"/r/a", REMOVED, B)
    assert told.of(Kind.MODIFIED, b"/r/a")["how"] == "several"
    assert said(told.of(Kind.DELETED, b"/r/a")) == ("event", 200)


@pytest.mark.parametrize("what, kind", [(LEFT, Kind.DELETED), (CAME, Kind.CREATED)])
def test_files_come_and_go_with_the_folder_that_somebody_moved(told: Told, what: int, kind: Kind) -> None:
    told.tell(b"/r/d", what | FOLDER, A)
    for number in range(3):
        assert said(told.of(kind, b"/r/d/e/%d" % number)) == ("event", 100)


def test_who_deleted_a_folder_earlier_has_not_deleted_what_was_made_there_since(told: Told) -> None:
    told.tell(b"/r/p/d/f", REMOVED, A)
    told.tell(b"/r/p/d", REMOVED | FOLDER, A)
    assert said(told.of(Kind.DELETED, b"/r/p/d/f")) == ("event", 100)
    told.tell(b"/r/p/d", MADE | FOLDER, B)
    told.tell(b"/r/p/d/f", MADE | WRITTEN, B)
    told.of(Kind.CREATED, b"/r/p/d/f")
    assert said(told.of(Kind.DELETED, b"/r/p/d/f")) == ("unknown", None), "nothing was told of that"
    told.tell(b"/r/p/d/f", MADE | WRITTEN, B)
    told.of(Kind.CREATED, b"/r/p/d/f")
    told.tell(b"/r/p", LEFT | FOLDER, C)
    assert said(told.of(Kind.DELETED, b"/r/p/d/f")) == ("event", 300)


def test_who_deleted_a_file_is_it_whoever_deletes_the_folder_then(told: Told) -> None:
    told.tell(b"/r/d/f", REMOVED, A)
    told.tell(b"/r/d", REMOVED | FOLDER, B)
    assert said(told.of(Kind.DELETED, b"/r/d/f")) == ("event", 100)


def test_files_come_with_the_folder_that_was_moved_last(told: Told) -> None:
    told.tell(b"/r/q/d", CAME | FOLDER, A)
    told.tell(b"/r/q/d", REMOVED | FOLDER, A)
    told.tell(b"/r/q", CAME | FOLDER, B)
    assert said(told.of(Kind.CREATED, b"/r/q/d/n")) == ("event", 200)


def test_a_folder_that_takes_anothers_place_brings_its_files(told: Told) -> None:
    """`rm -r cur; mv new cur`, and a folder that is exchanged for another one."""
    told.tell(b"/r/cur/f", MADE | WRITTEN, A)
    told.of(Kind.CREATED, b"/r/cur/f")
    told.tell(b"/r/cur/f", REMOVED, B)
    told.tell(b"/r/cur", REMOVED | FOLDER, B)
    told.tell(b"/r/cur", CAME | FOLDER, C)
    assert said(told.of(Kind.MODIFIED, b"/r/cur/f", inode=2)) == ("several", 300, "p200[200]")
    told.tell(b"/r/cur", LEFT | FOLDER, A)
    told.tell(b"/r/cur", CAME | FOLDER, B)
    assert said(told.of(Kind.MODIFIED, b"/r/cur/f", inode=3, ctime_ns=NOW)) == ("event", 200)
    told.tell(b"/r/cur/f", WRITTEN, A)
    assert said(told.of(Kind.MODIFIED, b"/r/cur/f")) == ("event", 100), "the folder had come before"


def test_another_file_that_nobody_was_told_to_put_there_is_not_of_who_wrote_before(told: Told) -> None:
    told.tell(b"/r/a", MADE | WRITTEN, A)
    told.of(Kind.CREATED, b"/r/a")
    assert said(told.of(Kind.MODIFIED, b"/r/a", inode=2, ctime_ns=NOW)) == ("unknown", None)
    told.tell(b"/r/a", deeds.ATTRIBUTES, B)
    info = told.of(Kind.MODIFIED, b"/r/a", inode=2)
    assert said(info) == ("guess", 200) and "took its place" in info["why"]


@pytest.mark.parametrize("what", [deeds.ATTRIBUTES, deeds.ATTRIBUTES | CLOSED])
def test_who_only_touched_a_file_may_not_have_written_it(told: Told, what: int) -> None:
    """It was written by another name, or in memory."""
    told.tell(b"/r/a", what, A)
    info = told.of(Kind.MODIFIED, b"/r/a", contents=(b"1", b"2"))
    assert said(info) == ("guess", 100) and "the writing" in info["why"]
    told.tell(b"/r/a", what, A)
    assert told.of(Kind.MODIFIED, b"/r/a", contents=(b"2", b"2"))["how"] == "event"
    told.tell(b"/r/a", WRITTEN, B)
    told.tell(b"/r/a", what, A)
    assert said(told.of(Kind.MODIFIED, b"/r/a", contents=(b"2", b"3"))) == ("several", 100, "p200[200]")


def test_of_very_many_the_last_ones_are_known(told: Told) -> None:
    many = [process(number) for number in range(1000, 1200)]
    for who in many:
        told.tell(b"/r/a", WRITTEN, who)
    told.tell(b"/r/a", REMOVED, A)
    assert said(told.of(Kind.DELETED, b"/r/a")) == ("event", 100)
    for who in many:
        told.tell(b"/r/a", WRITTEN, who)
    assert said(told.of(Kind.MODIFIED, b"/r/a"))[:3] == ("several", 1199, "p1198[1198]")


def test_who_wrote_what_another_one_puts_in_its_place_is_named_too(told: Told) -> None:
    told.tell(b"/r/a.tmp", MADE | WRITTEN, A)
    told.tell(b"/r/a.tmp", LEFT, B)
    told.tell(b"/r/a", CAME, B, b"/r/a.tmp")
    assert said(told.of(Kind.MODIFIED, b"/r/a", inode=2)) == ("several", 200, "p100[100]")
    told.tell(b"/r/a.tmp", MADE | WRITTEN, C)
    told.tell(b"/r/a.tmp", LEFT, C)
    told.tell(b"/r/a", CAME, C, b"/r/a.tmp")
    assert said(told.of(Kind.MODIFIED, b"/r/a", inode=3)) == ("event", 300), "the one before was told"


def test_so_is_who_wrote_in_a_folder_that_another_one_moves(told: Told) -> None:
    told.tell(b"/r/d/e/f", MADE | WRITTEN, A)
    told.tell(b"/r/d", LEFT | FOLDER, B)
    told.tell(b"/r/g", CAME | FOLDER, B, b"/r/d")
    assert said(told.of(Kind.CREATED, b"/r/g/e/f")) == ("several", 200, "p100[100]")


def test_a_move_is_whose_who_moved(told: Told) -> None:
    told.tell(b"/r/a", WRITTEN, A)
    told.tell(b"/r/a", LEFT, B)
    told.tell(b"/r/b", CAME, B)
    assert said(told.of(Kind.MOVED, b"/r/b", b"/r/a")) == ("event", 200)


def test_a_copy_and_a_deletion_that_look_like_a_move_are_of_both(told: Told) -> None:
    told.tell(b"/r/b", MADE | WRITTEN, A)
    told.tell(b"/r/a", REMOVED, B)
    assert said(told.of(Kind.MOVED, b"/r/b", b"/r/a")) == ("several", 100, "p200[200]")


def test_what_was_written_before_the_change_before_was_told_may_be_this_one(told: Told) -> None:
    """Its version was read before that moment, and its event came before it too."""
    told.tell(b"/r/a", WRITTEN, A)
    told.tell(b"/r/a", WRITTEN, B)
    told.of(Kind.MODIFIED, b"/r/a")
    assert told.of(Kind.MODIFIED, b"/r/a", ctime_ns=NOW)["how"] == "several"
    assert told.of(Kind.MODIFIED, b"/r/a")["how"] == "unknown"


def test_what_was_done_before_anything_was_watched_is_not_said_to_be_lost() -> None:
    told = Told()
    told.deeds = Deeds()
    told.who = Attribution(told, lambda drafts: {})
    assert "before recording began" in told.of(Kind.MODIFIED, b"/r/a")["why"]


def test_where_events_were_lost_it_is_a_guess_until_a_scan_made_up_for_it(told: Told) -> None:
    told.deeds.lose()
    begun = told.who.begin_scan()
    told.tell(b"/r/a", WRITTEN, A)
    info = told.of(Kind.MODIFIED, b"/r/a")
    assert said(info) == ("guess", 100) and "lost" in info["why"]
    assert told.of(Kind.MODIFIED, b"/r/b")["why"] == "events were lost"
    told.deeds.lose()  # again, while the scan is at work
    told.who.scanned(begun)
    told.who.passed(is_settled=True)
    told.tell(b"/r/a", WRITTEN, A)
    assert told.of(Kind.MODIFIED, b"/r/a")["how"] == "guess"
    told.who.scanned(told.who.begin_scan())
    told.who.passed(is_settled=True)
    told.tell(b"/r/a", WRITTEN, A)
    assert told.of(Kind.MODIFIED, b"/r/a")["how"] == "event"


def test_events_that_are_late_make_it_a_guess(told: Told) -> None:
    told.tell(b"/r/a", WRITTEN, A)
    told.is_there = False
    info = told.of(Kind.MODIFIED, b"/r/a")
    assert info["how"] == "guess" and "late" in info["why"]


def test_what_was_said_of_a_change_that_was_not_recorded_is_said_again(told: Told) -> None:
    told.tell(b"/r/a", WRITTEN, A)
    for _ in range(2):
        draft = Draft(NOW, Kind.MODIFIED, b"r", b"f", b"/r/a", Origin.EVENT, Capture.STORED)
        told.who.attribute([draft])
        told.who.forget()
        assert draft.process == "p100[100]"


def test_who_is_outside_of_our_container_is_not_known(told: Told) -> None:
    outside = Process(0, 0, b"", b"", b"", None, 0, b"", None)
    told.tell(b"/r/a", WRITTEN, outside)
    info = told.of(Kind.MODIFIED, b"/r/a")
    assert said(info) == ("unknown", None) and "container" in info["why"]
    told.tell(b"/r/b", WRITTEN, outside)
    told.tell(b"/r/b", WRITTEN, A)
    assert said(told.of(Kind.MODIFIED, b"/r/b"))[:2] == ("several", 100)


def test_files_of_which_nobody_tells_have_a_guess_or_nothing() -> None:
    who = Attribution(None, lambda drafts: {b"/r/a": [A]})
    drafts = [
        Draft(NOW, Kind.MODIFIED, b"r", b"f", path, Origin.EVENT, Capture.STORED)
        for path in (b"/r/a", b"/r/b")
    ]
    who.attribute(drafts)
    assert [draft.process for draft in drafts] == ["p100[100]?", None]
    assert json.loads(drafts[0].process_info or "")["how"] == "guess"
    assert drafts[1].process_info is None


def test_memory_is_bounded_and_what_is_forgotten_counts_as_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deeds, "MOST_NAMES", 100)
    kept = Deeds()
    kept.made_up(kept.losses)
    for number in range(30):
        kept.add({1: A}, [(b"/r/%d" % number, [(b"%d" % n, WRITTEN, 1, n, b"") for n in range(10)])], NOW)
    assert not kept.is_whole
    assert kept.at(b"/r/29/5") and not kept.at(b"/r/0/5")
    kept.age(NOW + 1)
    assert not kept.at(b"/r/29/5")
