"""Sizes and durations: as people write them, and back again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fcm_tui.settings.values import (
    BadValue,
    format_duration,
    format_size,
    parse_database,
    parse_duration,
    parse_size,
)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("64 MiB", 64 << 20),
        ("64MiB", 64 << 20),
        ("1 kB", 1000),
        ("0.5 KiB", 512),
        ("7 b", 7),
        (12, 12),
        ("2 TB", 2 * 10**12),
    ],
)
def test_sizes(text: object, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "MiB", "64", "1,5 MiB", "-1 MiB", "64 MB/s", "١ MiB", None, 1.5, "999999999999999 TiB"]
)
def test_what_is_no_size(text: object) -> None:
    with pytest.raises(BadValue):
        parse_size(text)


@given(st.integers(1, (1 << 63) - 1))
def test_a_size_comes_back(size: int) -> None:
    assert parse_size(format_size(size)) == size


@pytest.mark.parametrize(
    ("text", "seconds"), [("5m", 300), ("1h 30m", 5400), ("500ms", 0.5), ("1.5 s", 1.5), ("1d", 86400)]
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "5 minutes", "-5m", "5m!", 5, None, ["5m"]])
def test_what_is_no_duration(text: object) -> None:
    with pytest.raises(BadValue):
        parse_duration(text)


@given(st.integers(1, 10**12))
def test_a_duration_comes_back(milliseconds: int) -> None:
    assert parse_duration(format_duration(milliseconds / 1000)) == pytest.approx(
        milliseconds / 1000, abs=1e-4
    )


def test_a_database_is_a_file(tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="that is a folder"):
        parse_database("sqlite:.", tmp_path, {})
    assert parse_database("sqlite:record.db", tmp_path, {}) == tmp_path / "record.db"
