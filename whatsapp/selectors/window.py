"""The customer service window as the pages show it: ring, words, and when it ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from whatsapp.policy.send import window

SOON = timedelta(hours=2)
FULL = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class WindowView:
    """`share` is the part that is left, of 100; `tone` is a variant of `.ring`."""

    is_open: bool
    closes_at: datetime | None
    share: int
    tone: str
    left: str
    until: str


def window_view(last_inbound_at: datetime | None, *, now: datetime) -> WindowView:
    state = window(last_inbound_at, now)
    if not state.open or state.closes_at is None:
        return WindowView(False, state.closes_at, 0, "is-shut", "", "")
    left = state.closes_at - now
    tone = "is-warn" if left <= SOON else ""
    share = max(1, min(100, round(100 * left / FULL)))
    return WindowView(
        True, state.closes_at, share, tone, _duration(left), clock(state.closes_at, now)
    )


def _duration(left: timedelta) -> str:
    """“18 h”, “1 h 24 min”, “52 min”: exact where it matters."""
    minutes = int(left.total_seconds() // 60)
    if minutes >= 180:
        return f"{minutes // 60} h"
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{max(minutes, 1)} min"


def clock(moment: datetime, now: datetime) -> str:
    """“15:42”, or “tomorrow, 15:42”, in the active time zone."""
    local, today = timezone.localtime(moment), timezone.localtime(now)
    hour = f"{local:%H:%M}"
    if local.date() == today.date():
        return hour
    if local.date() == today.date() + timedelta(days=1):
        return f"tomorrow, {hour}"
    return f"{local.day} {local:%B}, {hour}"


def day_label(moment: datetime, now: datetime) -> str:
    """“Today, 20 November”, “Yesterday, …”, “Tuesday, 17 November”, with the year if another."""
    local, today = timezone.localtime(moment).date(), timezone.localtime(now).date()
    days = (today - local).days
    name = {0: "Today", 1: "Yesterday"}.get(days, f"{local:%A}")
    year = f" {local.year}" if local.year != today.year else ""
    return f"{name}, {local.day} {local:%B}{year}"


def short_moment(moment: datetime, now: datetime) -> str:
    """For lists: the hour today, the weekday this week, else the date."""
    local, today = timezone.localtime(moment), timezone.localtime(now)
    days = (today.date() - local.date()).days
    if days == 0:
        return f"{local:%H:%M}"
    if days < 7:
        return f"{local:%a}"
    year = f" {local.year}" if local.year != today.year else ""
    return f"{local.day} {local:%b}{year}"
