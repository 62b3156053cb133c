"""The watched directories as a tree, with the number of files and of changes in each folder."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.segment import Segment
from textual import work
from textual.events import Key
from textual.message import Message
from textual.strip import Strip

from fcm_tui.errors import StoreError
from fcm_tui.model import Kind
from fcm_tui.review import keys, wording
from fcm_tui.review.key_names import as_read
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.cursor_view import CursorView
from fcm_tui.review.parts.said import Refused
from fcm_tui.review.source import Record, Source, reader_of
from fcm_tui.safetext import visible, visible_path
from fcm_tui.store.reading.activity import lately
from fcm_tui.store.reading.recorders import names as names_of
from fcm_tui.store.reading.recorders import whose
from fcm_tui.store.reading.results import FolderEntry, RecorderInfo, RootSummary

_NUMBER = 6
"""Cells of a number where there is room."""


@dataclass(slots=True)
class Node:
    """A folder or file in the tree."""

    recorder_id: bytes
    root_id: bytes
    path: bytes
    label: str
    depth: int
    is_folder: bool
    files: int
    changes: int
    host: str = ""
    """On which it is, as filters take it, where there are several; two may have the same paths."""
    on: str = ""
    """What people are told that is."""
    reviewed: int = 0
    """Of the changes, those that somebody has reviewed."""
    active: bool = True
    """A root of an earlier run, that is not watched now, is not."""
    is_open: bool = False
    children: list[Node] = field(default_factory=list)

    @property
    def key(self) -> tuple[bytes, bytes]:
        """What it is known by."""
        return self.root_id, self.path

    @property
    def is_gone(self) -> bool:
        """A file that is deleted, or a folder of such; a root never counts as one."""
        return self.depth > 0 and not self.files


class DirectoryTree(CursorView):
    """Roots, opened folder by folder; what is open is read again when something changed."""

    BINDINGS = keys.bindings(keys.LIST, keys.TREE)

    class Chosen(Message):
        """Show only what happened at or below a path, on one host where that is told; everything where there is none."""

        def __init__(self, path: bytes | None, host: str, on: str) -> None:
            """`host` as filters take it, `on` as people are told it."""
            super().__init__()
            self.path, self.host, self.on = path, host, on

    class Resized(Message):
        """There is room for other columns."""

    def __init__(self, palette: Palette, source: Source, *, id: str) -> None:
        super().__init__(palette, id=id)
        self._source = source
        self._roots: list[Node] = []
        self.whose: dict[bytes, str] = {}
        """What people are told each recorder is, where there are several."""
        self.has_namesakes = False
        """Several recorders have hosts of one name."""
        self._rows: list[Node] = []
        self._loaded = self._is_unread = False
        self._lately: dict[tuple[bytes, bytes], int] = {}
        self._shows_deleted = False
        self.chosen: bytes | None = None
        self._chosen_host = ""
        self._digits = 0
        """Cells of the longest number of changes in sight and the blank before it; 0 where there are none."""

    @property
    def total(self) -> int:
        return len(self._rows)

    @property
    def root_count(self) -> int:
        return len(self._roots)

    @property
    def is_inbox(self) -> bool:
        """Whether changes are reviewed here: then those that nobody has reviewed are counted, not all."""
        return any(root.reviewed for root in self._roots)

    @property
    def wide(self) -> bool:
        """Whether there is room for the number of files beside that of changes."""
        return self.size.width >= 30

    @property
    def vast(self) -> bool:
        """Whether there is room for how long ago something changed."""
        return self.size.width >= 38

    @property
    def columns(self) -> str:
        """What the numbers are."""
        counted = "new" if self.is_inbox else "changes"
        if not self.wide:
            return counted
        return f"files  {counted:>{_NUMBER - 1}}{'  ago' if self.vast else ''}"

    def _count(self, node: Node) -> int:
        return max(0, node.changes - node.reviewed) if self.is_inbox else node.changes

    def on_resize(self) -> None:
        super().on_resize()
        self.post_message(self.Resized())

    def empty(self) -> list[str]:
        if self._loaded:
            return ["No directory yet."]
        return ["Nothing is read." if self._is_unread else "Reading…"]

    def say_unread(self, is_so: bool) -> None:
        """Whether the record cannot be read, which is tried again."""
        if is_so != self._is_unread:
            self._is_unread = is_so
            self.refresh()

    # --- reading

    async def load(self) -> None:
        """Read the roots, and every open folder, again; the cursor stays where it is."""
        open_folders = [node.key for node in self._rows if node.is_open]

        def read(
            record: Record,
        ) -> tuple[
            list[RootSummary],
            dict[tuple[bytes, bytes], list[FolderEntry]],
            dict[tuple[bytes, bytes], int],
            Sequence[RecorderInfo],
        ]:
            folders = {key: record.folder(*key) for key in open_folders}
            return record.roots(), folders, lately(reader_of(record).connection), record.recorders()

        roots, folders, self._lately, recorders = await self._source.call(read)
        names, self.whose = names_of(recorders), whose({one.recorder_id: one.host for one in recorders})
        self.has_namesakes = any(self.whose.get(one.recorder_id, one.host) != one.host for one in recorders)
        first = not self._loaded
        self._loaded = True
        known = {node.root_id: node for node in self._roots}
        nodes = []
        for root in sorted(roots, key=lambda root: (self.whose.get(root.recorder_id, ""), root.path)):
            node = known.get(root.root_id) or Node(
                root.recorder_id, root.root_id, root.path, "", 0, True, 0, 0
            )
            node.host, node.on = names.get(root.recorder_id, ""), self.whose.get(root.recorder_id, "")
            node.label = (f"{visible(node.on)}: " if node.on else "") + wording.name_of(root.path)
            node.files, node.changes, node.active = root.files, root.changes, root.active
            node.reviewed = root.reviewed
            nodes.append(node)
        self._roots = nodes
        for node in list(self._rows):
            if (entries := folders.get(node.key)) is not None:
                _fill(node, entries)
        self._lay_out()
        if first and len(nodes) == 1:
            self._open(nodes[0])

    @work(group="tree", exit_on_error=False)
    async def _open(self, node: Node) -> None:
        try:
            entries = await self._source.call(lambda record: record.folder(*node.key))
        except StoreError:
            return
        _fill(node, entries)
        node.is_open = True
        self._lay_out()

    def _lay_out(self) -> None:
        at = self._rows[self.cursor].key if self.cursor < len(self._rows) else None
        self._rows = [row for root in self._roots for row in _visible(root, self._shows_deleted)]
        counts = [count for row in self._rows if (count := self._count(row))]
        self._digits = 1 + max(len(wording.short(count)) for count in counts) if counts else 0
        if at is not None:
            self.cursor = next((i for i, row in enumerate(self._rows) if row.key == at), self.cursor)
        self.cursor = max(0, min(self.cursor, len(self._rows) - 1))
        self.rows_changed()

    # --- keys

    def on_key(self, event: Key) -> None:
        """What looks like a key for a pane that stands beside this is not left without an answer."""
        here = (keys.EVERYWHERE, keys.FILE, keys.LIST, keys.TREE, keys.SHOWN)
        panes = {keys.LOG: keys.shown("pane.log"), keys.DIFF: keys.shown("pane.diff")}
        found = keys.elsewhere(event.key, panes, here)
        if not found:
            return
        where = " and ".join(f"in the {pane} ({panes[pane]})" for pane in found)
        if len(found) == 1:
            where = f"in the {found[0]}: {panes[found[0]]} goes there"
        self.post_message(Refused(f"{as_read(event.key)} works {where}."))

    @property
    def selected(self) -> Node | None:
        """The folder or file under the cursor."""
        return self._node

    @property
    def _node(self) -> Node | None:
        return self._rows[self.cursor] if self.cursor < len(self._rows) else None

    def action_open(self) -> None:
        node = self._node
        if node is None:
            return
        if not node.is_folder:
            self.action_choose()
        elif not node.is_open:
            self._open(node)
        elif node.children:
            self.go(self.cursor + 1)

    def action_deleted(self) -> None:
        """What is not there any more too, or not."""
        self._shows_deleted = not self._shows_deleted
        self._lay_out()

    def action_close(self) -> None:
        node = self._node
        if node is None:
            return
        if node.is_open:
            node.is_open = False
            self._lay_out()
            return
        above = next((i for i in range(self.cursor - 1, -1, -1) if self._rows[i].depth < node.depth), None)
        if above is not None:
            self.go(above)

    def opened(self) -> None:
        node = self._node
        if node is not None and node.is_open:
            self.action_close()
        else:
            self.action_open()

    def action_choose(self) -> None:
        node = self._node
        if node is not None:
            if self._is_chosen(node):
                self.choose(None)
            else:
                self.choose(node.path, node.host)

    def choose(self, path: bytes | None, host: str = "") -> None:
        """Filter the log to a path, of one host or of all, or show everything again."""
        if (path, host) != (self.chosen, self._chosen_host):
            self.chosen, self._chosen_host = path, host
            self.refresh()
            on = next((root.on for root in self._roots if host and root.host == host), host)
            self.post_message(self.Chosen(path, host, on))

    def _is_chosen(self, node: Node) -> bool:
        return node.path == self.chosen and self._chosen_host in ("", node.host)

    # --- drawing

    def draw(self, row: int, width: int, *, cursor: str | None) -> Strip:
        node = self._rows[row]
        over = () if cursor is None else (cursor,)
        muted = self.palette("muted", *over)
        mark = ("▾ " if node.is_open else "▸ ") if node.is_folder else "  "
        if self._is_chosen(node):
            mark = "● "
        counts = f"{wording.short(node.files):>6} " if self.wide and node.is_folder else ""
        changes = self._changes(node)
        ago = self._ago(node) if self.vast else ""
        indent = " " + "  " * min(node.depth, max(0, (width - 16) // 2))
        room = max(4, width - len(indent) - 2 - len(counts) - len(changes) - len(ago))
        name = "muted" if node.is_gone or not node.active else "text"
        label = wording.fit_path(
            f"{wording.SIGNS[Kind.DELETED]} {node.label}" if node.is_gone else node.label, room
        )
        return Strip(
            [
                Segment(indent, muted),
                Segment(mark, self.palette("accent", *over) if node.is_folder or mark != "  " else muted),
                Segment(label, self.palette(name, *over)),
                Segment(counts, muted),
                Segment(changes, self.palette("modified", *over)),
                Segment(ago, muted),
            ]
        ).adjust_cell_length(width, self.palette(*over))

    def _changes(self, node: Node) -> str:
        """In a column that is no wider than its numbers where there is little room."""
        count = self._count(node)
        digits = _NUMBER if self.wide else self._digits
        if count:
            return f"{wording.short(count):>{digits}} "
        return " " * ((digits if node.is_folder or not self.wide else 0) + 1)

    def _ago(self, node: Node) -> str:
        at = self._lately.get((node.recorder_id, node.path))
        return f"{wording.age(at, time.time_ns()):>4} " if at is not None else " " * 5


def _visible(node: Node, deleted: bool) -> list[Node]:
    rows = [node]
    if node.is_open:
        for child in node.children:
            if deleted or not child.is_gone:
                rows.extend(_visible(child, deleted))
    return rows


def _fill(node: Node, entries: list[FolderEntry]) -> None:
    known = {child.path: child for child in node.children}
    separator = os.fsencode(os.sep)
    inside = node.path if node.path.endswith(separator) else node.path + separator
    children = []
    for entry in entries:
        path = inside + entry.name
        child = known.get(path)
        if child is None or child.is_folder != entry.is_folder:
            name = visible_path(entry.name)
            depth = node.depth + 1
            child = Node(node.recorder_id, node.root_id, path, name, depth, entry.is_folder, 0, 0)
        child.host, child.on = node.host, node.on
        child.files, child.changes, child.reviewed = entry.files, entry.changes, entry.reviewed
        children.append(child)
    node.children = children
