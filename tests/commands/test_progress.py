"""The line that tells how far a baseline is."""

from __future__ import annotations

import io

import pytest

from fcm_tui.commands import progress
from fcm_tui.commands.progress import ProgressLine
from fcm_tui.pipeline.progress import Progress


class Terminal(io.StringIO):
    """One that says to be a terminal, as Windows says of every device."""

    is_full = False

    def isatty(self) -> bool:
        return True

    def flush(self) -> None:
        if self.is_full:
            raise OSError(28, "No space left on device")


@pytest.mark.parametrize("full", [False, True])
def test_it_is_shown_and_taken_away_and_ends_nothing_where_it_cannot_be(
    monkeypatch: pytest.MonkeyPatch, full: bool
) -> None:
    terminal = Terminal()
    terminal.is_full = full
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr(progress, "_EVERY", 0.0)
    with ProgressLine() as line:
        line.show(Progress(3, 10, 2048, 1.0))
    assert terminal.getvalue().startswith("\r\x1b[Ktaking the baseline: 3 of 10 files, 2.0 KiB")
    assert terminal.getvalue().endswith("\r\x1b[K")
