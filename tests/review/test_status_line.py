"""What the status line tells, in how little room, and what of it is said in full."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fcm_tui.model import Kind
from fcm_tui.review.app import ReviewApp
from tests.review.builder import RecordBuilder, connect
from tests.review.fake_engine import FakeEngine, FakeState
from tests.review.screens import shows, text
from tests.waiting import eventually

Make = Callable[..., ReviewApp]


@pytest.mark.parametrize(
    ("size", "line"),
    [
        ((60, 24), " ● recording   cannot watch /srv/www         ? help  q quit"),
        ((40, 10), " ● recording   cannot watch /srv/www"),
        ((30, 10), " ● cannot watch /srv/www"),
        ((20, 5), " ● cannot watch /sr…"),
    ],
)
async def test_what_is_told_takes_the_room_of_all_else(
    record: RecordBuilder, make_app: Make, size: tuple[int, int], line: str
) -> None:
    state = FakeState("recording", files=10, message="cannot watch /srv/www")
    app = make_app(record, FakeEngine(state))
    async with app.run_test(size=size):
        await shows(app, lambda screen: screen.split("\n")[-1].rstrip() == line)


@pytest.mark.parametrize("width", [80, 100])
async def test_that_recorders_are_silent_stands_before_a_mere_notice(
    record: RecordBuilder, make_app: Make, width: int
) -> None:
    app = make_app(record)
    app.notices.stand("a seat at mysql://fcm_reviewer@db.example.com/fcm")
    async with app.run_test(size=(width, 24)):
        await shows(app, "◇ viewer   a seat at mysql://fcm_reviewer@db.example.com/fcm")
        app._silent = "2 of 3 recorders silent, web2 for 5 min"
        await shows(
            app,
            lambda screen: (
                "◇ viewer   2 of 3 recorders silent, web2 for 5 min" in screen and "? help" in screen
            ),
        )
        app._ended = "Can't connect"
        await shows(app, "◇ viewer   Can't connect  ")


async def test_what_the_status_line_cuts_is_said_in_full(record: RecordBuilder, make_app: Make) -> None:
    words = " ".join(f"word{number}" for number in range(15))
    state = FakeState("recording", message=words)
    app = make_app(record, FakeEngine(state))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, lambda screen: words in " ".join(screen.split()))
        state.message = "few words"
        await shows(app, "● recording   few words")
        await pilot.resize_terminal(200, 24)
        state.message = words
        await shows(app, f"● recording   {words}")
        assert text(app).count("word7") == 1


async def test_what_is_said_in_full_takes_no_answer_and_no_question_off_the_screen(
    record: RecordBuilder, make_app: Make
) -> None:
    words = " ".join(f"word{number}" for number in range(15))
    engine = FakeEngine(FakeState("recording"))
    app = make_app(record, engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "● recording")
        app.say("the answer to a key")
        await shows(app, "the answer to a key")
        engine.state.message = words
        await eventually(lambda: (app.status_line.told or ("",))[0] == words)
        app._tick()
        await pilot.pause()
        assert "the answer to a key" in text(app)
        app.unsay("the answer to a key")
        await shows(app, lambda screen: words in " ".join(screen.split()))
        app.unsay(words)
        await pilot.press("q")
        await shows(app, "Leaving ends the recording")
        engine.state.message = words[::-1]
        await eventually(lambda: (app.status_line.told or ("",))[0] == words[::-1])
        app._tick()
        await pilot.pause()
        assert "Leaving ends the recording" in text(app)
        await pilot.press("escape")
        await shows(app, lambda screen: words[::-1] in " ".join(screen.split()))


async def test_what_cannot_be_read_is_told_while_it_cannot_and_recording_goes_on(
    record: RecordBuilder, make_app: Make
) -> None:
    engine = FakeEngine(FakeState("recording"))
    app = make_app(record, engine)
    async with app.run_test(size=(120, 24)):
        await shows(app, "● recording")
        await eventually(lambda: engine.started)
        record.change("/home/ann/project/new", b"x\n", Kind.CREATED)
        with connect(record.database) as database:
            database.execute("UPDATE changes SET kind = 'evil' WHERE sequence = 9")
        engine.committed(9, 1)
        await shows(app, lambda screen: "does not belong there" in " ".join(screen.split()))
        assert app.status_line.render_line(0).text.startswith(" ● recording   ")  # which that stands over
        with connect(record.database) as database:
            database.execute("UPDATE changes SET kind = 'created' WHERE sequence = 9")
        engine.committed(9, 1)
        await shows(
            app, lambda screen: "damaged" not in screen and "● recording" in screen and "new" in screen
        )
