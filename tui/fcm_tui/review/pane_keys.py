"""What the keys that go from pane to pane do, and move what is between them."""

from __future__ import annotations

from textual.widget import Widget

from fcm_tui.review import keys
from fcm_tui.review.diff.view import DiffView
from fcm_tui.review.log.inbox import Inbox
from fcm_tui.review.parts.entry_bar import EntryBar
from fcm_tui.review.parts.panes import Panes
from fcm_tui.review.program_keys import ProgramKeys


class PaneKeys(ProgramKeys):
    """The part of the app that these keys call."""

    log_view: Inbox
    panes: Panes

    def action_focus_next(self) -> None:
        self._step(1)

    def action_focus_previous(self) -> None:
        self._step(-1)

    def _step(self, step: int) -> None:
        views: list[Widget] = [self.tree_view, self.log_view, self.diff_view]
        if self.focused in views:
            self.panes.show(views[(views.index(self.focused) + step) % len(views)])

    def action_focus_pane(self, name: str) -> None:
        self.panes.show({"tree": self.tree_view, "log": self.log_view, "diff": self.diff_view}[name])

    def action_zoom(self) -> None:
        if len(self.screen_stack) == 1:
            self.panes.zoom(not self.panes.is_zoomed)

    def action_border(self, border: str, cells: int) -> None:
        if len(self.screen_stack) == 1:
            self.panes.move_border(border, cells)

    def action_borders(self) -> None:
        self.panes.reset_borders()

    def action_out(self) -> None:
        if self.focused is self.diff_view and self.diff_view.out():
            return
        if self.panes.is_zoomed:
            self.panes.zoom(False)
        elif self.focused is self.diff_view:
            self.log_view.focus()
        elif not self.log_pane.out():
            self.tree_view.choose(None)

    def action_step(self, rows: int) -> None:
        self.log_view.pinned = False
        self.log_view.go(self.log_view.cursor + rows)
        self.log_view.pinned = self.is_about_change(self.focused)

    def is_about_change(self, widget: Widget | None) -> bool:
        """Whether the keyboard there is for the change in sight, which is to stay in sight then."""
        return widget is self.diff_view or (isinstance(widget, EntryBar) and widget.ABOUT_CHANGE)

    def action_filter(self) -> None:
        """What the log shows, asked for from the directories."""
        if len(self.screen_stack) == 1:
            self.panes.show(self.log_view)
            self.call_later(self.log_view.action_filter)  # when it has the keyboard, which it would take back

    def action_mark_folder(self) -> None:
        """All that is known of what the directories have the cursor on, the second time it is asked for."""
        node = self.tree_view.selected
        if node is not None and len(self.screen_stack) == 1:
            self.log_view.mark_all_of(node.path, node.host, node.on)

    def action_reviewed(self) -> None:
        """The change whose diff is read, or the burst, from there."""
        document = self.diff_view.document
        if len(self.screen_stack) == 1:
            self.log_view.mark_in_sight(document.burst if document is not None else None)

    def action_unreviewed(self) -> None:
        if len(self.screen_stack) == 1:
            self.log_view.action_unreviewed()

    async def action_in_diff(self, action: str) -> None:
        """What the diff in sight does, though another pane has the focus."""
        for view in self.screen.query(DiffView):
            await self.run_action(action, view)
            break

    def action_keys(self) -> None:
        from fcm_tui.review.help import HelpScreen

        context = getattr(self.screen, "CONTEXT", None) or (
            keys.TREE if self.tree_view.has_focus else keys.DIFF if self.diff_view.has_focus else keys.LOG
        )
        self.push_screen(HelpScreen(self.palette, context, self.listed()))
