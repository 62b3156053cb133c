"""What a test sees of a screen is what a person would."""

from __future__ import annotations

import pytest

from tests.drawn import Drawn

OLD = b"\x1b[1;1Hold\x1b[2;1Hold"
FRAME = b"\x1b[?2026h\x1b[1;1Hnew\x1b[2;1Hnew\x1b[?2026l"


@pytest.mark.parametrize("cut", range(1, len(FRAME)))
def test_half_a_frame_is_not_seen(cut: int) -> None:
    drawn = Drawn(3, 2)
    drawn.feed(OLD)
    drawn.feed(FRAME[:cut])
    assert drawn.text == "old\nold"
    drawn.feed(FRAME[cut:])
    assert drawn.text == "new\nnew"


def test_the_frame_before_an_unfinished_one_is_seen() -> None:
    drawn = Drawn(3, 2)
    drawn.feed(FRAME + FRAME[:12])
    assert drawn.text == "new\nnew"
