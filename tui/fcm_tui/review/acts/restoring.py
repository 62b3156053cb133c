"""Restoring from where a person looks: choose what, see it as a diff, confirm, be told what came of it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual import work
from textual.app import ComposeResult
from textual.message import Message
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget

from fcm_tui.errors import FcmError
from fcm_tui.model import Change, Kind
from fcm_tui.review import keys, wording
from fcm_tui.review.acts.subject import Subject
from fcm_tui.review.diff.finding import FindingView
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.menu import Choice
from fcm_tui.review.parts.pane import Pane
from fcm_tui.safetext import visible

if TYPE_CHECKING:
    from fcm_tui.restore import Done, Recording
    from fcm_tui.review.acts.restore_plans import Preview, Wish

TICK = 0.1
"""Seconds between counts of the steps that are done."""
_DIGITS = "123456789"
_BEFORE = {
    Kind.CREATED: "undo the whole change: remove the file, there was none before",
    Kind.DELETED: "bring the file back",
}


def entries(subject: Subject, at: Change | None) -> list[Choice]:
    """What can be restored from here, the likeliest first; a path in the tree as it was at the change `at`."""
    change, found = subject.change, []
    if subject.first_before is not None:
        return [Choice("v", f"this version, before change {subject.first_before.sequence}", "first")]
    if change is None:
        if at is not None:
            found.append(Choice("f", f"{wording.name_of(subject.path)} {_as_after(at)}", "path"))
        return [*_back_to_span(subject), *found]
    if subject.burst is not None:
        count = wording.plural(subject.burst.count, "change")
        found.append(Choice("u", f"undo the whole burst: its files as before all {count}", "burst"))
    if subject.many is not None:
        return [*found, *_folders(change, subject.path)]
    # A file that came or went is one hunk: undone alone it would be left empty, or is refused.
    is_own = subject.contents is None  # and not two other versions that one compares
    whole = "the whole change" if is_own else f"change {change.sequence}"
    hunks = subject.hunks if is_own and change.kind in (Kind.MODIFIED, Kind.MOVED) else ()
    if hunks and subject.hunk is not None:
        number = hunks.index(subject.hunk) + 1
        found.append(Choice("h", f"undo this hunk, {_at(subject, number)}", f"hunk {number}"))
    found.append(Choice("b", _BEFORE.get(change.kind, f"undo {whole}: the version before it"), "before"))
    if subject.hunk is None:
        found += [
            Choice(letter, f"undo the hunk {_at(subject, number)}", f"hunk {number}")
            for number, letter in enumerate(_DIGITS[: len(hunks)], 1)
        ]
    if change.kind is not Kind.DELETED:
        found.append(Choice("v", f"this version, after change {change.sequence}", "after"))
    if subject.marked is not None and subject.marked.kind is not Kind.DELETED:
        of = "" if subject.marked.path == change.path else f" of {wording.name_of(subject.marked.path)}"
        found.append(Choice("m", f"the marked version, after change {subject.marked.sequence}{of}", "marked"))
    found += _back_to_span(subject)
    return [*found, *_folders(change, os.path.dirname(change.path))]


def _folders(change: Change, folder: bytes) -> list[Choice]:
    """A folder as it was after a change, and all of its root."""
    found = [Choice("f", f"the folder {wording.name_of(folder)} {_as_after(change)}", "folder")]
    if change.root and folder != change.root:
        found.append(Choice("r", f"all of {wording.name_of(change.root)} {_as_after(change)}", "root"))
    return found


def _back_to_span(subject: Subject) -> list[Choice]:
    """What is compared, as it was at the older moment."""
    span = subject.span
    if span is None:
        return []
    folder = _folder_of(subject)
    of_all = [Choice("a", f"all of {wording.name_of(folder)} {_as_after(span.older)}", "span-all")]
    if subject.path == folder:
        return of_all
    return [Choice("m", f"{wording.name_of(subject.path)} {_as_after(span.older)}", "span"), *of_all]


def _folder_of(subject: Subject) -> bytes:
    """In which files are compared."""
    assert subject.span is not None
    return subject.span.within or subject.span.older.root


def _as_after(change: Change) -> str:
    return f"as it was after change #{change.sequence}, {wording.moment(change.time_ns)}"


def _at(subject: Subject, number: int) -> str:
    hunk = subject.hunks[number - 1]
    return f"{number} of {len(subject.hunks)}, at line {hunk.new_start}"


def wish_of(subject: Subject, choice: str, at: Change | None) -> Wish:
    """What an entry of these means. Imports the restoring rooms: for a thread."""
    from fcm_tui.review.acts import restore_plans

    change = subject.change
    if subject.first_before is not None:
        return restore_plans.version(subject.first_before, before=True)
    if choice in ("span", "span-all") and subject.span is not None:
        path = subject.path if choice == "span" else _folder_of(subject)
        return restore_plans.folder(path, subject.span.older)
    if choice == "path" and at is not None:
        return restore_plans.folder(subject.path, at)
    assert change is not None
    if choice == "burst" and subject.burst is not None:
        return restore_plans.undo_burst(subject.burst)
    if choice.startswith("hunk "):
        return restore_plans.undo_hunk(subject, int(choice[5:]))
    if choice == "marked" and subject.marked is not None:
        return restore_plans.version(subject.marked, before=False)
    if choice in ("folder", "root"):
        its = subject.path if subject.many is not None else os.path.dirname(change.path)
        path = its if choice == "folder" else change.root
        return restore_plans.folder(path, change)
    return restore_plans.version(change, before=choice == "before")


class Question(Widget):
    """What is asked, or going on, in up to four lines."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Question { dock: bottom; height: 4; }"

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.palette = palette
        self._text = ""
        self._style = "text"

    def ask(self, text: str, style: str = "text") -> None:
        """Show this. The text is safe."""
        self._text, self._style = text, style
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y == 0:
            return Strip([Segment("─" * width, self.palette("rule"))], width)
        lines = wrap(self._text, max(10, width - 2))[:3]
        line = lines[y - 1] if y <= len(lines) else ""
        return Strip([Segment(wording.fit(f" {line}", width), self.palette(self._style))], width)


