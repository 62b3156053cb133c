"""Moments as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fcm_tui.errors import UsageError
from fcm_tui.times import parse_moment

EAST = timezone(timedelta(hours=2))
NOW = int(datetime(2026, 3, 10, 1, 30, 5, tzinfo=EAST).timestamp()) * 10**9 + 7


def at(*parts: int, tz: timezone = EAST) -> int:
    return int(datetime(*parts, tzinfo=tz).timestamp()) * 10**9  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", NOW),
        ("90s", NOW - 90 * 10**9),
        ("5m", NOW - 300 * 10**9),
        ("2h ago", NOW - 7200 * 10**9),
        ("3d", NOW - 3 * 86400 * 10**9),
        (" 1W ", NOW - 7 * 86400 * 10**9),
        ("today", at(2026, 3, 10)),
        ("Yesterday", at(2026, 3, 9)),
        ("yesterday 14:00", at(2026, 3, 9, 14)),
        ("today 00:10:09", at(2026, 3, 10, 0, 10, 9)),
        ("1:02", at(2026, 3, 10, 1, 2)),
        ("23:59:59.25", at(2026, 3, 10, 23, 59, 59) + 250_000_000),
        ("2026-02-03", at(2026, 2, 3)),
        ("2026-02-03 04:05", at(2026, 2, 3, 4, 5)),
        ("2026-02-03T04:05:06.000000007", at(2026, 2, 3, 4, 5, 6) + 7),
        ("2026-02-03T04:05:06Z", at(2026, 2, 3, 4, 5, 6, tz=UTC)),
        ("2026-02-03t04:05:06z", at(2026, 2, 3, 4, 5, 6, tz=UTC)),
        ("2026-02-03T04:05:06-05:30", at(2026, 2, 3, 9, 35, 6, tz=UTC)),
        ("2026-02-03 04:05:06 +0100", at(2026, 2, 3, 3, 5, 6, tz=UTC)),
        ("2016-12-31T23:59:60Z", at(2017, 1, 1, tz=UTC)),
        ("1969-12-31T23:59:59Z", -(10**9)),
    ],
)
def test_what_people_write_is_understood(text: str, expected: int) -> None:
    assert parse_moment(text, NOW, tz=EAST) == expected


@pytest.mark.parametrize(
    "text",
    ["", " ", "soon", "5", "-5m", "5 months", "2026-13-01", "2026-02-30", "24:01", "12:60", "2026-02-03T", "9" * 30 + "s",
     "yesterday noon", "2026-02-03T04:05:06+99:00", "0000-01-01", "9999-12-31", "２h", "now\x1b[31m", "1e3s"],
)  # fmt: skip
def test_what_is_no_moment_is_refused_in_one_line_with_examples(text: str) -> None:
    with pytest.raises(UsageError, match="yesterday 14:00") as refused:
        parse_moment(text, NOW, tz=EAST)
    assert "\n" not in str(refused.value)
    assert "\x1b" not in str(refused.value)


def test_without_a_zone_the_machines_own_holds() -> None:
    local = datetime(2026, 7, 1, 12).timestamp()
    assert parse_moment("2026-07-01 12:00") == int(local) * 10**9


@given(st.integers(min_value=-(10**18), max_value=4 * 10**18))
def test_rfc_3339_with_nanoseconds_comes_back_exactly(ns: int) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=ns // 10**9)
    assert parse_moment(f"{moment:%Y-%m-%dT%H:%M:%S}.{ns % 10**9:09d}Z".replace("\n", "")) == ns


@given(st.text(max_size=30))
def test_no_text_whatever_does_more_than_be_refused(text: str) -> None:
    try:
        assert isinstance(parse_moment(text, NOW, tz=EAST), int)
    except UsageError as refused:
        assert "\n" not in str(refused)
