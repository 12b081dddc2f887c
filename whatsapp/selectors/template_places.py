"""Where on the editor's page a fault is, by ids."""

from __future__ import annotations

import re

_PLACES = {
    "name": "t-name",
    "language": "t-name",
    "category": "t-category-utility",
    "header": "t-header",
    "body": "t-body",
    "footer": "t-foot",
    "buttons": "t-buttons",
    "code": "t-minutes",
}


def id_of(key: str) -> str:
    """Of letters that an id may have, whatever somebody wrote between the braces."""
    return re.sub(r"[^a-z0-9_]", lambda sign: f"-{ord(sign[0]):x}-", key)


def place_of(where: str) -> str:
    """The id of a fault's place in the form."""
    part, _, rest = where.partition(".")
    if part == "sample":
        return f"sample-{id_of(rest)}"
    if part == "button":
        return f"hints-button-{rest}"
    return _PLACES.get(part, f"hints-{part or 'general'}")
