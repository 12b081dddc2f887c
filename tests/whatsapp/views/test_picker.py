"""What a person may choose from when they send a template, and in which language."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ats.models import Role, Team, TeamMember
from ats.tenancy import company_scope
from tests.factories.ats import UserFactory
from tests.factories.whatsapp import NOW, MessageTemplateFactory, World
from whatsapp.bulk.rules import problems
from whatsapp.message_templates import drafts
from whatsapp.models import MessageTemplate, TemplateTeam
from whatsapp.selectors.picker import SHOWN, Picker, TemplateRow, picker


@pytest.fixture
def offer(world: World) -> MessageTemplate:
    """Kept for a team that nobody is in."""
    with company_scope(world.company):
        MessageTemplate.objects.all().delete()
        template: MessageTemplate = MessageTemplateFactory(
            company=world.company, waba=world.sender.waba, name="offer"
        )
        row = drafts.adopt(template, now=NOW)
        TemplateTeam.objects.create(family=row.family, team=Team.objects.create(name="Rome"))
    return template


def rows(world: World, *languages: str) -> list[TemplateRow]:
    with company_scope(world.company):
        found = picker(world.sender.waba_id, user=world.alice, languages=languages, chosen=None)
    return found.rows


def test_a_language_is_told_from_one_whose_code_begins_alike(world: World) -> None:
    with company_scope(world.company):
        for language in ("en", "fil", "prs_AF"):
            MessageTemplateFactory(
                company=world.company, waba=world.sender.waba, name="greeting", language=language
            )
    ids = {row.pk: row.language for row in named(world, "greeting")}

    def taken(*wanted: str) -> str:
        return next(ids[one.id] for one in rows(world, *wanted) if one.name == "greeting")

    assert [taken("fi", "en"), taken("fil_PH", "en"), taken("prs", "en")] == ["en", "fil", "prs_AF"]


def named(world: World, name: str) -> list[MessageTemplate]:
    with company_scope(world.company):
        return list(MessageTemplate.objects.filter(name=name))


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
    assert [one.status for one in row.languages if not one.is_sendable] == ["In review"]


def test_a_name_can_be_chosen_while_one_of_its_languages_can_be_sent(world: World) -> None:
    with company_scope(world.company):
        for language, status in (("ar", "APPROVED"), ("en", "DISABLED")):
            MessageTemplateFactory(
                company=world.company,
                waba=world.sender.waba,
                name="second_round",
                language=language,
                status=status,
            )
    [row] = [one for one in rows(world, "en") if one.name == "second_round"]
    assert (row.is_sendable, row.about) == (True, "Utility · Arabic and 1 more")
    assert [(one.label, one.status) for one in row.languages] == [
        ("Arabic", ""),
        ("English", "Disabled"),
    ]


def test_of_thousands_of_names_the_first_are_read_and_shown_and_the_search_finds_the_others(
    world: World, client: Client
) -> None:
    def add(count: int) -> None:
        start = MessageTemplate.objects.count()
        MessageTemplate.objects.bulk_create(
            MessageTemplate(
                company=world.company,
                waba=world.sender.waba,
                meta_id=str(number),
                name=f"name_{number:05}",
                language="en",
                category="MARKETING" if number % 2 else "UTILITY",
                status="APPROVED",
                components=[{"type": "BODY", "text": "Hello"}],
            )
            for number in range(start, start + count)
        )

    def shown(chosen: MessageTemplate | None = None) -> Picker:
        waba = world.sender.waba_id
        return picker(waba, user=world.alice, languages=["it"], chosen=chosen)

    with company_scope(world.company):
        add(10)
        with CaptureQueriesContext(connection) as few:
            assert not shown().search_url
        add(500)
        with CaptureQueriesContext(connection) as many:
            long = shown()
        # What a template says is read of those alone that are shown.
        [reading] = [one["sql"] for one in many if '"components"' in one["sql"]]
        assert reading.count(",") < SHOWN + 20
        last = MessageTemplate.objects.order_by("name").last()
        assert last is not None
        assert [row.name for row in shown(last).rows if row.is_chosen] == [last.name]
    assert len(many) == len(few)
    assert (len(long.rows), long.total, long.found) == (SHOWN, 511, 511)
    client.force_login(world.alice)
    for asked, names in (
        ("&q=NAME 00433", ["name_00433"]),
        ("&q=name_00433&category=UTILITY", []),
        ("&q=italian", []),
    ):
        html = client.get(long.search_url + asked).content.decode()
        assert re.findall(r"name_[0-9]{5}(?=</b>)", html) == names
    html = client.get(long.search_url + "&category=MARKETING").content.decode()
    assert html.count('role="option"') == SHOWN
    assert "100 of 255 shown" in html


def test_nobody_is_offered_a_template_for_one_time_codes(world: World) -> None:
    with company_scope(world.company):
        MessageTemplateFactory(
            company=world.company, waba=world.sender.waba, name="code", category="AUTHENTICATION"
        )
    assert "code" not in {row.name for row in rows(world)}


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


def test_a_template_whose_team_is_deleted_is_refused_to_all_but_whatsapp_admins(
    world: World, offer: MessageTemplate, client: Client
) -> None:
    with company_scope(world.company):
        TeamMember.objects.create(team=Team.objects.get(), user=world.alice)
        Team.objects.get().delete()
    assert rows(world) == []
    wanda = UserFactory(company=world.company, role=Role.WHATSAPP_ADMIN)
    address = reverse("whatsapp:conversation_send_template", args=[world.conversation.pk])
    for person, status in ((world.alice, 422), (wanda, 200)):
        client.force_login(person)
        sent = client.post(address, {"template": offer.pk, "value-body.1": "Amina"})
        assert sent.status_code == status
        assert ("was for one team alone" in sent.content.decode()) == (status == 422)
