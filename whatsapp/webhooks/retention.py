"""Deletes deliveries and their items once they are older than the installation keeps them.

In batches and short transactions, items before their delivery, so that nothing else waits for a
lock. What still waits to be applied is kept until it is applied or parked, however old it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from whatsapp.models import EventState, ItemState, WebhookEvent, WebhookItem

DELIVERIES = 1_000
ITEMS = 5_000


def drain(clock: Callable[[], datetime], go_on: Callable[[], bool] = lambda: True) -> bool:
    """Deletes what is too old, for as long as `go_on` says; whether nothing is left."""
    before = clock() - timedelta(days=settings.WHATSAPP["WEBHOOK_RETENTION_DAYS"])
    while go_on():
        batch = list(expired(before=before).values_list("pk", flat=True)[:DELIVERIES])
        if not batch:
            return True
        if _forget_items(batch, go_on):
            _forget_deliveries(batch)
    return False


def expired(*, before: datetime) -> QuerySet[WebhookEvent]:
    """The deliveries that may go, oldest first."""
    waiting = WebhookItem.objects.filter(event=OuterRef("pk"), state=ItemState.WAITING)
    rows = WebhookEvent.objects.filter(received_at__lt=before).exclude(state=EventState.NEW)
    return rows.exclude(Exists(waiting)).order_by("received_at", "pk")


def items_of(deliveries: Collection[int]) -> QuerySet[WebhookItem]:
    rows = WebhookItem.objects.filter(event__in=deliveries)
    return rows.exclude(state=ItemState.WAITING)


def _forget_items(deliveries: Collection[int], go_on: Callable[[], bool]) -> bool:
    """Whether all of them are gone. One delivery may hold 1,000 (Meta), so they are counted."""
    while go_on():
        some = items_of(deliveries).values("pk")[:ITEMS]
        deleted, _ = WebhookItem.objects.filter(pk__in=some).delete()
        if deleted < ITEMS:
            return True
    return False


def _forget_deliveries(deliveries: Collection[int]) -> None:
    """Those that ops had applied again a moment ago have items, or are new, and stay."""
    held = WebhookItem.objects.filter(event=OuterRef("pk"))
    rows = WebhookEvent.objects.filter(pk__in=deliveries).exclude(state=EventState.NEW)
    # `only`: Django reads what it deletes, and the bodies are large.
    rows.exclude(Exists(held)).only("pk").delete()
