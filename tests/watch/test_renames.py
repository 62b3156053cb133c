"""Who is who after names moved: the verdict, replayed over the record, is the disk."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass

from hypothesis import example, given, settings
from hypothesis import strategies as st

from fcm_tui.model import Capture, DiskState, FileRecord
from fcm_tui.paths import SEPARATOR
from fcm_tui.watch.renames import Arrival, Verdict, folder_moves, identify, top_folder

ROOT = b"r" * 16


def at(path: bytes) -> bytes:
    """A path as this system writes it."""
    return path.replace(b"/", SEPARATOR)


NAMES = [at(b"/r/a"), at(b"/r/b"), at(b"/r/c"), at(b"/r/d"), at(b"/r/x/a"), at(b"/r/x/b")]


@dataclass(frozen=True)
class Node:
    """What an inode holds."""

    content: bytes
    mtime_ns: int


World = dict[bytes, tuple[int, Node]]
"""Path to inode and what it holds."""


@st.composite
def worlds(draw: st.DrawFn) -> World:
    nodes = [
        Node(draw(st.sampled_from([b"", b"one", b"two", b"three"])), draw(st.integers(1, 3)))
        for _ in range(6)
    ]
    names = draw(st.lists(st.sampled_from(NAMES), unique=True))
    return {
        name: (number + 1, nodes[number])
        for name in names
        for number in [draw(st.integers(0, len(nodes) - 1))]
    }


def state_of(inode: int, node: Node) -> DiskState:
    return DiskState(len(node.content), node.mtime_ns, 0, inode, stat.S_IFREG | 0o644, 0, 0)


def digest_of(node: Node) -> bytes:
    return hashlib.sha256(node.content).digest()


def judged(before: World, after: World, *, similar: bool) -> Verdict:
    """What is decided between two looks at a disk."""
    records = {
        path: FileRecord(path, ROOT, path, digest_of(node), Capture.STORED, state_of(inode, node))
        for path, (inode, node) in before.items()
    }
    arrivals = [
        Arrival(path, ROOT, state_of(inode, node), digest_of(node), records.get(path))
        for path, (inode, node) in after.items()
        if before.get(path) != (inode, node)
    ]
    vanished = [record for path, record in records.items() if path not in after]
    return identify(
        vanished,
        arrivals,
        lambda record, arrival: similar,
        lambda lost, free: list(zip(lost, free, strict=False)) if similar else [],
    )


def replayed(before: World, verdict: Verdict) -> dict[bytes, bytes | None]:
    """Path to digest after the verdict: deletions, moves in their order, modifications, creations."""
    state: dict[bytes, bytes | None] = {path: digest_of(node) for path, (_, node) in before.items()}
    for record in verdict.deleted:
        del state[record.path]
    for record, arrival in verdict.moved:
        assert record.path != arrival.path
        assert state.pop(record.path) == record.digest
        assert arrival.path not in state, "moved over a file that is still there"
        state[arrival.path] = arrival.digest
    for record, arrival in verdict.modified:
        assert record.path == arrival.path
        assert state[record.path] == record.digest
        state[record.path] = arrival.digest
    for arrival in verdict.created:
        assert arrival.path not in state
        state[arrival.path] = arrival.digest
    return state


ONE, TWO = Node(b"one", 1), Node(b"two", 1)


@given(worlds(), worlds(), st.booleans())
@example(
    {at(b"/r/a"): (1, ONE), at(b"/r/b"): (2, TWO)}, {at(b"/r/a"): (2, TWO), at(b"/r/b"): (1, ONE)}, False
)
@example(
    {at(b"/r/a"): (1, ONE), at(b"/r/b"): (2, TWO)}, {at(b"/r/b"): (1, ONE), at(b"/r/c"): (2, TWO)}, False
)
@settings(max_examples=200, deadline=None)
def test_the_verdict_replays_to_the_disk(before: World, after: World, similar: bool) -> None:
    verdict = judged(before, after, similar=similar)
    assert replayed(before, verdict) == {path: digest_of(node) for path, (_, node) in after.items()}


@given(worlds(), st.permutations(NAMES))
@settings(max_examples=100, deadline=None)
def test_renames_alone_never_delete_or_create(before: World, permuted: list[bytes]) -> None:
    """However names are dealt out anew, each file is still there, and each but those in circles keeps its name's story."""
    target = dict(zip(NAMES, permuted, strict=True))
    single = {path: seen for path, seen in before.items() if _links(before, seen[0]) == 1}
    after = {target[path]: seen for path, seen in single.items()}
    verdict = judged(single, after, similar=True)
    assert len(verdict.deleted) == len(verdict.created)
    free = [path for path in after if path not in single]
    chains = {record.path for record, _ in verdict.moved}
    for path in free:  # a chain of renames ends at each free name: all of it are moves
        source = next(p for p in single if target[p] == path)
        while source in single:
            assert source in chains
            source = next((p for p in single if target[p] == source), b"")
    assert not verdict.deleted
    assert not verdict.created


