"""The sweeper wakes a drainer where there is work for it, and only there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ats.tenancy import company_scope
from tests.factories.whatsapp import NOW, MessageFactory, World
from whatsapp import jobs, tasks
from whatsapp.models import Connection, ConnectionState, Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    calls: list[str] = []
    monkeypatch.setattr(jobs, "wake", calls.append)
    return calls


def test_a_message_whose_wake_up_was_lost_is_found(world: World, woken: list[str]) -> None:
    with company_scope(world.company):
        MessageFactory(conversation=world.conversation)
    tasks.sweep()
    assert woken == [jobs.SEND_MESSAGES]


def test_what_cannot_go_yet_wakes_nobody(world: World, woken: list[str]) -> None:
    with company_scope(world.company):
        MessageFactory(conversation=world.conversation)
        Connection.objects.update(state=ConnectionState.BROKEN)
        tasks.sweep()
        Connection.objects.update(state=ConnectionState.CONNECTED)
        Message.objects.update(next_try_at=NOW + timedelta(seconds=30))
        tasks.sweep()
    assert woken == []
