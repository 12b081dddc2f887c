"""Ids as they come in addresses, forms and headers: text that a stranger may have made up."""

from __future__ import annotations

# What a bigint column holds.
MOST = 2**63


def whole_number(text: str | None) -> int | None:
    """The number that the text is, where a row may have it as its id; else None.

    Only 0 to 9 count: `str.isdigit` also takes “²”, on which `int` fails.
    """
    if not text or not text.isascii() or not text.isdigit() or len(text) > len(str(MOST)):
        return None
    number = int(text)
    return number if number < MOST else None
