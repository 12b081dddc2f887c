"""Validated mobile numbers: what a person types, read as E.164 or refused with a reason.

Possible numbers are accepted and impossible ones refused. Landlines pass, because WhatsApp can be
used with a landline, verified by a voice call; what can never take a message does not.
"""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType, ValidationResult

_NEVER_A_PERSON = {
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.VOICEMAIL,
    PhoneNumberType.PAGER,
    PhoneNumberType.UAN,
}
_ALLOWED = re.compile(r"[+\d\s().\-/\u00a0\u2010-\u2015\u202f\ufeff\u202a\u202c]+")
_EXAMPLE = "Type it with its country code, for example +39 320 555 0142."


class InvalidMobileNumber(ValueError):
    """The text is not a possible number. The message says what, why and what to do."""

    def __init__(self, text: str, why: str, remedy: str = _EXAMPLE) -> None:
        self.why, self.remedy = why, remedy
        super().__init__(f"“{text}” is not a number that can be reached: {why}. {remedy}")


def parse_mobile(text: str, region: str) -> str:
    """E.164 for what was typed; numbers without a country code are read as of `region`."""
    typed = text.strip()
    if not typed:
        raise InvalidMobileNumber(text, "it is empty")
    if not _ALLOWED.fullmatch(typed):
        raise InvalidMobileNumber(
            text, "only digits, spaces, brackets, dashes and + may stand in it"
        )
    # "00" is how most of the world dials abroad, and people type it whatever their country.
    compact = re.sub(r"[^\d+]", "", typed)
    if compact.startswith("00"):
        compact = "+" + compact[2:]
    try:
        number = phonenumbers.parse(compact, region)
    except NumberParseException as error:
        raise InvalidMobileNumber(text, _parse_reason(error)) from error
    result = phonenumbers.is_possible_number_with_reason(number)
    if result != ValidationResult.IS_POSSIBLE:
        raise InvalidMobileNumber(text, _length_reason(result, number.country_code))
    if phonenumbers.number_type(number) in _NEVER_A_PERSON:
        raise InvalidMobileNumber(
            text, "it is a service number", "Ask the candidate for a number of their own."
        )
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def mobile_display(e164: str) -> str:
    """International spelling with spaces, for people to read."""
    try:
        number = phonenumbers.parse(e164, None)
    except NumberParseException:
        return e164
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)


def _parse_reason(error: NumberParseException) -> str:
    return {
        NumberParseException.INVALID_COUNTRY_CODE: "no country has this code",
        NumberParseException.TOO_LONG: "it has too many digits",
        NumberParseException.TOO_SHORT_NSN: "it has too few digits",
        NumberParseException.TOO_SHORT_AFTER_IDD: "it has too few digits",
    }.get(error.error_type, "it does not look like a telephone number")


def _length_reason(result: int, country_code: int | None) -> str:
    where = f"for a number in +{country_code}"
    return {
        ValidationResult.TOO_SHORT: f"it has too few digits {where}",
        ValidationResult.TOO_LONG: f"it has too many digits {where}",
        ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "the area code is missing",
        ValidationResult.INVALID_COUNTRY_CODE: "no country has this code",
    }.get(result, f"no number {where} has this many digits")
