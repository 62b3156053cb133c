"""What the keys for the file or change in sight do, on whichever screen that is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import work

from fcm_tui.review import keys, wording
from fcm_tui.review.diff_view import DiffView
from fcm_tui.review.display import PatientApp
from fcm_tui.review.log import EventLog
from fcm_tui.review.said import Said
from fcm_tui.review.source import Source
from fcm_tui.review.subject import Looking, Subject, shown
from fcm_tui.review.theme import Palette
from fcm_tui.review.tree import DirectoryTree
from fcm_tui.safetext import visible_path
from fcm_tui.store.histories import key_of_change

if TYPE_CHECKING:
    from fcm_tui.restore import Done, Recording
    from fcm_tui.review.restore_plans import Wish


class FileKeys(PatientApp[int]):
    """The part of the app that these keys call; the app has the panes and the readers."""

    palette: Palette
    tree_view: DirectoryTree
    log_view: EventLog
    diff_view: DiffView
    versions: Source
    database: Path
    recordings: Callable[[], Recording] | None
    """How a restore gets recorded; None where the record is not of this machine."""
    _restored: list[tuple[Wish, Done]]

    def subject(self) -> Subject | None:
        """What the person looks at now; None on a screen that shows no file."""
        screen: Any = self.screen
        if isinstance(screen, Looking):
            return screen.subject()
        if len(self.screen_stack) > 1:
            return None
        if self.tree_view.has_focus:
            node = self.tree_view.selected
            return None if node is None else Subject(node.path, is_folder=node.is_folder)
        document = self.diff_view.document
        reading = self.diff_view.has_focus and document is not None
        change = document.change if reading and document is not None else self.log_view.selected
        return None if change is None else shown(change, self.diff_view)

    def action_history(self) -> None:
        from fcm_tui.review.history import HistoryScreen

        subject = self.subject()
        if subject is None or subject.is_folder or isinstance(self.screen, HistoryScreen):
            return
        change = subject.change
        file, at = (key_of_change(change), change.sequence) if change is not None else (None, None)
        self.push_screen(HistoryScreen(self.palette, self.versions, subject.path, file, at))

    def say(self, text: str, style: str = "text") -> None:
        """A sentence at the foot of the screen in sight, for a while. The text is safe."""
        self.screen.query(Said).remove()
        self.screen.mount(Said(self.palette, text, style, self.size.width))

    # --- restoring

    @work(group="file-keys", exclusive=True, exit_on_error=False)
    async def action_restore(self) -> None:
        from fcm_tui.review import restoring
        from fcm_tui.review.menu import Entry, Menu

        subject = self.subject()
        if subject is None or not self._may_restore():
            return
        choices, at = restoring.entries(subject), self.log_view.selected
        if subject.change is None and at is not None:  # in the tree: at the time of the log's change
            when = wording.moment(at.time_ns)
            choices = [Entry("f", f"{visible_path(subject.path)} as it was then, {when}", "path")]
        if not choices:
            self.say("There is no change yet that could be gone back to.", "warning")
            return
        detail = visible_path(subject.path)
        choice = await self.push_screen_wait(Menu(self.palette, "Restore", detail, choices))
        if choice is None:
            return

        def wish() -> Wish:
            if choice != "path":
                return restoring.wish_of(subject, choice)
            from fcm_tui.review import restore_plans

            assert at is not None
            return restore_plans.folder(subject.path, at.time_ns)

        await self._restore(wish)

    @work(group="file-keys", exclusive=True, exit_on_error=False)
    async def action_undo(self) -> None:
        if not self._may_restore():
            return
        if not self._restored:
            key = keys.shown("file.restore")
            self.say(
                f"Nothing was restored since the start; {key} on a change brings back the version before it."
            )
            return
        wish, done = self._restored[-1]

        def undo() -> Wish:
            from fcm_tui.review import restore_plans

            return restore_plans.undo(wish, done)

        if await self._restore(undo):
            self._restored.pop(-2)

    def _may_restore(self) -> bool:
        if self.recordings is None:
            self.say(
                "This record is only looked at here: `fcm-tui restore` works where it is recorded.", "warning"
            )
        return self.recordings is not None

    async def _restore(self, wish: Callable[[], Wish]) -> bool:
        from fcm_tui.review.restoring import RestoreScreen

        assert self.recordings is not None
        screen = RestoreScreen(self.palette, self.database, self.recordings, wish)
        done = await self.push_screen_wait(screen)
        if done is not None:
            self._restored.append(done)
            self.say(screen.result)
        return done is not None
