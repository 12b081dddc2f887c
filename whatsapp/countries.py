"""Countries by the names that people know, for lists and for reasons."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import phonenumbers
from babel import Locale


# Babel's (CLDR), not those of phonenumbers: its geocoder brings the towns of the world with it,
# 20 MB of code in each process, and is years behind what countries call themselves.
@cache
def country_name(code: str) -> str:
    """The English name of an ISO 3166 code; the code itself where none is known, as for 001."""
    names: Mapping[str, str] = Locale("en").territories
    return names.get(code, code) if _is_country(code) else code


def country_flag(code: str) -> str:
    """The flag of an ISO 3166 code, as the two letters that fonts draw it from (Unicode, regional
    indicator symbols); empty for what is no country, such as 001."""
    letters = code.upper() if _is_country(code) else ""
    return "".join(chr(0x1F1E6 + ord(sign) - ord("A")) for sign in letters)


def _is_country(code: str) -> bool:
    return len(code) == 2 and code.isascii() and code.isalpha()


@cache
def country_choices() -> list[tuple[str, str]]:
    """Every country that has telephone numbers, by name."""
    codes = phonenumbers.SUPPORTED_REGIONS
    return sorted(((code, country_name(code)) for code in codes), key=lambda pair: pair[1])


def region_name(e164: str) -> str:
    """The country that a number is of; empty where it is of none."""
    region = phonenumbers.region_code_for_number(phonenumbers.parse(e164))
    return country_name(region) if region else ""


def region_of(mobile: str | None) -> str | None:
    """ISO 3166 code of an E.164 number; None where the prefix is shared and nothing tells."""
    if not mobile:
        return None
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(mobile))
    except phonenumbers.NumberParseException:
        return None
