"""What the keys for the program itself do: the palette of all actions, the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widget import Widget

from fcm_tui.review.file_keys import FileKeys

if TYPE_CHECKING:
    from fcm_tui.review.parts.palette import Command


class ProgramKeys(FileKeys):
    """The part of the app that these keys call."""

    def action_commands(self) -> None:
        from fcm_tui.review.parts.palette import CommandPalette, commands

        def chosen(command: Command | None) -> None:
            if command is not None:
                self.call_after_refresh(self._run, command)  # when the keyboard is back where it was

        self.push_screen(CommandPalette(self.palette, commands(self.screen)), chosen)

    async def _run(self, command: Command) -> None:
        if not command.is_live and isinstance(command.node, Widget):
            command.node.focus()
        await self.run_action(command.key.action, command.node)
