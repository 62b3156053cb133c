"""One piece of work on the team's database, outside of any event loop: what a command or a test of the way there does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from fcm_tui.errors import ServerRefused, UsageError
from fcm_tui.settings.database import Server

if TYPE_CHECKING:
    from ssl import SSLContext

    from fcm_tui.store.mysql.connection import Connection

T = TypeVar("T")


def run_with(server: Server, work: Callable[[Connection], Awaitable[T]], *, database: bool = True) -> T:
    """What `work` makes of a connection to the first host that answers.

    Raises:
        ServerRefused: none can be used; the text says why.
    """
    import asyncio

    from fcm_tui.store.mysql.connection import connect, trust
    from fcm_tui.store.mysql.failures import code_of, words
    from fcm_tui.store.mysql.password import read_password

    async def tried(password: str, context: SSLContext | None) -> T:
        for number, host in enumerate(server.hosts, 1):
            try:
                connection = await connect(server, host, password, context=context, database=database)
            except (OSError, TimeoutError):
                if number == len(server.hosts):
                    raise
                continue
            except Exception as error:
                if number == len(server.hosts) or code_of(error) not in (2003, 2013):
                    raise
                continue
            try:
                return await work(connection)
            finally:
                connection.close()
        raise AssertionError("a server has a host")

    try:
        return asyncio.run(tried(read_password(server), trust(server)))
    except UsageError:
        raise
    except Exception as error:
        raise ServerRefused(f"{server.address}: {words(error)}: mend that, and try again") from error
