"""The log in a real terminal: looking for something, and working through what has not been reviewed."""

from __future__ import annotations

import sys

import pytest

if sys.platform == "win32":
    pytest.skip("there are no pseudo terminals", allow_module_level=True)

from fcm_tui.model import Kind
from tests.review.builder import START_NS, RecordBuilder, connect
from tests.review.test_terminal import look
from tests.waiting import wait_for


def test_what_a_tool_changed_is_found(record: RecordBuilder) -> None:
    with look(record) as terminal:
        terminal.wait("line ten")
        terminal.press("/")
        terminal.press(*"by:vim")
        terminal.wait("1 found")
        terminal.press("enter")
        terminal.wait("by vim of ann")
        terminal.press("escape")
        terminal.wait("8  ● live")
        terminal.press("/")
        terminal.press(*"kind:craeted")
        terminal.wait("did you mean")
        terminal.press("escape")
        terminal.wait(lambda screen: "did you mean" not in screen)
        assert terminal.leave() == 0


@pytest.mark.parametrize("environ", [{}, {"TERM": "xterm", "COLORTERM": ""}, {"NO_COLOR": "1"}])
def test_fifty_changes_are_reviewed(record: RecordBuilder, environ: dict[str, str]) -> None:
    with record.transaction():
        for number in range(42):
            record.change(
                f"/home/ann/project/src/f{number}.py",
                b"x\n",
                Kind.CREATED,
                time_ns=START_NS + 10**12 + number,
            )

    def reviewed() -> int:
        return int(connect(record.database).execute("SELECT count(*) FROM reviews").fetchone()[0])

    with look(record, environ=environ) as terminal:
        terminal.wait("▸ 42 files in src")
        terminal.press("space")
        terminal.wait("42 changes reviewed")
        for left in range(8, 0, -1):
            terminal.press("u")
            terminal.wait(f"#{left}  ")
            terminal.press("space")
            wait_for(lambda left=left: reviewed() == 51 - left)  # type: ignore[misc]
        terminal.press("u")
        terminal.wait("nothing here is unreviewed")
        assert terminal.leave() == 0
    assert reviewed() == 50
