"""Alerts on the screen: the badge, the line that tells of a new one, the list, and the way to the changes."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from dataclasses import replace

from fcm_tui.alerts.alert import Alert, Named
from fcm_tui.alerts.journal import Journal, journal_path
from fcm_tui.review.app import ReviewApp
from tests.review.builder import RECORDER, RecordBuilder
from tests.review.screens import shows
from tests.waiting import eventually


def alert(title: str, sequence: int | None = 5) -> Alert:
    with_changes = sequence is not None
    return Alert(
        id=f"{zlib.crc32(title.encode()):032x}",
        rule="payroll",
        severity="critical",
        kind="alert",
        time_ns=time.time_ns(),
        host="desk",
        recorder=RECORDER.hex(),
        title=title,
        count=3 if with_changes else 1,
        kinds={"created": 3} if with_changes else {},
        first_sequence=sequence and sequence - 2,
        last_sequence=sequence,
        first_time_ns=10**18,
        last_time_ns=10**18,
        files=(Named(3, "created", "/home/ann/[b]bold[/b].env"),) if with_changes else (),
    )


def put(record: RecordBuilder, *alerts: Alert) -> None:
    with Journal(journal_path(record.database)) as journal, journal.transaction():
        for each in alerts:
            journal.add(each, ["ops"])


async def test_alerts_are_counted_told_listed_and_lead_to_their_changes(
    record: RecordBuilder, make_app: Callable[..., ReviewApp]
) -> None:
    put(record, alert("payroll: first"))
    app = make_app(record)
    async with app.run_test(size=(120, 30)) as pilot:
        await shows(app, "⚠ 1 alert a")
        put(record, alert("payroll: [red]second[/red] \x1b[31m"), alert("gap: third", None))
        await shows(app, "⚠ 3 alerts a")
        await shows(app, "alert: gap: third")
        await pilot.press("a")
        await shows(app, "3 new of 3")
        await pilot.press("enter")
        await shows(app, "it is about no change")
        await pilot.press("j")
        shown = await shows(app, "created /home/ann/[b]bold[/b].env")
        assert "payroll: [red]second[/red] ␛[31m" in shown
        assert "to ops: waiting" in shown
        await pilot.press("enter")
        await eventually(lambda: app.log_view.selected is not None and app.log_view.selected.sequence == 5)
        await shows(app, "changes #3 to #5")
        await shows(app, lambda screen: "⚠" not in screen)


async def test_an_alert_is_read_in_full_at_80_columns(
    record: RecordBuilder, make_app: Callable[..., ReviewApp]
) -> None:
    path = "/home/ann/" + "/".join(f"folder{number}" for number in range(12)) + "/end.env"
    put(record, replace(alert("payroll"), files=(Named(3, "created", path),)))
    app = make_app(record)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "⚠ 1 alert a")
        await pilot.press("a")
        shown = await shows(app, "end.env")
        assert path in "".join(line.strip() for line in shown.splitlines())


async def test_an_alert_longer_than_its_place_is_read_to_its_end(
    record: RecordBuilder, make_app: Callable[..., ReviewApp]
) -> None:
    files = tuple(
        Named(number, "created", f"/home/ann/{number}.env") for number in range(100, 140)
    )  # of 24 rows
    put(record, alert("payroll: first"), replace(alert("payroll: many"), files=files))
    app = make_app(record)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "⚠ 2 alerts a")
        await pilot.press("a")
        screen = await shows(app, "lines below, J K turn it")
        assert "139.env" not in screen
        await pilot.press("J", "J")
        await shows(app, lambda screen: "rule      payroll" not in screen and "3 to 5: 3 created" in screen)
        await pilot.press(*"J" * 50)
        screen = await shows(app, "to ops: waiting")
        assert "139.env" in screen and "below" not in screen and "J K turn it" in screen
        await pilot.press("j")
        screen = await shows(app, "[b]bold[/b].env")
        assert "turn it" not in screen
        await pilot.press("k")
        await shows(app, "/home/ann/100.env")  # from its beginning on


async def test_a_change_that_the_filter_hides_is_told(
    record: RecordBuilder, make_app: Callable[..., ReviewApp]
) -> None:
    put(record, alert("payroll: first"))
    app = make_app(record)
    async with app.run_test(size=(120, 30)) as pilot:
        await shows(app, "⚠ 1 alert a")
        await pilot.press("slash", *"kind:deleted", "enter")
        await shows(app, "1 found")
        await pilot.press("a")
        await shows(app, "1 new of 1")
        await pilot.press("enter")
        await shows(app, "#5 is not in sight: Esc shows all changes")


async def test_an_alert_leads_to_a_change_far_down_the_log(
    empty: RecordBuilder, make_app: Callable[..., ReviewApp]
) -> None:
    with empty.transaction():
        for number in range(900):
            empty.change(f"/home/ann/project/{number}", b"", time_ns=10**18 + number * 10**10)
    put(empty, alert("payroll: early", 7))
    app = make_app(empty)
    async with app.run_test(size=(120, 30)) as pilot:
        await shows(app, "⚠ 1 alert a")
        await pilot.press("a")
        await shows(app, "payroll: early")
        await pilot.press("enter")
        await shows(app, "payroll: early: changes #5 to #7")
        await eventually(lambda: app.log_view.selected is not None and app.log_view.selected.sequence == 7)


async def test_without_any_there_is_no_badge_and_the_list_says_so(
    record: RecordBuilder, make_app: Callable[..., ReviewApp]
) -> None:
    app = make_app(record)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("a")
        await shows(app, "No alerts yet.")
        await pilot.press("escape")
        await shows(app, lambda screen: "No alerts" not in screen and "⚠" not in screen)
        assert not journal_path(record.database).exists()
