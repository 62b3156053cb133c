"""What each key may do in a browser that only looks on: who adds a key decides it here."""

from __future__ import annotations

from pathlib import Path

from fcm_tui.review import keys
from fcm_tui.review.look.theme import Themes
from fcm_tui.review.served import ServedApp

BEHIND_REFUSED = {
    keys.MENU, keys.NAME, keys.CONFIRM, keys.SETTINGS, keys.WRITE, keys.PICK, keys.LEAVE, keys.OFFER,
}  # fmt: skip
"""Contexts of screens that only refused keys open, or only who records sees."""
REFUSED = {
    "stop",
    "settings",
    "pause",
    "tree.mark",
    "log.mark",
    "log.mark-shown",
    "log.note",
    "log.keep-filter",
    "diff.reviewed",
    "file.restore",
    "file.undo",
    "file.copy",
    "file.edit",
    "file.export",
}
LOOKING = {
    "statistics",
    "statistics.down",
    "statistics.up",
    "statistics.left",
    "statistics.right",
    "statistics.page-down",
    "statistics.page-up",
    "statistics.first",
    "statistics.last",
    "statistics.open",
    "statistics.again",
    "statistics.back",
    "quit",
    "help",
    "palette",
    "alerts",
    "pane.next",
    "pane.previous",
    "pane.tree",
    "pane.log",
    "pane.diff",
    "theme",
    "zoom",
    "pane.left",
    "pane.right",
    "pane.up",
    "pane.down",
    "pane.reset",
    "back",
    "list.down",
    "list.up",
    "list.page-down",
    "list.page-up",
    "list.first",
    "list.last",
    "tree.open",
    "tree.close",
    "tree.choose",
    "tree.deleted",
    "tree.filter",
    "tree.unreviewed",
    "log.diff",
    "log.tree",
    "log.bursts",
    "log.filter",
    "log.range",
    "log.unreviewed",
    "log.ago",
    "entry.keep",
    "entry.drop",
    "entry.complete",
    "diff.down",
    "diff.up",
    "diff.page-down",
    "diff.page-up",
    "diff.first",
    "diff.last",
    "diff.next-hunk",
    "diff.previous-hunk",
    "diff.newer",
    "diff.older",
    "diff.unreviewed",
    "diff.left",
    "diff.right",
    "diff.side-by-side",
    "diff.whole",
    "diff.find",
    "find.next",
    "find.previous",
    "diff.back",
    "file.history",
    "file.blame",
    "blame.jump",
    "blame.back",
    "alerts.read",
    "alerts.down",
    "alerts.up",
    "alerts.back",
    "file.moment",
    "moment.back",
    "history.older",
    "history.newer",
    "history.read",
    "history.other",
    "history.zoom",
    "history.search",
    "history.hit",
    "history.hit-newer",
    "history.back",
    "version.older",
    "version.newer",
    "version.back",
    "diff.wrap",
    "diff.whitespace",
    "diff.more",
    "diff.less",
    "diff.mark",
    "diff.compare",
    "diff.disk",
    "diff.span",
    "diff.next-file",
    "diff.previous-file",
    "help.close",
    "help.down",
    "help.up",
    "help.page-down",
    "help.page-up",
    "help.first",
    "help.last",
}


async def test_every_key_is_decided(tmp_path: Path) -> None:
    app = ServedApp(may_change=False, database=tmp_path / "record.db", engine=None, themes=Themes("dark"))
    assert app.recordings is app.configuration is app.pausing is None
    reachable = [key for key in keys.KEYMAP if key.context not in BEHIND_REFUSED]
    assert {key.id for key in reachable} == REFUSED | LOOKING, (
        "decide whether a browser that looks on may do it"
    )
    for key in reachable:
        name = key.action.rpartition("app.")[2].partition("(")[0].rpartition(".")[2]
        node = app.log_view if key.context in (keys.LIST, keys.LOG) else None
        assert bool(app.why_not(name, node)) is (key.id in REFUSED), key
    await app.close_record()
