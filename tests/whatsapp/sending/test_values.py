"""A template's values from a candidate's data."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from ats.public import CandidateSummary, NextInterview
from ats.tenancy import company_scope
from tests.factories.ats import (
    ApplicationFactory,
    CandidateFieldFactory,
    CandidateValueFactory,
    InterviewFactory,
)
from tests.factories.templates import TemplateFamilyFactory, TemplateTranslationFactory
from tests.factories.whatsapp import NOW, MessageTemplateFactory, World
from whatsapp import figures
from whatsapp.meta import template_text
from whatsapp.sending.values import (
    fields_of,
    filled,
    known_of,
    known_values,
    resolve,
    sources_of,
    suggested_field,
    suggested_value,
)

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
    assert known["interview"] == "Monday 23 November, 09:10"
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


@pytest.mark.parametrize(
    ("language", "day", "time"),
    [
        ("en", "Monday 23 November", "09:10"),
        ("en_US", "Monday, November 23", "9:10 AM"),
        ("it", "lunedì 23 novembre", "09:10"),
        ("fr", "lundi 23 novembre", "09:10"),
        ("de", "Montag, 23. November", "09:10"),
        ("es", "lunes, 23 de noviembre", "9:10"),
        ("pt_BR", "segunda-feira, 23 de novembro", "09:10"),
        ("ar", "الاثنين، 23 نوفمبر", "9:10 ص"),
        ("xx_YY", "Monday 23 November", "09:10"),
    ],
)
def test_days_and_times_are_written_as_the_language_of_the_template_does(
    language: str, day: str, time: str
) -> None:
    known = known_values(AMINA, tz=ROME, language=language)
    assert (known["interview_date"], known["interview_time"]) == (day, time)


def test_every_language_of_meta_has_words_for_a_day() -> None:
    for language in figures.at(NOW).templates.languages:
        assert known_values(AMINA, tz=ROME, language=language)["interview"], language


SOURCES = {
    "first_name": {"field": "first_name"},
    "arrives": {"field": "field:arrives", "fallback": "soon"},
    "visa": {"field": "field:visa", "fallback": "not known"},
    "when": {"field": "interview_time"},
    "who": {"field": "sender_name"},
    "company": {"field": "company_name"},
    "desk": {"text": "Reception"},
}
WRITTEN = [
    {
        "type": "BODY",
        "text": "{{first_name}}, {{arrives}}, {{visa}}, {{when}}, {{who}}, {{company}}, {{desk}},"
        " {{other}}.",
    }
]


def test_a_template_is_filled_from_what_its_author_chose(world: World) -> None:
    with company_scope(world.company):
        template = MessageTemplateFactory(
            company=world.company,
            waba=world.sender.waba,
            language="it",
            parameter_format="NAMED",
            components=WRITTEN,
        )
        about = {"company": world.company, "waba": world.sender.waba, "name": template.name}
        TemplateTranslationFactory(
            company=world.company,
            family=TemplateFamilyFactory(**about),
            language="it",
            submitted_at=NOW,
            sources=SOURCES,
            # What is being written of it is not what Meta approved,
            draft_sources={"desk": {"text": "Draft"}},
        )
        # and less a draft of the same name, which Meta has not seen.
        TemplateTranslationFactory(
            company=world.company,
            family=TemplateFamilyFactory(**about),
            language="it",
            sources={"desk": {"text": "Draft"}},
        )
        arrives = CandidateFieldFactory(company=world.company, key="arrives", type="date")
        CandidateFieldFactory(company=world.company, key="visa")
        day = date(2026, 11, 30)
        CandidateValueFactory(candidate=world.amina, field=arrives, value="2026-11-30", date=day)
        world.amina.timezone = "Asia/Tokyo"
        world.amina.save()
        application = ApplicationFactory(company=world.company, candidate=world.amina)
        starts = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
        InterviewFactory(company=world.company, application=application, starts_at=starts)
        [known] = known_of(
            [world.amina.pk], language="it", company=world.company, by=world.alice, now=NOW
        ).values()
        values = filled(template, known)
    assert values == {
        "body.first_name": "Amina",
        "body.arrives": "30 novembre 2026",
        "body.visa": "not known",
        # Where the candidate is, not where the company is.
        "body.when": "17:00",
        "body.who": "Alice Ferrante",
        "body.company": "Caravella Hotels",
        "body.desk": "Reception",
    }
    lacking = template_text.missing(template.components, values)
    assert [one.key for one in lacking] == ["body.other"]


def test_the_fields_to_choose_from_are_the_companys_too(world: World) -> None:
    with company_scope(world.company):
        CandidateFieldFactory(company=world.company, key="visa", label="Visa")
        assert fields_of(world.company)["field:visa"] == "Visa"
        template = MessageTemplateFactory(
            company=world.company, waba=world.sender.waba, components=WRITTEN
        )
        # Nobody chose anything: names suggest.
        assert sources_of(template)["body.first_name"] == {"field": "first_name"}
