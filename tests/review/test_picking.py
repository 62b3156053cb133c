"""Choosing a folder: what is listed for what was written so far."""

from __future__ import annotations

import os
from pathlib import Path

from fcm_tui.review.settings.picking import folders_at


def test_folders_that_begin_so_and_those_inside(tmp_path: Path) -> None:
    for name in ("alpha/one", "alpha/two", "Alps", "beta", ".hidden"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "also a file").touch()
    base = str(tmp_path)

    def names(written: str) -> list[str]:
        return [os.path.relpath(path, base) for path in folders_at(written)[0]]

    assert names(os.path.join(base, "al")) == ["Alps", "alpha"]
    assert names(base + os.sep) == [".", "Alps", "alpha", "beta"]
    assert ".hidden" in names(os.path.join(base, ".h"))
    assert names(os.path.join(base, "alpha", "")) == [
        "alpha",
        os.path.join("alpha", "one"),
        os.path.join("alpha", "two"),
    ]


def test_what_leads_nowhere_is_told(tmp_path: Path) -> None:
    assert folders_at(str(tmp_path / "no")) == ([], "no folder begins so")
    listed, wrong = folders_at(str(tmp_path / "none" / "x"))
    assert listed == [] and "none: " in wrong
    assert folders_at("\0")[0] == []
