"""Prices where people meet them: in the picker, in what they are told, on a template's page; and
the cards that ops load."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from ats.models import Role
from ats.tenancy import company_scope
from tests.factories.ats import UserFactory
from tests.factories.whatsapp import (
    NOW,
    ContactFactory,
    ConversationFactory,
    MessageFactory,
    MessageTemplateFactory,
    World,
)
from whatsapp.connection import notices
from whatsapp.connection.prices import usual_region
from whatsapp.connection.rate_cards import RateCardError, read_rate_card
from whatsapp.connection.template_life import tell
from whatsapp.figures.prices import markets
from whatsapp.models import AuditEntry, Contact, RateCard, StatusEvent, Waba
from whatsapp.policy.template_life import State, after_announcement, after_category
from whatsapp.selectors.audit import audit_page

pytestmark = pytest.mark.django_db
Load = Callable[..., str]


@pytest.fixture
def euros(world: World) -> World:
    with company_scope(world.company):
        Waba.objects.update(currency="EUR")
        world.sender.waba.refresh_from_db()
        world.template.refresh_from_db()
    return world


def footer(world: World, client: Client) -> str:
    client.force_login(world.alice)
    url = reverse("whatsapp:conversation_composer", args=[world.conversation.pk])
    page = client.get(url, {"template": world.template.pk})
    return page.content.decode().split('class="picker-sum"')[1].split("<button")[0]


def test_the_picker_says_what_the_template_costs_to_this_person(
    euros: World, client: Client
) -> None:
    assert "About €0.0033: utility, Kenya, prices of 1 October 2026" in footer(euros, client)


def test_the_picker_says_nothing_of_a_price_that_is_not_known(euros: World, client: Client) -> None:
    with company_scope(euros.company):
        Waba.objects.update(currency="PLN")
    assert "About" not in footer(euros, client)


def free_at(euros: World, *hours_ago: int) -> None:
    with company_scope(euros.company):
        for hours in hours_ago:
            StatusEvent.objects.create(
                company=euros.company,
                message=MessageFactory(
                    conversation=euros.conversation,
                    direction="out",
                    status="sent",
                    at=NOW - timedelta(hours=hours),
                ),
                status="delivered",
                at=NOW - timedelta(hours=hours),
                pricing={"type": "free_entry_point", "category": "utility"},
            )


def test_the_picker_says_that_somebody_who_came_from_an_ad_costs_nothing(
    euros: World, client: Client
) -> None:
    free_at(euros, 40)
    assert "Free for now: they came from an ad" in footer(euros, client)


def test_of_people_who_come_from_ads_again_and_again_the_last_window_counts(
    euros: World, client: Client
) -> None:
    # From the first one on it lasts to hour 78, from the third one to hour 4.
    free_at(euros, 150, 100, 76, 10)
    assert "Free for now" not in footer(euros, client)


MOVED = State("APPROVED", "UTILITY")


def test_whoever_hears_of_another_category_hears_of_its_price(euros: World) -> None:
    UserFactory(company=euros.company, role=Role.WHATSAPP_ADMIN, email="wanda@caravella.example")
    with company_scope(euros.company):
        after = after_category(MOVED, "MARKETING", previous="UTILITY")
        tell(euros.template, MOVED, after, now=NOW)
    assert notices.drain(lambda: NOW)
    price = "A message to Kenya now costs about €0.0186 instead of €0.0033."
    assert price in mail.outbox[0].body
    with company_scope(euros.company):
        assert AuditEntry.objects.get(verb="template_moved").data["price"] == price
        assert price in audit_page().lines[0].more


def test_an_announcement_says_what_it_will_cost(euros: World) -> None:
    UserFactory(company=euros.company, role=Role.WHATSAPP_ADMIN, email="wanda@caravella.example")
    with company_scope(euros.company):
        after = after_announcement(MOVED, "UTILITY", correct="MARKETING", changes_at=None)
        tell(euros.template, MOVED, after, now=NOW)
    assert notices.drain(lambda: NOW)
    assert "to Kenya will cost about €0.0186 instead of €0.0033" in mail.outbox[0].body


def test_what_is_told_of_a_category_stands_without_a_price_that_is_not_known(world: World) -> None:
    UserFactory(company=world.company, role=Role.WHATSAPP_ADMIN, email="wanda@caravella.example")
    with company_scope(world.company):
        after = after_category(MOVED, "MARKETING", previous="UTILITY")
        tell(world.template, MOVED, after, now=NOW)
        assert "price" not in AuditEntry.objects.get(verb="template_moved").data
    assert notices.drain(lambda: NOW)
    assert "opted in to marketing. If that is wrong" in mail.outbox[0].body


@pytest.mark.parametrize(
    ("fields", "price"),
    [
        (
            {"category": "MARKETING", "previous_category": "UTILITY"},
            "A message to Kenya now costs about €0.0186 instead of €0.0033.",
        ),
        (
            {"category": "UTILITY", "next_category": "MARKETING"},
            "A message to Kenya will cost about €0.0186 instead of €0.0033.",
        ),
        ({"category": "UTILITY", "previous_category": "UTILITY"}, ""),
    ],
)
def test_the_page_of_a_template_says_what_its_new_category_costs(
    euros: World, client: Client, fields: dict[str, str], price: str
) -> None:
    with company_scope(euros.company):
        template = MessageTemplateFactory(
            company=euros.company, waba=euros.sender.waba, name="welcome", **fields
        )
    client.force_login(euros.alice)
    page = client.get(reverse("whatsapp:template", args=[template.pk])).content.decode()
    assert (price in page) if price else ("A message to" not in page)


def test_the_country_is_that_of_most_conversations_of_the_last_30_days(world: World) -> None:
    with company_scope(world.company):
        for number in ("+390612345678", "+390612345679"):
            contact = ContactFactory(
                company=world.company, portfolio_id=world.sender.waba.portfolio_id, phone=number
            )
            ConversationFactory(
                company=world.company, sender=world.sender, contact=contact, last_message_at=NOW
            )
        world.conversation.last_message_at = NOW
        world.conversation.save()
        assert usual_region(world.template.waba, now=NOW) == "IT"
        # Nobody was talked with lately: the company's own.
        later = NOW + timedelta(days=31)
        assert usual_region(world.template.waba, now=later) == world.company.default_country
        # A person without a number, known by their user id.
        Contact.objects.update(phone="")
        assert usual_region(world.template.waba, now=NOW) == world.company.default_country


HEAD = (
    '"Cost per message in USD on the WhatsApp Business Platform, effective January 1, 2027",,,,,,\n'
    "Notes of Meta's,,,,,,\n"
    'Market,Currency,Marketing,Utility,Authentication,"Authentication-\nInternational",Service\n'
)


def card(*lines: str, without: str = "") -> str:
    """Meta's layout: each group at one price, and the lines given."""
    groups = [one for one in sorted(markets().groups) if one != without]
    rows = [f"{name},$US,0.0500,0.0100,0.0100,n/a,0.0100" for name in groups]
    return HEAD + "\n".join([*lines, *rows]) + "\n"


