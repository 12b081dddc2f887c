"""Who may do what: read-only people change nothing, and settings are for company admins."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ats.models import Candidate, CandidateField, FieldType, Role
from ats.tenancy import all_companies
from tests.factories.ats import (
    ApplicationFactory,
    CandidateFactory,
    CandidateImportFactory,
    CompanyFactory,
    UserFactory,
    count_all,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def rita(client: Client) -> Any:
    person = UserFactory(role=Role.READ_ONLY, full_name="Rita Lindqvist")
    client.force_login(person)
    return person


def test_read_only_people_see_everything_and_no_button_that_writes(
    client: Client, rita: Any
) -> None:
    application = ApplicationFactory(company=rita.company)
    pages = [
        reverse("ats:candidates"),
        reverse("ats:jobs"),
        reverse("ats:job", args=[application.job_id]),
        reverse("ats:candidate", args=[application.candidate_id]),
        reverse("ats:settings"),
    ]
    for url in pages:
        answer = client.get(url)
        page = answer.content.decode()
        assert answer.status_code == 200
        assert 'method="post"' not in page
        for word in ("New candidate", "New job", "Import", ">Edit", "Book an interview"):
            assert word not in page


@pytest.mark.parametrize("role", ["", "auditor"])
def test_a_role_that_is_not_known_may_only_read(client: Client, role: str) -> None:
    person = UserFactory(role=role)
    client.force_login(person)
    assert client.get(reverse("ats:candidates")).status_code == 200
    answer = client.post(reverse("ats:candidate_new"), {"first_name": "Luca", "last_name": "B"})
    assert answer.status_code == 403
    assert count_all(Candidate) == 0


def test_read_only_people_are_told_why_nothing_was_saved(client: Client, rita: Any) -> None:
    application = ApplicationFactory(company=rita.company)
    file = CandidateImportFactory(company=rita.company, by=rita)
    candidate_id = application.candidate_id
    posts = {
        reverse("ats:candidate_new"): {"first_name": "Luca"},
        reverse("ats:candidate_edit", args=[candidate_id]): {"first_name": "Luca"},
        reverse("ats:candidate_erase", args=[candidate_id]): {"name": "Amina Njoroge"},
        reverse("ats:application_new", args=[candidate_id]): {"job": application.job_id},
        reverse("ats:application_stage", args=[application.pk]): {
            "seen": "screening",
            "stage": "hired",
        },
        reverse("ats:interview_new", args=[application.pk]): {"place": "The lobby"},
        reverse("ats:job_new"): {"title": "Concierge", "location": "Milan"},
        reverse("ats:import"): {},
        reverse("ats:import_report", args=[file.pk]): {},
        reverse("ats:fields"): {"label": "City", "type": "text"},
    }
    for url, data in posts.items():
        answer = client.post(url, data)
        assert answer.status_code == 403, url
        assert "company admin" in answer.content.decode()
    application.refresh_from_db()
    assert application.stage == "screening"
    with all_companies():
        assert Candidate.objects.get().first_name == "Amina"


@pytest.mark.parametrize("role", Role)
def test_only_company_admins_define_fields_and_erase(client: Client, role: Role) -> None:
    person = UserFactory(role=role)
    amina = CandidateFactory(company=person.company)
    client.force_login(person)
    allowed = role == Role.COMPANY_ADMIN
    settings = client.get(reverse("ats:settings")).content.decode()
    assert (reverse("ats:fields") in settings) == allowed
    assert client.get(reverse("ats:fields")).status_code == (200 if allowed else 403)
    erase = reverse("ats:candidate_erase", args=[amina.pk])
    assert client.get(erase).status_code == (200 if allowed else 403)


def test_erasing_asks_for_the_name(client: Client) -> None:
    carla = UserFactory(role=Role.COMPANY_ADMIN)
    amina = CandidateFactory(company=carla.company, mobile="+254722555014")
    client.force_login(carla)
    url = reverse("ats:candidate_erase", args=[amina.pk])
    wrong = client.post(url, {"name": "Luca"})
    assert wrong.status_code == 422 and 'value="Luca"' in wrong.content.decode()
    assert count_all(Candidate) == 1
    assert client.post(url, {"name": "amina njoroge "})["Location"] == reverse("ats:candidates")
    assert count_all(Candidate) == 0


def test_a_field_is_added_last_with_a_key_of_its_own(client: Client) -> None:
    carla = UserFactory(role=Role.COMPANY_ADMIN)
    client.force_login(carla)
    url = reverse("ats:fields")
    client.post(url, {"label": "Second mobile!", "type": "mobile"})
    client.post(url, {"label": "Second mobile?", "type": "choice", "choices": "One\n\nTwo\nOne"})
    with all_companies():
        fields = list(CandidateField.objects.all())
    assert [field.key for field in fields] == ["second_mobile", "second_mobile_2"]
    assert fields[1].choices == ["One", "Two"]
    assert fields[0].type == FieldType.MOBILE


def test_a_refused_field_keeps_what_was_typed(client: Client) -> None:
    carla = UserFactory(role=Role.COMPANY_ADMIN)
    client.force_login(carla)
    answer = client.post(
        reverse("ats:fields"), {"label": "Hours", "type": "choice", "choices": "Nights"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "at least two answers" in page and ">\nNights</textarea>" in page
    assert count_all(CandidateField) == 0


def test_ops_see_all_companies_in_the_administration(admin_client: Client) -> None:
    CandidateFactory(company=CompanyFactory(), first_name="Amina")
    CandidateFactory(company=CompanyFactory(), first_name="Charlie")
    page = admin_client.get(reverse("admin:ats_candidate_changelist")).content.decode()
    assert "Amina" in page and "Charlie" in page
    for model in ("candidatefield", "candidatevalue", "job", "application", "interview"):
        url = reverse(f"admin:ats_{model}_changelist")
        assert admin_client.get(url).status_code == 200


def test_ops_create_companies_and_people(admin_client: Client) -> None:
    new = {
        "name": "Caravella Hotels",
        "slug": "caravella",
        "default_country": "IT",
        "timezone": "Europe/Rome",
        "language": "en",
    }
    assert admin_client.post(reverse("admin:ats_company_add"), new).status_code == 302
    wrong = {**new, "slug": "other", "default_country": "XX", "timezone": "Rome"}
    page = admin_client.post(reverse("admin:ats_company_add"), wrong).content.decode()
    assert "is not a country" in page and "is not a time zone" in page
    company = CompanyFactory(slug="caravella")
    person = {
        "email": "Alice@caravella.example",
        "full_name": "Alice Ferrante",
        "company": company.pk,
        "role": "recruiter",
        "password1": "a-long-test-password",
        "password2": "a-long-test-password",
    }
    assert admin_client.post(reverse("admin:ats_user_add"), person).status_code == 302
    assert company.users.get().email == "alice@caravella.example"


def test_candidates_cannot_be_changed_in_the_administration(admin_client: Client) -> None:
    amina = CandidateFactory()
    url = reverse("admin:ats_candidate_change", args=[amina.pk])
    assert admin_client.get(url).status_code == 200
    assert admin_client.post(url, {"first_name": "Nobody"}).status_code == 403
