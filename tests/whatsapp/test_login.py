"""Logging in with Facebook: whose answer it is, what the token proves, and how it fails."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ats.models import Role, User
from ats.tenancy import all_companies, company_scope
from tests.factories.ats import CompanyFactory, UserFactory, mobile_field
from tests.stack import Stack
from whatsapp.connection import vault
from whatsapp.connection.sync import drain, request_sync
from whatsapp.models import (
    AuditEntry,
    CompanySettings,
    ConnectAttempt,
    Connection,
    ConnectionState,
    MessageTemplate,
    Sender,
    Waba,
)
from whatsapp.webhooks import apply

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("sending"), pytest.mark.django_db]


BODY = {
    "language": "en",
    "category": "UTILITY",
    "status": "APPROVED",
    "components": [{"type": "BODY", "text": "See you tomorrow at the hotel."}],
}


@pytest.fixture
def wanda(sandbox_alone: Stack, settings: Any, own_address: list[bytes]) -> User:
    """A WhatsApp admin, and a business at Meta with two numbers and 130 templates."""
    settings.WHATSAPP = {
        **settings.WHATSAPP,
        "GRAPH_URL": sandbox_alone.sandbox,
        "FACEBOOK_DIALOG_URL": sandbox_alone.sandbox,
    }
    sandbox_alone.control("reset")
    sandbox_alone.control(
        "businesses",
        name="Caravella Hotels",
        numbers=[
            {"display_phone_number": f"+254 700 555 00{n}", "verified_name": f"Caravella {n}"}
            for n in (1, 2)
        ],
        templates=[{**BODY, "name": f"reminder_{n}"} for n in range(130)],
    )
    company = CompanyFactory(modules=["whatsapp"])
    mobile_field(company)
    return UserFactory(company=company, role=Role.WHATSAPP_ADMIN)


def begin(client: Client, user: User) -> dict[str, str]:
    client.force_login(user)
    answer = client.post(reverse("whatsapp:connect_begin"))
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def at_meta(
    stack: Stack,
    url: str,
    do: str = "continue",
    business_name: str = "Caravella Hotels",
    also: Sequence[str] = (),
) -> str:
    """Presses the button on Meta's page; where the window is sent back to, from our host on."""
    every = stack.ask("businesses")["businesses"]
    [business] = [one for one in every if one["name"] == business_name]
    form = {
        "do": do,
        "business": business["business_id"],
        "numbers": business["phone_number_ids"],
        "also": list(also),
    }
    page = requests.post(url, data=form, timeout=10)
    found = re.search(r'data-redirect="([^"]+)"', page.text)
    assert found is not None, page.text
    back = html.unescape(found[1])
    assert back.startswith(settings.PUBLIC_URL)
    return back.removeprefix(settings.PUBLIC_URL)


def sync_now(user: User) -> Connection:
    with company_scope(user.company_id):
        request_sync(Connection.objects.get(), now=timezone.now())
        drain(timezone.now)
        apply.drain(timezone.now)
        return Connection.objects.get()


def test_a_login_connects_subscribes_and_reads_every_page(
    wanda: User, sandbox_alone: Stack, client: Client
) -> None:
    answer = client.get(at_meta(sandbox_alone, begin(client, wanda)["url"]))
    assert "Login successful" in answer.content.decode()
    assert answer["Cross-Origin-Opener-Policy"] == "unsafe-none"
    connection = sync_now(wanda)
    token = vault.unseal(connection.token)
    page = client.get(reverse("whatsapp:configuration")).content.decode()
    assert f"{token[-4:]}</span>" in page and token[-5:] not in page
    assert "<span>whatsapp_business_management,</span> <span>whatsapp_business_messaging" in page
    with company_scope(wanda.company_id):
        waba = Waba.objects.get()
        assert waba.portfolio_id in page
        assert sandbox_alone.ask("state")["subscribed"] == [waba.waba_id]
        assert waba.portfolio_id
        assert set(Sender.objects.values_list("verified_name", "status")) == {
            ("Caravella 1", "CONNECTED"),
            ("Caravella 2", "CONNECTED"),
        }
        assert MessageTemplate.objects.count() == 130
        # With a single mobile field there is nothing to choose.
        assert CompanySettings.objects.get().recipient_field is not None
        assert AuditEntry.objects.filter(verb="connected", actor=wanda).exists()
        chosen = AuditEntry.objects.get(verb="recipients_chosen", actor=wanda)
        assert chosen.data["before"]["field"] is None and chosen.data["after"]["field"]


