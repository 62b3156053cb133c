"""Plans for a file or a folder as it was at a moment."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from fcm_tui.errors import BeforeRecord, NoSuchChange
from fcm_tui.paths import SEPARATOR, is_inside, join
from fcm_tui.restore.plan import Action, Plan, Step, base_of, bring_back, kept_only, write
from fcm_tui.restore.versions import into
from fcm_tui.safetext import visible_path
from fcm_tui.store.reading import past
from fcm_tui.store.reading.past import Version
from fcm_tui.store.reading.queries import Reader

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def plan_folder(
    reader: Reader,
    path: bytes,
    at_ns: int,
    *,
    last: int | None = None,
    to: bytes | None = None,
    recorder_id: bytes | None = None,
) -> Plan:
    """A file or folder as it was: what is gone comes back, what changed is reverted, what came since is removed.

    Files that were moved inside it since are moved back. A file that left it is written anew, and
    left alone where it is now. Many changes share a moment: `last` is the number of the last that had happened, where
    that is known. With `to` (absolute) all is written below that folder, and nothing removed. `recorder_id` says whose
    path it is, where several recorders share a database.

    Raises:
        NoSuchChange: the path was not recorded then, or nobody says by whom.
    """
    if recorder_id is None:
        own = reader.recorder()
        recorder_id = own.recorder_id if own else _whose(reader, path) if reader.is_server else b""
    _refuse_unrecorded(reader, path, at_ns, recorder_id)
    now = past.all_present(reader.connection, path, recorder_id)
    then = past.all_then(reader.connection, recorder_id, path, at_ns, now, last)
    if not now and not then:
        raise NoSuchChange(
            f"{visible_path(path)}: nothing is recorded there, then or now; `fcm-tui log` shows what is"
        )
    if to is not None:
        return _plan_copy(reader, path, then, to)
    # A watched folder inside another is a base of its own.
    roots = [root.path for root in reader.roots() if root.active and is_inside(root.path, path)]
    outer = base_of(reader, path) if path not in roots else path

    def base(target: bytes) -> bytes:
        return max((r for r in roots if target != r and is_inside(target, r)), key=len, default=outer)

    return back_to(reader, now, then, base, path)


def back_to(
    reader: Reader,
    now: dict[bytes, Version],
    then: dict[bytes, Version],
    base: Callable[[bytes], bytes],
    top: bytes | None,
) -> Plan:
    """What turns the files `now` into those of `then`, both by path; files in neither stay as they are.

    Args:
        reader: the record.
        now: where and what they are.
        then: where and what they shall be.
        base: the recorded folder above a path of either.
        top: as a plan has it.
    """
    steps: list[Step] = []
    moved = _moves(now, then, base)
    for target, version in then.items():
        here = now.get(target)
        if target in moved:
            here = moved[target]
            steps.append(
                Step(Action.MOVE, base(target), target, source=here.path, digest=here.digest, size=here.size)
            )
        steps += bring_back(base(target), target, version, here)
    sources = {version.path for version in moved.values()}
    steps += [Step(Action.REMOVE, base(at), at) for at in now if at not in then and at not in sources]
    steps, missing = kept_only(reader, steps, then)
    return Plan.of(steps, missing, top=top)


def _plan_copy(reader: Reader, path: bytes, then: dict[bytes, Version], to: bytes) -> Plan:
    if path in then:
        target = into(to, path)
        targets = {path: (base_of(reader, target), target)}
    else:
        cut = len(join(path, b""))
        targets = {at: (to, join(to, at[cut:])) for at in then}
    steps = [write(*targets[at], version, own=False) for at, version in then.items()]
    lacking = {targets[at][1]: version for at, version in then.items()}
    kept, missing = kept_only(reader, steps, lacking)
    return Plan.of(kept, missing)


def _moves(
    now: dict[bytes, Version], then: dict[bytes, Version], base: Callable[[bytes], bytes]
) -> dict[bytes, Version]:
    """Files to be moved: where to, and what is to be moved. Only where no other file is in the way of the move."""
    where = {version.file_id: version for version in now.values()}
    paths = sorted(now)
    found = {}
    for target, version in then.items():
        here = where.get(version.file_id)
        if (
            here is None
            or target in now
            or here.path in then
            or base(here.path) != base(target)
            or _is_in_the_way(target, now, paths)
        ):
            continue
        found[target] = here
    return found


def _is_in_the_way(target: bytes, now: dict[bytes, Version], paths: list[bytes]) -> bool:
    """A file stands where a folder above the target has to be, or files in a folder where the target has to be."""
    inside = join(target, b"")
    at = bisect_left(paths, inside)
    if at < len(paths) and paths[at].startswith(inside):
        return True
    parent = target.rpartition(SEPARATOR)[0]
    while parent:
        if parent in now:
            return True
        parent = parent.rpartition(SEPARATOR)[0]
    return False


def _whose(reader: Reader, path: bytes) -> bytes:
    """The only recorder that can be meant; empty where nobody has the path."""
    having = reader.recorders_of(path)
    if len(having) > 1:
        called = reader.names()
        hosts = " or ".join(f"--host {called[one]}" for one in having[:2])
        raise NoSuchChange(f"{visible_path(path)}: several hosts have files there: say whose, as in {hosts}")
    return having[0] if having else b""


def _refuse_unrecorded(reader: Reader, path: bytes, at_ns: int, recorder_id: bytes) -> None:
    roots = [root for root in reader.roots() if root.recorder_id == recorder_id]
    above = [root for root in roots if is_inside(path, root.path)]
    if not above:
        raise NoSuchChange(f"{visible_path(path)}: is in no recorded folder; `fcm-tui status` lists those")
    begun = max(above, key=lambda root: (root.active, len(root.path)))
    for root in [begun, *(r for r in roots if r.active and is_inside(r.path, path))]:
        if root.baseline_ns is None:
            raise NoSuchChange(
                f"{visible_path(root.path)}: its first recording is not complete yet: try again later"
            )
        if at_ns < root.baseline_ns:
            # Rounded up, so that the moment that is told is one that can be given.
            since = (_EPOCH + timedelta(microseconds=-(-root.baseline_ns // 1000))).strftime(
                "%Y-%m-%dT%H:%M:%S.%fZ"
            )
            raise BeforeRecord(
                f"{visible_path(root.path)}: the record of it reaches back to {since}, not further",
                root.path,
                root.baseline_ns,
            )
