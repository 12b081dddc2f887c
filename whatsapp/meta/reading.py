"""Reads JSON that may lack fields, hold more of them, or hold other types than documented."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def as_text(value: object) -> str:
    """Text, or a number as text: ids come as either."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return ""


def as_optional_text(value: object) -> str | None:
    """Text where there is some."""
    return as_text(value) or None


def as_int(value: object) -> int | None:
    """A whole number, also where it came as text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            return None
    return None


def as_flag(value: object) -> bool | None:
    """A boolean, or nothing."""
    return value if isinstance(value, bool) else None


def as_mapping(value: object) -> Mapping[str, Any]:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def as_mappings(value: object) -> tuple[Mapping[str, Any], ...]:
    """The objects in a list; whatever else stands in it is skipped."""
    return tuple(one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()


def as_texts(value: object) -> tuple[str, ...]:
    """The texts in a list."""
    found = (as_text(one) for one in value) if isinstance(value, list) else ()
    return tuple(one for one in found if one)


def as_epoch(value: object) -> datetime | None:
    """A time from Unix seconds; 0 means "never" at Meta, and is None here."""
    seconds = as_int(value)
    if not seconds or seconds < 0:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def as_time(value: object) -> datetime | None:
    """A time from Meta's 2026-03-01T17:00:00+0000, or from Unix seconds."""
    if isinstance(value, str) and "-" in value:
        try:
            return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S%z")
        except ValueError:
            return None
    return as_epoch(value)
