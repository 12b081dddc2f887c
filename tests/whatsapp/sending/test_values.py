"""A template's values from a candidate's data."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ats.public import CandidateSummary, NextInterview
from whatsapp.meta import template_text
from whatsapp.sending.values import known_values, resolve, suggested_field, suggested_value

ROME = ZoneInfo("Europe/Rome")
AMINA = CandidateSummary(
    candidate_id=1,
    name="Amina Njoroge",
    first_name="Amina",
    email="amina@mail.example",
    job_title="Guest Relations Agent",
    job_location="Nairobi",
    next_interview=NextInterview(datetime(2026, 11, 23, 8, 10, tzinfo=UTC), "Riverside Drive 14"),
)
NOBODY = CandidateSummary(2, "", "", "")


def test_times_are_told_in_the_zone_asked_for() -> None:
    known = known_values(AMINA, tz=ROME)
    assert known["interview"] == "Monday, 23 November, 09:10"
    assert known["interview_time"] == "09:10"


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ({"text": "Friday"}, "Friday"),
        ({"field": "first_name"}, "Amina"),
        ({"field": "first_name", "fallback": "there"}, "Amina"),
        ({"field": "recruiter_name", "fallback": "our team"}, "our team"),
    ],
)
def test_a_variable_is_filled_from_a_text_or_the_candidates_field(
    source: dict[str, str], value: str
) -> None:
    assert resolve({"body.1": source}, known_values(AMINA, tz=ROME)) == ({"body.1": value}, ())


@pytest.mark.parametrize(
    "source", [{"text": " "}, {"field": "first_name"}, {"field": "gone"}, {"fallback": "x"}]
)
def test_what_stays_empty_is_named(source: dict[str, str]) -> None:
    assert resolve({"body.1": source}, known_values(NOBODY, tz=ROME)) == ({}, ("body.1",))


@pytest.mark.parametrize(
    ("text", "name", "field", "value"),
    [
        ("Hello {{1}}, are you free?", "body.1", "first_name", "Amina"),
        ("Your code is {{1}}", "body.1", "", ""),
        ("About {{job}}", "body.job", "job_title", "Guest Relations Agent"),
        ("See you at {{place}}", "body.place", "interview_place", "Riverside Drive 14"),
    ],
)
def test_what_a_variable_asks_for_is_read_from_its_name(
    text: str, name: str, field: str, value: str
) -> None:
    components = [{"type": "BODY", "text": text}]
    [one] = template_text.variables(components)
    assert one.key == name
    assert suggested_field(one, components) == field
    assert suggested_value(one, components, known_values(AMINA, tz=ROME)) == value
