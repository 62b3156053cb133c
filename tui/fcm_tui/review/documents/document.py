"""What the diff pane shows of one change: plain data, made by `loading`."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from fcm_tui.model import Change, Hunk, Origin
from fcm_tui.review import keys, wording
from fcm_tui.safetext import visible
from fcm_tui.store.reading.changes import key_of
from fcm_tui.store.reading.filters import Filters
from fcm_tui.store.reviews import PINNED, Review
from fcm_tui.who.words import facts as who_facts

_LONGEST_NOTE = 1000
"""Letters of a note that are shown: as many as the screen lets one write."""


@dataclass(frozen=True, slots=True)
class Side:
    """The lines of one version, safe to show, tabs expanded."""

    lines: Sequence[str] = field(default_factory=list)
    ends_open: bool = False
    """The last line has no line break."""
    tabs_drawn: Mapping[int, str] = field(default_factory=dict)
    """Lines as they are to be drawn where tabs alone tell them from those that they replaced; as long as in `lines`."""

    def drawn(self, line: int) -> str:
        """A line that changed, as it is to be drawn."""
        return self.tabs_drawn.get(line) or self.lines[line]


Contents = tuple[bytes | None, bytes | None]
"""The bytes of two versions; None where there is no file, or nothing of it can be shown."""


class FilePart(NamedTuple):
    """One file of several in a document."""

    path: str
    """Safe to show."""
    old_start: int
    """The first of its lines in the old side, counted from 0."""
    new_start: int
    name: str = ""
    """By which the lexer is chosen; empty for no colours."""
    change: Change | None = None
    """The last that made it so."""
    contents: Contents = (None, None)
    about: str = ""
    """Whether it is new or gone and, where there are no lines to show, why; safe to show."""

    @property
    def title(self) -> str:
        return "  ".join(filter(None, (self.path, self.about)))


class Span(NamedTuple):
    """The moments after two changes."""

    older: Change
    within: bytes | None
    """The folder whose files are compared; None for all."""


@dataclass(frozen=True, slots=True)
class Burst:
    """Changes that are one line in the log."""

    newest: Change
    oldest: Change
    count: int
    filters: Filters
    """Of the log: a change between these two that they do not let through is none of the burst's."""
    files: int
    folder: bytes
    """Where all of them are."""

    @property
    def refusal(self) -> str:
        """What is said to a key that is for one file."""
        count = wording.number(self.files)
        return f"These are {count} files: {keys.shown('log.diff')} in the log opens the burst; then choose a change."

    def goes_on(self, before: Burst | None) -> bool:
        """Whether it is the same burst as another one, with more changes maybe."""
        return (
            before is not None
            and key_of(self.oldest) == key_of(before.oldest)
            and self.filters == before.filters
        )


class Listed(NamedTuple):
    """A line of what is listed in place of a diff; safe to show."""

    begun: Sequence[tuple[str, str]]
    """Texts and their styles."""
    path: str = ""
    """Behind them, cut in its middle to fit."""
    style: str = "text"
    """Of the path."""


