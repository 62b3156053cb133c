"""What the keys for the file or change in sight do, on whichever screen that is."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import work

from fcm_tui.errors import FcmError
from fcm_tui.model import Change
from fcm_tui.review import keys, wording
from fcm_tui.review.acts.subject import Looking, LookingAtFiles, Subject, shown
from fcm_tui.review.diff.reader import ChangeView
from fcm_tui.review.files.tree import DirectoryTree
from fcm_tui.review.log.inbox import Inbox
from fcm_tui.review.look.display import BEHIND
from fcm_tui.review.refusing import Refusing
from fcm_tui.review.source import Source, reader_of
from fcm_tui.safetext import visible, visible_path
from fcm_tui.settings.config import Settings
from fcm_tui.store.reading.histories import FileKey, key_of_change

if TYPE_CHECKING:
    from fcm_tui.restore import Done, Recording
    from fcm_tui.review.acts.restore_plans import Wish
    from fcm_tui.review.files.history import HistoryScreen
    from fcm_tui.review.parts.menu import Choice

_GROUP = "file-keys"
"""Of workers."""


class FileKeys(Refusing):
    """The part of the app that these keys call; the app has the panes and the readers."""

    tree_view: DirectoryTree
    log_view: Inbox
    diff_view: ChangeView
    versions: Source
    settings: Settings
    recordings: Callable[[], Recording] | None
    """How a restore gets recorded; None where the record is not of this machine."""
    _restored: list[Done]

    def subject(self) -> Subject | None:
        """What the person looks at now; None on a screen that shows no file."""
        screen: Any = self.screen
        if isinstance(screen, Looking):
            return screen.subject()
        if len(self.screen_stack) > 1:
            return None
        document = self.diff_view.document
        if self.tree_view.has_focus:
            node = self.tree_view.selected
            if node is None:
                return None
            span = document.span if document is not None else None
            return Subject(
                node.path,
                is_folder=node.is_folder,
                is_gone=node.is_gone,
                host=node.host,
                on=node.on,
                span=span,
            )
        reading = self.diff_view.has_focus and document is not None
        change = document.change if reading and document is not None else self.log_view.selected
        if change is None:
            return None
        burst = document.burst if reading and document is not None else self.log_view.burst
        return shown(change, self.diff_view).of(burst)

    def _wanted(self, of_file: str = "", *, is_file: bool = False) -> Subject | None:
        """What is in sight, or None after a sentence that says why there is nothing for this key.

        Args:
            of_file: what a folder is told that has not what the key is for; empty where it has.
            is_file: rather a file in sight than the folder that it is shown with.
        """
        subject = self.subject()
        if (of_file or is_file) and isinstance(self.screen, LookingAtFiles):
            subject = self.screen.file() or subject
        if subject is not None and subject.many is not None and self.log_view.is_being_read:
            self.log_view.refuse()
            return None
        if subject is None:
            if self.log_view.total and len(self.screen_stack) == 1 and not self.tree_view.has_focus:
                self.log_view.refuse()
            else:
                self.say("There is no file or change in sight yet.", "warning")
        elif of_file and (subject.is_folder or subject.many is not None):
            self.say(of_file if subject.many is None else subject.many.refusal, "warning")
            return None
        return subject

    def _on(self, subject: Subject) -> str:
        """What people are told is the recorder of what is in sight, where there are several."""
        change = subject.change
        return subject.on if change is None else self.tree_view.whose.get(change.recorder_id, "")

    def _named(self, subject: Subject) -> str:
        """What is in sight, for the heads of menus."""
        return wording.on_host(visible_path(subject.path), self._on(subject))

    def action_history(self) -> None:
        from fcm_tui.review.files.history import HistoryScreen

        here = keys.shown("tree.choose")
        subject = self._wanted(f"Files have a history: {here} shows what changed in this folder.")
        if subject is None or isinstance(self.screen, HistoryScreen):
            return
        change = subject.change
        file, at = (key_of_change(change), change.sequence) if change is not None else (None, None)
        history = self._history(subject.path, file, at, subject.host, self._on(subject))
        history.diff.mark_found(self.log_view.filters.terms)

    def _history(
        self, path: bytes, file: FileKey | None, at: int | None, host: str = "", on: str = ""
    ) -> HistoryScreen:
        """Show one, as `HistoryScreen` has it; what is marked there is marked in the log too."""
        from fcm_tui.review.files.history import HistoryScreen

        history = HistoryScreen(
            self.palette, self.versions, self.settings, path, file, at, host, on, self.diff_view.reader.mark
        )
        self.push_screen(history, lambda _: self.diff_view.post_message(ChangeView.Moved()))
        return history

    def action_blame(self) -> None:
        from fcm_tui.review.files.blame import BlameScreen
        from fcm_tui.review.files.history import HistoryScreen

        subject = self._wanted("Blame is of a file: choose one, or a change of it in the log.")
        if subject is None or isinstance(self.screen, BlameScreen):
            return
        if subject.change is None:
            self.say("Blame is of a version: choose a change of the file, or one in its history.", "warning")
            return
        under, blamed = self.screen, subject.change

        def jump(change: Change | None) -> None:
            if change is None:
                return
            if isinstance(under, HistoryScreen):
                under.go_to(change.sequence)
                return
            self._history(change.path, key_of_change(change), change.sequence, on=self._on(subject))

        self.push_screen(BlameScreen(self.palette, self.versions, blamed, subject.line), jump)

    def end(self) -> None:
        """Leave, once all is recorded."""
        raise NotImplementedError

    # --- copying, editing

    def action_copy(self) -> None:
        from fcm_tui.review.acts import copying
        from fcm_tui.review.parts.menu import Menu

        subject = self._wanted(is_file=True)
        if subject is not None:  # at once, so that the next key is the menu's
            choices = copying.entries(subject)
            menu = Menu(self.palette, "Copy", self._named(subject), choices)

            def chosen(choice: str | None) -> None:
                if choice is not None:
                    self._copy(subject, choice, menu.label_of(choice))

            self.push_screen(menu, chosen)

    @work(group=_GROUP, exit_on_error=False)
    async def _copy(self, subject: Subject, choice: str, what: str) -> None:
        from fcm_tui.review.acts import clipboard, copying

        is_free = self._queued_writes() < BEHIND

        def send(text: str) -> clipboard.Sent:
            return clipboard.send(text, terminal=is_free and not self.is_headless)

        try:
            text = await self.versions.call(
                lambda record: copying.text_of(reader_of(record), subject, choice)
            )
            sent = await asyncio.to_thread(send, text)
        except (FcmError, OSError) as error:
            self.say(visible(str(error)), "bad")
            return
        if sent.to_terminal and self._driver is not None:
            self._driver.write(sent.to_terminal)
        self.say(f"{what[0].upper()}{what[1:]}: {sent.words}.")

    def action_export(self) -> None:
        from fcm_tui.review.acts import exporting
        from fcm_tui.review.parts.menu import Menu

        subject = self._wanted(is_file=True)
        if subject is None:
            return
        if subject.change is None:
            self.say("A patch is of changes: choose one in the log or in the file's history.", "warning")
            return

        def chosen(choice: str | None) -> None:
            if choice is not None:
                self.opens(self._export(subject, choice), _GROUP)

        menu = Menu(self.palette, "Export a patch", self._named(subject), exporting.entries(subject))
        self.push_screen(menu, chosen)

    async def _export(self, subject: Subject, choice: str) -> None:
        from fcm_tui.review.acts import exporting
        from fcm_tui.review.acts.ask_name import AskName

        try:
            patch = await self.versions.call(
                lambda record: exporting.patch_for(reader_of(record), subject, choice)
            )
        except FcmError as error:
            self.say(visible(str(error)), "bad")
            return

        def write(path: Path, over: bool) -> None:
            exporting.write(path, patch, over=over)

        name = exporting.name_for(subject, choice)
        title = f"{wording.on_host('Patch', self._on(subject))} to"
        path = await self.push_screen_wait(AskName(self.palette, title, name, write))
        if path is not None:
            self.say(f"Written to {visible(str(path))}; `git apply` takes it.")

    def action_edit(self) -> None:
        subject = self._wanted("A folder is opened in no editor: choose a file in it.")
        if subject is not None:
            self.opens(self._edit(subject), _GROUP)

    async def _edit(self, subject: Subject) -> None:
        from fcm_tui.review.acts import editing

        try:
            await editing.edit(self, subject)
        except (FcmError, OSError) as error:
            self.say(visible(str(error)), "bad")
        self.forget_keys()  # they were for the editor

    # --- restoring

    def action_restore(self) -> None:
        subject = self._wanted()
        if subject is None:
            return
        if self.recordings is None:
            self.opens(self._say_how(subject), _GROUP)
        elif subject.at_ns is not None:
            self.opens(self._restore_then(subject.path, subject.at_ns), _GROUP)
        elif subject.is_gone:
            self.opens(self._restore_gone(subject), _GROUP)
        else:
            self._choose_restore(subject)

    async def _restore_then(self, path: bytes, at_ns: int) -> None:
        def wish() -> Wish:
            from fcm_tui.review.acts import restore_plans

            return restore_plans.folder_then(path, at_ns)

        await self._restore(wish)

    def action_moment(self) -> None:
        """The folder in sight, or that of the change in sight, as it was at a moment that one writes."""
        from fcm_tui.review.acts.ask_name import AskMoment
        from fcm_tui.review.files.moment import MomentScreen, look

        subject = self._wanted()
        if subject is None:
            return
        path, host = subject.path, subject.host
        if subject.change is not None:
            path = subject.path if subject.many is not None else os.path.dirname(subject.path)
            host = subject.change.recorder_id.hex()

        def found(at_ns: int | None) -> None:
            if at_ns is not None:
                self.push_screen(MomentScreen(self.palette, self.versions, path, at_ns, host, on))

        on = self._on(subject)
        heading = f"{wording.on_host(wording.name_of(path), on)} as it was at"
        self.push_screen(
            AskMoment(self.palette, heading, lambda at: look(self.versions, path, at, host)), found
        )

    async def _restore_gone(self, subject: Subject) -> None:
        from fcm_tui.review.acts import gone

        try:
            loss = await self.versions.call(lambda record: gone.loss_of(reader_of(record), subject))
        except FcmError as error:
            self.say(visible(str(error)), "bad")
            return
        if loss.subject.is_folder:
            self._ask_restore(subject.path, gone.entries(loss), lambda choice: gone.wish_of(loss))
        else:
            self._choose_restore(loss.subject)

    def _choose_restore(self, subject: Subject) -> None:
        from fcm_tui.review.acts import restoring

        at = self.log_view.selected
        choices = restoring.entries(subject, at)
        if not choices:
            self.say("There is no change yet that could be gone back to.", "warning")
            return

        self._ask_restore(subject.path, choices, lambda choice: restoring.wish_of(subject, choice, at))

    def _ask_restore(self, path: bytes, choices: list[Choice], wish_of: Callable[[str], Wish]) -> None:
        from fcm_tui.review.parts.menu import Menu

        def chosen(choice: str | None) -> None:
            if choice is not None:
                self.opens(self._restore(lambda: wish_of(choice)), _GROUP)

        self.push_screen(Menu(self.palette, "Restore", visible_path(path), choices), chosen)

    def action_undo(self) -> None:
        if not self._restored:
            key = keys.shown("file.restore")
            self.say(
                f"Nothing was restored since the start; {key} on a change brings back the version before it."
            )
            return
        done = self._restored[-1]

        def undo() -> Wish:
            from fcm_tui.review.acts import restore_plans

            return restore_plans.undo(done)

        async def go() -> None:
            if await self._restore(undo):
                self._restored.pop(-2)

        self.opens(go(), _GROUP)

    async def _say_how(self, subject: Subject) -> None:
        """Nothing is restored from a reviewer's seat: what writes a copy there."""
        from fcm_tui.review.acts import copies

        try:
            command = await self.versions.call(lambda record: copies.command(reader_of(record), subject))
        except FcmError as error:
            self.say(visible(str(error)), "bad")
            return
        self.say(f"This is a reviewer's seat: `{command}` writes a copy here.", "warning")

    async def _restore(self, wish: Callable[[], Wish]) -> bool:
        from fcm_tui.review.acts.restoring import RestoreScreen

        assert self.recordings is not None and isinstance(self.database, Path)
        screen = RestoreScreen(self.palette, self.database, self.recordings, wish)
        done = await self.push_screen_wait(screen)
        if done is not None:
            self._restored.append(done)
            self.say(screen.result)
        return done is not None

    def on_restore_screen_begun(self) -> None:
        """What it changes comes into sight."""
        self.log_view.pinned = False
