"""Files that never changed: no change speaks of them, and a folder as it was needs them all the same.

They go in the order of their ids, behind the changes; the server keeps up to which one it has them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

from fcm_tui.ship.outbox import Files, Outbox
from fcm_tui.ship.sender import Contents, Sender
from fcm_tui.ship.signing_in import InThread
from fcm_tui.ship.tables import CONTENTS, FILES, VERSIONS
from fcm_tui.store.mysql.literals import literal


class Unchanged:
    """How far they were sent."""

    def __init__(
        self,
        sender: Sender,
        outbox: Outbox,
        in_thread: InThread,
        send_contents: Callable[[Collection[bytes]], Awaitable[Contents]],
    ) -> None:
        """`send_contents` brings contents to the server, with all that they need, but for the last rows."""
        self._sender = sender
        self._outbox = outbox
        self._in_thread = in_thread
        self._send_contents = send_contents
        self._to: bytes | None = None

    async def send_some(self) -> bool:
        """Send the next ones; whether there may be more.

        Raises:
            As `Sender.send`.
        """
        me = literal(self._outbox.recorder_id)
        if self._to is None:
            rows = await self._sender.connection.rows(
                b"SELECT files_to FROM recorders WHERE recorder_id = %b" % me
            )
            self._to = bytes(rows[0][0]) if rows else b""
        after = self._to
        found: Files | None = await self._in_thread(lambda: self._outbox.unchanged(after))
        if found is None:
            return False
        if found.files:
            contents = await self._send_contents(found.contents)
            await self._sender.transaction(
                [(CONTENTS, contents.rows), (FILES, found.files), (VERSIONS, found.versions)],
                b"UPDATE recorders SET files_to = %b WHERE recorder_id = %b" % (literal(found.last), me),
            )
            self._sender.contents.add(contents.digests)
        self._to = found.last
        return True
