"""Two contents as a document: text by lines, all else by what it is and by bytes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import fcm_tui.diff.words  # noqa: F401  # here, in the reader's thread: it would hold up the first paint
from fcm_tui.capture.text import TextFormat, detect, to_utf8
from fcm_tui.diff.hexes import hexed
from fcm_tui.diff.lines import diff_lines
from fcm_tui.diff.magic import dimensions, type_of
from fcm_tui.diff.members import Members, differing, members_of
from fcm_tui.diff.moved import Moved, find_moved
from fcm_tui.model import Change, Hunk
from fcm_tui.review import wording
from fcm_tui.review.documents.document import Document, Side, encoding_name, newline_name
from fcm_tui.safetext import path_text, visible

TAB = 4
LEXED_BYTES = 8_000_000
"""Beyond this, source text is shown without colours: a lexer would be at it for minutes."""
_TOLD_APART = 2_000
"""Characters of a line in which tabs are drawn where it replaced one that looks the same."""
_BLOCKS_TOLD = 3
_MEMBERS_TOLD = 40


@dataclass(slots=True)
class Pair:
    """Two contents to compare; None where there is no file."""

    change: Change
    """Whose path and time stand in the title."""
    facts: list[str]
    old: bytes | None
    new: bytes | None
    notes: list[str] = field(default_factory=list)
    """What is known already of how the two differ."""
    compared: str = ""
    """As in `Document`."""


def compare(pair: Pair) -> Document:
    """The document of two contents. Takes as long as comparing them does: for a thread."""
    old, new = pair.old or b"", pair.new or b""
    formats = detect(old), detect(new)
    if (old and formats[0] is None) or (new and formats[1] is None):
        return _bytes(pair)
    return _text(pair, *formats)


# --- text


def _text(pair: Pair, old_format: TextFormat | None, new_format: TextFormat | None) -> Document:
    old, new = pair.old or b"", pair.new or b""
    old_text = to_utf8(old, old_format.encoding) if old_format else b""
    new_text = to_utf8(new, new_format.encoding) if new_format else b""
    hunks = diff_lines(old_text, new_text)
    styles = {text.newline for text in (old_format, new_format) if text is not None}
    quiet_returns = "crlf" in styles and styles <= {"crlf", "lf", "none"}
    sides = _side(old_text, quiet_returns), _side(new_text, quiet_returns)
    sides = _tabs_drawn((old_text, new_text), sides, hunks)
    notes = list(pair.notes)
    if old and new and old_format and new_format:
        notes += _formats(old_format, new_format, *sides)
    if not hunks and not notes:
        notes.append("An empty file." if not new_text else "The text is the same; the bytes differ.")
    # where line ends changed, all lines differ in these alone
    same_ends = len(styles - {"none"}) <= 1
    moved = find_moved(sides[0].lines, sides[1].lines, hunks) if same_ends else Moved({}, {})
    if moved.old:
        notes.append(_moved(moved))
    small = len(old_text) + len(new_text) <= LEXED_BYTES
    name = path_text(os.path.basename(pair.change.path)) if small else ""
    return Document(
        pair.change, pair.facts, notes, *sides, hunks, name, compared=pair.compared, moved=moved,
        contents=(pair.old, pair.new) if pair.compared else None,
    )  # fmt: skip


def _formats(old: TextFormat, new: TextFormat, old_side: Side, new_side: Side) -> list[str]:
    said = []
    if old.encoding != new.encoding:
        said.append(f"encoding {encoding_name(old.encoding)} → {encoding_name(new.encoding)}")
    if old.newline != new.newline and "none" not in (old.newline, new.newline):
        said.append(f"line ends {newline_name(old.newline)} → {newline_name(new.newline)}")
    if old_side.ends_open != new_side.ends_open:
        ends = {True: "no newline at the end", False: "newline at the end"}
        said.append(f"{ends[old_side.ends_open]} → {ends[new_side.ends_open]}")
    return [", ".join(said)] if said else []


def _side(text: bytes, quiet_returns: bool) -> Side:
    if not text:
        return Side()
    decoded = text.decode("utf-8", "replace")
    lines = decoded.split("\n")
    ends_open = bool(lines[-1])
    if not ends_open:
        lines.pop()
    if quiet_returns:
        lines = [line.removesuffix("\r") for line in lines]
    if "\t" in decoded:
        lines = [line.expandtabs(TAB) if "\t" in line else line for line in lines]
    return Side([visible(line) for line in lines], ends_open)


def _tabs_drawn(
    texts: tuple[bytes, bytes], sides: tuple[Side, Side], hunks: Sequence[Hunk]
) -> tuple[Side, Side]:
    """The sides with tabs drawn in lines that replaced another which looks the same but for them."""
    if all(b"\t" not in text for text in texts):
        return sides
    old, new = sides
    alike = [
        (a, b)
        for hunk in hunks
        for a, b in zip(
            range(hunk.old_start - 1, hunk.old_start - 1 + hunk.old_count),
            range(hunk.new_start - 1, hunk.new_start - 1 + hunk.new_count),
            strict=False,
        )
        if old.lines[a] == new.lines[b] and len(old.lines[a]) <= _TOLD_APART
    ]
    if not alike:
        return sides
    before, after = ([line.rstrip(b"\r") for line in text.split(b"\n")] for text in texts)
    apart = [(a, b) for a, b in alike if before[a] != after[b]]
    return (
        replace(old, tabs_drawn={a: _with_tabs(before[a]) for a, _ in apart if b"\t" in before[a]}),
        replace(new, tabs_drawn={b: _with_tabs(after[b]) for _, b in apart if b"\t" in after[b]}),
    )


def _with_tabs(line: bytes) -> str:
    """A line as `_side` has it, an arrow where each tab begins."""
    *cells, last = line.decode("utf-8", "replace").split("\t")
    drawn = ""
    for cell in cells:
        drawn += cell
        drawn += "→".ljust(TAB - len(drawn) % TAB)
    return visible(drawn + last)


def _moved(moved: Moved) -> str:
    starts = [line for line, there in moved.old.items() if moved.old.get(line - 1) != there - 1]
    said = []
    for start in starts[:_BLOCKS_TOLD]:
        count = 1
        while moved.old.get(start + count) == moved.old[start] + count:
            count += 1
        said.append(f"{_lines(start, count)} → {_lines(moved.old[start], count)}")
    more = ["…"] if len(starts) > _BLOCKS_TOLD else []
    return f"{wording.plural(len(moved.old), 'line')} moved (< from, > to): {', '.join([*said, *more])}"


def _lines(start: int, count: int) -> str:
    return f"{start + 1}" if count == 1 else f"{start + 1}-{start + count}"


# --- everything else


def _bytes(pair: Pair) -> Document:
    old, new = pair.old or b"", pair.new or b""
    shown = hexed(old, new)
    notes = [*pair.notes, _what(pair.old, pair.new), *_members(old, new)]
    is_more = shown.last < max(len(old), len(new))
    if shown.first or is_more:
        notes.append(
            f"Bytes {wording.number(shown.first)} to {wording.number(shown.last)} are shown"
            + ("; behind them nothing is compared." if is_more else "; before them nothing differs.")
        )
    return Document(
        pair.change, pair.facts, notes, Side(shown.old), Side(shown.new), shown.hunks, "",
        compared=pair.compared, hex=True, contents=(pair.old, pair.new) if pair.compared else None,
    )  # fmt: skip


def _what(old: bytes | None, new: bytes | None) -> str:
    """Type, sizes and, of pictures, dimensions."""
    if old is None or new is None:
        there = new if old is None else old
        assert there is not None
        size = f"{wording.size(len(there))}{_pixels(there)}"
        return f"{type_of(there)}, {size}." if old is None else f"{type_of(there)}, deleted; it had {size}."
    before, after = _type(old), _type(new)
    what = after if before == after else f"{before} → {after}"
    return f"{what}, {_sizes(len(old), len(new))}{_resized(old, new)}"


def _sizes(old: int, new: int) -> str:
    before, after = wording.size(old), wording.size(new)
    if before == after and old != new:
        before, after = f"{wording.number(old)} B", f"{wording.number(new)} B"
    return f"{before} → {after}"


def _type(data: bytes) -> str:
    return "text" if detect(data) is not None else type_of(data) if data else "empty"


def _resized(old: bytes, new: bytes) -> str:
    before, after = dimensions(old), dimensions(new)
    if before is None or after is None or before == after:
        return _pixels(new)
    return f", {before[0]} × {before[1]} → {after[0]} × {after[1]} pixels"


def _pixels(data: bytes) -> str:
    found = dimensions(data)
    return f", {found[0]} × {found[1]} pixels" if found else ""


def _members(old: bytes, new: bytes) -> list[str]:
    before, after = members_of(old), members_of(new)
    if before is None and after is None:
        return []
    before, after = before or Members(), after or Members()
    names = differing(before.found, after.found)
    told = [_member(name, before.found.get(name), after.found.get(name)) for name in names[:_MEMBERS_TOLD]]
    if len(names) > _MEMBERS_TOLD:
        told.append(f"… and {wording.number(len(names) - _MEMBERS_TOLD)} more")
    head = f"{wording.plural(len(names), 'member')} of {wording.number(len({**before.found, **after.found}))} differ:"
    if not names:
        head = "No member differs in content."
    if not (before.whole and after.whole):
        head = f"Too large to be looked at as a whole; of its first part: {head}"
    return [head, *told]


def _member(name: str, old: tuple[int, int] | None, new: tuple[int, int] | None) -> str:
    shown = visible(name)
    if old is None and new is not None:
        return f"  + {shown}  {wording.size(new[0])}"
    if new is None and old is not None:
        return f"  - {shown}  {wording.size(old[0])}"
    assert old is not None and new is not None
    return f"  ~ {shown}  {_sizes(old[0], new[0])}"