def test_reading_again_keeps_friendly_names_and_marks_what_is_gone(
    wanda: User, sandbox_alone: Stack, client: Client
) -> None:
    client.get(at_meta(sandbox_alone, begin(client, wanda)["url"]))
    sync_now(wanda)
    [business] = sandbox_alone.ask("businesses")["businesses"]
    with company_scope(wanda.company_id):
        Sender.objects.filter(verified_name="Caravella 1").update(friendly_name="Nairobi hiring")
        Sender.objects.filter(verified_name="Caravella 2").update(phone_number_id="999")
        paused = business["templates"][0]["id"]
        sandbox_alone.control("templates/status", template_id=paused, status="PAUSED")
        sync_now(wanda)
        assert Sender.objects.get(verified_name="Caravella 1").friendly_name == "Nairobi hiring"
        assert Sender.objects.get(phone_number_id="999").is_gone
        assert MessageTemplate.objects.get(meta_id=paused).status == "PAUSED"


def test_a_login_with_another_business_leaves_the_first_ones_numbers_and_templates_behind(
    wanda: User, sandbox_alone: Stack, client: Client
) -> None:
    client.get(at_meta(sandbox_alone, begin(client, wanda)["url"]))
    sync_now(wanda)
    sandbox_alone.control(
        "businesses",
        name="Caravella Resorts",
        numbers=[{"display_phone_number": "+254 700 555 009", "verified_name": "Resorts"}],
        templates=[{**BODY, "name": "welcome"}],
    )

    def log_in(business_name: str) -> Connection:
        url = begin(client, wanda)["url"]
        client.get(at_meta(sandbox_alone, url, business_name=business_name))
        # Asked first, since the senders of the other one stop.
        [other] = [
            one["waba_id"]
            for one in sandbox_alone.ask("businesses")["businesses"]
            if one["name"] == business_name
        ]
        assert not Waba.objects.filter(waba_id=other, is_gone=False).exists()
        client.post(reverse("whatsapp:connect_choose"), {"waba": other})
        return sync_now(wanda)

    with company_scope(wanda.company_id):
        assert log_in("Caravella Resorts").state == ConnectionState.CONNECTED
        assert Connection.objects.get().sync_problem == ""
        present = {"is_gone": False}
        assert Waba.objects.get(**present).name == "Caravella Resorts"
        assert Sender.objects.get(**present).verified_name == "Resorts"
        assert MessageTemplate.objects.get(**present).name == "welcome"
        assert Sender.objects.count() == 3
        shown = client.get(reverse("whatsapp:configuration")).content.decode()
        assert "Resorts" in shown
        assert "Caravella 1" not in shown
        assert "reminder_1" not in shown
        # And back again: what was kept is there as before.
        log_in("Caravella Hotels")
        assert Waba.objects.get(**present).name == "Caravella Hotels"
        assert Sender.objects.filter(**present).count() == 2
        assert MessageTemplate.objects.filter(**present).count() == 130


def test_an_answer_counts_once_and_for_the_person_who_began_it(
    wanda: User, sandbox_alone: Stack, client: Client
) -> None:
    url = begin(client, wanda)["url"]
    back = at_meta(sandbox_alone, url)
    other = UserFactory(company=wanda.company, role=Role.WHATSAPP_ADMIN)
    stranger = UserFactory(company=CompanyFactory(modules=["whatsapp"]), role=Role.WHATSAPP_ADMIN)
    for user in (other, stranger):
        client.force_login(user)
        assert "belongs to no login that you began" in client.get(back).content.decode()
    with all_companies():
        assert not Connection.objects.exists()
    client.force_login(wanda)
    assert "Login successful" in client.get(back).content.decode()
    assert "belongs to no login" in client.get(back).content.decode()


