"""The language that a candidate reads best, and where on the clock they are."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError

from ats.field_values import ValueRefused


@cache
def languages() -> dict[str, str]:
    """The languages that have a code of two letters, and their names in English."""
    names = Locale("en").languages
    found = {str(code): str(name) for code, name in names.items() if len(str(code)) == 2}
    return dict(sorted(found.items(), key=lambda one: one[1]))


@cache
def timezones() -> tuple[str, ...]:
    """Named by a continent and a city: what has no city is a relic."""
    return tuple(sorted(name for name in available_timezones() if _has_city(name)))


def _has_city(name: str) -> bool:
    return "/" in name and not name.startswith(("Etc/", "posix/", "right/", "US/", "SystemV/"))


def read_language(typed: str) -> str:
    """A code (it, pt-BR) or a name in English, as a code; empty where nothing is typed."""
    if not typed:
        return ""
    by_name = {name.casefold(): code for code, name in languages().items()}
    if typed.casefold() in by_name:
        return by_name[typed.casefold()]
    try:
        code = str(Locale.parse(typed.replace("-", "_")))
    except (ValueError, UnknownLocaleError):
        code = ""
    if not code or len(code) > 12:
        raise ValueRefused(
            f"“{typed}” is no language that is known here.",
            "Write its name in English or its code, like Italian, it or pt-BR.",
        )
    return code


def read_timezone(typed: str) -> str:
    """The name of a time zone as it is written, in whatever case; empty where nothing is typed."""
    if not typed:
        return ""
    known = {name.casefold(): name for name in (*timezones(), "UTC")}
    found = known.get(typed.replace(" ", "_").casefold())
    if found is None:
        raise ValueRefused(
            f"“{typed}” is no time zone.", "Write it like Europe/Rome or Africa/Nairobi."
        )
    return found
