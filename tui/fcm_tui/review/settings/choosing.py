"""Which folder to record: it is picked, and what recording it would take is shown before it counts."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from textual.screen import ModalScreen

from fcm_tui.review.look.theme import Palette
from fcm_tui.review.settings.picking import PickScreen, folders_at
from fcm_tui.review.settings.previewing import PreviewScreen, look_of
from fcm_tui.safetext import visible
from fcm_tui.settings.database import Server
from fcm_tui.settings.draft import Draft


class Folders:
    """Asks for a folder with the screens that there are for that."""

    def __init__(
        self,
        palette: Palette,
        database: Path | Server,
        ask: Callable[[ModalScreen[Any]], Awaitable[Any]],
    ) -> None:
        self._palette = palette
        self._own_file = os.fsencode(database) if isinstance(database, Path) else b""
        """What is not recorded wherever it lies; empty for a server."""
        self._ask = ask

    async def chosen(self, draft: Draft, begin: str) -> str | None:
        """The folder that is wanted, without links, None for none. Out of its preview the choice goes on where it was."""
        folder: str | None
        while (folder := await self._ask(PickScreen(self._palette, begin, folders_at))) is not None:
            path: str = await asyncio.to_thread(os.path.realpath, folder)
            if await self._preview(draft, path, is_new=True):
                return path
            begin = folder if visible(folder) == folder else begin
        return None

    async def previewed(self, draft: Draft, path: str) -> None:
        """Show what recording a folder takes that is recorded already."""
        await self._preview(draft, path, is_new=False)

    async def _preview(self, draft: Draft, path: str, *, is_new: bool) -> bool:
        root = os.fsencode(path)
        look = look_of(draft, root, self._own_file)
        return bool(await self._ask(PreviewScreen(self._palette, root, look, is_new=is_new)))
