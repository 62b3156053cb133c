"""What came of one restore is one group in the log, whoever records it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import pytest

from fcm_tui.model import Change
from tests.restore.conftest import Case
from tests.restore.test_recorder_at_work import recorder

Wait = Callable[..., Any]


@pytest.fixture(params=[False, True], ids=["alone", "recorder-at-work"])
def at_work(case: Case, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[bytes] | None]:
    """Five files in two folders, of which two change, one moves and one goes: changes 1 to 4."""
    for name in ("a", "b", "c", "below/d", "below/e"):
        case.write(name, f"{name} as it was\n" * 5)
    case.record()
    with recorder(case) if request.param else nullcontext() as process:
        yield process


def changed(case: Case, wait_for: Wait, at_work: object) -> list[Change]:
    case.write("a", "other\n")
    case.write("below/d", "other\n")
    (case.root / "b").unlink()
    (case.root / "c").rename(case.root / "below/moved")
    if at_work is None:
        case.record()
    wait_for(lambda: len(case.since(0)) == 4)
    return case.since(0)


def test_a_folder_as_it_was_is_one_group_with_its_moves(case: Case, wait_for: Wait, at_work: object) -> None:
    before = case.disk()
    moment = case.moment()
    changes = changed(case, wait_for, at_work)
    assert {change.group for change in changes} == {None}
    case.restore(str(case.root), "--at", moment)
    assert case.disk() == before
    restored = case.since(4)
    assert {change.origin for change in restored} == {"restore"}
    assert {os.path.basename(change.path) for change in restored} == {b"a", b"b", b"c", b"d"}
    assert {change.group for change in restored} == {5}, "the sequence of its first change"
    case.verify()
    shown = [json.loads(line) for line in case.run("log", "--json", "--limit", "4").splitlines()]
    assert {change["group"] for change in shown} == {5}


def test_two_restores_are_two_groups_and_one_file_is_none(
    case: Case, wait_for: Wait, at_work: object
) -> None:
    moment = case.moment()
    changed(case, wait_for, at_work)
    later = case.moment()
    case.restore(str(case.root), "--at", moment)
    first = case.since(4)
    case.restore(str(case.root), "--at", later)
    second = case.since(4 + len(first))
    assert {change.group for change in first} == {5}
    assert {change.group for change in second} == {5 + len(first)}
    last = case.last()
    case.restore(str(case.root / "a"), "--at", moment)
    assert [(change.origin, change.group) for change in case.since(last)] == [("restore", None)]
    case.verify()
