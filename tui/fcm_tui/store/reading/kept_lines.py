"""The changed lines of a change as the record keeps them: to be shown without the contents around them."""

from __future__ import annotations

from fcm_tui.model import Change, Hunk
from fcm_tui.store.reading.dialect import Connection, dialect_of
from fcm_tui.store.sealing.sealer import opener

KeptHunk = tuple[Hunk, str, str]
"""A hunk, its lines before the change and after it; those of very long ones are cut."""


def kept_hunks(connection: Connection, change: Change, characters: int) -> list[KeptHunk]:
    """The first hunks of a change, as many as have so many characters, and one at least.

    Raises:
        ContentSealed: they are encrypted, and the key is not there.
    """
    found: list[KeptHunk] = []
    dialect = dialect_of(connection)
    rows = connection.execute(
        "SELECT old_start, old_count, new_start, new_count, digest,"
        f" {dialect.lines}"
        " FROM change_differences JOIN differences d ON digest = difference_digest"
        " WHERE recorder_id = ? AND sequence = ? ORDER BY ordinal",
        (change.recorder_id, change.sequence),
    )
    for row in rows:
        hunk, digest = Hunk(*row[:4]), row[4]
        affected, replaced = dialect.sides(row[5:])
        texts = []
        for side, lines in (("affected", affected), ("replaced", replaced)):
            sealed = isinstance(lines, bytes)
            texts.append(opener(connection).open_lines(digest, side, lines) if sealed else lines or "")
        old, new = (texts[1], texts[0]) if hunk.new_count else (texts[0], "")
        found.append((hunk, old, new))
        characters -= len(old) + len(new)
        if characters < 0:
            break
    return found
