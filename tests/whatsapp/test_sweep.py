"""The sweeper wakes a drainer where there is work for it, and only there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from celery import current_app

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


def test_a_worker_that_begins_is_called_whatever_a_dead_one_had_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    called: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, queue: called.append(name))
    jobs.begin({"outbound"})
    jobs.begin({"outbound"})
    assert called == [jobs.SEND_MESSAGES] * 2
    # While that call is pending nobody else calls.
    jobs._publish_once(jobs.SEND_MESSAGES)
    assert called == [jobs.SEND_MESSAGES] * 2
