"""What other applications call: the gate, numbers, summaries, people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import Http404

from ats import public
from ats.models import FieldType, Stage
from ats.tenancy import company_scope
from tests.factories.ats import (
    ApplicationFactory,
    CandidateFactory,
    CandidateFieldFactory,
    CompanyFactory,
    InterviewFactory,
    JobFactory,
    UserFactory,
    mobile_field,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def test_the_gate_lets_through_ones_own_candidates_only() -> None:
    amina, theirs = CandidateFactory(), CandidateFactory()
    alice = UserFactory(company=amina.company)
    with company_scope(amina.company):
        assert public.candidate_for(alice, amina.pk) == amina
        for pk in (theirs.pk, 2**40, 2**70):
            with pytest.raises(Http404):
                public.candidate_for(alice, pk)
        with pytest.raises(Http404):
            public.candidate_for(UserFactory(company=None), amina.pk)


def test_only_validated_mobile_numbers_are_mobile_fields() -> None:
    company = CompanyFactory()
    text = CandidateFieldFactory(company=company, type=FieldType.TEXT)
    field = mobile_field(company)
    with company_scope(company):
        assert public.mobile_fields(company) == [field]
        amina = CandidateFactory(mobile="+254722555014")
        assert public.candidate_mobile(amina, field.pk) == "+254722555014"
        assert public.candidate_mobile(amina, text.pk) is None
        assert public.candidate_mobile(CandidateFactory(), field.pk) is None


def test_candidates_are_found_by_number_within_the_company() -> None:
    amina = CandidateFactory(mobile="+254722555014")
    twin = CandidateFactory(company=amina.company, mobile="+254722555014")
    CandidateFactory(mobile="+254722555014")
    field = mobile_field(amina.company)
    with company_scope(amina.company):
        found = public.candidates_with_mobile(
            amina.company_id, ["+254722555014", "+393205550142"], field.pk
        )
        assert found == [twin, amina]
        assert public.candidates_with_mobile(amina.company_id, [], field.pk) == []


def test_a_summary_shows_the_open_application_and_the_next_interview() -> None:
    company = CompanyFactory()
    alice = UserFactory(company=company, full_name="Alice Ferrante")
    job = JobFactory(company=company, title="Sous Chef", location="Milan", recruiter=alice)
    with company_scope(company):
        amina = CandidateFactory()
        current = ApplicationFactory(candidate=amina, job=job, stage=Stage.INTERVIEW)
        ApplicationFactory(candidate=amina, stage=Stage.REJECTED)
        for days in (-1, 3, 1):
            InterviewFactory(
                application=current, starts_at=NOW + timedelta(days=days), place=f"Room {days}"
            )
        summary = public.candidate_summary([amina.pk], now=NOW)[amina.pk]
    assert (summary.name, summary.first_name) == ("Amina Njoroge", "Amina")
    assert (summary.job_title, summary.job_location) == ("Sous Chef", "Milan")
    assert (summary.stage, summary.stage_label) == ("interview", "Interview")
    assert summary.recruiter_name == "Alice Ferrante"
    assert summary.next_interview == public.NextInterview(NOW + timedelta(days=1), "Room 1")


def test_summaries_of_many_take_three_queries(django_assert_num_queries: Any) -> None:
    company = CompanyFactory()
    with company_scope(company):
        ids = [ApplicationFactory().candidate_id for _ in range(5)]
        ids.append(CandidateFactory().pk)
        with django_assert_num_queries(3):
            summaries = public.candidate_summary(ids, now=NOW)
    assert set(summaries) == set(ids)
    assert summaries[ids[-1]].job_title == ""


def test_the_people_of_a_company_are_those_who_may_sign_in() -> None:
    company = CompanyFactory(modules=["whatsapp"])
    bob = UserFactory(company=company, full_name="Bob Okafor")
    alice = UserFactory(company=company, full_name="Alice Ferrante")
    UserFactory(company=company, is_active=False)
    UserFactory()
    assert list(public.company_users(company)) == [alice, bob]
    assert public.has_module(company, "whatsapp") and not public.has_module(company, "calls")