class Document(NamedTuple):
    """One change, ready to be drawn."""

    change: Change
    facts: list[str]
    """Lines above the diff: when, what, who, how large."""
    notes: list[str]
    """Sentences that stand for a diff, or say what the diff does not show."""
    old: Side
    new: Side
    hunks: list[Hunk]
    name: str
    """The file's name, by which the lexer is chosen; empty for no colours, and where there are `files`."""
    compared: str = ""
    """What it is where it is no change of its own: two versions that one asked to compare (`marked` or `disk`), files
    between two moments (`span`), or a `burst`."""
    partial: bool = False
    """The sides have the changed lines only: what is around them was not read."""
    files: Sequence[FilePart] = ()
    """The files whose lines the sides are, one after another, where it is not one alone."""
    span: Span | None = None
    """Between which they are compared, where that are two changes."""
    hex: bool = False
    """The lines are rows of bytes, and have offsets instead of numbers."""
    reviews: Sequence[str] = ()
    """What reviewers had to say, a paragraph each; safe to show."""
    contents: Contents | None = None
    """What is compared, where that is not the two versions of the change."""
    marked: Change | None = None
    """Whose version the old side is, where that is one that was marked."""
    moved: tuple[Mapping[int, int], Mapping[int, int]] = ({}, {})
    """Lines of each side that moved, and where the same line is in the other; counted from 0."""

    burst: Burst | None = None
    """The changes that are told of all together, where those are more than one: the change is the newest of them."""
    title: str = ""
    """What stands over it where that is not the change's path; safe to show."""
    listed: Sequence[Listed] = ()
    """Lines that stand in place of a diff."""

    def texts(self) -> Iterator[tuple[FilePart, slice, slice]]:
        """Each file that the sides have the lines of, and which lines of the old and the new side those are."""
        files = self.files or [FilePart("", 0, 0, self.name)]
        ends = [
            *((file.old_start, file.new_start) for file in files[1:]),
            (len(self.old.lines), len(self.new.lines)),
        ]
        for file, (old_end, new_end) in zip(files, ends, strict=True):
            yield file, slice(file.old_start, old_end), slice(file.new_start, new_end)


def sorry(change: Change, why: str, *, compared: str = "") -> Document:
    """A document that says why there is no diff."""
    return Document(change, facts(change), [why], Side(), Side(), [], "", compared=compared)


def facts(change: Change) -> list[str]:
    parts = [
        wording.number_of(change),
        *([change.kind.value] if change.sequence else []),
        wording.moment(change.time_ns),
        *(
            {
                Origin.EVENT: [],
                Origin.SCAN: ["found by scan"] if change.sequence else [],
                Origin.RESTORE: ["by restore"],
            }[change.origin]
        ),
        *by_whom(change),
        *([wording.size(change.size)] if change.size is not None else []),
        *_form(change),
    ]
    return ["  ".join(parts), *circumstances(change)]


def circumstances(change: Change) -> list[str]:
    """A line of what else is known of who changed the file, if anything is."""
    about = [visible(words) for words in who_facts(change.process_info)]
    return ["  ".join(about)] if about else []


def _form(change: Change) -> list[str]:
    """What the version after it is made of."""
    if change.mode is not None and stat.S_ISLNK(change.mode):
        return ["symbolic link to"]
    ends = change.newline if change.newline not in ("lf", "none") else None
    return [*([visible(change.encoding)] if change.encoding else []), *([newline_name(ends)] if ends else [])]


def by_whom(change: Change) -> list[str]:
    """The process that changed the file, where that is known; else whose the file is, which says no more."""
    owner = visible(change.owner or "")
    if change.process:
        return [f"by {visible(change.process)}" + (f" of {owner}" if owner else "")]
    return [f"owner {owner}"] if owner else []


def told(reviews: Iterable[Review]) -> list[str]:
    """The notes on a change, and who keeps its version."""
    said = []
    for review in reviews:
        who, when = visible(review.reviewer), wording.moment(review.time_ns)[:16]
        if review.verdict == PINNED:
            said.append(f"Pinned by {who}, {when}.")
        if review.note is not None:
            said.append(f"Note by {who}, {when}: {note_text(review.note)}")
    return said


def note_text(note: str) -> str:
    """As much of a note as is shown; safe to show."""
    return visible(note[:_LONGEST_NOTE]) + "…" * (len(note) > _LONGEST_NOTE)


def newline_name(name: str) -> str:
    return {"lf": "LF", "crlf": "CRLF", "cr": "CR", "mixed": "mixed line ends", "none": "no line ends"}.get(
        name, visible(name)
    )


def encoding_name(name: str) -> str:
    """A Python codec's name as people write it: `UTF-8`."""
    return {
        "utf-8-sig": "UTF-8 with BOM",
        "utf-16-le": "UTF-16 LE",
        "utf-16-be": "UTF-16 BE",
        "cp1252": "Windows-1252",
        "latin-1": "ISO-8859-1",
    }.get(name, visible(name).upper())