@pytest.mark.parametrize("state", ["", "made-up"])
def test_an_answer_with_a_state_of_its_own_is_refused(
    wanda: User, client: Client, state: str
) -> None:
    begin(client, wanda)
    url = reverse("whatsapp:connect_return")
    answer = client.get(url, {"code": "stolen", "state": state})
    assert "belongs to no login that you began" in answer.content.decode()


def test_a_forgotten_window_is_too_late(wanda: User, sandbox_alone: Stack, client: Client) -> None:
    back = at_meta(sandbox_alone, begin(client, wanda)["url"])
    with company_scope(wanda.company_id):
        ConnectAttempt.objects.update(created_at=timezone.now() - timedelta(minutes=61))
    assert "in the last hour" in client.get(back).content.decode()


def test_a_code_that_meta_refuses_is_explained_and_nothing_is_connected(
    wanda: User, sandbox_alone: Stack, client: Client
) -> None:
    back = at_meta(sandbox_alone, begin(client, wanda)["url"])
    sandbox_alone.control("clock", advance=31)
    answer = client.get(back).content.decode()
    assert "Not connected" in answer
    assert "lives for 30 seconds and works once" in answer
    with company_scope(wanda.company_id):
        assert not Connection.objects.exists()
        assert ConnectAttempt.objects.get().outcome == "failed"


def test_a_business_of_another_company_here_stays_there(
    wanda: User, sandbox_alone: Stack, client: Client
) -> None:
    client.get(at_meta(sandbox_alone, begin(client, wanda)["url"]))
    charlie = UserFactory(company=CompanyFactory(modules=["whatsapp"]), role=Role.WHATSAPP_ADMIN)
    answer = client.get(at_meta(sandbox_alone, begin(client, charlie)["url"]))
    assert "connected to another company on this system" in answer.content.decode()
    assert "ask whoever runs this installation" in answer.content.decode()
    with company_scope(charlie.company_id):
        assert not Connection.objects.exists()
    with all_companies():
        assert Waba.objects.get().company_id == wanda.company_id
    client.force_login(wanda)
    client.post(reverse("whatsapp:disconnect"))
    answer = client.get(at_meta(sandbox_alone, begin(client, charlie)["url"]))
    assert "which has left it but keeps its conversations here" in answer.content.decode()
    with all_companies():
        assert Waba.objects.get().company_id == wanda.company_id


def test_a_hint_of_the_browser_proves_nothing(
    wanda: User, sandbox_alone: Stack, client: Client
) -> None:
    begun = begin(client, wanda)
    hint = {"state": begun["state"], "waba_id": "666", "current_step": ""}
    assert client.post(reverse("whatsapp:connect_hint"), hint).status_code == 204
    client.get(at_meta(sandbox_alone, begun["url"]))
    with company_scope(wanda.company_id):
        assert Waba.objects.get().waba_id != "666"


def test_a_cancelled_login_says_where_it_was_cancelled(
    wanda: User, sandbox_alone: Stack, client: Client
) -> None:
    begun = begin(client, wanda)
    hint = {"state": begun["state"], "current_step": "PHONE_NUMBER_VERIFICATION"}
    client.post(reverse("whatsapp:connect_hint"), hint)
    answer = client.get(at_meta(sandbox_alone, begun["url"], do="cancel")).content.decode()
    assert "cancelled while verifying the phone number" in answer


def test_without_an_application_of_meta_nobody_can_begin(client: Client, settings: Any) -> None:
    settings.WHATSAPP = {**settings.WHATSAPP, "APP_SECRET": ""}
    user = UserFactory(company=CompanyFactory(modules=["whatsapp"]), role=Role.WHATSAPP_ADMIN)
    client.force_login(user)
    answer = client.post(reverse("whatsapp:connect_begin"))
    assert answer.status_code == 409
    assert "FACEBOOK_APP_SECRET" in answer.json()["problem"]
