"""How the log reads: what takes long, as a filter is in force, in a thread of its own and only as long as it is wanted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from fcm_tui.model import Change
from fcm_tui.review.log.pages import PAGE, Reach
from fcm_tui.review.source import Record, Source, reader_of
from fcm_tui.settings.database import Server
from fcm_tui.store import reviews
from fcm_tui.store.reading.changes import Key, Where, key_of, place_of
from fcm_tui.store.reading.engine import Place
from fcm_tui.store.reading.filters import Filters
from fcm_tui.store.reading.patience import Abandoned

T = TypeVar("T")
BATCH = 1000
"""New rows that are taken in one go; one page of them is read in about a millisecond."""


class Opening(NamedTuple):
    """The newest page, and what tells where all others begin."""

    rows: Sequence[Change]
    total: int | None
    oldest: Change | None
    newest: Reach | None
    """Of the whole record, filtered or not."""


@dataclass(frozen=True, slots=True)
class Marked:
    """What became of changes that were to be marked."""

    reviewed: bool
    """What they are now, but for those that were kept."""
    count: int
    """Rows of reviews that were written or taken away."""
    kept: int = 0
    """Changes that stay reviewed, as there is a note on them or a pin."""


class Notes(NamedTuple):
    """What somebody noted on some changes."""

    common: str
    """What stands on all that have a note; empty where that differs."""
    number: int
    """Of changes with a note."""


class LogReading:
    """Reads for one log. The filter that was wanted last is the one that is read for."""

    def __init__(self, database: Place) -> None:
        self._database = database
        self.is_of_team = isinstance(database, Server)
        """The team's database is read, and not one recorder's own record."""
        self._source = Source(database)
        self._searching = Source(database)
        self.wanted = Filters()

    async def _read(self, filters: Filters, work: Callable[[Record], T]) -> T:
        """
        Raises:
            Abandoned: another filter is wanted by now.
            StoreError: the record cannot be read.
        """
        if not filters.terms:
            return await self._source.call(work)

        def is_unwanted() -> bool:
            return self.wanted is not filters

        def patient(record: Record) -> T:
            if is_unwanted():
                raise Abandoned
            with record.until(is_unwanted):
                return work(record)

        return await self._searching.call(patient)

    async def open(self, filters: Filters) -> Opening:
        """The newest page of a filter, which is the one that is wanted from now on."""
        self.wanted = filters

        def first(record: Record) -> Opening:
            if record.is_server:
                reach = record.newest()
                return Opening(_within(record, filters, reach), None, None, reach)
            newest = record.log(limit=1)
            seen = key_of(newest[0]) if newest else None
            rows = record.log(filters, limit=PAGE)
            if rows:
                seen = max(key_of(rows[0]), seen or key_of(rows[0]))
            if filters != Filters() or len(rows) < PAGE:
                return Opening(rows, None, None, seen)
            oldest = record.log(filters, limit=1, reverse=True)
            return Opening(rows, record.count(), oldest[0] if oldest else None, key_of(rows[0]))

        return await self._read(filters, first)

    async def newer(self, filters: Filters, than: Reach | None) -> tuple[list[Change], Reach | None]:
        """Changes that came since, `BATCH` at a time, the oldest first, and how far the record was looked at."""

        def read(record: Record) -> tuple[list[Change], Reach | None]:
            if isinstance(than, dict):
                return record.arrived(filters, than, BATCH)
            newest = record.log(limit=1)
            rows = record.log(filters, limit=BATCH, after=than, reverse=True)
            if rows and (len(rows) == BATCH or not newest):
                return rows, key_of(rows[-1])
            seen = [key_of(change) for change in (*newest, *rows[-1:])]
            return rows, max(seen) if seen else than

        return await self._read(filters, read)

    async def older(
        self, filters: Filters, than: Key | None, is_wanted: Callable[[], bool] = lambda: True
    ) -> list[Change] | None:
        """A page before a key; None where, when its turn comes, it is not wanted any more."""
        return await self._read(
            filters, lambda record: record.log(filters, limit=PAGE, before=than) if is_wanted() else None
        )

    async def count(self, filters: Filters) -> int:
        """How many changes a filter lets through."""
        return await self._read(filters, lambda record: record.found(filters))

    async def extent(self, filters: Filters) -> tuple[Where | None, int]:
        """Where the newest change stands that a filter lets through, and how many there are."""

        def read(record: Record) -> tuple[Where | None, int]:
            newest = record.log(filters, limit=1)
            return (place_of(newest[0]), record.found(filters)) if newest else (None, 0)

        return await self._searching.call(read)

    async def next_unreviewed(self, filters: Filters, below: Key | None) -> Key | None:
        """The next change that nobody has reviewed, older than `below`."""
        left = filters._replace(unreviewed=True)

        def read(record: Record) -> Key | None:
            found = record.log(left, limit=1, before=below)
            return key_of(found[0]) if found else None

        return await self._searching.call(read)

    async def review(
        self, filters: Filters, newest: Where, oldest: Where, *, note: str | None, undo: bool | None
    ) -> Marked:
        """Mark what a filter lets through between two places, both included, as reviewed, or not after all.

        Args:
            undo: None for whichever is not so yet: reviewed, unless all of them are.
        """

        def write(record: Record) -> Marked:
            found = _between(record, filters, newest, oldest)
            takes_back = all(change.reviewed for change in found) if undo is None else undo
            keys = [key_of(change) for change in found]
            if not takes_back:
                return Marked(True, reviews.mark(self._database, keys, note=note))
            count = reviews.unmark(self._database, keys, keep=True)
            is_less = count < len(keys)
            return Marked(False, count, reviews.kept(reader_of(record).connection, keys) if is_less else 0)

        return await self._searching.call(write)

    async def notes_of(self, filters: Filters, newest: Where, oldest: Where) -> Notes:
        """What whoever sits here noted on what a filter lets through between two places, both included."""

        def read(record: Record) -> Notes:
            changes = map(key_of, _between(record, filters, newest, oldest))
            found = reviews.notes_of(reader_of(record).connection, changes)
            return Notes(found[0] if len(set(found)) == 1 else "", len(found))

        return await self._searching.call(read)

    async def reviewed(
        self, seen: reviews.State | None, pages: list[list[Key]]
    ) -> tuple[reviews.State, set[Key] | None, set[Key]]:
        """How the reviews stand, and which changes of some pages are reviewed; None where they stand as `seen`.

        With them those that have a note, of all changes.
        """

        def read(record: Record) -> tuple[reviews.State, set[Key] | None, set[Key]]:
            connection = reader_of(record).connection
            now = reviews.state(connection)
            if now == seen:
                return now, None, set()
            found = {key for page in pages for key in reviews.reviewed_of(connection, page)}
            return now, found, reviews.noted(connection)

        return await self._source.call(read)

    async def let_go(self) -> None:
        """As `Source.let_go`."""
        await self._source.let_go()
        await self._searching.let_go()

    async def close(self) -> None:
        """End the threads that read."""
        await self._source.close()
        await self._searching.close()


def _between(record: Record, filters: Filters, newest: Where, oldest: Where) -> list[Change]:
    """What a filter lets through between two places, both included."""
    after = oldest.key if oldest.sequence else None
    return record.log(filters, limit=None, before=newest.key, after=after, inclusive=True)


def _within(record: Record, filters: Filters, reach: dict[bytes, int]) -> list[Change]:
    """A page of what was there: what came since comes behind it, all of it, and not some of it here."""
    rows: list[Change] = []
    before: Key | None = None
    while (left := PAGE - len(rows)) > 0:
        page = record.log(filters, limit=left, before=before)
        rows += [change for change in page if change.sequence <= reach.get(change.recorder_id, 0)]
        if len(page) < left:
            break
        before = key_of(page[-1])
    return rows
