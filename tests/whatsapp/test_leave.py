"""Disconnecting against the sandbox, and coming back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import responses
from django.conf import settings
from django.test import Client
from django.utils import timezone

from ats.models import Role, User
from ats.tenancy import company_scope
from tests.factories.ats import UserFactory
from tests.sandboxed import Sandboxed, connect
from tests.stack import Stack
from tests.whatsapp.test_login import at_meta, begin
from whatsapp.connection.leave import disconnect
from whatsapp.connection.sync import request_sync, sync_next
from whatsapp.meta.client import GraphClient
from whatsapp.models import (
    AuditEntry,
    Connection,
    ConnectionState,
    Conversation,
    Message,
    Sender,
    Waba,
)
from whatsapp.policy.connection_sentences import DEPARTURE_SENTENCES, Departure

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("sending"), pytest.mark.django_db]


@pytest.fixture
def meta(sandbox_alone: Stack, settings: Any, own_address: list[bytes]) -> Any:
    settings.WHATSAPP = {
        **settings.WHATSAPP,
        "GRAPH_URL": sandbox_alone.sandbox,
        "FACEBOOK_DIALOG_URL": sandbox_alone.sandbox,
    }
    found = connect(sandbox_alone, now=timezone.now(), window_open=False)
    with company_scope(found.world.company):
        yield found


def wanda(meta: Sandboxed) -> User:
    user: User = UserFactory(company=meta.world.company, role=Role.WHATSAPP_ADMIN)
    return user


def leave(meta: Sandboxed) -> Departure:
    by = wanda(meta)
    return disconnect(connection=Connection.objects.get(), by=by, now=timezone.now())


def subscribed(meta: Sandboxed) -> list[str]:
    return list(meta.stack.ask("state")["subscribed"])


@contextmanager
def meanwhile(
    meta: Sandboxed, method: str, then: Callable[[], object], *, is_late: bool
) -> Iterator[None]:
    """At the next `method` for the subscription something else happens before Meta has done it, or
    after (`is_late`)."""
    waba_id = meta.world.sender.waba.waba_id
    url = f"{meta.stack.sandbox}/{settings.WHATSAPP['GRAPH_VERSION']}/{waba_id}/subscribed_apps"
    with responses.RequestsMock() as outside:
        outside.add_passthru(meta.stack.sandbox)

        def answer(request: Any) -> tuple[int, dict[str, str], str]:
            outside.remove(method, url)
            both = [lambda: _really(meta, method), then]
            for one in both if is_late else reversed(both):
                one()
            return 200, {}, '{"success": true}'

        outside.add_callback(method, url, callback=answer)
        yield


def _really(meta: Sandboxed, method: str) -> None:
    client = GraphClient(meta.token, base_url=meta.stack.sandbox, version="v26.0")
    waba_id = meta.world.sender.waba.waba_id
    (client.subscribe_app if method == "POST" else client.unsubscribe_app)(waba_id)


def test_meta_sends_nothing_more_and_the_token_is_gone_but_not_the_history(
    meta: Sandboxed,
) -> None:
    assert subscribed(meta) == [meta.world.sender.waba.waba_id]
    assert leave(meta) is Departure.LEFT
    assert subscribed(meta) == []
    row = Connection.objects.get()
    assert (row.state, bytes(row.token), row.scopes) == (ConnectionState.DISCONNECTED, b"", [])
    assert Sender.objects.count() == 1 and Conversation.objects.count() == 1
    assert [one.verb for one in AuditEntry.objects.all()] == ["disconnected"]
    assert not request_sync(row, now=timezone.now())


def test_a_company_may_leave_while_meta_is_away(meta: Sandboxed) -> None:
    meta.stack.control("fail", code=2, match="subscribed_apps", count=9)
    assert leave(meta) is Departure.NOT_TOLD
    assert Connection.objects.get().state == ConnectionState.DISCONNECTED
    verbs = list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs == ["disconnected", "webhooks_not_ended"]


def test_a_reading_that_falls_into_it_does_not_bring_the_webhooks_back(meta: Sandboxed) -> None:
    request_sync(Connection.objects.get(), now=timezone.now())
    Waba.objects.update(subscribed_at=timezone.now())
    with meanwhile(meta, "DELETE", lambda: sync_next(timezone.now), is_late=True):
        leave(meta)
    assert subscribed(meta) == []


def test_a_reading_that_was_under_way_takes_its_own_webhooks_off_again(meta: Sandboxed) -> None:
    request_sync(Connection.objects.get(), now=timezone.now())
    with meanwhile(meta, "POST", lambda: leave(meta), is_late=False):
        sync_next(timezone.now)
    assert Connection.objects.get().state == ConnectionState.DISCONNECTED
    assert subscribed(meta) == []


def test_a_login_that_came_meanwhile_keeps_its_webhooks_and_the_page_says_so(
    meta: Sandboxed,
) -> None:
    before = Connection.objects.get()
    Connection.objects.update(connected_at=timezone.now())
    became = disconnect(connection=before, by=meta.world.alice, now=timezone.now())
    assert became is Departure.OVERTAKEN
    assert subscribed(meta) == [meta.world.sender.waba.waba_id]
    assert "that login stands" in DEPARTURE_SENTENCES[became]
    assert not AuditEntry.objects.exists()


def test_pressing_it_twice_is_one_departure(meta: Sandboxed) -> None:
    before = Connection.objects.get()
    leave(meta)
    again = disconnect(connection=before, by=meta.world.alice, now=timezone.now())
    assert again is Departure.LEFT
    assert AuditEntry.objects.filter(verb="disconnected").count() == 1


def test_a_new_login_finds_the_same_senders_and_conversations(
    meta: Sandboxed, client: Client
) -> None:
    kept = (meta.world.sender.pk, meta.world.conversation.pk)
    leave(meta)
    url = begin(client, wanda(meta))["url"]
    assert "Login successful" in client.get(at_meta(meta.stack, url)).content.decode()
    assert sync_next(timezone.now)
    assert (Sender.objects.get().pk, Conversation.objects.get().pk) == kept
    assert not Sender.objects.get().is_gone
    waba = Waba.objects.get()
    assert waba.subscribed_at and waba.numbers_read_at and waba.templates_read_at
    assert subscribed(meta) == [waba.waba_id]
    row = Connection.objects.get()
    assert "whatsapp_business_messaging" in row.scopes and row.token_checked_at
    assert not Message.objects.exists()
