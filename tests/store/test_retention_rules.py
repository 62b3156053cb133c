"""Which versions stay: the rules by examples, and against a reference that asks one rule at a time."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fcm_tui.settings.config import Retention
from fcm_tui.store.retention.rules import kept

NOW = datetime(2026, 11, 25, 12, 0)
NOTHING = Retention(
    thin=True, keep_within=0, keep_hourly=0, keep_daily=0, keep_weekly=0, keep_monthly=0, keep_yearly=0
)
PERIODS = {
    "keep_hourly": "%Y-%m-%d %H", "keep_daily": "%Y-%m-%d", "keep_weekly": "%G-%V", "keep_monthly": "%Y-%m",
    "keep_yearly": "%Y",
}  # fmt: skip


def ns(moment: datetime) -> int:
    return round(moment.timestamp() * 1e9)


def ages(*ago: timedelta) -> list[int]:
    return [ns(NOW - age) for age in ago]


def reference(times: list[int], retention: Retention, now_ns: int) -> list[bool]:
    """One rule at a time: group, take the last of each group, of as many groups as the rule says."""
    stays = set()
    if not retention.thin:
        stays = set(range(len(times)))
    else:
        stays |= {place for place, when in enumerate(times) if (now_ns - when) / 1e9 <= retention.keep_within}
        for rule, form in PERIODS.items():
            groups: dict[str, list[int]] = {}
            for place, when in enumerate(times):
                groups.setdefault(time.strftime(form, time.localtime(when // 10**9)), []).append(place)
            newest_first = sorted(groups.values(), key=min)
            stays |= {min(group) for group in newest_first[: getattr(retention, rule)]}
    if retention.max_age is not None:
        stays = {place for place in stays if (now_ns - times[place]) / 1e9 <= retention.max_age}
    if retention.max_versions is not None:
        stays = set(sorted(stays)[: retention.max_versions])
    return [place in stays for place in range(len(times))]


counts = st.integers(0, 6)
rules = st.builds(
    Retention,
    thin=st.booleans(),
    keep_within=st.sampled_from([0.0, 3600.0, 86400.0, 10 * 86400.0]),
    keep_hourly=counts, keep_daily=counts, keep_weekly=counts, keep_monthly=counts, keep_yearly=counts,
    max_age=st.none() | st.sampled_from([60.0, 86400.0, 40 * 86400.0]),
    max_versions=st.none() | st.integers(1, 9),
)  # fmt: skip
minutes = st.one_of(st.integers(0, 200), st.integers(0, 20_000), st.integers(0, 3_000_000))


@given(st.sets(minutes, max_size=40), rules)
def test_they_keep_what_the_reference_keeps(ago: set[int], retention: Retention) -> None:
    times = ages(*(timedelta(minutes=number) for number in sorted(ago)))
    assert kept(times, retention, ns(NOW)) == reference(times, retention, ns(NOW))


def test_without_rules_everything_stays() -> None:
    assert not Retention().is_on
    assert kept(ages(timedelta(0), timedelta(9000)), Retention(), ns(NOW)) == [True, True]


def test_all_of_the_last_day_then_the_last_of_each_hour() -> None:
    retention = Retention(
        thin=True, keep_daily=0, keep_weekly=0, keep_monthly=0, keep_yearly=0, keep_hourly=27
    )
    hours = [timedelta(minutes=10 * number) for number in range(6 * 26)]  # 12:00, 11:50, …
    stays = kept(ages(*hours), retention, ns(NOW))
    assert stays[: 6 * 24 + 1] == [True] * (6 * 24 + 1)
    assert stays[6 * 24 + 1 :] == [True, False, False, False, False, False, True, False, False, False, False]


def test_a_file_that_seldom_changes_keeps_its_versions() -> None:
    years = [timedelta(days=400 * number) for number in range(1, 6)]
    assert kept(ages(*years), Retention(thin=True), ns(NOW)) == [True] * 5


def test_limits_hold_on_top() -> None:
    days = ages(*(timedelta(days=number) for number in range(10)))
    assert kept(days, Retention(max_age=3.5 * 86400), ns(NOW)) == [True] * 4 + [False] * 6
    assert kept(days, Retention(max_versions=2), ns(NOW)) == [True] * 2 + [False] * 8
    every_second = Retention(thin=True, keep_within=0, keep_hourly=0, keep_daily=3, keep_weekly=0, keep_monthly=0,
                             keep_yearly=0, max_versions=2)  # fmt: skip
    assert kept(days, every_second, ns(NOW)) == [True] * 2 + [False] * 8


def test_a_time_that_is_nobodys_is_no_crash() -> None:
    times = [1 << 62, ns(NOW), 0, -(1 << 62)]
    assert kept(times, Retention(thin=True), ns(NOW)) == [True] * 3 + [False]
    assert kept(times, NOTHING, ns(NOW)) == [True, True, False, False]
