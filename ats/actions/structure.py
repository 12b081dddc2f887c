"""The company's structure: fields and jobs."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify

from ats.models import CandidateField, Company, FieldType, Job, User


def add_candidate_field(
    *,
    company: Company,
    label: str,
    type: FieldType,
    choices: Sequence[str] = (),
    required: bool = False,
    by: User | None,
) -> CandidateField:
    """The field comes last; its key is made from its label and never changes afterwards."""
    with transaction.atomic():
        # One at a time for a company, so that keys and positions stay apart.
        Company.objects.select_for_update(no_key=True).get(pk=company.pk)
        last = CandidateField.objects.aggregate(last=Max("position"))["last"] or 0
        return CandidateField.objects.create(
            company=company,
            key=_free_key(label),
            label=label,
            type=type,
            choices=list(choices),
            required=required,
            position=last + 1,
        )


def _free_key(label: str) -> str:
    wanted = slugify(label).replace("-", "_")[:36] or "field"
    taken = set(CandidateField.objects.filter(key__startswith=wanted).values_list("key", flat=True))
    key, number = wanted, 2
    while key in taken:
        key, number = f"{wanted}_{number}", number + 1
    return key


def open_job(
    *, company: Company, title: str, location: str, address: str, recruiter: User | None, by: User
) -> Job:
    return Job.objects.create(
        company=company, title=title, location=location, address=address, recruiter=recruiter
    )
