"""The library of templates: what it lists, how it is searched, and whose a template is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ats.models import Role, Team, TeamMember, User
from ats.tenancy import company_scope
from tests.factories.ats import CompanyFactory, UserFactory
from tests.factories.templates import TemplateTranslationFactory
from tests.factories.whatsapp import (
    NOW,
    ContactFactory,
    ConversationFactory,
    MessageFactory,
    MessageTemplateFactory,
    World,
)
from whatsapp.connection.template_life import Told, apply
from whatsapp.message_templates.sharing import give_to_teams
from whatsapp.models import AuditEntry, MessageTemplate, TemplateFamily, Waba
from whatsapp.selectors.picker import picker
from whatsapp.selectors.templates import Wish, library
from whatsapp.sending.facts import shared_facts

pytestmark = pytest.mark.django_db
LIBRARY = "/whatsapp/templates/"


@pytest.fixture
def wanda(world: World) -> User:
    person: User = UserFactory(company=world.company, role=Role.WHATSAPP_ADMIN)
    return person


def add(world: World, name: str, language: str = "en", **more: Any) -> MessageTemplate:
    row: MessageTemplate = MessageTemplateFactory(
        company=world.company, waba=world.sender.waba, name=name, language=language, **more
    )
    return row


def names(world: World, **asked: Any) -> list[str]:
    with company_scope(world.company):
        return [one.name for one in library(world.alice, Wish(**asked), now=NOW).lines]


def usable(world: World, user: User) -> set[str]:
    """What a person may choose from to send."""
    with company_scope(world.company):
        shown = picker(world.sender.waba_id, user=user, languages=[], chosen=None)
    return {row.name for row in shown.rows}


def page(client: Client, user: User, address: str = LIBRARY) -> str:
    client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


OFFER = [
    {
        "type": "BODY",
        "text": 'Dear {{1}}, say "yes" 100% of the time.',
        "example": {"body_text": [["Amina"]]},
    },
    {"type": "FOOTER", "text": "From Caravella Hotels"},
]


@pytest.fixture
def shelf(world: World) -> World:
    """Four names in three languages, and a draft."""
    with company_scope(world.company):
        MessageTemplate.objects.all().delete()
        add(world, "job_alert", category="MARKETING", quality="RED", status="PAUSED")
        add(world, "offer", quality="GREEN", components=OFFER)
        add(world, "offer", "it", status="REJECTED", category="UTILITY")
        add(world, "reminder", "ar", components=[{"type": "BODY", "text": "موعد الغد"}])
        add(world, "taken_away", is_gone=True)
        TemplateTranslationFactory(
            company=world.company, family__waba=world.sender.waba, family__name="welcome"
        )
    return world


def test_each_name_is_one_line_with_its_languages_and_drafts(shelf: World, client: Client) -> None:
    assert names(shelf) == ["job_alert", "offer", "reminder", "welcome"]
    html = page(client, shelf.alice)
    assert "Italian: Rejected" in html
    assert "Arabic: Approved" in html
    assert "English: Draft" in html
    assert "taken_away" not in html
    assert "4 of 4 names" in html


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"words": "job al"}, ["job_alert"]),
        ({"words": "موعد"}, ["reminder"]),
        ({"words": 'say "YES" 100%'}, ["offer"]),
        ({"words": "from caravella"}, ["offer"]),
        # Words of Meta's form that nobody reads in the message.
        ({"words": "FOOTER"}, []),
        ({"words": "example"}, []),
        ({"category": "MARKETING"}, ["job_alert"]),
        ({"status": "DRAFT"}, ["welcome"]),
        ({"language": "it", "status": "REJECTED"}, ["offer"]),
        # One of the languages has both, or the name does not fit.
        ({"language": "it", "status": "APPROVED"}, []),
        ({"quality": "RED"}, ["job_alert"]),
        ({"starred": True}, []),
        ({"category": "nonsense"}, []),
    ],
)
def test_it_is_searched_by_words_and_by_chips(
    shelf: World, asked: dict[str, Any], found: list[str]
) -> None:
    assert names(shelf, **asked) == found


def test_each_chip_says_how_many_names_it_would_leave(shelf: World) -> None:
    with company_scope(shelf.company):
        shown = library(shelf.alice, Wish(language="en"), now=NOW)
    counts = {
        name: {chip.label: chip.count for chip in chips} for name, chips in shown.chips.items()
    }
    assert counts["language"] == {"Arabic": 1, "English": 3, "Italian": 1}
    assert counts["status"] == {"Approved": 1, "Draft": 1, "Paused": 1}
    assert counts["quality"] == {"High": 1, "Low": 1, "Not rated": 1}


def test_a_page_has_fifty_names_and_costs_as_much_as_one_of_three(shelf: World) -> None:
    with company_scope(shelf.company):
        with CaptureQueriesContext(
            connection,
        ) as few:
            library(shelf.alice, Wish(), now=NOW)
        for number in range(120):
            add(shelf, f"many_{number:03}")
        with CaptureQueriesContext(connection) as many:
            first = library(shelf.alice, Wish(), now=NOW)
        third = library(shelf.alice, Wish(page=3), now=NOW)
        beyond = library(shelf.alice, Wish(page=99), now=NOW)
    assert (len(first.lines), first.previous, first.following) == (50, "", "?page=2")
    assert (len(third.lines), third.following) == (24, "")
    assert [one.name for one in beyond.lines] == [one.name for one in third.lines]
    assert len(many) == len(few)


def test_usage_counts_how_far_messages_came_within_thirty_days(world: World) -> None:
    """A message that was read was delivered, whatever Meta left out."""
    with company_scope(world.company):
        left = ConversationFactory(
            company=world.company,
            sender=world.sender,
            contact=ContactFactory(company=world.company, opted_out_at=NOW),
        )
        common = {"company": world.company, "template": world.template, "status": "sent"}
        ago = {"at": NOW - timedelta(days=2), "created_at": NOW - timedelta(days=2)}
        MessageFactory(**common, **ago, conversation=world.conversation, sent_at=NOW, read_at=NOW)
        MessageFactory(**common, **ago, conversation=left, delivered_at=NOW)
        MessageFactory(**common, conversation=world.conversation, sent_at=NOW)
        MessageFactory(**common, conversation=world.conversation)
        long_ago = NOW - timedelta(days=31)
        MessageFactory(
            **common,
            conversation=world.conversation,
            sent_at=long_ago,
            at=long_ago,
            created_at=long_ago,
        )
        [line] = library(world.alice, Wish(), now=NOW).lines
    use = line.usage
    assert use is not None
    assert (use.sent, use.delivered, use.read, use.replied, use.left) == (3, 2, 1, 1, 1)


def test_a_star_is_a_persons_own_and_comes_first(shelf: World, client: Client) -> None:
    with company_scope(shelf.company):
        reminder = MessageTemplate.objects.get(name="reminder")
    client.force_login(shelf.alice)
    star = reverse("whatsapp:template_star", args=[reminder.pk])
    for _ in range(2):
        client.post(star, {"on": "1"})
    assert names(shelf) == ["reminder", "job_alert", "offer", "welcome"]
    with company_scope(shelf.company):
        assert TemplateFamily.objects.filter(name="reminder").count() == 1
        assert [one.name for one in library(shelf.bob, Wish(), now=NOW).lines][0] == "job_alert"
    answer = client.post(star, {"on": "0"}, headers={"HX-Request": "true"})
    assert 'aria-pressed="false"' in answer.content.decode()
    assert names(shelf)[0] == "job_alert"


def test_teams_narrow_who_may_use_a_name_in_every_language(
    shelf: World, client: Client, wanda: User
) -> None:
    with company_scope(shelf.company):
        front = Team.objects.create(company=shelf.company, name="Front office")
        TeamMember.objects.create(company=shelf.company, team=front, user=shelf.alice)
        offer = MessageTemplate.objects.get(name="offer", language="it")
    assert "offer" in usable(shelf, shelf.bob)
    with company_scope(other := CompanyFactory()):
        theirs = Team.objects.create(company=other, name="Others")
    client.force_login(wanda)
    teams = reverse("whatsapp:template_teams", args=[offer.pk])
    for strange in (str(theirs.pk), "x"):
        answer = client.post(teams, {"team": [str(front.pk), strange]}, follow=True)
        assert "Nothing was changed" in answer.content.decode()
    assert "offer" in usable(shelf, shelf.bob)
    client.post(teams, {"team": [str(front.pk)]})
    assert {"offer", "job_alert"} <= usable(shelf, shelf.alice)
    assert "offer" not in usable(shelf, shelf.bob)
    assert "offer" in usable(shelf, wanda)
    with company_scope(shelf.company):
        # As sending asks: None where no team matters.
        assert shared_facts(shelf.company, wanda).author_teams is None
        assert shared_facts(shelf.company, shelf.alice).author_teams == {front.pk}
        entry = AuditEntry.objects.get(verb="template_teams_chosen")
        assert (entry.data["before"], entry.data["after"]) == ([], ["Front office"])
    assert "Front office" in page(client, shelf.bob)
    client.force_login(wanda)
    client.post(teams, {})
    assert "offer" in usable(shelf, shelf.bob)


def test_what_was_for_a_deleted_team_alone_is_for_whatsapp_admins_until_they_say_whose_it_is(
    shelf: World, client: Client, wanda: User
) -> None:
    olga = UserFactory(company=shelf.company, role=Role.COMPANY_ADMIN)
    with company_scope(shelf.company):
        front = Team.objects.create(company=shelf.company, name="Front office")
        kitchen = Team.objects.create(company=shelf.company, name="Kitchen")
        for team in (front, kitchen):
            TeamMember.objects.create(company=shelf.company, team=team, user=shelf.alice)
        offer, alert = (
            MessageTemplate.objects.filter(name=name).order_by("pk")[0]
            for name in ("offer", "job_alert")
        )
        for template, teams in ((offer, [front]), (alert, [front, kitchen])):
            give_to_teams(template=template, teams=teams, by=wanda, now=NOW)
    asked = page(client, olga, reverse("ats:team", args=[front.pk]))
    own, shared = (reverse("whatsapp:template", args=[one.pk]) for one in (offer, alert))
    assert own in asked
    assert shared not in asked
    assert "Only WhatsApp admins can send them then" in asked
    client.post(reverse("ats:team_delete", args=[front.pk]))
    assert usable(shelf, shelf.alice) >= {"job_alert", "reminder"}
    assert "offer" not in usable(shelf, shelf.alice)
    assert "job_alert" not in usable(shelf, shelf.bob)
    assert "offer" in usable(shelf, wanda)
    assert "Team deleted: admins only" in page(client, shelf.alice)
    assert "A WhatsApp admin can say here who may use it." in page(client, shelf.alice, own)
    # A page that was open still has the team in it.
    client.force_login(wanda)
    address = reverse("whatsapp:template_teams", args=[offer.pk])
    stale = client.post(address, {"team": [str(front.pk)]}, follow=True)
    assert "has been deleted meanwhile" in stale.content.decode()
    assert "offer" not in usable(shelf, shelf.bob)
    client.post(address, {})
    assert "offer" in usable(shelf, shelf.bob)


def test_everybody_reads_a_template_and_only_whatsapp_admins_edit_it(
    world: World, client: Client, wanda: User
) -> None:
    body = "Hello {{first_name}}, when would an interview suit you best?"
    with company_scope(world.company):
        MessageTemplate.objects.update(
            parameter_format="NAMED", components=[{"type": "BODY", "text": body}]
        )
    address = reverse("whatsapp:template", args=[world.template.pk])
    edit = reverse("whatsapp:template_open", args=[world.template.pk])
    html = page(client, world.alice, address)
    assert "when would an interview suit you best?" in html
    assert "First name" in html
    assert edit not in html
    assert edit in page(client, wanda, address)
    assert edit in page(client, wanda)
    assert edit not in page(client, world.alice)


def test_an_empty_library_says_why_and_where_to_begin(
    world: World, client: Client, wanda: User
) -> None:
    with company_scope(world.company):
        MessageTemplate.objects.all().delete()
    assert "being read from Meta" in page(client, wanda)
    with company_scope(world.company):
        Waba.objects.update(templates_read_at=NOW)
    html = page(client, wanda)
    assert "No templates yet" in html
    assert reverse("whatsapp:template_new") in html
    assert reverse("whatsapp:template_new") not in page(client, world.alice)
    newcomer = UserFactory(company=CompanyFactory(modules=["whatsapp"]))
    assert "WhatsApp is not connected yet" in page(client, newcomer)
    assert "No template is like this" in page(client, wanda, f"{LIBRARY}?q=nothing%00")


def test_what_meta_changed_within_a_week_stands_above_the_list(
    shelf: World, client: Client
) -> None:
    with company_scope(shelf.company):
        offer = MessageTemplate.objects.select_related("company").get(name="offer", language="en")
        for days in (8, 1):
            apply(
                offer,
                lambda state, days=days: replace(state, category=f"NEW_{days}"),
                what=Told.CATEGORY,
                at=NOW - timedelta(days=days),
                now=NOW - timedelta(days=days),
            )
    html = page(client, shelf.alice)
    assert 'The template offer is new_1 now <span class="u-3">English</span>' in html
    assert "new_8 now" not in html


def test_an_open_page_reads_itself_again(shelf: World, client: Client) -> None:
    with company_scope(shelf.company):
        template = MessageTemplate.objects.get(name="reminder")
    client.force_login(shelf.alice)
    for address in (LIBRARY, reverse("whatsapp:template", args=[template.pk]), "/whatsapp/runs/"):
        answer = client.get(address, headers={"HX-Request": "true"})
        assert answer.status_code == 200
        assert "data-live-url" not in answer.content.decode()
        assert "data-live-url" in client.get(address).content.decode()


def test_drafts_without_a_name_are_known_by_their_first_words_or_who_began_them(
    world: World, client: Client, wanda: User
) -> None:
    with company_scope(world.company):
        for number, written in enumerate(({"body": "Hello, {{first_name}}. " * 9}, {})):
            TemplateTranslationFactory(
                company=world.company,
                family__waba=world.sender.waba,
                family__name="",
                family__created_by=wanda,
                written=written,
                language=("en", "it")[number],
            )
    html = page(client, wanda)
    assert html.count("Untitled") == 2
    assert "Hello, {{first_name}}. Hello, " in html
    assert f"by {wanda.full_name}" in html
