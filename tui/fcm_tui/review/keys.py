"""The key map as data: every binding of every pane, and the one source of the help.

Only keys that every terminal delivers and no terminal keeps for itself: plain letters, digits,
arrows, F1 and `?`. `control+c` ends the program as it does everywhere else.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding, BindingType

EVERYWHERE, LIST, TREE, LOG, DIFF, HELP, OFFER = "everywhere", "list", "tree", "log", "diff", "help", "offer"

HEADINGS = {
    EVERYWHERE: "Everywhere",
    LIST: "Directories and log",
    TREE: "Directories",
    LOG: "Log",
    DIFF: "Diff",
    HELP: "Help",
}
"""Heading of each context in the help, in the order in which the help shows them."""


@dataclass(frozen=True, slots=True)
class Key:
    """One thing that a person can do, with the keys that do it."""

    id: str
    """Stable name, for remapping in the configuration."""
    keys: tuple[str, ...]
    """Textual's key names; the first is the one that hints show."""
    action: str
    description: str
    context: str

    @property
    def shown(self) -> str:
        """The keys as a person reads them: `↓ j`."""
        return " ".join(_SHOWN.get(key, key) for key in self.keys)


_SHOWN = {
    "up": "↑", "down": "↓", "left": "←", "right": "→", "tab": "Tab", "shift+tab": "Shift-Tab",
    "enter": "Enter", "escape": "Esc", "space": "Space", "pagedown": "PgDn", "pageup": "PgUp",
    "home": "Home", "end": "End", "ctrl+c": "Ctrl-C", "ctrl+d": "Ctrl-D", "ctrl+u": "Ctrl-U",
    "question_mark": "?", "f1": "F1", "right_square_bracket": "]", "left_square_bracket": "[",
}  # fmt: skip

KEYMAP = (
    Key("quit", ("q", "ctrl+c"), "app.quit", "leave; recording ends cleanly", EVERYWHERE),
    Key("help", ("question_mark", "f1"), "app.keys", "show or close this help", EVERYWHERE),
    Key("pane.next", ("tab",), "app.focus_next", "next pane", EVERYWHERE),
    Key("pane.previous", ("shift+tab",), "app.focus_previous", "previous pane", EVERYWHERE),
    Key("pane.tree", ("1",), "app.focus_pane('tree')", "go to the directories", EVERYWHERE),
    Key("pane.log", ("2",), "app.focus_pane('log')", "go to the log", EVERYWHERE),
    Key("pane.diff", ("3",), "app.focus_pane('diff')", "go to the diff", EVERYWHERE),
    Key("zoom", ("z",), "app.zoom", "this pane alone on the screen, or all", EVERYWHERE),
    Key("back", ("escape",), "app.out", "out of the diff, the zoom, the filter", EVERYWHERE),
    Key("list.down", ("down", "j"), "move(1)", "one down", LIST),
    Key("list.up", ("up", "k"), "move(-1)", "one up", LIST),
    Key("list.page-down", ("pagedown", "ctrl+d"), "page(1)", "a page down", LIST),
    Key("list.page-up", ("pageup", "ctrl+u"), "page(-1)", "a page up", LIST),
    Key("list.first", ("home", "g"), "first", "the first; in the log: newest, follow", LIST),
    Key("list.last", ("end", "G"), "last", "the last; in the log: oldest", LIST),
    Key("tree.open", ("right", "l"), "open", "open the folder", TREE),
    Key("tree.close", ("left", "h"), "close", "close the folder, or go up", TREE),
    Key("tree.choose", ("enter",), "choose", "only the changes in here, or all", TREE),
    Key("log.diff", ("enter", "right", "l"), "read", "read the change's diff", LOG),
    Key("log.tree", ("left", "h"), "app.focus_pane('tree')", "go to the directories", LOG),
    Key("diff.down", ("down", "j"), "line(1)", "a line down", DIFF),
    Key("diff.up", ("up", "k"), "line(-1)", "a line up", DIFF),
    Key("diff.page-down", ("pagedown", "space", "ctrl+d"), "page(1)", "a page down", DIFF),
    Key("diff.page-up", ("pageup", "b", "ctrl+u"), "page(-1)", "a page up", DIFF),
    Key("diff.first", ("home", "g"), "first", "the beginning", DIFF),
    Key("diff.last", ("end", "G"), "last", "the end", DIFF),
    Key("diff.next-hunk", ("n", "right_square_bracket"), "hunk(1)", "next hunk", DIFF),
    Key("diff.previous-hunk", ("p", "left_square_bracket"), "hunk(-1)", "previous hunk", DIFF),
    Key("diff.newer", ("K",), "app.step(-1)", "the change above, newer", DIFF),
    Key("diff.older", ("J",), "app.step(1)", "the change below, older", DIFF),
    Key("diff.left", ("left", "h"), "sideways(-8)", "long lines: to the left", DIFF),
    Key("diff.right", ("right", "l"), "sideways(8)", "long lines: to the right", DIFF),
    Key("diff.side-by-side", ("s",), "side_by_side", "side by side, or one below the other", DIFF),
    Key("diff.whole", ("f",), "whole", "the whole file or the changed parts", DIFF),
    Key("diff.back", ("enter",), "app.focus_pane('log')", "back to the log", DIFF),
    Key("help.close", ("escape", "q", "question_mark", "f1", "enter"), "dismiss", "close the help", HELP),
    Key("help.down", ("down", "j"), "line(1)", "a line down", HELP),
    Key("help.up", ("up", "k"), "line(-1)", "a line up", HELP),
    Key("help.page-down", ("pagedown", "space"), "page(1)", "a page down", HELP),
    Key("help.page-up", ("pageup", "b"), "page(-1)", "a page up", HELP),
    Key("offer.yes", ("enter", "y"), "answer(True)", "record it, and open the screen", OFFER),
    Key("offer.no", ("q", "n", "escape", "ctrl+c"), "answer(False)", "leave; nothing is recorded", OFFER),
)


def bindings(*contexts: str) -> list[BindingType]:
    """Textual's bindings for some contexts."""
    return [
        Binding(",".join(key.keys), key.action, key.description, show=False, id=key.id)
        for key in KEYMAP
        if key.context in contexts
    ]


def shown(identity: str) -> str:
    """The first key of a binding as a person reads it, for hints on the screen."""
    key = next(key for key in KEYMAP if key.id == identity)
    return key.shown.split(" ", 1)[0]
