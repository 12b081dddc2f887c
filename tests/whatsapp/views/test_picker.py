"""What a person may choose from when they send a template, and in which language."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from ats.models import Team, TeamMember
from ats.tenancy import company_scope
from tests.factories.templates import TemplateFamilyFactory
from tests.factories.whatsapp import NOW, MessageTemplateFactory, World
from whatsapp.bulk.rules import problems
from whatsapp.models import MessageTemplate, TemplateTeam
from whatsapp.selectors.picker import TemplateRow, picker


@pytest.fixture
def offer(world: World) -> MessageTemplate:
    """Kept for a team that nobody is in."""
    with company_scope(world.company):
        MessageTemplate.objects.all().delete()
        template: MessageTemplate = MessageTemplateFactory(
            company=world.company, waba=world.sender.waba, name="offer"
        )
        family = TemplateFamilyFactory(company=world.company, waba=world.sender.waba, name="offer")
        TemplateTeam.objects.create(family=family, team=Team.objects.create(name="Rome"))
    return template


def rows(world: World, *languages: str) -> list[TemplateRow]:
    with company_scope(world.company):
        found = picker(world.sender.waba_id, user=world.alice, languages=languages, chosen=None)
    return found.rows


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        (("it", "en"), "it"),
        (("pt_PT", "en"), "pt_BR"),
        (("ar", "en"), "en"),
        # In review, so it cannot be sent.
        (("fr", "it"), "it"),
    ],
)
def test_choosing_a_name_takes_the_readers_language_where_it_can_be_sent(
    world: World, wanted: tuple[str, ...], taken: str
) -> None:
    with company_scope(world.company):
        for language in ("en", "it", "pt_BR", "fr"):
            MessageTemplateFactory(
                company=world.company,
                waba=world.sender.waba,
                name="welcome",
                language=language,
                status="PENDING" if language == "fr" else "APPROVED",
            )
        [row] = [one for one in rows(world, *wanted) if one.name == "welcome"]
        assert MessageTemplate.objects.get(pk=row.id).language == taken
    assert len(row.languages) == 4
    assert [one.status for one in row.languages if not one.is_sendable] == ["Pending"]


def test_a_teams_template_is_shown_to_its_members_alone(
    world: World, offer: MessageTemplate
) -> None:
    assert rows(world) == []
    with company_scope(world.company):
        TeamMember.objects.create(team=Team.objects.get(), user=world.alice)
    assert [row.id for row in rows(world)] == [offer.pk]


def test_a_teams_template_is_refused_to_others_however_they_send_it(
    world: World, offer: MessageTemplate, client: Client
) -> None:
    client.force_login(world.alice)
    sent = client.post(
        reverse("whatsapp:conversation_send_template", args=[world.conversation.pk]),
        {"template": offer.pk, "value-body.1": "Amina"},
    )
    assert sent.status_code == 422
    assert "Only some teams may use the template “offer”" in sent.content.decode()
    with company_scope(world.company):
        found = problems(
            by=world.alice,
            sender=world.sender,
            template=offer,
            values={"body.1": {"text": "you"}},
            audience={"candidates": [world.amina.pk]},
            now=NOW,
        )
    assert [one.code for one in found] == ["template_of_other_team"]
