"""The settings screen: sections, their fields, and a draft of the file that is written when one says so."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual import work
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen

from fcm_tui.errors import ConfigError, FcmError
from fcm_tui.review import keys
from fcm_tui.review.look.keys_in_turn import KeysInTurn
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.entry import Entry
from fcm_tui.review.parts.menu import Choice, Menu
from fcm_tui.review.parts.pane import Pane
from fcm_tui.review.parts.said import Hints
from fcm_tui.review.parts.told import Told
from fcm_tui.review.settings import fields
from fcm_tui.review.settings.check import mistake
from fcm_tui.review.settings.choosing import Folders
from fcm_tui.review.settings.databases import try_database
from fcm_tui.review.settings.fields import SECTIONS, Kind, Present, Row
from fcm_tui.review.settings.foot import ValueLine
from fcm_tui.review.settings.lists import FieldList, Moved, SectionList
from fcm_tui.review.settings.search import FieldSearch
from fcm_tui.review.settings.writing import DROP, WRITE, WriteScreen, leaving, result
from fcm_tui.safetext import visible
from fcm_tui.settings.database import Server
from fcm_tui.settings.draft import ChangedMeanwhile, Draft, explanations, read

_HINTS = (
    ("settings.edit", "change"), ("settings.remove", "remove"), ("settings.preview", "preview"),
    ("settings.find", "search"), ("settings.write", "write"),
    ("settings.again", "reload"), ("settings.back", "back"), ("help", "help"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """What the settings are of."""

    path: Path
    """The file, whether it is there or not."""
    database: Path | Server
    """The record in use."""
    recorded: Callable[[], Sequence[bytes]]
    """The folders that are recorded now. For a thread."""
    themes: Callable[[], Sequence[str]]
    """The themes that there are. For a thread."""


class SettingsScreen(Screen[str]):
    """Covers the panes. What was changed is in a draft until it is written.

    Dismissed with what came of writing it, where that was the last thing that was done.
    """

    BINDINGS = keys.bindings(keys.SETTINGS)
    CONTEXT = keys.SETTINGS
    """Of the key map: what the help begins with."""
    CSS = """
    #settings { layout: grid; grid-size: 2 1; grid-columns: 14 1fr; height: 1fr; }
    #sections-pane { border-right: solid $fcm-rule; }
    #why { height: auto; min-height: 3; max-height: 8; }
    #what { height: auto; min-height: 2; max-height: 4; }
    """

    def __init__(self, palette: Palette, place: Place) -> None:
        super().__init__()
        self._palette, self._place = palette, place
        self._draft: Draft | None = None
        self._read: Draft | None = None
        """The file as it was read or written last."""
        self._now: Present | None = None
        self._written: Present | None = None
        """What stands in the file."""
        self._said: dict[tuple[str | int, ...], str] = {}
        self._editing: Row | None = None
        self._sections = SectionList(palette, id="sections")
        self._fields = FieldList(palette)
        self._pane = Pane(palette, SECTIONS[0][0], self._fields)
        self._why, self._what = Told(palette, id="why"), Told(palette, id="what")
        self._line = ValueLine(palette)
        self._search = FieldSearch(palette)
        self._folders = Folders(palette, place.database, lambda screen: self._in_turn.ask(screen))

    def compose(self) -> ComposeResult:
        yield Container(Pane(self._palette, "Settings", self._sections), self._pane, id="settings")
        yield self._why
        yield self._line
        yield self._search
        yield self._what
        yield Hints(self._palette, _HINTS)

    def on_mount(self) -> None:
        self.set_focus(self._sections)
        self.action_again()

    def _do(self, work: Coroutine[Any, Any, object]) -> None:
        """What changes the draft, or asks about it: keys pressed behind its own wait for its end."""
        self._in_turn.opens(work, "settings")

    @property
    def _in_turn(self) -> KeysInTurn[object]:
        assert isinstance(self.app, KeysInTurn)
        return self.app

    def action_again(self) -> None:
        self._do(self._again())

    def action_remove(self) -> None:
        self._do(self._remove())

    def action_preview(self) -> None:
        self._do(self._preview_chosen())

    def action_write(self) -> None:
        self._do(self._write())

    # --- the draft

    async def _again(self) -> None:
        """Read the file; what was not written is lost."""
        try:
            if not self._said:
                self._said = await asyncio.to_thread(explanations)
            draft = await asyncio.to_thread(read, self._place.path)
            await self._take(draft, is_read=True)
        except ConfigError as error:
            self._say(self._sentence(error), "bad")

    async def _take(self, draft: Draft, *, is_read: bool = False) -> None:
        """Show a draft; the one before stays where it is no TOML."""
        now = await asyncio.to_thread(lambda: fields.present(draft, self._place.themes()))
        wrong = await asyncio.to_thread(mistake, draft)
        self._draft, self._now = draft, now
        if is_read:
            self._read, self._written = draft, now
        if wrong is not None:
            self._say(self._sentence(wrong), "bad")
        elif draft.is_changed:
            self._say(f"Not written yet: {keys.shown('settings.write')} shows it as TOML, and writes it.")
        elif draft.raw is None:
            self._say("There is no such file yet; the defaults hold. The first change makes it.")
        else:
            self._say("")
        self._show()

    def _show(self) -> None:
        if self._now is None or self._draft is None or self._written is None:
            return
        name, rows = SECTIONS[self._sections.cursor]
        self._fields.show(self._search.narrowed(list(rows(self._now))), list(rows(self._written)))
        state = "changed" if self._draft.is_changed else "new" if self._draft.raw is None else ""
        self._pane.title.rename(name)
        self._pane.title.say(visible(str(self._place.path)), state)
        self._explain()

    def on_moved(self, message: Moved) -> None:
        if message.view is self._sections:
            self._fields.cursor = 0
            self._search.clear()
            self._show()
        self._explain()

    def _explain(self) -> None:
        text = fields.explanation(self._fields.selected, self._said)
        self._why.say(visible(text))

    def _say(self, text: str, style: str = "muted") -> None:
        self._what.say(visible(text), style)

    def _sentence(self, error: FcmError) -> str:
        """Without the path of the file, which is in the title."""
        text = str(error).removeprefix(f"{self._place.path}:")
        number, colon, rest = text.partition(": ")
        return f"Line {number}: {rest}" if colon and number.isdigit() else text

    # --- keys

    def action_fields(self) -> None:
        if self._editing is None:
            self.set_focus(self._fields)

    def action_sections(self) -> None:
        if self._editing is None:
            self.set_focus(self._sections)

    def action_find(self) -> None:
        if self._editing is None:
            self._search.open()

    def on_field_search_narrowed(self) -> None:
        was = self._fields.selected
        self._fields.cursor = 0
        self._show()
        if was in self._fields.rows:
            self._fields.go(self._fields.rows.index(was))

    def on_entry_bar_left(self) -> None:
        self.set_focus(self._fields)

    def action_edit(self) -> None:
        row = self._fields.selected
        if self._editing is not None:
            self._do(self._keep(self._editing, self._line.entry.text))
        elif self.focused is not self._fields:
            self.set_focus(self._fields)
        elif row is None or self._now is None:
            return
        elif row.kind in (Kind.FLAG, Kind.DETECTOR):
            self._do(self._keep(row, "false" if row.value == "true" else "true"))
        elif row.kind is Kind.CHOICE:
            self._do(self._choose(row))
        elif row.kind in (Kind.ROOT, Kind.NEW_ROOT):
            self._do(self._pick(row))
        else:
            self._open_line(row)

    def _open_line(self, row: Row) -> None:
        assert self._now is not None
        self._editing = row
        self._line.prompt = fields.prompt(row)
        self._line.entry = Entry(fields.begun(self._now, row))
        self._line.is_wrong = False
        self._line.display = True
        self.set_focus(self._line)
        self._say(f"{keys.shown('entry.keep')} keeps it, {keys.shown('entry.drop')} drops it")

    def _close_line(self) -> None:
        self._editing = None
        self.set_focus(self._fields)
        self._line.display = False

    def on_value_line_written(self) -> None:
        if self._editing is not None:
            self._try(self._editing, self._line.entry.text)

    @work(group="try", exclusive=True, exit_on_error=False)
    async def _try(self, row: Row, text: str) -> None:
        """Say what is wrong with it while it is written."""
        if self._draft is None or self._now is None:
            return
        try:
            await asyncio.to_thread(fields.changed, self._draft, self._now, row, text)
        except ConfigError as error:
            self._line.is_wrong = True
            self._say(self._sentence(error), "bad")
        else:
            self._line.is_wrong = False
            self._say(f"Right. {keys.shown('entry.keep')} keeps it.", "good")
        self._line.refresh()

    async def _keep(self, row: Row, text: str) -> None:
        if self._draft is None or self._now is None:
            return
        try:
            made = await asyncio.to_thread(fields.changed, self._draft, self._now, row, text)
        except ConfigError as error:
            self._line.is_wrong = self._editing is not None
            self._line.refresh()
            self._say(self._sentence(error), "bad")
            return
        if self._editing is not None:
            self._close_line()
        await self._take(made)

    async def _choose(self, row: Row) -> None:
        letters = "abcdefghimnoprstuvw"
        choices = [
            Choice(letter, visible(name), name) for letter, name in zip(letters, row.choices, strict=False)
        ]
        menu = Menu(self._palette, row.label.strip(), row.shown, choices)
        value = await self._in_turn.ask(menu) if choices else None
        if value is not None:
            await self._keep(row, value)

    async def _remove(self) -> None:
        row = self._fields.selected
        if row is None or self._draft is None or self._now is None or self.focused is not self._fields:
            return
        try:
            made = await asyncio.to_thread(fields.removed, self._draft, self._now, row)
        except ConfigError as error:
            self._say(self._sentence(error), "bad")
            return
        if made is None:
            self._say("It is the default already.")
        else:
            await self._take(made)

    # --- folders

    async def _pick(self, row: Row) -> None:
        begin = f"~{os.sep}" if row.kind is Kind.NEW_ROOT else row.value.replace("$$", "$")
        assert self._draft is not None
        path = await self._folders.chosen(self._draft, begin)
        if path is None:
            return
        if row.kind is Kind.ROOT:
            await self._keep(row, path)
        else:
            await self._add(path)

    async def _add(self, path: str) -> None:
        """One more folder; the first one brings those along that are recorded now, or they no longer would be."""
        if self._draft is None or self._now is None:
            return
        try:
            recorded = [] if self._now.found(("roots",)) else await asyncio.to_thread(self._place.recorded)
            now = [os.fsdecode(root) for root in recorded]
            made = await asyncio.to_thread(
                fields.added, self._draft, [*(root for root in now if root != path), path]
            )
        except FcmError as error:
            self._say(self._sentence(error), "bad")
            return
        await self._take(made)
        self._fields.action_last()

    async def _preview_chosen(self) -> None:
        row = self._fields.selected
        if row is None or row.way[:1] != ("roots",) or len(row.way) < 2 or self._draft is None:
            self._say("A preview is of a folder: choose one under Folders.")
            return
        try:
            settings = await asyncio.to_thread(self._draft.settings)
        except ConfigError as error:
            self._say(self._sentence(error), "bad")
            return
        await self._folders.previewed(self._draft, os.fsdecode(settings.roots[int(row.way[1])].path))

    @work(group="test", exclusive=True, exit_on_error=False)
    async def action_test(self) -> None:
        """Whether the database can be used."""
        if self._now is None:
            return
        url = self._now.found(("database",))
        self._say("trying…")
        base = self._place.path.parent
        fine, what = await asyncio.to_thread(try_database, url, base, self._place.database)
        self._say(what, "good" if fine else "bad")

    # --- writing

    async def _write(self) -> str | None:
        """Show it and write it; what comes of that, None where it was not written."""
        draft = self._draft
        if draft is None or not draft.is_changed:
            self._say("There is nothing to write.")
            return None
        lines = await asyncio.to_thread(draft.diff)
        if not await self._in_turn.ask(WriteScreen(self._palette, visible(str(draft.path)), lines)):
            return None
        try:
            written = await asyncio.to_thread(draft.write)
        except ChangedMeanwhile:
            again = keys.shown("settings.again")
            self._say(
                f"Somebody else changed the file meanwhile, so it was left alone: {again} reads it again.",
                "bad",
            )
            return None
        except FcmError as error:
            self._say(self._sentence(error), "bad")
            return None
        before, self._read = self._read, written
        await self._take(written, is_read=True)
        came = result(before, written)
        self._say(came, "good")
        return came

    def action_back(self) -> None:
        if self._editing is not None:
            self._close_line()
            self._say("")
        elif self._search.is_on:
            self._search.clear()
        elif self._draft is not None and self._draft.is_changed:
            self._do(self._leave())
        else:
            self.dismiss(None)

    async def _leave(self) -> None:
        """What is not written is dropped when somebody says so."""
        choice = await self._in_turn.ask(leaving(self._palette, visible(str(self._place.path))))
        came = await self._write() if choice == WRITE else None
        if came is not None or choice == DROP:
            self.dismiss(came)
