"""What was typed into a candidate field, read by the field's type or refused with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from ats.mobile_numbers import InvalidMobileNumber, parse_mobile
from ats.models import CandidateField, FieldType

MAX_LENGTH = 500


class ValueRefused(ValueError):
    """The text does not fit the field. `why` and `remedy` are sentences for the person."""

    def __init__(self, why: str, remedy: str) -> None:
        self.why, self.remedy = why, remedy
        super().__init__(f"{why} {remedy}")


@dataclass(frozen=True, slots=True)
class ReadValue:
    value: str
    date: date | None = None
    number: Decimal | None = None


def read_value(field: CandidateField, text: str, region: str) -> ReadValue | None:
    """The normal form of `text`, or None for an empty one."""
    typed = text.replace("\x00", "").strip()
    if not typed:
        if field.required:
            raise ValueRefused(f"{field.label} is empty.", "Every candidate needs it: fill it in.")
        return None
    if len(typed) > MAX_LENGTH:
        raise ValueRefused(
            f"{field.label} has {len(typed)} characters.", f"Shorten it to {MAX_LENGTH}."
        )
    return _READERS[FieldType(field.type)](field, typed, region)


def _text(field: CandidateField, typed: str, region: str) -> ReadValue:
    return ReadValue(typed)


def _email(field: CandidateField, typed: str, region: str) -> ReadValue:
    return ReadValue(read_email(typed))


def read_email(typed: str) -> str:
    try:
        validate_email(typed)
    except ValidationError as error:
        raise ValueRefused(
            f"“{typed}” is not an e-mail address.", "Write it like name@example.com."
        ) from error
    return typed.lower()


def _date(field: CandidateField, typed: str, region: str) -> ReadValue:
    try:
        day = date.fromisoformat(typed)
    except ValueError as error:
        raise ValueRefused(
            f"“{typed}” is not a date.", "Write it as year-month-day, for example 2026-12-07."
        ) from error
    return ReadValue(day.isoformat(), date=day)


def _number(field: CandidateField, typed: str, region: str) -> ReadValue:
    try:
        number = Decimal(typed)
        fits = number.is_finite() and abs(number) < Decimal(10) ** 16
    except InvalidOperation:
        fits = False
    if not fits:
        raise ValueRefused(
            f"“{typed}” is not a number.",
            "Use digits with a point before the decimals, for example 1200.50.",
        )
    rounded = number.quantize(Decimal("0.0001"))
    plain = f"{rounded:f}".rstrip("0").rstrip(".")
    return ReadValue(plain, number=rounded)


def _choice(field: CandidateField, typed: str, region: str) -> ReadValue:
    for choice in field.choices:
        if choice.casefold() == typed.casefold():
            return ReadValue(choice)
    raise ValueRefused(
        f"“{typed}” is not one of the choices of {field.label}.",
        f"Use one of: {', '.join(field.choices)}.",
    )


def _mobile(field: CandidateField, typed: str, region: str) -> ReadValue:
    try:
        return ReadValue(parse_mobile(typed, region))
    except InvalidMobileNumber as error:
        raise ValueRefused(
            f"“{typed}” is not a number that can be reached: {error.why}.", error.remedy
        ) from error


_READERS = {
    FieldType.TEXT: _text,
    FieldType.EMAIL: _email,
    FieldType.DATE: _date,
    FieldType.NUMBER: _number,
    FieldType.CHOICE: _choice,
    FieldType.MOBILE: _mobile,
}