@pytest.fixture
def load(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Load:
    def loading(content: str | bytes, *, currency: str = "USD", day: str = "2027-01-01") -> str:
        path = tmp_path / "rates.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        call_command("whatsapp_import_rate_card", str(path), "--currency", currency, "--from", day)
        return capsys.readouterr().out

    return loading


def test_a_card_that_ops_load_holds_from_its_first_day(load: Load) -> None:
    said = load(card("Italy,$US,0.0800,0.0310,0.0310,n/a,0.0310"))
    assert said == "Loaded the prices in USD from 2027-01-01: 9 markets.\n"
    before, after = RateCard.objects.known("USD")
    assert (before.first_day, after.first_day) == (date(2026, 10, 1), date(2027, 1, 1))
    assert after.rate("IT", "UTILITY") == Decimal("0.0310")
    assert after.rate("KE", "MARKETING") == Decimal("0.0500")
    assert after.rate("IT", "AUTHENTICATION_INTERNATIONAL") is None


def test_a_card_loaded_for_a_day_that_came_with_the_program_replaces_it(
    load: Load, euros: World, client: Client
) -> None:
    load(card().replace("$US", "€"), currency="EUR", day="2026-10-01")
    assert "About €0.01: utility, Kenya" in footer(euros, client)
    again = card().replace("$US", "€").replace("0.0100", "0.0200")
    assert load(again, currency="eur", day="2026-10-01").startswith("Replaced")
    assert "About €0.02: utility, Kenya" in footer(euros, client)
    assert RateCard.objects.count() == 1


def test_a_country_that_meta_has_just_moved_out_of_its_group_is_known_by_its_name(
    load: Load,
) -> None:
    load(card("Kenya,$US,0.0300,0.0060,0.0060,0.0900,0.0060"))
    after = RateCard.objects.known("USD")[-1]
    assert after.rate("KE", "UTILITY") == Decimal("0.0060")
    assert after.rate("TZ", "UTILITY") == Decimal("0.0100")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "No line begins with “Market”"),
        ("Market,Currency,Marketing\nItaly,$US,0.08\n", "lacks utility"),
        (card("Atlantis,$US,1,1,1,n/a,1"), "Line 5 (Atlantis): no market or country has this name"),
        (card("Italy,€,1,1,1,n/a,1"), "Line 5 (Italy): this is in EUR, not in USD"),
        (card("Italy,EUR,1,1,1,n/a,1"), "Line 5 (Italy): this is in EUR, not in USD"),
        (card('Italy,$US,"0,08",1,1,n/a,1'), "“0,08” for marketing is no price"),
        (card("Italy,$US,n/a,1,1,n/a,1"), "Line 5 (Italy): there is no price for marketing"),
        (card("Italy,$US,-1,1,1,n/a,1"), "“-1” for marketing is no price"),
        (card("Italy,$US,0,1,1,n/a,1"), "“0” for marketing is no price"),
        (card("Italy,$US,1,1,1,n/a,1", "Italy,$US,1,1,1,n/a,1"), "Line 6 (Italy): this market"),
        (card(without="Other"), "These markets are missing: Other"),
    ],
)
def test_a_file_that_is_no_whole_card_says_what_is_wrong_with_which_line(
    text: str, problem: str
) -> None:
    with pytest.raises(RateCardError) as error:
        read_rate_card(text, currency="USD")
    assert any(problem in one for one in error.value.problems)


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_loaded(load: Load) -> None:
    wrong: Any
    with pytest.raises(CommandError) as wrong:
        load(card("Atlantis,$US,1,1,1,n/a,1", "Italy,$US,x,1,1,n/a,1"))
    assert [one.split(":")[0] for one in str(wrong.value).splitlines()] == [
        "Nothing was loaded.",
        "Line 5 (Atlantis)",
        "Line 6 (Italy)",
    ]
    assert not RateCard.objects.exists()


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"PK\x03\x04rest", "table of Excel"), (b"Market,\xe9", "not text in UTF-8")],
)
def test_a_file_of_another_kind_says_how_to_save_it(
    load: Load, content: bytes, problem: str
) -> None:
    with pytest.raises(CommandError, match=problem):
        load(content)


@pytest.mark.parametrize(
    ("currency", "day", "problem"),
    [("EURO", "2027-01-01", "no currency"), ("EUR", "1 January", "no day")],
)
def test_what_a_card_is_called_is_checked(
    load: Load, currency: str, day: str, problem: str
) -> None:
    with pytest.raises(CommandError, match=problem):
        load(card(), currency=currency, day=day)
