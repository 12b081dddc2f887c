"""Pages of candidates: the form keeps what was typed, the list finds people, the profile acts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from ats.models import Application, Candidate, CandidateValue, Company, FieldType, Stage
from ats.tenancy import all_companies, company_scope
from tests.factories.ats import (
    ApplicationFactory,
    CandidateFactory,
    CandidateFieldFactory,
    CompanyFactory,
    InterviewFactory,
    JobFactory,
    UserFactory,
    count_all,
    mobile_field,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return CompanyFactory(name="Caravella Hotels")


@pytest.fixture
def alice(company: Company, client: Client) -> Any:
    person = UserFactory(company=company, full_name="Alice Ferrante")
    client.force_login(person)
    return person


def _values(candidate_id: int) -> dict[str, str]:
    with all_companies():
        rows = CandidateValue.objects.filter(candidate_id=candidate_id).select_related("field")
        return {row.field.key: row.value for row in rows}


def test_a_candidate_is_added_with_typed_values(
    client: Client, alice: Any, company: Company
) -> None:
    mobile = mobile_field(company)
    start = CandidateFieldFactory(company=company, key="start", type=FieldType.DATE)
    hours = CandidateFieldFactory(
        company=company, key="hours", type=FieldType.CHOICE, choices=["Full time", "Nights"]
    )
    salary = CandidateFieldFactory(company=company, key="salary", type=FieldType.NUMBER)
    job = JobFactory(company=company)
    answer = client.post(
        reverse("ats:candidate_new"),
        {
            "first_name": "Luca",
            "last_name": "Bernardi",
            "email": "Luca@Mail.example",
            "job": job.pk,
            f"field_{mobile.pk}": "320 555 0142",
            f"field_{start.pk}": "2026-12-07",
            f"field_{hours.pk}": "Nights",
            f"field_{salary.pk}": "1200.50",
        },
    )
    with all_companies():
        luca = Candidate.objects.get()
        assert Application.objects.get().stage == Stage.APPLIED
    assert answer["Location"] == reverse("ats:candidate", args=[luca.pk])
    assert luca.email == "luca@mail.example"
    assert _values(luca.pk) == {
        "mobile": "+393205550142",
        "start": "2026-12-07",
        "hours": "Nights",
        "salary": "1200.5",
    }
    page = client.get(answer["Location"]).content.decode()
    assert "+39 320 555 0142" in page and "7 December 2026" in page


def test_a_refused_form_keeps_everything_and_says_what_is_wrong_beside_it(
    client: Client, alice: Any, company: Company
) -> None:
    mobile = mobile_field(company)
    city = CandidateFieldFactory(company=company, key="city", required=True)
    typed = {
        "first_name": "",
        "last_name": "Bernardi",
        "email": "luca(at)mail",
        f"field_{mobile.pk}": "12",
        f"field_{city.pk}": "",
    }
    answer = client.post(reverse("ats:candidate_new"), typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert count_all(Candidate) == 0
    for value in ("Bernardi", "luca(at)mail", "12"):
        assert f'value="{value}"' in page
    assert "4 fields below need another look" in page
    assert "First name is empty: fill it in." in page
    assert "is not an e-mail address. Write it like name@example.com." in page
    assert "too few digits" in page
    assert f'id="id_field_{mobile.pk}_error"' in page
    assert f'aria-describedby="id_field_{mobile.pk}_helptext id_field_{mobile.pk}_error"' in page


def test_editing_changes_and_empties_values(client: Client, alice: Any, company: Company) -> None:
    amina = CandidateFactory(company=company, mobile="+254722555014")
    city = CandidateFieldFactory(company=company, key="city")
    field = mobile_field(company)
    page = client.get(reverse("ats:candidate_edit", args=[amina.pk])).content.decode()
    assert 'value="+254722555014"' in page
    client.post(
        reverse("ats:candidate_edit", args=[amina.pk]),
        {"first_name": "Amina", f"field_{field.pk}": "", f"field_{city.pk}": "Nairobi"},
    )
    assert _values(amina.pk) == {"city": "Nairobi"}


@pytest.mark.parametrize(
    "words",
    [
        "njoroge",
        "AMINA nj",
        "njo ami",
        "amina.n@",
        "0722 555",
        "+254 722 555 014",
        "00254722555014",
    ],
)
def test_the_list_finds_people_by_name_address_and_number(
    client: Client, alice: Any, company: Company, words: str
) -> None:
    CandidateFactory(company=company, email="amina.n@mail.example", mobile="+254722555014")
    CandidateFactory(company=company, first_name="José", last_name="Ríos", mobile="+393205550142")
    page = client.get(reverse("ats:candidates"), {"q": words}).content.decode()
    assert "Amina Njoroge" in page
    assert "José" not in page


def test_accents_do_not_hide_people(client: Client, alice: Any, company: Company) -> None:
    CandidateFactory(company=company, first_name="José", last_name="Ríos")
    assert "José Ríos" in client.get(reverse("ats:candidates"), {"q": "jose rios"}).content.decode()


def test_the_list_filters_by_job_and_stage_of_one_application(
    client: Client, alice: Any, company: Company
) -> None:
    job, other = JobFactory(company=company), JobFactory(company=company)
    amina = CandidateFactory(company=company)
    ApplicationFactory(company=company, candidate=amina, job=job, stage=Stage.SCREENING)
    ApplicationFactory(company=company, candidate=amina, job=other, stage=Stage.OFFER)
    url = reverse("ats:candidates")
    assert "Amina Njoroge" in client.get(url, {"job": job.pk}).content.decode()
    both = client.get(url, {"job": job.pk, "stage": "offer"}).content.decode()
    assert "Nobody matches" in both
    assert "No candidates yet" not in both


def test_an_empty_company_is_told_how_to_begin(client: Client, alice: Any) -> None:
    assert "No candidates yet" in client.get(reverse("ats:candidates")).content.decode()


@pytest.mark.parametrize(
    "query", [{"job": "x"}, {"job": "9" * 30}, {"stage": "nope"}, {"before": "-1"}, {"q": "\x00"}]
)
def test_a_strange_address_shows_the_list(
    client: Client, alice: Any, query: dict[str, str]
) -> None:
    assert client.get(reverse("ats:candidates"), query).status_code == 200


def test_the_list_costs_the_same_for_one_as_for_many(
    client: Client, alice: Any, company: Company, django_assert_max_num_queries: Any
) -> None:
    for _ in range(12):
        ApplicationFactory(company=company)
    with django_assert_max_num_queries(12):
        client.get(reverse("ats:candidates"))


def test_a_stage_is_changed_and_a_meanwhile_change_is_not_overwritten(
    client: Client, alice: Any, company: Company
) -> None:
    application = ApplicationFactory(company=company, stage=Stage.APPLIED)
    url = reverse("ats:application_stage", args=[application.pk])
    client.post(url, {"seen": "applied", "stage": "screening"})
    application.refresh_from_db()
    assert application.stage == Stage.SCREENING
    page = client.post(url, {"seen": "applied", "stage": "rejected"}, follow=True)
    application.refresh_from_db()
    assert application.stage == Stage.SCREENING
    assert "somebody moved it to Screening meanwhile" in page.content.decode()


@time_machine.travel(datetime(2026, 11, 20, 12, 0, tzinfo=UTC), tick=False)
def test_an_interview_is_booked_in_the_companys_time(
    client: Client, alice: Any, company: Company
) -> None:
    application = ApplicationFactory(company=company)
    answer = client.post(
        reverse("ats:interview_new", args=[application.pk]),
        {
            "day": "2026-11-27",
            "time": "14:00",
            "place": "Riverside Drive 14",
            "recruiter": alice.pk,
        },
    )
    with company_scope(company):
        interview = application.interviews.get()
    assert interview.starts_at == datetime(2026, 11, 27, 13, 0, tzinfo=UTC)
    assert interview.recruiter == alice
    page = client.get(answer["Location"]).content.decode()
    assert "Friday 27 November, 14:00" in page


@time_machine.travel(datetime(2026, 11, 20, 12, 0, tzinfo=UTC), tick=False)
def test_an_interview_in_the_past_is_refused_and_keeps_what_was_typed(
    client: Client, alice: Any, company: Company
) -> None:
    application = ApplicationFactory(company=company)
    answer = client.post(
        reverse("ats:interview_new", args=[application.pk]),
        {"day": "2026-11-19", "time": "14:00", "place": "The lobby"},
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "This time has passed" in page
    assert 'value="The lobby"' in page and 'value="2026-11-19"' in page


def test_another_application_is_added_once(client: Client, alice: Any, company: Company) -> None:
    amina, job = CandidateFactory(company=company), JobFactory(company=company)
    foreign = JobFactory(company=CompanyFactory())
    url = reverse("ats:application_new", args=[amina.pk])
    client.post(url, {"job": job.pk})
    client.post(url, {"job": job.pk})
    client.post(url, {"job": foreign.pk})
    with all_companies():
        assert [row.job_id for row in Application.objects.all()] == [job.pk]


def test_the_profile_shows_past_and_coming_interviews(
    client: Client, alice: Any, company: Company
) -> None:
    application = ApplicationFactory(company=company)
    now = datetime.now(UTC)
    InterviewFactory(application=application, company=company, starts_at=now - timedelta(days=2))
    InterviewFactory(application=application, company=company, starts_at=now + timedelta(days=2))
    page = client.get(reverse("ats:candidate", args=[application.candidate_id])).content.decode()
    assert page.count("(past)") == 1


def test_markup_in_names_stays_text(client: Client, alice: Any, company: Company) -> None:
    amina = CandidateFactory(company=company, first_name="<script>alert(1)</script>")
    for url in (reverse("ats:candidates"), reverse("ats:candidate", args=[amina.pk])):
        assert "<script>alert" not in client.get(url).content.decode()


def test_the_language_and_the_time_zone_of_a_candidate_are_kept(
    client: Client, alice: Any, company: Company
) -> None:
    amina = CandidateFactory(company=company, language="gsw", timezone="Africa/Nairobi")
    address = reverse("ats:candidate_edit", args=[amina.pk])
    page = client.get(address).content.decode()
    assert '<option value="gsw" selected>' in page
    assert '<option value="Africa/Nairobi" selected>' in page
    given = {"first_name": "Amina", "language": "it", "timezone": "Europe/Rome"}
    assert client.post(address, given).status_code == 302
    amina.refresh_from_db()
    assert (amina.language, amina.timezone) == ("it", "Europe/Rome")