class PlanDiff(FindingView, inherit_bindings=False):
    """The diff pane, with the keys that answer; what a plan is made of is no version to compare others with."""

    BINDINGS = keys.bindings(
        keys.CONFIRM, keys.DIFF, keys.SHOWN, without=("diff.mark", "diff.compare", "diff.disk", "diff.span")
    )


class RestoreScreen(ModalScreen["Done | None"]):
    """Shows what a wish would do and does it once told to; dismissed with what was done, or None."""

    CSS = "RestoreScreen { background: $fcm-background; }"

    class Begun(Message):
        """It is being done."""

    def __init__(
        self, palette: Palette, database: Path, recording: Callable[[], Recording], wish: Callable[[], Wish]
    ) -> None:
        super().__init__()
        self._database = database
        self._recordings = recording
        self._make_wish = wish
        self._wish: Wish | None = None
        self._seen: Preview | None = None
        self._phase = "looking"
        """`looking`, `asking`, `forcing` (something would be lost), `working` or `over`."""
        self._done_steps = 0
        self._must_end = False
        """Somebody wanted to leave while steps were being done."""
        self.diff = PlanDiff(palette, id="restore")
        self._pane = Pane(palette, "Restore", self.diff)
        self._question = Question(palette)
        self.result = ""
        """What came of it, in words."""

    def compose(self) -> ComposeResult:
        yield self._pane
        yield self._question

    def on_mount(self) -> None:
        self.diff.focus()
        self._question.ask("Looking at what would change…", "muted")
        self.set_interval(TICK, self._tick)
        self._look()

    @work(group="restore", exit_on_error=False)
    async def _look(self) -> None:
        width = self.size.width - 2

        def look() -> tuple[Wish, Preview]:
            from fcm_tui.review.acts import restore_plans

            wish = self._make_wish()
            return wish, restore_plans.look(self._database, self._recordings(), wish, width)

        try:
            wish, seen = await asyncio.to_thread(look)
        except FcmError as error:
            self._refuse(wording.why(error))
            return
        self._wish, self._seen = wish, seen
        self._pane.title.say(wish.what)
        self.diff.show(seen.document)
        yes, no = keys.shown("restore.yes"), keys.shown("restore.no")
        refused = f"{wording.number(seen.refused)} cannot be done"
        if not seen.steps:
            nothing = "Nothing of it can be done" if seen.refused else "Nothing to do: it is as it was."
            self._refuse(nothing, "text")
        elif seen.obstacle and not seen.may_force:
            self._refuse(seen.obstacle)
        elif seen.obstacle and not seen.is_passing:
            self._ask_to_lose(seen.obstacle)
        elif seen.obstacle:
            self._phase = "asking"
            self._question.ask(
                f"{seen.obstacle}: it is recorded first where that can be. {yes} restores, {no} leaves it.",
                "warning",
            )
        else:
            self._phase = "asking"
            steps = wording.plural(seen.steps, "step") + (f", {refused}" if seen.refused else "")
            self._question.ask(f"{steps}. {yes} restores {wish.what}; {no} leaves all as it is.")

    def _refuse(self, why: str, style: str = "bad") -> None:
        self._phase = "over"
        why = why if why.endswith((".", "!", "?")) else f"{why}."
        self._question.ask(f"{why} {keys.shown('restore.no')} goes back.", style)

    def _ask_to_lose(self, what: str) -> None:
        self._phase = "forcing"
        force, no = keys.shown("restore.force"), keys.shown("restore.no")
        self._question.ask(f"{what}: it would be lost. {force} restores all the same, {no} leaves it.", "bad")

    def _tick(self) -> None:
        if self._phase == "working" and self._seen is not None:
            done, steps = wording.number(self._done_steps), wording.plural(self._seen.steps, "step")
            told = f"Restoring: {done} of {steps} done…"
            if self._must_end:
                told += f" It goes on to its end; {keys.shown('file.undo')} undoes it then."
            self._question.ask(told, "accent")

    @work(group="restore", exit_on_error=False)
    async def _carry_out(self, force: bool) -> None:
        wish, seen = self._wish, self._seen
        assert wish is not None and seen is not None
        self._phase, self._done_steps, self._must_end = "working", 0, False
        self.post_message(self.Begun())
        self._tick()

        def count(step: object) -> None:
            self._done_steps += 1

        def carry_out() -> Done:
            from fcm_tui.review.acts import restore_plans

            return restore_plans.carry_out(self._database, self._recordings(), wish, force, count)

        from fcm_tui.restore import Losing  # loaded by now
        from fcm_tui.review.acts import restore_plans

        try:
            done = await asyncio.to_thread(carry_out)
        except Losing as losing:
            self._ask_to_lose(visible(losing.what))
            return
        except FcmError as error:
            self._refuse(restore_plans.why(error))
            return
        except OSError as error:
            self._refuse(visible(str(error)))
            return
        self.result = restore_plans.words(done, seen.steps + seen.refused, keys.shown("file.undo"))
        self.dismiss(done)

    def action_yes(self) -> None:
        if self._phase == "asking":
            self._carry_out(False)

    def action_force(self) -> None:
        if self._phase == "forcing":
            self._carry_out(True)

    def action_no(self) -> None:
        if self._phase != "working":
            self.dismiss(None)
        else:
            self._must_end = True
            self._tick()
