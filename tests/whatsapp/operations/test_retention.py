"""Old deliveries go with their items, in batches; what waits stays."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories.whatsapp import NOW, WebhookEventFactory, WebhookItemFactory, World
from tests.whatsapp.payloads import delivery, message, post
from whatsapp import jobs, tasks
from whatsapp.models import EventState, ItemState, WebhookEvent, WebhookItem
from whatsapp.webhooks import retention

pytestmark = pytest.mark.django_db

OLD = NOW - timedelta(days=31)


def many(deliveries: int, items_each: int, *, at: datetime) -> None:
    """Deliveries with applied items, a minute apart."""
    rows = WebhookEvent.objects.bulk_create(
        WebhookEvent(
            body=b"{}",
            received_at=at + timedelta(seconds=number),
            next_try_at=at,
            state=EventState.SPLIT,
        )
        for number in range(deliveries)
    )
    WebhookItem.objects.bulk_create(
        WebhookItem(
            event=event,
            kind="statuses",
            key=f"s:{event.pk}:{number}",
            payload={"item": {"id": f"wamid.{number}"}},
            state=ItemState.APPLIED,
            created_at=event.received_at,
            next_try_at=event.received_at,
        )
        for event in rows
        for number in range(items_each)
    )


def counts() -> tuple[int, int]:
    return WebhookEvent.objects.count(), WebhookItem.objects.count()


def test_thousands_go_in_statements_of_a_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "DELIVERIES", 500)
    monkeypatch.setattr(retention, "ITEMS", 400)
    many(1_200, 3, at=OLD)
    many(50, 2, at=NOW - timedelta(days=29))
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert retention.drain(lambda: NOW)
    assert counts() == (50, 100)
    deletes = [
        one["sql"] for one in asked if re.match(r'DELETE FROM "whatsapp_webhookitem"', one["sql"])
    ]
    # 1,500, 1,500 and 600 items, each with a last statement that finds fewer than 400.
    assert len([sql for sql in deletes if "LIMIT 400" in sql]) == 4 + 4 + 2
    assert "body" not in " ".join(one["sql"] for one in asked)


def test_a_turn_that_ends_leaves_the_rest_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "DELIVERIES", 100)
    monkeypatch.setattr(retention, "ITEMS", 40)
    many(300, 1, at=OLD)
    looks = iter([True, True, True, False, False])
    assert not retention.drain(lambda: NOW, lambda: next(looks))
    deliveries, items = counts()
    # In the middle of a batch: no item without its delivery.
    assert (deliveries, items) == (300, 220)
    assert retention.drain(lambda: NOW)
    assert counts() == (0, 0)


def test_the_task_calls_itself_while_more_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[str] = []
    monkeypatch.setattr(jobs, "wake", woken.append)
    many(3, 1, at=OLD)
    monkeypatch.setattr(tasks, "TURN", -1.0)
    tasks.forget_webhooks()
    assert woken == [jobs.FORGET_WEBHOOKS]
    monkeypatch.undo()
    monkeypatch.setattr(jobs, "wake", woken.append)
    tasks.forget_webhooks()
    assert woken == [jobs.FORGET_WEBHOOKS]
    assert counts() == (0, 0)


@pytest.mark.parametrize("state", [ItemState.PARKED, ItemState.UNCLAIMED, ItemState.UNHANDLED])
def test_what_stopped_goes_as_well(state: ItemState) -> None:
    WebhookItemFactory(event__received_at=OLD, state=state)
    WebhookEventFactory(received_at=OLD, state=EventState.PARKED)
    assert retention.drain(lambda: NOW)
    assert counts() == (0, 0)


def test_what_still_waits_is_kept_however_old_it_is() -> None:
    item = WebhookItemFactory(event__received_at=OLD, state=ItemState.WAITING)
    WebhookItemFactory(event=item.event, state=ItemState.APPLIED)
    WebhookEventFactory(received_at=OLD, state=EventState.NEW)
    assert retention.drain(lambda: NOW)
    assert counts() == (2, 2)
    WebhookItem.objects.update(state=ItemState.APPLIED)
    assert retention.drain(lambda: NOW)
    assert counts() == (1, 0)


def test_the_setting_says_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    WebhookItemFactory(event__received_at=NOW - timedelta(days=9))
    retention.drain(lambda: NOW)
    assert counts() == (1, 1)
    monkeypatch.setitem(settings.WHATSAPP, "WEBHOOK_RETENTION_DAYS", 8)
    retention.drain(lambda: NOW)
    assert counts() == (0, 0)


def test_a_delivery_repeated_within_metas_week_is_still_known(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings.WHATSAPP, "WEBHOOK_RETENTION_DAYS", 8)
    body = delivery(world.sender, messages=[message("wamid.A")])
    post(client, body)
    tasks.apply_webhooks()
    week = NOW + timedelta(days=7)
    retention.drain(lambda: week)
    post(client, body)
    tasks.apply_webhooks()
    assert WebhookItem.objects.count() == 1


def plan_of(rows: object) -> str:
    return str(rows.explain())  # type: ignore[attr-defined]


def test_the_oldest_are_found_by_index() -> None:
    many(3_000, 1, at=NOW - timedelta(days=10))
    many(300, 1, at=OLD)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE whatsapp_webhookevent, whatsapp_webhookitem")
    before = NOW - timedelta(days=30)
    plan = plan_of(retention.expired(before=before).values("pk")[:100])
    assert "event_by_age" in plan
    assert "Seq Scan on whatsapp_webhookevent" not in plan
    some = list(retention.expired(before=before).values_list("pk", flat=True)[:100])
    plan = plan_of(retention.items_of(some).values("pk")[:5_000])
    assert "Seq Scan" not in plan
