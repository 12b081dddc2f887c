"""The company's structure: fields and jobs."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify

from ats.models import CandidateField, Company, FieldType, Job, Team, TeamMember, User


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


def save_team(
    *, company: Company, team: Team | None, name: str, members: Collection[User], by: User
) -> Team:
    """A new team where there is none yet; `members` are all that it has from now on."""
    with transaction.atomic():
        if team is None:
            team = Team.objects.create(company=company, name=name)
        else:
            team.name = name
            team.save(update_fields=["name"])
        rows = TeamMember.objects.filter(team=team)
        rows.exclude(user__in=members).delete()
        TeamMember.objects.bulk_create(
            [TeamMember(company=company, team=team, user=person) for person in members],
            ignore_conflicts=True,
        )
    return team


def delete_team(*, team: Team, by: User) -> None:
    """What was given to it alone is nobody's then: whoever gives things to teams keeps to that."""
    team.delete()


def open_job(
    *, company: Company, title: str, location: str, address: str, recruiter: User | None, by: User
) -> Job:
    return Job.objects.create(
        company=company, title=title, location=location, address=address, recruiter=recruiter
    )
