"""The key map as data: every binding of every pane, and the one source of the help.

Only keys that every terminal delivers and no terminal keeps for itself: plain letters, digits,
arrows, F1 and `?`. `control+c` ends the program as it does everywhere else.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches

from textual.binding import Binding, BindingType
from textual.keys import Keys, _character_to_key

from fcm_tui.errors import ConfigError
from fcm_tui.review.key_names import as_read

EVERYWHERE, LIST, TREE, LOG, DIFF, HELP, OFFER = "everywhere", "list", "tree", "log", "diff", "help", "offer"
FILE, HISTORY, VERSION, MENU, CONFIRM = "file", "history", "version", "menu", "confirm"
BLAME, NAME = "blame", "name"
SHOWN = "shown"
"""The diff in sight, whichever pane has the focus."""
SETTINGS, WRITE, PICK = "settings", "write", "pick"
ENTRY = "entry"
STATISTICS = "statistics"
LEAVE = "leave"
FIND = "find"
MOMENT = "moment"
ALERTS = "alerts"

HEADINGS = {
    EVERYWHERE: "Everywhere",
    LIST: "Directories and log",
    TREE: "Directories",
    LOG: "Log",
    ENTRY: "Filter, note or search, while it is written",
    DIFF: "Diff",
    FIND: "Diff, while something is looked for in it",
    SHOWN: "The diff in sight",
    FILE: "The file or change in sight",
    HISTORY: "History of a file",
    BLAME: "Blame",
    MOMENT: "A folder as it was",
    ALERTS: "Alerts",
    CONFIRM: "Before a restore",
    STATISTICS: "Statistics",
    SETTINGS: "Settings",
    PICK: "Settings: choosing a folder",
    WRITE: "Settings: before they are written",
    LEAVE: "Before recording ends",
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
        return " ".join(map(as_read, self.keys))


KEYMAP: tuple[Key, ...] = (
    Key("quit", ("q", "ctrl+c"), "app.quit", "leave; Ctrl-C does so unasked", EVERYWHERE),
    Key(
        "stop",
        ("ctrl+z",),
        "app.suspend_process",
        "stop it, to the shell; `fg` comes back",
        EVERYWHERE,
    ),
    Key("help", ("question_mark", "f1"), "app.keys", "show or close this help", EVERYWHERE),
    Key("palette", ("colon", "ctrl+p"), "app.commands", "every action, found by its letters", EVERYWHERE),
    Key("settings", ("comma",), "app.settings", "the settings: folders, patterns, …", EVERYWHERE),
    Key("statistics", ("S",), "app.statistics", "statistics of what the log shows", EVERYWHERE),
    Key("alerts", ("a",), "app.alerts", "the alerts", EVERYWHERE),
    Key("pause", ("r",), "app.pause", "twice: pause recording; let it go on", EVERYWHERE),
    Key("pane.next", ("tab",), "app.focus_next", "next pane", EVERYWHERE),
    Key("pane.previous", ("shift+tab",), "app.focus_previous", "previous pane", EVERYWHERE),
    Key("pane.tree", ("1",), "app.focus_pane('tree')", "go to the directories", EVERYWHERE),
    Key("pane.log", ("2",), "app.focus_pane('log')", "go to the log", EVERYWHERE),
    Key("pane.diff", ("3",), "app.focus_pane('diff')", "go to the diff", EVERYWHERE),
    Key("theme", ("T",), "app.theme", "the next theme", EVERYWHERE),
    Key("zoom", ("z",), "app.zoom", "this pane alone on the screen, or all", EVERYWHERE),
    Key(
        "pane.left",
        ("less_than_sign",),
        "app.border('tree',-2)",
        "directories narrower (portrait: lower)",
        EVERYWHERE,
    ),
    Key(
        "pane.right",
        ("greater_than_sign",),
        "app.border('tree',2)",
        "directories wider (portrait: higher)",
        EVERYWHERE,
    ),
    Key(
        "pane.up", ("left_parenthesis",), "app.border('log',-1)", "the log lower, the diff higher", EVERYWHERE
    ),
    Key(
        "pane.down",
        ("right_parenthesis",),
        "app.border('log',1)",
        "the log higher, the diff lower",
        EVERYWHERE,
    ),
    Key("pane.reset", ("0",), "app.borders", "all panes as they were at the start", EVERYWHERE),
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
    Key("tree.deleted", ("d",), "deleted", "deleted files too, or not", TREE),
    Key("tree.mark", ("space",), "app.mark_folder", "twice: all in here is reviewed", TREE),
    Key("tree.filter", ("slash",), "app.filter", "filter the log", TREE),
    Key("tree.unreviewed", ("u",), "app.unreviewed", "in the log: the next unreviewed", TREE),
    Key("log.diff", ("enter", "right", "l"), "read", "read the diff; open or close a burst", LOG),
    Key("log.tree", ("left", "h"), "back", "close the burst, or to the directories", LOG),
    Key("log.bursts", ("b",), "bursts", "bursts as one line, or every change", LOG),
    Key("log.filter", ("slash",), "filter", "filter: *.py kind:created !by:vim", LOG),
    Key("log.keep-filter", ("W",), "app.keep_filter", "keep the filter under a name: @name", LOG),
    Key("log.mark", ("space",), "mark", "reviewed, or not after all", LOG),
    Key("log.range", ("v",), "range", "select from here: move, then Space", LOG),
    Key("log.mark-shown", ("A",), "mark_shown", "twice: all shown are reviewed", LOG),
    Key("log.unreviewed", ("u",), "unreviewed", "the next that nobody has reviewed", LOG),
    Key("log.note", ("N",), "note", "reviewed, with a note", LOG),
    Key("log.ago", ("t",), "ago", "how long ago, or at what time", LOG),
    Key("entry.keep", ("enter",), "keep", "keep it, and go back", ENTRY),
    Key("entry.drop", ("escape",), "drop", "drop it, and go back", ENTRY),
    Key("entry.complete", ("tab",), "complete", "complete the word; again for the next", ENTRY),
    Key("diff.down", ("down", "j"), "line(1)", "a line down", DIFF),
    Key("diff.up", ("up", "k"), "line(-1)", "a line up", DIFF),
    Key("diff.page-down", ("pagedown", "space", "ctrl+d"), "page(1)", "a page down", DIFF),
    Key("diff.page-up", ("pageup", "b", "ctrl+u"), "page(-1)", "a page up", DIFF),
    Key("diff.first", ("home", "g"), "first", "the beginning", DIFF),
    Key("diff.last", ("end", "G"), "last", "the end", DIFF),
    Key("diff.next-hunk", ("n", "right_square_bracket"), "hunk(1)", "next hunk", SHOWN),
    Key("diff.previous-hunk", ("p", "left_square_bracket"), "hunk(-1)", "previous hunk", SHOWN),
    Key("diff.newer", ("K",), "app.step(-1)", "the change above, newer", DIFF),
    Key("diff.older", ("J",), "app.step(1)", "the change below, older", DIFF),
    Key("diff.reviewed", ("o",), "app.reviewed", "reviewed, or not after all", DIFF),
    Key("diff.unreviewed", ("u",), "app.unreviewed", "the next that nobody has reviewed", DIFF),
    Key("diff.left", ("left", "h"), "sideways(-8)", "long lines: to the left", DIFF),
    Key("diff.right", ("right", "l"), "sideways(8)", "long lines: to the right", DIFF),
    Key("diff.side-by-side", ("s",), "side_by_side", "other layout; again: keep it; by width", SHOWN),
    Key("diff.whole", ("f",), "whole", "the whole file or the changed parts", SHOWN),
    Key("diff.find", ("slash",), "find", "search in this diff", DIFF),
    Key("find.next", ("n",), "find_next", "the next line that has it", FIND),
    Key("find.previous", ("N",), "find_previous", "the line before that has it", FIND),
    Key("diff.back", ("enter",), "app.focus_pane('log')", "back to the log", DIFF),
    Key("file.history", ("H",), "app.history", "all versions of the file", FILE),
    Key("file.blame", ("B",), "app.blame", "which change brought each line", FILE),
    Key("blame.jump", ("enter",), "screen.jump", "go to the change of this line", BLAME),
    Key("blame.back", ("escape", "q"), "screen.back", "back to where one was", BLAME),
    Key("alerts.read", ("enter",), "screen.read", "go to the alert's changes", ALERTS),
    Key("alerts.down", ("J",), "screen.line(1)", "the alert: a line down", ALERTS),
    Key("alerts.up", ("K",), "screen.line(-1)", "the alert: a line up", ALERTS),
    Key("alerts.back", ("escape", "q"), "screen.back", "back to where one was", ALERTS),
    Key("file.restore", ("R",), "app.restore", "restore a hunk, a version, the folder", FILE),
    Key("file.moment", ("at",), "app.moment", "the folder as it was at a moment", FILE),
    Key("moment.back", ("escape", "q"), "screen.back", "back to where one was", MOMENT),
    Key("file.undo", ("U",), "app.undo", "undo the last restore", FILE),
    Key("file.copy", ("y",), "app.copy", "copy the path, a hunk, the patch", FILE),
    Key("file.edit", ("e",), "app.edit", "open the file in $VISUAL or $EDITOR", FILE),
    Key("file.export", ("x",), "app.export", "write a patch into a file", FILE),
    Key("name.write", ("enter",), "screen.write", "write it", NAME),
    Key("name.close", ("escape",), "screen.close", "leave it", NAME),
    Key("menu.down", ("down",), "screen.move(1)", "one down", MENU),
    Key("menu.up", ("up",), "screen.move(-1)", "one up", MENU),
    Key("menu.choose", ("enter",), "screen.choose", "take it", MENU),
    Key("menu.close", ("escape",), "screen.close", "leave the menu", MENU),
    Key("restore.yes", ("y",), "screen.yes", "restore what is shown", CONFIRM),
    Key("restore.force", ("F",), "screen.force", "restore, and lose what it says", CONFIRM),
    Key("restore.no", ("escape", "q"), "screen.no", "leave all as it is", CONFIRM),
    Key("restore.down", ("J",), "line(1)", "a line down", CONFIRM),
    Key("restore.up", ("K",), "line(-1)", "a line up", CONFIRM),
    Key("settings.edit", ("enter",), "screen.edit", "change it, or turn it on and off", SETTINGS),
    Key("settings.remove", ("d", "delete"), "screen.remove", "take it out; back to the default", SETTINGS),
    Key("settings.preview", ("p",), "screen.preview", "what a folder holds and leaves out", SETTINGS),
    Key("settings.test", ("t",), "screen.test", "try the database", SETTINGS),
    Key("settings.find", ("slash",), "screen.find", "search among the fields", SETTINGS),
    Key("settings.write", ("w",), "screen.write", "see it as TOML, and write it", SETTINGS),
    Key("settings.again", ("r",), "screen.again", "read the file again, drop changes", SETTINGS),
    Key("settings.fields", ("right", "l", "tab"), "screen.fields", "to the fields", SETTINGS),
    Key("settings.sections", ("left", "h", "shift+tab"), "screen.sections", "to the sections", SETTINGS),
    Key("settings.back", ("escape", "q"), "screen.back", "out of the settings", SETTINGS),
    Key("write.yes", ("enter", "y"), "screen.yes", "do what is shown", WRITE),
    Key("write.no", ("escape", "q"), "screen.no", "not yet", WRITE),
    Key("statistics.down", ("down", "j"), "step(1,0)", "the figure below", STATISTICS),
    Key("statistics.up", ("up", "k"), "step(-1,0)", "the figure above", STATISTICS),
    Key("statistics.left", ("left", "h"), "step(0,-1)", "the figure to the left", STATISTICS),
    Key("statistics.right", ("right", "l"), "step(0,1)", "the figure to the right", STATISTICS),
    Key("statistics.page-down", ("pagedown", "ctrl+d"), "page(1)", "a page down", STATISTICS),
    Key("statistics.page-up", ("pageup", "ctrl+u"), "page(-1)", "a page up", STATISTICS),
    Key("statistics.first", ("home", "g"), "end(False)", "the first figure", STATISTICS),
    Key("statistics.last", ("end", "G"), "end(True)", "the last figure", STATISTICS),
    Key("statistics.open", ("enter",), "screen.open", "exactly these changes, in the log", STATISTICS),
    Key("statistics.again", ("r",), "screen.again", "count again", STATISTICS),
    Key("statistics.back", ("escape", "q", "S"), "screen.back", "back to where one was", STATISTICS),
    Key("pick.down", ("down",), "screen.move(1)", "one down", PICK),
    Key("pick.up", ("up",), "screen.move(-1)", "one up", PICK),
    Key("pick.page-down", ("pagedown",), "screen.page(1)", "a page down", PICK),
    Key("pick.page-up", ("pageup",), "screen.page(-1)", "a page up", PICK),
    Key("pick.into", ("right",), "screen.into", "into the folder", PICK),
    Key("pick.out", ("left",), "screen.out", "to the folder above", PICK),
    Key("pick.complete", ("tab",), "screen.into", "complete the name, and go in", PICK),
    Key("pick.take", ("enter",), "screen.take", "look at it before it is added", PICK),
    Key("pick.close", ("escape",), "screen.close", "leave it", PICK),
    Key("history.older", ("left", "h"), "screen.scrub(1)", "an older version", HISTORY),
    Key("history.newer", ("right", "l"), "screen.scrub(-1)", "a newer version", HISTORY),
    Key("history.read", ("enter",), "screen.read", "read the version's diff", HISTORY),
    Key("history.other", ("tab", "shift+tab", "1", "2"), "screen.other", "timeline or diff", HISTORY),
    Key("history.zoom", ("z",), "screen.zoom", "timeline or diff alone, or both", HISTORY),
    Key("history.search", ("slash",), "screen.search", "search in all versions", HISTORY),
    Key("history.hit", ("n",), "screen.hit(1)", "an older version that has it", HISTORY),
    Key("history.hit-newer", ("N",), "screen.hit(-1)", "a newer version that has it", HISTORY),
    Key("history.back", ("escape", "q"), "screen.back", "back to where one was", HISTORY),
    Key("version.older", ("J",), "screen.scrub(1)", "an older version", VERSION),
    Key("version.newer", ("K",), "screen.scrub(-1)", "a newer version", VERSION),
    Key("version.back", ("enter",), "screen.other", "back to the timeline", VERSION),
    Key("diff.wrap", ("w",), "wrap", "wrap long lines, or cut them", SHOWN),
    Key("diff.whitespace", ("i",), "whitespace", "ignore whitespace, or do not", SHOWN),
    Key("diff.more", ("plus", "equals_sign"), "context(1)", "more lines around the changes", SHOWN),
    Key("diff.less", ("minus",), "context(-1)", "fewer lines around the changes", SHOWN),
    Key("diff.mark", ("m",), "mark", "mark this version, to compare with", SHOWN),
    Key("diff.compare", ("M",), "compare", "compare with the marked one, and back", SHOWN),
    Key("diff.disk", ("D",), "with_disk", "compare with the file now, and back", SHOWN),
    Key("diff.span", ("F",), "span", "all files since the mark, and back", SHOWN),
    Key("diff.next-file", ("N",), "file(1)", "next file of several", DIFF),
    Key("diff.previous-file", ("P",), "file(-1)", "previous file of several", DIFF),
    Key("leave.yes", ("enter", "y", "q"), "screen.yes", "leave; recording ends cleanly", LEAVE),
    Key("leave.no", ("escape", "n"), "screen.no", "stay, and go on recording", LEAVE),
    Key("help.close", ("escape", "q", "question_mark", "f1", "enter"), "dismiss", "close the help", HELP),
    Key("help.down", ("down", "j"), "line(1)", "a line down", HELP),
    Key("help.up", ("up", "k"), "line(-1)", "a line up", HELP),
    Key("help.page-down", ("pagedown", "space", "ctrl+d"), "page(1)", "a page down", HELP),
    Key("help.page-up", ("pageup", "b", "ctrl+u"), "page(-1)", "a page up", HELP),
    Key("help.first", ("home", "g"), "line(-10000)", "the beginning", HELP),
    Key("help.last", ("end", "G"), "line(10000)", "the end", HELP),
    Key("offer.yes", ("enter", "y"), "answer(True)", "record it, and open the screen", OFFER),
    Key("offer.no", ("q", "n", "escape", "ctrl+c"), "answer(False)", "leave; nothing is recorded", OFFER),
)

SHIPPED = KEYMAP
"""As it is without a configuration."""

TOGETHER = (
    (EVERYWHERE, FILE, LIST, TREE, SHOWN),
    (EVERYWHERE, FILE, LIST, LOG, SHOWN),
    (EVERYWHERE, FILE, DIFF, SHOWN),
    (FILE, LIST, HISTORY),
    (FILE, VERSION, SHOWN),
    (FILE, LIST, BLAME),
    (FILE, MOMENT, SHOWN),
    (LIST, ALERTS),
    (MENU,),
    (NAME,),
    (CONFIRM,),
    (LIST, SETTINGS),
    (STATISTICS,),
    (LIST, WRITE),
    (PICK,),
    (ENTRY,),
    (LEAVE,),
    (FIND,),
    (HELP,),
    (OFFER,),
)
"""Contexts whose keys are live at the same time: a key may do one thing only in each."""

_NAMED = frozenset(key.value for key in Keys)
_WITH_MODIFIER = re.compile(r"(?:ctrl|alt|shift)\+(?:shift\+)?[a-z0-9]")


def remapped(changes: Mapping[str, str]) -> tuple[Key, ...]:
    """The key map with some actions on other keys: action to keys, comma-separated, as the configuration has it.

    Raises:
        ConfigError: an action or a key that there is not, or a key that would do two things at once.
    """
    identities = [key.id for key in SHIPPED]
    for identity in changes:
        if identity not in identities:
            near = get_close_matches(identity, identities, 1)
            meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(identities)}"
            raise ConfigError(f"[keys] {identity}: no such action: {meant}", ("keys", identity))
    found = tuple(
        replace(key, keys=tuple(_names(key.id, changes[key.id]))) if key.id in changes else key
        for key in SHIPPED
    )
    for contexts in TOGETHER:
        users: dict[str, str] = {}
        for entry in found:
            for name in entry.keys if entry.context in contexts else ():
                other = users.setdefault(name, entry.id)
                if other != entry.id:
                    changed = entry.id if entry.id in changes else other
                    raise ConfigError(
                        f"[keys] {as_read(name)} would do both {other} and {entry.id}: give one another key",
                        ("keys", changed),
                    )
    return found


def use(changes: Mapping[str, str]) -> None:
    """Make the remapped keys the key map. Before the screens are imported, as they bind keys then; later see `rebound`.

    Raises:
        ConfigError: as `remapped`.
    """
    global KEYMAP
    KEYMAP = remapped(changes)


def rebound(changes: Mapping[str, str], bound: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Other keys while the screens are there: what Textual is to replace of what they `bound` when they were made.

    Raises:
        ConfigError: as `remapped`.
    """
    use(changes)
    return {key.id: ",".join(key.keys) for key in KEYMAP if bound[key.id] != key.keys}


