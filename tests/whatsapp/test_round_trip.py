"""A login counts as connected once an event came back from outside; until then nothing leaves."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import requests
import responses
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ats.models import Role, User
from ats.tenancy import all_companies, company_scope
from tests.factories.ats import CompanyFactory, UserFactory
from tests.factories.whatsapp import (
    ConnectionFactory,
    ConversationFactory,
    MessageFactory,
    SenderFactory,
    WabaFactory,
)
from tests.stack import Stack
from tests.whatsapp import payloads
from tests.whatsapp.test_login import at_meta, begin, sync_now, wanda
from whatsapp.connection import sync
from whatsapp.connection.round_trip import FIELD, hash_of
from whatsapp.models import Connection, ConnectionState, Message, Waba
from whatsapp.webhooks import apply

__all__ = ["wanda"]
pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("sending"), pytest.mark.django_db]


def log_in(client: Client, user: User, stack: Stack) -> None:
    client.get(at_meta(stack, begin(client, user)["url"]))


def read(user: User) -> Connection:
    """As `sync_now`, but no worker applies what came."""
    with company_scope(user.company_id):
        sync.request_sync(Connection.objects.get(), now=timezone.now(), skip_pause=True)
        sync.drain(timezone.now)
        return Connection.objects.get()


def state(user: User) -> str:
    with company_scope(user.company_id):
        return str(Connection.objects.get().state)


def page_of(client: Client) -> str:
    return client.get(reverse("whatsapp:configuration")).content.decode()


def tell(client: Client, waba_id: str, field: str, value: dict[str, Any], *, time: int = 1) -> None:
    entry = {"id": waba_id, "time": time, "changes": [{"field": field, "value": value}]}
    payloads.post(client, {"object": "whatsapp_business_account", "entry": [entry]})
    apply.drain(timezone.now)


def test_the_connection_stands_when_the_test_event_has_been_applied(
    wanda: User, sandbox_alone: Stack, client: Client, own_address: list[bytes]
) -> None:
    log_in(client, wanda, sandbox_alone)
    assert state(wanda) == ConnectionState.CONNECTING
    assert "Waits for the steps before it." in page_of(client)
    read(wanda)
    assert len(own_address) == 1
    assert state(wanda) == ConnectionState.CONNECTING
    page = page_of(client)
    assert "It is on its way." in page and "Connecting</span>" in page
    assert "Login successful" not in page
    apply.drain(timezone.now)
    assert state(wanda) == ConnectionState.CONNECTED
    page = page_of(client)
    assert "Login successful" in page and "Connecting" not in page
    # Our own event is none of Meta's, and it is sent once for a login.
    with company_scope(wanda.company_id):
        assert Waba.objects.get().heard_at is None
    sync_now(wanda)
    assert len(own_address) == 1


def test_messages_wait_for_the_event_and_then_go_on(
    wanda: User, sandbox_alone: Stack, client: Client
) -> None:
    log_in(client, wanda, sandbox_alone)
    sync_now(wanda)
    now = timezone.now()
    with company_scope(wanda.company_id):
        sender = SenderFactory(company=wanda.company, waba=Waba.objects.get())
        thread = ConversationFactory(company=wanda.company, sender=sender)
        MessageFactory(company=wanda.company, conversation=thread, next_try_at=now)
        assert Message.objects.any_due(now=now)
        log_in(client, wanda, sandbox_alone)
        read(wanda)
        assert not Message.objects.any_due(now=now)
        apply.drain(timezone.now)
        assert Message.objects.any_due(now=now)


@pytest.mark.parametrize(
    ("status", "words"),
    [(None, "cannot be reached from here"), (403, "answered 403 to a test event")],
)
def test_an_address_that_does_not_take_it_is_said_and_tried_again(
    wanda: User, sandbox_alone: Stack, client: Client, status: int | None, words: str
) -> None:
    log_in(client, wanda, sandbox_alone)
    with responses.RequestsMock() as outside:
        outside.add_passthru(sandbox_alone.sandbox)
        address = f"{settings.PUBLIC_URL}{reverse('whatsapp:webhook')}"
        if status is None:
            outside.add(responses.POST, address, body=requests.ConnectionError("refused"))
        else:
            outside.add(responses.POST, address, status=status)
        row = read(wanda)
    assert (row.state, row.sync_attempts) == (ConnectionState.CONNECTING, 1)
    assert row.synced_at is not None  # Numbers and templates were read all the same.
    page = page_of(client)
    assert words in page
    assert 'Try again<span class="u-sr">: Test event received</span>' in page
    client.post(reverse("whatsapp:sync"))
    assert sync_now(wanda).state == ConnectionState.CONNECTED
    assert words not in page_of(client)


def test_a_worker_that_does_not_apply_it_in_time_is_said(
    wanda: User, sandbox_alone: Stack, client: Client
) -> None:
    log_in(client, wanda, sandbox_alone)
    read(wanda)
    with company_scope(wanda.company_id):
        Waba.objects.update(test_event_sent_at=timezone.now() - timedelta(seconds=61))
    assert "no worker has applied it yet" in page_of(client)
    apply.drain(timezone.now)
    assert state(wanda) == ConnectionState.CONNECTED


def test_any_event_of_metas_since_the_login_counts(
    wanda: User, sandbox_alone: Stack, client: Client
) -> None:
    log_in(client, wanda, sandbox_alone)
    with company_scope(wanda.company_id):
        waba = Waba.objects.get()
        connection = Connection.objects.get()
        Connection.objects.update(connected_at=timezone.now() + timedelta(minutes=1))
    tell(client, waba.waba_id, "account_settings_update", {"x": 1})
    assert state(wanda) == ConnectionState.CONNECTING
    with company_scope(wanda.company_id):
        Connection.objects.update(connected_at=connection.connected_at)
    tell(client, waba.waba_id, "account_settings_update", {"x": 2})
    assert state(wanda) == ConnectionState.CONNECTED


def test_a_forged_test_event_does_nothing(
    wanda: User, sandbox_alone: Stack, client: Client, own_address: list[bytes]
) -> None:
    log_in(client, wanda, sandbox_alone)
    read(wanda)
    [body] = own_address
    [entry] = json.loads(body)["entry"]
    ours, superseded = entry["id"], entry["changes"][0]["value"]["value"]
    charlie = CompanyFactory(modules=["whatsapp"])
    with company_scope(charlie):
        WabaFactory(
            company=charlie,
            connection=ConnectionFactory(company=charlie, state=ConnectionState.CONNECTING),
            waba_id="1077",
            test_event_due=True,
            test_event_hash=hash_of("theirs"),
        )
    with all_companies():
        Waba.objects.filter(waba_id=ours).update(test_event_hash=hash_of("ours"))
    forged = [(ours, superseded), (ours, ""), (ours, "made up"), (ours, "theirs"), ("1077", "ours")]
    for waba_id, value in [*forged, ("4040", "ours")]:
        tell(client, waba_id, FIELD, {"value": value})
        with all_companies():
            states = set(Connection.objects.values_list("state", flat=True))
        assert states == {ConnectionState.CONNECTING}
    # Without the signature it is not even stored.
    header = {"X-Hub-Signature-256": f"sha256={'0' * 64}"}
    assert payloads.post(client, body, **header).status_code == 403
    tell(client, ours, FIELD, {"value": "ours"})
    assert state(wanda) == ConnectionState.CONNECTED
    # A used one is worth nothing to the next login.
    log_in(client, wanda, sandbox_alone)
    tell(client, ours, FIELD, {"value": "ours"}, time=2)
    assert state(wanda) == ConnectionState.CONNECTING


def test_a_disconnect_ends_the_waiting(wanda: User, sandbox_alone: Stack, client: Client) -> None:
    log_in(client, wanda, sandbox_alone)
    read(wanda)
    client.post(reverse("whatsapp:disconnect"))
    apply.drain(timezone.now)
    assert state(wanda) == ConnectionState.DISCONNECTED


def test_an_admin_of_another_company_sees_nothing_of_it(
    wanda: User, sandbox_alone: Stack, client: Client
) -> None:
    log_in(client, wanda, sandbox_alone)
    charlie = UserFactory(company=CompanyFactory(modules=["whatsapp"]), role=Role.WHATSAPP_ADMIN)
    client.force_login(charlie)
    assert "Connecting" not in page_of(client)
