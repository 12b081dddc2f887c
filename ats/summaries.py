"""Page-shaped reads: what a list shows about candidates, in a few queries whatever its length."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from ats.models import Application, Candidate, CandidateValue, FieldType, Interview, Stage


@dataclass(frozen=True, slots=True)
class NextInterview:
    starts_at: datetime
    place: str


@dataclass(frozen=True, slots=True)
class CandidateSummary:
    """A candidate as a list shows them, with their newest application that is still open."""

    candidate_id: int
    name: str
    first_name: str
    email: str
    language: str = ""
    timezone: str = ""
    job_id: int | None = None
    job_title: str = ""
    job_location: str = ""
    stage: str = ""
    stage_label: str = ""
    recruiter_name: str = ""
    next_interview: NextInterview | None = None


def candidate_summary(
    candidate_ids: Iterable[int], *, now: datetime
) -> dict[int, CandidateSummary]:
    """Summaries for one page of a list, in three queries."""
    ids = set(candidate_ids)
    people = {person.pk: person for person in Candidate.objects.filter(pk__in=ids)}
    applications = _current_applications(ids)
    interviews = _next_interviews(applications.values(), now)
    return {pk: _summary(person, applications.get(pk), interviews) for pk, person in people.items()}


@dataclass(frozen=True, slots=True)
class FieldValue:
    """One of the company's own fields as a candidate has it; `value` is its normal form."""

    type: str
    value: str
    date: date | None


def candidate_field_values(candidate_ids: Iterable[int]) -> dict[int, dict[str, FieldValue]]:
    """By candidate what the company's own fields say, by their keys."""
    found: dict[int, dict[str, FieldValue]] = {}
    rows = CandidateValue.objects.filter(candidate_id__in=list(candidate_ids))
    for pk, key, kind, value, day in rows.values_list(
        "candidate_id", "field__key", "field__type", "value", "date"
    ):
        found.setdefault(pk, {})[key] = FieldValue(kind, value, day)
    return found


def first_mobiles(candidate_ids: Iterable[int]) -> dict[int, str]:
    """The first filled mobile number of each candidate, in the company's order of fields."""
    numbers: dict[int, str] = {}
    rows = (
        CandidateValue.objects.filter(
            candidate_id__in=list(candidate_ids), field__type=FieldType.MOBILE
        )
        .order_by("field__position", "field_id")
        .values_list("candidate_id", "value")
    )
    for candidate_id, value in rows:
        numbers.setdefault(candidate_id, value)
    return numbers


def _current_applications(candidate_ids: set[int]) -> dict[int, Application]:
    """The newest application of each candidate; a rejected one only where there is no other."""
    chosen: dict[int, Application] = {}
    rows = (
        Application.objects.filter(candidate_id__in=candidate_ids)
        .select_related("job__recruiter")
        .order_by("id")
    )
    for row in rows:
        previous = chosen.get(row.candidate_id)
        if previous is None or row.stage != Stage.REJECTED or previous.stage == Stage.REJECTED:
            chosen[row.candidate_id] = row
    return chosen


def _next_interviews(
    applications: Iterable[Application], now: datetime
) -> dict[int, NextInterview]:
    soonest: dict[int, NextInterview] = {}
    rows = Interview.objects.filter(
        application_id__in=[row.pk for row in applications], starts_at__gte=now
    ).order_by("starts_at", "id")
    for row in rows:
        soonest.setdefault(row.application_id, NextInterview(row.starts_at, row.place))
    return soonest


def _summary(
    person: Candidate, application: Application | None, interviews: dict[int, NextInterview]
) -> CandidateSummary:
    if application is None:
        return CandidateSummary(
            person.pk,
            person.name,
            person.first_name,
            person.email,
            person.language,
            person.timezone,
        )
    job = application.job
    return CandidateSummary(
        candidate_id=person.pk,
        name=person.name,
        first_name=person.first_name,
        email=person.email,
        language=person.language,
        timezone=person.timezone,
        job_id=job.pk,
        job_title=job.title,
        job_location=job.location,
        stage=application.stage,
        stage_label=application.get_stage_display(),
        recruiter_name=job.recruiter.full_name if job.recruiter else "",
        next_interview=interviews.get(application.pk),
    )
