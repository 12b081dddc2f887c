"""Applies again what was parked, claimed by nobody or not read; on demand also what was applied.

Harmless by design: everything that an item writes has a natural key (a message its wamid, a status
its message and word), states only move forward, and a delivery that is split again finds its items
there. So what was applied already stays as it is, and pressing twice is pressing once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from whatsapp import jobs
from whatsapp.models import EventState, ItemState, WebhookEvent, WebhookItem

# Rows in a statement, each its own transaction: a worker never waits long for a row.
BATCH = 5_000
STOPPED = (ItemState.PARKED, ItemState.UNCLAIMED, ItemState.UNHANDLED)


def again(items: QuerySet[WebhookItem], *, now: datetime, also_applied: bool = False) -> int:
    """Makes the items due at once, as if they had just come, and wakes a worker. Returns how many;
    those that wait already, and unless asked for those that are applied, are left alone."""
    states = (*STOPPED, ItemState.APPLIED) if also_applied else STOPPED
    changes = {"state": ItemState.WAITING, "attempts": 0, "next_try_at": now, "applied_at": None}
    return _in_batches(WebhookItem.objects, items.filter(state__in=states), states, changes)


def split_again(events: QuerySet[WebhookEvent], *, now: datetime) -> int:
    """Has parked deliveries split once more; returns how many."""
    states = (EventState.PARKED,)
    changes = {"state": EventState.NEW, "attempts": 0, "next_try_at": now}
    return _in_batches(WebhookEvent.objects, events.filter(state__in=states), states, changes)


def _in_batches(table: Any, wanted: Any, states: Any, changes: dict[str, Any]) -> int:
    done = last = 0
    ids = wanted.order_by("pk").values_list("pk", flat=True)
    while batch := list(ids.filter(pk__gt=last)[:BATCH]):
        # The state once more: a worker or a colleague may have been quicker.
        done += table.filter(pk__in=batch, state__in=states).update(**changes)
        last = batch[-1]
    if done:
        jobs.wake(jobs.APPLY_WEBHOOKS)
    return done
