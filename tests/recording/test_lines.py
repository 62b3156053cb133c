"""The lines of hunks, cut out of texts of every size: small ones are split whole, large ones as they are asked for."""

from __future__ import annotations

import pytest

from fcm_tui.pipeline import lines
from fcm_tui.pipeline.lines import Lines, line_changes

TEXTS = [b"", b"a", b"a\n", b"\n\n", b"a\nb\nc", b"a\r\nb\n" * 9]


@pytest.mark.parametrize("small", [0, 1 << 18])
@pytest.mark.parametrize("text", TEXTS)
def test_any_lines_of_a_text(text: bytes, small: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "_SMALL", small)
    parts = text.split(b"\n")
    whole = [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
    for start in range(len(whole)):
        for count in range(len(whole) - start + 1):
            expected = b"".join(whole[start : start + count]).decode()
            assert Lines(text).text(start + 1, count) == expected


@pytest.mark.parametrize("small", [0, 1 << 18])
def test_differences_hold_the_lines(small: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "_SMALL", small)
    old = "".join(f"line {n}\n" for n in range(20000))
    new = (
        old.replace("line 7\n", "")
        .replace("line 9000\n", "changed\n")
        .replace("line 19999\n", "line 19999\nend")
    )
    changes = line_changes(old.encode(), new.encode())
    assert [(d.affected, d.replaced) for d in changes.differences] == [
        ("line 7\n", None),
        ("changed\n", "line 9000\n"),
        ("end", None),
    ]
