"""The ways in which one mobile number is written in Brazil, Mexico and Argentina.

Digits without "+" go in and come out, as in Meta's `wa_id`. Everywhere else, and for every
landline, a number has one spelling: two landlines are never taken for one.
"""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

# Brazil put a 9 before the eight digits of mobile numbers (Anatel, 2012 to 2016), and WhatsApp
# kept older accounts without it. Only numbers that began with 6 to 9 were mobile before; one that
# begins with 2 to 5 is a landline.
_BRAZIL_OLD = re.compile(r"55(\d{2})([6-9]\d{7})")
_BRAZIL_NEW = re.compile(r"55(\d{2})9([6-9]\d{7})")
# Mexico asked for a 1 before mobile numbers dialled from abroad until August 2019, and WhatsApp
# still answers with it.
_MEXICO_OLD = re.compile(r"521(\d{10})")
_MEXICO_NEW = re.compile(r"52(\d{10})")
# Argentina's mobile numbers are 9, area, number from abroad and area, 15, number at home.
_ARGENTINA_NEW = re.compile(r"549\d{10}")
_ARGENTINA_HOME = re.compile(r"54(?!9)\d{12}")


def canonical(digits: str) -> str:
    """The spelling that stands for all of them."""
    if found := _BRAZIL_OLD.fullmatch(digits):
        return f"55{found[1]}9{found[2]}"
    if found := _MEXICO_OLD.fullmatch(digits):
        return f"52{found[1]}"
    if _ARGENTINA_HOME.fullmatch(digits) and (number := _mobile(digits)) is not None:
        return phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:]
    return digits


def spellings(digits: str) -> frozenset[str]:
    """Every way to write this number, the one given among them."""
    one = canonical(digits)
    found = {digits, one}
    if match := _BRAZIL_NEW.fullmatch(one):
        found.add(f"55{match[1]}{match[2]}")
    if match := _MEXICO_NEW.fullmatch(one):
        found.add(f"521{match[1]}")
    if _ARGENTINA_NEW.fullmatch(one) and (number := _mobile(one)) is not None:
        at_home = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
        found.add("54" + re.sub(r"\D", "", at_home).removeprefix("0"))
    return frozenset(found)


def _mobile(digits: str) -> PhoneNumber | None:
    try:
        number = phonenumbers.parse(f"+{digits}", None)
    except phonenumbers.NumberParseException:
        return None
    is_mobile = phonenumbers.number_type(number) == PhoneNumberType.MOBILE
    return number if is_mobile else None
