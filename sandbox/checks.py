"""The checks that every kind needs: keys, words and their lengths, numbers, addresses.

What is misspelt, of a wrong type or missing at the top is Meta's 100; what is missing inside is
131008, and what is there but not allowed 131009 ("Error codes", 11 September 2026).
"""

from typing import Any
from urllib.parse import urlsplit

from sandbox.errors import GraphError, required
from sandbox.records import Json


def unexpected(key: str, where: str) -> GraphError:
    return GraphError(100, message=f'Unexpected key "{key}" on param "{where}".')


def missing(what: str) -> GraphError:
    return GraphError(131008, f"{what} is missing")


def invalid(details: str) -> GraphError:
    return GraphError(131009, details)


def object_of(payload: Json, name: str) -> Json:
    """The object that stands under the message's own type."""
    found = payload.get(name)
    if found is None:
        raise required(name)
    if not isinstance(found, dict):
        raise GraphError(100, message=f"Param {name} must be a JSON object.")
    return found


def keys(given: Json, allowed: frozenset[str], where: str) -> None:
    if not given.keys() <= allowed:
        raise unexpected(min(given.keys() - allowed), where)


def inner(given: Json, key: str, where: str) -> Json:
    """An object inside another one."""
    found = given.get(key)
    name = f"{where}['{key}']"
    if found is None:
        raise missing(name)
    if not isinstance(found, dict):
        raise GraphError(100, message=f"Param {name} must be a JSON object.")
    return found


def rows(given: Json, key: str, where: str, most: int) -> list[Json]:
    """A list of 1 to `most` objects."""
    found = given.get(key)
    name = f"{where}['{key}']"
    if found is None or found == []:
        raise missing(name)
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise GraphError(100, message=f"Param {name} must be an array of objects.")
    if len(found) > most:
        raise invalid(f"{name} count is invalid. Min: 1, Max: {most}, received: {len(found)}")
    return found


def words(given: Json, key: str, where: str, most: int) -> str:
    """A text of 1 to `most` characters that has to be there."""
    value = given.get(key)
    name = f"{where}['{key}']"
    if value is None:
        raise missing(name)
    if not isinstance(value, str):
        raise GraphError(100, message=f"Param {name} must be a string.")
    if not value.strip() or len(value) > most:
        raise invalid(f"{name} length is invalid. Min length: 1, Max length: {most}")
    return value


def words_if_any(given: Json, key: str, where: str, most: int) -> str:
    return words(given, key, where, most) if key in given else ""


def whole(value: Any, where: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise GraphError(100, message=f"Param {where} must be an integer.")
    if not least <= value <= most:
        raise invalid(f"{where} must be between {least} and {most}")
    return value


def web_address(given: Json, key: str, where: str, *, secure: bool = False) -> str:
    value = words(given, key, where, 2000)
    parts = urlsplit(value)
    if parts.scheme not in (("https",) if secure else ("https", "http")) or not parts.hostname:
        kind = "an https address" if secure else "an http or https address"
        raise invalid(f"{where}['{key}'] is not {kind}")
    return value
