"""Business sentences of the host and the signals they send after the commit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction

from ats import signals
from ats.actions.applications import apply_to_job, book_interview, move_stage
from ats.actions.candidates import create_candidate, erase_candidate
from ats.models import Candidate, Company, Stage, User
from ats.tenancy import company_scope, current_company_id
from tests.factories.ats import (
    ApplicationFactory,
    CandidateFactory,
    CompanyFactory,
    JobFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
NAMES = ["candidate_created", "candidate_erased", "stage_changed", "interview_booked"]


@pytest.fixture
def company() -> Iterator[Company]:
    made = CompanyFactory()
    with company_scope(made):
        yield made


@pytest.fixture
def alice(company: Company) -> User:
    return UserFactory(company=company)


@pytest.fixture
def heard() -> Iterator[list[dict[str, Any]]]:
    """What the signals said, with the company that was active when they did."""
    said: list[dict[str, Any]] = []

    def listener(signal: Any, sender: Any, **ids: Any) -> None:
        said.append({"active": current_company_id(), **ids})

    for name in NAMES:
        getattr(signals, name).connect(listener, weak=False, dispatch_uid="test")
    yield said
    for name in NAMES:
        getattr(signals, name).disconnect(dispatch_uid="test")


def test_a_new_candidate_is_announced_after_the_commit(
    company: Company, alice: User, heard: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        made = create_candidate(company=company, first_name="Amina", by=alice)
        assert heard == []
    assert heard == [
        {
            "active": company.pk,
            "company_id": company.pk,
            "candidate_id": made.pk,
            "by_id": alice.pk,
        }
    ]


def test_nothing_is_announced_when_the_transaction_is_undone(
    company: Company, alice: User, heard: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        try:
            with transaction.atomic():
                create_candidate(company=company, first_name="Amina", by=alice)
                raise RuntimeError
        except RuntimeError:
            pass
    assert heard == []
    assert not Candidate.objects.exists()


def test_a_failing_listener_does_not_keep_the_others_from_hearing(
    company: Company, alice: User, heard: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    def broken(**ids: Any) -> None:
        raise RuntimeError("listener")

    signals.candidate_created.connect(broken)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            create_candidate(company=company, first_name="Amina", by=alice)
    finally:
        signals.candidate_created.disconnect(broken)
    assert len(heard) == 1


def test_a_stage_moves_once_and_says_from_where_to_where(
    company: Company, alice: User, heard: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    application = ApplicationFactory(stage=Stage.APPLIED)
    stale = type(application).objects.get(pk=application.pk)
    with django_capture_on_commit_callbacks(execute=True):
        assert move_stage(application=application, stage=Stage.SCREENING, by=alice)
        assert not move_stage(application=stale, stage=Stage.REJECTED, by=alice)
        assert move_stage(application=application, stage=Stage.SCREENING, by=alice)
    [said] = heard
    assert (said["old"], said["new"]) == ("applied", "screening")
    assert said["candidate_id"] == application.candidate_id


def test_a_booked_interview_is_announced(
    company: Company, alice: User, heard: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    application = ApplicationFactory()
    with django_capture_on_commit_callbacks(execute=True):
        interview = book_interview(
            application=application,
            starts_at=datetime(2026, 11, 27, 13, 0, tzinfo=UTC),
            place="Riverside Drive 14",
            recruiter=alice,
            by=alice,
        )
    [said] = heard
    assert said["interview_id"] == interview.pk


def test_an_erased_candidate_is_announced_by_id(
    company: Company, alice: User, heard: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    amina = CandidateFactory(mobile="+254722555014")
    ApplicationFactory(candidate=amina)
    pk = amina.pk
    with django_capture_on_commit_callbacks(execute=True):
        erase_candidate(candidate=amina, by=alice)
    [said] = heard
    assert said["candidate_id"] == pk
    assert not Candidate.objects.exists()


def test_applying_twice_is_one_application(company: Company, alice: User) -> None:
    amina, job = CandidateFactory(), JobFactory()
    first = apply_to_job(candidate=amina, job=job, by=alice)
    assert apply_to_job(candidate=amina, job=job, by=alice) == first
