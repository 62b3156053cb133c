from __future__ import annotations

import subprocess
import sys

from hypothesis import given, settings

from fcm_tui.diff import xdiff
from tests.diff.cases import edited


def test_the_library_is_found_without_importing_pygit2() -> None:
    """Importing pygit2 takes a tenth of a second; the fallback is for platforms that hide the library."""
    program = (
        "import sys; from fcm_tui.diff.lines import diff_lines; from fcm_tui.diff import xdiff;"
        "assert diff_lines(b'a\\nb\\n', b'b\\na\\n'); assert xdiff.engine().path;"
        "assert 'pygit2' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@given(edited())
@settings(max_examples=300, deadline=None)
def test_pygit2_finds_the_same(pair: tuple[bytes, bytes]) -> None:
    for flags in (xdiff.MYERS, xdiff.PATIENCE, xdiff.MINIMAL):
        mine, theirs = (each.compare(*pair, flags) for each in (xdiff.engine(), xdiff.Pygit2()))
        assert mine.ranges() == theirs.ranges()
        assert mine.changed_lines() == theirs.changed_lines() == xdiff.changed_lines(mine.ranges())
