"""Quiet time in words and as a picture of the week, and when it begins and ends next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from whatsapp.models import CompanySettings
from whatsapp.policy.quiet import (
    QuietRange,
    QuietTime,
    always_quiet,
    next_quiet,
    quiet_ahead,
    quiet_until,
    read_quiet,
)

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Bar:
    """A quiet part of a day, in percent of it."""

    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Weekday:
    """`now` is where the day stands, in percent; empty on any other day."""

    label: str
    bars: tuple[Bar, ...]
    now: str


@dataclass(frozen=True, slots=True)
class QuietView:
    """`lead` and `rest` say what is on and what comes; `spoken` is the week for who hears it."""

    is_quiet: bool
    lead: str
    rest: str
    week: tuple[Weekday, ...]
    spoken: str


def quiet_view(settings: CompanySettings, own_zone: str, *, now: datetime) -> QuietView:
    """`own_zone` is the company's, for one that has chosen none for its quiet time."""
    quiet = read_quiet(settings.quiet_times, settings.quiet_zone or own_zone)
    lead, rest = words_of(quiet, now)
    return QuietView(
        is_quiet=quiet_until(quiet, now) is not None,
        lead=lead,
        rest=rest,
        week=_week(quiet, now),
        spoken="; ".join(_spoken(one) for one in quiet.ranges),
    )


def words_of(quiet: QuietTime, now: datetime) -> tuple[str, str]:
    """Whether it is quiet, and when that changes, by the clock of its own zone."""
    city = _city(quiet.zone)
    if always_quiet(quiet):
        return "Always quiet.", "No bulk send ever leaves: take some hours out."
    ahead = quiet_ahead(quiet, now)
    if ahead is None:
        return "No quiet time.", "Bulk sends leave at any hour."
    begin, end = ahead
    if begin > now:
        return "Not quiet now.", (
            f"The next quiet time begins {_moment(begin, now, quiet.zone)} and ends "
            f"{_moment(end, now, quiet.zone)} ({city}).{_change(begin, end, quiet.zone)}"
        )
    following = next_quiet(quiet, now)
    then = f" The next one begins {_moment(following, now, quiet.zone)}." if following else ""
    return "Quiet now.", f"It ends {_moment(end, now, quiet.zone)} ({city}).{then}"


def _moment(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """“today, Friday, at 20:00”, “on Monday, 23 November, at 08:00”; of a time that the clock shows
    twice that day, which of the two."""
    local, today = moment.astimezone(zone), now.astimezone(zone).date()
    name = DAYS[local.weekday()]
    near = {today: "today", today + timedelta(days=1): "tomorrow"}.get(local.date())
    day = f"{near}, {name}," if near else f"on {name}, {local.day} {local:%B},"
    return f"{day} at {local:%H:%M}{_which(local)}"


def _which(local: datetime) -> str:
    first, second = (local.replace(fold=fold).utcoffset() for fold in (0, 1))
    # Of a time that the clock jumps over the first offset is the smaller one (PEP 495).
    if first is None or second is None or first <= second:
        return ""
    return f", the {'second' if local.fold else 'first'} time the clock shows it"


def _change(begin: datetime, end: datetime, zone: ZoneInfo) -> str:
    """That clocks are changed meanwhile, where they are."""
    shown = end.astimezone(zone).replace(tzinfo=None) - begin.astimezone(zone).replace(tzinfo=None)
    if shown == end - begin:
        return ""
    way = "forward" if shown > end - begin else "back"
    return f" Clocks go {way} in between: it lasts {_hours(end - begin)}, not {_hours(shown)}."


def _hours(length: timedelta) -> str:
    minutes = round(length.total_seconds() / 60)
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} hours"


def _city(zone: ZoneInfo) -> str:
    return zone.key.rpartition("/")[2].replace("_", " ")


def _week(quiet: QuietTime, now: datetime) -> tuple[Weekday, ...]:
    today = now.astimezone(quiet.zone)
    past = today.hour * 60 + today.minute
    parts: list[list[tuple[int, int]]] = [[] for _ in DAYS]
    for one in quiet.ranges:
        start, end = _minutes(one)
        for day in one.days:
            if start < end:
                parts[day].append((start, end))
            else:
                parts[day].append((start, MINUTES))
                parts[(day + 1) % 7].append((0, end))
    return tuple(
        Weekday(
            label=DAYS[day][:3],
            bars=tuple(Bar(_percent(a), _percent(b - a)) for a, b in sorted(parts[day]) if a < b),
            now=_percent(past) if day == today.weekday() else "",
        )
        for day in range(7)
    )


def _minutes(one: QuietRange) -> tuple[int, int]:
    start, end = (clock.hour * 60 + clock.minute for clock in (one.start, one.end))
    return start, end or MINUTES


def _percent(minutes: int) -> str:
    return f"{100 * minutes / MINUTES:.2f}%"


def _spoken(one: QuietRange) -> str:
    start, end = _minutes(one)
    days = _days(one.days)
    if (start, end) == (0, MINUTES):
        return f"{days}, all day"
    last = "24:00" if end == MINUTES else f"{one.end:%H:%M}"
    return f"{days} from {one.start:%H:%M} to {last}{'' if start < end else ' the next day'}"


def _days(days: Iterable[int]) -> str:
    found = sorted(days)
    if found == list(range(7)):
        return "Every day"
    if len(found) > 2 and found == list(range(found[0], found[-1] + 1)):
        return f"{DAYS[found[0]]} to {DAYS[found[-1]]}"
    names = [DAYS[day] for day in found]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
