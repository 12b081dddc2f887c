"""Countries by the names that people know, for lists and for reasons."""

from __future__ import annotations

from functools import cache

import phonenumbers
from phonenumbers.geocoder import country_name_for_number


@cache
def country_name(code: str) -> str:
    """The English name of an ISO 3166 code; the code itself where none is known."""
    example = phonenumbers.example_number(code)
    return (country_name_for_number(example, "en") if example else "") or code


@cache
def country_choices() -> list[tuple[str, str]]:
    """Every country that has telephone numbers, by name."""
    codes = phonenumbers.SUPPORTED_REGIONS
    return sorted(((code, country_name(code)) for code in codes), key=lambda pair: pair[1])
