"""Contact cards."""

import re

from sandbox.checks import inner, invalid, keys, missing, words
from sandbox.content.asked import Asked, Content
from sandbox.errors import GraphError, required
from sandbox.records import Json

MOST = 257
KEYS = frozenset({"name", "phones", "emails", "org", "addresses", "urls", "birthday"})
NAMES = frozenset({"formatted_name", "first_name", "last_name", "middle_name", "suffix", "prefix"})
# A list of objects each: what an item may have, and what it must.
LISTS: dict[str, tuple[frozenset[str], str]] = {
    "phones": (frozenset({"phone", "type", "wa_id"}), "phone"),
    "emails": (frozenset({"email", "type"}), "email"),
    "urls": (frozenset({"url", "type"}), "url"),
    "addresses": (
        frozenset({"street", "city", "state", "zip", "country", "country_code", "type"}),
        "",
    ),
}
ORG = frozenset({"company", "department", "title"})
LONGEST = 1000
BIRTHDAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


def build(asked: Asked) -> Content:
    given = asked.payload.get("contacts")
    if given is None or given == []:
        raise required("contacts")
    if not isinstance(given, list) or not all(isinstance(card, dict) for card in given):
        raise GraphError(100, message="Param contacts must be an array of objects.")
    if len(given) > MOST:
        raise invalid(f"contacts count is invalid. Min: 1, Max: {MOST}, received: {len(given)}")
    for index, card in enumerate(given):
        _card(card, f"contacts[{index}]")
    return Content(given)


def _card(card: Json, where: str) -> None:
    keys(card, KEYS, where)
    name = inner(card, "name", where)
    named = f"{where}['name']"
    _texts(name, NAMES, named)
    words(name, "formatted_name", named, LONGEST)
    if len(name) == 1:
        raise missing(f"{named}: one more of first_name, last_name, middle_name, suffix, prefix")
    for key, (allowed, needed) in LISTS.items():
        items = card.get(key, [])
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise GraphError(100, message=f"Param {where}['{key}'] must be an array of objects.")
        for index, item in enumerate(items):
            _texts(item, allowed, f"{where}['{key}'][{index}]")
            if needed:
                words(item, needed, f"{where}['{key}'][{index}]", LONGEST)
    if "org" in card:
        _texts(inner(card, "org", where), ORG, f"{where}['org']")
    birthday = card.get("birthday")
    if birthday is not None and not BIRTHDAY.fullmatch(str(birthday)):
        raise invalid(f"{where}['birthday'] has to be written YYYY-MM-DD")


def _texts(given: Json, allowed: frozenset[str], where: str) -> None:
    keys(given, allowed, where)
    for key, value in given.items():
        if not isinstance(value, str):
            raise GraphError(100, message=f"Param {where}['{key}'] must be a string.")
