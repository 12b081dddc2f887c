"""A place on the map, as a message or as the header of a template."""

from typing import Any

from sandbox.checks import invalid, keys, missing, object_of, words_if_any
from sandbox.content.asked import Asked, Content
from sandbox.records import Json

KEYS = frozenset({"latitude", "longitude", "name", "address"})
NAME_MOST = 1000
SPANS = {"latitude": 90.0, "longitude": 180.0}


def build(asked: Asked) -> Content:
    return Content(read(object_of(asked.payload, "location"), "location"))


def read(given: Json, where: str) -> Json:
    keys(given, KEYS, where)
    for name, most in SPANS.items():
        degrees = _number(given.get(name), f"{where}['{name}']")
        if not -most <= degrees <= most:
            raise invalid(f"{where}['{name}'] must be between -{most:g} and {most:g}")
    for name in ("name", "address"):
        words_if_any(given, name, where, NAME_MOST)
    return dict(given)


def _number(value: Any, where: str) -> float:
    """Meta's samples have degrees as text, and numbers are taken as well."""
    if value is None or value == "":
        raise missing(where)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise invalid(f"{where} is not a number")
    try:
        return float(value)
    except ValueError:
        raise invalid(f"{where} is not a number") from None
