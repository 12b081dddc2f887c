"""Disconnecting against the sandbox, and coming back."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from ats.models import Role
from ats.tenancy import company_scope
from tests.factories.ats import UserFactory
from tests.sandboxed import Sandboxed, connect
from tests.stack import Stack
from whatsapp.connection import vault
from whatsapp.connection.leave import disconnect
from whatsapp.connection.sync import request_sync, sync_next
from whatsapp.models import (
    AuditEntry,
    Connection,
    ConnectionState,
    Conversation,
    Message,
    Sender,
    Waba,
)

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("sending"), pytest.mark.django_db]


@pytest.fixture
def meta(sandbox_alone: Stack, settings: Any) -> Any:
    settings.WHATSAPP = {**settings.WHATSAPP, "GRAPH_URL": sandbox_alone.sandbox}
    found = connect(sandbox_alone, now=timezone.now(), window_open=False)
    with company_scope(found.world.company):
        yield found


def leave(meta: Sandboxed) -> bool:
    wanda = UserFactory(company=meta.world.company, role=Role.WHATSAPP_ADMIN)
    return disconnect(connection=Connection.objects.get(), by=wanda, now=timezone.now())


def test_meta_sends_nothing_more_and_the_token_is_gone_but_not_the_history(
    meta: Sandboxed,
) -> None:
    waba_id = meta.world.sender.waba.waba_id
    assert leave(meta)
    assert waba_id not in meta.stack.ask("webhooks").get("subscribed", [])
    row = Connection.objects.get()
    assert (row.state, bytes(row.token), row.scopes) == (ConnectionState.DISCONNECTED, b"", [])
    assert Sender.objects.count() == 1 and Conversation.objects.count() == 1
    entry = AuditEntry.objects.get(verb="disconnected")
    assert entry.data == {"meta_was_told": True}
    assert not request_sync(row, now=timezone.now())


def test_a_company_may_leave_while_meta_is_away(meta: Sandboxed) -> None:
    meta.stack.control("fail", code=2, match="subscribed_apps", count=9)
    assert not leave(meta)
    assert Connection.objects.get().state == ConnectionState.DISCONNECTED


def test_pressing_it_twice_is_one_departure(meta: Sandboxed) -> None:
    before = Connection.objects.get()
    leave(meta)
    disconnect(connection=before, by=meta.world.alice, now=timezone.now())
    assert AuditEntry.objects.filter(verb="disconnected").count() == 1


def test_a_new_login_finds_the_same_senders_and_conversations(meta: Sandboxed) -> None:
    kept = (meta.world.sender.pk, meta.world.conversation.pk)
    leave(meta)
    # As a login leaves the row.
    now = timezone.now()
    Connection.objects.update(
        state=ConnectionState.CONNECTED,
        token=vault.seal(meta.token),
        connected_at=now,
        sync_wanted_at=now,
    )
    assert sync_next(timezone.now)
    assert (Sender.objects.get().pk, Conversation.objects.get().pk) == kept
    waba = Waba.objects.get()
    assert waba.subscribed_at and waba.numbers_read_at and waba.templates_read_at
    row = Connection.objects.get()
    assert "whatsapp_business_messaging" in row.scopes and row.token_checked_at
    assert not Message.objects.exists()
