"""What other applications may call of the host. Anything not named here is the host's own."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import QuerySet

from ats.access import candidate_for, company_of, member_required, require_writer
from ats.actions.candidates import create_candidate
from ats.candidate_list import Filters, find_candidates
from ats.field_values import ReadValue
from ats.forms.candidates import CandidateForm
from ats.listed import Listed, find_listed
from ats.lookup import FoundMobile, find_mobile_endings, find_mobiles, find_names_like
from ats.mobile_numbers import InvalidMobileNumber, mobile_display, parse_mobile
from ats.models import (
    Candidate,
    CandidateField,
    CandidateValue,
    Company,
    FieldType,
    Job,
    Role,
    Stage,
    Team,
    TeamMember,
    User,
)
from ats.summaries import (
    CandidateSummary,
    FieldValue,
    NextInterview,
    candidate_field_values,
    candidate_summary,
)
from ats.views.candidate_profile import profile_context

__all__ = [
    "Candidate",
    "CandidateField",
    "CandidateForm",
    "CandidateSummary",
    "Company",
    "FieldType",
    "FieldValue",
    "Filters",
    "FoundMobile",
    "InvalidMobileNumber",
    "Job",
    "Listed",
    "NextInterview",
    "ReadValue",
    "Role",
    "Stage",
    "Team",
    "User",
    "candidate_field_values",
    "candidate_for",
    "candidate_ids",
    "candidate_mobile",
    "candidate_mobiles",
    "candidate_summary",
    "candidates_with_mobile",
    "company_fields",
    "company_of",
    "company_users",
    "count_candidates",
    "create_candidate",
    "find_listed",
    "find_mobile_endings",
    "find_mobiles",
    "find_names_like",
    "has_module",
    "member_required",
    "mobile_display",
    "mobile_fields",
    "parse_mobile",
    "profile_context",
    "require_writer",
    "search_candidates",
    "teams",
    "teams_of",
]


def has_module(company: Company, key: str) -> bool:
    return company.has_module(key)


def company_users(company: Company) -> QuerySet[User]:
    """The people of a company who may sign in, by name."""
    return User.objects.filter(company=company, is_active=True).order_by("full_name", "id")


def company_fields(company: Company) -> list[tuple[str, str]]:
    """Key and label of each field of the company, in its order."""
    rows = CandidateField.objects.filter(company=company).order_by("position", "id")
    return list(rows.values_list("key", "label"))


def teams_of(user: User) -> frozenset[int]:
    """The ids of the teams that a person is in."""
    rows = TeamMember.objects.filter(user=user)
    return frozenset(rows.values_list("team_id", flat=True))


def teams(company: Company) -> list[Team]:
    """By name."""
    return list(Team.objects.filter(company=company))


def mobile_fields(company: Company) -> list[CandidateField]:
    """Fields of the type “Validated mobile number”, in the company's order."""
    return list(
        CandidateField.objects.filter(company=company, type=FieldType.MOBILE).order_by(
            "position", "id"
        )
    )


def candidate_mobile(candidate: Candidate, field_id: int) -> str | None:
    """The candidate's number in that field as E.164, or None where the field is empty."""
    return (
        CandidateValue.objects.filter(
            candidate=candidate, field_id=field_id, field__type=FieldType.MOBILE
        )
        .values_list("value", flat=True)
        .first()
    )


def candidate_mobiles(candidate_ids: Collection[int], field_id: int) -> dict[int, str]:
    """By candidate the E.164 number in that field; empty where the field is. Whoever is gone is
    not in it."""
    people = Candidate.objects.filter(pk__in=candidate_ids).values_list("pk", flat=True)
    numbers = CandidateValue.objects.filter(
        candidate_id__in=candidate_ids, field_id=field_id, field__type=FieldType.MOBILE
    ).values_list("candidate_id", "value")
    return dict.fromkeys(people, "") | dict(numbers)


def candidates_with_mobile(
    company_id: int, e164s: Collection[str], field_id: int
) -> list[Candidate]:
    """Candidates with one of these numbers in that field, newest first. A number may be shared."""
    if not e164s:
        return []
    # Two small questions: most numbers are nobody's, and then the second is not asked.
    ids = list(
        CandidateValue.objects.filter(
            company_id=company_id, field_id=field_id, value__in=list(e164s)
        ).values_list("candidate_id", flat=True)
    )
    return list(Candidate.objects.filter(company_id=company_id, pk__in=ids)) if ids else []


def search_candidates(company: Company, words: str, *, limit: int) -> list[Candidate]:
    """By name, e-mail address or number as in the list of candidates, newest first."""
    rows = find_candidates(Filters(words=words), company.default_country)
    return list(rows.filter(company=company).order_by("-pk")[:limit])


def candidate_ids(company: Company, filters: Filters, *, after: int, most: int) -> list[int]:
    """The next candidates that a filter finds, by their ids and in their order."""
    rows = find_candidates(filters, company.default_country).filter(company=company, pk__gt=after)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:most])


def count_candidates(company: Company, filters: Filters, *, up_to: int) -> int:
    """How many a filter finds; stops counting at `up_to`."""
    rows = find_candidates(filters, company.default_country).filter(company=company)
    return rows.order_by().values("pk")[:up_to].count()
