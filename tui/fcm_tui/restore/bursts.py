"""Plans that undo many changes at once: a checkout, an install, a build."""

from __future__ import annotations

import os
from collections.abc import Sequence

from fcm_tui.model import Change
from fcm_tui.restore.moments import back_to
from fcm_tui.restore.plan import Plan, base_of
from fcm_tui.restore.versions import refuse_foreign
from fcm_tui.store.reading import past
from fcm_tui.store.reading.past import Version
from fcm_tui.store.reading.queries import Reader


def plan_changes(reader: Reader, changes: Sequence[Change]) -> Plan:
    """The files of these changes, oldest first, as they were before the first of them; other files stay as they are.

    What they created is removed, what they deleted comes back, what they moved is moved back.

    Raises:
        RestoreRefused: a change belongs to another machine.
    """
    connection = reader.connection
    firsts: dict[bytes, Change] = {}
    for change in changes:
        refuse_foreign(reader, change)
        firsts.setdefault(change.file_id, change)
    then: dict[bytes, Version] = {}
    now: dict[bytes, Version] = {}
    for file_id, first in firsts.items():
        version, here = past.before(connection, first), past.present_file(connection, file_id)
        if version is not None:
            then[version.path] = version
        if here is not None:
            now[here.path] = here
    for path in then:
        stands = past.present(connection, path)
        if stands is not None:
            now[path] = stands
    folders = {os.path.dirname(path) for path in (*then, *now)}
    bases = {folder: base_of(reader, os.path.join(folder, b"x")) for folder in folders}
    roots = set(bases.values())
    return back_to(
        reader, now, then, lambda path: bases[os.path.dirname(path)], roots.pop() if len(roots) == 1 else None
    )
