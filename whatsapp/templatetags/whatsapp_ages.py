"""Ages in words: the two largest units, never “0 minutes”."""

from __future__ import annotations

from datetime import datetime

from django import template

register = template.Library()

UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


@register.filter
def age(seconds: int) -> str:
    """`{{ 5400|age }}`: “1 hour 30 minutes”."""
    words, rest = [], int(seconds)
    for unit, size in UNITS:
        count, rest = divmod(rest, size)
        if count:
            words.append(f"{count} {unit}{'' if count == 1 else 's'}")
    return " ".join(words[:2]) or "0 seconds"


@register.filter
def age_at(since: datetime, now: datetime) -> str:
    return age(max(0, int((now - since).total_seconds())))
