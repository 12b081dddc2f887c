"""Who sees a template first, and who may use it: stars of one person, teams of the company."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from ats.public import Team, User
from whatsapp import events
from whatsapp.message_templates.drafts import adopt
from whatsapp.models import MessageTemplate, TemplateFamily, TemplateFavourite, TemplateTeam

# For the audit trail.
DELETED = "a team that was deleted"


def star(*, template: MessageTemplate, on: bool, by: User, now: datetime) -> None:
    """For this person alone; all languages of the name have it."""
    with transaction.atomic():
        family = adopt(template, now=now).family
        if on:
            TemplateFavourite.objects.get_or_create(
                company_id=family.company_id, family=family, user=by
            )
        else:
            TemplateFavourite.objects.filter(family=family, user=by).delete()


def give_to_teams(
    *, template: MessageTemplate, teams: Collection[Team], by: User, now: datetime
) -> TemplateFamily:
    """Only these may use the name from now on; without any, everybody."""
    with transaction.atomic():
        family = adopt(template, now=now).family
        TemplateFamily.objects.select_for_update(no_key=True).get(pk=family.pk)
        rows = TemplateTeam.objects.of_meta().filter(
            family__waba=template.waba_id, family__name=template.name
        )
        before = sorted(name or DELETED for name in rows.values_list("team__name", flat=True))
        after = sorted(team.name for team in teams)
        if before == after:
            return family
        rows.exclude(family=family, team__in=teams).delete()
        TemplateTeam.objects.bulk_create(
            [
                TemplateTeam(company_id=family.company_id, family=family, team=team)
                for team in teams
            ],
            ignore_conflicts=True,
        )
        events.audit(
            actor=by,
            verb="template_teams_chosen",
            about=template,
            now=now,
            name=template.name,
            before=before,
            after=after,
        )
        events.publish(family.company_id, "templates", now=now)
    return family
