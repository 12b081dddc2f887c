"""Validated mobile numbers: what is accepted as what, and what is refused in which words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ats.mobile_numbers import InvalidMobileNumber, mobile_display, parse_mobile

ACCEPTED = [
    ("+254722555014", "IT", "+254722555014"),
    ("+254 722 555 014", "IT", "+254722555014"),
    ("00254 722-555-014", "IT", "+254722555014"),
    ("0722 555 014", "KE", "+254722555014"),
    ("320 555 0142", "IT", "+393205550142"),
    ("+39 (320) 555.0142", "KE", "+393205550142"),
    ("  +55 11 95555 0121 ", "IT", "+5511955550121"),
    ("+254 20 555 0117", "IT", "+254205550117"),  # a landline may use WhatsApp
    ("+39 02 5550 1420", "IT", "+390255501420"),
    ("+1 212 555 0123", "IT", "+12125550123"),
    ("\u202a+39 320 555 0142\u202c", "IT", "+393205550142"),  # copied from a contact card
    ("+39\u00a0320\u00a0555\u00a00142", "IT", "+393205550142"),
]

REFUSED = [
    ("", "IT", "empty"),
    ("12", "IT", "too few digits"),
    ("+39 12", "IT", "too few digits"),
    ("+254 722 555 014 555 014", "IT", "too many digits"),
    ("+999 123 456 789", "IT", "no country"),
    ("call me", "IT", "only digits"),
    ("320 555 0142 ext. 4", "IT", "only digits"),
    ("+39 800 123 456", "IT", "service number"),
    ("+1 555 0123", "IT", "area code"),
]


@pytest.mark.parametrize(("text", "region", "expected"), ACCEPTED)
def test_a_possible_number_becomes_e164(text: str, region: str, expected: str) -> None:
    assert parse_mobile(text, region) == expected


@pytest.mark.parametrize(("text", "region", "reason"), REFUSED)
def test_an_impossible_number_is_refused_in_words(text: str, region: str, reason: str) -> None:
    with pytest.raises(InvalidMobileNumber) as refused:
        parse_mobile(text, region)
    assert reason in str(refused.value)
    assert refused.value.remedy in str(refused.value)


@given(st.text(max_size=40))
def test_whatever_is_typed_is_a_number_or_refused(text: str) -> None:
    try:
        number = parse_mobile(text, "IT")
    except InvalidMobileNumber:
        return
    assert parse_mobile(number, "KE") == number


def test_numbers_are_shown_with_spaces() -> None:
    assert mobile_display("+393205550142") == "+39 320 555 0142"
    assert mobile_display("not a number") == "not a number"
