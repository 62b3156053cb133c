"""The blocks that lead from three letters to changes: sent once all that is in them is there, and where nobody waits."""

from __future__ import annotations

from fcm_tui.ship.outbox import Outbox
from fcm_tui.ship.sender import Sender
from fcm_tui.ship.signing_in import InThread
from fcm_tui.ship.tables import LINE_BLOCKS, Row
from fcm_tui.store.line_blocks import CHANGES, MARK
from fcm_tui.store.mysql.failures import is_denied
from fcm_tui.store.mysql.literals import literal


class LineBlocks:
    """How far they were sent through one connection."""

    def __init__(self, sender: Sender, outbox: Outbox, in_thread: InThread) -> None:
        self._sender = sender
        self._outbox = outbox
        self._in_thread = in_thread
        self._next: int | None = None
        self._is_left = False

    def forget(self) -> None:
        """Somebody else may have sent some: ask again."""
        self._next = None

    async def send_some(self, position: int) -> bool:
        """Send the next block, if the changes up to `position` fill it; whether there may be more.

        An account that may not send them sends none: texts are found without them, if slowly.

        Raises:
            As `Sender.send`.
        """
        if self._is_left or position < ((self._next or 0) + 1) * CHANGES:
            return False
        try:
            if self._next is None:
                self._next = await self._there()
                return True
            block = self._next
            rows: list[Row] | None = await self._in_thread(lambda: self._outbox.line_block(block))
            self._is_left = rows is None
            if rows is not None:
                await self._sender.insert([(LINE_BLOCKS, rows)])
                self._next = block + 1
        except Exception as error:
            if not is_denied(error):
                raise
            await self._sender.connection.run("ROLLBACK")
            self._is_left = True
        return not self._is_left

    async def _there(self) -> int:
        """How many blocks there are."""
        rows = await self._sender.connection.rows(
            b"SELECT MAX(block) FROM line_blocks WHERE recorder_id = %b AND bucket = %d"
            % (literal(self._outbox.recorder_id), MARK)
        )
        return 0 if rows[0][0] is None else int(rows[0][0]) + 1
