"""The theme in use: another one by a key, and the same one anew when its file has changed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping

from textual import work

from fcm_tui.errors import ConfigError
from fcm_tui.review.look.keys_in_turn import KeysInTurn
from fcm_tui.review.look.theme import Palette, Theme, Themes, css_color
from fcm_tui.safetext import visible

LOOK = 1.0
"""Seconds between two looks at the theme's file."""


class ThemedApp(KeysInTurn[int]):
    """An app whose colours can change while it is open."""

    def __init__(self, themes: Themes) -> None:
        self.themes = themes
        self.palette = Palette(themes.current)
        super().__init__(ansi_color=self.palette.theme.native)

    def get_css_variables(self) -> dict[str, str]:
        styles: Mapping[str, object] = {
            "fcm-background": css_color(self.palette.base.bgcolor),
            "fcm-rule": css_color(self.palette("rule").color),
            "fcm-scrollbar": css_color(self.palette("scrollbar").color),
        }
        return {**super().get_css_variables(), **{name: str(value) for name, value in styles.items()}}

    def tell(self, what: str) -> None:
        """Say something in the status line, until there is something more urgent."""
        raise NotImplementedError

    def tell_wrong(self, where: str, what: str) -> None:
        """Say what somebody has to mend, and where, until it is told as empty: it is mended. Safe to show."""
        raise NotImplementedError

    def say(self, text: str, style: str = "text") -> None:
        """A sentence at the foot of the screen in sight, for a while. The text is safe."""
        raise NotImplementedError

    async def action_theme(self) -> None:
        """The next theme."""
        before = self.themes.current.name
        theme = await asyncio.to_thread(self.themes.next)
        if theme.name == before:
            self.say(
                f"There is no other theme for the colours of this terminal than {theme.name}.", "warning"
            )
            return
        self._wear(theme)
        self.tell_wrong("theme", "")
        self.say(f'Theme {theme.name}. To keep it: theme = "{theme.name}" in fcm.toml.')

    @work(group="theme", exit_on_error=False)
    async def watch_theme(self) -> None:
        """Take over what is changed in the theme's file; what is wrong in it is said, and changes nothing."""
        while True:
            await asyncio.sleep(LOOK)
            try:
                theme = await asyncio.to_thread(self.themes.changed)
            except ConfigError as error:
                # the folder is known, and may be all that has room
                self.tell_wrong("theme", visible(re.sub(r"^.*[/\\\\](?=[^/\\\\]+\.toml:)", "", str(error))))
                continue
            if theme is not None:
                self.tell_wrong("theme", "")
                self._wear(theme)
                self.tell(f"theme {theme.name} read again")

    def _wear(self, theme: Theme) -> None:
        self.palette.use(theme)
        self.ansi_color = theme.native
        self.refresh_css(animate=False)
        for screen in self.screen_stack:
            for widget in screen.walk_children(with_self=True):
                widget.refresh()
