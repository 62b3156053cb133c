"""What the keys for the program itself do: the palette of all actions, the settings; and taking settings up live."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual import work
from textual.widget import Widget

from fcm_tui.errors import ConfigError, FcmError
from fcm_tui.review import keys
from fcm_tui.review.file_keys import FileKeys
from fcm_tui.review.log.pane import LogPane
from fcm_tui.review.parts.notices import Notices
from fcm_tui.review.parts.said import Said
from fcm_tui.safetext import visible
from fcm_tui.settings.config import Settings
from fcm_tui.store.reading.queries import Reader

if TYPE_CHECKING:
    from fcm_tui.alerts.alert import Alert
    from fcm_tui.report.drill import Drill
    from fcm_tui.review.parts.palette import Command

_BOUND = {key.id: key.keys for key in keys.KEYMAP}
"""The keys that the screens were made with."""
_SURE = 5.0
"""Seconds for the second press."""
_LOOK = 1.0
"""Seconds between two looks at the journal of alerts."""


def _question() -> str:
    return f"{keys.shown('pause')} again pauses recording"


class ProgramKeys(FileKeys):
    """The part of the app that these keys call."""

    log_pane: LogPane
    configuration: Path | None
    """Where the file of the settings is, or would be; None where there is none to speak of."""
    own_paths: Sequence[bytes]
    """What is never recorded."""
    may_change: bool = True
    """Whether anything may be written from here."""
    unread: int = 0
    """Alerts that nobody has read."""
    pausing: Callable[[bool], str] | None
    """Has whoever records go on, or pause if that is certain, and tells which; empty where it has to be certain."""
    notices: Notices
    _pause_asked: float = -math.inf
    """When (monotonic) a pause was asked for, and not yet confirmed."""
    _rebound: frozenset[str] = frozenset()
    """Actions that had other keys since the start."""

    @property
    def is_recording(self) -> bool:
        """Whether recording ends when this process does."""
        raise NotImplementedError

    @property
    def recorded_folders(self) -> int:
        """How many this process records."""
        raise NotImplementedError

    async def action_quit(self) -> None:
        """Leave; where recording ends with it, somebody is asked first."""
        from fcm_tui.review.parts.leaving import Leaving

        def answered(leaves: bool | None) -> None:
            if leaves:
                self.end()

        if self.is_recording and self.settings.ask_before_leaving:
            self.push_screen(Leaving(self.palette, self.recorded_folders), answered)
        else:
            self.end()

    def action_commands(self) -> None:
        from fcm_tui.review.parts.palette import CommandPalette, commands

        def chosen(command: Command | None) -> None:
            if command is not None:
                self.call_after_refresh(self._run, command)  # when the keyboard is back where it was

        self.push_screen(CommandPalette(self.palette, commands(self.screen, self.listed())), chosen)

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

        def left(came: str | None) -> None:
            if came is not None:
                self.say(came, "good")

        self.push_screen(SettingsScreen(self.palette, place), left)

    def action_keep_filter(self) -> None:
        """Under a name, in the configuration."""
        bar = self.log_pane.bar
        expression = bar.entry.text.strip()
        if not expression or bar.is_wrong:
            self.say(
                f"{keys.shown('log.filter')} first, and a filter: then it can be kept under a name", "warning"
            )
            return
        if self.configuration is None:
            return
        from fcm_tui.review.settings.keeping import AskFilterName

        def kept(name: str | None) -> None:
            if name is not None:
                bar.saved = {**bar.saved, name: expression}
                self.say(
                    f"kept: @{visible(name)} is {visible(expression)} from now on, here and in `log --filter`"
                )

        self.push_screen(AskFilterName(self.palette, self.configuration, expression), kept)

    def action_statistics(self) -> None:
        """Of the changes that the log shows; left with the way to some of them."""
        from fcm_tui.report.statistics import Asked
        from fcm_tui.review.statistics.screen import StatisticsScreen

        if len(self.screen_stack) > 1:
            return
        filters, bar = self.log_view.filters, self.log_pane.bar
        asked = Asked(
            path=filters.path, host=filters.host, expression=bar.entry.text.strip(), terms=filters.terms
        )
        self.push_screen(StatisticsScreen(self.palette, self.database, asked), self._show_changes)

    def _show_changes(self, way: Drill | None) -> None:
        """Of a figure, in the log."""
        if way is None:
            return
        if way.path is not None:
            self.tree_view.choose(way.path, self.log_view.filters.host or "")
        if way.words:
            bar = self.log_pane.bar
            bar.write(f"{bar.entry.text.strip()} {way.words}".strip())
        self.call_after_refresh(self.run_action, "app.focus_pane('log')")

    def action_alerts(self) -> None:
        from fcm_tui.review.alerts.screen import AlertsScreen

        def chosen(alert: Alert | None) -> None:
            if alert is not None:
                self._go_to_changes(alert)

        if not isinstance(self.database, Path):
            return
        if not any(isinstance(screen, AlertsScreen) for screen in self.screen_stack):
            self.push_screen(AlertsScreen(self.palette, self.database, marks=self.may_change), chosen)

    @work(group="alerts", exit_on_error=False)
    async def _go_to_changes(self, alert: Alert) -> None:
        """To the newest change of an alert, from which the others lie below."""
        log, sequence = self.log_pane.log_view, alert.last_sequence or 0
        log.focus()
        if not await log.go_to((sequence, bytes.fromhex(alert.recorder))):
            self.say(f"#{sequence} is not in sight: Esc shows all changes, then try again", "warning")
        else:
            self.say(f"{visible(alert.title)}: {alert.changes('#')}")

    @work(group="pausing", exit_on_error=False)
    async def action_pause(self) -> None:
        """Pausing wants the key twice: a screen that records nothing looks much like one where nothing changes."""
        if self.pausing is None:
            return
        now = time.monotonic()
        is_sure = now - self._pause_asked < _SURE
        asked = self._pause_asked = -math.inf if is_sure else now
        try:
            said = await asyncio.to_thread(self.pausing, is_sure)
        except FcmError as error:
            self.answer(visible(str(error)))
            return
        if said:
            self._pause_asked = -math.inf
            self.answer(said)
        elif asked == self._pause_asked:  # and not taken back meanwhile
            self.answer(_question())

    def take_back_pause(self, key: str) -> None:
        """Another key was pressed than the one that pauses: who comes back to it later is asked again."""
        if self._pause_asked != -math.inf and not keys.does(key, "pause"):
            self._pause_asked = -math.inf
            self.notices.take_back(_question())

    def answer(self, what: str) -> None:
        """Tell what came of a key in the status line, and take away what came of the one before, which hides that."""
        self.screen.query(Said).remove()
        self.tell(what)

    # --- live

    @work(group="alerts-live", exit_on_error=False)
    async def follow_alerts(self) -> None:
        """Count what nobody has read; tell of each that comes."""
        from fcm_tui.review.alerts.journal import unread

        told = None
        while isinstance(self.database, Path):
            found = await asyncio.to_thread(unread, self.database)
            newest = found.newest.number if found.newest is not None else 0
            self.unread = found.count
            if found.newest is not None and told is not None and newest > told:
                self.tell(f"alert: {visible(found.newest.alert.title)}")
            told = max(newest, told or 0)
            await asyncio.sleep(_LOOK)

    @work(group="settings-live", exit_on_error=False)
    async def follow_settings(self, file: Path) -> None:
        """Take up what anybody writes into the file; what is wrong in it is said, and changes nothing."""
        from fcm_tui.settings.follow import LOOK, Follower

        follower = await asyncio.to_thread(Follower, file, self.settings)
        while True:
            await asyncio.sleep(LOOK)
            before = self.settings
            try:
                was_wrong = follower.is_wrong
                after = await asyncio.to_thread(follower.changed)
                if was_wrong and not follower.is_wrong:
                    self.tell_wrong("settings", "")  # as it was before, maybe
                said = [] if after is None else await self._take_up(before, after, file)
            except ConfigError as error:
                where = str(file)
                wrong = visible(str(error).replace(where, file.name, 1))
                self.tell_wrong("settings", f"not taken up: {wrong}")
                continue
            if after is not None:
                self.tell_wrong("settings", "")
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
