"""What each key may do in a browser that only looks on: who adds a key decides it here."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from fcm_tui.review import keys
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.look.theme import Themes
from fcm_tui.review.refusing import name_of
from fcm_tui.review.served import ServedApp
from fcm_tui.settings.database import Server
from tests.review.builder import RecordBuilder
from tests.review.screens import shows

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


NEVER_IN_A_BROWSER = {"stop", "file.copy", "file.edit"}
AT_NO_SEAT = {"statistics", "alerts", "pause", "file.undo", "file.edit", "diff.disk"}
"""What needs the machine where it was recorded: who adds a key decides that, too."""
BEHIND_NO_SEAT = {keys.STATISTICS, keys.ALERTS, keys.CONFIRM, keys.LEAVE}
SEAT = Server("reviewer", (("127.0.0.1", 9),), "fcm")


async def test_every_key_is_decided(tmp_path: Path) -> None:
    app = served(tmp_path / "record.db", may_change=False)
    assert app.recordings is app.configuration is app.pausing is None
    reachable = [key for key in keys.KEYMAP if key.context not in BEHIND_REFUSED]
    assert {key.id for key in reachable} == REFUSED | LOOKING, (
        "decide whether a browser that looks on may do it"
    )
    assert {key.id for key in reachable if refuses(app, key)} == REFUSED
    assert listed(app) == {key.id for key in reachable if key.context in keys.HEADINGS} - REFUSED
    await app.close_record()


async def test_a_browser_that_may_change_things_is_refused_only_what_acts_on_the_machine(
    tmp_path: Path,
) -> None:
    app = served(tmp_path / "record.db", may_change=True)
    assert {key.id for key in keys.KEYMAP if refuses(app, key)} == NEVER_IN_A_BROWSER
    await app.close_record()


async def test_what_a_seat_cannot_do_is_refused_and_listed_nowhere() -> None:
    app = ReviewApp(database=SEAT, engine=None, themes=Themes("dark"))
    assert {key.id for key in keys.KEYMAP if refuses(app, key)} == AT_NO_SEAT
    behind = {key.id for key in keys.KEYMAP if key.context in BEHIND_NO_SEAT}
    assert (
        listed(app) == {key.id for key in keys.KEYMAP if key.context in keys.HEADINGS} - AT_NO_SEAT - behind
    )
    restore = next(key for key in app.listed() if key.id == "file.restore")
    assert restore.description == "the command that writes a copy here"
    await app.close_record()


async def test_who_looks_on_in_a_terminal_has_every_key_but_those_of_who_records(tmp_path: Path) -> None:
    app = ReviewApp(database=tmp_path / "record.db", engine=None, themes=Themes("dark"))
    assert not [key for key in keys.KEYMAP if refuses(app, key)]
    assert listed(app) == {
        key.id for key in keys.KEYMAP if key.context in keys.HEADINGS and key.context != keys.LEAVE
    }
    await app.close_record()


async def test_a_browser_that_may_change_things_edits_the_settings(tmp_path: Path) -> None:
    """Of which an action is called as that which opens an editor."""
    file = tmp_path / "fcm.toml"
    file.write_text("")
    with closing(RecordBuilder(tmp_path / "record.db")) as record:
        record.root("/home/ann/project")
    app = served(record.database, may_change=True, configuration=file)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "No change is recorded yet")
        await pilot.press("comma", "down", "down", "enter", "enter")
        await shows(app, "Enter keeps it")
    await app.close_record()


def served(record: Path, *, may_change: bool, configuration: Path | None = None) -> ServedApp:
    return ServedApp(
        may_change=may_change,
        database=record,
        engine=None,
        themes=Themes("dark"),
        configuration=configuration,
    )


def refuses(app: ReviewApp, key: keys.Key) -> bool:
    """Whether a key, or what it opens, is refused."""
    node = app.log_view if key.context in (keys.LIST, keys.LOG) else None
    return bool(app.why_not(name_of(key.action), node))


def listed(app: ReviewApp) -> set[str]:
    return {key.id for key in app.listed() if key.context in keys.HEADINGS}
