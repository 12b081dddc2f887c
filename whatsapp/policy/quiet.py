"""Quiet time: when bulk sends wait. By the wall clock of one zone, right where that clock jumps.

Where the clock is put forward over a time, that time is the moment of the jump; where it is put
back and shows a time twice, a range begins at the first and ends at the second. So whenever the
clock shows a time that is inside a range, it is quiet.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
# How far ahead the end of quiet time is looked for. A week has every range, and one more day is
# for what crosses midnight; what lasts longer never ends.
LOOK_AHEAD = 8


@dataclass(frozen=True)
class QuietRange:
    """From `start`, inclusive, to `end`, exclusive, on the days on which it begins (Monday is 0).
    An end that is not after the start is on the next day; equal ones make a whole day."""

    days: frozenset[int]
    start: time
    end: time


@dataclass(frozen=True)
class QuietTime:
    """Ranges may touch, overlap and cross midnight."""

    ranges: tuple[QuietRange, ...]
    zone: ZoneInfo


def read_quiet(stored: object, zone: str) -> QuietTime:
    """From what the company's settings store: [{"days": [0], "start": "20:00", "end": "08:00"}].
    Raises ValueError that names what is wrong."""
    try:
        tz = ZoneInfo(zone)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError(f"quiet time: {zone!r} is not a time zone") from error
    if not isinstance(stored, list):
        raise ValueError(f"quiet time: not a list of ranges: {stored!r}")
    return QuietTime(tuple(_range(one) for one in stored), tz)


def _range(one: object) -> QuietRange:
    if not isinstance(one, dict) or set(one) != {"days", "start", "end"}:
        raise ValueError(f"quiet time: a range has days, start and end, this is {one!r}")
    days = one["days"]
    if not isinstance(days, list) or not days or any(type(d) is not int for d in days):
        raise ValueError(f"quiet time: days are numbers from 0, Monday, to 6, not {days!r}")
    if not set(days) <= set(range(7)):
        raise ValueError(f"quiet time: days are numbers from 0, Monday, to 6, not {days!r}")
    return QuietRange(frozenset(days), _clock(one["start"]), _clock(one["end"]))


def _clock(text: object) -> time:
    match = CLOCK.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"quiet time: a time is from 00:00 to 23:59, not {text!r}")
    return time(int(match[1]), int(match[2]))


def quiet_until(quiet: QuietTime, now: datetime) -> datetime | None:
    """When the quiet time ends that `now` is in, ranges that touch taken together; None outside.

    Where it never ends, a moment a week ahead, at which to look again (`always_quiet`).
    """
    for start, end in _spans(quiet, now):
        if start <= now.astimezone(UTC) < end:
            return end
    return None


def next_quiet(quiet: QuietTime, now: datetime) -> datetime | None:
    """When quiet time begins next, after the one that is on; None where there is none to come."""
    return next((start for start, _ in _spans(quiet, now) if start > now.astimezone(UTC)), None)


def quiet_ahead(quiet: QuietTime, now: datetime) -> tuple[datetime, datetime] | None:
    """The quiet time that is on, or else the next one: its begin and its end in UTC, ranges that
    touch taken together; None where there is none to come. Of one that never ends (`always_quiet`)
    both are only moments to look again at."""
    begin = next((start for start, end in _spans(quiet, now) if end > now.astimezone(UTC)), None)
    # Asked from its begin: from now, one that begins in a week might reach beyond what is read.
    end = quiet_until(quiet, max(begin, now.astimezone(UTC))) if begin else None
    return (begin, end) if begin and end else None


def always_quiet(quiet: QuietTime) -> bool:
    """Whether the ranges leave no minute of an ordinary week: nothing would ever leave."""
    week = 7 * DAY
    spans = [
        (begin + shift, begin + shift + _length(one))
        for one in quiet.ranges
        for day in one.days
        for begin in [day * DAY + _since_midnight(one.start)]
        # What crosses the end of the week is also there at its beginning.
        for shift in (-week, timedelta(0))
    ]
    reached = timedelta(0)
    for start, end in sorted(spans):
        if start > reached:
            return False
        reached = max(reached, end)
    return reached >= week


def _length(one: QuietRange) -> timedelta:
    length = _since_midnight(one.end) - _since_midnight(one.start)
    return length if length > timedelta(0) else length + DAY


def _since_midnight(clock: time) -> timedelta:
    return timedelta(hours=clock.hour, minutes=clock.minute)


def _spans(quiet: QuietTime, now: datetime) -> list[tuple[datetime, datetime]]:
    """Quiet spans around `now` in UTC, in order, merged where they touch."""
    if now.tzinfo is None:
        raise ValueError("quiet time needs a moment with a time zone, got one without")
    merged: list[tuple[datetime, datetime]] = []
    for start, end in sorted(_single_spans(quiet, now)):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _single_spans(quiet: QuietTime, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    today = now.astimezone(quiet.zone).date()
    # Two days back: the longest range began yesterday, unless the clock skipped a whole day.
    for day in _days(today, range(-2, LOOK_AHEAD + 1)):
        for one in quiet.ranges:
            if day.weekday() not in one.days:
                continue
            last_day = day if one.start < one.end else day + DAY
            start = _instant(datetime.combine(day, one.start), quiet.zone, last=False)
            end = _instant(datetime.combine(last_day, one.end), quiet.zone, last=True)
            if start < end:
                yield start, end


def _days(today: date, offsets: Iterable[int]) -> Iterator[date]:
    for offset in offsets:
        yield today + offset * DAY


def _instant(wall: datetime, zone: ZoneInfo, *, last: bool) -> datetime:
    """The moment in UTC at which the clock shows `wall`: of two the first or the last, and where
    it never does, the moment at which it jumps over it."""
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first <= second:
        return second if last else first
    # In a gap the folds read the clock as it goes after and before the jump (PEP 495), which lies
    # between the two.
    before, after = second, first
    while after - before > timedelta(seconds=1):
        middle = before + ((after - before) / 2 // timedelta(seconds=1)) * timedelta(seconds=1)
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            before = middle
        else:
            after = middle
    return after
