"""One template for everybody who may send it: how it looks, what fills it, what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from ats.public import Team, User, company_of, teams
from whatsapp.message_templates.drafts import written_at
from whatsapp.message_templates.sources import FIELDS, source_of
from whatsapp.models import (
    Message,
    MessageTemplate,
    TemplateFamily,
    TemplateFavourite,
    TemplateTeam,
)
from whatsapp.models.template_usage import Usage
from whatsapp.policy.notice_sentences import QUALITIES
from whatsapp.policy.template_sentences import say_field
from whatsapp.policy.template_states import StatusSaid, say_status
from whatsapp.policy.written import Written, slot_keys
from whatsapp.selectors.template_category import CategoryChange, category_change
from whatsapp.selectors.template_look import Look, language_name, look_of
from whatsapp.sending.values import chosen_for

USED_WITHIN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Filled:
    """A variable: what fills it, what stands in where a candidate has nothing, its sample."""

    name: str
    source: str
    fallback: str
    sample: str


@dataclass(frozen=True, slots=True)
class Sibling:
    template_id: int
    label: str
    word: str
    tone: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class TeamChoice:
    team: Team
    is_on: bool


@dataclass(frozen=True, slots=True)
class TemplatePage:
    """`template` is named as in the editor's preview, which draws `look`."""

    template: MessageTemplate
    written: Written
    look: Look
    status: StatusSaid
    language: str
    quality: str
    fields: list[Filled]
    siblings: list[Sibling]
    usage: Usage
    is_starred: bool
    teams: list[TeamChoice]
    category_change: CategoryChange | None
    # It was for teams, and the last of them has been deleted.
    is_nobodys: bool

    @property
    def chosen(self) -> list[Team]:
        return [one.team for one in self.teams if one.is_on]


def template_page(template: MessageTemplate, user: User, *, now: datetime) -> TemplatePage:
    family = family_of_name(template)
    written = written_at(template)
    status = say_status(
        template.status,
        reason=template.rejected_reason,
        paused_until=template.paused_until,
        tz=timezone.get_current_timezone(),
    )
    allowed = TemplateTeam.objects.by_name(template.waba_id, template.name).get(template.name)
    used = usage_of([template.pk], user, now=now).get(template.pk, Usage())
    starred = TemplateFavourite.objects.filter(family=family, user=user)
    return TemplatePage(
        template=template,
        written=written,
        look=look_of(written),
        status=status,
        language=language_name(template.language),
        quality=QUALITIES.get(template.quality, "Not rated"),
        fields=_fields(template, written),
        siblings=_siblings(template),
        usage=used,
        is_starred=family is not None and starred.exists(),
        teams=[TeamChoice(team, team.pk in (allowed or ())) for team in teams(company_of(user))],
        is_nobodys=allowed is not None and not allowed,
        category_change=category_change(template, now=now),
    )


def usage_of(template_ids: Sequence[int], user: User, *, now: datetime) -> dict[int, Usage]:
    found: dict[int, Usage] = Message.objects.usage(
        template_ids, company_id=company_of(user).pk, since=now - USED_WITHIN
    )
    return found


def family_of_name(template: MessageTemplate) -> TemplateFamily | None:
    """The family of a name that Meta has, where somebody made one here."""
    rows = TemplateFamily.objects.of_meta().filter(waba=template.waba_id, name=template.name)
    found: TemplateFamily | None = rows.order_by("pk").first()
    return found


def _fields(template: MessageTemplate, written: Written) -> list[Filled]:
    rows, sources = [], chosen_for(template)
    for key in slot_keys(written):
        source = source_of(sources, key, written.body)
        known = source.get("field", "")
        rows.append(
            Filled(
                name=say_field(key),
                source=FIELDS.get(known, known),
                fallback=source.get("fallback", "") or source.get("text", ""),
                sample=written.samples.get(key, ""),
            )
        )
    return rows


def _siblings(template: MessageTemplate) -> list[Sibling]:
    tz = timezone.get_current_timezone()
    rows = MessageTemplate.objects.filter(
        waba=template.waba_id, name=template.name, is_gone=False
    ).order_by("language")
    found = []
    for row in rows.only("pk", "company", "language", "status"):
        said = say_status(row.status, reason="", paused_until=None, tz=tz)
        found.append(
            Sibling(
                row.pk, language_name(row.language), said.label, said.tone, row.pk == template.pk
            )
        )
    return found
