"""What the keys for the program itself do: the palette of all actions, the settings; and taking settings up live."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual import work
from textual.widget import Widget

from fcm_tui.errors import ConfigError
from fcm_tui.review import keys
from fcm_tui.review.engine import Engine
from fcm_tui.review.file_keys import FileKeys
from fcm_tui.review.log.pane import LogPane
from fcm_tui.safetext import visible
from fcm_tui.settings.config import Settings
from fcm_tui.store.reading.queries import Reader

if TYPE_CHECKING:
    from fcm_tui.report.drill import Drill
    from fcm_tui.review.parts.palette import Command

_BOUND = {key.id: key.keys for key in keys.KEYMAP}
"""The keys that the screens were made with."""


class ProgramKeys(FileKeys):
    """The part of the app that these keys call."""

    log_pane: LogPane
    configuration: Path | None
    """Where the file of the settings is, or would be; None where there is none to speak of."""
    own_paths: Sequence[bytes]
    """What is never recorded."""
    _engine: Engine | None
    _rebound: frozenset[str] = frozenset()
    """Actions that had other keys since the start."""

    def action_commands(self) -> None:
        from fcm_tui.review.parts.palette import CommandPalette, commands

        def chosen(command: Command | None) -> None:
            if command is not None:
                self.call_after_refresh(self._run, command)  # when the keyboard is back where it was

        self.push_screen(CommandPalette(self.palette, commands(self.screen)), chosen)

    async def _run(self, command: Command) -> None:
        if not command.is_live and isinstance(command.node, Widget):
            command.node.focus()
        await self.run_action(command.action, command.node)

    def action_settings(self) -> None:
        from fcm_tui.review.settings.screen import Place, SettingsScreen

        if self.configuration is None or any(isinstance(s, SettingsScreen) for s in self.screen_stack):
            return

        def recorded() -> list[bytes]:
            if self._engine is not None:
                return self._engine.roots
            with Reader(self.database) as reader:
                return reader.active_roots()

        place = Place(self.configuration, self.database, recorded, self.themes.names)
        self.push_screen(SettingsScreen(self.palette, place))

    def action_statistics(self) -> None:
        """Of the changes that the log shows; left with the way to some of them."""
        from fcm_tui.report.statistics import Asked
        from fcm_tui.review.statistics.screen import StatisticsScreen

        if len(self.screen_stack) > 1:
            return
        filters, bar = self.log_view.filters, self.log_pane.bar
        asked = Asked(path=filters.path, expression=bar.entry.text.strip(), terms=filters.terms)
        self.push_screen(StatisticsScreen(self.palette, self.database, asked), self._show_changes)

    def _show_changes(self, way: Drill | None) -> None:
        """Of a figure, in the log."""
        if way is None:
            return
        if way.path is not None:
            self.tree_view.choose(way.path)
        if way.words:
            bar = self.log_pane.bar
            bar.write(f"{bar.entry.text.strip()} {way.words}".strip())
        self.call_after_refresh(self.run_action, "app.focus_pane('log')")

    # --- live

    @work(group="settings-live", exit_on_error=False)
    async def follow_settings(self, file: Path) -> None:
        """Take up what anybody writes into the file; what is wrong in it is said, and changes nothing."""
        from fcm_tui.settings.follow import LOOK, Follower

        follower = await asyncio.to_thread(Follower, file, self.settings)
        while True:
            await asyncio.sleep(LOOK)
            before = self.settings
            try:
                after = await asyncio.to_thread(follower.changed)
                said = [] if after is None else await self._take_up(before, after, file)
            except ConfigError as error:
                where = str(file)
                self.tell(f"not taken up: {visible(str(error).replace(where, file.name, 1))}")
                continue
            if after is not None:
                self.tell("; ".join([f"{file.name} read again", *said]))

    async def _take_up(self, before: Settings, after: Settings, file: Path) -> list[str]:
        """Theme and keys first: what is wrong with them is found before anything is changed."""
        from fcm_tui.review.settings.check import check
        from fcm_tui.settings.follow import needing_restart, take_up

        await asyncio.to_thread(check, after, file)
        if after.theme != before.theme:
            self._wear(await asyncio.to_thread(self.themes.choose, after.theme))
        if after.keys != before.keys:
            self._rebound |= keys.rebound(after.keys, _BOUND).keys()
            self.set_keymap(
                {key.id: ",".join(key.keys) for key in keys.KEYMAP if key.id in self._rebound}
            )  # also what is back where it was: screens that were first opened meanwhile have it elsewhere
        self.settings = after
        self.diff_view.reader.settings = after
        self.log_pane.bar.saved = after.filters
        if self._engine is None:
            return [f"{name} counts from the next start on" for name in needing_restart(before, after)]
        return await take_up(self._engine, before, after, self.own_paths)
