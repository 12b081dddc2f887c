"""Applications move through their stages, and interviews are booked."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from ats.models import Application, Candidate, Interview, Job, Stage, User
from ats.signals import interview_booked, send_after_commit, stage_changed


def apply_to_job(*, candidate: Candidate, job: Job, by: User | None) -> Application:
    """The candidate's application to the job; the one that exists where there is one."""
    application, _ = Application.objects.get_or_create(
        company_id=candidate.company_id, candidate=candidate, job=job
    )
    return application


def move_stage(*, application: Application, stage: Stage, by: User) -> bool:
    """Moves the application from the stage the caller saw. False when somebody moved it before."""
    old = application.stage
    if old == stage:
        return True
    with transaction.atomic():
        moved = Application.objects.filter(pk=application.pk, stage=old).update(
            stage=stage, stage_changed_at=timezone.now()
        )
        if not moved:
            return False
        application.stage = stage
        send_after_commit(
            stage_changed,
            company_id=application.company_id,
            candidate_id=application.candidate_id,
            application_id=application.pk,
            old=str(old),
            new=str(stage),
            by_id=by.pk,
        )
    return True


def book_interview(
    *, application: Application, starts_at: datetime, place: str, recruiter: User | None, by: User
) -> Interview:
    with transaction.atomic():
        interview = Interview.objects.create(
            company_id=application.company_id,
            application=application,
            starts_at=starts_at,
            place=place,
            recruiter=recruiter,
        )
        send_after_commit(
            interview_booked,
            company_id=application.company_id,
            candidate_id=application.candidate_id,
            application_id=application.pk,
            interview_id=interview.pk,
            by_id=by.pk,
        )
    return interview
