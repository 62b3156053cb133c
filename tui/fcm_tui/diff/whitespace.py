"""Which lines differ where whitespace does not count, as `git diff -w` has it."""

from __future__ import annotations

from collections.abc import Sequence

from fcm_tui.diff.lines import diff_lines
from fcm_tui.model import Hunk


def diff_without_whitespace(old: Sequence[str], new: Sequence[str]) -> list[Hunk]:
    """The hunks of two texts, given as lines, in which lines that differ in whitespace only are equal.

    Between the hunks both have as many lines. Takes as long as `diff_lines`: for a thread.
    """
    return diff_lines(_bare(old), _bare(new))


def vanished(plain: Sequence[Hunk], quiet: Sequence[Hunk]) -> int:
    """How many of the `plain` hunks changed nothing but whitespace: no line of them is in a `quiet` one."""
    count = at = 0
    for hunk in plain:
        while at < len(quiet) and _ends_before(quiet[at], hunk):
            at += 1
        count += at == len(quiet) or _ends_before(hunk, quiet[at])
    return count


def _ends_before(first: Hunk, second: Hunk) -> bool:
    return (
        first.old_start + first.old_count <= second.old_start
        and first.new_start + first.new_count <= second.new_start
    )


def _bare(lines: Sequence[str]) -> bytes:
    return b"".join("".join(line.split()).encode("utf-8", "surrogatepass") + b"\n" for line in lines)
