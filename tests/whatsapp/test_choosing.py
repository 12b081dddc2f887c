"""A login that reaches several WhatsApp accounts: nothing is connected before somebody chooses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ats.models import Role, User
from ats.tenancy import all_companies, company_scope
from tests.factories.ats import CompanyFactory, UserFactory
from tests.stack import Stack
from tests.whatsapp.test_login import at_meta, begin, sync_now, wanda
from whatsapp import tasks
from whatsapp.models import ConnectAttempt, Connection, Waba

__all__ = ["wanda"]
pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("sending"), pytest.mark.django_db]


@pytest.fixture
def resorts(wanda: User, sandbox_alone: Stack) -> dict[str, Any]:
    """A second account of the same portfolio, with one number."""
    [hotels] = sandbox_alone.ask("businesses")["businesses"]
    made: dict[str, Any] = sandbox_alone.control(
        "businesses",
        name="Caravella Resorts",
        portfolio=hotels["business_id"],
        numbers=[{"display_phone_number": "+254 700 555 009", "verified_name": "Resorts"}],
    )
    return made


def log_in(client: Client, user: User, stack: Stack, *also: str) -> str:
    url = begin(client, user)["url"]
    return client.get(at_meta(stack, url, also=also)).content.decode()


def choose(client: Client, *waba_ids: str) -> HttpResponse:
    answer: Any = client.post(reverse("whatsapp:connect_choose"), {"waba": waba_ids})
    return answer


def connected(user: User) -> list[str]:
    with company_scope(user.company_id):
        return sorted(Waba.objects.filter(is_gone=False).values_list("name", flat=True))


def page_of(client: Client) -> str:
    return client.get(reverse("whatsapp:configuration")).content.decode()


def test_of_several_accounts_only_the_chosen_one_is_connected(
    wanda: User, resorts: dict[str, Any], sandbox_alone: Stack, client: Client
) -> None:
    window = log_in(client, wanda, sandbox_alone, resorts["business_id"])
    assert "One question is left." in window and "Login successful" not in window
    with company_scope(wanda.company_id):
        assert not Connection.objects.exists()
        kept = ConnectAttempt.objects.get()
        assert b"EAA" not in bytes(kept.token) and "EAA" not in str(kept.offered)
    page = page_of(client)
    assert "Caravella Hotels, 2 numbers" in page and "Caravella Hotels, 1 number," in page
    assert choose(client, resorts["waba_id"]).status_code == 302
    assert connected(wanda) == ["Caravella Resorts"]
    with company_scope(wanda.company_id):
        kept.refresh_from_db()
        assert (bytes(kept.token), kept.offered) == (b"", {})
        assert not Waba.objects.filter(is_gone=True).exists()
    assert "Choose WhatsApp accounts" not in page_of(client)


def test_a_wrong_choice_is_said_and_can_be_made_again(
    wanda: User, resorts: dict[str, Any], sandbox_alone: Stack, client: Client
) -> None:
    log_in(client, wanda, sandbox_alone, resorts["business_id"])
    for chosen, words in (((), "Choose one at least"), (("666",), "is not of your last login")):
        answer = choose(client, *chosen)
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert connected(wanda) == []
    choose(client, resorts["waba_id"])
    assert connected(wanda) == ["Caravella Resorts"]
    again = choose(client, resorts["waba_id"])
    assert "no login of yours that waits for a choice" in again.content.decode()


def test_nobody_else_chooses_from_somebodys_login(
    wanda: User, resorts: dict[str, Any], sandbox_alone: Stack, client: Client
) -> None:
    log_in(client, wanda, sandbox_alone, resorts["business_id"])
    bob = UserFactory(company=wanda.company, role=Role.WHATSAPP_ADMIN)
    charlie = UserFactory(company=CompanyFactory(modules=["whatsapp"]), role=Role.WHATSAPP_ADMIN)
    for user in (bob, charlie):
        client.force_login(user)
        assert "Caravella Resorts" not in page_of(client)
        assert choose(client, resorts["waba_id"]).status_code == 422
    with all_companies():
        assert not Connection.objects.exists()


def test_after_an_hour_the_login_is_forgotten(
    wanda: User, resorts: dict[str, Any], sandbox_alone: Stack, client: Client
) -> None:
    log_in(client, wanda, sandbox_alone, resorts["business_id"])
    with company_scope(wanda.company_id):
        ConnectAttempt.objects.update(used_at=timezone.now() - timedelta(minutes=61))
    assert choose(client, resorts["waba_id"]).status_code == 422
    tasks.sweep()
    with company_scope(wanda.company_id):
        kept = ConnectAttempt.objects.get()
        assert (kept.outcome, bytes(kept.token), kept.offered) == ("forgotten", b"", {})


def test_logging_in_again_keeps_the_accounts_and_asks_nothing(
    wanda: User, resorts: dict[str, Any], sandbox_alone: Stack, client: Client
) -> None:
    log_in(client, wanda, sandbox_alone, resorts["business_id"])
    choose(client, resorts["waba_id"])
    assert "Login successful" in log_in(client, wanda, sandbox_alone, resorts["business_id"])
    assert connected(wanda) == ["Caravella Resorts"]


def test_a_login_of_another_business_changes_nothing_before_somebody_says_so(
    wanda: User, resorts: dict[str, Any], sandbox_alone: Stack, client: Client
) -> None:
    log_in(client, wanda, sandbox_alone, resorts["business_id"])
    choose(client, resorts["waba_id"])
    for asked in ("keep", "change"):
        # Hotels alone: what is connected is out of its reach.
        assert "One question is left." in log_in(client, wanda, sandbox_alone)
        page = page_of(client)
        assert "This login does not reach what is connected now." in page
        assert "Caravella Resorts would be left" in page
        assert connected(wanda) == ["Caravella Resorts"]
        if asked == "keep":
            client.post(reverse("whatsapp:connect_choose"), {"keep": "1"})
            assert "does not reach what is connected" not in page_of(client)
            assert connected(wanda) == ["Caravella Resorts"]
    [hotels] = [
        one["waba_id"]
        for one in sandbox_alone.ask("businesses")["businesses"]
        if one["waba_id"] != resorts["waba_id"]
    ]
    assert choose(client, hotels).status_code == 302
    assert connected(wanda) == ["Caravella Hotels"]


def test_an_account_that_was_added_on_metas_page_is_offered(
    wanda: User, resorts: dict[str, Any], sandbox_alone: Stack, client: Client
) -> None:
    log_in(client, wanda, sandbox_alone, resorts["business_id"])
    choose(client, resorts["waba_id"])
    [hotels] = [
        one
        for one in sandbox_alone.ask("businesses")["businesses"]
        if one["waba_id"] != resorts["waba_id"]
    ]
    for named, asks in (("666", False), (resorts["waba_id"], False), (hotels["waba_id"], True)):
        begun = begin(client, wanda)
        hint = {"state": begun["state"], "waba_id": named, "current_step": ""}
        client.post(reverse("whatsapp:connect_hint"), hint)
        window = client.get(at_meta(sandbox_alone, begun["url"], also=[resorts["business_id"]]))
        assert ("One question is left." in window.content.decode()) is asks
    assert connected(wanda) == ["Caravella Resorts"]


def test_an_account_that_is_left_out_by_a_choice_sends_no_more_webhooks(
    wanda: User, resorts: dict[str, Any], sandbox_alone: Stack, client: Client
) -> None:
    log_in(client, wanda, sandbox_alone)
    sync_now(wanda)
    [hotels] = sandbox_alone.ask("state")["subscribed"]
    with company_scope(wanda.company_id):
        # So that the next login asks.
        Waba.objects.update(is_gone=True)
    log_in(client, wanda, sandbox_alone, resorts["business_id"])
    choose(client, resorts["waba_id"])
    assert sandbox_alone.ask("state")["subscribed"] == [hotels]
    sync_now(wanda)
    assert sandbox_alone.ask("state")["subscribed"] == [resorts["waba_id"]]
    with company_scope(wanda.company_id):
        assert Waba.objects.get(waba_id=hotels).subscribed_at is None


def test_a_disconnect_forgets_a_login_that_waits(
    wanda: User, resorts: dict[str, Any], sandbox_alone: Stack, client: Client
) -> None:
    log_in(client, wanda, sandbox_alone)
    with company_scope(wanda.company_id):
        # What is connected is none of what the next login reaches.
        Waba.objects.update(waba_id="10777")
    log_in(client, wanda, sandbox_alone, resorts["business_id"])
    assert "Choose WhatsApp accounts" in page_of(client)
    client.post(reverse("whatsapp:disconnect"))
    assert choose(client, resorts["waba_id"]).status_code == 422
    assert "Choose WhatsApp accounts" not in page_of(client)


def test_an_account_of_another_company_here_cannot_be_chosen(
    wanda: User, resorts: dict[str, Any], sandbox_alone: Stack, client: Client
) -> None:
    log_in(client, wanda, sandbox_alone)
    charlie = UserFactory(company=CompanyFactory(modules=["whatsapp"]), role=Role.WHATSAPP_ADMIN)
    log_in(client, charlie, sandbox_alone, resorts["business_id"])
    [hotels] = [
        b
        for b in sandbox_alone.ask("businesses")["businesses"]
        if b["portfolio_id"] == b["business_id"]
    ]
    answer = choose(client, hotels["waba_id"], resorts["waba_id"])
    assert "connected to another company on this system" in answer.content.decode()
    assert connected(charlie) == []
    assert choose(client, resorts["waba_id"]).status_code == 302
    assert connected(charlie) == ["Caravella Resorts"]
