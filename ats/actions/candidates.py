"""Candidates come, change and go."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from ats.actions.applications import apply_to_job
from ats.field_values import ReadValue
from ats.models import Candidate, CandidateValue, Company, Job, User
from ats.signals import candidate_created, candidate_erased, send_after_commit

Values = Mapping[int, ReadValue | None]


def create_candidate(
    *,
    company: Company,
    first_name: str,
    last_name: str = "",
    email: str = "",
    language: str = "",
    timezone: str = "",
    values: Values | None = None,
    job: Job | None = None,
    by: User | None,
) -> Candidate:
    """`values` maps ids of the company's fields to what `read_value` made of the text."""
    with transaction.atomic():
        candidate = Candidate(
            company=company,
            first_name=first_name,
            last_name=last_name,
            email=email,
            language=language,
            timezone=timezone,
        )
        candidate.save()
        CandidateValue.objects.bulk_create(value_rows(candidate, values or {}))
        if job is not None:
            apply_to_job(candidate=candidate, job=job, by=by)
        send_after_commit(
            candidate_created,
            company_id=company.pk,
            candidate_id=candidate.pk,
            by_id=by.pk if by else None,
        )
    return candidate


def update_candidate(
    *,
    candidate: Candidate,
    first_name: str,
    last_name: str,
    email: str,
    values: Values,
    by: User,
    language: str | None = None,
    timezone: str | None = None,
) -> Candidate:
    """Only the fields named in `values` change; None empties one. A language and a time zone that
    are not given stay."""
    with transaction.atomic():
        candidate.first_name, candidate.last_name, candidate.email = first_name, last_name, email
        candidate.language = candidate.language if language is None else language
        candidate.timezone = candidate.timezone if timezone is None else timezone
        candidate.save()
        CandidateValue.objects.filter(candidate=candidate, field_id__in=list(values)).delete()
        CandidateValue.objects.bulk_create(value_rows(candidate, values))
    return candidate


def erase_candidate(*, candidate: Candidate, by: User) -> None:
    """Removes the candidate with all values, applications and interviews."""
    company_id, candidate_id = candidate.company_id, candidate.pk
    with transaction.atomic():
        candidate.delete()
        send_after_commit(
            candidate_erased, company_id=company_id, candidate_id=candidate_id, by_id=by.pk
        )


def value_rows(candidate: Candidate, values: Values) -> list[CandidateValue]:
    return [
        CandidateValue(
            company_id=candidate.company_id,
            candidate=candidate,
            field_id=field_id,
            value=read.value,
            date=read.date,
            number=read.number,
        )
        for field_id, read in values.items()
        if read is not None
    ]
