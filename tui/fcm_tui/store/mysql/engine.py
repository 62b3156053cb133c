"""The team's database as readers have it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from pymysql import err

from fcm_tui.errors import FcmError, StoreError
from fcm_tui.settings.database import Server
from fcm_tui.store.mysql.failures import code_of, is_denied, words
from fcm_tui.store.mysql.schema import FIRST_VERSION, HOLDS_FIRST_VERSION, STEPS
from fcm_tui.store.mysql.synchronous import ServerConnection
from fcm_tui.store.reading.engine import OnDisk
from fcm_tui.store.reading.patience import Abandoned

_SIZE = (
    "SELECT coalesce(sum(data_length + index_length), 0), coalesce(sum(data_free), 0) FROM information_schema.tables"
    " WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'"
)
_STATE = (
    "SELECT (SELECT count(*) FROM reviews), (SELECT coalesce(max(time_ns), 0) FROM reviews),"
    " (SELECT count(*) FROM gaps WHERE to_ns IS NULL), (SELECT count(*) FROM gaps), (SELECT count(*) FROM roots)"
)
ANSWER_SECONDS = 10.0
"""In which a server tells whether there is something new; what it has to look for may take it longer."""
_NO_TABLE = 1146


class ServerEngine:
    """One connection, and what a reader asks of it beside rows."""

    texts = None

    def __init__(self, server: Server) -> None:
        """
        Raises:
            StoreError: no host answers, or there is nothing that this program can read.
        """
        self.address = server.address
        with self.translated():
            try:
                self.connection = ServerConnection(server)
            except OSError as error:
                raise err.OperationalError(*error.args) from error
            try:
                self._check()
            except BaseException:
                self.connection.close()
                raise

    def _check(self) -> None:
        try:
            step = self.connection.execute("SELECT MAX(step) FROM schema_steps").fetchone()
        except err.MySQLError as error:
            if code_of(error) != _NO_TABLE:
                raise
            step = None
        if step is None or step[0] is None:
            if self.connection.execute(FIRST_VERSION).fetchone():
                raise StoreError(f"{self.address}: {HOLDS_FIRST_VERSION}")
            raise StoreError(
                f"{self.address}: nothing was sent there yet: `fcm-tui database init` makes the tables,"
                " and a recorder with this --database fills them"
            )
        if step[0] > len(STEPS):
            raise StoreError(
                f"{self.address}: it was written by a newer fcm-tui (schema {step[0]}, this program knows {len(STEPS)}):"
                " upgrade fcm-tui"
            )
        if step[0] < len(STEPS):
            raise StoreError(
                f"{self.address}: its tables are those of an earlier fcm-tui (schema {step[0]}, this program reads"
                f" {len(STEPS)}): `fcm-tui database upgrade` brings them up, with an account that may"
            )

    def close(self) -> None:
        self.connection.close()

    def interrupt(self) -> None:
        """As `ServerConnection.interrupt`."""
        self.connection.interrupt()

    def until(self, unwanted: Callable[[], bool]) -> AbstractContextManager[None]:
        """As `ServerConnection.until`."""
        return self.connection.until(unwanted)

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Around reading: what goes wrong is told in a line.

        Raises:
            StoreError: the server is lost, refuses, or has a row that does not hold what belongs there.
        """
        try:
            yield
        except (FcmError, Abandoned):
            raise
        except err.MySQLError as error:
            what = "ask for the right to read it" if is_denied(error) else "mend that, and try again"
            raise StoreError(f"{self.address}: {words(error)}: {what}") from error
        except (TypeError, ValueError, ArithmeticError, AttributeError, LookupError) as error:
            raise StoreError(
                f"{self.address}: a row there has a value that does not belong there ({error}):"
                " `fcm-tui verify` with the same --database says which"
            ) from error

    def version(self) -> object:
        """Something that differs once anybody has written there. A server that does not answer is soon lost."""
        with self.connection.patience(ANSWER_SECONDS):
            return self._version()

    def _version(self) -> object:
        heads = self.connection.execute(
            # As max() it would go through all of a recorder's changes.
            "SELECT r.recorder_id, (SELECT c.sequence FROM changes c WHERE c.recorder_id = r.recorder_id"
            " ORDER BY c.sequence DESC LIMIT 1) FROM recorders r ORDER BY r.recorder_id"
        ).fetchall()
        return tuple(heads), self.connection.execute(_STATE).fetchone()

    def on_disk(self) -> OnDisk:
        """About how much the server's tables take."""
        size, free = self.connection.execute(_SIZE).fetchone() or (0, 0)
        return OnDisk(int(size), int(free), 0)