def _names(identity: str, keys: str) -> Iterator[str]:
    for word in keys.split(","):
        text = word.strip()
        name = _character_to_key(text) if len(text) == 1 else text
        if not text or not (len(text) == 1 or name in _NAMED or _WITH_MODIFIER.fullmatch(name)):
            raise ConfigError(
                f"[keys] {identity}: {text!r} is no key: write letters, digits, and names such as f5, space or ctrl+d",
                ("keys", identity),
            )
        yield name


AT_ONCE = ("ctrl+c", "ctrl+q")


def ends_at_once(name: str) -> bool:
    """Whether a key leaves from anywhere and unasked: where nobody gave it something else to do."""
    return name in AT_ONCE and all(
        name not in key.keys for key in KEYMAP if key.id != "quit" and key.context != OFFER
    )


def bindings(*contexts: str, without: Collection[str] = (), through: str = "") -> list[BindingType]:
    """Textual's bindings for some contexts, of which the first has a key that two want; none for some actions.

    With `through` each action is the argument of that one.
    """
    found: list[BindingType] = []
    taken: set[str] = set()
    for context in contexts:
        entries = [key for key in KEYMAP if key.context == context and key.id not in without]
        for entry in entries:
            if own := [name for name in entry.keys if name not in taken]:
                action = f"{through}({entry.action!r})" if through else entry.action
                found.append(Binding(",".join(own), action, entry.description, show=False, id=entry.id))
        taken.update(name for entry in entries for name in entry.keys)
    return found


def does(name: str, identity: str) -> bool:
    """Whether a key is one of those of a binding."""
    return any(name in key.keys for key in KEYMAP if key.id == identity)


def elsewhere(name: str, contexts: Collection[str], here: Collection[str]) -> list[str]:
    """In which contexts a key would do something, where it does nothing in those that are live here."""
    found = {key.context for key in KEYMAP if name in key.keys}
    return [] if found & set(here) else [context for context in contexts if context in found]


def shown(identity: str) -> str:
    """The first key of a binding as a person reads it, for hints on the screen."""
    key = next(key for key in KEYMAP if key.id == identity)
    return key.shown.split(" ", 1)[0]
