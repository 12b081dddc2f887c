"""Quiet time by the wall clock: edges, midnight, ranges that touch, and clocks that jump."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from whatsapp.policy.quiet import (
    QuietRange,
    QuietTime,
    always_quiet,
    next_quiet,
    quiet_ahead,
    quiet_until,
    read_quiet,
)

ROME = ZoneInfo("Europe/Rome")
ALL_DAYS = list(range(7))
MINUTE = timedelta(minutes=1)
TICK = timedelta(microseconds=1)


def quiet(
    start: str, end: str, days: list[int] | None = None, zone: str = "Europe/Rome"
) -> QuietTime:
    days = ALL_DAYS if days is None else days
    return read_quiet([{"days": days, "start": start, "end": end}], zone)


def rome(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ROME, fold=fold).astimezone(UTC)


def test_it_begins_at_its_start_and_is_over_at_its_end() -> None:
    evening = quiet("20:00", "22:30")
    end = rome("2026-11-23T22:30")
    assert quiet_until(evening, rome("2026-11-23T20:00") - TICK) is None
    assert quiet_until(evening, rome("2026-11-23T20:00")) == end
    assert quiet_until(evening, end - TICK) == end
    assert quiet_until(evening, end) is None


def test_it_crosses_midnight_into_a_day_of_its_own_choice() -> None:
    # The days are those on which a range begins: Friday's is on until Saturday morning.
    friday = quiet("20:00", "08:00", [4])
    assert quiet_until(friday, rome("2026-11-28T07:59")) == rome("2026-11-28T08:00")
    assert quiet_until(friday, rome("2026-11-27T07:59")) is None
    assert quiet_until(friday, rome("2026-11-28T20:30")) is None


def test_ranges_that_touch_or_overlap_end_together() -> None:
    both = read_quiet(
        [
            {"days": [4], "start": "18:00", "end": "00:00"},
            {"days": [5, 6], "start": "00:00", "end": "00:00"},
            {"days": [6], "start": "20:00", "end": "07:00"},
        ],
        "Europe/Rome",
    )
    monday = rome("2026-11-30T07:00")
    assert quiet_until(both, rome("2026-11-27T18:00")) == monday
    assert quiet_until(both, rome("2026-11-29T23:00")) == monday
    assert next_quiet(both, rome("2026-11-27T19:00")) == rome("2026-12-04T18:00")


def test_equal_times_are_a_whole_day() -> None:
    sunday = quiet("00:00", "00:00", [6])
    assert quiet_until(sunday, rome("2026-11-29T00:00")) == rome("2026-11-30T00:00")
    assert quiet_until(sunday, rome("2026-11-28T23:59")) is None
    from_six = quiet("06:00", "06:00", [6])
    assert quiet_until(from_six, rome("2026-11-30T05:59")) == rome("2026-11-30T06:00")


def test_it_tells_when_it_begins_next() -> None:
    friday = quiet("20:00", "08:00", [4])
    assert next_quiet(friday, rome("2026-11-23T12:00")) == rome("2026-11-27T20:00")
    assert next_quiet(friday, rome("2026-11-27T20:00")) == rome("2026-12-04T20:00")
    assert next_quiet(read_quiet([], "UTC"), rome("2026-11-23T12:00")) is None


def test_what_never_ends_says_so_and_is_looked_at_again_a_week_on() -> None:
    always = quiet("00:00", "00:00")
    now = rome("2026-11-23T12:00")
    until = quiet_until(always, now)
    assert always_quiet(always)
    assert until is not None and until - now > timedelta(days=7)
    assert next_quiet(always, now) is None


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        ([(ALL_DAYS, "00:00", "12:00"), (ALL_DAYS, "12:00", "00:00")], True),
        ([(ALL_DAYS, "00:00", "12:00"), (ALL_DAYS, "12:01", "00:00")], False),
        ([([0, 1, 2, 3, 4, 5], "00:00", "00:00")], False),
        ([(ALL_DAYS, "06:00", "06:00")], True),
        ([([0, 2, 4, 6], "20:00", "20:00"), ([1, 3, 5], "12:00", "23:00")], False),
        ([], False),
    ],
)
def test_only_ranges_without_a_gap_are_always_quiet(
    ranges: list[tuple[list[int], str, str]], expected: bool
) -> None:
    stored = [{"days": days, "start": start, "end": end} for days, start, end in ranges]
    assert always_quiet(read_quiet(stored, "UTC")) is expected


def test_a_start_that_the_clock_jumps_over_is_the_jump() -> None:
    # Rome, 29 March 2026: 01:59 is followed by 03:00.
    jump = rome("2026-03-29T03:00")
    early = quiet("02:30", "05:00")
    assert quiet_until(early, jump - TICK) is None
    assert quiet_until(early, jump) == rome("2026-03-29T05:00")


def test_an_end_that_the_clock_jumps_over_is_the_jump() -> None:
    jump = rome("2026-03-29T03:00")
    night = quiet("22:00", "02:30")
    assert quiet_until(night, jump - TICK) == jump
    assert quiet_until(night, jump) is None


def test_a_range_inside_the_jump_is_not_there_on_that_day() -> None:
    short = quiet("02:10", "02:50")
    for minutes in range(180):
        assert quiet_until(short, rome("2026-03-29T01:00") + minutes * MINUTE) is None


def test_an_end_that_the_clock_shows_twice_is_the_second() -> None:
    # Rome, 25 October 2026: 02:59 is followed by 02:00.
    night = quiet("22:00", "02:30")
    first, second = rome("2026-10-25T02:30", fold=0), rome("2026-10-25T02:30", fold=1)
    assert second - first == timedelta(hours=1)
    until = quiet_until(night, first)
    assert until == second
    assert quiet_until(night, second) is None


def test_a_start_that_the_clock_shows_twice_is_the_first() -> None:
    early = quiet("02:30", "05:00")
    first = rome("2026-10-25T02:30", fold=0)
    assert quiet_until(early, first - TICK) is None
    assert quiet_until(early, first) == rome("2026-10-25T05:00")
    # The clock shows 02:10 again, and it stays quiet.
    assert quiet_until(early, first + 40 * MINUTE) == rome("2026-10-25T05:00")


@pytest.mark.parametrize(
    ("stored", "zone", "words"),
    [
        ([], "Mars/Olympus", "not a time zone"),
        ([], "", "not a time zone"),
        ([], "../etc/passwd", "not a time zone"),
        (None, "UTC", "not a list"),
        ({"days": [0]}, "UTC", "not a list"),
        (["20:00"], "UTC", "days, start and end"),
        ([{"days": [0], "start": "20:00"}], "UTC", "days, start and end"),
        ([{"days": [], "start": "20:00", "end": "08:00"}], "UTC", "Monday"),
        ([{"days": [7], "start": "20:00", "end": "08:00"}], "UTC", "Monday"),
        ([{"days": [True], "start": "20:00", "end": "08:00"}], "UTC", "Monday"),
        ([{"days": ["0"], "start": "20:00", "end": "08:00"}], "UTC", "Monday"),
        ([{"days": [0], "start": "24:00", "end": "08:00"}], "UTC", "00:00 to 23:59"),
        ([{"days": [0], "start": "8:00", "end": "08:00"}], "UTC", "00:00 to 23:59"),
        ([{"days": [0], "start": 20, "end": "08:00"}], "UTC", "00:00 to 23:59"),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_words(
    stored: object, zone: str, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        read_quiet(stored, zone)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        quiet_until(quiet("20:00", "08:00"), datetime(2026, 11, 21, 9, 0))


# Against an oracle that only looks at the clock on the wall. Zones whose clocks jump by an hour,
# by half an hour, at midnight, and once over a whole day.
JUMPS = {
    "Europe/Rome": ["2026-03-29T01:00", "2026-10-25T01:00"],
    "America/New_York": ["2026-03-08T07:00", "2026-11-01T06:00"],
    "Australia/Lord_Howe": ["2026-04-04T15:00", "2026-10-03T15:30"],
    "America/Santiago": ["2026-04-05T03:00", "2026-09-06T04:00"],
    "Africa/Cairo": ["2026-04-23T22:00", "2026-10-29T21:00"],
    "Pacific/Apia": ["2011-12-30T10:00"],
    "Asia/Kolkata": ["2026-06-01T00:00"],
    "UTC": ["2026-06-01T00:00"],
}
clocks = st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 15, 30, 59]))
quiet_ranges = st.builds(
    QuietRange, st.frozensets(st.integers(0, 6), min_size=1, max_size=7), clocks, clocks
)


@st.composite
def settings_and_moments(draw: st.DrawFn) -> tuple[QuietTime, datetime]:
    zone = draw(st.sampled_from(sorted(JUMPS)))
    jump = datetime.fromisoformat(draw(st.sampled_from(JUMPS[zone]))).replace(tzinfo=UTC)
    # Near the jump every minute matters; farther away any hour of the week.
    away = draw(st.integers(-240, 240) | st.integers(-12_000, 12_000)) * MINUTE
    ranges = draw(st.lists(quiet_ranges, min_size=1, max_size=3))
    return QuietTime(tuple(ranges), ZoneInfo(zone)), jump + away


def shows_quiet(some: QuietTime, moment: datetime) -> bool:
    wall = moment.astimezone(some.zone)
    clock = wall.time().replace(fold=0)
    for one in some.ranges:
        today = wall.weekday() in one.days
        yesterday = (wall.weekday() - 1) % 7 in one.days
        if one.start < one.end:
            if today and one.start <= clock < one.end:
                return True
        elif (today and clock >= one.start) or (yesterday and clock < one.end):
            return True
    return False


def shown_twice(some: QuietTime, moment: datetime) -> bool:
    wall = moment.astimezone(some.zone).replace(tzinfo=None)
    first, second = (wall.replace(tzinfo=some.zone, fold=fold).utcoffset() for fold in (0, 1))
    return first != second


@given(settings_and_moments())
@example((quiet("02:30", "05:00"), rome("2026-03-29T03:00")))
def test_it_is_quiet_just_when_the_clock_on_the_wall_says_so(
    both: tuple[QuietTime, datetime],
) -> None:
    some, now = both
    until = quiet_until(some, now)
    if shows_quiet(some, now):
        assert until is not None and until > now
    elif not shown_twice(some, now):
        assert until is None


@given(settings_and_moments())
def test_it_never_ends_before_the_clock_on_the_wall_says_so(
    both: tuple[QuietTime, datetime],
) -> None:
    some, now = both
    until = quiet_until(some, now)
    if until is None or always_quiet(some):
        return
    assert not shows_quiet(some, until)
    assert quiet_until(some, until) is None
    following = next_quiet(some, now)
    assert following is None or following > until
    moment = now
    while moment < min(until, now + timedelta(hours=6)):
        assert shows_quiet(some, moment) or shown_twice(some, moment)
        moment += MINUTE


def test_the_one_that_is_on_comes_before_the_next_one() -> None:
    evening = quiet("20:00", "08:00")
    friday = rome("2026-11-27T20:00")
    assert quiet_ahead(evening, friday - MINUTE) == (friday, rome("2026-11-28T08:00"))
    assert quiet_ahead(evening, friday + MINUTE) == (friday, rome("2026-11-28T08:00"))
    assert quiet_ahead(QuietTime((), ROME), friday) is None


def test_one_that_begins_in_a_week_is_told_to_its_very_end() -> None:
    long = read_quiet(
        [
            {"days": [4], "start": "20:00", "end": "00:00"},
            {"days": [5, 6, 0, 1], "start": "00:00", "end": "00:00"},
        ],
        "Europe/Rome",
    )
    after = rome("2026-11-25T00:00")
    begin, end = rome("2026-11-27T20:00"), rome("2026-12-02T00:00")
    assert quiet_ahead(long, after) == (begin, end)


@pytest.mark.parametrize(
    ("now", "hours"),
    [("2026-03-28T12:00", 11), ("2026-10-24T12:00", 13)],
    ids=["clocks go forward", "clocks go back"],
)
def test_a_night_in_which_the_clocks_change_is_as_long_as_it_is(now: str, hours: int) -> None:
    ahead = quiet_ahead(quiet("20:00", "08:00"), rome(now))
    assert ahead is not None
    assert ahead[1] - ahead[0] == timedelta(hours=hours)