def _links(world: World, inode: int) -> int:
    return sum(number == inode for number, _ in world.values())


def moves(verdict: Verdict) -> set[tuple[bytes, bytes]]:
    return {(record.path, arrival.path) for record, arrival in verdict.moved}


def test_a_rotation_moves_each_and_creates_the_newcomer() -> None:
    before: World = {at(b"/r/a"): (1, ONE), at(b"/r/b"): (2, TWO)}
    after: World = {at(b"/r/a"): (3, Node(b"three", 9)), at(b"/r/b"): (1, ONE), at(b"/r/c"): (2, TWO)}
    verdict = judged(before, after, similar=False)
    assert [(r.path, a.path) for r, a in verdict.moved] == [
        (at(b"/r/b"), at(b"/r/c")),
        (at(b"/r/a"), at(b"/r/b")),
    ]
    assert [a.path for a in verdict.created] == [at(b"/r/a")]


def test_a_save_by_rename_keeps_the_paths_own_identity() -> None:
    verdict = judged({at(b"/r/a"): (1, ONE)}, {at(b"/r/a"): (2, Node(b"three", 9))}, similar=False)
    assert [(r.path, a.path) for r, a in verdict.modified] == [(at(b"/r/a"), at(b"/r/a"))]


def test_a_save_through_a_recorded_temporary_is_one_modification() -> None:
    """The temporary was recorded, then renamed over the file: the file's story goes on, the temporary's ends."""
    before: World = {at(b"/r/a"): (1, ONE), at(b"/r/b"): (2, TWO)}
    verdict = judged(before, {at(b"/r/a"): (2, TWO)}, similar=True)
    assert [r.path for r, _ in verdict.modified] == [at(b"/r/a")]
    assert [r.path for r in verdict.deleted] == [at(b"/r/b")]


def test_a_reused_inode_with_other_content_is_another_file() -> None:
    verdict = judged({at(b"/r/a"): (1, ONE)}, {at(b"/r/b"): (1, Node(b"three", 9))}, similar=False)
    assert not verdict.moved
    assert [r.path for r in verdict.deleted] == [at(b"/r/a")]
    assert [a.path for a in verdict.created] == [at(b"/r/b")]


def test_a_reused_inode_with_the_old_content_is_another_file_where_the_path_has_one() -> None:
    before: World = {NAMES[0]: (1, Node(b"one", 1))}
    after: World = {NAMES[0]: (2, Node(b"two", 2)), NAMES[1]: (1, Node(b"one", 3))}
    verdict = judged(before, after, similar=True)
    assert [arrival.path for _, arrival in verdict.modified] == [NAMES[0]]
    assert [arrival.path for arrival in verdict.created] == [NAMES[1]]
    touched = judged(before, {NAMES[1]: (1, Node(b"one", 3))}, similar=True)
    assert [arrival.path for _, arrival in touched.moved] == [NAMES[1]]


def test_equal_content_under_another_inode_is_a_move_the_same_name_first() -> None:
    before: World = {at(b"/r/a"): (1, ONE), at(b"/r/b"): (2, ONE)}
    after: World = {at(b"/r/x/b"): (3, ONE), at(b"/r/x/a"): (4, ONE)}
    verdict = judged(before, after, similar=False)
    assert moves(verdict) == {(at(b"/r/a"), at(b"/r/x/a")), (at(b"/r/b"), at(b"/r/x/b"))}


def test_empty_files_are_not_paired_by_content() -> None:
    verdict = judged({at(b"/r/a"): (1, Node(b"", 1))}, {at(b"/r/b"): (2, Node(b"", 2))}, similar=False)
    assert not verdict.moved


def test_folder_moves_find_the_folder_that_moved() -> None:
    record = FileRecord(
        b"1", ROOT, os.path.join(at(b"/r"), b"old", b"d", b"f"), None, Capture.NONE, state_of(1, ONE)
    )
    arrival = Arrival(os.path.join(at(b"/r"), b"new", b"d", b"f"), ROOT, state_of(1, ONE), None, None)
    found = folder_moves([(record, arrival)], [at(b"/r/old"), at(b"/r/old/d")])
    assert found == {b"1": (at(b"/r/old"), at(b"/r/new"))}
    assert folder_moves([(record, arrival)], []) == {}


def test_the_top_of_what_vanished() -> None:
    gone = frozenset([at(b"/r/a"), at(b"/r/a/b")])
    assert top_folder(at(b"/r/a/b/f"), gone) == at(b"/r/a")
    assert top_folder(at(b"/r/c/f"), gone) is None
