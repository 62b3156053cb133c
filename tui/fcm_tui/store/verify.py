"""Whether a record holds together: the chain, every difference, every content, every mapping."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fcm_tui.store import chain
from fcm_tui.store.contents_audit import audit
from fcm_tui.store.queries import Reader


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that does not hold."""

    what: str
    """`chain`, `difference`, `content` or `mapping`."""
    where: str
    """Which one: `change 12`, `sha256:…`."""
    problem: str


def verify(reader: Reader, progress: Callable[[int, int], None] | None = None) -> Iterator[Problem]:
    """Everything that does not hold, as it is found, in one snapshot of the record."""
    reader.connection.execute("BEGIN")
    try:
        yield from _chains(reader)
        yield from _differences(reader)
        for digest, problem in audit(reader.connection, max_bytes=1 << 30, progress=progress):
            yield Problem("content", f"sha256:{digest.hex()}", problem)
        yield from _mappings(reader)
    finally:
        reader.connection.execute("ROLLBACK")


def _chains(reader: Reader) -> Iterator[Problem]:
    connection = reader.connection
    columns = ", ".join(chain.CHAINED_COLUMNS)
    for (recorder_id,) in connection.execute("SELECT DISTINCT recorder_id FROM changes").fetchall():
        hunks = connection.execute(
            "SELECT sequence, difference_digest, old_start, old_count, new_start, new_count FROM change_differences"
            " WHERE recorder_id = ? ORDER BY sequence, ordinal",
            (recorder_id,),
        )
        ahead = hunks.fetchone()
        expected, previous = 0, chain.start(recorder_id)
        for chain_hash, *row in connection.execute(
            f"SELECT chain_hash, {columns} FROM changes WHERE recorder_id = ? ORDER BY sequence",
            (recorder_id,),
        ):
            sequence = row[0]
            expected += 1
            if sequence != expected:
                last = sequence - 1
                missing = f"change {expected}" if last == expected else f"changes {expected} to {last}"
                yield Problem("chain", missing, "missing: removed from the record")
                expected = sequence
            own = []
            while ahead is not None and ahead[0] <= sequence:
                if ahead[0] == sequence:
                    own.append(tuple(ahead[1:]))
                else:
                    yield Problem("chain", f"change {ahead[0]}", "has hunks, but is not in the record")
                ahead = hunks.fetchone()
            if chain.link(previous, row, own) != chain_hash:
                yield Problem(
                    "chain", f"change {sequence}", "it, its hunks or the change before it were altered"
                )
            previous = chain_hash
        if ahead is not None:
            yield Problem("chain", f"change {ahead[0]}", "has hunks, but is not in the record")


def _differences(reader: Reader) -> Iterator[Problem]:
    rows = reader.connection.execute(
        "SELECT digest, operation, affected_lines, replaced_lines FROM differences"
    )
    for digest, operation, affected, replaced in rows:
        if not isinstance(affected, str) or chain.difference_digest(operation, affected, replaced) != digest:
            yield Problem("difference", digest.hex(), "its lines were altered")
    for sequence, digest in reader.connection.execute(
        "SELECT l.sequence, l.difference_digest FROM change_differences l"
        " LEFT JOIN differences d ON d.digest = l.difference_digest WHERE d.digest IS NULL"
    ):
        yield Problem("difference", f"change {sequence}", f"its difference {digest.hex()} is missing")


def _mappings(reader: Reader) -> Iterator[Problem]:
    run = reader.connection.execute
    for digest, backup in run(
        "SELECT b.digest, b.backup_file FROM backup_paths b LEFT JOIN contents c ON c.digest = b.digest AND c.chunk = 0"
        " WHERE c.digest IS NULL OR b.backup_file <> 'sha256:' || lower(hex(b.digest))"
    ):
        yield Problem("mapping", str(backup), f"leads to no content of sha256:{digest.hex()}")
    for sequence, digest in run(
        "SELECT c.sequence, c.after_digest FROM changes c LEFT JOIN backup_paths b ON b.recorder_id = c.recorder_id"
        " AND b.file_id = c.file_id AND b.digest = c.after_digest"
        " WHERE c.capture = 'stored' AND c.after_digest IS NOT NULL AND b.digest IS NULL"
    ):
        yield Problem("mapping", f"change {sequence}", f"its version sha256:{digest.hex()} has no backup")
